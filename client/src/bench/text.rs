//! The result for people.

use std::time::Duration;

use super::compare::{Comparison, Difference, Figure};
use super::report::{ConnectionsReport, Distribution, PlanReport, Report, Requests};
use crate::terminal::{DIM, RESET, Style};
use crate::{human, prediction, printable};

/// The steps of a bar of the small chart.
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The widest that the small chart may be; each bar stands for as many seconds as it takes.
const CHART_WIDTH: usize = 60;

/// From so late on at the 99th percentile, an open loop did not keep its times.
const LATE: f64 = 0.001;

/// What is meant by noise, and what is not.
const NOISE: &str = "\
Noise: how much the seconds of each run differ (Welch's t test, 99 %). Whole runs differ more: repeat both.";

/// Why nothing is said about it.
const TOO_SHORT: &str = "Too short to tell a change from noise: both runs need three seconds or more.";

/// The whole result.
pub(super) fn render(report: &Report, style: Style) -> String {
    let colour = style.colour;
    let mut lines = vec![header(report, colour), String::new()];
    lines.push(throughput(report));
    lines.extend(chart(report, colour));
    lines.push(requests(report));
    lines.push(String::new());
    lines.extend(latency(report, colour));
    if report.plan.predict {
        lines.push(String::new());
        lines.extend(prediction(report, colour));
    }
    let verdicts = verdicts(report);
    if !verdicts.is_empty() {
        lines.push(String::new());
        lines.extend(verdicts);
    }
    if let Some(comparison) = &report.comparison {
        lines.push(String::new());
        lines.extend(compare(comparison, colour));
    }
    let folded = lines.iter().map(|line| {
        let indent = line.len() - line.trim_start().len();
        human::wrapped(line, style.width, indent + 2) + "\n"
    });
    folded.collect()
}

pub(super) fn compare(comparison: &Comparison, colour: bool) -> Vec<String> {
    let (dim, reset) = if colour { (DIM, RESET) } else { ("", "") };
    // Somebody else may have written the file.
    let title = format!("run of {}", printable::line(&comparison.started_at));
    let mut lines = vec![format!("{dim}{title:<32}{:>9}{:>12}{:>10}{reset}", "then", "now", "change")];
    lines.extend(comparison.figures.iter().map(compare_row));
    let differences = comparison.differences.iter();
    lines.extend(differences.map(|Difference { name, then, now }| {
        let [then, now] = [then, now].map(|value| printable::line(&value.to_string()));
        format!("Not the same: {} was {then}, is {now}.", name.replace('_', " "))
    }));
    let is_known = comparison.figures.iter().any(|figure| figure.is_significant.is_some());
    lines.push(if is_known { NOISE } else { TOO_SHORT }.to_owned());
    lines
}

fn compare_row(figure: &Figure) -> String {
    let is_time = figure.name.ends_with("_seconds");
    let value = |value: Option<f64>| match value {
        None => "-".to_owned(),
        Some(value) if is_time => time(value),
        Some(value) if figure.name == "not_answered" => whole(value),
        Some(value) => rate(value),
    };
    let change = figure.change_ratio.map(|ratio| format!("{:+.1} %", ratio * 100.0)).unwrap_or_default();
    let verdict = match figure.is_significant {
        Some(true) => "  more than noise",
        Some(false) => "  may be noise",
        None => "  not tested",
    };
    let name = match figure.name.as_str() {
        "requests_per_second" => "requests/s",
        "mean_seconds" => "mean",
        "p50_seconds" => "p50",
        "p90_seconds" => "p90",
        "p99_seconds" => "p99",
        "p999_seconds" => "p99.9",
        "max_seconds" => "max",
        _ => "failed or without an answer",
    };
    format!("{name:<29}{:>12}{:>12}{change:>10}{verdict}", value(figure.then), value(figure.now))
}

fn header(report: &Report, colour: bool) -> String {
    let plan = &report.plan;
    let mut parts = vec![report.address.clone()];
    parts.push(match (plan.rate_per_second, &plan.arrivals) {
        (Some(rate), Some(arrivals)) => format!("open loop, {} requests/s ({arrivals})", self::rate(rate)),
        _ => "closed loop".to_owned(),
    });
    let connections = human::thousands(plan.connections as u64);
    parts.push(match (plan.reconnect, plan.connections) {
        (true, _) => format!("a connection per request, at most {connections}"),
        (false, 1) => "1 connection".to_owned(),
        (false, _) => format!("{connections} connections"),
    });
    parts.push(format!("{} B", human::thousands(plan.message_bytes as u64)));
    parts.push(human::time(Duration::from_secs_f64(report.window_seconds)));
    parts.extend(report.congestion_control.clone());
    let (dim, reset) = if colour { (DIM, RESET) } else { ("", "") };
    format!("{dim}{}{reset}", parts.join(" · "))
}

