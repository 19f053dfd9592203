//! A sample → the text that Prometheus scrapes.

use std::time::Duration;

use prometheus::TextEncoder;
use prometheus::proto::{Bucket, Counter, Gauge, Histogram, LabelPair, Metric, MetricFamily, MetricType};

use crate::ending::Ending;
use crate::histogram::Counts;
use crate::refusal::Refusal;
use crate::snapshot::{ListenerStatus, Sample, Status, Totals, WorkerTotals};

/// The `Content-Type` of the text.
pub(crate) const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The bounds of the histograms: these powers of two, in microseconds, from a millisecond to 18 minutes.
const EXPONENTS: std::ops::RangeInclusive<u32> = 10..=30;

/// Name, type, help and value of what each worker's id has.
type OfWorker = (&'static str, MetricType, &'static str, fn(&WorkerTotals) -> u64);
/// Name, type, help and value of what each listener has.
type OfListener = (&'static str, MetricType, &'static str, fn(&ListenerStatus) -> Option<u64>);

const OF_WORKERS: [OfWorker; 6] = [
    (
        "prefork_connections_accepted_total",
        MetricType::COUNTER,
        "Connections that were accepted.",
        |worker| worker.accepted,
    ),
    ("prefork_connections_active", MetricType::GAUGE, "Connections that are open now.", |worker| {
        worker.active as u64
    }),
    (
        "prefork_capacity_connections",
        MetricType::GAUGE,
        "Connection slots that take connections now.",
        |worker| worker.capacity as u64,
    ),
    ("prefork_received_bytes_total", MetricType::COUNTER, "Bytes read from clients.", |worker| {
        worker.bytes_in
    }),
    ("prefork_sent_bytes_total", MetricType::COUNTER, "Bytes written to clients.", |worker| worker.bytes_out),
    ("prefork_messages_total", MetricType::COUNTER, "Messages that were answered.", |worker| worker.messages),
];

const OF_LISTENERS: [OfListener; 3] = [
    (
        "prefork_accept_queue_length",
        MetricType::GAUGE,
        "Connections that wait in the kernel's accept queue.",
        |listener| listener.waiting,
    ),
    (
        "prefork_accept_queue_limit",
        MetricType::GAUGE,
        "Connections that the accept queue is made for; one more fits.",
        |listener| listener.backlog.map(u64::from),
    ),
    (
        "prefork_accept_queue_dropped_total",
        MetricType::COUNTER,
        "Handshakes that found the accept queue full; one client may count several times.",
        |listener| listener.dropped,
    ),
];

/// The text. A series of which nothing is known is left out.
pub(crate) fn render(sample: &Sample) -> String {
    let mut families = of_workers(&sample.workers);
    families.push(refused(&sample.workers));
    families.push(ended(&sample.workers));
    families.extend(of_listeners(&sample.status.listeners));
    families.extend(of_pool(sample));
    families.extend(of_state(&sample.status));
    families.extend(of_log(&sample.status.totals));
    families.retain(|family| !family.get_metric().is_empty());
    TextEncoder::new().encode_to_string(&families).expect("every family has a name and a series")
}

fn of_workers(workers: &[WorkerTotals]) -> Vec<MetricFamily> {
    let of_one = |(name, kind, help, value): OfWorker| {
        let series = |worker: &WorkerTotals| {
            metric(kind, label("worker", &worker.id.to_string()), number(value(worker)))
        };
        family(name, kind, help, workers.iter().map(series).collect())
    };
    OF_WORKERS.into_iter().map(of_one).collect()
}

fn refused(workers: &[WorkerTotals]) -> MetricFamily {
    let of_one = |worker: &WorkerTotals| {
        let (id, counts) = (worker.id.to_string(), worker.refused);
        let labels = move |why: Refusal| [label("worker", &id), label("reason", why.name())].concat();
        Refusal::ALL.map(|why| metric(MetricType::COUNTER, labels(why), number(counts[why as usize])))
    };
    family(
        "prefork_connections_refused_total",
        MetricType::COUNTER,
        "Connections that left the accept queue and got no slot, by reason.",
        workers.iter().flat_map(of_one).collect(),
    )
}

fn ended(workers: &[WorkerTotals]) -> MetricFamily {
    let of_one = |worker: &WorkerTotals| {
        let (id, counts) = (worker.id.to_string(), worker.ended);
        let series = move |((_, limit), count): (&(Ending, &str), u64)| {
            let labels = [label("worker", &id), label("reason", limit)].concat();
            metric(MetricType::COUNTER, labels, number(count))
        };
        Ending::COUNTED.iter().zip(counts).map(series)
    };
    family(
        "prefork_connections_ended_total",
        MetricType::COUNTER,
        "Connections that a limit of this server has ended, by the limit.",
        workers.iter().flat_map(of_one).collect(),
    )
}

