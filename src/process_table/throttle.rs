//! How the respawn of one id is slowed down while it keeps dying young.

use std::time::{Duration, Instant};

use super::worker_handle::Loss;

/// A worker that lived this long since it began to accept is healthy: its death is no reason to be slow.
const HEALTHY_AFTER: Duration = Duration::from_secs(10);
/// The wait before the second respawn of a worker that keeps dying young; it doubles from there.
pub(super) const THROTTLE_MIN: Duration = Duration::from_millis(100);
/// The longest wait before a respawn.
const THROTTLE_MAX: Duration = Duration::from_secs(30);

/// How the respawn of one id is slowed down while it keeps dying young.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Throttle {
    young_deaths: u32,
    pub(super) not_before: Option<Instant>,
}

impl Throttle {
    /// Notes a death, and returns the wait before the next spawn.
    pub(super) fn note_death(&mut self, loss: Loss, now: Instant) -> Duration {
        let was_healthy = matches!(loss, Loss::Service(time) if time >= HEALTHY_AFTER);
        self.young_deaths = if was_healthy { 0 } else { self.young_deaths.saturating_add(1) };
        let wait = match self.young_deaths {
            0 | 1 => Duration::ZERO,
            deaths => THROTTLE_MIN.saturating_mul(1 << (deaths - 2).min(20)).min(THROTTLE_MAX),
        };
        self.not_before = Some(now + wait);
        wait
    }

    /// Notes that not even a fork succeeded, and returns the wait before the next try.
    pub(super) fn note_failed_spawn(&mut self, now: Instant) -> Duration {
        // The same as dying at once, but there is no first time that is free: the system has just said no.
        self.young_deaths = self.young_deaths.max(1);
        self.note_death(Loss::Birth, now)
    }
}
