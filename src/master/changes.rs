//! Changes of the pool as transactions: one at a time, in the order in which they were asked for, each with an outcome.

use std::collections::VecDeque;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use nix::unistd::Pid;

use super::Master;
use super::succession::Successor;
use crate::control::{self, Change, Outcome, Ticket};
use crate::handler::Handler;
use crate::pid_file::PidFile;
use crate::process_table::{Aim, Scaling};
use crate::scoreboard::Happening;

/// The most changes that may wait.
const WAITING_MAX: usize = 64;

/// The most who may wait for an outcome at the control socket: fewer than its clients, so that others can ask something.
const ASKERS_MAX: usize = 24;

/// How long those who leave may take to stop accepting before it is said that the change has taken effect. They do so at
/// once, unless the machine is very busy.
const SETTLE: Duration = Duration::from_secs(1);

/// A change that was asked for, and who wants to hear of its outcome.
pub(super) struct Wish {
    pub(super) change: Change,
    pub(super) askers: Vec<Ticket>,
    /// How many of them have heard why it does not begin yet.
    pub(super) told: usize,
}

/// A change under way.
pub(super) struct Current {
    wish: Wish,
    began: Instant,
    pub(super) course: Course,
}

/// How far it is.
pub(super) enum Course {
    /// The next generation gets ready.
    Preparing,
    /// It failed, and its workers are about to be gone.
    Failing { cause: String },
    /// Another master gets ready.
    Upgrading(Successor),
    /// It has taken effect, once those who leave accept nobody any more.
    Settling { words: String, until: Instant },
    /// The pool gets another size.
    Scaling(Scaling),
}

/// All changes that were asked for and have no outcome yet.
#[derive(Default)]
pub(super) struct Changes {
    pub(super) waiting: VecDeque<Wish>,
    pub(super) current: Option<Current>,
    /// Whether it was logged why the first of those that wait does not begin.
    pub(super) is_held_up: bool,
}

impl Changes {
    /// Puts a change to the end of those that wait, or into one that is as good: of reloads that wait the last file counts.
    /// False if too many wait.
    fn put(&mut self, change: Change, asker: Option<Ticket>) -> bool {
        let (is_relative, has_room) = (matches!(change, Change::Scale(_)), self.waiting.len() < WAITING_MAX);
        match self.waiting.back_mut().filter(|last| last.change == change && !is_relative) {
            Some(last) => last.askers.extend(asker),
            None if has_room => {
                self.waiting.push_back(Wish { change, askers: asker.into_iter().collect(), told: 0 });
            }
            None => return false,
        }
        true
    }

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

    /// Whether a pool that was at rest gets its first workers, and has a deadline for it.
    pub(super) fn is_waking_in_time(&self) -> bool {
        let course = self.current.as_ref().map(|current| &current.course);
        matches!(course, Some(Course::Scaling(scaling)) if scaling.before == 0 && scaling.deadline.is_some())
    }

    /// Whether somebody has asked for something that has no outcome yet.
    pub(super) fn has_askers(&self) -> bool {
        self.current.is_some() || !self.waiting.is_empty()
    }

    /// Notes that a process is no more: if it is the successor, nobody else is to be taken for it.
    pub(super) fn note_death(&mut self, pid: Pid) {
        if let Some(Current { course: Course::Upgrading(successor), .. }) = &mut self.current {
            successor.note_death(pid);
        }
    }

    /// Takes over who wants to hear of the one under way.
    pub(super) fn take_askers(&mut self) -> Vec<Ticket> {
        self.current.as_mut().map(|current| std::mem::take(&mut current.wish.askers)).unwrap_or_default()
    }

    /// How many want to hear of an outcome.
    fn askers(&self) -> usize {
        let of_current = self.current.iter().map(|current| current.wish.askers.len());
        self.waiting.iter().map(|wish| wish.askers.len()).chain(of_current).sum()
    }

    /// When the one under way is given up.
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        match &self.current.as_ref()?.course {
            Course::Scaling(scaling) => scaling.deadline,
            Course::Upgrading(successor) => successor.deadline,
            Course::Settling { until, .. } => Some(*until),
            // The goal has it.
            Course::Preparing | Course::Failing { .. } => None,
        }
    }
}

