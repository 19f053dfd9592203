//! The breaker: says when workers die so often that something is wrong with the pool, and when no more.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// How many respawns are too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tolerance {
    /// More than this within the interval; `None` tolerates any number.
    pub(crate) respawns: Option<usize>,
    pub(crate) interval: Duration,
}

/// What has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    /// There were so many respawns within the interval.
    Opened { respawns: usize },
    /// There was none for a whole interval.
    Closed,
}

/// The watch over the respawns.
#[derive(Debug, Default)]
pub(crate) struct Breaker {
    recent: VecDeque<Instant>,
    is_open: bool,
}

impl Breaker {
    /// Whether too many died.
    pub(crate) fn is_open(&self) -> bool {
        self.is_open
    }

    /// Takes in a respawn.
    pub(crate) fn note_respawn(&mut self, tolerance: Tolerance, now: Instant) -> Option<Turn> {
        let most = tolerance.respawns?;
        self.recent.push_back(now);
        while self.recent.len() > most + 1
            || self.recent.front().is_some_and(|at| now - *at > tolerance.interval)
        {
            self.recent.pop_front();
        }
        if self.is_open || self.recent.len() <= most {
            return None;
        }
        self.is_open = true;
        Some(Turn::Opened { respawns: self.recent.len() })
    }

    /// When it closes, if nobody dies until then.
    pub(crate) fn closes_at(&self, tolerance: Tolerance) -> Option<Instant> {
        self.recent.back().filter(|_| self.is_open).map(|last| *last + tolerance.interval)
    }

    /// Looks whether it closes.
    pub(crate) fn look(&mut self, tolerance: Tolerance, now: Instant) -> Option<Turn> {
        if self.closes_at(tolerance)? > now {
            return None;
        }
        *self = Self::default();
        Some(Turn::Closed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOLERANCE: Tolerance = Tolerance { respawns: Some(2), interval: Duration::from_secs(60) };

    fn after(start: Instant, seconds: u64) -> Instant {
        start + Duration::from_secs(seconds)
    }

    #[test]
    fn more_than_so_many_within_the_interval_open_it_once() {
        let (mut breaker, start) = (Breaker::default(), Instant::now());
        assert_eq!(breaker.note_respawn(TOLERANCE, start), None);
        assert_eq!(breaker.note_respawn(TOLERANCE, after(start, 59)), None);
        assert_eq!(breaker.note_respawn(TOLERANCE, after(start, 61)), None, "the first is too long ago");
        assert_eq!(breaker.note_respawn(TOLERANCE, after(start, 62)), Some(Turn::Opened { respawns: 3 }));
        assert_eq!(breaker.note_respawn(TOLERANCE, after(start, 63)), None);
    }

    #[test]
    fn a_whole_interval_without_one_closes_it() {
        let (mut breaker, start) = (Breaker::default(), Instant::now());
        for second in 0..3 {
            breaker.note_respawn(TOLERANCE, after(start, second));
        }
        assert_eq!(breaker.closes_at(TOLERANCE), Some(after(start, 62)));
        breaker.note_respawn(TOLERANCE, after(start, 32));
        assert_eq!(breaker.look(TOLERANCE, after(start, 91)), None);
        assert_eq!(breaker.look(TOLERANCE, after(start, 92)), Some(Turn::Closed));
        assert!(!breaker.is_open() && breaker.closes_at(TOLERANCE).is_none());
        assert_eq!(breaker.look(TOLERANCE, after(start, 200)), None);
    }

    #[test]
    fn without_a_limit_it_stays_closed() {
        let mut breaker = Breaker::default();
        let tolerance = Tolerance { respawns: None, ..TOLERANCE };
        assert!((0..100).all(|_| breaker.note_respawn(tolerance, Instant::now()).is_none()));
    }
}
