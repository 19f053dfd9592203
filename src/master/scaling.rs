//! Another number of workers, because somebody asked for it.

use std::time::Instant;

use super::Master;
use super::changes::{Course, Current};
use super::generation::Generation;
use crate::config::{SLOTS_MAX, WORKERS_MAX};
use crate::control::Size;
use crate::handler::Handler;
use crate::limits;
use crate::process_table::Aim;
use crate::scoreboard::WhyScaled;

impl<H: Handler> Master<H> {
    pub(super) fn begin_scale(&mut self, size: Size, now: Instant) -> Result<(), String> {
        let is_resting = self.goal.aim == Aim::Rest;
        let goal = self.goal.workers;
        let before = if is_resting { 0 } else { goal };
        let workers = size.of(goal).ok_or_else(|| {
            format!(
                "a pool has 1 to {WORKERS_MAX} workers, this one has {goal}; `drain` lets all of them leave"
            )
        })?;
        let slots = workers * self.serving.config.threads.get();
        if slots > SLOTS_MAX {
            return Err(format!(
                "{workers} workers have {slots} connection slots, and a pool has {SLOTS_MAX} at most"
            ));
        }
        if workers > before {
            let Generation { config, confinement, .. } = &self.serving;
            limits::prepare(config, confinement, workers, before).map_err(|error| error.to_string())?;
        }
        self.set_workers(workers);
        self.goal.aim = Aim::Serve;
        if is_resting {
            self.answer_resters(false);
        }
        let deadline = self.serving.config.timeouts.start.map(|time| now + time);
        if let Some(current) = &mut self.changes.current {
            current.course = Course::Scaling { before, goal, deadline, failed: None };
        }
        Ok(())
    }

    pub(super) fn set_workers(&mut self, workers: usize) {
        self.goal.workers = workers;
        self.table.forget_beyond(workers);
        self.answers.clear();
        self.scoreboard.set_pool(self.serving.number, workers, self.serving.config.threads.get());
    }

    pub(super) fn go_on_scaling(&mut self, now: Instant) -> bool {
        let Some(Current { course: Course::Scaling { before, goal, deadline, failed }, .. }) =
            &self.changes.current
        else {
            return false;
        };
        let (before, goal, deadline, failed) = (*before, *goal, *deadline, failed.clone());
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
        self.set_workers(goal);
        if before == 0 {
            self.goal.aim = Aim::Rest;
        }
        self.end_change(Err(
            failed.unwrap_or_else(|| "its workers were not ready within timeouts.start".into())
        ))
    }
}
