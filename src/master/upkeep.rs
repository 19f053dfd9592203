//! What a pool does for itself: it replaces workers that have served long enough, sizes itself, and knows when it is ill.

use std::time::Instant;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::Master;
use crate::channel::Order;
use crate::config::CrashLoop;
use crate::death::Death;
use crate::error::Error;
use crate::handler::Handler;
use crate::logging::counted;
use crate::process_table::{Aim, Pulse, Tolerance, Turn};
use crate::scoreboard::{Happening, WhyScaled};
use crate::sizer::{Resize, Sight};
use crate::wear::Wear;

impl<H: Handler> Master<H> {
    /// Asks a worker for a sign of life if it is busy, or if somebody waits although it is not. Otherwise it is to say
    /// when it is.
    pub(super) fn look_after(&mut self, pid: Pid) {
        let is_saturated = self.table.workers.iter().any(|worker| worker.told_full);
        let Some(worker) = self.table.find(pid) else { return };
        let (lease, told_full) = (worker.lease, worker.told_full);
        if self.scoreboard.idle_of(lease) == 0 && self.queued() > 0 {
            // When it said so there was perhaps nobody yet for whom those with idle slots are needed.
            self.table.wake_all(&self.goal, Instant::now());
        }
        if self.scoreboard.busy_of(lease) > 0 || (is_saturated && !told_full && self.queued() > 0) {
            return self.tell(pid, Order::Ask);
        }
        if let Some(worker) = self.table.find(pid) {
            worker.pulse = Pulse::Calm;
        }
        self.tell(pid, Order::Arm);
    }

    /// Ends a worker that gives no sign of life, such that it may leave a core.
    pub(super) fn abort(&mut self, pid: Pid) {
        self.table.note_aborted(pid, Instant::now());
        let Some(worker) = self.table.find(pid) else { return };
        let (id, number) = (worker.id, pid.as_raw().unsigned_abs());
        let patience = self.goal.stuck_after.unwrap_or_default();
        tracing::error!(
            worker = id,
            pid = number,
            "the worker has given no sign of life for {patience:?}, aborting it"
        );
        self.scoreboard.note(Happening::Stuck { id, pid: number });
        // It fails when the process is dead already, and then it is about to be reaped.
        let _ = kill(pid, Signal::SIGABRT);
    }

    /// Has a worker replaced. It accepts until its replacement does.
    pub(super) fn recycle(&mut self, pid: Pid, why: Wear) {
        self.table.note_recycled(pid);
        let Some(worker) = self.table.find(pid) else { return };
        let (id, pid) = (worker.id, pid.as_raw().unsigned_abs());
        tracing::info!(worker = id, pid, "replacing the worker: it {why}");
        self.scoreboard.note(Happening::Recycled { id, pid, why });
    }

    /// When to look whether the size is right; never while somebody changes the pool.
    pub(super) fn next_size_look(&self, now: Instant) -> Option<Instant> {
        let is_serving = self.goal.aim == Aim::Serve && self.table.is_open() && !self.changes.is_busy();
        let look = || self.sizer.next_look(self.table.is_full(), self.goal.workers, now);
        is_serving.then(look).flatten()
    }

    /// Looks, if it is time, before the plan is made.
    pub(super) fn look_at_size(&mut self) {
        let now = Instant::now();
        // What nobody has carried out is from another time.
        self.table.resize = None;
        if self.next_size_look(now).is_none_or(|at| at > now) {
            return;
        }
        let waiting = self.queued();
        let sight = Sight {
            workers: self.goal.workers,
            threads: self.serving.config.threads.get(),
            starting: self.table.starting(&self.goal),
            busy: self.scoreboard.busy(),
            waiting,
            longest_wait: (waiting > 0).then(|| self.observer.longest_wait()).flatten(),
        };
        self.table.resize = self.sizer.look(sight, now);
    }

    pub(super) fn resize(&mut self, Resize { to, why }: Resize) {
        let from = self.goal.workers;
        self.table.set_size(&mut self.goal, to);
        self.show_size();
        self.note_scaled(from, to, why);
    }

    pub(super) fn note_scaled(&self, from: usize, to: usize, why: WhyScaled) {
        tracing::info!("{} instead of {from}: {why}", counted(to as u64, "worker"));
        self.scoreboard.note(Happening::Scaled { from, to, why });
    }

    pub(super) fn tolerance(&self) -> Tolerance {
        let limits = &self.serving.config.limits;
        let respawns = limits.respawns.map(std::num::NonZeroUsize::get);
        Tolerance { respawns, interval: limits.respawn_interval }
    }

    /// Another worker is spawned in place of one that died.
    pub(super) fn note_respawn(&mut self, death: Death) {
        self.scoreboard.note_respawn(death.cause());
        if let Some(turn) = self.breaker.note_respawn(self.tolerance(), Instant::now()) {
            self.note_breaker(turn);
        }
    }

    /// Another generation serves: what the one before died of says nothing of it.
    pub(super) fn forgive(&mut self) {
        if std::mem::take(&mut self.breaker).is_open() {
            self.scoreboard.set_crash_loop(false);
            self.scoreboard.note(Happening::CrashLoopEnd);
        }
    }

    pub(super) fn note_breaker(&mut self, turn: Turn) {
        self.scoreboard.set_crash_loop(self.breaker.is_open());
        let per = self.serving.config.limits.respawn_interval;
        match turn {
            Turn::Closed => {
                tracing::info!("no respawn for {per:?}: the pool is no longer degraded");
                self.scoreboard.note(Happening::CrashLoopEnd);
            }
            Turn::Opened { respawns } => {
                let words = format!("{} within {per:?}", counted(respawns as u64, "respawn"));
                tracing::error!("{words}, more than limits.respawns: the pool is degraded, and not ready");
                self.scoreboard.note(Happening::CrashLoop { respawns: respawns as u64, per });
                if self.serving.config.limits.crash_loop == CrashLoop::Exit && self.goal.aim == Aim::Serve {
                    let cause = self.last_cause.clone().unwrap_or_default();
                    self.ending.verdict = Some(Error::Failed(format!("{words}, the last: {cause}")));
                    self.end("a crash loop");
                }
            }
        }
    }
}
