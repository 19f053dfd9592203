//! A pool of the model: a real table and goal, processes that live beside them, and what happens to both.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use nix::unistd::Pid;
use proptest::prelude::*;

use super::back_off::BackOff;
use super::process::{Life, Line, Process};
use super::step::{Pace, Step};
use super::tally::Tally;
use super::{Law, ensure};
use crate::process_table::{Aim, Goal, Patience, ProcessTable, Scaling};
use crate::scoreboard::WhyScaled;
use crate::sizer::Resize;

/// How long workers may take to get ready.
pub(super) const START: Duration = Duration::from_secs(10);
/// More turns than any number of things that happen at once are worth.
const TURNS_MAX: usize = 40;
/// Whatever is to come of a pool has come of it after so long.
const LONG: Duration = Duration::from_secs(600);

/// What is the same for all of a pool's life.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "none of them excludes another")]
pub(super) struct Terms {
    pub(super) workers: usize,
    pub(super) leave: Option<Duration>,
    pub(super) stuck_after: Option<Duration>,
    leaves_queue: bool,
    monitor: bool,
    is_successor: bool,
    /// Whether its first workers accept before anything else happens.
    starts_open: bool,
    /// Whether the dead are found before those who were stopped, whatever came first.
    pub(super) finds_deaths_first: bool,
    /// Whether the connections of those who leave end before they have to.
    is_cooperative: bool,
}

impl Terms {
    pub(super) fn any() -> impl Strategy<Value = Self> {
        let leave = prop_oneof![3 => Just(Some(Duration::from_secs(31))), 1 => Just(None)];
        let stuck = prop_oneof![Just(Some(4)), Just(Some(30)), Just(None)];
        let stuck = stuck.prop_map(|seconds| seconds.map(Duration::from_secs));
        let starts_open = prop::bool::weighted(0.85);
        let terms = (1..4_usize, leave, stuck, starts_open, any::<[bool; 5]>());
        terms.prop_map(|(workers, leave, stuck_after, starts_open, flags)| {
            let [leaves_queue, monitor, is_successor, finds_deaths_first, is_cooperative] = flags;
            Self {
                workers,
                leave,
                stuck_after,
                leaves_queue,
                monitor,
                is_successor,
                starts_open,
                finds_deaths_first,
                is_cooperative,
            }
        })
    }
}

/// A change that was asked for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Wish {
    Reload { workers: usize },
    Scale(usize),
    Rest,
    Upgraded,
}

/// A change under way.
#[derive(Debug)]
pub(super) enum Change {
    Reloading,
    Failing,
    Scaling(Scaling),
}

/// The pool.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "none of them excludes another")]
pub(super) struct World {
    pub(super) terms: Terms,
    pub(super) table: ProcessTable<Line>,
    pub(super) goal: Goal,
    pub(super) began: Instant,
    pub(super) now: Instant,
    pub(super) processes: Vec<Process>,
    pub(super) next_pid: i32,
    pub(super) monitor: Option<Pid>,
    /// Who was stopped, or goes on, and the master has not heard of it.
    pub(super) news: Vec<(Pid, bool)>,
    pub(super) wishes: VecDeque<Wish>,
    pub(super) change: Option<Change>,
    /// The ids for which a fork was tried, of those that have one try: of the generation that gets ready, and to relieve a drain.
    pub(super) tried: Vec<usize>,
    /// Generations and ids of those that did not get as far as to accept, since the last change began.
    pub(super) stillborn: Vec<(u64, usize)>,
    pub(super) found_size: Option<usize>,
    /// The size that was found right in this turn.
    pub(super) right_size: Option<usize>,
    pub(super) refused_forks: usize,
    pub(super) back_off: BackOff,
    pub(super) queue: bool,
    pub(super) was_relieved: bool,
    /// Clients have been let in.
    pub(super) is_open: bool,
    pub(super) is_over: bool,
    pub(super) tally: Tally,
    /// Nothing happens any more but what has to.
    is_quiet: bool,
}

