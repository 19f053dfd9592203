//! How busy the pool was in the last minutes.

use std::collections::VecDeque;
use std::time::Duration;

/// What becomes one column of a curve.
pub(super) const STEP: Duration = Duration::from_secs(1);
/// How many steps are remembered: more than a terminal has columns.
const STEPS_MAX: usize = 600;

/// The greatest of what was seen during one step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Level {
    pub(super) busy: u64,
    /// None where nothing was known.
    pub(super) waiting: Option<u64>,
}

/// The levels of the last steps.
#[derive(Debug, Default)]
pub(super) struct History {
    /// The latest first; none for a step without an answer.
    levels: VecDeque<Option<Level>>,
    /// The number of the latest step since the start.
    latest: u128,
}

impl History {
    /// Remembers what was seen so long after the start.
    pub(super) fn add(&mut self, level: Level, at: Duration) {
        let step = at.as_nanos() / STEP.as_nanos();
        // No more steps than are remembered anyway.
        let missed = usize::try_from(step.saturating_sub(self.latest)).unwrap_or(STEPS_MAX).min(STEPS_MAX);
        for _ in 0..missed {
            self.levels.push_front(None);
        }
        self.latest = self.latest.max(step);
        if self.levels.is_empty() {
            self.levels.push_front(None);
        }
        let latest = &mut self.levels[0];
        let before = latest.unwrap_or_default();
        *latest =
            Some(Level { busy: before.busy.max(level.busy), waiting: before.waiting.max(level.waiting) });
        self.levels.truncate(STEPS_MAX);
    }

    /// The latest first; none for a step without an answer.
    pub(super) fn levels(&self) -> impl Iterator<Item = Option<Level>> {
        self.levels.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(busy: u64) -> Level {
        Level { busy, waiting: Some(busy) }
    }

    #[test]
    fn a_step_keeps_its_greatest_and_a_gap_stays_one() {
        let mut history = History::default();
        history.add(level(2), Duration::ZERO);
        history.add(level(4), STEP / 4);
        history.add(level(3), STEP / 2);
        history.add(Level { busy: 1, waiting: None }, STEP * 2);
        let levels: Vec<Option<Level>> = history.levels().collect();
        assert_eq!(levels, [Some(Level { busy: 1, waiting: None }), None, Some(level(4))]);
    }

    #[test]
    fn what_is_long_past_is_forgotten() {
        let mut history = History::default();
        history.add(level(1), Duration::ZERO);
        history.add(level(2), Duration::MAX);
        assert_eq!(history.levels().count(), STEPS_MAX);
        assert_eq!(history.levels().flatten().collect::<Vec<_>>(), [level(2)]);
    }
}
