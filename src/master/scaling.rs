//! Another number of workers, because somebody asked for it.

use std::time::Instant;

use super::Master;
use super::changes::{Course, Current};
use crate::config::SLOTS_MAX;
use crate::control::Size;
use crate::handler::Handler;
use crate::limits;
use crate::process_table::Aim;
use crate::scoreboard::WhyScaled;

impl<H: Handler> Master<H> {
    pub(super) fn begin_scale(&mut self, size: Size, now: Instant) -> Result<(), String> {
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

    pub(super) fn go_on_scaling(&mut self, now: Instant) -> bool {
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
}
