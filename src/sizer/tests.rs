//! The sizer, tried on a pool that is only reckoned.

use proptest::prelude::*;

use super::*;

const THREADS: usize = 2;
const GROW_AFTER: Duration = Duration::from_millis(500);

fn millis(count: u64) -> Duration {
    Duration::from_millis(count)
}

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// A pool with so many clients that hold on to what they get.
struct Pool {
    sizer: Sizer,
    start: Instant,
    now: Instant,
    workers: usize,
    clients: u64,
    /// How long a worker takes to get ready.
    start_time: Duration,
    /// The size of the pool before its last step up, until the new workers are ready.
    starting: Option<(usize, Instant)>,
    /// Since when somebody waits.
    waiting_since: Option<Instant>,
    /// Whether the kernel tells how long.
    tells_waits: bool,
}

/// A resize, with when it was and what was seen.
#[derive(Debug, Clone, Copy)]
struct Event {
    at: Instant,
    sight: Sight,
    resize: Resize,
}

impl Pool {
    fn new(min: usize, max: usize) -> Self {
        let now = Instant::now();
        Self {
            sizer: Sizer::new(min, max, GROW_AFTER),
            start: now,
            now,
            workers: min,
            clients: 0,
            start_time: millis(50),
            starting: None,
            waiting_since: None,
            tells_waits: true,
        }
    }

    fn ready(&mut self) -> usize {
        if self.starting.is_some_and(|(_, until)| until <= self.now) {
            self.starting = None;
        }
        self.starting.map_or(self.workers, |(ready, _)| ready.min(self.workers))
    }

    fn scale(&mut self, to: usize) {
        let ready = self.ready();
        if to > self.workers {
            self.starting = Some((ready, self.now + self.start_time));
        }
        self.workers = to;
    }

    fn sight(&mut self) -> Sight {
        let ready = self.ready();
        let busy = self.clients.min((ready * THREADS) as u64);
        let waiting = self.clients - busy;
        self.waiting_since = (waiting > 0).then(|| self.waiting_since.unwrap_or(self.now));
        let wait = self.waiting_since.map(|since| self.now - since);
        Sight {
            workers: self.workers,
            threads: THREADS,
            starting: self.workers - ready,
            busy,
            waiting,
            longest_wait: wait.filter(|_| self.tells_waits),
        }
    }

    /// Goes on for some time, looking whenever it is due; what comes of it.
    fn run(&mut self, time: Duration) -> Vec<Event> {
        let (mut events, end) = (Vec::new(), self.now + time);
        loop {
            let sight = self.sight();
            let is_full = sight.busy == ((sight.workers - sight.starting) * THREADS) as u64;
            let due = self.sizer.next_look(is_full, self.workers, self.now);
            match due.filter(|due| *due < end) {
                Some(due) if due > self.now => self.now = due,
                Some(_) => {
                    if let Some(resize) = self.sizer.look(sight, self.now) {
                        events.push(Event { at: self.now, sight, resize });
                        self.scale(resize.to);
                    }
                }
                None => {
                    self.now = end;
                    return events;
                }
            }
        }
    }

    fn sizes(&mut self, time: Duration) -> Vec<(u128, usize)> {
        let start = self.start;
        self.run(time).iter().map(|event| ((event.at - start).as_millis(), event.resize.to)).collect()
    }
}

#[test]
fn it_grows_by_one_two_and_four_once_a_second_while_somebody_waits() {
    let mut pool = Pool::new(1, 20);
    pool.clients = 100;
    assert_eq!(pool.sizes(seconds(5)), [(500, 2), (1500, 4), (2500, 8), (3500, 16), (4500, 20)]);
    assert_eq!(pool.sizes(seconds(60)), [], "there are no more");
}

#[test]
fn it_takes_no_more_than_it_needs() {
    let mut pool = Pool::new(1, 100);
    pool.clients = 7;
    assert_eq!(pool.sizes(seconds(60)), [(500, 2), (1500, 4)]);
    pool.clients = 9;
    let later = pool.run(seconds(10));
    assert_eq!(later.len(), 1);
    assert_eq!(
        later[0].resize,
        Resize { to: 5, why: WhyScaled::Waiting },
        "the next need begins with one again"
    );
}

#[test]
fn a_step_waits_until_the_workers_of_the_last_one_are_ready_and_have_seen_the_queue() {
    let mut pool = Pool::new(1, 20);
    (pool.clients, pool.start_time) = (100, millis(3000));
    let sizes = pool.sizes(seconds(6));
    assert_eq!(sizes[0], (500, 2));
    assert!(sizes[1].0 > 3500 && sizes[1].0 <= 3800 && sizes[1].1 == 4, "{sizes:?}");
    assert_eq!(sizes.len(), 2);
}

