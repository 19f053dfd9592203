//! The master's children: how they are forked, and what is done when one dies.

use std::process::ExitStatus;
use std::sync::Arc;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use nix::unistd::Pid;

use super::{Life, Master};
use crate::cgroup;
use crate::channel::Channel;
use crate::death::Death;
use crate::handler::Handler;
use crate::logging::counted;
use crate::monitor::Monitor;
use crate::process_table::{Birth, Pulse, Stage, WorkerHandle};
use crate::scoreboard::{Happening, Standing};
use crate::signals::Blocked;
use crate::sys::{self, Fork};
use crate::worker::Worker;

impl<H: Handler> Master<H> {
    pub(super) fn spawn(&mut self, id: usize, generation: u64) -> Option<Life<H>> {
        let of = self.next.as_ref().filter(|next| next.number == generation).unwrap_or(&self.serving);
        let (threads, patience) = (of.config.threads.get(), of.patience());
        let Some(lease) = self.scoreboard.lend(id, generation, threads) else {
            let cause = "the scoreboard has no room until workers that leave have left";
            self.note_failed_spawn(id, generation, cause);
            return None;
        };
        let birth = Birth { id, generation, patience, lease };
        match Channel::pair().and_then(|pair| Ok((pair, Blocked::all()?))) {
            Ok(((ours, theirs), blocked)) => match sys::fork() {
                Ok(Fork::Child) => Some(self.live_as_worker(birth, theirs, blocked)),
                Ok(Fork::Parent(pid)) => {
                    self.note_birth(pid, birth, ours);
                    None
                }
                Err(error) => self.note_no_birth(birth, &format!("cannot fork: {error}")),
            },
            Err(error) => self.note_no_birth(birth, &format!("cannot prepare a fork: {error}")),
        }
    }

    /// What the child takes with it; the rest goes with the master that it was.
    fn live_as_worker(&mut self, birth: Birth, channel: Channel, blocked: Blocked) -> Life<H> {
        let Birth { id, generation, lease, .. } = birth;
        let of = self.next.as_mut().filter(|next| next.number == generation).unwrap_or(&mut self.serving);
        Life::Worker(Worker {
            id,
            generation,
            master: self.pid,
            config: Arc::clone(&of.config),
            confinement: of.confinement.clone(),
            handler: Arc::clone(&of.handler),
            listeners: std::mem::take(&mut of.listeners),
            channel,
            rows: self.scoreboard.board().rows(lease),
            blocked,
        })
    }

    fn note_birth(&mut self, pid: Pid, birth: Birth, channel: Channel) {
        let Birth { id, generation, lease, .. } = birth;
        let number = pid.as_raw().unsigned_abs();
        tracing::debug!(worker = id, pid = number, generation, "worker spawned");
        self.table.add(pid, birth, channel, Instant::now());
        self.scoreboard.note_pid(lease, number);
        self.scoreboard.note(Happening::Spawned { id, pid: number });
    }

    fn note_no_birth(&mut self, birth: Birth, cause: &str) -> Option<Life<H>> {
        self.scoreboard.take_back(birth.lease);
        self.note_failed_spawn(birth.id, birth.generation, cause);
        None
    }

    fn note_failed_spawn(&mut self, id: usize, generation: u64, cause: &str) {
        let cause = format!("worker {id}: {cause}");
        self.note_failed_birth(id, generation, &cause);
        if let Some(wait) = self.table.note_failed_spawn(id, generation, &self.goal, Instant::now()) {
            self.scoreboard.note_throttled(id, wait);
            tracing::warn!(worker = id, "{cause}; trying again in {wait:?}");
        }
        self.last_cause = Some(cause);
    }

    pub(super) fn spawn_monitor(&mut self) -> Option<Life<H>> {
        let listener = self.serving.monitor.as_ref()?;
        // Before the fork, so that a failure is one of the master's.
        let prepared = listener.share().and_then(|listener| Ok((listener, Blocked::all()?)));
        match prepared.and_then(|prepared| Ok((prepared, sys::fork()?))) {
            Ok((_, Fork::Parent(pid))) => {
                tracing::debug!(pid = pid.as_raw(), "monitor spawned");
                self.table.monitor.add(pid, Instant::now());
                None
            }
            Ok(((listener, blocked), Fork::Child)) => Some(Life::Monitor(Monitor {
                listener,
                master: self.pid,
                observer: self.observer.another(),
                confinement: self.serving.confinement.clone(),
                forbidden: self.scoreboard.board().monitor_forbidden(),
                blocked,
            })),
            Err(error) => {
                let wait = self.table.monitor.note_failed_spawn(Instant::now());
                tracing::warn!("cannot fork the monitor: {error}; trying again in {wait:?}");
                None
            }
        }
    }

