//! One turn of the master, as `Master::run` takes it: what is heard, who is dead, the plan, and what comes of it.

use std::time::Duration;

use nix::unistd::Pid;

use super::back_off::BackOff;
use super::process::{KILL_AFTER, Life, Process};
use super::world::{Change, START, Wish, World};
use super::{Law, TestCaseError, ensure};
use crate::channel::{Order, Report};
use crate::process_table::{Action, Aim, Birth, Goal, Next, Pulse, Scaling};
use crate::scoreboard::Lease;

impl World {
    /// Takes a turn; whether there is nothing more to do.
    pub(super) fn turn(&mut self) -> Result<bool, TestCaseError> {
        self.hear();
        self.reap()?;
        self.look_at_size();
        let planned = self.goal.clone();
        let plan = self.table.plan(&planned, self.now);
        let served = self.served_ids(planned.generation);
        for action in &plan {
            self.act(action)?;
            if self.is_over {
                return Ok(true);
            }
        }
        self.check_acted(&planned, &plan, &served)?;
        let is_changed = self.go_on_changing()?;
        if self.table.workers.is_empty() {
            self.note_empty();
        }
        self.check_turn()?;
        Ok(plan.is_empty() && !is_changed && self.goal == planned)
    }

    fn hear(&mut self) {
        self.table.listen(&self.goal, self.now);
        self.table.tell_again(self.now);
        for process in &mut self.processes {
            for report in process.reports.drain(..) {
                match report {
                    Report::Leaving if process.killed.is_none() => process.is_outgoing = true,
                    Report::Alive => process.silent = Duration::ZERO,
                    _ => (),
                }
                self.table.hear(process.pid, report, &self.goal, self.now);
            }
        }
    }

    fn reap(&mut self) -> Law {
        if self.terms.finds_deaths_first {
            self.take_the_dead()?;
        }
        for (pid, stopped) in std::mem::take(&mut self.news) {
            if stopped {
                self.table.note_stopped(pid);
            } else {
                self.signal(pid, |process| process.silent = Duration::ZERO);
                self.table.note_continued(pid, &self.goal, self.now);
            }
        }
        self.take_the_dead()
    }

    fn take_the_dead(&mut self) -> Law {
        while let Some(index) = self.processes.iter().position(|process| process.life == Life::Dead) {
            let process = self.processes.remove(index);
            self.bury(&process)?;
        }
        Ok(())
    }

    fn bury(&mut self, process: &Process) -> Law {
        let Some((worker, wait)) = self.table.remove(process.pid, &self.goal, self.now) else {
            return ensure(false, || format!("{} was nobody's worker", process.pid));
        };
        let is_wanted = process.sent_away.is_some() || process.is_outgoing;
        let counts = process.generation == self.goal.generation && !is_wanted;
        let accepted_for =
            process.let_in.map_or(Duration::ZERO, |at| process.killed.unwrap_or(self.now) - at);
        let right = if counts {
            self.back_off.note_death(process.id, accepted_for, self.now)
        } else {
            Duration::ZERO
        };
        if worker.is_stillborn() && !worker.is_given_up(&self.goal) {
            self.note_failed_birth(worker.id, worker.generation);
        }
        let was_stillborn = process.let_in.is_none() && !is_wanted;
        let was_given_up = process.generation > self.goal.generation && process.killed.is_some();
        if was_stillborn && !was_given_up {
            self.stillborn.push((process.generation, process.id));
        }
        ensure(worker.is_stillborn() == was_stillborn, || format!("{worker:?} failed at its birth, or not"))?;
        ensure(wait == right, || format!("{worker:?} is respawned after {wait:?}, not after {right:?}"))
    }

    fn note_failed_birth(&mut self, id: usize, generation: u64) {
        if generation != self.goal.generation {
            self.goal.note_failed_birth(generation, "it died".to_owned());
        } else if let Some(Change::Scaling(scaling)) = &mut self.change {
            scaling.note_failed_birth(id, "it died");
        }
    }

    fn act(&mut self, action: &Action) -> Law {
        self.check_action(action)?;
        self.tally.note_action(action);
        match *action {
            Action::Spawn { id, generation } => return self.spawn(id, generation),
            Action::SpawnMonitor => self.spawn_monitor(),
            Action::LookAfter { pid } => self.look_after(pid),
            Action::Abort { pid } => {
                let now = self.now;
                self.table.note_aborted(pid, now);
                self.signal(pid, |process| {
                    process.aborted = Some(now);
                    if !process.is_stopped {
                        process.life = Life::Dead;
                    }
                });
            }
            Action::Recycle { pid, .. } => {
                self.table.note_recycled(pid);
                self.signal(pid, |process| process.is_outgoing = true);
            }
            Action::Resize(resize) => {
                self.table.set_size(&mut self.goal, resize.to);
                self.back_off.note_size(resize.to);
            }
            Action::Tell { pid, order } => self.tell(pid, order),
            Action::Open => {
                self.table.note_open();
                self.is_open = true;
            }
            Action::Kill { pid, .. } => self.kill(pid),
            Action::GiveUp => self.is_over = true,
            Action::Commit => self.commit(),
            Action::Abandon => self.abandon(),
            Action::Relieved | Action::CloseGates => self.goal.aim = Aim::Drain,
        }
        Ok(())
    }

