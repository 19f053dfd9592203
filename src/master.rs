//! The master: it binds, forks, signals and reaps. It never accepts, never reads a client's byte, and has one thread.
//!
//! Signals edit the [`Goal`]; each turn of the loop closes the gap between it and the process table.

use std::os::fd::AsFd;
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, poll};
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, getpid};

use crate::cgroup;
use crate::channel::{Channel, Drained, Order, Received, Report};
use crate::config::Config;
use crate::connection::LINGER;
use crate::death::Death;
use crate::error::Error;
use crate::handler::Handler;
use crate::listener::{self, Listener};
use crate::process_table::{Action, Goal, ProcessTable, Stage, Stop};
use crate::signals::{Blocked, Command, Signals};
use crate::sys::{self, Fate, Fork};
use crate::worker::{Worker, timeout_until};

/// Signals to stop that come closer together than this are one request.
const ONE_REQUEST: Duration = Duration::from_millis(200);

/// What a process that came out of [`Master::run`] is.
pub(crate) enum Life<H> {
    /// The master, whose pool has ended.
    Master,
    /// A worker that was just forked. The master that it was is dropped, and with it all that is not the worker's.
    Worker(Worker<H>),
}

/// The control of a pool.
pub(crate) struct Master<H> {
    config: Arc<Config>,
    handler: Arc<H>,
    listeners: Vec<Listener>,
    signals: Signals,
    table: ProcessTable,
    goal: Goal,
    generation: u64,
    /// What became of the connections of the workers that have left.
    drained: Drained,
    /// How many workers died without a last word.
    uncounted: u32,
    draining_since: Option<Instant>,
    /// Why the last worker died, for the case that the pool never opens.
    last_cause: Option<String>,
    out_of_memory_kills: Option<u64>,
}

impl<H: Handler> Master<H> {
    /// Opens the listeners. Nothing is forked yet.
    pub(crate) fn new(config: Config, handler: H) -> Result<Self, Error> {
        // Before all else: a signal that comes while the pool is starting must find it able to obey.
        let signals = Signals::of_master().map_err(Error::system("subscribe to signals"))?;
        let listeners = listener::open_all(&config)?;
        let timeouts = config.timeouts;
        Ok(Self {
            goal: Goal {
                workers: config.worker_count(),
                start_timeout: timeouts.start,
                leave_timeout: timeouts.drain.map(|drain| drain + LINGER),
                stop: Stop::No,
            },
            config: Arc::new(config),
            handler: Arc::new(handler),
            listeners,
            signals,
            table: ProcessTable::new(Instant::now()),
            generation: 1,
            drained: Drained::default(),
            uncounted: 0,
            draining_since: None,
            last_cause: None,
            out_of_memory_kills: cgroup::out_of_memory_kills(),
        })
    }

