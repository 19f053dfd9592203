//! The laws of a pool. They go by what the processes are and what was done to them, not by what the table under test takes
//! them for.

use std::time::{Duration, Instant};

use nix::unistd::Pid;

use super::process::{KILL_AFTER, Life, Process};
use super::world::{START, World};
use super::{Law, ensure};
use crate::channel::Order;
use crate::process_table::{Action, Aim, Goal, Scaling, Stage};

/// How long after there is room for it again an order is sent that found none.
const TELL_AGAIN_AFTER: Duration = Duration::from_millis(100);
/// So much of the time before the master hears that somebody is stopped may count as silence.
const STEP: Duration = Duration::from_secs(1);

impl World {
    /// The ids that somebody of this generation or a later one serves; not those whom the master has found stuck.
    pub(super) fn served_ids(&self, generation: u64) -> Vec<usize> {
        let processes =
            self.processes.iter().filter(|it| it.generation >= generation && it.aborted.is_none());
        processes.filter(|it| it.accepts()).map(|it| it.id).collect()
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
            Action::Abandon => {
                ensure(self.next_is_hopeless(), || "a generation that may serve is given up".to_owned())
            }
            Action::Resize(resize) => {
                let may = self.goal.aim == Aim::Serve
                    && self.change.is_none()
                    && self.right_size == Some(resize.to);
                ensure(may, || format!("{resize:?}, and {:?} was found right", self.right_size))
            }
            Action::Relieved => {
                let is_relieved = (0..self.goal.workers).all(|id| self.tried.contains(&id));
                ensure(self.goal.aim == Aim::Relieve && is_relieved, || {
                    "nobody relieves the drain".to_owned()
                })
            }
            Action::CloseGates => {
                ensure(matches!(self.goal.aim, Aim::Grace { until } if until <= self.now), || {
                    format!("the gates are closed in {:?}", self.goal.aim)
                })
            }
            Action::Tell { .. } | Action::LookAfter { .. } => Ok(()),
        }
    }

    fn check_spawn(&self, id: usize, generation: u64) -> Law {
        let is_there = self.of(generation).any(|it| it.id == id && it.stays());
        ensure(!is_there, || format!("{id} of generation {generation} is there twice"))?;
        let is_first = !self.tried.contains(&id);
        let is_wanted = if generation == self.goal.generation {
            let may = match self.goal.aim {
                Aim::Serve | Aim::Grace { .. } => true,
                Aim::Relieve => is_first,
                Aim::Rest | Aim::Drain | Aim::Yield | Aim::Stop => false,
            };
            may && id < self.goal.workers
        } else {
            let next = self.goal.next.as_ref();
            is_first && next.is_some_and(|next| next.generation == generation && id < next.workers)
        };
        ensure(is_wanted, || format!("nobody wants {id} of generation {generation}"))?;
        let is_early = generation == self.goal.generation
            && self.goal.aim != Aim::Relieve
            && self.back_off.holds(id, self.now);
        ensure(!is_early, || format!("{id} is respawned too early"))
    }

    /// Whoever is let in has said that it is able to accept, and the first ones are let in together and not before the
    /// master before has let go, as those of a generation are together that takes another one's place.
    fn check_let_in(&self, pid: Pid) -> Law {
        let Some(process) = self.process(pid) else {
            return ensure(false, || format!("GO to {pid}, a stranger"));
        };
        ensure(process.is_ready(), || format!("GO to {process:?}"))?;
        // The clients of a drain are this master's own.
        let may_open = self.is_open || self.goal.may_open || self.goal.aim == Aim::Drain;
        ensure(may_open, || format!("{pid} is let in, and another master serves still"))?;
        let together = match &self.goal.next {
            Some(next) if next.generation == process.generation => Some(next.workers),
            _ if self.is_open || self.goal.aim == Aim::Drain => None,
            _ => Some(self.goal.workers),
        };
        let may =
            together.is_none_or(|workers| self.all(process.generation, workers, |it| it.life == Life::Ready));
        ensure(may, || format!("{pid} is let in before the others are ready"))
    }

    fn check_recycle(&self, pid: Pid) -> Law {
        let is_worn = self.process(pid).is_some_and(|it| it.is_worn && it.accepts());
        ensure(is_worn, || format!("{pid} is replaced, and nothing is wrong with it"))?;
        let mut others = self.of(self.goal.generation).filter(|it| it.is_kept());
        let is_alone = others.all(|it| !it.is_outgoing) && self.goal.next.is_none();
        ensure(is_alone, || format!("{pid} is replaced while others are"))
    }

    /// Only who was silent for too long while it could have spoken is taken for stuck.
    fn check_abort(&self, pid: Pid) -> Law {
        let silent = self.process(pid).map(|process| process.silent + STEP);
        let may = self.terms.stuck_after.zip(silent).is_some_and(|(after, silent)| silent >= after);
        ensure(may, || format!("{pid} is aborted after a silence of {silent:?}"))
    }

    /// Only who is beyond its time is killed.
    fn check_kill(&self, pid: Pid) -> Law {
        let mut ends = self.process(pid).into_iter().flat_map(Process::ends).flatten();
        ensure(ends.any(|end| end <= self.now), || format!("{:?} is killed too early", self.process(pid)))
    }

    /// Whether the time for the start is over, and somebody is not ready.
    fn is_hopeless(&self) -> bool {
        let are_ready = self.all(self.goal.generation, self.goal.workers, |it| it.life == Life::Ready);
        !self.is_open && !are_ready && self.began + START <= self.now
    }

    /// Whether one of the next generation has failed, or its time is over.
    fn next_is_hopeless(&self) -> bool {
        let Some(next) = &self.goal.next else { return false };
        let has_failed = self.stillborn.iter().any(|(generation, _)| *generation == next.generation);
        has_failed || next.deadline.is_some_and(|deadline| deadline <= self.now)
    }

    /// Another size is there when those accept who are more and nobody stays who is one too many; it fails with one of
    /// those who are more, or with its time.
    pub(super) fn check_scaling(&self, scaling: &Scaling, outcome: Option<&Result<(), String>>) -> Law {
        let (before, workers, now) = (scaling.before, self.goal.workers, self.goal.generation);
        let is_served = |id| self.of(now).any(|it| it.id == id && it.stays() && it.accepts());
        let is_manned = |id| self.of(now).any(|it| it.id == id && it.stays());
        let is_there = (before..workers).all(is_served) && !(workers..before).any(is_manned);
        let has_failed = self.stillborn.iter().any(|(generation, id)| *generation == now && *id >= before);
        let is_late = scaling.deadline.is_some_and(|deadline| deadline <= self.now);
        let is_right = match outcome {
            Some(Ok(())) => is_there,
            Some(Err(_)) => !is_there && (has_failed || is_late),
            None => !is_there && !has_failed && !is_late,
        };
        ensure(is_right, || format!("{outcome:?} has come of {scaling:?}: {:?}", self.processes))
    }

    /// Whoever is to take the place of others accepts before they leave.
    fn check_commit(&self) -> Law {
        let Some(next) = &self.goal.next else {
            return ensure(false, || "there is nothing to commit".to_owned());
        };
        let accept = self.all(next.generation, next.workers, Process::accepts);
        ensure(accept, || "the next generation does not accept yet".to_owned())
    }

    /// What the master's acting must not have done.
    pub(super) fn check_acted(&self, planned: &Goal, plan: &[Action], served: &[usize]) -> Law {
        let is_serving = |aim| matches!(aim, Aim::Serve | Aim::Grace { .. });
        let is_served = |id| self.processes.iter().any(|it| it.id == id && it.accepts());
        let size = self.goal.workers.min(planned.workers);
        let lost = served.iter().find(|id| **id < size && !is_served(**id));
        let may_lose = !is_serving(planned.aim);
        ensure(may_lose || lost.is_none(), || {
            format!("nobody serves in the place of {lost:?} after {plan:?}")
        })?;
        let mut old = self.processes.iter().filter(|it| it.generation < planned.generation);
        ensure(old.all(|it| !it.accepts()), || format!("two generations are to accept after {plan:?}"))?;
        let has_size = self.right_size.is_none_or(|size| size == self.goal.workers);
        ensure(has_size, || format!("{:?} was found right, and is not taken", self.right_size))
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
        let deaf = self.processes.iter().find(|it| it.owed().is_some_and(|order| !self.may_lack(it, order)));
        ensure(deaf.is_none(), || format!("{deaf:?} does not hear what it was told"))?;
        self.check_in_time(due)?;
        self.check_manned()
    }

    /// Whether one may not have read yet what it was told.
    fn may_lack(&self, process: &Process, order: Order) -> bool {
        let was_full = process.line.freed().is_some_and(|at| self.now < at + TELL_AGAIN_AFTER);
        process.line.carries(order) || process.line.is_full() || was_full
    }

    /// What has to end has ended, or the master, who wakes then, wakes in time to end it.
    fn check_in_time(&self, wakes: Option<Instant>) -> Law {
        let is_in_time = |end: Instant| end > self.now && wakes.is_some_and(|wakes| wakes <= end);
        let late = self.processes.iter().find(|it| it.last_moment().is_some_and(|end| !is_in_time(end)));
        ensure(late.is_none(), || format!("{late:?} goes on beyond its time"))?;
        ensure(!self.next_is_hopeless(), || "a generation that cannot serve is not given up".to_owned())?;
        let change = self.goal.next.as_ref().and_then(|next| next.deadline);
        let grace = match self.goal.aim {
            Aim::Grace { until } => Some(until),
            _ => None,
        };
        let is_punctual = change.into_iter().chain(grace).all(is_in_time);
        ensure(is_punctual, || format!("{:?} goes on beyond its time", self.goal))?;
        let is_leaving = |it: &Process| match self.goal.aim {
            Aim::Serve | Aim::Grace { .. } | Aim::Relieve => true,
            Aim::Rest | Aim::Drain | Aim::Yield => !it.accepts(),
            Aim::Stop => it.gone_by.is_some_and(|at| at <= self.now + KILL_AFTER),
        };
        let stays = self.processes.iter().find(|it| !is_leaving(it));
        ensure(stays.is_none(), || format!("{stays:?} is not told of {:?}", self.goal.aim))
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
            is_current && it.stays() && it.accepts()
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
                    it.accepts() && it.stays() && !(it.is_running() && it.wants_to_leave)
                }
                Stage::Outgoing => it.accepts() && it.is_outgoing,
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
