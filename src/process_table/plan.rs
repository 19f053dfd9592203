//! The plan: what to do next, given goal and time. A policy is one rule here.

use std::time::Instant;

use nix::unistd::Pid;

use super::pulse::Due;
use super::{Aim, Goal, ProcessTable, Stage, WorkerHandle};
use crate::channel::Order;
use crate::sizer::Resize;
use crate::wear::Wear;

/// One step towards the goal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Action {
    /// Fork a worker with this id.
    Spawn { id: usize, generation: u64 },
    /// Fork the monitor.
    SpawnMonitor,
    /// Ask a worker for a sign of life, if it is busy.
    LookAfter { pid: Pid },
    /// End a worker that gives none.
    Abort { pid: Pid },
    /// Replace a worker that has served long enough.
    Recycle { pid: Pid, why: Wear },
    /// Have another number of workers.
    Resize(Resize),
    /// Tell a worker something.
    Tell { pid: Pid, order: Order },
    /// Every worker of the first generation is able to accept: let clients in.
    Open,
    /// A worker is beyond its deadline.
    Kill { pid: Pid, why: &'static str },
    /// The first workers did not get ready in time.
    GiveUp,
    /// The next generation serves from now on.
    Commit,
    /// The next generation failed, or is too late.
    Abandon,
    /// There are workers again for the drain.
    Relieved,
    /// The time of grace is over.
    CloseGates,
}

impl<C> ProcessTable<C> {
    /// What to do now. Pure: the same table, goal and time give the same plan.
    pub(crate) fn plan(&self, goal: &Goal, now: Instant) -> Vec<Action> {
        let mut plan = match goal.aim {
            Aim::Serve | Aim::Grace { .. } => [
                self.give_up(goal, now),
                self.spawn(goal, now),
                self.let_in(goal),
                self.shrink(goal),
                self.succeed(goal),
                self.prepare(goal, now),
                self.look_after(goal, now),
                self.recycle(goal),
                self.resize(goal),
                self.poke(),
            ]
            .concat(),
            Aim::Rest => [self.rest(goal), self.prepare(goal, now), self.look_after(goal, now)].concat(),
            Aim::Yield => [self.rest(goal), self.look_after(goal, now)].concat(),
            Aim::Relieve => {
                let spawn = |id| Action::Spawn { id, generation: goal.generation };
                (0..goal.workers).map(spawn).chain([Action::Relieved]).collect()
            }
            Aim::Drain if goal.leaves_queue => [self.rest(goal), self.look_after(goal, now)].concat(),
            Aim::Drain => [self.drain(goal), self.look_after(goal, now), self.poke()].concat(),
            Aim::Stop => self.stop(goal),
        };
        plan.extend(self.kill(goal, now));
        if matches!(goal.aim, Aim::Grace { until } if until <= now) {
            plan.push(Action::CloseGates);
        }
        // It shows a drain too.
        if goal.monitor && self.monitor.is_due(now) {
            plan.push(Action::SpawnMonitor);
        }
        plan
    }

    /// When `plan` may have something new to do although nothing happened.
    pub(crate) fn next_deadline(&self, goal: &Goal) -> Option<Instant> {
        let is_serving = matches!(goal.aim, Aim::Serve | Aim::Grace { .. });
        let of_workers = self.workers.iter().filter_map(|worker| worker.deadline(goal));
        let of_spawns = (0..goal.workers).filter(|id| is_serving && !self.is_manned(goal, *id));
        let of_spawns = of_spawns.filter_map(|id| self.throttles.get(id)?.not_before);
        let of_start = self.start_deadline(goal).filter(|_| is_serving && !self.all_ready(goal));
        let of_monitor = self.monitor.due_at().filter(|_| goal.monitor);
        let of_next = goal.next.as_ref().and_then(|next| next.deadline);
        let of_grace = match goal.aim {
            Aim::Grace { until } => Some(until),
            _ => None,
        };
        let others = [of_start, of_monitor, of_next, of_grace];
        let watched = self.workers.iter().filter(|worker| worker.is_watched());
        let of_pulses = watched.filter_map(|worker| worker.pulse.next(goal.stuck_after));
        let of_orders = self.workers.iter().filter_map(|worker| worker.unsent.map(|(_, at)| at));
        let of_logs = self.workers.iter().filter_map(|worker| worker.log_unsent);
        of_workers
            .chain(of_spawns)
            .chain(of_pulses)
            .chain(of_orders)
            .chain(of_logs)
            .chain(others.into_iter().flatten())
            .min()
    }

    fn start_deadline(&self, goal: &Goal) -> Option<Instant> {
        if self.opened { None } else { Some(self.began + goal.start_timeout?) }
    }

