//! Changes of the pool as transactions: one at a time, in the order in which they were asked for, each with an outcome.

use std::collections::VecDeque;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use super::Master;
use super::generation::Generation;
use super::succession::Successor;
use crate::config::{Config, Place, SLOTS_MAX};
use crate::control::{self, Change, Outcome, Progress, Size, Ticket};
use crate::handler::Handler;
use crate::limits;
use crate::listener::Listener;
use crate::logging::{self, counted};
use crate::process_table::{Aim, Next};
use crate::scoreboard::{Happening, WhyScaled};
use crate::snapshot::Observer;

/// The most changes that may wait.
const WAITING_MAX: usize = 64;

/// How long those who leave may take to stop accepting before it is said that the change has taken effect. They do so at
/// once, unless the machine is very busy.
const SETTLE: Duration = Duration::from_secs(1);

/// A change that was asked for, and who wants to hear of its outcome.
struct Wish {
    change: Change,
    askers: Vec<Ticket>,
}

/// A change under way.
struct Current {
    wish: Wish,
    began: Instant,
    course: Course,
}

/// How far it is.
enum Course {
    /// The next generation gets ready.
    Preparing,
    /// It failed, and its workers are about to be gone.
    Failing { cause: String },
    /// Another master gets ready.
    Upgrading(Successor),
    /// It has taken effect, once those who leave accept nobody any more.
    Settling { words: String, until: Instant },
    /// The pool gets another size. `before` is what it goes back to.
    Scaling { before: usize, deadline: Option<Instant>, failed: Option<String> },
}

/// All changes that were asked for and have no outcome yet.
#[derive(Default)]
pub(super) struct Changes {
    waiting: VecDeque<Wish>,
    current: Option<Current>,
    /// Why the first of those that wait does not begin, if it was said already.
    held_up: Option<String>,
}

impl Changes {
    /// Whether a reload is under way.
    pub(super) fn is_reloading(&self) -> bool {
        self.current.as_ref().is_some_and(|current| current.wish.change == Change::Reload)
    }

    /// Whether an upgrade is under way.
    pub(super) fn is_upgrading(&self) -> bool {
        self.current.as_ref().is_some_and(|current| current.wish.change == Change::Upgrade)
    }

    /// The line to the successor that gets ready.
    pub(super) fn line(&self) -> Option<BorrowedFd<'_>> {
        match &self.current.as_ref()?.course {
            Course::Upgrading(successor) => Some(successor.line.as_fd()),
            _ => None,
        }
    }

    /// Whether anything is under way.
    pub(super) fn is_busy(&self) -> bool {
        self.current.is_some()
    }

    /// When the one under way is given up.
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        match &self.current.as_ref()?.course {
            Course::Scaling { deadline, .. } => *deadline,
            Course::Upgrading(successor) => successor.deadline,
            Course::Settling { until, .. } => Some(*until),
            // The goal has it.
            Course::Preparing | Course::Failing { .. } => None,
        }
    }
}

impl<H: Handler> Master<H> {
    /// Puts a change among those that wait. Reloads that wait are one: the last file counts.
    pub(super) fn wish(&mut self, change: Change, asker: Option<Ticket>) {
        let waiting = &mut self.changes.waiting;
        let is_alike = |last: &&mut Wish| last.change == change && !matches!(change, Change::Scale(_));
        if let Some(last) = waiting.back_mut().filter(is_alike) {
            last.askers.extend(asker);
        } else if waiting.len() < WAITING_MAX {
            waiting.push_back(Wish { change, askers: asker.into_iter().collect() });
        } else {
            tracing::warn!("refusing to {}: {WAITING_MAX} changes wait already", verb(change));
            self.tell_outcome(
                asker.into_iter().collect(),
                Err("too many changes wait already".into()),
                Duration::ZERO,
            );
        }
    }

    /// Goes on with the changes; whether anything is different now.
    pub(super) fn go_on(&mut self) -> bool {
        let now = Instant::now();
        let is_done = matches!(&self.changes.current, Some(Current { course: Course::Settling { .. }, .. }));
        if self.goal.aim.is_end() && !is_done {
            return self.refuse_changes();
        }
        match &self.changes.current {
            // Until the first workers accept there is nothing to change.
            None => self.table.is_open() && self.begin_next(now),
            Some(Current { course: Course::Preparing, .. }) => false,
            Some(Current { course: Course::Failing { cause }, .. }) => {
                let number = self.goal.generation;
                let cause = cause.clone();
                let is_gone = self.table.workers.iter().all(|worker| worker.generation <= number);
                is_gone && self.end_change(Err(cause))
            }
            Some(Current { course: Course::Scaling { .. }, .. }) => self.go_on_scaling(now),
            Some(Current { course: Course::Upgrading(_), .. }) => self.hear_successor(now),
            Some(Current { course: Course::Settling { words, until }, .. }) => {
                let words = words.clone();
                (*until <= now || !self.table.is_letting_go()) && self.end_change(Ok(words))
            }
        }
    }