impl<H: Handler> Master<H> {
    /// Puts a change among those that wait.
    pub(super) fn wish(&mut self, change: Change, asker: Option<Ticket>) {
        let is_crowded = asker.is_some() && self.is_crowded();
        if is_crowded || !self.changes.put(change, asker) {
            let verb = verb(change);
            let why =
                format!("cannot {verb}: too many changes wait already; ask again when some have an outcome");
            tracing::warn!("{why}");
            self.tell_outcome(asker.into_iter().collect(), Err(why), Duration::ZERO);
        }
    }

    /// Whether so many wait for an outcome that no more may.
    pub(super) fn is_crowded(&self) -> bool {
        self.changes.askers() + self.ending.askers() >= ASKERS_MAX
    }

    /// Goes on with the changes; whether anything is different now.
    pub(super) fn go_on(&mut self) -> bool {
        let now = Instant::now();
        let has_taken_effect =
            matches!(&self.changes.current, Some(Current { course: Course::Settling { .. }, .. }));
        if self.goal.aim.is_end() && !has_taken_effect {
            return self.refuse_changes();
        }
        match &self.changes.current {
            // Until the first workers accept there is nothing to change.
            None => self.table.is_open() && self.begin_next(now),
            Some(Current { course: Course::Preparing, .. }) => false,
            Some(Current { course: Course::Failing { cause }, .. }) => {
                let cause = cause.clone();
                !self.table.has_next(&self.goal) && self.end_change(Err(cause))
            }
            Some(Current { course: Course::Scaling(_), .. }) => self.go_on_scaling(now),
            Some(Current { course: Course::Upgrading(_), .. }) => self.hear_successor(now),
            Some(Current { course: Course::Settling { words, until }, .. }) => {
                let words = words.clone();
                (*until <= now || !self.table.is_letting_go(&self.goal)) && self.end_change(Ok(words))
            }
        }
    }

    /// The pool ends: nothing changes any more.
    fn refuse_changes(&mut self) -> bool {
        let is_succeeded = self.goal.aim == Aim::Yield;
        let cause = if is_succeeded { "another master serves now: ask again" } else { "the pool stops" };
        if self.next.is_some() {
            self.abandon(cause);
        }
        let waiting = std::mem::take(&mut self.changes.waiting);
        for wish in waiting {
            let why = format!("cannot {}: {cause}", verb(wish.change));
            if wish.askers.is_empty() {
                tracing::warn!("{why}");
            }
            self.tell_outcome(wish.askers, Err(why), Duration::ZERO);
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
        self.changes.is_held_up = false;
        let Some(wish) = self.changes.waiting.pop_front() else { return false };
        let change = wish.change;
        self.changes.current = Some(Current { wish, began: now, course: Course::Preparing });
        let begun = match change {
            Change::Reload => self.begin_reload(now),
            Change::Scale(size) => self.begin_scale(size, now),
            Change::Rest => {
                self.begin_rest();
                Ok(())
            }
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

    /// A worker did not get as far as to accept: what it was for fails with it.
    pub(super) fn note_failed_birth(&mut self, id: usize, generation: u64, cause: &str) {
        let cause = format!("{cause} before it was ready; the log has its own words");
        if generation != self.goal.generation {
            self.goal.note_failed_birth(generation, cause);
        } else if let Some(Current { course: Course::Scaling(scaling), .. }) = &mut self.changes.current {
            scaling.note_failed_birth(id, &cause);
        }
    }

    /// The change has taken effect. Who asked hears it when nobody is served any more by those who leave.
    pub(super) fn settle(&mut self, words: String) {
        if let Some(current) = &mut self.changes.current {
            current.course = Course::Settling { words, until: Instant::now() + SETTLE };
        }
    }

    /// Ends the change under way. Returns true, since something is different now.
    pub(super) fn end_change(&mut self, result: Result<String, String>) -> bool {
        let Some(Current { wish, began, .. }) = self.changes.current.take() else { return false };
        let took = began.elapsed();
        match (wish.change, &result) {
            (Change::Reload, result) => self.note_reload(result.as_ref().err(), took),
            (Change::Upgrade, Err(cause)) => {
                self.scoreboard.note(Happening::UpgradeFailed { took, cause });
                // It may hold the other's by now.
                if let Some(Err(error)) = self.pid_file.as_mut().map(PidFile::write_own_pid) {
                    tracing::error!("{error}");
                }
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
        Change::Rest => "drain".to_owned(),
    }
}