    /// Runs the pool to its end. In a worker it returns too: see [`Life`].
    pub(crate) fn run(mut self) -> Result<Life<H>, Error> {
        loop {
            self.hear();
            self.reap()?;
            for action in self.table.plan(&self.goal, Instant::now()) {
                if let Some(worker) = self.act(&action)? {
                    return Ok(Life::Worker(worker));
                }
            }
            if self.goal.stop != Stop::No && self.table.workers.is_empty() {
                self.finish();
                return Ok(Life::Master);
            }
            for command in self.wait()? {
                self.obey(command);
            }
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
                    Ok(Received::Message(Report::Drained(drained))) => {
                        worker.has_counted = true;
                        self.drained += drained;
                    }
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
                Fate::Stopped => self.table.note_unable(pid),
            }
        }
        Ok(())
    }

    fn bury(&mut self, pid: Pid, status: ExitStatus) {
        let now = Instant::now();
        let Some((worker, wait)) = self.table.remove(pid, now) else {
            tracing::debug!(pid = pid.as_raw(), "reaped a process that is none of ours");
            return;
        };
        self.uncounted +=
            u32::from(!worker.has_counted && !matches!(worker.stage, Stage::Starting | Stage::Ready));
        let death = Death::of(status, self.was_out_of_memory(status));
        let (id, lived) = (worker.id, now - worker.spawned);
        if matches!(worker.stage, Stage::Leaving { .. }) && status.success() {
            tracing::info!(worker = id, pid = pid.as_raw(), "worker left after {lived:.1?}");
            return;
        }
        let next = match self.goal.stop {
            Stop::No if wait.is_zero() => "; respawning".to_owned(),
            Stop::No => format!("; respawning in {wait:?}"),
            Stop::Draining | Stop::Now => String::new(),
        };
        tracing::warn!(
            worker = id,
            pid = pid.as_raw(),
            generation = self.generation,
            "worker died after {lived:.1?}: {death}{next}"
        );
        self.last_cause = Some(format!("worker {id} (pid {pid}) {death}"));
    }

    /// Whether the kernel killed for want of memory since it was last asked.
    fn was_out_of_memory(&mut self, status: ExitStatus) -> bool {
        use std::os::unix::process::ExitStatusExt;
        if status.signal() != Some(Signal::SIGKILL as i32) {
            return false;
        }
        let before = std::mem::replace(&mut self.out_of_memory_kills, cgroup::out_of_memory_kills());
        before < self.out_of_memory_kills && before.is_some()
    }

    /// Carries out one step of the plan. In a new child it returns what the child is to live as.
    fn act(&mut self, action: &Action) -> Result<Option<Worker<H>>, Error> {
        match *action {
            Action::Spawn { id } => return self.spawn(id),
            Action::Tell { pid, order } => self.tell(pid, order),
            Action::Open => self.announce(),
            Action::Kill { pid, why } => self.kill(pid, why),
            Action::GiveUp => return Err(self.give_up()),
        }
        Ok(None)
    }

    fn spawn(&mut self, id: usize) -> Result<Option<Worker<H>>, Error> {
        let (ours, theirs) = match Channel::pair() {
            Ok(pair) => pair,
            Err(error) => {
                self.note_failed_spawn(id, &error);
                return Ok(None);
            }
        };
        let blocked = Blocked::all().map_err(Error::system("block signals"))?;
        let master = getpid();
        match sys::fork() {
            Ok(Fork::Parent(pid)) => {
                tracing::debug!(
                    worker = id,
                    pid = pid.as_raw(),
                    generation = self.generation,
                    "worker spawned"
                );
                self.table.add(pid, id, ours, Instant::now());
                Ok(None)
            }
            Ok(Fork::Child) => Ok(Some(Worker {
                id,
                generation: self.generation,
                master,
                config: Arc::clone(&self.config),
                handler: Arc::clone(&self.handler),
                listeners: std::mem::take(&mut self.listeners),
                channel: theirs,
                blocked,
            })),
            Err(error) => {
                self.note_failed_spawn(id, &error);
                Ok(None)
            }
        }
    }

    fn note_failed_spawn(&mut self, id: usize, error: &std::io::Error) {
        let wait = self.table.note_failed_spawn(id, Instant::now());
        tracing::warn!(worker = id, "cannot fork: {error}; trying again in {wait:?}");
        self.last_cause = Some(format!("worker {id} could not be forked: {error}"));
    }

    fn tell(&mut self, pid: Pid, order: Order) {
        let Some(worker) = self.table.find(pid) else { return };
        let told = worker.channel.as_ref().map_or(Ok(()), |channel| channel.send(order));
        if let Err(error) = told {
            // A dead one is about to be reaped. One that is stopped has enough orders to look at when it goes on.
            tracing::debug!(
                worker = worker.id,
                pid = pid.as_raw(),
                "cannot tell the worker {order:?}: {error}"
            );
        }
        self.table.note_told(pid, order, &self.goal, Instant::now());
    }

    fn kill(&mut self, pid: Pid, why: &str) {
        let Some(worker) = self.table.find(pid) else { return };
        tracing::warn!(worker = worker.id, pid = pid.as_raw(), "killing the worker: {why}");
        worker.stage = Stage::Killed;
        // It fails when the process is dead already, and then it is about to be reaped.
        let _ = kill(pid, Signal::SIGKILL);
    }

    fn announce(&mut self) {
        self.table.note_open();
        let addresses: Vec<String> = self.listeners.iter().map(ToString::to_string).collect();
        let limits = self.listeners.iter().filter_map(Listener::queue).map(|queue| queue.limit);
        tracing::info!(
            pid = std::process::id(),
            "listening on {} with {} x {} = {}, backlog {}",
            addresses.join(", "),
            counted(self.goal.workers, "worker"),
            counted(self.config.threads.get(), "thread"),
            counted(self.config.capacity(), "connection slot"),
            limits.min().unwrap_or(self.config.backlog.get()),
        );
    }

    fn give_up(&self) -> Error {
        for worker in &self.table.workers {
            // They hold no connection, and see the end of their line if this fails.
            let _ = kill(worker.pid, Signal::SIGKILL);
        }
        self.close_gates();
        let waited = self.goal.start_timeout.unwrap_or_default();
        let cause = self.last_cause.as_deref().unwrap_or("they are still starting");
        Error::Start(format!("not every worker was ready within timeouts.start = {waited:?}: {cause}"))
    }

    /// Waits until something happens or is due.
    fn wait(&mut self) -> Result<Vec<Command>, Error> {
        let timeout = timeout_until(self.table.next_deadline(&self.goal), Instant::now());
        let channels =
            self.table.workers.iter().filter_map(|worker| worker.channel.as_ref().map(AsFd::as_fd));
        let files = std::iter::once(self.signals.as_fd()).chain(channels);
        let mut files: Vec<PollFd<'_>> = files.map(|file| PollFd::new(file, PollFlags::POLLIN)).collect();
        match poll(&mut files, timeout) {
            Ok(_) | Err(Errno::EINTR) => Ok(self.signals.take()),
            Err(error) => Err(Error::system("wait for signals and workers")(error)),
        }
    }

    fn obey(&mut self, command: Command) {
        match command {
            // The next turn reaps.
            Command::Reap => (),
            Command::Drain(signal) => self.stop(signal),
        }
    }
}

