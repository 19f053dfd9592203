//! The master: it binds, forks, signals and reaps. It never accepts, never reads a client's byte, and has one thread.
//!
//! Signals edit the [`Goal`]; each turn of the loop closes the gap between it and the process table.

mod children;
mod words;

use std::iter;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, poll};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::cgroup;
use crate::channel::{Order, Received, Report};
use crate::config::Config;
use crate::connection::LINGER;
use crate::control::ControlSocket;
use crate::error::Error;
use crate::handler::Handler;
use crate::histogram::Counts;
use crate::listener::{self, Listener};
use crate::monitor::{self, Monitor};
use crate::process_table::{Action, Goal, ProcessTable, Stage, Stop};
use crate::saturation::{Edge, Saturation, Sight};
use crate::scoreboard::{Board, Happening, Phase, Scoreboard, Standing};
use crate::signals::{Command, Signals};
use crate::snapshot::Observer;
use crate::sys::timeout_until;
use crate::sys::{self, Fate};
use crate::worker::Worker;
use words::Answer;

/// Signals to stop that come closer together than this are one request.
const ONE_REQUEST: Duration = Duration::from_millis(200);

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
    config: Arc<Config>,
    handler: Arc<H>,
    listeners: Vec<Listener>,
    monitor_listener: Option<monitor::Listener>,
    signals: Signals,
    control: ControlSocket,
    table: ProcessTable,
    goal: Goal,
    generation: u64,
    scoreboard: Scoreboard,
    observer: Observer,
    saturation: Saturation,
    /// The waits in the queue before the pool was last found saturated.
    waits_before: Counts,
    /// What was answered lately.
    answers: Vec<Answer>,
    /// Connections that workers held when they died, or had still when their time was up.
    lost: u64,
    cut: u64,
    draining_since: Option<Instant>,
    /// Why the last worker died, for the case that the pool never opens.
    last_cause: Option<String>,
    out_of_memory_kills: Option<u64>,
}

impl<H: Handler> Master<H> {
    /// Opens the listeners, of which `auto` names the control socket. Nothing is forked yet.
    pub(crate) fn new(config: Config, handler: H) -> Result<Self, Error> {
        // Before all else: a signal that comes while the pool is starting must find it able to obey.
        let signals = Signals::of_master().map_err(Error::system("subscribe to signals"))?;
        let board = Board::map().map_err(Error::system("map the scoreboard"))?;
        let listeners = listener::open_all(&config, &board.gate_is_closed)?;
        let (control, monitor_listener, observer) = Self::open_faces(&config, board, &listeners)
            .inspect_err(|_| {
                // What they have put into the file system goes with this start.
                for listener in &listeners {
                    let _ = listener.close_gate();
                }
            })?;
        let (generation, workers, timeouts) = (1, config.worker_count(), config.timeouts);
        let scoreboard = Scoreboard::new(board, workers, config.threads.get(), generation);
        Ok(Self {
            goal: Goal {
                workers,
                monitor: monitor_listener.is_some(),
                start_timeout: timeouts.start,
                leave_timeout: timeouts.drain.map(|drain| drain + LINGER),
                stop: Stop::No,
            },
            config: Arc::new(config),
            handler: Arc::new(handler),
            listeners,
            monitor_listener,
            signals,
            control,
            table: ProcessTable::new(Instant::now()),
            generation,
            observer,
            waits_before: scoreboard.queue_waits(),
            scoreboard,
            saturation: Saturation::default(),
            answers: Vec::new(),
            lost: 0,
            cut: 0,
            draining_since: None,
            last_cause: None,
            out_of_memory_kills: cgroup::out_of_memory_kills(),
        })
    }

