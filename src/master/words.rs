//! What the master says: its first and its last line, saturation, and answers at the control socket.

use std::rc::Rc;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};

use super::{Master, ONE_REQUEST};
use crate::control::{self, Health, Request};
use crate::error::Error;
use crate::listener::Listener;
use crate::logging::{counted, seconds};
use crate::process_table::Stop;
use crate::saturation::Edge;
use crate::scoreboard::Happening;
use crate::snapshot::{MasterState, Status, readiness};
use crate::sys::{self, Moment};

/// An answer that took more CPU time than this is given again to others.
const CHEAP: Duration = Duration::from_millis(5);
/// It is given again until so many times what it took has gone by: clients that ask all the time get a fifth of the
/// master's time.
const REUSE: u32 = 4;

/// An answer that was given, and until when it is as good as a new one.
pub(super) struct Answer {
    request: Request,
    bytes: Rc<[u8]>,
    until: Instant,
}

impl<H> Master<H> {
    pub(super) fn announce(&mut self) {
        self.table.note_open();
        let addresses: Vec<String> = self.listeners.iter().map(ToString::to_string).collect();
        let limits = self.listeners.iter().filter_map(Listener::queue).map(|queue| queue.limit);
        let page = self
            .monitor_listener
            .as_ref()
            .map_or(String::new(), |monitor| format!(", live page on http://{monitor}/"));
        tracing::info!(
            pid = std::process::id(),
            control = %self.control,
            "listening on {} with {} x {} = {}, backlog {}{page}",
            addresses.join(", "),
            counted(self.goal.workers as u64, "worker"),
            counted(self.config.threads.get() as u64, "thread"),
            counted(self.config.capacity() as u64, "connection slot"),
            limits.min().unwrap_or(self.config.backlog.get()),
        );
    }

    pub(super) fn give_up(&self) -> Error {
        for worker in &self.table.workers {
            // They hold no connection, and see the end of their line if this fails.
            let _ = kill(worker.pid, Signal::SIGKILL);
        }
        self.close_gates();
        let waited = self.goal.start_timeout.unwrap_or_default();
        let cause = self.last_cause.as_deref().unwrap_or("they are still starting");
        Error::Start(format!("not every worker was ready within timeouts.start = {waited:?}: {cause}"))
    }

    /// The first time: whoever is there is served, nobody new comes. The second time, unless it is HUP: at once.
    pub(super) fn stop(&mut self, signal: Signal) {
        let timeout =
            self.config.timeouts.drain.map_or("for ever".to_owned(), |drain| format!("{drain:?} at most"));
        self.goal.stop = match self.goal.stop {
            Stop::No => {
                self.close_gates();
                self.draining_since = Some(Instant::now());
                let waiting = self.queued();
                tracing::info!(
                    waiting,
                    "draining on {signal}: serving who is connected or waiting, {timeout}; a second signal stops at once"
                );
                self.scoreboard.note(Happening::Stopping { waiting });
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
    pub(super) fn queued(&mut self) -> u64 {
        let tcp: u64 =
            self.listeners.iter().filter_map(Listener::queue).map(|queue| u64::from(queue.waiting)).sum();
        let unix: u64 = self.observer.unix_queues().into_iter().flatten().sum();
        tcp + unix
    }

    pub(super) fn note_saturation(&mut self, edge: Edge, waiting: u64) {
        match edge {
            Edge::Begin { ago } => {
                let since = Moment::at(Moment::now().nanos().saturating_sub(nanos(ago)));
                self.scoreboard.begin_saturation(since);
                self.scoreboard.note(Happening::SaturationBegin { waiting });
                let capacity = self.config.capacity();
                tracing::warn!(waiting, capacity, "saturation begin: no slot is idle, whoever comes waits");
            }
            Edge::End { lasted, peak } => {
                // Unix sockets do not tell how long anybody waited.
                let is_told = self.listeners.iter().any(|listener| listener.queue().is_some());
                let waits = self.scoreboard.queue_waits().since(&self.waits_before);
                let waited = is_told.then(|| waits.noticeable());
                let longest = is_told.then(|| self.scoreboard.longest_wait());
                self.scoreboard.end_saturation(Moment::now());
                self.scoreboard.note(Happening::SaturationEnd { lasted, peak, longest, waited });
                tracing::info!(
                    lasted = seconds(lasted),
                    peak_queue = peak,
                    longest_wait = longest.map(seconds),
                    waited,
                    "saturation end: {}",
                    if self.goal.stop == Stop::No { "slots are idle again" } else { "the pool stops" }
                );
            }
        }
    }

    /// What the master answers.
    pub(super) fn answer_to(&mut self, request: Request) -> Rc<[u8]> {
        let began = sys::cpu_time();
        if let Some(answer) = self.answers.iter().find(|answer| answer.request == request) {
            return Rc::clone(&answer.bytes);
        }
        let bytes: Rc<[u8]> = match request {
            Request::Status => self.status(|status| control::written(&status)),
            Request::Queue => self.status(|mut status| {
                status.workers.iter_mut().for_each(|worker| worker.connections.clear());
                control::written(&status)
            }),
            Request::Health => control::written(&self.health()),
        }
        .into();
        let (now, cost) = (Instant::now(), sys::cpu_time().saturating_sub(began));
        let until = if cost > CHEAP { now + cost * REUSE } else { now };
        self.answers.push(Answer { request, bytes: Rc::clone(&bytes), until });
        bytes
    }

    /// Forgets answers that are no longer good. Those that are given in one turn of the loop share one.
    pub(super) fn forget_answers(&mut self) {
        let now = Instant::now();
        self.answers.retain(|answer| answer.until > now);
    }

    fn status(&mut self, write: impl FnOnce(Status) -> Vec<u8>) -> Vec<u8> {
        match self.observer.status() {
            Some(status) => write(status),
            None => control::failure("the scoreboard cannot be read"),
        }
    }

    /// Whether the pool takes connections.
    fn health(&self) -> Health {
        let state = match self.goal.stop {
            Stop::No if !self.table.is_open() => MasterState::Starting,
            Stop::No => MasterState::Running,
            Stop::Draining | Stop::Now => MasterState::Draining,
        };
        let reason = readiness(state, self.table.accepting()).err();
        Health { ready: reason.is_none(), reason: reason.map(str::to_owned) }
    }

    pub(super) fn finish(&mut self) {
        if let Some(edge) = self.saturation.end(Instant::now()) {
            self.note_saturation(edge, 0);
        }
        self.table.monitor.end();
        let all = self.scoreboard.folded();
        let (cut, queued, lost) = (all.cut + self.cut, self.queued(), self.lost);
        let served = all.closed.saturating_sub(cut + lost);
        let unknown = match self.observer.unix_queues().iter().filter(|queue| queue.is_none()).count() {
            0 => String::new(),
            count => format!(" ({} not told)", counted(count as u64, "unix queue")),
        };
        let of_the_dead = match lost {
            0 => String::new(),
            lost => format!(", {lost} lost with workers that died"),
        };
        tracing::info!(
            served,
            cut,
            queued,
            lost,
            "stopped: {} served in all, {cut} cut, {queued} still queued{unknown}{of_the_dead}",
            counted(served, "connection"),
        );
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