fn throughput(report: &Report) -> String {
    let throughput = &report.throughput;
    format!(
        "throughput  {} requests/s, {} each way",
        rate(throughput.requests_per_second),
        bytes(throughput.bytes_per_second)
    )
}

/// The throughput over time, where there is more than a second of it.
fn chart(report: &Report, colour: bool) -> Option<String> {
    let rates: Vec<f64> = report.rates();
    let [first, _, ..] = &rates[..] else {
        return None;
    };
    let per_bar = rates.len().div_ceil(CHART_WIDTH);
    let highest = rates.iter().copied().fold(*first, f64::max);
    let lowest = rates.iter().copied().fold(*first, f64::min);
    let bar = |rates: &[f64]| {
        let mean = rates.iter().sum::<f64>() / count(rates.len());
        let step = if highest > 0.0 { mean / highest * 7.0 } else { 0.0 };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 7")]
        BARS[step.round() as usize]
    };
    let bars: String = rates.chunks(per_bar).map(bar).collect();
    let (dim, reset) = if colour { (DIM, RESET) } else { ("", "") };
    Some(format!("over time   {dim}{bars}{reset}  {} to {} in a second", rate(lowest), rate(highest)))
}

fn requests(report: &Report) -> String {
    let requests = &report.requests;
    let mut parts = vec![format!("{} correct", human::thousands(requests.ok))];
    let failed = requests.failed + requests.warm_up_failed;
    if failed > 0 {
        let kinds = kinds(report.failures.iter().map(|(kind, count)| (kind, *count)));
        parts.push(format!("{} failed ({kinds})", human::thousands(failed)));
    }
    if requests.unfinished > 0 {
        parts.push(format!("{} without an answer at the end", human::thousands(requests.unfinished)));
    }
    if requests.not_sent > 0 {
        parts.push(format!("{} due and never sent", human::thousands(requests.not_sent)));
    }
    format!("requests    {}", parts.join(", "))
}

/// What happened how often: `3 refused, 1 reset`.
fn kinds<'a>(counts: impl Iterator<Item = (&'a String, u64)>) -> String {
    let kinds = counts.map(|(kind, count)| format!("{} {}", human::thousands(count), kind.replace('_', " ")));
    kinds.collect::<Vec<String>>().join(", ")
}

fn latency(report: &Report, colour: bool) -> Vec<String> {
    let latency = &report.latency;
    let PlanReport { reconnect, message_bytes, .. } = report.plan;
    // What a person cannot tell apart is shown once: the echo of a short message comes as a whole.
    let has_parts = reconnect || message_bytes > 1024;
    let rows = [
        ("connect", &latency.connect, reconnect),
        ("first byte", &latency.first_byte, has_parts),
        (if reconnect { "until closed" } else { "whole echo" }, &latency.total, true),
    ];
    let rows: Vec<String> = rows
        .into_iter()
        .filter(|(_, _, makes_sense)| *makes_sense)
        .filter_map(|(name, distribution, _)| Some(row(name, distribution.as_ref()?)))
        .collect();
    if rows.is_empty() {
        return vec!["latency     unknown: no echo came".to_owned()];
    }
    let titles = ["min", "mean", "p50", "p90", "p99", "p99.9", "max"].map(|title| format!("{title:>9}"));
    let (dim, reset) = if colour { (DIM, RESET) } else { ("", "") };
    let mut lines = vec![format!("{dim}{:<12}{}{reset}", "latency", titles.concat())];
    lines.extend(rows);
    if latency.counted_from == "intended" {
        lines.push(format!("{dim}from the time when each request was to be sent{reset}"));
    }
    lines
}

fn row(name: &str, distribution: &Distribution) -> String {
    let Distribution { min_seconds, mean_seconds, p50_seconds, p90_seconds, p99_seconds, .. } = *distribution;
    let Distribution { p999_seconds, max_seconds, .. } = *distribution;
    let values =
        [min_seconds, mean_seconds, p50_seconds, p90_seconds, p99_seconds, p999_seconds, max_seconds];
    format!("{name:<12}{}", values.map(|value| format!("{:>9}", time(value))).concat())
}

/// What theory says, and whether it agrees.
fn prediction(report: &Report, colour: bool) -> Vec<String> {
    match &report.prediction {
        Some(prediction) => prediction::lines(prediction, colour),
        None => vec!["prediction  none: too few requests came to their end".to_owned()],
    }
}

