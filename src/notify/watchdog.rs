//! When the service manager's watchdog is fed, `sd_watchdog_enabled(3)`: at half of its interval, while workers make progress.

use std::time::{Duration, Instant};

/// The shortest time between two beats, whatever the environment says.
const BEAT_MIN: Duration = Duration::from_millis(10);

/// Begins with the service being ready, as the manager's own watch does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Watchdog {
    beat: Duration,
    next: Instant,
    /// A worker has given a sign of life, and gone on with its work, since it was last fed.
    is_alive: bool,
    /// A beat went by without one.
    is_overdue: bool,
}

/// What is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Beat {
    /// To feed it.
    pub(super) feeds: bool,
    /// To ask the workers for a sign of life.
    pub(crate) asks: bool,
}

impl Watchdog {
    /// One that wants to be fed once within an interval. That the workers got ready is their first sign of life.
    pub(super) fn new(interval: Duration, now: Instant) -> Self {
        Self { beat: (interval / 2).max(BEAT_MIN), next: now, is_alive: true, is_overdue: false }
    }

    /// A worker has answered and goes on, or got ready.
    pub(super) fn note_life(&mut self) {
        self.is_alive = true;
    }

    /// What is due now. `is_excused`: nobody has to give a sign of life.
    pub(super) fn look(&mut self, is_excused: bool, now: Instant) -> Beat {
        let is_due = self.next <= now;
        let feeds = (is_due || self.is_overdue) && (self.is_alive || is_excused);
        if feeds || is_due {
            self.next = now + self.beat;
            self.is_overdue = !feeds;
        }
        self.is_alive &= !feeds;
        Beat { feeds, asks: feeds || is_due }
    }

    /// When to look next, although nothing happened.
    pub(super) fn next(&self) -> Instant {
        self.next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVAL: Duration = Duration::from_secs(10);
    const FED: Beat = Beat { feeds: true, asks: true };
    const HUNGRY: Beat = Beat { feeds: false, asks: true };
    const NOTHING: Beat = Beat { feeds: false, asks: false };

    /// One that was just fed for the first time, and so many seconds after that.
    fn fed() -> (Watchdog, impl Fn(u64) -> Instant) {
        let start = Instant::now();
        let mut watchdog = Watchdog::new(INTERVAL, start);
        assert_eq!(watchdog.look(false, start), FED);
        (watchdog, move |seconds| start + Duration::from_secs(seconds))
    }

    #[test]
    fn it_is_fed_at_half_the_interval_while_somebody_answers() {
        let (mut watchdog, at) = fed();
        for beat in 1..5 {
            watchdog.note_life();
            assert_eq!(watchdog.look(false, at(5 * beat - 1)), NOTHING);
            assert_eq!(watchdog.next(), at(5 * beat));
            assert_eq!(watchdog.look(false, at(5 * beat)), FED);
        }
    }

    #[test]
    fn without_an_answer_it_is_not_and_all_are_asked_again() {
        let (mut watchdog, at) = fed();
        for beat in 1..5 {
            assert_eq!(watchdog.look(false, at(5 * beat)), HUNGRY);
            assert_eq!(watchdog.look(false, at(5 * beat + 1)), NOTHING);
        }
    }

    #[test]
    fn a_late_answer_feeds_it_at_once_and_one_is_enough_for_once() {
        let (mut watchdog, at) = fed();
        assert_eq!(watchdog.look(false, at(5)), HUNGRY);
        watchdog.note_life();
        assert_eq!(watchdog.look(false, at(7)), FED);
        assert_eq!(watchdog.look(false, at(11)), NOTHING);
        assert_eq!(watchdog.look(false, at(12)), HUNGRY);
    }

    #[test]
    fn where_nobody_has_to_answer_it_is_fed() {
        let (mut watchdog, at) = fed();
        assert_eq!(watchdog.look(true, at(5)), FED);
        assert_eq!(watchdog.look(false, at(10)), HUNGRY);
        assert_eq!(watchdog.look(true, at(11)), FED, "it is overdue");
    }

    #[test]
    fn a_short_interval_does_not_make_it_spin() {
        let now = Instant::now();
        let mut watchdog = Watchdog::new(Duration::from_micros(1), now);
        watchdog.look(false, now);
        assert_eq!(watchdog.next(), now + BEAT_MIN);
    }
}
