//! The result of a run, as it is printed and as it is kept to be compared with another one.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

use super::compare::{Baseline, Comparison};
use super::measured::Measured;
use super::plan::{Content, Load, Plan};
use super::record::{Interval, Record, Times};
use super::route::Route;
use crate::prediction::Prediction;
use crate::{Kind, Tally};

/// The version of the format. Keys may be added without a new version.
pub(super) const SCHEMA: u32 = 1;

/// From this part of a core on, this program has no time left: it may be what limits the throughput.
const BUSY: f64 = 0.9;

/// The result. Its form in JSON is described by `docs/client-bench.schema.json`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Report {
    pub(super) schema: u32,
    pub(super) version: String,
    pub(super) started_at: String,
    pub(super) address: String,
    pub(super) congestion_control: Option<String>,
    pub(super) plan: PlanReport,
    pub(super) interrupted: bool,
    pub(super) window_seconds: f64,
    pub(super) requests: Requests,
    pub(super) failures: BTreeMap<String, u64>,
    pub(super) first_failure: Option<String>,
    pub(super) throughput: Throughput,
    pub(super) latency: Latency,
    pub(super) schedule: Option<ScheduleReport>,
    pub(super) prediction: Option<Prediction>,
    pub(super) connections: ConnectionsReport,
    pub(super) client: Client,
    pub(super) intervals: Vec<IntervalReport>,
    pub(super) comparison: Option<Comparison>,
}

/// What was to be done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct PlanReport {
    pub(super) mode: String,
    pub(super) reconnect: bool,
    pub(super) connections: usize,
    pub(super) message_bytes: usize,
    pub(super) transform: String,
    pub(super) rate_per_second: Option<f64>,
    pub(super) arrivals: Option<String>,
    pub(super) seed: Option<u64>,
    pub(super) predict: bool,
    pub(super) duration_seconds: f64,
    pub(super) requests: Option<u64>,
    pub(super) warm_up_seconds: f64,
    pub(super) connect_timeout_seconds: f64,
    pub(super) timeout_seconds: f64,
}

/// What became of the requests that were due in the window.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Requests {
    pub(super) ok: u64,
    pub(super) failed: u64,
    pub(super) unfinished: u64,
    pub(super) not_sent: u64,
    pub(super) warm_up: u64,
    pub(super) warm_up_failed: u64,
}

/// What finished in the window.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Throughput {
    pub(super) requests_per_second: f64,
    pub(super) bytes_per_second: f64,
}

/// How long things took. `None` where there was none.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Latency {
    pub(super) counted_from: String,
    pub(super) connect: Option<Distribution>,
    pub(super) first_byte: Option<Distribution>,
    pub(super) total: Option<Distribution>,
    pub(super) since_sent: Option<Distribution>,
}

/// How the times of one kind are spread.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Distribution {
    pub(super) count: u64,
    pub(super) min_seconds: f64,
    pub(super) mean_seconds: f64,
    pub(super) p50_seconds: f64,
    pub(super) p90_seconds: f64,
    pub(super) p99_seconds: f64,
    pub(super) p999_seconds: f64,
    pub(super) max_seconds: f64,
    /// Of the recorded values: the highest of a bucket, and how many are in it.
    pub(super) buckets: Vec<(f64, u64)>,
}

/// How well an open loop kept its times.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct ScheduleReport {
    pub(super) late: Option<Distribution>,
    pub(super) open_at_arrival_mean: Option<f64>,
    pub(super) open_at_arrival_max: Option<u64>,
    pub(super) waited_for_connection: u64,
    pub(super) longest_wait_for_connection_seconds: Option<f64>,
}

/// What became of the connections.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct ConnectionsReport {
    pub(super) connected: u64,
    pub(super) served: u64,
    pub(super) never_served: u64,
    pub(super) longest_never_served_seconds: Option<f64>,
    pub(super) never_connected: u64,
    #[serde(default)]
    pub(super) lost: BTreeMap<String, u64>,
}

/// What this program took.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Client {
    pub(super) cpu_seconds: f64,
    pub(super) busy_ratio: f64,
    pub(super) is_bottleneck: bool,
}

