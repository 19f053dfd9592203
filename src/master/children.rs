//! The master's children: how they are forked, and what is done when one dies.

use std::process::ExitStatus;
use std::sync::Arc;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use nix::unistd::{Pid, getpid};

use super::{Life, Master};
use crate::cgroup;
use crate::channel::Channel;
use crate::death::Death;
use crate::error::Error;
use crate::handler::Handler;
use crate::logging::counted;
use crate::monitor::Monitor;
use crate::process_table::{Stage, Stop, WorkerHandle};
use crate::scoreboard::Happening;
use crate::signals::Blocked;
use crate::sys::{self, Fork};
use crate::worker::Worker;

impl<H: Handler> Master<H> {
    pub(super) fn spawn(&mut self, id: usize) -> Result<Option<Life<H>>, Error> {
        let Some(lease) = self.scoreboard.lend(id, self.generation, self.config.threads.get()) else {
            self.note_failed_spawn(id, "the scoreboard has no room until workers that leave have left");
            return Ok(None);
        };
        let (ours, theirs) = match Channel::pair() {
            Ok(pair) => pair,
            Err(error) => {
                self.scoreboard.take_back(lease);
                self.note_failed_spawn(id, &format!("cannot make a channel: {error}"));
                return Ok(None);
            }
        };
        let blocked = Blocked::all().map_err(Error::system("block signals"))?;
        let master = getpid();
        match sys::fork() {
            Ok(Fork::Parent(pid)) => {
                let number = pid.as_raw().unsigned_abs();
                tracing::debug!(worker = id, pid = number, generation = self.generation, "worker spawned");
                self.table.add(pid, id, ours, lease, Instant::now());
                self.scoreboard.note_pid(lease, number);
                self.scoreboard.note(Happening::Spawned { id, pid: number });
                Ok(None)
            }
            Ok(Fork::Child) => Ok(Some(Life::Worker(Worker {
                id,
                generation: self.generation,
                master,
                config: Arc::clone(&self.config),
                handler: Arc::clone(&self.handler),
                listeners: std::mem::take(&mut self.listeners),
                channel: theirs,
                rows: self.scoreboard.board().rows(lease),
                blocked,
            }))),
            Err(error) => {
                self.scoreboard.take_back(lease);
                self.note_failed_spawn(id, &format!("cannot fork: {error}"));
                Ok(None)
            }
        }
    }

    fn note_failed_spawn(&mut self, id: usize, cause: &str) {
        let wait = self.table.note_failed_spawn(id, Instant::now());
        self.scoreboard.note_throttled(id, wait);
        tracing::warn!(worker = id, "{cause}; trying again in {wait:?}");
        self.last_cause = Some(format!("worker {id}: {cause}"));
    }

    pub(super) fn spawn_monitor(&mut self) -> Result<Option<Life<H>>, Error> {
        let Some(listener) = &self.monitor_listener else { return Ok(None) };
        let blocked = Blocked::all().map_err(Error::system("block signals"))?;
        let master = getpid();
        // Before the fork, so that a failure is one of the master's.
        let listener = listener.try_clone();
        match listener.and_then(|listener| Ok((listener, sys::fork()?))) {
            Ok((_, Fork::Parent(pid))) => {
                tracing::debug!(pid = pid.as_raw(), "monitor spawned");
                self.table.monitor.add(pid, Instant::now());
                Ok(None)
            }
            Ok((listener, Fork::Child)) => Ok(Some(Life::Monitor(Monitor {
                listener,
                master,
                observer: self.observer.another(),
                blocked,
            }))),
            Err(error) => {
                let wait = self.table.monitor.note_failed_spawn(Instant::now());
                tracing::warn!("cannot fork the monitor: {error}; trying again in {wait:?}");
                Ok(None)
            }
        }
    }

    pub(super) fn bury(&mut self, pid: Pid, status: ExitStatus) {
        let now = Instant::now();
        let death = Death::of(status, self.was_out_of_memory(status));
        if let Some(wait) = self.table.monitor.remove(pid, now) {
            if self.goal.stop == Stop::No {
                let again = respawning(wait);
                tracing::warn!(pid = pid.as_raw(), "the monitor died: {death}{again}; the pool goes on");
            }
            return;
        }
        if let Some((worker, wait)) = self.table.remove(pid, now) {
            self.bury_worker(&worker, death, wait);
        } else {
            tracing::debug!(pid = pid.as_raw(), "reaped a process that is none of ours");
        }
    }

    fn bury_worker(&mut self, worker: &WorkerHandle, death: Death, wait: Duration) {
        let tally = self.scoreboard.take_back(worker.lease);
        let held = tally.accepted - tally.closed;
        let (id, pid) = (worker.id, worker.pid.as_raw().unsigned_abs());
        let lived = worker.spawned.elapsed();
        let was_told = matches!(worker.stage, Stage::Leaving { .. } | Stage::Killed);
        *(if was_told { &mut self.cut } else { &mut self.lost }) += held;
        if matches!(worker.stage, Stage::Leaving { .. }) && death == (Death::Exited { code: 0 }) {
            self.scoreboard.note(Happening::Left { id, pid });
            tracing::info!(worker = id, pid, "worker left after {lived:.1?}");
            return;
        }
        // One that was being replaced is replaced already.
        let is_followed = self.goal.stop == Stop::No && !self.table.is_manned(id);
        let wait = is_followed.then_some(wait);
        if let Some(wait) = wait {
            self.scoreboard.note_respawn(death.cause());
            self.scoreboard.note_throttled(id, wait);
        }
        let lost = match held {
            0 => String::new(),
            held => format!("; {} lost", counted(held, "connection")),
        };
        tracing::warn!(
            worker = id,
            pid,
            generation = self.generation,
            "worker died after {lived:.1?}: {death}{lost}{}",
            wait.map(respawning).unwrap_or_default()
        );
        self.scoreboard.note(Happening::Died { id, pid, death, lost: held, wait });
        self.last_cause = Some(format!("worker {id} (pid {pid}) {death}"));
    }

    /// Whether the kernel killed for want of memory since it was last asked.
    fn was_out_of_memory(&mut self, status: ExitStatus) -> bool {
        use std::os::unix::process::ExitStatusExt;
        if status.signal() != Some(Signal::SIGKILL as i32) {
            return false;
        }
        let before = std::mem::replace(&mut self.out_of_memory_kills, cgroup::out_of_memory_kills());
        before < self.out_of_memory_kills && before.is_some()
    }
}

fn respawning(wait: Duration) -> String {
    if wait.is_zero() { "; respawning".to_owned() } else { format!("; respawning in {wait:?}") }
}