    /// The pool ends: nothing changes any more.
    fn refuse_changes(&mut self) -> bool {
        if self.next.is_some() {
            self.abandon("the pool stops");
        }
        let cause = "the pool stops";
        let waiting = std::mem::take(&mut self.changes.waiting);
        for wish in waiting {
            self.tell_outcome(wish.askers, Err(cause.into()), Duration::ZERO);
        }
        if let Some(Current { course: Course::Upgrading(successor), .. }) = &self.changes.current {
            successor.give_up();
        }
        self.changes.current.is_some() && self.end_change(Err(cause.into()))
    }

    /// Goes on with an upgrade; whether it has come to an end.
    fn hear_successor(&mut self, now: Instant) -> bool {
        // Out of the hands of the changes while the rest of the master is needed.
        let Some(mut current) = self.changes.current.take() else { return false };
        let Course::Upgrading(successor) = &mut current.course else { return false };
        let result = self.go_on_upgrading(successor, now);
        if matches!(result, Some(Err(_))) {
            successor.give_up();
        }
        self.changes.current = Some(current);
        match result {
            None => false,
            Some(Ok(words)) => {
                self.settle(words);
                true
            }
            Some(Err(cause)) => self.end_change(Err(cause)),
        }
    }

    fn begin_next(&mut self, now: Instant) -> bool {
        let Some(first) = self.changes.waiting.front() else { return false };
        if first.change == Change::Reload && self.is_held_up() {
            return false;
        }
        self.changes.held_up = None;
        let Some(wish) = self.changes.waiting.pop_front() else { return false };
        let change = wish.change;
        self.changes.current = Some(Current { wish, began: now, course: Course::Preparing });
        let begun = match change {
            Change::Reload => self.begin_reload(now),
            Change::Scale(size) => self.begin_scale(size, now),
            Change::Upgrade => self.begin_upgrade(now).map(|successor| {
                if let Some(current) = &mut self.changes.current {
                    current.course = Course::Upgrading(successor);
                }
            }),
        };
        if let Err(cause) = begun {
            self.end_change(Err(cause));
        }
        true
    }

    /// Whether so many generations drain that no more may begin. It is said for whom it waits.
    fn is_held_up(&mut self) -> bool {
        let draining = self.table.draining_generations(&self.goal);
        if draining.len() < self.serving.config.limits.generations.get() {
            return false;
        }
        let busy: Vec<String> = self
            .table
            .workers
            .iter()
            .filter(|worker| worker.generation == draining[0])
            .map(|worker| {
                let held = counted(self.scoreboard.busy_of(worker.lease), "connection");
                format!("worker {} (pid {}) with {held}", worker.id, worker.pid)
            })
            .collect();
        let why = format!(
            "{} still drain, and limits.generations is {}: it waits for generation {}, {}",
            counted(draining.len() as u64, "generation"),
            self.serving.config.limits.generations,
            draining[0],
            busy.join(", "),
        );
        let is_news = self.changes.held_up.is_none();
        if is_news {
            tracing::warn!("the reload waits: {why}");
            self.changes.held_up = Some(why.clone());
        }
        // Who asks later hears it too.
        if let Some(first) = self.changes.waiting.front() {
            for asker in first.askers.iter().filter(|_| is_news) {
                self.control.tell(*asker, &Progress { progress: why.clone() });
            }
        }
        true
    }

    /// Opens what the new configuration wants. What follows is in the plan.
    fn begin_reload(&mut self, now: Instant) -> Result<(), String> {
        self.manager.reloading();
        self.scoreboard.note(Happening::ReloadBegin { generation: self.serving.number + 1 });
        let fresh = (self.load)().map_err(|error| error.to_string())?;
        needs_restart(&self.serving, &fresh.0)?;
        let number = self.serving.number + 1;
        let next = Generation::open(number, fresh, &self.serving.present(), &mut self.scoreboard)
            .map_err(|error| error.to_string())?;
        self.goal.next = Some(Next {
            generation: number,
            workers: next.config.worker_count(),
            deadline: next.config.timeouts.start.map(|time| now + time),
            failed: None,
        });
        tracing::info!("reloading: generation {number} gets ready");
        self.next = Some(next);
        Ok(())
    }

