//! The laws of a pool. They go by what the processes are, not by what the table under test takes them for.

use std::time::Duration;

use nix::unistd::Pid;

use super::process::{Life, Process};
use super::world::{START, World};
use super::{Law, ensure};
use crate::channel::Order;
use crate::process_table::{Action, Aim, Goal, Stage};

/// How long one who was told to abort may take.
const ABORT_TIME: Duration = Duration::from_secs(2);
/// So much of the time before the master hears that somebody is stopped may count as silence.
const STEP: Duration = Duration::from_secs(1);

impl World {
    /// The ids that somebody of this generation or a later one serves; not those whom the master has found stuck.
    pub(super) fn served_ids(&self, generation: u64) -> Vec<usize> {
        let processes =
            self.processes.iter().filter(|it| it.generation >= generation && it.aborted.is_none());
        processes.filter(|it| self.accepts(it)).map(|it| it.id).collect()
    }

    /// Whether one accepts, or will as soon as it hears that it may. The master has not reaped yet whom it has aborted.
    fn accepts(&self, process: &Process) -> bool {
        let is_in = match process.life {
            Life::Accepting => true,
            Life::Ready => process.line.carries(Order::Go) || self.is_due(process.pid, Order::Go),
            Life::Dead => process.let_in.is_some() && process.aborted.is_some(),
            Life::Starting | Life::Leaving { .. } => false,
        };
        is_in && process.is_kept()
    }

    /// Whether an order that found no room is sent again.
    fn is_due(&self, pid: Pid, order: Order) -> bool {
        let mut workers = self.table.workers.iter();
        workers.any(|it| it.pid == pid && it.unsent.is_some_and(|(unsent, _)| unsent == order))
    }

    fn process(&self, pid: Pid) -> Option<&Process> {
        self.processes.iter().find(|process| process.pid == pid)
    }

    fn of(&self, generation: u64) -> impl Iterator<Item = &Process> {
        self.processes.iter().filter(move |process| process.generation == generation)
    }

    /// Whether each of so many ids has a worker of this generation that is such.
    fn all(&self, generation: u64, workers: usize, is: impl Fn(&Process) -> bool) -> bool {
        (0..workers).all(|id| self.of(generation).any(|process| process.id == id && is(process)))
    }

    /// What may be done at all.
    pub(super) fn check_action(&self, action: &Action) -> Law {
        match *action {
            Action::Spawn { id, generation } => self.check_spawn(id, generation),
            Action::SpawnMonitor => {
                ensure(self.goal.monitor && self.monitor.is_none(), || "there is a second monitor".to_owned())
            }
            Action::Tell { pid, order: Order::Go } => self.check_let_in(pid),
            Action::Recycle { pid, .. } => self.check_recycle(pid),
            Action::Abort { pid } => self.check_abort(pid),
            Action::Kill { pid, .. } => self.check_kill(pid),
            Action::GiveUp => ensure(self.is_hopeless(), || "a pool is given up that may open".to_owned()),
            Action::Open => {
                let is_let_in = self.all(self.goal.generation, self.goal.workers, |it| it.let_in.is_some());
                ensure(is_let_in && !self.is_open, || "it says that it is open, and is not".to_owned())
            }
            Action::Commit => self.check_commit(),
            _ => Ok(()),
        }
    }