    /// Opens all by which the pool is seen.
    fn open_faces(
        config: &Config,
        board: &'static Board,
        listeners: &[Listener],
    ) -> Result<(ControlSocket, Option<monitor::Listener>, Observer), Error> {
        let places = listeners.iter().map(Listener::place);
        let control = ControlSocket::open(&config.control.resolve(places).map_err(Error::Config)?)?;
        let monitor = config.monitor.as_ref().map(monitor::Listener::open).transpose()?;
        let targets = listeners.iter().map(Listener::target).collect::<Result<_, _>>();
        let targets = targets.map_err(Error::system("look at the listeners"))?;
        Ok((control, monitor, Observer::new(board, targets)))
    }

    /// Runs the pool to its end. In a child it returns too: see [`Life`].
    pub(crate) fn run(mut self) -> Result<Life<H>, Error> {
        loop {
            self.hear();
            self.reap()?;
            for action in self.table.plan(&self.goal, Instant::now()) {
                if let Some(life) = self.act(&action)? {
                    return Ok(life);
                }
            }
            self.publish();
            if self.goal.stop != Stop::No && self.table.workers.is_empty() {
                self.finish();
                return Ok(Life::Master);
            }
            for command in self.wait()? {
                self.obey(command);
            }
            self.answer();
        }
    }

    /// Takes in what the workers report.
    fn hear(&mut self) {
        let (mut closed, mut short) = (Vec::new(), Vec::new());
        for worker in &mut self.table.workers {
            while let Some(channel) = &worker.channel {
                match channel.receive() {
                    Ok(Received::Nothing) => break,
                    Ok(Received::Message(Report::Ready)) => worker.stage = worker.stage.ready(),
                    Ok(Received::Message(Report::Leaving)) => worker.stage = worker.stage.outgoing(),
                    Ok(Received::Message(Report::Closed)) => closed.push(worker.pid),
                    Ok(Received::Message(Report::Short)) => short.push(worker.pid),
                    Ok(Received::Message(Report::Full)) => worker.told_full = true,
                    // Its worker is about to be reaped. Until then there is nothing more to hear.
                    Ok(Received::Closed) | Err(_) => worker.channel = None,
                }
            }
        }
        for pid in closed {
            self.table.note_closed(pid);
        }
        for pid in short {
            self.table.note_unable(pid);
        }
    }

    /// Takes the dead, strangers' children too: as PID 1 this process inherits them.
    fn reap(&mut self) -> Result<(), Error> {
        while let Some((pid, fate)) = sys::reap().map_err(Error::system("reap children"))? {
            // Its last words came before its end.
            self.hear();
            match fate {
                Fate::Died(status) => self.bury(pid, status),
                // Until it goes on, somebody for whom it was woken would wait beside idle siblings.
                Fate::Stopped => {
                    self.table.note_unable(pid);
                    self.note_stopped(pid, true);
                }
                Fate::Continued => self.note_stopped(pid, false),
            }
        }
        Ok(())
    }

    /// Carries out one step of the plan. In a new child it returns what the child is to live as.
    fn act(&mut self, action: &Action) -> Result<Option<Life<H>>, Error> {
        match *action {
            Action::Spawn { id } => return self.spawn(id),
            Action::SpawnMonitor => return self.spawn_monitor(),
            Action::Tell { pid, order } => self.tell(pid, order),
            Action::Open => self.announce(),
            Action::Kill { pid, why } => self.kill(pid, why),
            Action::GiveUp => return Err(self.give_up()),
        }
        Ok(None)
    }

    fn tell(&mut self, pid: Pid, order: Order) {
        let Some(worker) = self.table.find(pid) else { return };
        let told = worker.channel.as_ref().map_or(Ok(()), |channel| channel.send(order));
        if let Err(error) = &told {
            // A dead one is about to be reaped. One that is stopped has enough orders to look at when it goes on.
            tracing::debug!(
                worker = worker.id,
                pid = pid.as_raw(),
                "cannot tell the worker {order:?}: {error}"
            );
        }
        let reached = told.is_ok();
        // One that did not hear that it is to say when it is full again is asked again.
        if reached || order != Order::Arm {
            self.table.note_told(pid, order, &self.goal, Instant::now());
        }
        self.note_standing(pid);
    }

