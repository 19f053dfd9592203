//! The back-off of respawns, read from the events: 0, 100 ms, 200 ms … while a worker keeps dying young.

use std::time::Duration;

use serde::Deserialize;

/// An event of the pool, as far as the curve needs it.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Event {
    /// Seconds.
    pub(crate) at: f64,
    pub(crate) kind: String,
    pub(crate) worker: Option<usize>,
    pub(crate) pid: Option<i32>,
    pub(crate) text: String,
}

/// How much later than due a worker may come, in seconds, beside the time for which the machine had no processor for its master.
const LATE_MAX: f64 = 0.3;
/// What is lost by rounding, in seconds.
const EARLY_MAX: f64 = 0.005;

/// How long each respawn of a worker took, from the death on, in seconds.
pub(crate) fn waits(events: &[Event], worker: usize) -> Vec<f64> {
    let mut waits = Vec::new();
    let mut died = None;
    for event in events.iter().filter(|event| event.worker == Some(worker)) {
        match event.kind.as_str() {
            "died" => died = Some(event.at),
            "spawned" => waits.extend(died.take().map(|died| event.at - died)),
            _ => (),
        }
    }
    waits
}

/// What the pool says of the death of a process.
pub(crate) fn obituary(events: &[Event], pid: i32) -> Option<&str> {
    let mut deaths = events.iter().filter(|event| event.kind == "died" && event.pid == Some(pid));
    deaths.next_back().map(|event| event.text.as_str())
}

/// How many connections were lost with a process, as the pool says.
pub(crate) fn connections_lost(obituary: &str) -> Option<usize> {
    let mut parts = obituary.split("; ").filter_map(|part| part.split_once(" connection"));
    parts.find(|(_, rest)| rest.ends_with(" lost")).and_then(|(count, _)| count.parse().ok())
}

/// Whether these waits are the curve from its begin, if they were so much longer at most.
pub(crate) fn fits(waits: &[f64], stalled: Duration) -> Result<(), String> {
    let late_max = LATE_MAX + stalled.as_secs_f64();
    let fits_from = |deaths: i32| {
        let due = (deaths..).map(due_after);
        waits.iter().zip(due).all(|(wait, due)| *wait >= due - EARLY_MAX && *wait <= due + late_max)
    };
    // The first may be no young death, and does not count then.
    if fits_from(0) || fits_from(1) {
        return Ok(());
    }
    Err(format!("the waits {waits:.3?} are not 0, 0.1, 0.2, 0.4 … s"))
}

/// The wait after so many young deaths in a row.
fn due_after(deaths: i32) -> f64 {
    if deaths < 2 { 0.0 } else { (0.1 * 2_f64.powi(deaths - 2)).min(30.0) }
}