    fn check_spawn(&self, id: usize, generation: u64) -> Law {
        let is_there = self.of(generation).any(|it| it.id == id && it.stays());
        ensure(!is_there, || format!("{id} of generation {generation} is there twice"))?;
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

    /// Whoever is let in has said that it is able to accept, and the first ones are let in together, as those of a
    /// generation are that takes another one's place.
    fn check_let_in(&self, pid: Pid) -> Law {
        let Some(process) = self.process(pid) else {
            return ensure(false, || format!("GO to {pid}, a stranger"));
        };
        ensure(process.is_ready(), || format!("GO to {process:?}"))?;
        let together = match &self.goal.next {
            Some(next) if next.generation == process.generation => Some(next.workers),
            _ if self.is_open || self.goal.aim == Aim::Drain => None,
            _ => Some(self.goal.workers).filter(|_| self.goal.may_open),
        };
        let may =
            together.is_none_or(|workers| self.all(process.generation, workers, |it| it.life == Life::Ready));
        ensure(may, || format!("{pid} is let in before the others are ready"))
    }

    fn check_recycle(&self, pid: Pid) -> Law {
        let is_worn = self.process(pid).is_some_and(|it| it.is_worn && self.accepts(it));
        ensure(is_worn, || format!("{pid} is replaced, and nothing is wrong with it"))?;
        let mut others = self.of(self.goal.generation).filter(|it| it.is_kept());
        let is_alone = others.all(|it| !it.is_outgoing) && self.goal.next.is_none();
        ensure(is_alone, || format!("{pid} is replaced while others are"))
    }

    /// Only who was silent for too long while it could have spoken is taken for stuck.
    fn check_abort(&self, pid: Pid) -> Law {
        let silent = self.process(pid).map(|process| process.silent + STEP);
        ensure(silent >= self.terms.stuck_after && silent.is_some(), || {
            format!("{pid} is aborted after a silence of {silent:?}")
        })
    }

    /// Only who is beyond its time is killed.
    fn check_kill(&self, pid: Pid) -> Law {
        let is_over = |began, time| began + time <= self.now;
        let may = self.process(pid).is_some_and(|it| {
            it.gone_by.is_some_and(|at| at <= self.now)
                || it.aborted.is_some_and(|at| is_over(at, ABORT_TIME))
                || it.life == Life::Starting && is_over(it.forked, START)
        });
        ensure(may, || format!("{:?} is killed too early", self.process(pid)))
    }

    /// Whether the time for the start is over, and somebody is not ready.
    fn is_hopeless(&self) -> bool {
        let are_ready = self.all(self.goal.generation, self.goal.workers, |it| it.life == Life::Ready);
        !self.is_open && !are_ready && self.began + START <= self.now
    }

    /// Whoever is to take the place of others accepts before they leave.
    fn check_commit(&self) -> Law {
        let Some(next) = &self.goal.next else {
            return ensure(false, || "there is nothing to commit".to_owned());
        };
        let accept = self.all(next.generation, next.workers, |it| self.accepts(it));
        ensure(accept, || "the next generation does not accept yet".to_owned())
    }

    /// What the master's acting must not have done.
    pub(super) fn check_acted(&self, planned: &Goal, plan: &[Action], served: &[usize]) -> Law {
        let is_serving = |aim| matches!(aim, Aim::Serve | Aim::Grace { .. });
        let is_served = |id| self.processes.iter().any(|it| it.id == id && self.accepts(it));
        let size = self.goal.workers.min(planned.workers);
        let lost = served.iter().find(|id| **id < size && !is_served(**id));
        let may_lose = !is_serving(planned.aim);
        ensure(may_lose || lost.is_none(), || {
            format!("nobody serves in the place of {lost:?} after {plan:?}")
        })?;
        let mut old = self.processes.iter().filter(|it| it.generation < planned.generation);
        ensure(old.all(|it| !self.accepts(it)), || format!("two generations accept after {plan:?}"))
    }

    /// What holds after each turn.
    pub(super) fn check_turn(&self) -> Law {
        let is_known = |it: &Process| self.table.workers.iter().any(|worker| worker.pid == it.pid);
        let are_known =
            self.processes.len() == self.table.workers.len() && self.processes.iter().all(is_known);
        ensure(are_known, || format!("{:?} are not the processes", self.table))?;
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
        if !matches!(self.goal.aim, Aim::Serve | Aim::Grace { .. }) {
            return Ok(());
        }
        ensure(!self.is_hopeless(), || "a pool that cannot open is not given up".to_owned())?;
        let is_manned = |id| self.of(self.goal.generation).any(|it| it.id == id && it.stays());
        let missing =
            (0..self.goal.workers).find(|id| !is_manned(*id) && !self.back_off.holds(*id, self.now));
        ensure(missing.is_none(), || format!("{missing:?} has no worker"))
    }

    /// What has come of the pool after a long time in which nothing happened.
    pub(super) fn check_rest(&self) -> Law {
        if self.is_over {
            return Ok(());
        }
        self.check_agreement()?;
        let stuck = self.processes.iter().find(|it| self.terms.stuck_after.is_some() && is_stuck(it));
        ensure(stuck.is_none(), || format!("nobody has noticed that {stuck:?} is stuck"))?;
        let stays_for_ever = |it: &&Process| {
            let is_leaving = matches!(it.sent_away, Some(Order::Retire | Order::Drain));
            is_leaving && self.terms.leave.is_none()
        };
        let rest = || self.processes.iter().filter(|it| !stays_for_ever(it));
        if self.goal.aim != Aim::Serve {
            ensure(rest().next().is_none(), || {
                format!("{:?} does not end: {:?}", self.goal.aim, self.table)
            })?;
            let waits = self.goal.aim == Aim::Rest || !self.processes.is_empty();
            return ensure(waits, || format!("{:?} has no end", self.goal.aim));
        }
        let is_right = rest().all(|it| {
            let is_current = it.generation == self.goal.generation && it.id < self.goal.workers;
            is_current && it.stays() && self.accepts(it)
        });
        let is_whole = is_right && rest().count() == self.goal.workers;
        let is_calm = self.change.is_none() && self.goal.next.is_none();
        ensure(is_whole && is_calm, || {
            format!("{:?} does not get to {:?}: {:?}", self.table, self.goal, self.change)
        })
    }

    /// The table takes the processes for what they are.
    fn check_agreement(&self) -> Law {
        for worker in &self.table.workers {
            let Some(it) = self.process(worker.pid) else { continue };
            let is_so = match worker.stage {
                Stage::Starting => it.life == Life::Starting,
                Stage::Ready => it.is_ready(),
                Stage::Accepting { .. } => {
                    self.accepts(it) && it.stays() && !(it.is_running() && it.wants_to_leave)
                }
                Stage::Outgoing => self.accepts(it) && it.is_outgoing,
                Stage::Leaving { order, .. } => {
                    it.sent_away == Some(order)
                        && (matches!(it.life, Life::Leaving { .. })
                            || !it.is_running() && it.line.carries(order))
                }
                Stage::Killed { .. } => false,
            };
            let is_same =
                (worker.id, worker.generation, worker.stopped) == (it.id, it.generation, it.is_stopped);
            ensure(is_so && is_same, || format!("{worker:?} is in truth {it:?}"))?;
        }
        Ok(())
    }
}

/// Whether the master is to notice that one does nothing any more. One that hung before it read that it is to say when
/// it is busy has not said so.
fn is_stuck(process: &Process) -> bool {
    let can_be_asked = !process.is_stopped && !process.line.carries(Order::Arm);
    process.is_hung && process.is_busy && can_be_asked && process.let_in.is_some()
}