    /// The next generation serves: it is the one from now on.
    pub(super) fn commit(&mut self) {
        let Some(next) = self.next.take() else { return };
        let before = std::mem::replace(&mut self.serving, next);
        let (workers, asked) = (self.serving.config.worker_count(), self.goal.workers);
        self.goal = self.serving.goal(true);
        self.sizer = self.serving.config.sizer();
        self.table.note_commit();
        self.scoreboard.set_pool(self.serving.number, workers, self.serving.config.threads.get());
        self.move_gates(&before);
        if let Some(control) = self.serving.new_control.take() {
            self.control.move_to(control);
        }
        self.change_faces(&before);
        logging::change(self.serving.config.log);
        let threads = counted(self.serving.config.threads.get() as u64, "thread");
        let words = format!(
            "generation {} serves: {} x {threads}",
            self.serving.number,
            counted(workers as u64, "worker")
        );
        let scaled = (asked != before.config.worker_count())
            .then(|| format!("; the number of workers is the configuration's again, it was {asked}"));
        self.answer_resters(false);
        self.settle(words + &scaled.unwrap_or_default());
    }

    /// Keeps new clients from where nobody listens any more, and lets them in where somebody does now.
    fn move_gates(&self, before: &Generation<H>) {
        let note = |listener: &Listener, result: std::io::Result<()>, what: &str| {
            if let Err(error) = result {
                tracing::warn!("cannot {what} {listener}: {error}");
            }
        };
        for gone in before.listeners_beside(&self.serving) {
            note(gone, gone.close_gate(), "keep new clients from");
        }
        for listener in &self.serving.listeners {
            note(
                listener,
                listener.adapt(&self.serving.config),
                "change the backlog or the write timeout of",
            );
        }
        for new in self.serving.listeners_beside(before) {
            note(new, new.open_gate(), "let clients in at");
        }
    }

    /// The monitor looks at the new listeners, and listens where it is to.
    fn change_faces(&mut self, before: &Generation<H>) {
        let address = |generation: &Generation<H>| generation.monitor.as_ref().map(ToString::to_string);
        self.goal.monitor = self.serving.monitor.is_some();
        if address(before) != address(&self.serving) || before.targets != self.serving.targets {
            self.table.monitor.end();
            self.observer = Observer::new(self.scoreboard.board(), self.serving.targets.clone());
            self.answers.clear();
        }
    }

    /// Gives the next generation up. It holds nobody's connection.
    pub(super) fn abandon(&mut self, cause: &str) {
        let Some(next) = self.next.take() else { return };
        self.goal.next = None;
        let pids = self.table.workers.iter().filter(|worker| worker.generation == next.number);
        for pid in pids.map(|worker| worker.pid).collect::<Vec<_>>() {
            self.kill_quietly(pid);
        }
        next.discard(&self.serving.listeners);
        if let Some(current) = &mut self.changes.current {
            current.course = Course::Failing { cause: cause.to_owned() };
        }
    }

    fn begin_scale(&mut self, size: Size, now: Instant) -> Result<(), String> {
        let is_resting = self.goal.aim == Aim::Rest;
        let before = if is_resting { 0 } else { self.goal.workers };
        let workers = size.of(self.goal.workers).ok_or_else(|| {
            format!("{} and {size} is not a number of workers that a pool has", self.goal.workers)
        })?;
        let slots = workers * self.serving.config.threads.get();
        if slots > SLOTS_MAX {
            return Err(format!(
                "{workers} workers have {slots} connection slots, and a pool has {SLOTS_MAX} at most"
            ));
        }
        limits::prepare(&self.serving.config, workers).map_err(|error| error.to_string())?;
        self.set_workers(workers);
        self.goal.aim = Aim::Serve;
        if is_resting {
            self.answer_resters(false);
        }
        let deadline = self.serving.config.timeouts.start.map(|time| now + time);
        if let Some(current) = &mut self.changes.current {
            current.course = Course::Scaling { before, deadline, failed: None };
        }
        Ok(())
    }

    pub(super) fn set_workers(&mut self, workers: usize) {
        self.goal.workers = workers;
        self.scoreboard.set_pool(self.serving.number, workers, self.serving.config.threads.get());
    }

    fn go_on_scaling(&mut self, now: Instant) -> bool {
        let Some(Current { course: Course::Scaling { before, deadline, failed }, .. }) =
            &self.changes.current
        else {
            return false;
        };
        let (before, deadline, failed) = (*before, *deadline, failed.clone());
        let workers = self.goal.workers;
        let has_grown = (before.min(workers)..workers).all(|id| self.table.is_serving(&self.goal, id));
        let has_shrunk = (workers..before).all(|id| !self.table.is_manned(&self.goal, id));
        if has_grown && has_shrunk {
            if before != workers {
                self.note_scaled(before, workers, WhyScaled::Asked);
            }
            let noun = if workers == 1 { "worker" } else { "workers" };
            let was = if before == workers { "as before".to_owned() } else { format!("it had {before}") };
            self.settle(format!("the pool has {workers} {noun}, {was}"));
            return true;
        }
        if failed.is_none() && deadline.is_none_or(|deadline| deadline > now) {
            return false;
        }
        if before == 0 {
            self.goal.aim = Aim::Rest;
        } else {
            self.set_workers(before);
        }
        self.end_change(Err(
            failed.unwrap_or_else(|| "its workers were not ready within timeouts.start".into())
        ))
    }