fn of_listeners(listeners: &[ListenerStatus]) -> Vec<MetricFamily> {
    let of_one = |(name, kind, help, value): OfListener| {
        let series = |listener: &ListenerStatus| {
            Some(metric(kind, label("listener", &listener.address), number(value(listener)?)))
        };
        family(name, kind, help, listeners.iter().filter_map(series).collect())
    };
    OF_LISTENERS.into_iter().map(of_one).collect()
}

fn of_pool(sample: &Sample) -> [MetricFamily; 5] {
    use MetricType::{COUNTER, HISTOGRAM};

    let status = &sample.status;
    let respawns =
        sample.respawns.iter().map(|(cause, count)| metric(COUNTER, label("cause", cause), number(*count)));
    let reloads = [("ok", status.totals.reloads), ("failed", sample.reloads_failed)]
        .map(|(result, count)| metric(COUNTER, label("result", result), number(count)));
    [
        family(
            "prefork_accept_queue_wait_seconds",
            HISTOGRAM,
            "Time that connections stood in the accept queue that were accepted, or refused for it, in seconds, where the kernel tells.",
            vec![histogram(&sample.queue_wait)],
        ),
        family(
            "prefork_connection_duration_seconds",
            HISTOGRAM,
            "Time from accept to close, in seconds.",
            vec![histogram(&sample.connection_duration)],
        ),
        family(
            "prefork_worker_respawns_total",
            COUNTER,
            "Workers that were spawned in place of one that died, by the cause of its death.",
            respawns.collect(),
        ),
        family(
            "prefork_reloads_total",
            COUNTER,
            "Reloads of the configuration, by their result.",
            reloads.to_vec(),
        ),
        family(
            "prefork_saturated_seconds_total",
            COUNTER,
            "Time without an idle connection slot, in seconds, the second of calm that ends it included.",
            vec![metric(COUNTER, Vec::new(), sample.saturated_seconds)],
        ),
    ]
}

fn of_state(status: &Status) -> [MetricFamily; 3] {
    let one = |labels, value| vec![metric(MetricType::GAUGE, labels, value)];
    let generation = "Number of the workers' generation: one more with each reload.";
    let ready = "1 while the pool takes connections, as /readyz says; else 0.";
    let build = "Always 1; the label tells the version.";
    [
        ("prefork_generation", generation, one(Vec::new(), number(status.master.generation))),
        ("prefork_ready", ready, one(Vec::new(), number(status.readiness().is_ok().into()))),
        ("prefork_build_info", build, one(label("version", &status.version), 1.0)),
    ]
    .map(|(name, help, series)| family(name, MetricType::GAUGE, help, series))
}

fn of_log(totals: &Totals) -> [MetricFamily; 2] {
    let one = |count| vec![metric(MetricType::COUNTER, Vec::new(), number(count))];
    [
        family(
            "prefork_log_lines_lost_total",
            MetricType::COUNTER,
            "Lines of the log that could not be written.",
            one(totals.log_lines_lost),
        ),
        family(
            "prefork_log_lines_left_out_total",
            MetricType::COUNTER,
            "Warnings and errors that the log left out, since there were too many of their kind.",
            one(totals.log_lines_left_out),
        ),
    ]
}

fn family(name: &str, kind: MetricType, help: &str, series: Vec<Metric>) -> MetricFamily {
    let mut family = MetricFamily::default();
    family.set_name(name.into());
    family.set_help(help.into());
    family.set_field_type(kind);
    family.set_metric(series);
    family
}

fn label(name: &str, value: &str) -> Vec<LabelPair> {
    let mut label = LabelPair::default();
    label.set_name(name.into());
    label.set_value(value.into());
    vec![label]
}

fn metric(kind: MetricType, labels: Vec<LabelPair>, value: f64) -> Metric {
    let mut metric = Metric::from_label(labels);
    if kind == MetricType::COUNTER {
        let mut counter = Counter::default();
        counter.set_value(value);
        metric.set_counter(counter);
    } else {
        let mut gauge = Gauge::default();
        gauge.set_value(value);
        metric.set_gauge(gauge);
    }
    metric
}