/// A second of the window.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct IntervalReport {
    pub(super) at_seconds: f64,
    pub(super) length_seconds: f64,
    pub(super) requests: u64,
    pub(super) failed: u64,
    pub(super) p50_seconds: Option<f64>,
    pub(super) p99_seconds: Option<f64>,
    pub(super) max_seconds: Option<f64>,
}

impl Report {
    /// Puts together what was measured.
    pub(super) fn new(
        plan: &Plan,
        route: &Route,
        started_at: SystemTime,
        measured: &Measured,
        prediction: Option<Prediction>,
    ) -> Self {
        let record = &measured.record;
        let plan = PlanReport::new(plan);
        Self {
            schema: SCHEMA,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started_at: humantime::format_rfc3339_millis(started_at).to_string(),
            address: route.name.clone(),
            congestion_control: route.congestion_control.clone(),
            interrupted: measured.interrupted,
            window_seconds: measured.window.as_secs_f64(),
            requests: Requests {
                ok: record.tally.ok(),
                failed: record.tally.failed(),
                unfinished: measured.unfinished,
                not_sent: measured.not_sent,
                warm_up: record.warm_up.ok(),
                warm_up_failed: record.warm_up.failed(),
            },
            failures: {
                let mut all = record.tally.clone();
                all.merge(&record.warm_up);
                failures(&all)
            },
            first_failure: record.first_failure.clone(),
            throughput: throughput(measured, plan.message_bytes),
            latency: Latency {
                counted_from: if plan.rate_per_second.is_some() { "intended" } else { "sent" }.to_owned(),
                connect: distribution(&record.connect),
                first_byte: distribution(&record.first_byte),
                total: distribution(&record.total),
                since_sent: distribution(&record.since_sent),
            },
            schedule: plan.rate_per_second.map(|_| schedule(record)),
            prediction,
            connections: connections(record),
            client: client(measured),
            intervals: record.intervals.iter().map(interval).collect(),
            comparison: None,
            plan,
        }
    }

    /// The intervals that are long enough to tell anything: at least half a second.
    pub(super) fn long_intervals(&self) -> impl Iterator<Item = &IntervalReport> {
        self.intervals.iter().filter(|interval| interval.length_seconds >= 0.5)
    }

    /// The requests per second of each of these.
    pub(super) fn rates(&self) -> Vec<f64> {
        self.long_intervals().map(|interval| number(interval.requests) / interval.length_seconds).collect()
    }

    /// Adds what an earlier run was like.
    pub(super) fn compare(mut self, baseline: &Baseline) -> Self {
        self.comparison = Some(Comparison::of(baseline, &self));
        self
    }

    /// Whether everything that was sent came back right, and everything that was due was sent.
    #[must_use]
    pub fn is_correct(&self) -> bool {
        let Requests { ok, failed, unfinished, not_sent, warm_up: _, warm_up_failed } = self.requests;
        let missing = failed + unfinished + not_sent + warm_up_failed;
        let connections = &self.connections;
        let broken: u64 = connections.broken().map(|(_, count)| count).sum();
        ok > 0 && missing + connections.never_served + connections.never_connected + broken == 0
    }
}

impl ConnectionsReport {
    /// Those that the server closed in order while nothing was under way, which is its right.
    pub(super) fn closed(&self) -> u64 {
        self.lost.get(Kind::Closed.name()).copied().unwrap_or_default()
    }

    /// The others that were lost, by kind.
    pub(super) fn broken(&self) -> impl Iterator<Item = (&String, u64)> {
        let lost = self.lost.iter().map(|(kind, count)| (kind, *count));
        lost.filter(|(kind, _)| *kind != Kind::Closed.name())
    }
}

