//! Something that is done once a second at most, by any thread that comes past.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How long it is not done again.
const INTERVAL: Duration = Duration::from_secs(1);

/// When it is time again. The first time is at once.
#[derive(Debug)]
pub(crate) struct Pace {
    began: Instant,
    /// In milliseconds from the beginning.
    next_millis: AtomicU64,
}

impl Pace {
    pub(crate) fn new(began: Instant) -> Self {
        Self { began, next_millis: AtomicU64::new(0) }
    }

    /// Whether it is time. Of several threads one is told so.
    pub(crate) fn is_due(&self, now: Instant) -> bool {
        let age = millis(now.saturating_duration_since(self.began));
        let at = self.next_millis.load(Ordering::Relaxed);
        let next = age.saturating_add(millis(INTERVAL));
        age >= at && self.next_millis.compare_exchange(at, next, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_time_once_a_second_at_most() {
        let start = Instant::now();
        let pace = Pace::new(start);
        let at = |millis| pace.is_due(start + Duration::from_millis(millis));
        assert_eq!([0, 1, 999, 1000, 1500, 2400].map(at), [true, false, false, true, false, true]);
    }
}
