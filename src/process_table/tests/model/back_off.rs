//! What the back-off of a pool is to be, kept in another way than the table keeps it: all deaths of each id.

use std::collections::HashMap;
use std::time::{Duration, Instant};

/// The waits after the first, second … death in a row within ten seconds, in milliseconds; the last for all others.
const WAITS: [u64; 11] = [0, 100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000];

/// The deaths of the generation that serves, since it does.
#[derive(Debug, Default)]
pub(super) struct BackOff(HashMap<usize, Deaths>);

#[derive(Debug, Default)]
struct Deaths {
    in_a_row: usize,
    not_before: Option<Instant>,
}

impl BackOff {
    /// One has died that accepted for so long, and was not told to leave.
    pub(super) fn note_death(&mut self, id: usize, accepted_for: Duration, now: Instant) -> Duration {
        let deaths = self.0.entry(id).or_default();
        deaths.in_a_row = if accepted_for.as_secs() >= 10 { 0 } else { deaths.in_a_row + 1 };
        deaths.wait(now)
    }

    /// One could not be forked, which is never free.
    pub(super) fn note_refused(&mut self, id: usize, now: Instant) -> Duration {
        let deaths = self.0.entry(id).or_default();
        deaths.in_a_row = deaths.in_a_row.max(1) + 1;
        deaths.wait(now)
    }

    /// Whether the next of an id is not the first try that is free.
    pub(super) fn has_slowed(&self, id: usize) -> bool {
        self.0.get(&id).is_some_and(|deaths| deaths.in_a_row > 1)
    }

    /// Whether an id has to wait.
    pub(super) fn holds(&self, id: usize, now: Instant) -> bool {
        self.0.get(&id).and_then(|deaths| deaths.not_before).is_some_and(|at| at > now)
    }

    /// The pool has so many workers from now on.
    pub(super) fn note_size(&mut self, workers: usize) {
        self.0.retain(|id, _| *id < workers);
    }
}

impl Deaths {
    fn wait(&mut self, now: Instant) -> Duration {
        let place = self.in_a_row.saturating_sub(1).min(WAITS.len() - 1);
        let wait = Duration::from_millis(WAITS[place]);
        self.not_before = Some(now + wait);
        wait
    }
}
