//! An upgrade: another process, of the program as it is now on disk, takes over the listeners and serves on. Until it says
//! that it is able to, it uses nothing, so it can be given up without a loss.

use std::ffi::OsString;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{self, Command};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, setsid};

use super::Master;
use super::generation::{Generation, Present};
use crate::activation;
use crate::control::ControlListener;
use crate::handler::Handler;
use crate::handover::{Adopted, Heard, Line, Offer, VARIABLE, Word};
use crate::listener::Listener;
use crate::monitor;
use crate::notify;
use crate::pid_file::PidFile;
use crate::process_table::Aim;
use crate::scoreboard::{Happening, Scoreboard};
use crate::snapshot::Observer;

/// How long a successor may take to say that it serves, once it may.
const OPEN_TIME: Duration = Duration::from_secs(5);
/// How long it may take beside its workers, from its start to the end.
const START_TIME: Duration = Duration::from_secs(5);

/// How this program was started, and is started again.
pub(super) struct Program {
    path: io::Result<PathBuf>,
    arguments: Vec<OsString>,
}

impl Program {
    /// As it is now: later another file may have its path.
    pub(super) fn of_this_process() -> Self {
        Self { path: std::env::current_exe(), arguments: std::env::args_os().collect() }
    }

    /// Starts it with an end of the line.
    fn start(&self, line: &Line) -> Result<Pid, String> {
        let path = self.path.as_ref().map_err(|error| format!("its own path is not known: {error}"))?;
        let end = line.bequeath().map_err(|error| format!("cannot pass on the line: {error}"))?;
        let mut command = Command::new(path);
        if let Some(name) = self.arguments.first() {
            command.arg0(name);
        }
        command.args(self.arguments.iter().skip(1)).env(VARIABLE, end.to_string());
        // What they say is about this process, whose number may one day be a later master's.
        for about_this_one in activation::VARIABLES.iter().chain([&notify::WATCHDOG_PID]) {
            command.env_remove(about_this_one);
        }
        let child = command.spawn().map_err(|error| format!("cannot start {}: {error}", path.display()))?;
        Ok(Pid::from_raw(i32::try_from(child.id()).expect("the kernel's pids are positive ints")))
    }
}

/// A successor that gets ready.
pub(super) struct Successor {
    pub(super) pid: Pid,
    pub(super) line: Line,
    /// Until when it has to have said its next word.
    pub(super) deadline: Option<Instant>,
    /// What it takes over; since then it may serve.
    adopted: Option<Adopted>,
    is_dead: bool,
}

impl Successor {
    /// Gives it up. Nothing has changed for it.
    pub(super) fn give_up(&self) {
        if !self.is_dead {
            // It fails when it is dead, and about to be reaped.
            let _ = kill(self.pid, Signal::SIGKILL);
        }
    }

    /// A process was reaped, whose number is free now.
    pub(super) fn note_death(&mut self, pid: Pid) {
        self.is_dead |= pid == self.pid;
    }
}

/// What another master offers.
pub(crate) struct Estate {
    pub(super) line: Line,
    pub(super) offer: Offer,
    pub(super) listeners: Vec<Listener>,
    pub(super) control: ControlListener,
    pub(super) monitor: Option<monitor::Listener>,
    pub(super) pid_file: Option<PidFile>,
}

impl Estate {
    /// Takes what comes over the line to a master, if this process was started with one.
    pub(super) fn take(line: Line, scoreboard: &mut Scoreboard) -> io::Result<Self> {
        // Its predecessor's end is the end of the job that a shell has started: what becomes of that is not its concern.
        let _ = setsid();
        let (offer, files) = line.take_offer()?;
        let mut files = files.into_iter();
        let mut next = || files.next().ok_or_else(|| io::Error::other("a descriptor is missing"));
        let mut listeners = Vec::new();
        for offered in &offer.listeners {
            listeners.push(Listener::borrow(next()?, offered, scoreboard.gate()));
        }
        let control = ControlListener::borrow(next()?, offer.control.clone(), offer.control_file.clone());
        let monitor = offer
            .monitor
            .as_ref()
            .map(|offered| Ok::<_, io::Error>(monitor::Listener::borrow(next()?, offered)));
        let monitor = monitor.transpose()?;
        let pid_file = match &offer.pid_file {
            Some(path) => Some(PidFile::adopt(next()?, path).map_err(io::Error::other)?),
            None => None,
        };
        Ok(Self { line, offer, listeners, control, monitor, pid_file })
    }