fn histogram(counts: &Counts) -> Metric {
    let bucket = |exponent| {
        let mut bucket = Bucket::default();
        bucket.set_upper_bound(Duration::from_micros(1_u64 << exponent).as_secs_f64());
        bucket.set_cumulative_count(counts.below(exponent));
        bucket
    };
    let mut histogram = Histogram::default();
    histogram.set_bucket(EXPONENTS.map(bucket).collect());
    histogram.set_sample_count(counts.count());
    histogram.set_sample_sum(counts.sum().as_secs_f64());
    let mut metric = Metric::default();
    metric.set_histogram(histogram);
    metric
}

#[expect(clippy::cast_precision_loss, reason = "Prometheus knows no other numbers; exact up to 2^53")]
fn number(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::io::Write as _;
    use std::process::{Command, Stdio};

    use proptest::prelude::*;

    use super::super::fixture;
    use super::*;
    use crate::printable::tests::any_text;

    /// A series: its name, its labels, its value.
    type Series = (String, BTreeMap<String, String>, f64);

    /// Reads a series as the text format 0.0.4 has it.
    fn parse(line: &str) -> Option<Series> {
        let end = line.find(['{', ' '])?;
        let (name, mut rest) = line.split_at(end);
        let mut labels = BTreeMap::new();
        if let Some(inside) = rest.strip_prefix('{') {
            rest = inside;
            loop {
                let (label, after) = rest.split_once("=\"")?;
                let (value, after) = unquote(after)?;
                labels.insert(label.to_owned(), value);
                rest = after;
                match rest.strip_prefix(',') {
                    Some(more) => rest = more,
                    None => break,
                }
            }
            rest = rest.strip_prefix('}')?;
        }
        let value = rest.strip_prefix(' ')?;
        Some((name.to_owned(), labels, value.replace("+Inf", "inf").parse().ok()?))
    }

    fn unquote(text: &str) -> Option<(String, &str)> {
        let mut value = String::new();
        let mut characters = text.char_indices();
        while let Some((at, character)) = characters.next() {
            match character {
                '"' => return Some((value, &text[at + 1..])),
                '\\' => value.push(match characters.next()?.1 {
                    'n' => '\n',
                    other @ ('\\' | '"') => other,
                    _ => return None,
                }),
                other => value.push(other),
            }
        }
        None
    }

    fn series(sample: &Sample) -> Vec<Series> {
        let text = render(sample);
        let lines = text.split('\n').filter(|line| !line.is_empty() && !line.starts_with("# "));
        lines.map(|line| parse(line).unwrap_or_else(|| panic!("not a series: {line:?}"))).collect()
    }

    fn value(sample: &Sample, name: &str, label: &str, of: &str) -> Option<f64> {
        let found = series(sample).into_iter().find(|(found, labels, _)| {
            found == name && (label.is_empty() || labels.get(label).is_some_and(|value| value == of))
        });
        found.map(|(_, _, value)| value)
    }

    proptest! {
        #[test]
        fn every_line_is_a_series_whatever_a_listener_is_called(names in prop::collection::btree_set(any_text(), 0..4), dropped in any::<Option<u32>>()) {
            let mut sample = fixture::sample();
            let listener = sample.status.listeners[0].clone();
            let dropped = dropped.map(u64::from);
            sample.status.listeners = names.iter().map(|name| ListenerStatus { address: name.clone(), dropped, ..listener.clone() }).collect();
            let found: BTreeSet<String> = series(&sample)
                .into_iter()
                .filter(|(name, ..)| name == "prefork_accept_queue_dropped_total")
                .map(|(_, mut labels, _)| labels.remove("listener").unwrap())
                .collect();
            prop_assert_eq!(found, if dropped.is_some() { names } else { BTreeSet::new() });
        }
    }

    #[test]
    fn a_worker_is_told_by_its_id() {
        let sample = fixture::sample();
        let of_worker = |name| value(&sample, name, "worker", "1");
        assert_eq!(of_worker("prefork_connections_accepted_total"), Some(11.0));
        assert_eq!(of_worker("prefork_connections_active"), Some(1.0));
        assert_eq!(of_worker("prefork_capacity_connections"), Some(2.0));
        assert_eq!(of_worker("prefork_received_bytes_total"), Some(131.0));
        assert_eq!(of_worker("prefork_sent_bytes_total"), Some(141.0));
        assert_eq!(of_worker("prefork_messages_total"), Some(121.0));
    }

    /// Of a metric that has both: its workers, reasons and values.
    fn by_worker_and_reason(metric: &str) -> Vec<(String, String, f64)> {
        let found = series(&fixture::sample()).into_iter().filter(|(name, ..)| name == metric);
        let parts = found.map(|(_, mut labels, value)| {
            (labels.remove("worker").unwrap(), labels.remove("reason").unwrap(), value)
        });
        parts.collect()
    }

    #[test]
    fn what_limits_have_ended_is_counted_by_worker_and_limit() {
        let found = by_worker_and_reason("prefork_connections_ended_total");
        let of = |worker: &str, reason: &str, value| (worker.to_owned(), reason.to_owned(), value);
        assert_eq!(found.len(), 2 * Ending::COUNTED.len());
        assert!(
            found.contains(&of("0", "idle", 4.0)) && found.contains(&of("1", "min_rate", 2.0)),
            "{found:?}"
        );
        assert!(found.contains(&of("1", "made_room", 0.0)), "{found:?}");
    }

    #[test]
    fn the_refused_are_counted_by_worker_and_reason() {
        let found = by_worker_and_reason("prefork_connections_refused_total");
        let of = |worker: &str, reason: &str, value| (worker.to_owned(), reason.to_owned(), value);
        assert_eq!(found.len(), 2 * Refusal::ALL.len());
        assert!(
            found.contains(&of("0", "denied", 2.0)) && found.contains(&of("1", "per_peer", 4.0)),
            "{found:?}"
        );
        assert!(found.contains(&of("1", "queue_wait", 0.0)), "{found:?}");
    }

    #[test]
    fn what_is_not_known_is_left_out() {
        let sample = fixture::sample();
        let of_listener = |name, listener| value(&sample, name, "listener", listener);
        assert_eq!(of_listener("prefork_accept_queue_length", "127.0.0.1:8080"), Some(2.0));
        assert_eq!(of_listener("prefork_accept_queue_limit", "127.0.0.1:8080"), Some(511.0));
        assert_eq!(of_listener("prefork_accept_queue_dropped_total", "127.0.0.1:8080"), Some(0.0));
        assert_eq!(of_listener("prefork_accept_queue_dropped_total", "unix:/run/echo"), None);
    }

    #[test]
    fn a_pool_without_workers_and_listeners_still_has_figures() {
        let mut sample = fixture::sample();
        sample.workers.clear();
        sample.respawns.clear();
        sample.status.listeners.clear();
        assert_eq!(value(&sample, "prefork_generation", "", ""), Some(1.0));
        assert_eq!(value(&sample, "prefork_build_info", "version", "0.1.0"), Some(1.0));
        assert!(!render(&sample).contains("accept_queue_length"));
    }

    #[test]
    fn the_pool_has_figures_of_its_own() {
        let mut sample = fixture::sample();
        assert_eq!(value(&sample, "prefork_worker_respawns_total", "cause", "signal"), Some(3.0));
        assert_eq!(value(&sample, "prefork_reloads_total", "result", "ok"), Some(4.0));
        assert_eq!(value(&sample, "prefork_reloads_total", "result", "failed"), Some(2.0));
        assert_eq!(value(&sample, "prefork_saturated_seconds_total", "", ""), Some(12.5));
        assert_eq!(value(&sample, "prefork_ready", "", ""), Some(1.0));
        sample.status.master.crash_loop = true;
        assert_eq!(value(&sample, "prefork_ready", "", ""), Some(0.0));
    }

    #[test]
    fn the_buckets_of_a_histogram_add_up() {
        let mut sample = fixture::sample();
        sample.queue_wait = fixture::counts(&[0, 1023, 1024, 1_000_000, u64::from(u32::MAX)]);
        let bucket = |bound| value(&sample, "prefork_accept_queue_wait_seconds_bucket", "le", bound);
        assert_eq!(bucket("0.001024"), Some(2.0));
        assert_eq!(bucket("0.002048"), Some(3.0));
        assert_eq!(bucket("1.048576"), Some(4.0));
        assert_eq!(bucket("1073.741824"), Some(4.0));
        assert_eq!(bucket("+Inf"), Some(5.0));
        assert_eq!(value(&sample, "prefork_accept_queue_wait_seconds_count", "", ""), Some(5.0));
        let sum = value(&sample, "prefork_accept_queue_wait_seconds_sum", "", "").unwrap();
        assert!((sum - 4_295.969_342).abs() < 1e-6, "{sum}");
    }

    #[test]
    fn promtool_has_nothing_to_say() {
        let mut promtool = Command::new("promtool")
            .args(["check", "metrics"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("promtool is in Debian's package prometheus");
        let mut input = promtool.stdin.take().unwrap();
        input.write_all(render(&fixture::sample()).as_bytes()).unwrap();
        drop(input);
        let output = promtool.wait_with_output().unwrap();
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert_eq!((said.as_str(), output.status.code()), ("", Some(0)));
    }
}
