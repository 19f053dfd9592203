//! The laws of a pool.

use std::time::Duration;

use super::world::World;
use super::{Law, ensure};
use crate::channel::Order;
use crate::process_table::{Action, Aim, Goal, Pulse, Stage};

impl World {
    /// The ids that somebody of this generation or a later one serves; not those whom the master has found stuck.
    pub(super) fn served_ids(&self, generation: u64) -> Vec<usize> {
        let is_alive = |pulse| !matches!(pulse, Pulse::Aborted { .. });
        let workers = self.table.workers.iter().filter(|worker| worker.generation >= generation);
        workers.filter(|it| accepts(it.stage) && is_alive(it.pulse)).map(|it| it.id).collect()
    }

    /// What may be done at all.
    pub(super) fn check_action(&mut self, action: &Action) -> Law {
        match *action {
            Action::Spawn { id, generation } => self.check_spawn(id, generation),
            Action::SpawnMonitor => {
                ensure(self.goal.monitor && self.monitor.is_none(), || "there is a second monitor".to_owned())
            }
            Action::Tell { pid, order: Order::Go } => {
                let stage = self.table.find(pid).map(|worker| worker.stage);
                ensure(stage == Some(Stage::Ready), || format!("GO to {pid}, which is {stage:?}"))
            }
            Action::Recycle { pid, .. } => {
                let current = self.goal.generation;
                let mut others = self.table.workers.iter().filter(|worker| worker.generation == current);
                let is_alone =
                    others.all(|worker| worker.stage != Stage::Outgoing) && self.goal.next.is_none();
                ensure(is_alone, || format!("{pid} is replaced while others are"))
            }
            Action::GiveUp => ensure(!self.table.is_open(), || "an open pool is given up".to_owned()),
            Action::Commit => self.check_commit(),
            _ => Ok(()),
        }
    }

    fn check_spawn(&self, id: usize, generation: u64) -> Law {
        let stays = |stage| matches!(stage, Stage::Starting | Stage::Ready | Stage::Accepting { .. });
        let is_such = |id: usize, generation| {
            let mut workers = self.table.workers.iter();
            workers.any(|it| (it.id, it.generation) == (id, generation) && stays(it.stage))
        };
        ensure(!is_such(id, generation), || format!("{id} of generation {generation} is there twice"))?;
        let is_wanted = if generation == self.goal.generation {
            id < self.goal.workers && matches!(self.goal.aim, Aim::Serve | Aim::Grace { .. } | Aim::Relieve)
        } else {
            let next = self.goal.next.as_ref();
            let is_first = !self.tried.contains(&id);
            is_first && next.is_some_and(|next| next.generation == generation && id < next.workers)
        };
        ensure(is_wanted, || format!("nobody wants {id} of generation {generation}"))?;
        let is_early = generation == self.goal.generation
            && self.goal.aim != Aim::Relieve
            && self.back_off.holds(id, self.now);
        ensure(!is_early, || format!("{id} is respawned too early"))
    }

    /// Whoever is to take the place of others accepts before they leave.
    fn check_commit(&self) -> Law {
        let Some(next) = &self.goal.next else {
            return ensure(false, || "there is nothing to commit".to_owned());
        };
        let accepts = |id| {
            let mut workers = self.table.workers.iter().filter(|it| it.generation == next.generation);
            workers.any(|it| it.id == id && matches!(it.stage, Stage::Accepting { .. }))
        };
        ensure((0..next.workers).all(accepts), || "the next generation does not accept yet".to_owned())
    }

    /// What the master's acting must not have done.
    pub(super) fn check_acted(&mut self, planned: &Goal, plan: &[Action], served: &[usize]) -> Law {
        let is_serving = |aim| matches!(aim, Aim::Serve | Aim::Grace { .. });
        let is_served = |id| self.table.workers.iter().any(|worker| worker.id == id && accepts(worker.stage));
        let size = self.goal.workers.min(planned.workers);
        let lost = served.iter().find(|id| **id < size && !is_served(**id));
        let may_lose = !is_serving(planned.aim);
        ensure(may_lose || lost.is_none(), || {
            format!("nobody serves in the place of {lost:?} after {plan:?}")
        })?;
        let mut old = self.table.workers.iter().filter(|worker| worker.generation < planned.generation);
        ensure(old.all(|worker| !accepts(worker.stage)), || format!("two generations accept after {plan:?}"))
    }