    pub(super) fn present(&self) -> Present<'_> {
        Present {
            listeners: &self.listeners,
            monitor: self.monitor.as_ref(),
            control: Some(self.control.address()),
            workers: Some(self.offer.workers),
            is_first: false,
        }
    }

    /// At which of the listeners that were offered others serve too.
    pub(super) fn adopted(&self, by: &[Listener]) -> Vec<bool> {
        let is_adopted = |offered: &Listener| by.iter().any(|own| own.is_shared_with(offered));
        self.listeners.iter().map(is_adopted).collect()
    }
}

/// The time between the start of a successor and its first accept.
pub(super) struct Succession {
    pub(super) line: Line,
    pub(super) from: u32,
    adopted: Adopted,
    control: ControlListener,
    said_ready: bool,
}

impl Succession {
    /// Between what is offered and what is to serve.
    pub(super) fn of<H>(estate: Estate, serving: &mut Generation<H>) -> Self {
        let adopted = Adopted {
            listeners: estate.adopted(&serving.listeners),
            control: serving.new_control.is_none(),
            pid_file: estate.offer.pid_file.is_some() && estate.pid_file.is_none(),
        };
        let Estate { line, offer, control, .. } = estate;
        // The control socket is elsewhere, if this one has opened another.
        let control = serving.new_control.take().unwrap_or(control);
        Self { line, from: offer.pid, adopted, control, said_ready: false }
    }
}

impl<H: Handler> Master<H> {
    /// Starts a successor.
    pub(super) fn begin_upgrade(&mut self, now: Instant) -> Result<Successor, String> {
        if process::id() == 1 {
            return Err("this master is PID 1, and its container ends with it: reload, or start a new container beside \
                        this one"
                .to_owned());
        }
        let told = |error: io::Error| format!("cannot hand over: {error}");
        let (ours, theirs) = Line::pair().map_err(told)?;
        let (offer, files) = self.offer()?;
        ours.offer(offer, &files).map_err(told)?;
        let pid = self.program.start(&theirs)?;
        tracing::info!(pid = pid.as_raw(), "upgrading: another master gets ready");
        self.scoreboard.note(Happening::Upgrading { pid: pid.as_raw().unsigned_abs() });
        let time = self.serving.config.timeouts.start;
        let deadline = time.map(|time| now + time + START_TIME);
        Ok(Successor { pid, line: ours, deadline, adopted: None, is_dead: false })
    }

    fn offer(&self) -> Result<(Offer, Vec<BorrowedFd<'_>>), String> {
        let control = self.control.listener().ok_or("another master has the control socket")?;
        let offer = Offer {
            generation: self.serving.number,
            pid: process::id(),
            listeners: self.serving.listeners.iter().map(Listener::offered).collect(),
            control: control.address().clone(),
            control_file: control.file().cloned(),
            workers: self.goal.workers,
            monitor: self.serving.monitor.as_ref().map(monitor::Listener::offered),
            pid_file: self.serving.config.pid_file.clone().filter(|_| self.pid_file.is_some()),
        };
        let listeners = self.serving.listeners.iter().map(AsFd::as_fd);
        let rest = [self.serving.monitor.as_ref().map(AsFd::as_fd), self.pid_file.as_ref().map(AsFd::as_fd)];
        Ok((offer, listeners.chain([control.as_fd()]).chain(rest.into_iter().flatten()).collect()))
    }