impl World {
    pub(super) fn new(terms: Terms) -> Self {
        let now = Instant::now();
        let goal = Goal {
            generation: 1,
            workers: terms.workers,
            next: None,
            may_open: !terms.is_successor,
            monitor: terms.monitor,
            stuck_after: terms.stuck_after,
            start_timeout: Some(START),
            leaves_queue: terms.leaves_queue,
            aim: Aim::Serve,
        };
        Self {
            terms,
            table: ProcessTable::new(now),
            goal,
            began: now,
            now,
            processes: Vec::new(),
            next_pid: 100,
            monitor: None,
            news: Vec::new(),
            wishes: VecDeque::new(),
            change: None,
            tried: Vec::new(),
            stillborn: Vec::new(),
            found_size: None,
            right_size: None,
            refused_forks: 0,
            back_off: BackOff::default(),
            queue: false,
            was_relieved: false,
            is_open: false,
            is_over: false,
            tally: Tally::default(),
            is_quiet: false,
        }
    }

    /// Lets the first workers in, if the terms are such.
    pub(super) fn begin(&mut self) -> Law {
        if !self.terms.starts_open {
            return Ok(());
        }
        for step in [Step::MayOpen, Step::AllGetReady] {
            self.take(step);
            self.settle()?;
        }
        ensure(self.is_open, || "a pool whose workers are ready does not open".to_owned())
    }

    pub(super) fn patience(&self) -> Patience {
        Patience { start: Some(START), leave: self.terms.leave }
    }

    /// Something happens.
    pub(super) fn take(&mut self, step: Step) {
        match step {
            Step::GetReady(place) => self.with(place, Process::get_ready),
            Step::AllGetReady => self.processes.iter_mut().for_each(Process::get_ready),
            Step::Die(place) => self.with(place, |process| process.life = Life::Dead),
            Step::Terminate(place) => self.with(place, Process::terminate),
            Step::Stop(place) => self.set_stopped(place, true),
            Step::Continue(place) => self.set_stopped(place, false),
            Step::Hang(place) => self.with(place, |process| process.is_hung = true),
            Step::GetBusy { process, is_full } => self.with(process, |process| process.get_busy(is_full)),
            Step::GetIdle(place) => self.with(place, Process::get_idle),
            Step::Short(place) => self.run_short(place),
            Step::Wear(place) => self.with(place, Process::wear),
            Step::Line { process, is_full } => {
                let now = self.now;
                self.with(process, |process| process.set_line_full(is_full, now));
            }
            Step::RefuseForks(count) => self.refused_forks = count,
            Step::MonitorDies => self.lose_monitor(),
            Step::Reload { workers } => self.wishes.push_back(Wish::Reload { workers }),
            Step::Scale(workers) => self.wishes.push_back(Wish::Scale(workers)),
            Step::Size(workers) => self.found_size = Some(workers),
            Step::Rest => self.wishes.push_back(Wish::Rest),
            Step::Upgraded => self.wishes.push_back(Wish::Upgraded),
            Step::MayOpen => self.goal.may_open = true,
            Step::End { grace } => self.end(grace),
            Step::Queue(queue) => self.queue = queue,
            Step::Wait(time) => self.wait_until(self.now + time),
            Step::WaitForDue => {
                self.wait_until(self.table.next_deadline(&self.goal).unwrap_or(self.now).max(self.now));
            }
        }
    }

    /// Master and processes go on.
    pub(super) fn go_on(&mut self, pace: Pace) -> Law {
        match pace {
            Pace::Sleep => Ok(()),
            Pace::Run => self.run(),
            Pace::Turn => self.turn().map(drop),
            Pace::Settle => self.settle(),
        }
    }

    /// Time goes by, and nothing happens but what has to.
    pub(super) fn come_to_rest(&mut self) -> Law {
        (self.is_quiet, self.refused_forks, self.goal.may_open) = (true, 0, true);
        self.wishes.clear();
        self.processes.iter_mut().for_each(|process| process.set_line_full(false, self.now));
        let end = self.now + LONG;
        loop {
            self.settle()?;
            let Some(due) = self.table.next_deadline(&self.goal).filter(|due| *due < end && !self.is_over)
            else {
                return self.check_rest();
            };
            self.wait_until(due);
        }
    }