    /// What holds after each turn.
    pub(super) fn check_turn(&self) -> Law {
        let next = self.goal.next.as_ref().map(|next| next.generation);
        for worker in &self.table.workers {
            let is_known = worker.generation <= self.goal.generation
                || Some(worker.generation) == next
                || matches!(worker.stage, Stage::Killed { .. });
            ensure(is_known, || format!("{worker:?} is of no generation"))?;
            if let Stage::Leaving { order, kill_at: None } = worker.stage {
                let may_stay = self.terms.leave.is_none() && order != Order::Stop;
                ensure(may_stay, || format!("{worker:?} may leave when it likes"))?;
            }
        }
        Ok(())
    }

    /// What holds when there is nothing to do.
    pub(super) fn check_settled(&self) -> Law {
        let plan = |after| self.table.plan(&self.goal, self.now + after);
        let due = self.table.next_deadline(&self.goal);
        ensure(due.is_none_or(|due| due > self.now), || {
            "something is due, and nothing is planned".to_owned()
        })?;
        let sleep = due.map_or(Duration::from_secs(1_000_000), |due| due - self.now);
        let moments =
            [1, 10, 100, 1000].map(|part| sleep / part).map(|it| it.saturating_sub(Duration::from_nanos(1)));
        let overslept = moments.into_iter().find(|after| !plan(*after).is_empty());
        ensure(overslept.is_none(), || {
            format!("{:?} is overslept", overslept.map(|after| (after, sleep, plan(after))))
        })?;
        let forgotten = self.processes.iter().find(|process| process.is_forgotten());
        ensure(forgotten.is_none(), || format!("who waits is forgotten by {forgotten:?}"))?;
        self.check_manned()
    }

    /// Each id has a worker, or waits for its time.
    fn check_manned(&self) -> Law {
        if !matches!(self.goal.aim, Aim::Serve | Aim::Grace { .. }) || self.is_over {
            return Ok(());
        }
        let stays = |stage| matches!(stage, Stage::Starting | Stage::Ready | Stage::Accepting { .. });
        let current = || self.table.workers.iter().filter(|it| it.generation == self.goal.generation);
        let is_manned = |id| current().any(|worker| worker.id == id && stays(worker.stage));
        let missing =
            (0..self.goal.workers).find(|id| !is_manned(*id) && !self.back_off.holds(*id, self.now));
        ensure(missing.is_none(), || format!("{missing:?} has no worker"))
    }

    /// What has come of the pool after a long time in which nothing happened.
    pub(super) fn check_rest(&self) -> Law {
        if self.is_over {
            return Ok(());
        }
        let stays_for_ever = |stage| matches!(stage, Stage::Leaving { kill_at: None, .. });
        let rest = || self.table.workers.iter().filter(|worker| !stays_for_ever(worker.stage));
        if self.goal.aim != Aim::Serve {
            ensure(rest().next().is_none(), || {
                format!("{:?} does not end: {:?}", self.goal.aim, self.table)
            })?;
            let waits = self.goal.aim == Aim::Rest || !self.table.workers.is_empty();
            return ensure(waits, || format!("{:?} has no end", self.goal.aim));
        }
        let is_right = rest().all(|worker| {
            let is_current = worker.generation == self.goal.generation && worker.id < self.goal.workers;
            is_current && matches!(worker.stage, Stage::Accepting { .. })
        });
        let is_whole = is_right && rest().count() == self.goal.workers;
        let is_calm = self.change.is_none() && self.goal.next.is_none();
        ensure(is_whole && is_calm, || {
            format!("{:?} does not get to {:?}: {:?}", self.table, self.goal, self.change)
        })
    }
}

fn accepts(stage: Stage) -> bool {
    matches!(stage, Stage::Accepting { .. } | Stage::Outgoing)
}
