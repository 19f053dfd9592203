//! How a pool ends or rests: who is still served, and what is said of it.

use std::fs::File;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};

use super::{Master, ONE_REQUEST};
use crate::control::{Outcome, Ticket};
use crate::error::Error;
use crate::handler::Handler;
use crate::handover::Line;
use crate::logging::counted;
use crate::process_table::Aim;
use crate::scoreboard::{Account, Happening};

/// The terminal that controls this process, if one did at its start.
struct Terminal {
    was_there: bool,
}

impl Default for Terminal {
    fn default() -> Self {
        Self { was_there: Self::is_there() }
    }
}

impl Terminal {
    /// Whether it was there and is no more.
    fn is_gone(&self) -> bool {
        self.was_there && !Self::is_there()
    }

    /// This file is the terminal that controls whoever opens it, tty(4).
    fn is_there() -> bool {
        File::open("/dev/tty").is_ok()
    }
}

/// What has to do with the end of the pool, or with its rest.
#[derive(Default)]
pub(super) struct Ending {
    terminal: Terminal,
    /// Since when it is on its way.
    pub(super) since: Option<Instant>,
    /// Who waits for it.
    stoppers: Vec<Ticket>,
    /// Since when the workers rest, and who waits until they do.
    resting_since: Option<Instant>,
    resters: Vec<Ticket>,
    /// There were workers once more for the drain.
    relieved: bool,
    /// Connections that workers held when they died, or had still when their time was up.
    pub(super) lost: u64,
    pub(super) cut: u64,
    /// Why it is a failure.
    pub(super) verdict: Option<Error>,
}

impl Ending {
    /// How many wait for it, or for the workers to rest.
    pub(super) fn askers(&self) -> usize {
        self.stoppers.len() + self.resters.len()
    }
}

impl<H: Handler> Master<H> {
    pub(super) fn give_up(&self) -> Error {
        for worker in &self.table.workers {
            // They hold no connection, and see the end of their line if this fails.
            let _ = kill(worker.pid, Signal::SIGKILL);
        }
        self.close_gates();
        let waited = self.goal.start_timeout.unwrap_or_default();
        let cause = self.last_cause.as_deref().unwrap_or("they are still starting");
        let error =
            Error::Start(format!("not every worker was ready within timeouts.start = {waited:?}: {cause}"));
        Line::tell_failure(self.succession.as_ref().map(|it| &it.line), &error);
        error
    }

    /// The first time: whoever is there is served, nobody new comes. The second time, unless it is HUP: at once.
    pub(super) fn stop(&mut self, signal: Signal) {
        if signal == Signal::SIGHUP && !self.ending.terminal.is_gone() {
            // To a group that nobody looks after any more, one of whose processes is stopped: `setpgid(2)`.
            return tracing::info!("SIGHUP of the kernel, although no terminal is gone: serving on");
        }
        match self.goal.aim {
            Aim::Serve | Aim::Rest => self.end(signal.as_str()),
            // A terminal that goes away sends it, and so does its shell: nobody asks for haste.
            Aim::Grace { .. } | Aim::Drain | Aim::Relieve | Aim::Yield if signal == Signal::SIGHUP => (),
            // Another master serves: nothing changes for those who are served to the end here.
            Aim::Yield if self.ending.since.is_none() => {
                self.ending.since = Some(Instant::now());
                tracing::info!("finishing the last connections on {signal}; a second signal stops at once");
            }
            // timeout(1) and others send theirs to the process and then to its group.
            _ if self.ending.since.is_some_and(|since| since.elapsed() < ONE_REQUEST) => (),
            Aim::Grace { .. } | Aim::Drain | Aim::Relieve | Aim::Yield => {
                tracing::info!("stopping at once on a second signal, {signal}");
                self.stop_now();
            }
            Aim::Stop => (),
        }
    }

    /// The same, asked for at the control socket. The answer comes with the end.
    pub(super) fn stop_for(&mut self, asker: Ticket, now: bool) {
        if self.goal.aim == Aim::Yield {
            let why = "cannot stop: another master serves now: ask again".to_owned();
            return self.tell_outcome(vec![asker], Err(why), Duration::ZERO);
        }
        if self.is_crowded() {
            let why = "the pool stops; too many wait for its end to tell another one of it".to_owned();
            self.tell_outcome(vec![asker], Err(why), Duration::ZERO);
        } else {
            self.ending.stoppers.push(asker);
        }
        if now && self.goal.aim != Aim::Stop {
            self.ending.since.get_or_insert_with(Instant::now);
            tracing::info!("stopping at once on request");
            self.stop_now();
            self.tell_of_stop();
        } else if matches!(self.goal.aim, Aim::Serve | Aim::Rest) {
            self.end("request");
        }
    }

    pub(super) fn end(&mut self, why: &str) {
        let now = Instant::now();
        self.ending.since = Some(now);
        match self.serving.config.timeouts.grace {
            Some(grace) if self.goal.aim == Aim::Serve => {
                self.goal.aim = Aim::Grace { until: now + grace };
                self.scoreboard.note(Happening::Grace { lasts: grace });
                tracing::info!(
                    "stopping on {why}: no longer ready, and still accepting for {grace:?}; a second signal stops at once"
                );
            }
            _ => self.drain(why),
        }
        self.tell_of_stop();
    }

