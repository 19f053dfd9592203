//! The master: it binds, forks, signals and reaps. It never accepts, never reads a client's byte, and has one thread.
//!
//! Signals edit the [`Goal`]; each turn of the loop closes the gap between it and the process table.

mod changes;
mod children;
mod ending;
mod generation;
mod inheritance;
mod log;
mod reload;
mod scaling;
mod service;
mod succession;
mod upkeep;
mod watch;
mod words;

use std::iter;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, poll};
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, getpid};

use crate::cgroup;
use crate::channel::{Order, Report};
use crate::config::Config;
use crate::control::{Change, ControlSocket, Request, Size};
use crate::error::Error;
use crate::handler::Handler;
use crate::handover::Line;
use crate::histogram::Counts;
use crate::logging;
use crate::monitor::Monitor;
use crate::notify::ServiceManager;
use crate::pid_file::PidFile;
use crate::process_table::{Action, Aim, Breaker, Goal, ProcessTable};
use crate::saturation::Saturation;
use crate::scoreboard::{Board, Phase, Scoreboard};
use crate::signals::{Command, Signals};
use crate::silence::Demand;
use crate::sizer::Sizer;
use crate::snapshot::Observer;
use crate::sys::timeout_until;
use crate::sys::{self, Fate};
use crate::title::MasterTitle;
use crate::worker::Worker;
use changes::Changes;
use ending::Ending;
use generation::Generation;
pub(crate) use generation::{Load, Loaded};
pub(crate) use inheritance::Inheritance;
use succession::{Estate, Program, Succession};
use words::Answer;

/// Signals to stop that come closer together than this are one request.
const ONE_REQUEST: Duration = Duration::from_millis(200);
/// How long the master does nothing after it could not wait.
const PAUSE: Duration = Duration::from_millis(100);

/// What a process that came out of [`Master::run`] is.
pub(crate) enum Life<H> {
    /// The master, whose pool has ended.
    Master,
    /// A worker that was just forked. The master that it was is dropped, and with it all that is not the worker's.
    Worker(Worker<H>),
    /// The process that shows the pool, just forked in the same way.
    Monitor(Monitor),
}

/// The control of a pool.
pub(crate) struct Master<H> {
    pid: Pid,
    program: Program,
    load: Load<H>,
    serving: Generation<H>,
    /// What gets ready to take its place.
    next: Option<Generation<H>>,
    changes: Changes,
    /// What is still between this master and its first accept, if it takes over from another.
    succession: Option<Succession>,
    signals: Signals,
    /// It goes before the control socket: who has waited there for the end finds nothing left, fields being dropped in this order.
    pid_file: Option<PidFile>,
    control: ControlSocket,
    table: ProcessTable,
    goal: Goal,
    scoreboard: Scoreboard,
    observer: Observer,
    saturation: Saturation,
    demand: Demand,
    /// The waits in the queue before the pool was last found saturated.
    waits_before: Counts,
    /// What was answered lately.
    answers: Vec<Answer>,
    /// Whether workers die too often.
    breaker: Breaker,
    ending: Ending,
    /// How large a pool with a range of workers is to be.
    sizer: Sizer,
    manager: ServiceManager,
    /// Why the last worker died, for the case that the pool never opens.
    last_cause: Option<String>,
    title: MasterTitle,
    out_of_memory_kills: Option<u64>,
}

impl<H: Handler> Master<H> {
    /// Opens what the first generation needs and was not passed. Nothing is forked yet.
    pub(crate) fn new(first: Loaded<H>, load: Load<H>, passed: Inheritance) -> Result<Self, Error> {
        // It closes with this function, before anything is forked.
        let ours = passed.line.as_ref().and_then(|line| line.try_clone().ok());
        Self::open(first, load, passed).inspect_err(|error| Line::tell_failure(ours.as_ref(), error))
    }

    fn open(first: Loaded<H>, load: Load<H>, passed: Inheritance) -> Result<Self, Error> {
        // Before all else: a signal that comes while the pool is starting must find it able to obey.
        let signals = Signals::of_master().map_err(Error::system("subscribe to signals"))?;
        let board = Board::map().map_err(Error::system("map the scoreboard"))?;
        let mut scoreboard = Scoreboard::new(board);
        logging::count_in(board.log());
        let (mut estate, inherited) = passed.take(&first.config, &mut scoreboard)?;
        let present = estate.as_ref().map_or_else(|| inherited.present(), Estate::present);
        let number = 1 + estate.as_ref().map_or(0, |estate| estate.offer.generation);
        let mut serving = Generation::open(number, first, &present, &mut scoreboard)?;
        let pid_file = match Self::open_pid_file(&serving.config, estate.as_mut()) {
            Ok(pid_file) => pid_file,
            Err(error) => {
                serving.discard(&[]);
                return Err(error);
            }
        };
        let (control, succession) = match estate {
            None => (serving.new_control.take(), None),
            Some(estate) => (None, Some(Succession::of(estate, &mut serving))),
        };
        scoreboard.set_pool(serving.number, serving.workers, serving.config.threads.get());
        Ok(Self {
            pid: getpid(),
            program: Program::of_this_process(),
            load,
            goal: serving.goal(succession.is_none()),
            sizer: Sizer::of(&serving.config),
            observer: Observer::new(board, serving.targets.clone()),
            serving,
            next: None,
            changes: Changes::default(),
            succession,
            signals,
            control: ControlSocket::new(control),
            table: ProcessTable::new(Instant::now()),
            waits_before: scoreboard.queue_waits(),
            scoreboard,
            saturation: Saturation::default(),
            demand: Demand::default(),
            answers: Vec::new(),
            breaker: Breaker::default(),
            ending: Ending::default(),
            pid_file,
            manager: ServiceManager::of_environment(),
            last_cause: None,
            title: MasterTitle::begin(),
            out_of_memory_kills: cgroup::out_of_memory_kills(),
        })
    }

