//! What may happen to a pool.

use std::time::Duration;

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

impl Step {
    /// Any, those that make a pool live more often than those that end it.
    pub(super) fn any() -> impl Strategy<Value = (Self, Pace)> {
        let process = || 0..8_usize;
        let size = || 1..5_usize;
        let wait = prop_oneof![0..300_u64, Just(1000), Just(11_000), Just(40_000)];
        let grace = prop_oneof![Just(None), Just(Some(Duration::from_secs(5)))];
        let of_processes = prop_oneof![
            6 => process().prop_map(Self::GetReady),
            6 => Just(Self::AllGetReady),
            6 => process().prop_map(Self::Die),
            2 => process().prop_map(Self::Terminate),
            4 => process().prop_map(Self::Stop),
            4 => process().prop_map(Self::Continue),
            2 => process().prop_map(Self::Hang),
            3 => (process(), any::<bool>()).prop_map(|(process, is_full)| Self::GetBusy { process, is_full }),
            3 => process().prop_map(Self::GetIdle),
            1 => process().prop_map(Self::Short),
            2 => process().prop_map(Self::Wear),
            2 => (process(), any::<bool>()).prop_map(|(process, is_full)| Self::Line { process, is_full }),
        ];
        let of_pool = prop_oneof![
            4 => (1..4_usize).prop_map(Self::RefuseForks),
            2 => Just(Self::MonitorDies),
            8 => size().prop_map(|workers| Self::Reload { workers }),
            6 => size().prop_map(Self::Scale),
            4 => size().prop_map(Self::Size),
            2 => Just(Self::Rest),
            1 => Just(Self::Upgraded),
            2 => Just(Self::MayOpen),
            2 => grace.prop_map(|grace| Self::End { grace }),
            2 => any::<bool>().prop_map(Self::Queue),
        ];
        let of_time =
            prop_oneof![wait.prop_map(|ms| Self::Wait(Duration::from_millis(ms))), Just(Self::WaitForDue)];
        let pace = prop_oneof![1 => Just(Pace::Sleep), 1 => Just(Pace::Run), 3 => Just(Pace::Turn), 4 => Just(Pace::Settle)];
        (prop_oneof![6 => of_processes, 2 => of_pool, 3 => of_time], pace)
    }
}