    /// The pool never opened, and the time for it is over.
    fn give_up(&self, goal: &Goal, now: Instant) -> Vec<Action> {
        let over = self.start_deadline(goal).is_some_and(|deadline| deadline <= now);
        if over && !self.all_ready(goal) { vec![Action::GiveUp] } else { Vec::new() }
    }

    /// Ids without a worker get one, unless they are throttled.
    fn spawn(&self, goal: &Goal, now: Instant) -> Vec<Action> {
        let throttled =
            |id: usize| self.throttles.get(id).and_then(|it| it.not_before).is_some_and(|at| at > now);
        let vacant = (0..goal.workers).filter(|id| !self.is_manned(goal, *id) && !throttled(*id));
        vacant.map(|id| Action::Spawn { id, generation: goal.generation }).collect()
    }

    /// Brings the next generation to where it can take the place of the one that serves, and then lets it.
    fn prepare(&self, goal: &Goal, now: Instant) -> Vec<Action> {
        // A pool that is told to stop changes no more: what comes would serve, and the stop were forgotten.
        let Some(next) = goal.next.as_ref().filter(|_| !goal.aim.is_end()) else { return Vec::new() };
        if next.failed.is_some() || next.deadline.is_some_and(|deadline| deadline <= now) {
            return vec![Action::Abandon];
        }
        let has = |id, is: fn(Stage) -> bool| {
            self.of(next.generation).any(|worker| worker.id == id && is(worker.stage))
        };
        let is_coming = |stage| matches!(stage, Stage::Starting | Stage::Ready);
        let vacant = (0..next.workers).filter(|id| !has(*id, is_coming));
        let mut plan: Vec<Action> =
            vacant.map(|id| Action::Spawn { id, generation: next.generation }).collect();
        if plan.is_empty() && (0..next.workers).all(|id| has(id, |stage| stage == Stage::Ready)) {
            plan.extend(self.of(next.generation).map(|worker| worker.told(Order::Go)));
            plan.push(Action::Commit);
        }
        plan
    }

    /// Workers that give no sign of life are ended.
    fn look_after(&self, goal: &Goal, now: Instant) -> Vec<Action> {
        let due = |worker: &WorkerHandle<C>| {
            let pid = worker.pid;
            Some(match worker.pulse.due(goal.stuck_after, now).filter(|_| worker.is_watched())? {
                Due::Ask => Action::LookAfter { pid },
                Due::Abort => Action::Abort { pid },
                Due::Kill => Action::Kill { pid, why: "it did not even abort" },
            })
        };
        self.workers.iter().filter_map(due).collect()
    }

    /// One worker that has served long enough is replaced at a time, and none while all of them are.
    fn recycle(&self, goal: &Goal) -> Vec<Action> {
        let is_changing = |worker: &WorkerHandle<C>| {
            matches!(worker.stage, Stage::Outgoing | Stage::Starting | Stage::Ready)
        };
        if goal.next.is_some() || self.of(goal.generation).any(is_changing) {
            return Vec::new();
        }
        let stays = |worker: &&WorkerHandle<C>| {
            matches!(worker.stage, Stage::Accepting { .. }) && worker.id < goal.workers
        };
        let mut worn = self.of(goal.generation).filter(stays);
        let first = worn.find_map(|worker| Some(Action::Recycle { pid: worker.pid, why: worker.worn? }));
        first.into_iter().collect()
    }

    /// A pool that sizes itself has the size that was found right.
    fn resize(&self, goal: &Goal) -> Vec<Action> {
        let resize = self.resize.filter(|resize| goal.aim == Aim::Serve && resize.to != goal.workers);
        resize.map(Action::Resize).into_iter().collect()
    }

    /// Workers of a generation that another one has succeeded leave.
    fn succeed(&self, goal: &Goal) -> Vec<Action> {
        let old = self.workers.iter().filter(|worker| worker.generation < goal.generation);
        old.filter_map(WorkerHandle::sent_away).collect()
    }

    /// Workers beyond the size of the pool leave.
    fn shrink(&self, goal: &Goal) -> Vec<Action> {
        let beyond = self.of(goal.generation).filter(|worker| worker.id >= goal.workers);
        beyond.filter_map(WorkerHandle::sent_away).collect()
    }

    /// All leave who serve, and nobody takes their place.
    fn rest(&self, goal: &Goal) -> Vec<Action> {
        self.present(goal).filter_map(WorkerHandle::sent_away).collect()
    }