    fn open_pid_file(config: &Config, estate: Option<&mut Estate>) -> Result<Option<PidFile>, Error> {
        let offered = estate.filter(|estate| estate.offer.pid_file == config.pid_file);
        match offered.and_then(|estate| estate.pid_file.take()) {
            Some(pid_file) => Ok(Some(pid_file)),
            None => config.pid_file.as_deref().map(PidFile::open).transpose(),
        }
    }

    /// Runs the pool to its end. In a child it returns too: see [`Life`].
    pub(crate) fn run(mut self) -> Result<Life<H>, Error> {
        loop {
            self.hear(None);
            self.go_on_succeeding();
            self.reap();
            self.look_at_size();
            let planned = self.goal.clone();
            let plan = self.table.plan(&planned, Instant::now());
            for action in &plan {
                if let Some(life) = self.act(action)? {
                    return Ok(life);
                }
            }
            let is_changed = self.go_on();
            self.publish();
            if self.table.workers.is_empty() && self.note_empty() {
                return self.ending.verdict.map_or(Ok(Life::Master), Err);
            }
            // What was done may be a reason to do more, and a goal that was edited since has no plan yet.
            let is_settled = plan.is_empty() && !is_changed && self.goal == planned;
            for command in self.wait(is_settled) {
                self.obey(command);
            }
            self.answer();
        }
    }

    /// Takes in what the workers report.
    fn hear(&mut self, dead: Option<Pid>) {
        let now = Instant::now();
        self.table.listen(&self.goal, now);
        self.table.tell_again(now);
        self.table.send_log_again(now);
        for (pid, report) in self.table.take_reports(dead) {
            if self.is_progress(pid, report) {
                self.manager.note_life();
            }
            self.table.hear(pid, report, &self.goal, now);
        }
    }

    /// Whether a report shows that the pool gets on.
    fn is_progress(&mut self, pid: Pid, report: Report) -> bool {
        match (report, self.table.find(pid)) {
            (Report::Ready, _) => true,
            (Report::Alive, Some(worker)) => worker.goes_on(self.scoreboard.effort_of(worker.lease)),
            _ => false,
        }
    }

    /// Takes the dead, strangers' children too: as PID 1 this process inherits them.
    fn reap(&mut self) {
        loop {
            let (pid, fate) = match sys::reap() {
                Ok(Some(change)) => change,
                Ok(None) => return,
                // The next child that dies is another occasion.
                Err(error) => return tracing::error!("cannot reap children: {error}"),
            };
            // Its last words came before its end.
            self.hear(matches!(fate, Fate::Died(_)).then_some(pid));
            match fate {
                Fate::Died(status) => self.bury(pid, status),
                Fate::Stopped => {
                    self.table.note_stopped(pid);
                    self.show_stopped(pid);
                }
                Fate::Continued => {
                    self.table.note_continued(pid, &self.goal, Instant::now());
                    self.show_stopped(pid);
                }
            }
        }
    }

    /// All workers are gone; whether that is the end.
    fn note_empty(&mut self) -> bool {
        if self.goal.aim == Aim::Drain && self.needs_relief() {
            self.goal.aim = Aim::Relieve;
            return false;
        }
        match self.goal.aim {
            // Whoever asked for the upgrade, or for something after it, hears of it first.
            Aim::Yield if self.changes.has_askers() => false,
            Aim::Drain | Aim::Relieve | Aim::Yield | Aim::Stop => {
                self.finish();
                true
            }
            Aim::Rest => {
                self.answer_resters(true);
                false
            }
            Aim::Serve | Aim::Grace { .. } => false,
        }
    }

    /// Carries out one step of the plan. In a new child it returns what the child is to live as.
    fn act(&mut self, action: &Action) -> Result<Option<Life<H>>, Error> {
        match *action {
            Action::Spawn { id, generation } => return Ok(self.spawn(id, generation)),
            Action::SpawnMonitor => return Ok(self.spawn_monitor()),
            Action::LookAfter { pid } => self.look_after(pid),
            Action::Abort { pid } => self.abort(pid),
            Action::Recycle { pid, why } => self.recycle(pid, why),
            Action::Resize(resize) => self.resize(resize),
            Action::Tell { pid, order } => {
                if order == Order::Go {
                    self.send_log_ahead(pid);
                }
                self.tell(pid, order);
            }
            Action::Open => self.announce(),
            Action::Kill { pid, why } => self.kill(pid, why),
            Action::GiveUp => return Err(self.give_up()),
            Action::Commit => self.commit(),
            Action::Abandon => self.abandon(&self.cause_of_abandon()),
            Action::Relieved => self.goal.aim = Aim::Drain,
            Action::CloseGates => self.drain("the end of timeouts.grace"),
        }
        Ok(None)
    }