    /// Listens to the successor; what came of it, once that is known.
    pub(super) fn go_on_upgrading(
        &mut self,
        successor: &mut Successor,
        now: Instant,
    ) -> Option<Result<String, String>> {
        loop {
            match successor.line.receive() {
                Ok(Heard::Nothing) => break,
                Ok(Heard::Word(Word::Ready(adopted))) => {
                    let gone = self.serving.listeners.iter().zip(&adopted.listeners);
                    let gone = gone.filter(|(_, is_adopted)| !**is_adopted).map(|(listener, _)| listener);
                    if let Err(cause) = self.check_stranded(gone) {
                        return Some(Err(cause));
                    }
                    successor.adopted = Some(adopted);
                    successor.deadline = Some(now + OPEN_TIME);
                    if let Err(error) = successor.line.send(&Word::Go) {
                        return Some(Err(format!("cannot tell it to go: {error}")));
                    }
                }
                Ok(Heard::Word(Word::Open)) if successor.adopted.is_some() => {
                    return Some(Ok(self.yield_to(successor)));
                }
                Ok(Heard::Word(Word::Failed { cause })) => return Some(Err(cause)),
                Ok(Heard::Word(word)) => return Some(Err(format!("it said {word:?} when nobody asked"))),
                Ok(Heard::End) => {
                    return Some(Err("it ended before it was ready; the log has its own words".into()));
                }
                Err(error) => return Some(Err(format!("what it said is not understood: {error}"))),
            }
        }
        let is_late = successor.deadline.is_some_and(|deadline| deadline <= now);
        is_late.then(|| Err("it was not ready in time: timeouts.start and 5s".to_owned()))
    }

    /// The successor serves. Here those who are served already are served to the end; nothing is taken from it.
    fn yield_to(&mut self, successor: &Successor) -> String {
        let adopted = successor.adopted.clone().unwrap_or_default();
        for (listener, is_adopted) in self.serving.listeners.iter().zip(&adopted.listeners) {
            if !is_adopted && let Err(error) = listener.close_gate() {
                tracing::warn!("cannot keep new clients from {listener}: {error}; they are served or reset");
            }
        }
        self.manager.yield_to(successor.pid);
        // What it does not take over goes with this master.
        if let Some(pid_file) = self.pid_file.as_mut().filter(|_| adopted.pid_file) {
            pid_file.disown();
        }
        self.control.leave(adopted.control);
        self.answer_resters(false);
        self.table.monitor.end();
        self.goal.monitor = false;
        self.serving.listeners.clear();
        self.serving.monitor = None;
        self.observer = Observer::new(self.scoreboard.board(), Vec::new());
        self.goal.aim = Aim::Yield;
        format!("the master with pid {} serves; this one ends with its last connection", successor.pid)
    }

    /// As a successor: says that it is able to serve, and waits until it may. Without its predecessor it may at once.
    pub(super) fn go_on_succeeding(&mut self) {
        let Some(succession) = &mut self.succession else { return };
        if self.goal.may_open {
            return;
        }
        if !succession.said_ready && self.table.all_ready(&self.goal) {
            succession.said_ready = true;
            let ready = Word::Ready(succession.adopted.clone());
            if let Err(error) = succession.line.send(&ready) {
                tracing::debug!("cannot tell the master before that this one is ready: {error}");
            }
        }
        match succession.line.receive() {
            Ok(Heard::Nothing) => (),
            Ok(Heard::Word(Word::Go)) => self.goal.may_open = true,
            Ok(Heard::End) => {
                tracing::warn!("the master before, pid {}, is gone: taking over", succession.from);
                self.goal.may_open = true;
            }
            // It may say something else yet, or be gone.
            other => {
                tracing::warn!("the master before, pid {}, is not understood: {other:?}", succession.from);
            }
        }
    }

    /// As a successor: all that was offered is this master's from now on.
    pub(super) fn succeed(&mut self) {
        let Some(succession) = self.succession.take() else { return };
        let config = std::sync::Arc::clone(&self.serving.config);
        for listener in &mut self.serving.listeners {
            let was_borrowed = listener.own();
            let opened = if was_borrowed { listener.adapt(&config) } else { listener.open_gate() };
            if let Err(error) = opened {
                tracing::warn!("cannot set up {listener}: {error}");
            }
        }
        let mut control = succession.control;
        control.own();
        self.control.move_to(control);
        self.goal.monitor = self.serving.monitor.is_some();
        if let Some(Err(error)) = self.pid_file.as_mut().map(PidFile::write_own_pid) {
            tracing::error!("{error}");
        }
        let (from, generation) = (succession.from, self.serving.number);
        tracing::info!("took over from the master with pid {from}, as generation {generation}");
        self.scoreboard.note(Happening::Upgraded { from });
        // If it is gone there is nobody to hear it.
        let _ = succession.line.send(&Word::Open);
    }
}
