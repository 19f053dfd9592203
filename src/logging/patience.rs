//! How long the lines of a process may wait for the log's reader, all together: waiting for each of them would let a slow reader
//! set the pace of the pool.

use std::time::{Duration, Instant};

/// As much as there ever is.
pub(super) const MOST: Duration = Duration::from_millis(500);
/// While the reader keeps up it grows again, by this part of the time.
const PART: u32 = 50;

/// What is left of it.
#[derive(Debug)]
pub(super) struct Patience {
    left: Duration,
    /// When that was so; `None` before the first wait.
    at: Option<Instant>,
    /// A line has waited in vain: none waits until one was written.
    is_over: bool,
}

impl Patience {
    pub(super) const fn new() -> Self {
        Self { left: MOST, at: None, is_over: false }
    }

    /// How long a line may wait now.
    pub(super) fn left(&mut self, now: Instant) -> Duration {
        if self.is_over {
            return Duration::ZERO;
        }
        if let Some(at) = self.at {
            self.left = (self.left + now.saturating_duration_since(at) / PART).min(MOST);
        }
        self.at = Some(now);
        self.left
    }

    /// A line has waited for so long until now, in vain or not.
    pub(super) fn note_waited(&mut self, waited: Duration, in_vain: bool, now: Instant) {
        self.left = if in_vain { Duration::ZERO } else { self.left.saturating_sub(waited) };
        (self.at, self.is_over) = (Some(now), in_vain);
    }

    /// A line was written. The time in which nobody read has given nothing; `now` is asked only if that matters.
    pub(super) fn note_written(&mut self, now: impl FnOnce() -> Instant) {
        if self.is_over {
            (self.at, self.is_over) = (Some(now()), false);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn who_waits_in_vain_does_so_once_until_somebody_reads() {
        let (mut patience, mut now) = (Patience::new(), Instant::now());
        assert_eq!(patience.left(now), MOST);
        now += MOST;
        patience.note_waited(MOST, true, now);
        for _ in 0..1000 {
            now += SECOND;
            assert_eq!(patience.left(now), Duration::ZERO);
        }
        patience.note_written(|| now);
        assert_eq!(patience.left(now), Duration::ZERO, "nobody has read for long");
        assert_eq!(patience.left(now + SECOND), SECOND / PART);
        assert_eq!(patience.left(now + 1000 * SECOND), MOST);
    }

    #[test]
    fn a_slow_reader_takes_a_small_part_of_the_time() {
        let (mut patience, start) = (Patience::new(), Instant::now());
        let (mut now, mut waited) = (start, Duration::ZERO);
        // Each line has to wait for 100 ms if it may, and is lost otherwise.
        while now < start + 1000 * SECOND {
            let wait = patience.left(now).min(Duration::from_millis(100));
            let in_vain = wait < Duration::from_millis(100);
            now += wait;
            waited += wait;
            patience.note_waited(wait, in_vain, now);
            if in_vain {
                now += Duration::from_millis(100);
                patience.note_written(|| now);
            }
            now += Duration::from_millis(1);
        }
        assert!(waited <= MOST + 1000 * SECOND / PART, "{waited:?}");
    }

    #[test]
    fn what_a_wait_takes_is_gone() {
        let (mut patience, now) = (Patience::new(), Instant::now());
        assert_eq!(patience.left(now), MOST);
        patience.note_waited(MOST / 5, false, now + MOST / 5);
        assert_eq!(patience.left(now + MOST / 5), MOST * 4 / 5);
    }
}
