//! What the master says: its first line, and answers to questions.

use std::rc::Rc;
use std::time::{Duration, Instant};

use super::Master;
use crate::control::{self, Health, Question};
use crate::handler::Handler;
use crate::listener::Listener;
use crate::logging::{self, counted};
use crate::scoreboard::Phase;
use crate::snapshot::{MasterState, Status, readiness};
use crate::sys;

/// An answer that took more CPU time than this is given again to others.
const CHEAP: Duration = Duration::from_millis(5);
/// It is given again until so many times what it took has gone by: clients that ask all the time get a fifth of the
/// master's time.
const REUSE: u32 = 4;

/// Why there is no answer.
const UNREADABLE: &str = "the scoreboard cannot be read";

/// An answer that was given, and until when it is as good as a new one.
pub(super) struct Answer {
    request: Question,
    bytes: Rc<[u8]>,
    until: Instant,
}

impl<H: Handler> Master<H> {
    pub(super) fn announce(&mut self) {
        let is_successor = self.succession.is_some();
        self.succeed();
        self.table.note_open();
        let glance = self.glance();
        self.manager.ready(self.pid, &glance, Instant::now());
        if is_successor {
            // The one before has perhaps not yet named this process.
            self.manager.say_again();
        }
        let addresses: Vec<String> = self.serving.listeners.iter().map(ToString::to_string).collect();
        let limits = self.serving.listeners.iter().filter_map(Listener::queue).map(|queue| queue.limit);
        let page = self
            .serving
            .monitor
            .as_ref()
            .map_or(String::new(), |monitor| format!(", live page on http://{monitor}/"));
        let words = format!(
            "listening on {} with {} x {} = {}, backlog {}{page}",
            addresses.join(", "),
            counted(self.goal.workers as u64, "worker"),
            counted(self.serving.config.threads.get() as u64, "thread"),
            counted(self.capacity() as u64, "connection slot"),
            limits.min().unwrap_or(self.serving.config.backlog.get()),
        );
        tracing::info!(pid = std::process::id(), control = %self.serving.control, "{words}");
        logging::tell_starter(&format!("prefork-echo: {words}"));
        self.announce_confinement();
    }

    /// Says whom the children run as and what they are kept from.
    pub(super) fn announce_confinement(&self) {
        let confinement = &self.serving.confinement;
        if confinement.is_whole() {
            tracing::info!("{confinement}");
        } else {
            tracing::warn!("{confinement}");
        }
    }

    /// How many connections the pool is to serve at once.
    pub(super) fn capacity(&self) -> usize {
        self.goal.workers * self.serving.config.threads.get()
    }

    /// What the master answers.
    pub(super) fn answer_to(&mut self, request: Question) -> Rc<[u8]> {
        let began = sys::cpu_time();
        if let Some(answer) = self.answers.iter().find(|answer| answer.request == request) {
            return Rc::clone(&answer.bytes);
        }
        let bytes: Rc<[u8]> = match request {
            Question::Status => self.status(|status| control::written(&status)),
            Question::Queue => self.status(|mut status| {
                status.workers.iter_mut().for_each(|worker| worker.connections.clear());
                control::written(&status)
            }),
            Question::Events => match self.observer.events() {
                Some(events) => control::written(&events),
                None => control::failure(UNREADABLE),
            },
            Question::Health => control::written(&self.health()),
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
            None => control::failure(UNREADABLE),
        }
    }

    /// Whether the pool takes connections.
    fn health(&self) -> Health {
        let state = match self.phase() {
            Phase::Starting => MasterState::Starting,
            Phase::Running => MasterState::Running,
            Phase::Reloading => MasterState::Reloading,
            Phase::Upgrading => MasterState::Upgrading,
            Phase::Resting | Phase::Draining => MasterState::Draining,
        };
        let reason = readiness(state, self.table.accepting(), self.breaker.is_open()).err();
        Health { ready: reason.is_none(), reason: reason.map(str::to_owned) }
    }
}
