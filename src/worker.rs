//! A worker's life, in the process that the master forked: get ready, accept when told to, drain, leave.

mod access;
mod admit;
mod room;
mod slots;

use std::io;
use std::net::Shutdown;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, poll};
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::Signal;
use nix::unistd::{Pid, getppid};

use crate::accept_turn::{Mode, Turn};
use crate::admission::Admission;
use crate::buffer::Spares;
use crate::channel::{Channel, Order, Received, Report};
use crate::config::Config;
use crate::confinement::{Confinement, Role};
use crate::connection::LINGER;
use crate::error::Error;
use crate::handler::Handler;
use crate::listener::Listener;
use crate::logging;
use crate::parting::Parting;
use crate::patience::Terms;
use crate::scoreboard::Rows;
use crate::signals::{self, Blocked, Signals};
use crate::sys::timeout_until;
use crate::title::WorkerTitle;
use crate::wear::{Memory, Wearing};
use access::Access;
use slots::Shared;

/// How long threads may take to notice that their connection was closed, and to write their line in the log.
const NOTICE: Duration = Duration::from_millis(100);

/// When a report that did not reach the master is tried again.
const TELL_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// What a worker is born with. All else of the master is closed before it lives.
pub(crate) struct Worker<H> {
    pub(crate) id: usize,
    pub(crate) generation: u64,
    /// The process that forked it.
    pub(crate) master: Pid,
    pub(crate) config: Arc<Config>,
    /// Whom it runs as, and what it is kept from.
    pub(crate) confinement: Confinement,
    pub(crate) handler: Arc<H>,
    pub(crate) listeners: Vec<Listener>,
    pub(crate) channel: Channel,
    /// Where it says what it does.
    pub(crate) rows: Rows,
    /// No signal gets through before the worker has its own subscription.
    pub(crate) blocked: Blocked,
}

/// Where the worker stands on its way out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Course {
    /// It stays.
    Staying,
    /// It finishes its connections, until then.
    Draining { until: Option<Instant> },
    /// It has half-closed what was left, and waits for the peers to close too, until then.
    Lingering { until: Instant },
    /// It has closed what was left then, and waits for the threads to notice, until then.
    Closing { until: Instant },
}

/// What the master knows of a worker's wear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Notice {
    /// Nothing. There is something to tell then, if not before.
    Due(Option<Instant>),
    /// That a limit is reached.
    Given,
}

/// A worker's first thread: it takes orders, and no connections.
struct FirstThread<H> {
    shared: Arc<Shared<H>>,
    channel: Channel,
    signals: Signals,
    /// Until the order to accept.
    listeners: Option<Vec<Listener>>,
    course: Course,
    /// Its end of the channel has been heard: without a master there is nothing more to hear.
    orphan: bool,
    /// Somebody sent TERM.
    leaving: bool,
    closed_reported: bool,
    notice: Notice,
}

impl<H: Handler> Worker<H> {
    /// Lives. Returns when the worker has left; the process ends then.
    pub(crate) fn run(self) -> Result<(), Error> {
        let refused = |cause: String| Error::Worker { id: self.id, cause };
        // Before all else: what comes after it, it does without the master's rights.
        self.confinement.assume_identity().map_err(refused)?;
        // The master may have been told to log otherwise than this worker's configuration says.
        logging::change_in_child(self.config.log);
        logging::tell_panics();
        let signals = Signals::of_worker().map_err(Error::system("subscribe to signals"))?;
        self.blocked.unblock_all_but_ignored_and_term().map_err(Error::system("unblock signals"))?;
        // Until it obeys its channel, it could not learn otherwise that the master is gone.
        bind_life_to(self.master).map_err(Error::system("bind the worker's life to the master's"))?;
        self.handler.start().map_err(|error| refused(error.to_string()))?;
        let slots = self.config.threads.get();
        let now = Instant::now();
        let quick = self.handler.is_quick() && self.config.work.is_none();
        let parting = self.config.timeouts.drain_idle.map(Parting::new);
        let shared = Arc::new(Shared {
            id: self.id,
            generation: self.generation,
            turn: Turn::new(slots, quick, self.rows.worker).map_err(Error::system("make the accept turn"))?,
            rows: self.rows,
            admission: Admission::new(&self.config.limits),
            terms: Terms::of(&self.config),
            spares: Spares::default(),
            wearing: Wearing::new(&self.config.limits, now),
            access: Access::new(&self.config.log),
            memory: Memory::of_this_process(&self.config.limits),
            title: WorkerTitle::new(self.id, self.generation, slots, now),
            parting: parting.transpose().map_err(Error::system("make the signal of a drain"))?,
            sockets: (0..slots).map(|_| Mutex::new(None)).collect(),
            cutting: AtomicBool::new(false),
            config: self.config,
            handler: self.handler,
        });
        // What the service needs is open, and there is one thread still.
        enter_sandbox(&self.confinement, self.id, self.rows).map_err(refused)?;
        let first = shared.start_thread(shared.turn.first_slot());
        first.map_err(|error| refused(format!("no thread: {error}")))?;
        signals::unblock_term().map_err(Error::system("unblock SIGTERM"))?;
        let first = FirstThread {
            notice: Notice::Due(shared.wearing.old_at()),
            shared,
            channel: self.channel,
            signals,
            listeners: Some(self.listeners),
            course: Course::Staying,
            orphan: false,
            leaving: false,
            closed_reported: false,
        };
        set_pdeathsig(None).map_err(Error::system("unbind the worker's life"))?;
        first.report(Report::Ready);
        first.obey().map_err(Error::system("wait for orders"))
    }
}

