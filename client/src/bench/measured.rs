//! What came out of a run.

use std::time::Duration;

use super::record::Record;

/// Everything that a report is made of.
#[derive(Debug)]
pub(super) struct Measured {
    /// Everything that happened on the connections.
    pub(super) record: Record,
    /// How long the window was in the end.
    pub(super) window: Duration,
    /// How much CPU time the thread took in it.
    pub(super) cpu: Duration,
    /// The requests that were sent and neither finished nor failed.
    pub(super) unfinished: u64,
    /// The requests that were due and never sent.
    pub(super) not_sent: u64,
    /// Whether the user put an end to it.
    pub(super) interrupted: bool,
}
