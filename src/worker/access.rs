//! Which connections get a line in the log when they end: each, or a sample of those that ended as they should, and of those
//! that were refused.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::config::Log;
use crate::ending::Ending;

/// The choice, which the threads of a worker share.
#[derive(Debug)]
pub(super) struct Access {
    is_on: bool,
    every: u64,
    /// Connections so far from which the sample is taken.
    ordinary: AtomicU64,
}

/// How many connections a line stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line {
    /// For one: it is out of the ordinary, or all have a line.
    One,
    /// For so many that ended as they should.
    Sample(u64),
}

impl Line {
    /// What the line says of it.
    pub(super) fn sample(self) -> Option<u64> {
        match self {
            Self::One => None,
            Self::Sample(every) => Some(every),
        }
    }
}

impl Access {
    pub(super) fn new(log: &Log) -> Self {
        Self { is_on: log.access, every: log.access_sample.get() as u64, ordinary: AtomicU64::new(0) }
    }

    /// The line of a connection that has ended, if it gets one.
    pub(super) fn line(&self, ending: Ending) -> Option<Line> {
        if self.is_on && !ending.is_ordinary() { Some(Line::One) } else { self.sampled() }
    }

    /// The line of a connection that is refused, if it gets one: it may be one of a flood.
    pub(super) fn line_of_refused(&self) -> Option<Line> {
        self.sampled()
    }

    fn sampled(&self) -> Option<Line> {
        if !self.is_on {
            return None;
        }
        if self.every == 1 {
            return Some(Line::One);
        }
        let number = self.ordinary.fetch_add(1, Ordering::Relaxed) + 1;
        number.is_multiple_of(self.every).then_some(Line::Sample(self.every))
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;

    use super::*;
    use crate::config::Config;

    fn access(is_on: bool, every: usize) -> Access {
        let access_sample = NonZeroUsize::new(every).unwrap();
        Access::new(&Log { access: is_on, access_sample, ..Config::default().log })
    }

    #[test]
    fn without_a_sample_all_have_a_line_and_without_the_access_log_none() {
        for ending in [Ending::PeerClosed, Ending::Cut] {
            assert_eq!(access(true, 1).line(ending), Some(Line::One));
            assert_eq!(access(false, 1).line(ending), None);
        }
        assert_eq!(access(true, 1).line_of_refused(), Some(Line::One));
        assert_eq!(access(false, 1).line_of_refused(), None);
    }

    #[test]
    fn of_the_ordinary_one_in_so_many_has_a_line_that_says_so() {
        let access = access(true, 100);
        let mut lines = Vec::new();
        for number in 1..=1000 {
            lines.extend(match number % 3 {
                0 => access.line(Ending::PeerClosed),
                1 => access.line(Ending::Reset),
                _ => access.line_of_refused(),
            });
            if number % 250 == 0 {
                assert_eq!(access.line(Ending::IdleTimeout), Some(Line::One), "it is told in any case");
            }
        }
        assert_eq!(lines, vec![Line::Sample(100); 10]);
        assert_eq!((Line::One.sample(), lines[0].sample()), (None, Some(100)));
    }
}
