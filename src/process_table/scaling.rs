//! Another number of workers, because somebody asked for it: how far it is.

use std::time::Instant;

use super::{Aim, Goal, ProcessTable};

/// The way from one size of the pool to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Scaling {
    /// How many workers it had: none at rest.
    pub(crate) before: usize,
    /// How many it was to have.
    goal: usize,
    /// When it is given up.
    pub(crate) deadline: Option<Instant>,
    /// Why it cannot be: one of its workers died, or could not be forked.
    failed: Option<String>,
}

impl Scaling {
    /// Begins it.
    pub(crate) fn begin<C>(
        table: &mut ProcessTable<C>,
        goal: &mut Goal,
        workers: usize,
        deadline: Option<Instant>,
    ) -> Self {
        let before = Self::size(goal);
        let scaling = Self { before, goal: goal.workers, deadline, failed: None };
        table.set_size(goal, workers);
        goal.aim = Aim::Serve;
        scaling
    }

    /// How many workers serve, or would if none had died.
    pub(crate) fn size(goal: &Goal) -> usize {
        if goal.aim == Aim::Rest { 0 } else { goal.workers }
    }

    /// Notes that a worker did not get as far as to accept.
    pub(crate) fn note_failed_birth(&mut self, id: usize, cause: &str) {
        if id >= self.before {
            self.failed.get_or_insert_with(|| cause.to_owned());
        }
    }

    /// What came of it, once that is known.
    pub(crate) fn outcome<C>(
        &self,
        table: &ProcessTable<C>,
        goal: &Goal,
        now: Instant,
    ) -> Option<Result<(), String>> {
        let (before, workers) = (self.before, goal.workers);
        let has_grown = (before.min(workers)..workers).all(|id| table.is_serving(goal, id));
        let has_shrunk = (workers..before).all(|id| !table.is_manned(goal, id));
        if has_grown && has_shrunk {
            return Some(Ok(()));
        }
        let is_late = self.deadline.is_some_and(|deadline| deadline <= now);
        let late = is_late.then(|| "its workers were not ready within timeouts.start".to_owned());
        self.failed.clone().or(late).map(Err)
    }

    /// Takes it back.
    pub(crate) fn undo<C>(&self, table: &mut ProcessTable<C>, goal: &mut Goal) {
        table.set_size(goal, self.goal);
        if self.before == 0 {
            goal.aim = Aim::Rest;
        }
    }
}