/// What has to be known to read the figures rightly, a sentence each.
fn verdicts(report: &Report) -> Vec<String> {
    let mut lines = Vec::new();
    if report.interrupted {
        lines.push(format!("Interrupted after {}.", time(report.window_seconds)));
    }
    if let Some(failure) = &report.first_failure {
        lines.push(format!("The first failure: {failure}."));
    }
    lines.extend(never_served(report));
    let never_connected = report.connections.never_connected;
    if never_connected > 0 {
        lines.push(format!(
            "{} connections did not stand in time: the accept queue of the server may be full.",
            human::thousands(never_connected)
        ));
    }
    lines.extend(lost(&report.connections));
    lines.extend(schedule(report));
    if report.client.is_bottleneck {
        lines.push(format!(
            "This program was busy for {:.0} % of the time: it may be what limits the throughput.",
            report.client.busy_ratio * 100.0
        ));
    }
    lines
}

fn never_served(report: &Report) -> Option<String> {
    let connections = &report.connections;
    let longest = time(connections.longest_never_served_seconds?);
    let never = human::thousands(connections.never_served);
    let waiters = if connections.never_served == 1 { "connection was" } else { "connections were" };
    let advice = match (report.plan.reconnect, connections.served) {
        (_, 0) => "nobody was: does the server take connections at all?".to_owned(),
        (true, _) => "the server has too few slots for so many at a time.".to_owned(),
        (false, served) => format!(
            "the server has fewer slots than that; {} had an echo. Use no more connections,\n  \
             or --reconnect, with which they take turns.",
            human::thousands(served)
        ),
    };
    Some(format!("{never} {waiters} never served, and waited for up to {longest}:\n  {advice}"))
}

fn lost(connections: &ConnectionsReport) -> Vec<String> {
    let mut lines = Vec::new();
    let thing = |count| if count == 1 { "connection" } else { "connections" };
    let closed = connections.closed();
    if closed > 0 {
        let count = human::thousands(closed);
        lines.push(format!(
            "The server closed {count} idle {}, as it may; no request failed by that.",
            thing(closed)
        ));
    }
    let broken = connections.broken().map(|(_, count)| count).sum();
    if broken > 0 {
        let (count, kinds) = (human::thousands(broken), kinds(connections.broken()));
        lines.push(format!("{count} {} failed with no request under way ({kinds}).", thing(broken)));
    }
    lines
}

fn schedule(report: &Report) -> Vec<String> {
    let Some(schedule) = &report.schedule else {
        return Vec::new();
    };
    let mut lines = Vec::new();
    let Requests { ok, failed, unfinished, not_sent, .. } = report.requests;
    if ok + failed + unfinished + not_sent == 0 && !report.interrupted {
        lines.push("Nothing was due in the run: a longer one (-d) or a higher --rate tells more.".to_owned());
    }
    if not_sent > 0 {
        lines.push(format!(
            "The latencies are of the requests that were sent: the {} others would have had longer ones.",
            human::thousands(not_sent)
        ));
    }
    if let Some(longest) = schedule.longest_wait_for_connection_seconds {
        let connections = match report.plan.connections {
            1 => "the connection".to_owned(),
            connections => format!("one of the {} connections", human::thousands(connections as u64)),
        };
        lines.push(format!(
            "{} requests waited here until {connections} was free,\n  for up to {}; that counts as latency.",
            human::thousands(schedule.waited_for_connection),
            time(longest)
        ));
    }
    if let Some(late) = schedule.late.as_ref().filter(|late| late.p99_seconds > LATE) {
        lines.push(format!(
            "This program sent late: 1 % of the requests by {} or more.\n  \
             That counts as latency, though it is not the server's.",
            time(late.p99_seconds)
        ));
    }
    lines
}

fn time(seconds: f64) -> String {
    human::short_time(Duration::try_from_secs_f64(seconds).unwrap_or_default())
}

/// Requests in a second; with a decimal where there are few.
fn rate(per_second: f64) -> String {
    if per_second < 100.0 { format!("{per_second:.1}") } else { whole(per_second) }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts and rates of one machine"
)]
fn whole(number: f64) -> String {
    human::thousands(number.round() as u64)
}

fn bytes(per_second: f64) -> String {
    match per_second {
        0.0..1e6 => format!("{:.1} kB/s", per_second / 1e3),
        1e6..1e9 => format!("{:.1} MB/s", per_second / 1e6),
        _ => format!("{:.2} GB/s", per_second / 1e9),
    }
}

#[expect(clippy::cast_precision_loss, reason = "the seconds of a day")]
fn count(count: usize) -> f64 {
    count as f64
}
