//! What happens to workers, and what it changes: in the table, and in the goal. What comes of it is for the plan.

use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use nix::unistd::Pid;

use super::throttle::Throttle;
use super::worker_handle::{Addressee, KILL_AFTER};
use super::{Birth, Goal, ProcessTable, Pulse, Stage, WorkerHandle};
use crate::channel::{Order, Received, Report};
use crate::logging;
use crate::scoreboard::Effort;

impl<C> ProcessTable<C> {
    /// Adds a worker that was just forked.
    pub(crate) fn add(&mut self, pid: Pid, birth: Birth, channel: C, now: Instant) {
        let Birth { id, generation, patience, lease } = birth;
        let worker = WorkerHandle {
            pid,
            id,
            generation,
            patience,
            spawned: now,
            stage: Stage::Starting,
            channel: Some(channel),
            lease,
            unsent: None,
            log_unsent: None,
            told_full: false,
            retired: false,
            asked: None,
            effort: Effort::default(),
            worn: None,
            pulse: Pulse::Calm,
            stopped: false,
            poked: self.departures,
        };
        self.workers.push(worker);
    }

    /// Notes that a worker could not even be forked, and returns the wait before the next try; `None` for one of a
    /// generation that gets ready, which has no other try.
    pub(crate) fn note_failed_spawn(
        &mut self,
        id: usize,
        generation: u64,
        goal: &Goal,
        now: Instant,
    ) -> Option<Duration> {
        (generation == goal.generation).then(|| self.throttle(id).note_failed_spawn(now))
    }

    /// Takes in what a worker reports.
    pub(crate) fn hear(&mut self, pid: Pid, report: Report, goal: &Goal, now: Instant) {
        let Some(worker) = self.find(pid) else { return };
        match report {
            Report::Ready => worker.stage = worker.stage.ready(),
            Report::Leaving => worker.stage = worker.stage.outgoing(),
            Report::Worn(wear) => worker.worn = Some(wear),
            Report::LogMissed => worker.note_log_missed(now),
            Report::Alive => worker.note_life(goal.stuck_after, now),
            Report::Busy => worker.pulse.wake(goal.stuck_after, now),
            Report::Full => {
                worker.told_full = true;
                self.wake_all(goal, now);
            }
            Report::Retired => {
                worker.retired = true;
                self.note_unable(pid);
            }
            Report::Closed => {
                // There is no queue at which it could look again.
                (worker.poked, worker.retired) = (u64::MAX, true);
                self.note_unable(pid);
            }
            Report::Short => self.note_unable(pid),
        }
    }

    /// Notes that a signal has stopped a worker. Until it goes on, somebody for whom it was woken would wait beside idle
    /// siblings. It looks itself then: which of several that died or were stopped at once was the first, nobody knows.
    pub(crate) fn note_stopped(&mut self, pid: Pid) {
        self.departures += 1;
        if let Some(worker) = self.find(pid) {
            worker.stopped = true;
        }
    }

    /// Notes that a worker that was stopped goes on.
    pub(crate) fn note_continued(&mut self, pid: Pid, goal: &Goal, now: Instant) {
        if let Some(worker) = self.find(pid) {
            worker.stopped = false;
            worker.pulse.beat(goal.stuck_after, now);
        }
    }

    /// Takes a dead worker out, with the wait before its id is spawned again; `None` for a stranger. What the workers of
    /// another generation die of says nothing of the one that serves.
    pub(crate) fn remove(
        &mut self,
        pid: Pid,
        goal: &Goal,
        now: Instant,
    ) -> Option<(WorkerHandle<C>, Duration)> {
        let index = self.workers.iter().position(|worker| worker.pid == pid)?;
        let worker = self.workers.remove(index);
        let loss = worker.stage.loss(now).filter(|_| worker.generation == goal.generation);
        let wait = loss.map_or(Duration::ZERO, |loss| self.throttle(worker.id).note_death(loss, now));
        if !matches!(worker.stage, Stage::Starting | Stage::Ready) {
            self.departures += 1;
        }
        Some((worker, wait))
    }

    /// Notes that a worker is sent SIGKILL.
    pub(crate) fn note_killed(&mut self, pid: Pid, now: Instant) {
        if let Some(worker) = self.find(pid) {
            worker.stage = Stage::Killed { loss: worker.stage.loss(now) };
        }
    }

    /// Notes that a worker is sent SIGABRT.
    pub(crate) fn note_aborted(&mut self, pid: Pid, now: Instant) {
        if let Some(worker) = self.find(pid) {
            worker.pulse.note_aborted(now);
        }
    }

    /// Notes that a worker is replaced. It accepts until its replacement does.
    pub(crate) fn note_recycled(&mut self, pid: Pid) {
        if let Some(worker) = self.find(pid) {
            worker.stage = worker.stage.outgoing();
        }
    }

    /// Notes that the first workers have been let in.
    pub(crate) fn note_open(&mut self) {
        self.opened = true;
    }

    /// The pool is to have another size.
    pub(crate) fn set_size(&mut self, goal: &mut Goal, workers: usize) {
        goal.workers = workers;
        // What died of an id that is no more says nothing of the next one.
        self.throttles.truncate(workers);
        // What was found right was found for another size.
        self.resize = None;
    }

    /// The next generation serves from now on: what the one before died of says nothing of it.
    pub(crate) fn commit(&mut self, goal: &mut Goal, next: Goal) {
        *goal = next;
        self.throttles.clear();
        self.opened = true;
    }

    /// Gives the next generation up, and returns whom to kill.
    pub(crate) fn abandon(&mut self, goal: &mut Goal) -> Vec<Pid> {
        let Some(next) = goal.next.take() else { return Vec::new() };
        self.of(next.generation).map(|worker| worker.pid).collect()
    }

