//! The master's picture of its workers, and the pure [`ProcessTable::plan`]: what to do next, given goal and time.

mod breaker;
mod goal;
mod monitor_seat;
mod plan;
mod pulse;
mod scaling;
mod throttle;
mod transitions;
mod worker_handle;

use std::time::Instant;

use nix::unistd::Pid;

use crate::channel::{Channel, Order};
use crate::scoreboard::Standing;
use crate::sizer::Resize;
pub(crate) use breaker::{Breaker, Tolerance, Turn};
pub(crate) use goal::{Aim, Goal, Next};
use monitor_seat::MonitorSeat;
pub(crate) use plan::Action;
pub(crate) use pulse::Pulse;
pub(crate) use scaling::Scaling;
use throttle::Throttle;
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

    /// Finds a worker by its pid.
    pub(crate) fn find(&mut self, pid: Pid) -> Option<&mut WorkerHandle<C>> {
        self.workers.iter_mut().find(|worker| worker.pid == pid)
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

    /// Whether there are workers still of a generation that does not serve yet.
    pub(crate) fn has_next(&self, goal: &Goal) -> bool {
        self.workers.iter().any(|worker| worker.generation > goal.generation)
    }

    /// How many generations still finish their connections.
    pub(crate) fn draining_generations(&self, goal: &Goal) -> Vec<u64> {
        let mut numbers: Vec<u64> = self.workers.iter().map(|worker| worker.generation).collect();
        numbers.retain(|number| *number != goal.generation);
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }
}

#[cfg(test)]
mod tests;
