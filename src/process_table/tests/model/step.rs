//! What may happen to a pool.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;

/// One thing that happens. A process is meant by its place among those that live, counted around.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step {
    GetReady(usize),
    AllGetReady,
    Die(usize),
    Terminate(usize),
    Stop(usize),
    Continue(usize),
    Hang(usize),
    GetBusy {
        process: usize,
        is_full: bool,
    },
    GetIdle(usize),
    Short(usize),
    Wear(usize),
    /// Its line is full, or has room again.
    Line {
        process: usize,
        is_full: bool,
    },
    /// So many forks are refused from now on.
    RefuseForks(usize),
    MonitorDies,
    Reload {
        workers: usize,
    },
    Scale(usize),
    /// The pool finds another size right.
    Size(usize),
    Rest,
    Upgraded,
    /// The master before lets go.
    MayOpen,
    /// The end, or the next degree of haste.
    End {
        grace: Option<Duration>,
    },
    /// Somebody waits who is not served, or nobody.
    Queue(bool),
    Wait(Duration),
    /// Until something is due.
    WaitForDue,
}

/// What master and processes do before the next thing happens.
#[derive(Debug, Clone, Copy)]
pub(super) enum Pace {
    /// Nothing.
    Sleep,
    /// The processes run.
    Run,
    /// The master takes one turn.
    Turn,
    /// All of it, until there is nothing to do.
    Settle,
}

/// What happens, and what is done of it before the next thing happens.
type Event = (Step, Pace);

/// The life of a pool: so many things happen, and then perhaps its end begins.
pub(super) fn life(events: usize) -> impl Strategy<Value = Vec<Event>> {
    let end = prop_oneof![2 => Just(Vec::new()).boxed(), 1 => end().boxed()];
    (vec(events_together(), 0..events), end).prop_map(|(life, end)| [life.concat(), end].concat())
}

/// One thing, or several that come to something only together.
fn events_together() -> impl Strategy<Value = Vec<Event>> {
    prop_oneof![
        16 => event().prop_map(|event| vec![event]),
        2 => growth(),
        1 => silence(),
        1 => deafness(),
    ]
}

/// A change, whose workers get ready.
fn growth() -> impl Strategy<Value = Vec<Event>> {
    let reload = size().prop_map(|workers| Step::Reload { workers });
    let change =
        prop_oneof![3 => reload, 1 => size().prop_map(Step::Scale), 1 => place().prop_map(Step::Wear)];
    (change, pace()).prop_map(|(change, pace)| vec![(change, Pace::Settle), (Step::AllGetReady, pace)])
}

/// A process that hangs with a connection, and perhaps is stopped in its silence, for a while or for good.
fn silence() -> impl Strategy<Value = Vec<Event>> {
    let stop = (prop_oneof![Just(Pace::Sleep), Just(Pace::Turn)], any::<bool>());
    (place(), 0..8_usize, prop::option::of(stop)).prop_map(|(process, looks, stop)| {
        let mut events = vec![
            (Step::GetBusy { process, is_full: false }, Pace::Settle),
            (Step::Hang(process), Pace::Turn),
        ];
        events.extend(vec![(Step::WaitForDue, Pace::Turn); looks]);
        if let Some((pace, goes_on)) = stop {
            events.extend([(Step::Stop(process), pace), (Step::WaitForDue, Pace::Turn)]);
            events.extend(goes_on.then_some((Step::Continue(process), Pace::Turn)));
        }
        events
    })
}

/// A process that cannot be told that it is to say when it is busy again, and hangs when it is.
fn deafness() -> impl Strategy<Value = Vec<Event>> {
    place().prop_map(|process| {
        let get_busy = (Step::GetBusy { process, is_full: false }, Pace::Settle);
        vec![
            get_busy,
            (Step::GetIdle(process), Pace::Settle),
            (Step::Line { process, is_full: true }, Pace::Sleep),
            (Step::WaitForDue, Pace::Turn),
            (Step::Line { process, is_full: false }, Pace::Sleep),
            get_busy,
            (Step::Hang(process), Pace::Turn),
        ]
    })
}

/// The end begins, and things happen still.
fn end() -> impl Strategy<Value = Vec<Event>> {
    let grace = prop_oneof![Just(None), Just(Some(Duration::from_secs(5)))];
    let end = prop_oneof![
        4 => grace.prop_map(|grace| Step::End { grace }),
        1 => Just(Step::Upgraded),
    ];
    let queue = prop::bool::weighted(0.8).prop_map(Step::Queue);
    let hastes = prop_oneof![4 => event(), 1 => Just((Step::End { grace: None }, Pace::Turn))];
    (queue, end, pace(), vec(hastes, 0..12))
        .prop_map(|(queue, end, pace, events)| [vec![(queue, Pace::Sleep), (end, pace)], events].concat())
}

fn event() -> impl Strategy<Value = Event> {
    (prop_oneof![6 => of_processes(), 2 => of_pool(), 3 => of_time()], pace())
}

fn of_processes() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => place().prop_map(Step::GetReady),
        12 => Just(Step::AllGetReady),
        6 => place().prop_map(Step::Die),
        2 => place().prop_map(Step::Terminate),
        4 => place().prop_map(Step::Stop),
        4 => place().prop_map(Step::Continue),
        2 => place().prop_map(Step::Hang),
        3 => (place(), any::<bool>()).prop_map(|(process, is_full)| Step::GetBusy { process, is_full }),
        3 => place().prop_map(Step::GetIdle),
        1 => place().prop_map(Step::Short),
        2 => place().prop_map(Step::Wear),
        2 => (place(), any::<bool>()).prop_map(|(process, is_full)| Step::Line { process, is_full }),
    ]
}

fn of_pool() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (1..4_usize).prop_map(Step::RefuseForks),
        2 => Just(Step::MonitorDies),
        8 => size().prop_map(|workers| Step::Reload { workers }),
        6 => size().prop_map(Step::Scale),
        4 => size().prop_map(Step::Size),
        1 => Just(Step::Rest),
        2 => Just(Step::MayOpen),
        2 => any::<bool>().prop_map(Step::Queue),
    ]
}

fn of_time() -> impl Strategy<Value = Step> {
    let wait = prop_oneof![12 => 0..300_u64, 4 => Just(1000), 2 => Just(11_000), 1 => Just(40_000)];
    prop_oneof![2 => wait.prop_map(|ms| Step::Wait(Duration::from_millis(ms))), 1 => Just(Step::WaitForDue)]
}

fn pace() -> impl Strategy<Value = Pace> {
    prop_oneof![1 => Just(Pace::Sleep), 1 => Just(Pace::Run), 3 => Just(Pace::Turn), 4 => Just(Pace::Settle)]
}

fn place() -> std::ops::Range<usize> {
    0..8
}

fn size() -> std::ops::Range<usize> {
    1..5
}
