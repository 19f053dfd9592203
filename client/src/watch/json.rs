//! What happens, as one JSON object per line, at once and complete.

use std::io::{self, Write};
use std::time::Duration;

use serde_json::{Value, json};

use super::{Change, End, Event, History, LaneSummary, Spread, Summary, Times, View};
use crate::Kind;
use crate::pool::{Pool, Seat};

/// The version of the format. Keys may be added without a new version.
const SCHEMA: u32 = 1;

/// Writes every event and, in the end, the summary.
///
/// Every object has an `event`: `connecting`, `retrying`, `queued`, `seated`, `served`, `echoed`, `closed` with `lane` and
/// `at_seconds`, and last of all `summary`. Durations are seconds as floats, and keys that end in `_at_seconds` count
/// from the start of all lanes. What is not known, or did not happen, is null: `longest_wait_seconds` if nobody
/// waited, `failure` if nothing failed. All of it is described by `docs/client-watch.schema.json`.
#[derive(Debug)]
pub struct Json<W> {
    output: W,
}

impl<W: Write> Json<W> {
    /// Writes to this output.
    pub fn new(output: W) -> Self {
        Self { output }
    }

    fn line(&mut self, object: &Value) -> io::Result<()> {
        writeln!(self.output, "{object}")?;
        self.output.flush()
    }
}

impl<W: Write> View for Json<W> {
    fn show(&mut self, event: &Event, history: &History) -> io::Result<()> {
        self.line(&event_object(event, history))
    }

    fn finish(&mut self, summary: &Summary, _: &History) -> io::Result<()> {
        self.line(&summary_object(summary))
    }
}

fn event_object(event: &Event, history: &History) -> Value {
    let (name, details) = match &event.what {
        Change::Connecting => ("connecting", json!({})),
        Change::Retrying(failure) => {
            ("retrying", json!({ "failure": failure_object(failure.kind(), &failure.to_string()) }))
        }
        Change::Queued { local } => {
            ("queued", json!({ "local_address": local.map(|local| local.to_string()) }))
        }
        Change::Served { first_echo } => {
            ("served", json!({ "first_echo_seconds": first_echo.as_secs_f64() }))
        }
        Change::Seated(seat) => ("seated", seat_object(Some(*seat))),
        Change::Echoed { message, exchange } => (
            "echoed",
            json!({
                "message": message,
                "first_byte_seconds": exchange.first_byte.as_secs_f64(),
                "round_trip_seconds": exchange.total.as_secs_f64(),
            }),
        ),
        Change::Closed(outcome) => {
            let failure = outcome.failure.as_ref();
            let failure = failure.map(|failure| failure_object(failure.kind(), &failure.to_string()));
            let lane = &history.lanes()[event.lane - 1];
            let details =
                json!({ "messages": outcome.messages, "failure": failure, "released": lane.is_released });
            ("closed", with(details, seat_object(lane.seat)))
        }
    };
    with(json!({ "event": name, "lane": event.lane, "at_seconds": event.at.as_secs_f64() }), details)
}

/// An object with the keys of both.
fn with(mut object: Value, more: Value) -> Value {
    if let (Value::Object(object), Value::Object(more)) = (&mut object, more) {
        object.extend(more);
    }
    object
}

fn seat_object(seat: Option<Seat>) -> Value {
    json!({
        "worker": seat.map(|seat| seat.worker),
        "pid": seat.and_then(|seat| seat.pid),
        "slot": seat.map(|seat| seat.slot),
        "queue_wait_seconds": seat.and_then(|seat| seat.queue_wait_seconds),
    })
}

fn summary_object(summary: &Summary) -> Value {
    let tally = summary.tally();
    let failures: Value =
        tally.failures().map(|(kind, count)| (kind.name().to_owned(), json!(count))).collect();
    let lanes: Vec<Value> =
        summary.lanes.iter().enumerate().map(|(index, lane)| lane_object(index + 1, lane)).collect();
    json!({
        "event": "summary",
        "schema": SCHEMA,
        "address": summary.address.to_string(),
        "interrupted": summary.end == End::Interrupted,
        "elapsed_seconds": summary.elapsed.as_secs_f64(),
        "connections": summary.lanes.len(),
        "connected": summary.connected(),
        "served": summary.served(),
        "waited": summary.waited(),
        "failed": tally.failed(),
        "failures": failures,
        "longest_wait_seconds": seconds(summary.longest_wait()),
        "service_seconds": seconds(summary.service),
        "sentence": summary.sentence(),
        "pool": summary.pool.as_ref().map(pool_object),
        "times": times_object(&summary.times),
        "lanes": lanes,
    })
}

fn pool_object(pool: &Pool) -> Value {
    json!({ "workers": pool.workers, "threads": pool.threads, "capacity": pool.capacity })
}

fn times_object(times: &Times) -> Value {
    json!({
        "connect_seconds": times.connect.map(spread_object),
        "first_echo_seconds": times.first_echo.map(spread_object),
        "queue_wait_seconds": times.queue.map(spread_object),
        "first_service_seconds": times.first_service.map(spread_object),
        "later_service_seconds": times.later_service.map(spread_object),
        "total_seconds": times.total.map(spread_object),
    })
}

fn spread_object(spread: Spread) -> Value {
    json!({
        "count": spread.count,
        "min": spread.min.as_secs_f64(),
        "mean": spread.mean.as_secs_f64(),
        "p50": spread.p50.as_secs_f64(),
        "p90": spread.p90.as_secs_f64(),
        "p99": spread.p99.as_secs_f64(),
        "max": spread.max.as_secs_f64(),
    })
}

fn lane_object(number: usize, lane: &LaneSummary) -> Value {
    let object = json!({
        "lane": number,
        "state": lane.stage.name(),
        "local_address": lane.local.map(|local| local.to_string()),
        "started_at_seconds": seconds(lane.started_at),
        "connected_at_seconds": seconds(lane.connected_at),
        "served_at_seconds": seconds(lane.served_at),
        "closed_at_seconds": seconds(lane.closed_at),
        "first_echo_seconds": seconds(lane.first_echo),
        "wait_seconds": seconds(lane.wait),
        "waited": lane.waited(),
        "messages": lane.messages,
        "released": lane.is_released,
        "failure": lane.failure.as_ref().map(|(kind, text)| failure_object(*kind, text)),
    });
    with(object, seat_object(lane.seat))
}

fn failure_object(kind: Kind, text: &str) -> Value {
    json!({ "kind": kind.name(), "text": text })
}

fn seconds(duration: Option<Duration>) -> Option<f64> {
    duration.map(|duration| duration.as_secs_f64())
}