    fn kill(&mut self, pid: Pid, why: &str) {
        let Some(worker) = self.table.find(pid) else { return };
        tracing::warn!(worker = worker.id, pid = pid.as_raw(), "killing the worker: {why}");
        worker.stage = Stage::Killed;
        // It fails when the process is dead already, and then it is about to be reaped.
        let _ = kill(pid, Signal::SIGKILL);
        self.note_standing(pid);
    }

    /// Says on the scoreboard how the pool is, and looks whether it is saturated if that may be.
    fn publish(&mut self) {
        self.scoreboard.set_phase(match self.goal.stop {
            Stop::No if !self.table.is_open() => Phase::Starting,
            Stop::No => Phase::Running,
            Stop::Draining | Stop::Now => Phase::Draining,
        });
        let (now, is_full) = (Instant::now(), self.table.is_full());
        if self.saturation.next_look(is_full, now).is_some_and(|at| at <= now) {
            self.look_for_saturation(now);
        }
    }

    fn look_for_saturation(&mut self, now: Instant) {
        let waits = (!self.saturation.is_on()).then(|| self.scoreboard.queue_waits());
        let sight = Sight { idle: self.scoreboard.idle(), waiting: self.queued() };
        let edge = self.saturation.look(sight, now);
        if let Some(Edge::Begin { .. }) = edge {
            self.waits_before = waits.unwrap_or_default();
        }
        if let Some(edge) = edge {
            self.note_saturation(edge, sight.waiting);
        }
        if !self.saturation.is_on() {
            self.arm();
        }
    }

    /// Whoever has idle slots again, although it was said to have none, is to say when that is over.
    fn arm(&mut self) {
        let idle = |lease| self.scoreboard.idle_of(lease) > 0;
        let told = self.table.workers.iter().filter(|worker| worker.told_full && idle(worker.lease));
        for pid in told.map(|worker| worker.pid).collect::<Vec<_>>() {
            self.tell(pid, Order::Arm);
        }
    }

    /// Waits until something happens or is due.
    fn wait(&mut self) -> Result<Vec<Command>, Error> {
        let now = Instant::now();
        let look = self.saturation.next_look(self.table.is_full(), now);
        let due = [self.table.next_deadline(&self.goal), self.control.next_deadline(), look];
        let timeout = timeout_until(due.into_iter().flatten().min(), now);
        let channels = self.table.channels().map(AsFd::as_fd);
        let files = iter::once(self.signals.as_fd()).chain(channels);
        let files = files.map(|file| PollFd::new(file, PollFlags::POLLIN));
        let mut files: Vec<PollFd<'_>> = files.chain(self.control.files()).collect();
        match poll(&mut files, timeout) {
            Ok(_) | Err(Errno::EINTR) => Ok(self.signals.take()),
            Err(error) => Err(Error::system("wait for signals and workers")(error)),
        }
    }

    /// Answers whoever has asked at the control socket.
    fn answer(&mut self) {
        self.forget_answers();
        for (ticket, request) in self.control.take_requests(Instant::now()) {
            let answer = self.answer_to(request);
            self.control.answer(ticket, answer);
        }
        self.forget_answers();
    }

    fn obey(&mut self, command: Command) {
        match command {
            // The next turn reaps.
            Command::Reap => (),
            Command::Drain(signal) => self.stop(signal),
        }
    }

    fn note_stopped(&mut self, pid: Pid, stopped: bool) {
        if let Some(worker) = self.table.find(pid) {
            worker.stopped = stopped;
            self.scoreboard.note_stopped(worker.lease, stopped);
        }
    }

    /// Puts on the scoreboard where a worker stands, and that it happened.
    fn note_standing(&mut self, pid: Pid) {
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
}
