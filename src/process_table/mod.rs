//! The master's picture of its workers, and the pure [`ProcessTable::plan`]: what to do next, given goal and time.

mod breaker;
mod goal;
mod monitor_seat;
mod plan;
mod pulse;
mod throttle;
mod worker_handle;

use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use nix::unistd::Pid;

use crate::channel::{Channel, Order};
use crate::logging;
use crate::scoreboard::{Effort, Standing};
use crate::sizer::Resize;
pub(crate) use breaker::{Breaker, Tolerance, Turn};
pub(crate) use goal::{Aim, Goal, Next};
use monitor_seat::MonitorSeat;
pub(crate) use plan::Action;
pub(crate) use pulse::Pulse;
use throttle::Throttle;
use worker_handle::KILL_AFTER;
pub(crate) use worker_handle::{Birth, Patience, Stage, WorkerHandle};

/// All workers, living and leaving.
#[derive(Debug)]
pub(crate) struct ProcessTable<C = Channel> {
    pub(crate) workers: Vec<WorkerHandle<C>>,
    pub(crate) monitor: MonitorSeat,
    throttles: Vec<Throttle>,
    /// Whether the first generation has been let in, and since when the table exists.
    opened: bool,
    began: Instant,
    /// The size that the last look at the pool found right.
    pub(crate) resize: Option<Resize>,
    /// How often a worker stopped accepting, perhaps with a wake-up in hand that nobody else gets.
    departures: u64,
}

