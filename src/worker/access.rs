//! Which connections get a line in the log when they end: each, or a random sample of all but those that are news.

use std::hash::{BuildHasher, RandomState};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::config::Log;
use crate::ending::Ending;

/// The choice, which the threads of a worker share.
#[derive(Debug)]
pub(super) struct Access {
    is_on: bool,
    every: u64,
    /// From which chance is made: it grows with each connection that may be in the sample.
    chance: AtomicU64,
}

/// How many connections a line stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line {
    /// For one: it is news, or all have a line.
    One,
    /// For so many of which it was taken.
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
        // Siblings inherit the same random keys from their master: the pid tells them apart.
        let chance = RandomState::new().hash_one(process::id());
        Self { is_on: log.access, every: log.access_sample.get() as u64, chance: AtomicU64::new(chance) }
    }

    /// The line of a connection that has ended, if it gets one.
    pub(super) fn line(&self, ending: Ending) -> Option<Line> {
        if self.is_on && ending.is_news() { Some(Line::One) } else { self.sampled() }
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
        // By chance, since to take each hundredth of connections that come in a rhythm is to take always the same.
        let chance = mixed(self.chance.fetch_add(STEP, Ordering::Relaxed));
        chance.is_multiple_of(self.every).then_some(Line::Sample(self.every))
    }
}

/// What the state of `SplitMix64` grows by: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// A number that looks random, of a state.
fn mixed(state: u64) -> u64 {
    let state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
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
    fn what_is_news_has_its_line_and_of_all_else_one_in_so_many_whatever_the_rhythm() {
        let mut access = access(true, 100);
        *access.chance.get_mut() = 0;
        // Of four kinds that take turns each has its share.
        let kinds = [Ending::PeerClosed, Ending::FirstByteTimeout, Ending::Reset, Ending::HandlerClosed];
        let mut lines = [0; 4];
        for number in 0..100_000 {
            if let Some(line) = access.line(kinds[number % 4]) {
                assert_eq!((line, line.sample()), (Line::Sample(100), Some(100)));
                lines[number % 4] += 1;
            }
        }
        // 250 each, give or take four times the root of it.
        assert!(lines.iter().all(|lines| (187..=313).contains(lines)), "{lines:?}");
        let refused = (0..100_000).filter(|_| access.line_of_refused().is_some()).count();
        assert!((874..=1126).contains(&refused), "{refused}");
        for news in [Ending::HandlerPanicked, Ending::Cut, Ending::DrainIdle] {
            assert!((0..100).all(|_| access.line(news) == Some(Line::One)), "{news:?}");
        }
        assert_eq!(Line::One.sample(), None);
    }
}