    fn wait_until(&mut self, then: Instant) {
        for process in &mut self.processes {
            process.wait(then - self.now);
        }
        self.now = then;
    }

    fn settle(&mut self) -> Law {
        for _ in 0..TURNS_MAX {
            self.run()?;
            let is_settled = self.turn()?;
            if self.is_over {
                return Ok(());
            }
            if is_settled && !self.has_more() {
                return self.check_settled();
            }
        }
        ensure(false, || format!("there is no end to the plans: {:?}", self.table.plan(&self.goal, self.now)))
    }

    /// The processes obey.
    fn run(&mut self) -> Law {
        for index in 0..self.processes.len() {
            let process = &mut self.processes[index];
            let mut has_left_queue = process.run()?;
            if self.is_quiet {
                process.get_ready();
                if self.terms.is_cooperative && matches!(process.life, Life::Leaving { .. }) {
                    has_left_queue |= process.serves_queue();
                    process.get_idle();
                }
            }
            if has_left_queue {
                self.leave_queue_to_others(index);
            }
        }
        Ok(())
    }

    /// Whether anybody has something to do or to say.
    fn has_more(&self) -> bool {
        let is_pending = |it: &Process| {
            !it.reports.is_empty() || it.life == Life::Dead || it.is_running() && it.line.has_orders()
        };
        !self.news.is_empty() || self.processes.iter().any(is_pending)
    }

    fn with(&mut self, place: usize, happen: impl FnOnce(&mut Process)) {
        if self.processes.is_empty() {
            return;
        }
        let index = place % self.processes.len();
        let served = self.processes[index].serves_queue();
        happen(&mut self.processes[index]);
        if served && !self.processes[index].serves_queue() {
            self.leave_queue_to_others(index);
        }
    }

    /// One that was perhaps woken for somebody in the queue does not take him: others have to look.
    pub(super) fn leave_queue_to_others(&mut self, index: usize) {
        for (other, process) in self.processes.iter_mut().enumerate() {
            process.has_to_look |= other != index && process.serves_queue();
        }
    }

    fn run_short(&mut self, place: usize) {
        let Some(index) = place.checked_rem(self.processes.len()) else { return };
        if self.processes[index].run_short() {
            self.leave_queue_to_others(index);
        }
    }

    fn set_stopped(&mut self, place: usize, stopped: bool) {
        let Some(index) = place.checked_rem(self.processes.len()) else { return };
        let process = &mut self.processes[index];
        if process.life == Life::Dead || std::mem::replace(&mut process.is_stopped, stopped) == stopped {
            return;
        }
        self.news.push((process.pid, stopped));
        let (serves, aborts) = (process.serves_queue(), !stopped && process.aborted.is_some());
        if aborts {
            process.life = Life::Dead;
        }
        if serves && (stopped || aborts) {
            self.leave_queue_to_others(index);
        }
    }

    fn lose_monitor(&mut self) {
        if let Some(pid) = self.monitor.take() {
            self.table.monitor.remove(pid, self.now);
        }
    }

    fn end(&mut self, grace: Option<Duration>) {
        self.goal.aim = match (self.goal.aim, grace) {
            (Aim::Serve, Some(grace)) => Aim::Grace { until: self.now + grace },
            (Aim::Serve | Aim::Rest, _) => Aim::Drain,
            (Aim::Grace { .. } | Aim::Drain | Aim::Relieve | Aim::Yield | Aim::Stop, _) => Aim::Stop,
        };
    }

    /// What the pool's own look at its size has found, if it looks.
    pub(super) fn look_at_size(&mut self) {
        let looks = self.goal.aim == Aim::Serve && self.table.is_open() && self.change.is_none();
        self.right_size = self.found_size.take().filter(|to| looks && *to != self.goal.workers);
        self.table.resize = self.right_size.map(|to| Resize { to, why: WhyScaled::Waiting });
    }
}