    fn spawn(&mut self, id: usize, generation: u64) -> Law {
        let is_next = generation != self.goal.generation;
        if is_next || self.goal.aim == Aim::Relieve {
            self.tried.push(id);
        } else if self.back_off.has_slowed(id) {
            self.tally.note("respawned late");
        }
        if self.is_refused() {
            self.tally.note("could not fork");
            self.stillborn.push((generation, id));
            self.note_failed_birth(id, generation);
            let wait = self.table.note_failed_spawn(id, generation, &self.goal, self.now);
            let counts = generation == self.goal.generation;
            let right = counts.then(|| self.back_off.note_refused(id, self.now));
            return ensure(wait == right, || {
                format!("{id} is tried again after {wait:?}, not after {right:?}")
            });
        }
        let process = Process::new(self.take_pid(), id, generation, self.now);
        let birth = Birth { id, generation, patience: self.patience(), lease: Lease::default() };
        self.table.add(process.pid, birth, process.line.clone(), self.now);
        self.processes.push(process);
        Ok(())
    }

    fn spawn_monitor(&mut self) {
        if self.is_refused() {
            self.table.monitor.note_failed_spawn(self.now);
        } else {
            let pid = self.take_pid();
            self.table.monitor.add(pid, self.now);
            self.monitor = Some(pid);
        }
    }

    fn is_refused(&mut self) -> bool {
        let is_refused = self.refused_forks > 0;
        self.refused_forks = self.refused_forks.saturating_sub(1);
        is_refused
    }

    fn take_pid(&mut self) -> Pid {
        self.next_pid += 1;
        Pid::from_raw(self.next_pid)
    }

    fn look_after(&mut self, pid: Pid) {
        if self.processes.iter().any(|process| process.pid == pid && process.is_busy) {
            return self.tell(pid, Order::Ask);
        }
        if let Some(worker) = self.table.find(pid) {
            worker.pulse = Pulse::Calm;
        }
        self.tell(pid, Order::Arm);
    }

    fn tell(&mut self, pid: Pid, order: Order) {
        self.table.tell(pid, order, &self.goal, self.now);
        if self.processes.iter().any(|it| it.pid == pid && it.line.is_full()) {
            self.tally.note("told in vain");
        }
        let (now, leave) = (self.now, self.terms.leave.map(|leave| leave + KILL_AFTER));
        self.signal(pid, |process| match order {
            Order::Go => process.let_in = Some(now),
            Order::Retire | Order::Drain => process.send_away(order, leave, now),
            Order::Stop => process.send_away(order, Some(KILL_AFTER), now),
            Order::Ask => process.silent = Duration::ZERO,
            _ => (),
        });
    }

    fn kill(&mut self, pid: Pid) {
        let now = self.now;
        self.table.note_killed(pid, now);
        self.signal(pid, |process| (process.life, process.killed) = (Life::Dead, Some(now)));
    }

    /// Does something to a process.
    fn signal(&mut self, pid: Pid, happen: impl FnOnce(&mut Process)) {
        let Some(index) = self.processes.iter().position(|process| process.pid == pid) else { return };
        let served = self.processes[index].serves_queue();
        happen(&mut self.processes[index]);
        if served && !self.processes[index].serves_queue() {
            self.leave_queue_to_others(index);
        }
    }

    fn commit(&mut self) {
        let Some(Next { generation, workers, .. }) = self.goal.next.clone() else { return };
        let next = Goal { generation, workers, next: None, aim: Aim::Serve, ..self.goal.clone() };
        self.table.commit(&mut self.goal, next);
        (self.back_off, self.change, self.is_open) = (BackOff::default(), None, true);
    }

    fn abandon(&mut self) {
        for pid in self.table.abandon(&mut self.goal) {
            self.kill(pid);
        }
        self.change = Some(Change::Failing);
    }

    /// Goes on with the changes, one at a time; whether anything is different now.
    fn go_on_changing(&mut self) -> Result<bool, TestCaseError> {
        if self.goal.aim.is_end() {
            if self.goal.next.is_some() {
                self.abandon();
            }
            self.wishes.clear();
            return Ok(self.change.take().is_some());
        }
        let is_done = match &self.change {
            None => return Ok(self.table.is_open() && self.begin_next()),
            Some(Change::Reloading) => false,
            Some(Change::Failing) => !self.table.has_next(&self.goal),
            Some(Change::Scaling(scaling)) => {
                let outcome = scaling.outcome(&self.table, &self.goal, self.now);
                self.check_scaling(scaling, outcome.as_ref())?;
                if matches!(outcome, Some(Err(_))) {
                    self.tally.note("scaled in vain");
                    scaling.undo(&mut self.table, &mut self.goal);
                    self.back_off.note_size(self.goal.workers);
                }
                outcome.is_some()
            }
        };
        if is_done {
            self.change = None;
        }
        Ok(is_done)
    }

    fn begin_next(&mut self) -> bool {
        let deadline = Some(self.now + START);
        let Some(wish) = self.wishes.pop_front() else { return false };
        self.stillborn.clear();
        match wish {
            Wish::Reload { workers } => {
                let generation = self.goal.generation + 1;
                self.goal.next = Some(Next { generation, workers, deadline, failed: None });
                self.change = Some(Change::Reloading);
                self.tried.clear();
            }
            Wish::Scale(workers) => {
                let scaling = Scaling::begin(&mut self.table, &mut self.goal, workers, deadline);
                self.back_off.note_size(workers);
                self.change = Some(Change::Scaling(scaling));
            }
            Wish::Rest => self.goal.aim = Aim::Rest,
            Wish::Upgraded => (self.goal.aim, self.goal.monitor) = (Aim::Yield, false),
        }
        true
    }

    fn note_empty(&mut self) {
        let needs_relief = self.queue && !self.was_relieved && !self.goal.leaves_queue;
        match self.goal.aim {
            Aim::Drain if needs_relief => {
                (self.goal.aim, self.was_relieved) = (Aim::Relieve, true);
                self.tried.clear();
            }
            Aim::Drain | Aim::Relieve | Aim::Yield | Aim::Stop => self.is_over = true,
            Aim::Serve | Aim::Grace { .. } | Aim::Rest => (),
        }
    }
}