fn bind_life_to(master: Pid) -> io::Result<()> {
    set_pdeathsig(Signal::SIGKILL)?;
    if getppid() == master { Ok(()) } else { Err(io::Error::other("the master is gone")) }
}

fn enter_sandbox(confinement: &Confinement, id: usize, rows: Rows) -> Result<(), String> {
    let failures = confinement.enter(Role::Worker, &rows.worker.forbidden)?;
    // It is the same for all, so one of them says it.
    if !failures.is_empty() && id == 0 {
        tracing::warn!("workers are confined only in part: {}", failures.join("; "));
    }
    Ok(())
}

impl<H: Handler> FirstThread<H> {
    fn obey(mut self) -> io::Result<()> {
        let mut misses_log = false;
        loop {
            self.wait()?;
            if !self.signals.take().is_empty() {
                self.obey_signal();
            }
            while !self.orphan {
                match self.channel.receive()? {
                    Received::Nothing => break,
                    Received::Message(order) => self.carry_out(order)?,
                    Received::Log(file) => misses_log = !self.follow_log(file, misses_log),
                    // The master is gone. Nobody can take the port as long as we listen on it.
                    Received::Closed => {
                        self.orphan = true;
                        self.leave(|shared| shared.turn.close());
                        self.shared.turn.close();
                        tracing::warn!(worker = self.shared.id, "the master is gone, leaving");
                    }
                }
            }
            self.shared.turn.quiet();
            if self.advance() {
                return Ok(());
            }
        }
    }

    /// Logs where the master has it now; false where there is no room for a descriptor, which is said once. Then it is sent
    /// again.
    fn follow_log(&self, file: io::Result<OwnedFd>, misses_log: bool) -> bool {
        match file {
            Ok(file) => {
                logging::follow(Some(file.into()), self.shared.config.log);
                true
            }
            Err(error) => {
                if !misses_log {
                    let worker = self.shared.id;
                    tracing::warn!(
                        worker,
                        "cannot take the log's new file, writing on into the old until it can: {error}"
                    );
                }
                if !self.report(Report::LogMissed) {
                    self.shared.turn.repeat(Report::LogMissed);
                }
                false
            }
        }
    }

    /// TERM: the master finds a replacement first. Without a master there is nobody to wait for.
    fn obey_signal(&mut self) {
        if self.orphan {
            return self.stop();
        }
        self.leaving = true;
        // Before the order to accept the master would not know what to replace.
        if self.listeners.is_none() {
            self.report(Report::Leaving);
        }
        tracing::info!(worker = self.shared.id, "asked to leave by SIGTERM, waits for its replacement");
    }

    fn carry_out(&mut self, order: Order) -> io::Result<()> {
        match order {
            Order::Go => {
                if let Some(listeners) = self.listeners.take() {
                    self.shared.turn.open(listeners)?;
                }
                if self.leaving {
                    self.report(Report::Leaving);
                }
            }
            Order::Poke => self.shared.turn.poke(),
            Order::Retire => self.leave(|shared| shared.turn.retire()),
            Order::Drain => self.leave(|shared| shared.turn.drain()),
            Order::Stop => self.stop(),
            Order::Arm => self.shared.turn.arm(),
            Order::MakeRoom { count, asked } => self.shared.make_room(count, asked),
            Order::Ask => self.shared.turn.ask(Instant::now()),
        }
        Ok(())
    }

