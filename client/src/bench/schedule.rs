//! The arrivals of an open loop as time goes by: which are due, and which had to wait for a connection.

use std::time::{Duration, Instant};

use super::arrivals::Arrivals;

/// The schedule is its own queue: what is due and not started yet lies between two cursors on the same arrivals. So
/// a server that cannot keep up costs no memory here, however many requests wait.
#[derive(Debug)]
pub(super) struct Schedule {
    began: Instant,
    end: Instant,
    /// The next to start.
    next: Cursor,
    /// The next to become due, as far as somebody has asked.
    arriving: Cursor,
}

#[derive(Debug)]
struct Cursor {
    arrivals: Arrivals,
    due: Instant,
    passed: u64,
}

impl Cursor {
    fn new(mut arrivals: Arrivals, began: Instant, end: Instant) -> Self {
        let due = at(began, arrivals.next_arrival(), end);
        Self { arrivals, due, passed: 0 }
    }

    fn step(&mut self, began: Instant, end: Instant) {
        self.due = at(began, self.arrivals.next_arrival(), end);
        self.passed += 1;
    }
}

/// A time that no clock can show is as good as the end.
fn at(began: Instant, arrival: Duration, end: Instant) -> Instant {
    began.checked_add(arrival).unwrap_or(end)
}

/// A request that starts now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Start {
    /// When it was to start.
    pub(super) due: Instant,
    /// Whether it waited for a connection.
    pub(super) waited: bool,
}

impl Schedule {
    /// What arrives from the begin to before the end. Both arrivals are made in the same way.
    pub(super) fn new(arrivals: [Arrivals; 2], began: Instant, end: Instant) -> Self {
        let [next, arriving] = arrivals.map(|arrivals| Cursor::new(arrivals, began, end));
        Self { began, end, next, arriving }
    }

    /// When the next one is due that has not started; `None` if there is none before the end.
    pub(super) fn next_due(&self) -> Option<Instant> {
        Some(self.next.due).filter(|&due| due < self.end)
    }

    /// The next one, if it is due. It waited if a connection was not free at its time, but only since then.
    pub(super) fn start(&mut self, now: Instant, free_since: Option<Instant>) -> Option<Start> {
        let due = self.next_due().filter(|&due| due <= now)?;
        self.next.step(self.began, self.end);
        Some(Start { due, waited: free_since.is_some_and(|since| due < since) })
    }

    /// Leaves out what was due before this and has not started.
    pub(super) fn pass_over(&mut self, moment: Instant) {
        while self.next_due().is_some_and(|due| due < moment) {
            self.next.step(self.began, self.end);
        }
    }

    /// How many are due and have not started.
    pub(super) fn waiting(&mut self, now: Instant) -> u64 {
        let arriving = &mut self.arriving;
        while arriving.passed < self.next.passed || (arriving.due <= now && arriving.due < self.end) {
            arriving.step(self.began, self.end);
        }
        arriving.passed - self.next.passed
    }
}

#[cfg(test)]
mod tests {
    use super::super::arrivals::{Rate, Spread};
    use super::*;

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    /// Something is due every 10 ms, for the first time after 10 ms, for 100 ms.
    fn schedule(began: Instant) -> Schedule {
        let rate: Rate = "100".parse().unwrap();
        let arrivals = [(); 2].map(|()| Arrivals::new(rate, Spread::Constant, 1));
        Schedule::new(arrivals, began, began + ms(100))
    }

    #[test]
    fn nothing_starts_before_its_time_and_nothing_after_the_end() {
        let began = Instant::now();
        let mut schedule = schedule(began);
        assert_eq!(schedule.start(began + ms(9), None), None);
        assert_eq!(schedule.start(began + ms(10), None), Some(Start { due: began + ms(10), waited: false }));
        assert_eq!(schedule.next_due(), Some(began + ms(20)));
        let rest = std::iter::from_fn(|| schedule.start(began + ms(1000), None)).count();
        assert_eq!((rest, schedule.next_due()), (8, None), "at 100 ms it is over");
    }

    #[test]
    fn what_was_due_before_a_connection_was_free_has_waited_for_it() {
        let began = Instant::now();
        let mut schedule = schedule(began);
        let free = began + ms(20);
        let waited = |start: Option<Start>| start.unwrap().waited;
        assert!(waited(schedule.start(free, Some(free))), "due at 10 ms, free at 20 ms");
        assert!(!waited(schedule.start(free, Some(free))), "due at the very moment");
    }

    #[test]
    fn what_is_due_and_has_not_started_is_counted_without_being_kept() {
        let began = Instant::now();
        let mut schedule = schedule(began);
        assert_eq!(schedule.waiting(began + ms(5)), 0);
        assert_eq!(schedule.waiting(began + ms(35)), 3);
        schedule.start(began + ms(35), None).unwrap();
        assert_eq!(schedule.waiting(began + ms(35)), 2);
        for _ in 0..5 {
            schedule.start(began + ms(60), None).unwrap();
        }
        assert_eq!(schedule.waiting(began + ms(60)), 0);
        assert_eq!(schedule.waiting(began + ms(500)), 3, "those of 70, 80 and 90 ms");
        schedule.pass_over(began + ms(80));
        assert_eq!(schedule.waiting(began + ms(500)), 2, "that of 70 ms is not asked for");
    }
}