    pub(super) fn bury(&mut self, pid: Pid, status: ExitStatus) {
        let now = Instant::now();
        let out_of_memory = self.was_out_of_memory(status);
        if let Some(wait) = self.table.monitor.remove(pid, now) {
            let death = Death::of(status, out_of_memory, self.scoreboard.take_forbidden_to_monitor());
            if !self.goal.aim.is_end() {
                let again = respawning(wait);
                tracing::warn!(pid = pid.as_raw(), "the monitor died: {death}{again}; the pool goes on");
            }
            return;
        }
        if let Some((worker, wait)) = self.table.remove(pid, &self.goal, now) {
            let death = Death::of(status, out_of_memory, self.scoreboard.forbidden_to(worker.lease));
            self.bury_worker(&worker, death, wait);
        } else {
            self.changes.note_death(pid);
            tracing::debug!(pid = pid.as_raw(), "reaped a process that is no worker");
        }
    }

    fn bury_worker(&mut self, worker: &WorkerHandle, death: Death, wait: Duration) {
        let tally = self.scoreboard.take_back(worker.lease);
        // Nobody who has read of it in the log is to be shown it alive.
        self.answers.clear();
        let held = tally.accepted - tally.closed;
        let (id, pid) = (worker.id, worker.pid.as_raw().unsigned_abs());
        let lived = worker.spawned.elapsed();
        let was_stuck = matches!(worker.pulse, Pulse::Aborted { .. });
        let was_told = matches!(worker.stage, Stage::Leaving { .. } | Stage::Killed { .. }) && !was_stuck;
        *(if was_told { &mut self.ending.cut } else { &mut self.ending.lost }) += held;
        if matches!(worker.stage, Stage::Leaving { .. }) && death == (Death::Exited { code: 0 }) {
            self.scoreboard.note(Happening::Left { id, pid });
            tracing::info!(worker = id, pid, generation = worker.generation, "worker left after {lived:.1?}");
            return;
        }
        if worker.is_given_up(&self.goal) {
            // What it was for is told when it has failed.
            return tracing::debug!(worker = id, pid, "worker of a generation that was given up is gone");
        }
        let cause = format!("worker {id} (pid {pid}) {death}");
        if worker.is_stillborn() {
            self.note_failed_birth(id, worker.generation, &cause);
        }
        let is_followed = self.table.is_followed(worker, &self.goal);
        let wait = is_followed.then_some(wait);
        if let Some(wait) = wait {
            self.scoreboard.note_throttled(id, wait);
        }
        let lost = match held {
            0 => String::new(),
            held => format!("; {} lost", counted(held, "connection")),
        };
        tracing::warn!(
            worker = id,
            pid,
            generation = worker.generation,
            "worker died after {lived:.1?}: {death}{lost}{}",
            wait.map(respawning).unwrap_or_default()
        );
        self.scoreboard.note(Happening::Died { id, pid, death, lost: held, wait });
        self.last_cause = Some(cause);
        if wait.is_some() {
            self.note_respawn(death);
        }
    }

    /// Puts on the scoreboard whether a signal has stopped a worker.
    pub(super) fn show_stopped(&mut self, pid: Pid) {
        if let Some(worker) = self.table.find(pid) {
            self.scoreboard.note_stopped(worker.lease, worker.stopped);
        }
    }

    /// Puts on the scoreboard where a worker stands, and that it happened.
    pub(super) fn note_standing(&mut self, pid: Pid) {
        let Some(worker) = self.table.find(pid) else { return };
        let (lease, standing, id) = (worker.lease, worker.standing(), worker.id);
        if !self.scoreboard.note_standing(lease, standing) {
            return;
        }
        let pid = pid.as_raw().unsigned_abs();
        match standing {
            Standing::Starting => (),
            Standing::Ready => self.scoreboard.note(Happening::Ready { id, pid }),
            Standing::Draining => self.scoreboard.note(Happening::Draining { id, pid }),
        }
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