impl<H> Master<H> {
    /// The first time: whoever is there is served, nobody new comes. The second time, unless it is HUP: at once.
    fn stop(&mut self, signal: Signal) {
        let timeout =
            self.config.timeouts.drain.map_or("for ever".to_owned(), |drain| format!("{drain:?} at most"));
        self.goal.stop = match self.goal.stop {
            Stop::No => {
                self.close_gates();
                self.draining_since = Some(Instant::now());
                tracing::info!(
                    waiting = self.queued(),
                    "draining on {signal}: serving who is connected or waiting, {timeout}; a second signal stops at once"
                );
                Stop::Draining
            }
            // A terminal that goes away sends it, and so does its shell: nobody asks for haste.
            Stop::Draining if signal == Signal::SIGHUP => Stop::Draining,
            // timeout(1) and others send theirs to the process and then to its group.
            Stop::Draining if self.draining_since.is_some_and(|since| since.elapsed() < ONE_REQUEST) => {
                Stop::Draining
            }
            Stop::Draining => {
                tracing::info!("stopping at once on a second signal, {signal}");
                Stop::Now
            }
            Stop::Now => Stop::Now,
        };
    }

    fn close_gates(&self) {
        for listener in &self.listeners {
            if let Err(error) = listener.close_gate() {
                tracing::warn!("cannot keep new clients from {listener}: {error}; they are served or reset");
            }
        }
    }

    /// How many wait in the accept queues that tell.
    fn queued(&self) -> u32 {
        self.listeners.iter().filter_map(Listener::queue).map(|queue| queue.waiting).sum()
    }

    fn finish(&self) {
        let (Drained { served, cut }, queued) = (self.drained, self.queued());
        let unknown = match self.listeners.iter().filter(|listener| listener.queue().is_none()).count() {
            0 => String::new(),
            count => format!(" ({} not told)", counted(count, "unix queue")),
        };
        let uncounted = match self.uncounted {
            0 => String::new(),
            workers => format!("; not counting {} that died", counted(workers as usize, "worker")),
        };
        tracing::info!(
            served,
            cut,
            queued,
            "stopped: {} served in all, {cut} cut, {queued} still queued{unknown}{uncounted}",
            counted(usize::try_from(served).unwrap_or(usize::MAX), "connection"),
        );
    }
}

/// "1 worker", "2 workers".
fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}
