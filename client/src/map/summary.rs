//! What was done, in the end: a line for people, or a JSON object.

use std::time::Duration;

use indicatif::BinaryBytes;
use serde_json::{Value, json};

use super::coordinator::Counts;
use crate::{Address, Kind, human};

/// The version of the format. Keys may be added without a new version.
const SCHEMA: u32 = 1;

/// What was done.
#[derive(Debug)]
pub(super) struct Summary {
    pub(super) address: Address,
    pub(super) elapsed: Duration,
    /// Whether all of the input was written.
    pub(super) complete: bool,
    pub(super) interrupted: bool,
    pub(super) lanes: usize,
    pub(super) served: usize,
    pub(super) counts: Counts,
    /// What the user is told.
    pub(super) error: Option<String>,
}

impl Counts {
    /// Echoes that were not what they should have been.
    pub(super) fn wrong(&self) -> u64 {
        self.failures.count(Kind::Wrong) + self.failures.count(Kind::Extra)
    }
}

impl Summary {
    /// The line for people.
    pub(super) fn text(&self) -> String {
        let lines = if self.counts.lines == 1 { "line" } else { "lines" };
        let rate = u128::from(self.counts.bytes) * 1_000 / self.elapsed.as_millis().max(1);
        let rate = BinaryBytes(u64::try_from(rate).unwrap_or(u64::MAX));
        let retries = match self.counts.retries {
            0 => String::new(),
            1 => ", 1 retry".to_owned(),
            many => format!(", {many} retries"),
        };
        format!(
            "{} {lines}, {} in {} ({rate}/s); {} of {} connections served{retries}{}",
            self.counts.lines,
            BinaryBytes(self.counts.bytes),
            human::time(self.elapsed),
            self.served,
            self.lanes,
            if self.interrupted { "; interrupted" } else { "" },
        )
    }

    /// The JSON object; see `docs/client-map.schema.json`.
    pub(super) fn json(&self) -> Value {
        let failures: Value = self
            .counts
            .failures
            .failures()
            .map(|(kind, count)| (kind.name().to_owned(), json!(count)))
            .collect();
        json!({
            "schema": SCHEMA,
            "address": self.address.to_string(),
            "complete": self.complete,
            "interrupted": self.interrupted,
            "elapsed_seconds": self.elapsed.as_secs_f64(),
            "lines": self.counts.lines,
            "bytes": self.counts.bytes,
            "connections": self.lanes,
            "served": self.served,
            "opened": self.counts.opened,
            "handed_on": self.counts.handed_on,
            "retries": self.counts.retries,
            "wrong": self.counts.wrong(),
            "failures": failures,
            "error": self.error,
        })
    }
}