    /// A worker did not get as far as to accept: what it was for fails with it.
    pub(super) fn note_failed_birth(&mut self, id: usize, generation: u64, cause: &str) {
        let cause = format!("{cause} before it was ready; the log has its own words");
        if let Some(next) = self.goal.next.as_mut().filter(|next| next.generation == generation) {
            next.failed.get_or_insert(cause);
        } else if let Some(Current { course: Course::Scaling { before, failed, .. }, .. }) =
            &mut self.changes.current
            && id >= *before
            && generation == self.goal.generation
        {
            failed.get_or_insert(cause);
        }
    }

    /// Why the next generation is given up.
    pub(super) fn cause_of_abandon(&self) -> String {
        let waited = self.next.as_ref().and_then(|next| next.config.timeouts.start).unwrap_or_default();
        let failed = self.goal.next.as_ref().and_then(|next| next.failed.clone());
        failed.unwrap_or_else(|| format!("not every worker was ready within timeouts.start = {waited:?}"))
    }

    /// The change has taken effect. Who asked hears it when nobody is served any more by those who leave.
    fn settle(&mut self, words: String) {
        if let Some(current) = &mut self.changes.current {
            current.course = Course::Settling { words, until: Instant::now() + SETTLE };
        }
    }

    /// Ends the change under way. Returns true, since something is different now.
    fn end_change(&mut self, result: Result<String, String>) -> bool {
        let Some(Current { wish, began, .. }) = self.changes.current.take() else { return false };
        let took = began.elapsed();
        match (wish.change, &result) {
            (Change::Reload, result) => self.note_reload(result.as_ref().err(), took),
            (Change::Upgrade, Err(cause)) => {
                self.scoreboard.note(Happening::UpgradeFailed { took, cause });
            }
            _ => (),
        }
        let (verb, number) = (verb(wish.change), self.serving.number);
        let result =
            result.map_err(|cause| format!("cannot {verb}, generation {number} goes on as it was: {cause}"));
        match &result {
            Ok(words) => tracing::info!("{words}; it took {took:.1?}"),
            Err(words) => tracing::error!("{words}"),
        }
        self.tell_outcome(wish.askers, result, took);
        true
    }

    fn note_reload(&self, failure: Option<&String>, took: Duration) {
        let (generation, workers) = (self.serving.number, self.goal.workers);
        self.scoreboard.note_reload(failure.is_none());
        self.scoreboard.note(match failure {
            None => Happening::Reloaded { generation, workers, took },
            Some(cause) => Happening::ReloadFailed { generation: generation + 1, took, cause },
        });
        self.manager.ready(self.pid);
    }

    pub(super) fn tell_outcome(
        &mut self,
        askers: Vec<Ticket>,
        result: Result<String, String>,
        took: Duration,
    ) {
        let (ok, text) = match result {
            Ok(text) => (true, text),
            Err(text) => (false, text),
        };
        let (generation, took_seconds) = (self.serving.number, took.as_secs_f64());
        let outcome = control::written(&Outcome { ok, text, generation, took_seconds });
        for asker in askers {
            self.control.answer(asker, outcome.clone().into());
        }
    }
}

fn verb(change: Change) -> String {
    match change {
        Change::Reload => "reload".to_owned(),
        Change::Scale(size) => format!("scale to {size}"),
        Change::Upgrade => "upgrade".to_owned(),
    }
}

/// What differs from the generation that serves and cannot change while it does.
fn needs_restart<H>(serving: &Generation<H>, fresh: &Config) -> Result<(), String> {
    if serving.config.pid_file != fresh.pid_file {
        return Err("pid_file changes only with a restart".to_owned());
    }
    for place in fresh.listen.iter().flat_map(|address| &address.places) {
        let is_other_mode = |other: &Place| {
            matches!((other, place),
            (Place::Unix { path: one, mode: was }, Place::Unix { path: two, mode }) if one == two && was != mode)
        };
        if serving.listeners.iter().any(|listener| is_other_mode(listener.place())) {
            return Err(format!("listen: the mode of {place} changes only with a restart"));
        }
    }
    Ok(())
}