    /// Counts the silence of those who were asked for a sign of life.
    pub(crate) fn listen(&mut self, goal: &Goal, now: Instant) {
        for worker in &mut self.workers {
            worker.pulse.listen(worker.stopped, goal.stuck_after, now);
        }
    }

    /// Somebody has no idle slot: those who have are to show that they live.
    pub(crate) fn wake_all(&mut self, goal: &Goal, now: Instant) {
        for worker in &mut self.workers {
            worker.pulse.wake(goal.stuck_after, now);
        }
    }

    /// Notes that a worker, which may have been woken for somebody, does not accept at the moment.
    fn note_unable(&mut self, pid: Pid) {
        self.departures += 1;
        let departures = self.departures;
        if let Some(worker) = self.find(pid) {
            worker.poked = worker.poked.max(departures);
        }
    }

    fn throttle(&mut self, id: usize) -> &mut Throttle {
        if self.throttles.len() <= id {
            self.throttles.resize(id + 1, Throttle::default());
        }
        &mut self.throttles[id]
    }

    fn note_told(&mut self, pid: Pid, order: Order, now: Instant) {
        let departures = self.departures;
        let Some(worker) = self.find(pid) else { return };
        let kill_at = |wait: Option<Duration>| wait.map(|wait| now + wait + KILL_AFTER);
        match order {
            Order::Go => (worker.stage, worker.poked) = (Stage::Accepting { since: now }, departures),
            Order::Poke => worker.poked = departures,
            Order::Arm => worker.told_full = false,
            // The next look finds what has come of it.
            Order::MakeRoom { .. } => (),
            Order::Ask => worker.pulse.note_asked(now),
            Order::Retire | Order::Drain => {
                worker.stage = Stage::Leaving { order, kill_at: kill_at(worker.patience.leave) };
            }
            Order::Stop => worker.stage = Stage::Leaving { order, kill_at: kill_at(Some(Duration::ZERO)) },
        }
    }
}

impl<C: Addressee> ProcessTable<C> {
    /// Tells a worker something.
    pub(crate) fn tell(&mut self, pid: Pid, order: Order, goal: &Goal, now: Instant) {
        let Some(worker) = self.find(pid) else { return };
        match (worker.send(order, now), order) {
            // One that did not hear the question is asked again, and one that may not say by itself that it is busy too.
            (false, Order::Arm) => worker.pulse.wake(goal.stuck_after, now),
            (false, Order::Ask) => worker.pulse.postpone(goal.stuck_after, now),
            // One that did not hear another order hears it later, or is dead.
            _ => self.note_told(pid, order, now),
        }
    }

    /// Tells again what could not be told before, where it is time.
    pub(crate) fn tell_again(&mut self, now: Instant) {
        for worker in &mut self.workers {
            if let Some((order, _)) = worker.unsent.filter(|(_, at)| *at <= now) {
                worker.send(order, now);
            }
        }
    }
}

/// So many reports of one worker are heard at a time. One that is in its senses has a few.
const REPORTS_AT_ONCE: usize = 64;

impl ProcessTable {
    /// Takes what the workers have reported since the last time: of each so much at a time, and the rest of it later, lest one that
    /// has been captured keep the master from all else; of one that is dead all, since nothing more comes.
    pub(crate) fn take_reports(&mut self, dead: Option<Pid>) -> Vec<(Pid, Report)> {
        let mut reports = Vec::new();
        for worker in &mut self.workers {
            let most = if Some(worker.pid) == dead { usize::MAX } else { REPORTS_AT_ONCE };
            for _ in 0..most {
                let Some(channel) = &worker.channel else { break };
                match channel.receive() {
                    Ok(Received::Nothing) => break,
                    Ok(Received::Message(report)) => reports.push((worker.pid, report)),
                    // Its worker is about to be reaped. Until then there is nothing more to hear.
                    Ok(Received::Closed) => worker.channel = None,
                    // Nothing that a worker hands over is let in.
                    Ok(Received::Log(_)) => (),
                    Err(error) => {
                        tracing::debug!(worker = worker.id, "cannot hear the worker: {error}");
                        break;
                    }
                }
            }
        }
        reports
    }

    /// Sends where the log goes again to those who could not take it before, where it is time.
    pub(crate) fn send_log_again(&mut self, now: Instant) {
        for worker in self.workers.iter_mut().filter(|worker| worker.log_unsent.is_some_and(|at| at <= now)) {
            match logging::share() {
                Ok(file) => drop(worker.send_log(file.as_fd(), now)),
                Err(error) => tracing::debug!("cannot share the log's file: {error}"),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::Channel;
    use crate::process_table::Patience;
    use crate::scoreboard::Lease;

    #[test]
    fn who_talks_without_end_is_heard_a_little_at_a_time_and_the_dead_to_the_end() {
        let (ours, theirs) = Channel::pair().unwrap();
        let (mut table, now, pid) = (ProcessTable::new(Instant::now()), Instant::now(), Pid::from_raw(100));
        let patience = Patience { start: None, leave: None };
        table.add(pid, Birth { id: 0, generation: 1, patience, lease: Lease::default() }, ours, now);
        let mut sent = 0;
        while theirs.send(Report::Alive).is_ok() {
            sent += 1;
        }
        assert!(sent > 2 * REPORTS_AT_ONCE, "so many fit: {sent}");
        assert_eq!(table.take_reports(None).len(), REPORTS_AT_ONCE);
        assert_eq!(table.take_reports(Some(Pid::from_raw(101))).len(), REPORTS_AT_ONCE);
        drop(theirs);
        assert_eq!(table.take_reports(Some(pid)).len(), sent - 2 * REPORTS_AT_ONCE);
    }
}