    fn tell(&mut self, pid: Pid, order: Order) {
        self.table.tell(pid, order, &self.goal, Instant::now());
        self.note_standing(pid);
    }

    fn kill(&mut self, pid: Pid, why: &str) {
        let Some(worker) = self.table.find(pid) else { return };
        tracing::warn!(worker = worker.id, pid = pid.as_raw(), "killing the worker: {why}");
        self.kill_quietly(pid);
    }

    fn kill_quietly(&mut self, pid: Pid) {
        self.table.note_killed(pid, Instant::now());
        // It fails when the process is dead already, and then it is about to be reaped.
        let _ = kill(pid, Signal::SIGKILL);
        self.note_standing(pid);
    }

    /// What the pool is doing.
    fn phase(&self) -> Phase {
        match self.goal.aim {
            Aim::Serve if !self.table.is_open() => Phase::Starting,
            Aim::Serve | Aim::Rest if self.changes.is_reloading() => Phase::Reloading,
            Aim::Serve | Aim::Rest if self.changes.is_upgrading() => Phase::Upgrading,
            Aim::Serve => Phase::Running,
            Aim::Rest => Phase::Resting,
            Aim::Grace { .. } | Aim::Drain | Aim::Relieve | Aim::Yield | Aim::Stop => Phase::Draining,
        }
    }

    /// Says on the scoreboard how the pool is, and looks whether it is saturated if that may be.
    fn publish(&mut self) {
        let phase = self.phase();
        self.scoreboard.set_phase(phase);
        let (now, is_full) = (Instant::now(), self.table.is_full());
        self.title.show((self.serving.number, self.goal.workers, phase));
        if self.saturation.next_look(is_full, now).is_some_and(|at| at <= now) {
            self.look_for_saturation(now);
        }
        if let Some(turn) = self.breaker.look(self.tolerance(), now) {
            self.note_breaker(turn);
        }
        self.tend_manager(now);
    }

    /// Waits until something happens or is due; not at all when the last turn has left something to do.
    fn wait(&mut self, is_settled: bool) -> Vec<Command> {
        let now = Instant::now();
        let look = self.saturation.next_look(self.table.is_full(), now);
        let due = [
            self.table.next_deadline(&self.goal),
            self.control.next_deadline(),
            self.changes.next_deadline(),
            look,
            self.next_size_look(now),
            self.breaker.closes_at(self.tolerance()),
            self.manager.next_beat(),
            (!is_settled).then_some(now),
        ];
        let timeout = timeout_until(due.into_iter().flatten().min(), now);
        let channels = self.table.channels().map(AsFd::as_fd);
        // Once this master may open, its predecessor's end would be readable without end, and nobody reads it.
        let from = self.succession.as_ref().filter(|_| !self.goal.may_open);
        let lines = [from.map(|it| it.line.as_fd()), self.changes.line()];
        let files = iter::once(self.signals.as_fd()).chain(channels).chain(lines.into_iter().flatten());
        let files = files.map(|file| PollFd::new(file, PollFlags::POLLIN));
        let mut files: Vec<PollFd<'_>> = files.chain(self.control.files()).collect();
        if let Err(error) = poll(&mut files, timeout)
            && error != Errno::EINTR
        {
            tracing::error!("cannot wait for signals and workers: {error}");
            // For want of memory, most likely: there is nothing else to wait for, and to try at once would be to spin.
            std::thread::sleep(PAUSE);
        }
        self.signals.take()
    }

    /// Answers whoever has asked at the control socket.
    fn answer(&mut self) {
        self.forget_answers();
        for (ticket, request) in self.control.take_requests(Instant::now()) {
            match request {
                Request::Ask(question) => {
                    let answer = self.answer_to(question);
                    self.control.answer(ticket, answer);
                }
                Request::Change(change) => self.wish(change, Some(ticket)),
                Request::Reopen => self.reopen_log_for(ticket),
                Request::Stop { now } => self.stop_for(ticket, now),
            }
        }
        self.forget_answers();
    }

    fn obey(&mut self, command: Command) {
        match command {
            // The next turn reaps.
            Command::Reap => (),
            Command::Drain(signal) => self.stop(signal),
            Command::Reload => self.wish(Change::Reload, None),
            Command::Scale(more) => self.wish(Change::Scale(Size::By(more)), None),
            Command::Rest => self.wish(Change::Rest, None),
            // What came of it is in the log.
            Command::Reopen => drop(self.reopen_log()),
            Command::Upgrade => self.wish(Change::Upgrade, None),
        }
    }
}