    fn leave(&mut self, accepting: impl FnOnce(&Arc<Shared<H>>)) {
        if self.course == Course::Staying {
            let until = self.shared.config.timeouts.drain.map(|drain| Instant::now() + drain);
            self.course = Course::Draining { until };
            // A worker that never got its order to accept has them still.
            self.listeners = None;
            accepting(&self.shared);
            tracing::debug!(worker = self.shared.id, "worker drains");
            self.shared.title.show_draining();
            if let Some(parting) = &self.shared.parting {
                parting.begin();
            }
        }
    }

    /// Leaves at once.
    fn stop(&mut self) {
        self.leave(|shared| shared.turn.close());
        self.shared.turn.close();
        self.shared.cut(Shutdown::Write);
        self.course = Course::Lingering { until: Instant::now() };
    }

    /// Does what is due; true when the worker has left.
    fn advance(&mut self) -> bool {
        let now = Instant::now();
        let (mode, busy) = self.shared.turn.status();
        self.shared.title.show_busy(busy, now);
        if mode == Mode::Closed && !self.closed_reported {
            self.closed_reported = true;
            self.report(Report::Closed);
        }
        for report in self.shared.turn.take_reports() {
            if !self.report(report) {
                self.shared.turn.repeat(report);
            }
        }
        self.tell_wear(now);
        if self.shared.turn.call_at().is_some_and(|at| at <= now) {
            self.shared.turn.call_again(now);
        }
        self.shared.start_wanted_threads();
        let left = self.course != Course::Staying && mode == Mode::Closed && busy == 0;
        if !left && self.deadline().is_none_or(|deadline| deadline > now) {
            return false;
        }
        self.course = match self.course {
            _ if left => return true,
            Course::Staying => return false,
            Course::Draining { .. } => {
                self.shared.turn.close();
                self.shared.cut(Shutdown::Write);
                Course::Lingering { until: now + LINGER + NOTICE }
            }
            Course::Lingering { .. } => {
                self.shared.cut(Shutdown::Both);
                Course::Closing { until: now + NOTICE }
            }
            Course::Closing { .. } => return true,
        };
        false
    }

    /// Tells the master, once, that this worker has served long enough.
    fn tell_wear(&mut self, now: Instant) {
        if self.notice == Notice::Given || !self.is_replaceable() {
            return;
        }
        if let Some(wear) = self.shared.wearing.reached(now) {
            let told = self.report(Report::Worn(wear));
            self.notice = if told { Notice::Given } else { Notice::Due(Some(now + TELL_AGAIN_AFTER)) };
        }
    }

    /// Whether it accepts, and nobody has told it to leave.
    fn is_replaceable(&self) -> bool {
        self.listeners.is_none() && self.course == Course::Staying
    }

    /// When it is time to look whether there is something to tell.
    fn tell_at(&self) -> Option<Instant> {
        match self.notice {
            Notice::Due(at) if self.is_replaceable() => at,
            Notice::Due(_) | Notice::Given => None,
        }
    }

    /// When the course changes by itself.
    fn deadline(&self) -> Option<Instant> {
        match self.course {
            Course::Staying => None,
            Course::Draining { until } => until,
            Course::Lingering { until } | Course::Closing { until } => Some(until),
        }
    }

    /// Whether the master will hear of it.
    fn report(&self, report: Report) -> bool {
        let sent = self.channel.send(report);
        if let Err(error) = &sent {
            tracing::debug!(worker = self.shared.id, "cannot report {report:?} to the master: {error}");
        }
        sent.is_ok()
    }

    /// Waits for an order, a signal, a change among the connections, or the end of the time.
    fn wait(&self) -> io::Result<()> {
        let due = [self.deadline(), self.shared.turn.call_at(), self.tell_at()];
        let until = due.into_iter().flatten().min();
        let changed = self.shared.turn.changed();
        let mut files = [self.channel.as_fd(), self.signals.as_fd(), changed.as_fd()]
            .map(|file| PollFd::new(file, PollFlags::POLLIN));
        let files = if self.orphan { &mut files[1..] } else { &mut files[..] };
        match poll(files, timeout_until(until, Instant::now())) {
            Ok(_) | Err(nix::errno::Errno::EINTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}