impl<C> ProcessTable<C> {
    /// A table without workers.
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            workers: Vec::new(),
            monitor: MonitorSeat::default(),
            throttles: Vec::new(),
            opened: false,
            began: now,
            resize: None,
            departures: 0,
        }
    }

    /// Notes that the first workers have been let in.
    pub(crate) fn note_open(&mut self) {
        self.opened = true;
    }

    /// Adds a worker that was just forked.
    pub(crate) fn add(&mut self, pid: Pid, birth: Birth, channel: C, now: Instant) {
        let Birth { id, generation, patience, lease } = birth;
        let worker = WorkerHandle {
            pid,
            id,
            generation,
            patience,
            spawned: now,
            stage: Stage::Starting,
            channel: Some(channel),
            lease,
            unsent: None,
            log_unsent: None,
            told_full: false,
            retired: false,
            asked: None,
            effort: Effort::default(),
            worn: None,
            pulse: Pulse::Calm,
            stopped: false,
            poked: self.departures,
        };
        self.workers.push(worker);
    }

    /// Finds a worker by its pid.
    pub(crate) fn find(&mut self, pid: Pid) -> Option<&mut WorkerHandle<C>> {
        self.workers.iter_mut().find(|worker| worker.pid == pid)
    }

    /// Takes a dead worker out, with the wait before its id is spawned again; `None` for a stranger.
    pub(crate) fn remove(&mut self, pid: Pid, now: Instant) -> Option<(WorkerHandle<C>, Duration)> {
        let index = self.workers.iter().position(|worker| worker.pid == pid)?;
        let worker = self.workers.remove(index);
        let wait = match worker.stage {
            Stage::Leaving { .. } | Stage::Outgoing => Duration::ZERO,
            Stage::Accepting { since } => self.note_death(worker.id, now - since, now),
            Stage::Starting | Stage::Ready | Stage::Killed => self.note_death(worker.id, Duration::ZERO, now),
        };
        if !matches!(worker.stage, Stage::Starting | Stage::Ready) {
            self.departures += 1;
        }
        Some((worker, wait))
    }

    /// Notes that a worker closed its listeners.
    pub(crate) fn note_closed(&mut self, pid: Pid) {
        self.note_unable(pid);
        if let Some(worker) = self.find(pid) {
            // There is no queue at which it could look again.
            (worker.poked, worker.retired) = (u64::MAX, true);
        }
    }

    /// Notes that a worker no longer accepts where others do.
    pub(crate) fn note_retired(&mut self, pid: Pid) {
        self.note_unable(pid);
        if let Some(worker) = self.find(pid) {
            worker.retired = true;
        }
    }

    /// Notes that a worker, which may have been woken for somebody, does not accept at the moment.
    pub(crate) fn note_unable(&mut self, pid: Pid) {
        self.departures += 1;
        let departures = self.departures;
        if let Some(worker) = self.find(pid) {
            worker.poked = worker.poked.max(departures);
        }
    }

    /// Notes that a worker could not even be forked, and returns the wait before the next try.
    pub(crate) fn note_failed_spawn(&mut self, id: usize, now: Instant) -> Duration {
        self.throttle(id).note_failed_spawn(now)
    }

    fn note_death(&mut self, id: usize, accepted_for: Duration, now: Instant) -> Duration {
        self.throttle(id).note_death(accepted_for, now)
    }

    fn throttle(&mut self, id: usize) -> &mut Throttle {
        if self.throttles.len() <= id {
            self.throttles.resize(id + 1, Throttle::default());
        }
        &mut self.throttles[id]
    }

    /// Notes that a worker was told something.
    pub(crate) fn note_told(&mut self, pid: Pid, order: Order, now: Instant) {
        let departures = self.departures;
        let Some(worker) = self.find(pid) else { return };
        let kill_at = |wait: Option<Duration>| wait.map(|wait| now + wait + KILL_AFTER);
        match order {
            Order::Go => (worker.stage, worker.poked) = (Stage::Accepting { since: now }, departures),
            Order::Poke => worker.poked = departures,
            Order::Arm => worker.told_full = false,
            // The next look finds what has come of it.
            Order::MakeRoom { .. } => (),
            Order::Ask => worker.pulse.note_asked(now),
            Order::Retire | Order::Drain => {
                worker.stage = Stage::Leaving { order, kill_at: kill_at(worker.patience.leave) };
            }
            Order::Stop => worker.stage = Stage::Leaving { order, kill_at: kill_at(Some(Duration::ZERO)) },
        }
    }

    /// Whether every worker that accepts has said that it has no idle slot, or is stopped.
    pub(crate) fn is_full(&self) -> bool {
        let mut accepting =
            self.workers.iter().filter(|worker| worker.standing() == Standing::Ready).peekable();
        accepting.peek().is_some() && accepting.all(|worker| worker.told_full || worker.stopped)
    }

    /// Whether a worker that has to retire accepts still, unless a signal has stopped it.
    pub(crate) fn is_letting_go(&self, goal: &Goal) -> bool {
        let is_surplus = |worker: &WorkerHandle<C>| {
            let is_old = worker.generation < goal.generation || worker.id >= goal.workers;
            is_old || matches!(goal.aim, Aim::Rest | Aim::Yield)
        };
        self.workers.iter().filter(|worker| !worker.stopped).any(|worker| match worker.stage {
            Stage::Accepting { .. } | Stage::Outgoing => is_surplus(worker),
            Stage::Leaving { order: Order::Retire, .. } => !worker.retired,
            _ => false,
        })
    }

    /// What died of an id that is no more says nothing of the next one.
    pub(crate) fn forget_beyond(&mut self, workers: usize) {
        self.throttles.truncate(workers);
    }

    /// The workers of a generation.
    fn of(&self, generation: u64) -> impl Iterator<Item = &WorkerHandle<C>> {
        self.workers.iter().filter(move |worker| worker.generation == generation)
    }

    /// How many workers of the pool get ready.
    pub(crate) fn starting(&self, goal: &Goal) -> usize {
        let is_starting = |stage| matches!(stage, Stage::Starting | Stage::Ready);
        self.of(goal.generation).filter(|worker| is_starting(worker.stage)).count()
    }

    /// How many workers accept.
    pub(crate) fn accepting(&self) -> usize {
        self.workers.iter().filter(|worker| worker.standing() == Standing::Ready).count()
    }

    /// The lines to the workers.
    pub(crate) fn channels(&self) -> impl Iterator<Item = &C> {
        self.workers.iter().filter_map(|worker| worker.channel.as_ref())
    }

    /// Whether the first workers have been let in.
    pub(crate) fn is_open(&self) -> bool {
        self.opened
    }

    /// Counts the silence of those who were asked for a sign of life.
    pub(crate) fn listen(&mut self, goal: &Goal, now: Instant) {
        for worker in &mut self.workers {
            worker.pulse.listen(worker.stopped, goal.stuck_after, now);
        }
    }

    /// Somebody has no idle slot: those who have are to show that they live.
    pub(crate) fn wake_all(&mut self, goal: &Goal, now: Instant) {
        for worker in &mut self.workers {
            worker.pulse.wake(goal.stuck_after, now);
        }
    }

    /// How many generations still finish their connections.
    pub(crate) fn draining_generations(&self, goal: &Goal) -> Vec<u64> {
        let mut numbers: Vec<u64> = self.workers.iter().map(|worker| worker.generation).collect();
        numbers.retain(|number| *number != goal.generation);
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }

    /// Notes that another generation serves: what the one before died of says nothing of it.
    pub(crate) fn note_commit(&mut self) {
        self.throttles.clear();
        self.opened = true;
    }
}

impl ProcessTable {
    /// Sends what could not be sent before, where it is time.
    pub(crate) fn send_again(&mut self, now: Instant) {
        for worker in &mut self.workers {
            if let Some((order, _)) = worker.unsent.filter(|(_, at)| *at <= now) {
                worker.send(order, now);
            }
            if worker.log_unsent.is_some_and(|at| at <= now) {
                match logging::share() {
                    Ok(file) => drop(worker.send_log(file.as_fd(), now)),
                    Err(error) => tracing::debug!("cannot share the log's file: {error}"),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
