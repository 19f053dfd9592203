//! The reload: the next generation gets ready beside the one that serves, and takes its place or is gone.

use std::time::{Duration, Instant};

use super::Master;
use super::changes::Course;
use super::generation::Generation;
use crate::config::{Config, Place};
use crate::control::Progress;
use crate::handler::Handler;
use crate::listener::{self, Listener};
use crate::logging::{self, LogFile, counted};
use crate::process_table::Next;
use crate::scoreboard::Happening;
use crate::sizer::Sizer;
use crate::snapshot::Observer;

impl<H: Handler> Master<H> {
    /// Whether so many generations drain that no more may begin. It is said for whom it waits.
    pub(super) fn is_held_up(&mut self) -> bool {
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
            "{} still draining, and limits.generations is {}: it waits for generation {}, {}",
            counted(draining.len() as u64, "generation"),
            self.serving.config.limits.generations,
            draining[0],
            busy.join(", "),
        );
        if !std::mem::replace(&mut self.changes.is_held_up, true) {
            tracing::warn!("the reload waits: {why}");
        }
        // Who asks later hears it too, for a reload or for what comes after it.
        let progress = Progress { progress: format!("a reload is first, and waits: {why}") };
        for wish in &mut self.changes.waiting {
            for asker in &wish.askers[wish.told..] {
                self.control.tell(*asker, &progress);
            }
            wish.told = wish.askers.len();
        }
        true
    }

    /// Opens what the new configuration wants. What follows is in the plan.
    pub(super) fn begin_reload(&mut self, now: Instant) -> Result<(), String> {
        let glance = self.glance();
        self.manager.reloading(&glance, now);
        self.scoreboard.note(Happening::ReloadBegin { generation: self.serving.number + 1 });
        let fresh = (self.load)().map_err(|error| error.to_string())?;
        needs_restart(&self.serving, &fresh.config)?;
        let log_file = fresh.config.log_file.as_deref().map(LogFile::open).transpose();
        let log_file = log_file.map_err(|error| error.to_string())?;
        let number = self.serving.number + 1;
        let mut next =
            Generation::open(number, fresh, &self.serving.present(self.goal.workers), &mut self.scoreboard)
                .map_err(|error| error.to_string())?;
        if let Err(cause) = self.check_stranded(self.serving.listeners_beside(&next)) {
            next.discard(&self.serving.listeners);
            return Err(cause);
        }
        self.goal.next = Some(Next {
            generation: number,
            workers: next.workers,
            deadline: next.config.timeouts.start.map(|time| now + time),
            failed: None,
        });
        next.log_file = log_file;
        tracing::info!("reloading: generation {number} gets ready");
        self.next = Some(next);
        Ok(())
    }

    /// Whoever waits at an address that goes is served by those who serve there now. There has to be somebody.
    pub(super) fn check_stranded<'a>(
        &self,
        mut gone: impl Iterator<Item = &'a Listener>,
    ) -> Result<(), String> {
        let waits = |listener: &&Listener| {
            !listener.is_deaf() && listener.queue().is_none_or(|queue| queue.waiting > 0)
        };
        match gone.find(waits).filter(|_| self.table.accepting() == 0) {
            None => Ok(()),
            Some(listener) => Err(format!(
                "{listener} is taken out, clients wait there or may, and no worker is there to serve them: `scale` first"
            )),
        }
    }

    /// The next generation serves: it is the one from now on.
    pub(super) fn commit(&mut self) {
        let Some(next) = self.next.take() else { return };
        let before = std::mem::replace(&mut self.serving, next);
        let (workers, asked) = (self.serving.workers, self.goal.workers);
        self.table.commit(&mut self.goal, self.serving.goal(true));
        self.sizer = Sizer::of(&self.serving.config);
        self.forgive();
        self.show_size();
        self.move_gates(&before);
        if let Some(control) = self.serving.new_control.take() {
            self.control.move_to(control);
        }
        self.change_faces(&before);
        self.change_log(&before);
        if before.confinement != self.serving.confinement {
            self.announce_confinement();
        }
        let threads = counted(self.serving.config.threads.get() as u64, "thread");
        let words = format!(
            "generation {} serves: {} x {threads}",
            self.serving.number,
            counted(workers as u64, "worker")
        );
        let scaled = (asked != before.config.first_size(Some(asked)))
            .then(|| format!("; the number of workers is the configuration's again, it was {asked}"));
        self.answer_resters(false);
        self.settle(words + &scaled.unwrap_or_default());
    }

    /// Keeps new clients from where nobody listens any more, and lets them in where somebody does now.
    pub(super) fn move_gates(&self, before: &Generation<H>) {
        let note = |listener: &Listener, result: std::io::Result<()>, what: &str| {
            if let Err(error) = result {
                tracing::warn!("cannot {what} {listener}: {error}");
            }
        };
        for gone in before.listeners_beside(&self.serving) {
            note(gone, gone.close_gate(), "keep new clients from");
        }
        let (is, was) = (&self.serving.config, &before.config);
        let is_other = (is.backlog, is.timeouts.write) != (was.backlog, was.timeouts.write);
        for shared in before.listeners_of(&self.serving) {
            if is_other {
                note(shared, shared.adapt(is), "change the backlog or the write timeout of");
            }
            // It is open, unless somebody who shares the socket has closed it.
            note(shared, shared.open_gate(), "let clients in at");
        }
        for new in self.serving.listeners_beside(before) {
            note(new, new.open_gate(), "let clients in at");
        }
    }

    /// The log goes where the new configuration says. Its file is opened anew also where it has the same name.
    fn change_log(&mut self, before: &Generation<H>) {
        if before.config.log_file.is_none() && self.serving.log_file.is_none() {
            return logging::change(self.serving.config.log);
        }
        let file = self.serving.log_file.take();
        if let Err(cause) = self.move_log(file) {
            tracing::warn!("the log's file: {cause}");
        }
    }

    /// The monitor looks at the new listeners, and listens where it is to.
    pub(super) fn change_faces(&mut self, before: &Generation<H>) {
        let address = |generation: &Generation<H>| generation.monitor.as_ref().map(ToString::to_string);
        self.goal.monitor = self.serving.monitor.is_some();
        let is_other = address(before) != address(&self.serving) || before.targets != self.serving.targets;
        if is_other || before.confinement != self.serving.confinement {
            self.table.monitor.end();
            self.observer = Observer::new(self.scoreboard.board(), self.serving.targets.clone());
            self.answers.clear();
        }
    }

    /// Gives the next generation up. It holds nobody's connection.
    pub(super) fn abandon(&mut self, cause: &str) {
        let Some(next) = self.next.take() else { return };
        for pid in self.table.abandon(&mut self.goal) {
            self.kill_quietly(pid);
        }
        next.discard(&self.serving.listeners);
        if let Some(current) = &mut self.changes.current {
            current.course = Course::Failing { cause: cause.to_owned() };
        }
    }

    /// Why the next generation is given up.
    pub(super) fn cause_of_abandon(&self) -> String {
        let waited = self.next.as_ref().and_then(|next| next.config.timeouts.start).unwrap_or_default();
        let failed = self.goal.next.as_ref().and_then(|next| next.failed.clone());
        failed.unwrap_or_else(|| format!("not every worker was ready within timeouts.start = {waited:?}"))
    }

    pub(super) fn note_reload(&mut self, failure: Option<&String>, took: Duration) {
        let (generation, workers) = (self.serving.number, self.goal.workers);
        self.scoreboard.note_reload(failure.is_none());
        self.scoreboard.note(match failure {
            None => Happening::Reloaded { generation, workers, took },
            Some(cause) => Happening::ReloadFailed { generation: generation + 1, took, cause },
        });
        if !self.goal.aim.is_end() {
            let glance = self.glance();
            self.manager.note_reload(failure);
            self.manager.ready(self.pid, &glance, Instant::now());
        }
    }
}

/// What differs from the generation that serves and cannot change while it does.
fn needs_restart<H>(serving: &Generation<H>, fresh: &Config) -> Result<(), String> {
    if serving.config.pid_file != fresh.pid_file {
        return Err("pid_file changes only with a restart".to_owned());
    }
    if listener::is_inherited(&serving.listeners) {
        return Ok(());
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