    /// Workers that are able to accept may: at first all together, later each at once, in place of its predecessor.
    fn let_in(&self, goal: &Goal) -> Vec<Action> {
        if !(self.opened || goal.may_open && self.all_ready(goal)) {
            return Vec::new();
        }
        let mut plan = Vec::new();
        let is_wanted = |worker: &&WorkerHandle<C>| worker.stage == Stage::Ready && worker.id < goal.workers;
        for new in self.of(goal.generation).filter(is_wanted) {
            plan.push(new.told(Order::Go));
            let old = self.of(goal.generation).filter(|old| old.id == new.id && old.stage == Stage::Outgoing);
            plan.extend(old.map(|old| old.told(Order::Retire)));
        }
        if !self.opened {
            plan.push(Action::Open);
        }
        plan
    }

    /// After a departure, whoever accepts looks at the queue again: who left may have been woken for somebody there.
    fn poke(&self) -> Vec<Action> {
        // One that a signal has stopped looks when it goes on. Until then its line must not fill with pokes.
        let stale = self
            .workers
            .iter()
            .filter(|worker| worker.serves_queue() && !worker.stopped && worker.poked < self.departures);
        stale.map(|worker| worker.told(Order::Poke)).collect()
    }

    /// The final stop: whoever accepts serves the queue, whoever holds nothing leaves, unless nobody else serves the queue.
    fn drain(&self, goal: &Goal) -> Vec<Action> {
        let is_served = self.present(goal).any(WorkerHandle::serves_queue);
        let order = |worker: &WorkerHandle<C>| match worker.stage {
            Stage::Accepting { .. } | Stage::Outgoing => Some(Order::Drain),
            Stage::Ready if !is_served => Some(Order::Go),
            Stage::Starting if !is_served => None,
            Stage::Starting | Stage::Ready => Some(Order::Stop),
            Stage::Leaving { .. } | Stage::Killed { .. } => None,
        };
        self.tell_each(goal, order)
    }

    /// A stop without mercy.
    fn stop(&self, goal: &Goal) -> Vec<Action> {
        let order = |worker: &WorkerHandle<C>| match worker.stage {
            Stage::Leaving { order: Order::Stop, .. } | Stage::Killed { .. } => None,
            _ => Some(Order::Stop),
        };
        self.tell_each(goal, order)
    }

    /// All but those of a generation that gets ready: whoever gives it up ends them, and until then they hold nobody.
    fn present(&self, goal: &Goal) -> impl Iterator<Item = &WorkerHandle<C>> {
        self.workers.iter().filter(|worker| worker.generation <= goal.generation)
    }

    fn tell_each(&self, goal: &Goal, order: impl Fn(&WorkerHandle<C>) -> Option<Order>) -> Vec<Action> {
        self.present(goal).filter_map(|worker| Some(worker.told(order(worker)?))).collect()
    }

    /// Nobody outlives a deadline.
    fn kill(&self, goal: &Goal, now: Instant) -> Vec<Action> {
        let late = self
            .workers
            .iter()
            .filter(|worker| worker.deadline(goal).is_some_and(|deadline| deadline <= now));
        late.map(|worker| Action::Kill {
            pid: worker.pid,
            why: if worker.stage == Stage::Starting {
                "it did not get ready in time"
            } else {
                "it did not leave in time"
            },
        })
        .collect()
    }

    /// Whether an id of the pool has a worker that accepts, or will, and is not about to leave.
    pub(super) fn is_manned(&self, goal: &Goal, id: usize) -> bool {
        let stays = |stage| matches!(stage, Stage::Starting | Stage::Ready | Stage::Accepting { .. });
        self.of(goal.generation).any(|worker| worker.id == id && stays(worker.stage))
    }

    /// Whether one who died gets a successor under its id. One that was being replaced has one already.
    pub(crate) fn is_followed(&self, dead: &WorkerHandle<C>, goal: &Goal) -> bool {
        matches!(goal.aim, Aim::Serve | Aim::Grace { .. })
            && dead.generation == goal.generation
            && dead.id < goal.workers
            && !self.is_manned(goal, dead.id)
    }

    /// Whether an id of the pool has a worker that accepts and stays.
    pub(super) fn is_serving(&self, goal: &Goal, id: usize) -> bool {
        let accepts = |stage| matches!(stage, Stage::Accepting { .. });
        self.of(goal.generation).any(|worker| worker.id == id && accepts(worker.stage))
    }

    /// Whether all workers of the pool wait for their order to accept.
    pub(crate) fn all_ready(&self, goal: &Goal) -> bool {
        let ready = |id| self.of(goal.generation).any(|it| it.id == id && it.stage == Stage::Ready);
        (0..goal.workers).all(ready)
    }
}
