//! How many workers a pool has that sizes itself: more while peers wait too long, fewer when fewer have been enough for long.

use std::time::{Duration, Instant};

use crate::config::Config;
use crate::scoreboard::WhyScaled;

/// The time between two looks while no slot is idle, when somebody may be waiting.
const TICK: Duration = Duration::from_millis(100);
/// The least time between two steps up. What was needed longer ago says nothing about now.
const STEP: Duration = Duration::from_secs(1);
/// How long workers that have just got ready have for the queue before more are called.
const SETTLE: Duration = Duration::from_millis(200);
/// The time between two looks at a pool that may have workers to spare.
const SPARE_TICK: Duration = Duration::from_secs(5);
/// How long one worker less would have been enough before it goes.
const SPARE: Duration = Duration::from_secs(30);
/// "Enough" leaves a margin: so many of so many slots are busy at most.
const ENOUGH: (u64, u64) = (3, 4);

/// What one look found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sight {
    /// The size that the pool is to have, whoever has said so.
    pub(crate) workers: usize,
    /// Slots of one worker.
    pub(crate) threads: usize,
    /// Workers that are getting ready.
    pub(crate) starting: usize,
    /// Slots that are taken, without those of workers that leave.
    pub(crate) busy: u64,
    /// Connections in the accept queues.
    pub(crate) waiting: u64,
    /// How long the first of them has waited, if the kernel tells: of unix sockets it does not.
    pub(crate) longest_wait: Option<Duration>,
}

/// Another size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Resize {
    pub(crate) to: usize,
    pub(crate) why: WhyScaled,
}

/// The watch over the size of a pool.
#[derive(Debug, Clone)]
pub(crate) struct Sizer {
    min: usize,
    max: usize,
    grow_after: Duration,
    looked: Option<Instant>,
    /// The size after the last look.
    workers: Option<usize>,
    /// Since when somebody waits, as far as is known.
    waiting_since: Option<Instant>,
    /// How many workers the next step up adds.
    step: usize,
    /// There is no step up before.
    not_before: Option<Instant>,
    /// Since when one worker less would be enough, as far as is known.
    spare_since: Option<Instant>,
}

impl Sizer {
    /// As a configuration wants it.
    pub(crate) fn of(config: &Config) -> Self {
        let (min, max) = config.worker_range();
        Self::new(min, max, config.grow_after)
    }

    /// A pool of `min` to `max` workers, which grows when somebody has waited for `grow_after`. If both are the same it
    /// leaves the size to others.
    pub(crate) fn new(min: usize, max: usize, grow_after: Duration) -> Self {
        Self {
            min,
            max,
            grow_after,
            looked: None,
            workers: None,
            waiting_since: None,
            step: 1,
            not_before: None,
            spare_since: None,
        }
    }

    /// When to look next. `is_full`: every worker has said that it has no idle slot.
    pub(crate) fn next_look(&self, is_full: bool, workers: usize, now: Instant) -> Option<Instant> {
        let wait = match workers {
            _ if self.is_fixed() => return None,
            _ if is_full && self.may_grow(workers) => TICK,
            _ if workers > self.min => SPARE_TICK,
            _ => return None,
        };
        Some(self.looked.map_or(now, |looked| looked + wait))
    }

    /// Takes in what one look found.
    pub(crate) fn look(&mut self, sight: Sight, now: Instant) -> Option<Resize> {
        if self.is_fixed() {
            return None;
        }
        self.forget(sight, now);
        let resize = self.grow(sight, now).or_else(|| self.shrink(sight, now));
        self.workers = Some(resize.map_or(sight.workers, |resize| resize.to));
        resize
    }

    /// Whether a pool of so many workers gets more by itself when peers wait.
    pub(crate) fn may_grow(&self, workers: usize) -> bool {
        !self.is_fixed() && workers < self.max
    }

    fn is_fixed(&self) -> bool {
        self.min == self.max
    }

    /// Between looks that are far apart, and when somebody else sets the size, nobody knows how it was.
    fn forget(&mut self, sight: Sight, now: Instant) {
        let gap = self.looked.replace(now).map(|looked| now - looked);
        let is_longer = |than| gap.is_some_and(|gap| gap > than);
        let is_resized = self.workers.is_some_and(|workers| workers != sight.workers);
        if is_longer(STEP) || is_resized {
            self.step = 1;
        }
        if is_longer(STEP) || sight.waiting == 0 {
            self.waiting_since = None;
        }
        if is_longer(SPARE_TICK * 2) || is_resized {
            self.spare_since = None;
        }
    }

    fn grow(&mut self, sight: Sight, now: Instant) -> Option<Resize> {
        if sight.starting > 0 {
            self.not_before = self.not_before.max(Some(now + SETTLE));
        }
        if !self.is_needed(sight, now) {
            self.step = 1;
            return None;
        }
        if sight.workers >= self.max || self.not_before.is_some_and(|at| at > now) {
            return None;
        }
        let to = (sight.workers + self.step).clamp(self.min, self.max);
        self.step *= 2;
        self.not_before = Some(now + STEP);
        Some(Resize { to, why: WhyScaled::Waiting })
    }

    /// Whether somebody has waited for too long.
    fn is_needed(&mut self, sight: Sight, now: Instant) -> bool {
        if sight.waiting == 0 {
            return false;
        }
        let since = *self.waiting_since.get_or_insert(now);
        sight.longest_wait.unwrap_or(now - since) >= self.grow_after
    }

    fn shrink(&mut self, sight: Sight, now: Instant) -> Option<Resize> {
        let fewer = sight.workers.saturating_sub(1).min(self.max);
        let slots = (fewer * sight.threads) as u64;
        let (part, whole) = ENOUGH;
        if fewer < self.min || sight.waiting > 0 || sight.busy * whole > slots * part {
            self.spare_since = None;
            return None;
        }
        let since = *self.spare_since.get_or_insert(now);
        if now - since < SPARE {
            return None;
        }
        self.spare_since = None;
        Some(Resize { to: fewer, why: WhyScaled::Idle })
    }
}

#[cfg(test)]
mod tests;
