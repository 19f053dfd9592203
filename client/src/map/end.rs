//! The end of a run: the summary, which is told once, by whoever comes first.

use std::io::{self, IsTerminal, Write};
use std::process;
use std::sync::{Arc, Once};
use std::time::Duration;

use super::coordinator::Coordinator;
use super::progress::Progress;
use super::shared::Shared;
use super::summary::Summary;
use super::{Ending, Plan, Unfinished};
use crate::{Error, interrupt};

/// So long the writer may take to end after a signal. Where nobody takes the output, it cannot.
const PATIENCE: Duration = Duration::from_secs(1);

/// What is needed to end a run.
pub(super) struct End {
    plan: Plan,
    shared: Arc<Shared>,
    pub(super) progress: Progress,
    told: Once,
}

impl End {
    pub(super) fn new(plan: Plan, shared: Arc<Shared>, progress: Progress) -> Self {
        Self { plan, shared, progress, told: Once::new() }
    }

    /// Has the writer end the run. One that waits for its reader does not hear it: then the program ends here.
    pub(super) fn interrupt(&self) {
        if !self.shared.interrupt(PATIENCE) {
            self.tell(&Ok(Ending::Interrupted));
            process::exit(interrupt::EXIT_CODE.into());
        }
    }

    /// Takes the progress away and prints the summary: JSON if that is wanted, else a line if somebody sits there.
    pub(super) fn tell(&self, outcome: &Result<Ending, Error>) {
        self.told.call_once(|| {
            self.progress.end();
            let mut stderr = io::stderr();
            if !self.plan.json && !stderr.is_terminal() {
                return;
            }
            let summary = self.shared.with(|coordinator| self.summary(coordinator, outcome));
            let text = if self.plan.json { summary.json().to_string() } else { summary.text() };
            // Without anybody who reads it there is nobody to tell that it cannot be written.
            let _ = writeln!(stderr, "{text}");
        });
    }

    fn summary(&self, coordinator: &Coordinator, outcome: &Result<Ending, Error>) -> Summary {
        Summary {
            address: self.plan.address.clone(),
            elapsed: self.shared.now(),
            complete: matches!(
                outcome,
                Ok(Ending::Complete) | Err(Error::Unfinished(Unfinished::Wrong { .. }))
            ),
            interrupted: matches!(outcome, Ok(Ending::Interrupted)),
            lanes: self.plan.connections.get(),
            served: coordinator.were_served(),
            counts: coordinator.counts().clone(),
            error: outcome.as_ref().err().map(ToString::to_string),
        }
    }
}
