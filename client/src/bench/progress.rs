//! How far a run is, on one line of the terminal.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::plan::Plan;
use super::record::{Interval, Record};
use crate::human;

/// How often the line changes.
const PERIOD: Duration = Duration::from_millis(250);

/// The line. Where standard error is no terminal, there is none.
#[derive(Debug)]
pub(super) struct Progress {
    bar: ProgressBar,
    began: Instant,
    next: Instant,
}

impl Progress {
    /// The line of this plan, which begins now.
    pub(super) fn new(plan: &Plan) -> Self {
        let length = plan.warm_up + plan.duration;
        let style = ProgressStyle::with_template("{elapsed:>4} {bar:20} {msg}");
        let bar = ProgressBar::new(u64::try_from(length.as_millis()).unwrap_or(u64::MAX))
            .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        let now = Instant::now();
        Self { bar, began: now, next: now + PERIOD }
    }

    /// Whether it is time to show something else.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        now >= self.next && !self.bar.is_hidden()
    }

    /// Shows how far it is.
    pub(super) fn show(&mut self, now: Instant, record: &Record, in_flight: usize, waiting: Option<u64>) {
        self.next = now + PERIOD;
        self.bar.set_position(u64::try_from((now - self.began).as_millis()).unwrap_or(u64::MAX));
        self.bar.set_message(message(record, in_flight, waiting));
    }

    /// Takes the line away.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

fn message(record: &Record, in_flight: usize, waiting: Option<u64>) -> String {
    let mut parts = Vec::new();
    if let Some(Interval { finished, times, .. }) = record.last_interval() {
        parts.push(format!("{finished}/s"));
        if let Some([_, p99, _]) = times {
            parts.push(format!("p99 {}", human::short_time(Duration::from_nanos(*p99))));
        }
    } else {
        parts.push("warming up".to_owned());
    }
    parts.push(format!("{in_flight} under way"));
    if let Some(waiting) = waiting.filter(|&waiting| waiting > 0) {
        parts.push(format!("{waiting} due and not sent"));
    }
    if record.tally.failed() > 0 {
        parts.push(format!("{} failed", record.tally.failed()));
    }
    parts.join(", ")
}