    fn tell_of_stop(&mut self) {
        let glance = self.glance();
        self.manager.stopping(&glance, Instant::now());
    }

    /// Nobody new comes; whoever is there is served.
    pub(super) fn drain(&mut self, why: &str) {
        self.close_gates();
        self.goal.aim = Aim::Drain;
        let (waiting, timeout) = (self.queued(), self.serving.config.timeouts.drain);
        let timeout = timeout.map_or("for ever".to_owned(), |drain| format!("{drain:?} at most"));
        let (who, rest) = if self.goal.leaves_queue {
            ("who is connected", "; who waits is left to the service manager")
        } else {
            ("who is connected or waiting", "")
        };
        tracing::info!(
            waiting,
            "draining on {why}: serving {who}, {timeout}{rest}; a second signal stops at once"
        );
        self.scoreboard.note(Happening::Stopping { waiting });
    }

    fn stop_now(&mut self) {
        self.close_gates();
        self.goal.aim = Aim::Stop;
    }

    fn close_gates(&self) {
        for listener in &self.serving.listeners {
            if let Err(error) = listener.close_gate() {
                tracing::warn!("cannot keep new clients from {listener}: {error}; they are served or reset");
            }
        }
    }

    /// The workers finish their connections and leave, the master stays: clients wait in the queue. Who asked hears when they
    /// have left; other changes need not wait for that.
    pub(super) fn begin_rest(&mut self) {
        let askers = self.changes.take_askers();
        self.ending.resters.extend(askers);
        if self.goal.aim == Aim::Rest {
            return self.settle("the workers rest already".to_owned());
        }
        self.ending.resting_since = Some(Instant::now());
        self.goal.aim = Aim::Rest;
        self.scoreboard.note(Happening::Resting);
        self.settle("draining the workers; clients wait until `reload` or `scale`, or the end".to_owned());
    }

    /// Tells who asked for rest that the workers have left, or that they do not.
    pub(super) fn answer_resters(&mut self, have_left: bool) {
        let askers = std::mem::take(&mut self.ending.resters);
        let result = if have_left {
            Ok("all workers have left; clients wait in the queue until `reload` or `scale`".to_owned())
        } else {
            Err(if self.goal.aim.is_end() { "the pool stops" } else { "the pool serves again" }.to_owned())
        };
        let took = self.ending.resting_since.map_or(Duration::ZERO, |since| since.elapsed());
        self.tell_outcome(askers, result, took);
    }

    /// Whether somebody waits whom no worker is left to serve, for the first time, while there is time.
    pub(super) fn needs_relief(&mut self) -> bool {
        let time = self.serving.config.timeouts.drain;
        let has_time = self.ending.since.is_some_and(|since| time.is_none_or(|time| since.elapsed() < time));
        let is_ours = !self.goal.leaves_queue;
        let needed = is_ours && !self.ending.relieved && has_time && self.queued() > 0;
        self.ending.relieved |= needed;
        needed
    }

    pub(super) fn finish(&mut self) {
        if let Some(edge) = self.saturation.end(Instant::now()) {
            self.note_saturation(edge, 0);
        }
        self.table.monitor.end();
        self.answer_resters(false);
        let queued = self.queued();
        let Account { served, cut, lost, refused, ended } =
            self.scoreboard.folded().account(self.ending.cut, self.ending.lost);
        let unknown = match self.observer.unix_queues().iter().filter(|queue| queue.is_none()).count() {
            0 => String::new(),
            count => format!(" ({} not told)", counted(count as u64, "unix queue")),
        };
        let others = [
            also(lost, "lost with workers that died"),
            also(refused, "refused"),
            also(ended, "of the served ended by a limit"),
        ]
        .concat();
        let what = if self.goal.aim == Aim::Yield { "this master ends" } else { "stopped" };
        let is_left = self.goal.leaves_queue && self.goal.aim != Aim::Yield;
        let left = if is_left { "left in the queue for the service manager" } else { "still queued" };
        let words = format!(
            "{what}: {} served in all, {cut} cut, {queued} {left}{unknown}{others}",
            counted(served, "connection"),
        );
        let [refused, ended] = [refused, ended].map(|count| Some(count).filter(|count| *count > 0));
        tracing::info!(served, cut, queued, lost, refused, ended, "{words}");
        let took = self.ending.since.map_or(0.0, |since| since.elapsed().as_secs_f64());
        let outcome = Outcome { ok: true, text: words, generation: self.serving.number, took_seconds: took };
        for asker in &self.ending.stoppers {
            // Not an answer, after which it would be let go: it waits for the end of this process.
            self.control.tell(*asker, &outcome);
        }
    }
}

/// What is told only where there is some.
fn also(count: u64, what: &str) -> String {
    if count == 0 { String::new() } else { format!(", {count} {what}") }
}