#[test]
fn a_short_wait_calls_nobody() {
    let mut pool = Pool::new(1, 8);
    for _ in 0..20 {
        pool.clients = 5;
        assert_eq!(pool.sizes(millis(400)), []);
        pool.clients = 0;
        assert_eq!(pool.sizes(millis(300)), []);
    }
}

#[test]
fn where_waits_are_unknown_somebody_waiting_all_the_time_counts() {
    let mut pool = Pool::new(1, 8);
    (pool.clients, pool.tells_waits) = (100, false);
    assert_eq!(pool.sizes(seconds(3)), [(500, 2), (1500, 4), (2500, 8)]);
    let (mut sizer, now) = (Sizer::new(1, 8, GROW_AFTER), Instant::now());
    let sight = Sight { workers: 1, threads: 2, starting: 0, busy: 2, waiting: 1, longest_wait: None };
    assert_eq!(sizer.look(sight, now), None);
    let later = now + seconds(3600);
    assert_eq!(sizer.look(sight, later), None, "nobody knows of the hour between");
    assert_eq!(sizer.look(sight, later + GROW_AFTER), Some(Resize { to: 2, why: WhyScaled::Waiting }));
}

#[test]
fn it_shrinks_by_one_after_half_a_minute_with_slots_to_spare() {
    let mut pool = Pool::new(1, 4);
    pool.clients = 8;
    pool.run(seconds(10));
    assert_eq!(pool.workers, 4);
    // Three of four slots of two workers: with one it would not do.
    pool.clients = 3;
    let events = pool.run(seconds(600));
    let sizes: Vec<usize> = events.iter().map(|event| event.resize.to).collect();
    assert_eq!(sizes, [3, 2]);
    let first = events[0].at - pool.start;
    assert!(first >= seconds(40) && first <= seconds(46), "{events:?}");
    assert!(events[1].at - events[0].at >= SPARE, "{events:?}");
    pool.clients = 1;
    assert_eq!(pool.sizes(seconds(60)).last().map(|(_, size)| *size), Some(1));
}

#[test]
fn a_short_need_begins_the_half_minute_again() {
    let mut pool = Pool::new(2, 4);
    pool.scale(3);
    for _ in 0..10 {
        pool.clients = 0;
        assert_eq!(pool.sizes(seconds(26)), []);
        pool.clients = 5;
        assert_eq!(pool.sizes(seconds(6)), []);
    }
}

#[test]
fn a_calm_pool_is_not_looked_at() {
    let now = Instant::now();
    let mut sizer = Sizer::new(2, 4, GROW_AFTER);
    assert_eq!(sizer.next_look(false, 2, now), None);
    assert_eq!(sizer.next_look(false, 1, now), None, "it is smaller than it may be, which somebody wanted");
    assert_eq!(sizer.next_look(true, 2, now), Some(now));
    assert_eq!(sizer.next_look(true, 1, now), Some(now));
    let calm = Sight { workers: 3, threads: 2, starting: 0, busy: 0, waiting: 0, longest_wait: None };
    sizer.look(calm, now);
    assert_eq!(sizer.next_look(true, 3, now), Some(now + TICK));
    assert_eq!(sizer.next_look(false, 3, now), Some(now + SPARE_TICK));
    assert_eq!(sizer.next_look(true, 4, now), Some(now + SPARE_TICK), "it cannot grow");
    assert_eq!(sizer.next_look(false, 2, now), None);
}

#[test]
fn a_fixed_size_is_left_to_others() {
    let now = Instant::now();
    let mut sizer = Sizer::new(2, 2, GROW_AFTER);
    assert_eq!(sizer.next_look(true, 2, now), None);
    let mut sight =
        Sight { workers: 2, threads: 2, starting: 0, busy: 4, waiting: 9, longest_wait: Some(seconds(9)) };
    assert_eq!(sizer.look(sight, now), None);
    (sight.workers, sight.busy, sight.waiting) = (5, 0, 0);
    for look in 0..100 {
        assert_eq!(sizer.look(sight, now + SPARE_TICK * look), None);
    }
}