impl PlanReport {
    fn new(plan: &Plan) -> Self {
        let (rate, arrivals, seed) = match plan.load {
            Load::Closed => (None, None, None),
            Load::Open { rate, spread, seed } => {
                (Some(rate.per_second()), Some(spread.name().to_owned()), Some(seed))
            }
        };
        Self {
            mode: if rate.is_some() { "open" } else { "closed" }.to_owned(),
            reconnect: plan.reconnect,
            connections: plan.connections.get(),
            message_bytes: match &plan.content {
                Content::Random(size) => *size,
                Content::Text(text) => text.len(),
            },
            transform: plan.transform.name().to_owned(),
            rate_per_second: rate,
            arrivals,
            seed,
            predict: plan.predict.is_some(),
            duration_seconds: plan.duration.as_secs_f64(),
            requests: plan.requests,
            warm_up_seconds: plan.warm_up.as_secs_f64(),
            connect_timeout_seconds: plan.connect_timeout.as_secs_f64(),
            timeout_seconds: plan.timeout.as_secs_f64(),
        }
    }
}

fn failures(tally: &Tally) -> BTreeMap<String, u64> {
    tally.failures().map(|(kind, count)| (kind.name().to_owned(), count)).collect()
}

fn throughput(measured: &Measured, message_bytes: usize) -> Throughput {
    let finished: u64 = measured.record.intervals.iter().map(|interval| interval.finished).sum();
    let requests_per_second = ratio(number(finished), measured.window.as_secs_f64());
    Throughput { requests_per_second, bytes_per_second: requests_per_second * number(message_bytes as u64) }
}

fn schedule(record: &Record) -> ScheduleReport {
    let waited = record.waited.histogram();
    let open = &record.open_at_arrival;
    ScheduleReport {
        late: distribution(&record.late),
        open_at_arrival_mean: (!open.is_empty()).then(|| open.mean()),
        open_at_arrival_max: (!open.is_empty()).then(|| open.max()),
        waited_for_connection: waited.len(),
        longest_wait_for_connection_seconds: (!waited.is_empty()).then(|| seconds(waited.max())),
    }
}

fn connections(record: &Record) -> ConnectionsReport {
    let connections = &record.connections;
    ConnectionsReport {
        connected: connections.connected,
        served: connections.served,
        never_served: connections.never_served,
        longest_never_served_seconds: (connections.never_served > 0)
            .then_some(connections.longest_unserved.as_secs_f64()),
        never_connected: connections.unconnected,
        lost: failures(&connections.lost),
    }
}

fn client(measured: &Measured) -> Client {
    let cpu_seconds = measured.cpu.as_secs_f64();
    let busy_ratio = ratio(cpu_seconds, measured.window.as_secs_f64());
    Client { cpu_seconds, busy_ratio, is_bottleneck: busy_ratio >= BUSY }
}

fn interval(interval: &Interval) -> IntervalReport {
    let time = |index: usize| interval.times.map(|times| seconds(times[index]));
    IntervalReport {
        at_seconds: interval.at.as_secs_f64(),
        length_seconds: interval.length.as_secs_f64(),
        requests: interval.finished,
        failed: interval.failed,
        p50_seconds: time(0),
        p99_seconds: time(1),
        max_seconds: time(2),
    }
}

fn distribution(times: &Times) -> Option<Distribution> {
    let histogram: &Histogram<u64> = times.histogram();
    let quantile = |quantile| seconds(histogram.value_at_quantile(quantile));
    (!histogram.is_empty()).then(|| Distribution {
        count: histogram.len(),
        min_seconds: seconds(histogram.min()),
        mean_seconds: histogram.mean() / 1e9,
        p50_seconds: quantile(0.5),
        p90_seconds: quantile(0.9),
        p99_seconds: quantile(0.99),
        p999_seconds: quantile(0.999),
        max_seconds: seconds(histogram.max()),
        buckets: histogram
            .iter_recorded()
            .map(|value| (seconds(value.value_iterated_to()), value.count_at_value()))
            .collect(),
    })
}

fn seconds(nanoseconds: u64) -> f64 {
    Duration::from_nanos(nanoseconds).as_secs_f64()
}

/// 0 where there was no time to measure.
fn ratio(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

#[expect(clippy::cast_precision_loss, reason = "exact up to 2^53")]
pub(super) fn number(count: u64) -> f64 {
    count as f64
}
