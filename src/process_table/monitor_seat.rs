//! The monitor as the master sees it: at most one process, respawned when it dies.

use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::sys::wait::waitpid;
use nix::unistd::Pid;

use super::Throttle;
use super::worker_handle::Loss;

/// The place of the monitor.
#[derive(Debug, Default)]
pub(crate) struct MonitorSeat {
    process: Option<(Pid, Instant)>,
    throttle: Throttle,
}

impl MonitorSeat {
    /// Notes that it was forked.
    pub(crate) fn add(&mut self, pid: Pid, now: Instant) {
        self.process = Some((pid, now));
    }

    /// Notes that it could not be forked, and returns the wait before the next try.
    pub(crate) fn note_failed_spawn(&mut self, now: Instant) -> Duration {
        self.throttle.note_failed_spawn(now)
    }

    /// Notes that it died, if this is its pid, and returns the wait before its respawn.
    pub(crate) fn remove(&mut self, pid: Pid, now: Instant) -> Option<Duration> {
        let (_, since) = self.process.take_if(|(process, _)| *process == pid)?;
        Some(self.throttle.note_death(Loss::Service(now - since), now))
    }

    /// Whether it is to be forked now.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.process.is_none() && self.throttle.not_before.is_none_or(|at| at <= now)
    }

    /// When it is to be forked, if not now.
    pub(super) fn due_at(&self) -> Option<Instant> {
        self.throttle.not_before.filter(|_| self.process.is_none())
    }

    /// Ends it. It holds nothing that anybody would miss.
    pub(crate) fn end(&mut self) {
        if let Some((pid, _)) = self.process.take() {
            let _ = kill(pid, Signal::SIGKILL);
            let _ = waitpid(pid, None);
        }
    }
}