#[test]
fn a_size_that_somebody_else_sets_is_where_it_goes_on() {
    let mut pool = Pool::new(1, 20);
    pool.clients = 100;
    assert_eq!(pool.sizes(seconds(2)), [(500, 2), (1500, 4)]);
    pool.scale(10);
    assert_eq!(pool.sizes(seconds(1)), [(2500, 11)], "a step of one");
    pool.clients = 0;
    pool.scale(25);
    let shrunk = pool.run(seconds(40));
    assert_eq!(shrunk.len(), 1);
    assert_eq!(shrunk[0].resize, Resize { to: 20, why: WhyScaled::Idle }, "back to the most at once");
    pool.scale(3);
    assert_eq!(pool.sizes(seconds(29)), [], "the half minute begins again");
    assert_eq!(pool.run(seconds(11)).len(), 1);
}

#[test]
fn a_pool_that_was_made_too_small_grows_to_its_least_when_it_has_to() {
    let mut pool = Pool::new(4, 8);
    pool.scale(1);
    assert_eq!(pool.sizes(seconds(100)), []);
    pool.clients = 3;
    assert_eq!(pool.run(seconds(10))[0].resize, Resize { to: 4, why: WhyScaled::Waiting });
}

#[test]
fn without_patience_it_grows_at_the_first_look() {
    let mut pool = Pool::new(1, 8);
    pool.sizer = Sizer::new(1, 8, Duration::ZERO);
    pool.clients = 2;
    assert_eq!(pool.sizes(seconds(5)), [], "nobody waits");
    pool.clients = 3;
    assert_eq!(pool.run(millis(200)).len(), 1);
}

/// What happens to a pool: clients, the time that workers take to start, a size that somebody sets, and then some time.
fn happenings() -> impl Strategy<Value = Vec<(u64, u64, Option<usize>, u64)>> {
    let scale = prop_oneof![4 => Just(None), 1 => (1..30_usize).prop_map(Some)];
    let time = prop_oneof![10..3_000_u64, 10..120_000_u64];
    prop::collection::vec((0..60_u64, 10..3_000_u64, scale, time), 1..40)
}

proptest! {
    #[test]
    fn whatever_happens_it_keeps_its_promises(
        happenings in happenings(), min in 1..6_usize, more in 1..16_usize, tells_waits: bool,
    ) {
        let max = min + more;
        let mut pool = Pool::new(min, max);
        pool.tells_waits = tells_waits;
        let mut last: Option<Event> = None;
        for (clients, start_time, scale, time) in happenings {
            (pool.clients, pool.start_time) = (clients, millis(start_time));
            if let Some(workers) = scale {
                pool.scale(workers);
            }
            for event in pool.run(millis(time)) {
                let Event { at, sight, resize: Resize { to, why } } = event;
                prop_assert!((min..=max).contains(&to), "{event:?}");
                let before = last.replace(event).filter(|before| before.resize.why == why);
                let since = before.map(|before| at - before.at);
                match why {
                    WhyScaled::Waiting => {
                        prop_assert!(to > sight.workers && sight.waiting > 0 && sight.starting == 0, "{event:?}");
                        prop_assert!(since.is_none_or(|since| since >= STEP), "{event:?} after {since:?}");
                        let step = to - sight.workers;
                        let most = before.map_or(1, |before| 2 * (before.resize.to - before.sight.workers));
                        let is_cut = to == min || to == max;
                        prop_assert!(is_cut || (step.is_power_of_two() && step <= most), "{event:?}");
                    }
                    WhyScaled::Asked => prop_assert!(false, "nobody did"),
                    WhyScaled::Idle => {
                        prop_assert!(to < sight.workers && sight.waiting == 0, "{event:?}");
                        prop_assert!(to + 1 == sight.workers || to == max, "{event:?}");
                        prop_assert!(since.is_none_or(|since| since >= SPARE), "{event:?} after {since:?}");
                        prop_assert!(sight.busy * 4 <= (to * THREADS * 3) as u64, "{event:?}");
                    }
                }
            }
            let calm = pool.clients == 0 && pool.workers <= min;
            prop_assert!(!calm || pool.sizer.next_look(false, pool.workers, pool.now).is_none());
        }
    }

    #[test]
    fn in_the_end_nobody_waits_unless_the_pool_is_at_its_largest(clients in 0..80_u64, max in 2..30_usize) {
        let mut pool = Pool::new(1, max);
        pool.clients = clients;
        pool.run(seconds(60));
        let sight = pool.sight();
        prop_assert!(sight.waiting == 0 || sight.workers == max, "{sight:?}");
        pool.clients = 0;
        pool.run(seconds(36 * max as u64));
        prop_assert_eq!(pool.workers, 1);
    }
}
