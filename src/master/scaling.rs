//! Another number of workers, because somebody asked for it.

use std::time::Instant;

use super::Master;
use super::changes::{Course, Current};
use super::generation::Generation;
use crate::config::{SLOTS_MAX, WORKERS_MAX};
use crate::control::Size;
use crate::handler::Handler;
use crate::limits;
use crate::process_table::{Aim, Scaling};
use crate::scoreboard::WhyScaled;

impl<H: Handler> Master<H> {
    pub(super) fn begin_scale(&mut self, size: Size, now: Instant) -> Result<(), String> {
        let (before, goal) = (Scaling::size(&self.goal), self.goal.workers);
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
        let deadline = self.serving.config.timeouts.start.map(|time| now + time);
        let is_resting = self.goal.aim == Aim::Rest;
        let scaling = Scaling::begin(&mut self.table, &mut self.goal, workers, deadline);
        self.show_size();
        if is_resting {
            self.answer_resters(false);
        }
        if let Some(current) = &mut self.changes.current {
            current.course = Course::Scaling(scaling);
        }
        Ok(())
    }

    /// Puts on the scoreboard how large the pool is.
    pub(super) fn show_size(&mut self) {
        self.answers.clear();
        let threads = self.serving.config.threads.get();
        self.scoreboard.set_pool(self.serving.number, self.goal.workers, threads);
    }

    pub(super) fn go_on_scaling(&mut self, now: Instant) -> bool {
        let Some(Current { course: Course::Scaling(scaling), .. }) = &self.changes.current else {
            return false;
        };
        let scaling = scaling.clone();
        match scaling.outcome(&self.table, &self.goal, now) {
            None => return false,
            Some(Ok(())) => {
                let (before, workers) = (scaling.before, self.goal.workers);
                if before != workers {
                    self.note_scaled(before, workers, WhyScaled::Asked);
                }
                let noun = if workers == 1 { "worker" } else { "workers" };
                let was = if before == workers { "as before".to_owned() } else { format!("it had {before}") };
                self.settle(format!("the pool has {workers} {noun}, {was}"));
            }
            Some(Err(cause)) => {
                scaling.undo(&mut self.table, &mut self.goal);
                self.show_size();
                self.end_change(Err(cause));
            }
        }
        true
    }
}
