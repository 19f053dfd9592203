//! This run beside an earlier one: what changed, and by more than it changes from second to second?

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::report::{Distribution, PlanReport, Report, SCHEMA, number};
use crate::statistics::{Confidence, quantile};

/// Fewer seconds than this tell nothing about how much they differ.
const SECONDS_MIN: usize = 3;

/// The largest file that is read; a result of a whole day has some ten MiB.
const SIZE_MAX: u64 = 64 * 1024 * 1024;

/// The result of an earlier run, read from a file.
#[derive(Debug, Clone)]
pub struct Baseline(Box<Report>);

impl Baseline {
    /// Reads what `--json` printed.
    fn read(path: &Path) -> Result<Self, String> {
        let mut text = Vec::new();
        let read = File::open(path).and_then(|file| file.take(SIZE_MAX + 1).read_to_end(&mut text));
        if read.map_err(|error| crate::human::os_error(&error))? as u64 > SIZE_MAX {
            return Err("it is larger than 64 MiB, which no result is".to_owned());
        }
        let text = std::str::from_utf8(&text).map_err(|_| "it is no text")?;
        text.parse()
    }

    /// As [`read`](Self::read), for an argument.
    pub(crate) fn from_argument(path: &str) -> Result<Self, String> {
        Self::read(Path::new(path))
    }
}

impl FromStr for Baseline {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Version {
            schema: u32,
        }
        let wrong = |error| format!("it is not what `bench --json` prints: {error}");
        let Version { schema } = serde_json::from_str(text).map_err(wrong)?;
        if schema != SCHEMA {
            return Err(format!("it has the format {schema}, and this program knows only {SCHEMA}"));
        }
        serde_json::from_str(text).map(Self).map_err(wrong)
    }
}

/// Two runs side by side.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Comparison {
    pub(super) started_at: String,
    /// What was not the same in both, so that the figures may not be comparable.
    pub(super) differences: Vec<Difference>,
    pub(super) figures: Vec<Figure>,
}

/// Something that was to be the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Difference {
    pub(super) name: String,
    pub(super) then: serde_json::Value,
    pub(super) now: serde_json::Value,
}

/// One figure of both.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Figure {
    pub(super) name: String,
    pub(super) then: Option<f64>,
    pub(super) now: Option<f64>,
    /// How much more it is now, as a part of what it was.
    pub(super) change_ratio: Option<f64>,
    /// Whether that is more than chance; `None` where this cannot be told.
    pub(super) is_significant: Option<bool>,
}

impl Comparison {
    /// Compares this run with the earlier one.
    pub(super) fn of(Baseline(then): &Baseline, now: &Report) -> Self {
        Self {
            started_at: then.started_at.clone(),
            differences: differences(then, now),
            figures: figures(then, now),
        }
    }
}

fn differences(then: &Report, now: &Report) -> Vec<Difference> {
    // Two plans have the same keys: what they are made of says what differs, also when it grows.
    let plan = |plan: &PlanReport| match serde_json::to_value(plan) {
        Ok(serde_json::Value::Object(plan)) => plan,
        _ => unreachable!("a plan is an object of numbers and texts"),
    };
    let (mut before, mut after) = (plan(&then.plan), plan(&now.plan));
    for (plan, report) in [(&mut before, then), (&mut after, now)] {
        plan.insert("address".to_owned(), report.address.clone().into());
        plan.insert("congestion_control".to_owned(), report.congestion_control.clone().into());
        plan.insert("version".to_owned(), report.version.clone().into());
        // Whether somebody predicts the waits changes none.
        plan.remove("predict");
    }
    let differing = before.into_iter().filter(|(name, then)| after.get(name) != Some(then));
    differing
        .map(|(name, then)| Difference { now: after.get(&name).cloned().unwrap_or_default(), then, name })
        .collect()
}

fn figures(then: &Report, now: &Report) -> Vec<Figure> {
    let seconds = |report: &Report, value: fn(&super::report::IntervalReport) -> Option<f64>| {
        report.long_intervals().filter_map(value).collect::<Vec<f64>>()
    };
    let total = |report: &Report, value: fn(&Distribution) -> f64| report.latency.total.as_ref().map(value);
    let missing = |report: &Report| {
        let requests = &report.requests;
        Some(number(requests.failed + requests.unfinished + requests.not_sent))
    };
    let rate = |report: &Report| Some(report.throughput.requests_per_second);
    let p50 = [seconds(then, |second| second.p50_seconds), seconds(now, |second| second.p50_seconds)];
    let p99 = [seconds(then, |second| second.p99_seconds), seconds(now, |second| second.p99_seconds)];
    let pair = |value: fn(&Distribution) -> f64| [total(then, value), total(now, value)];
    vec![
        figure("requests_per_second", [rate(then), rate(now)], differs(&then.rates(), &now.rates())),
        figure("mean_seconds", pair(|times| times.mean_seconds), None),
        figure("p50_seconds", pair(|times| times.p50_seconds), differs(&p50[0], &p50[1])),
        figure("p90_seconds", pair(|times| times.p90_seconds), None),
        figure("p99_seconds", pair(|times| times.p99_seconds), differs(&p99[0], &p99[1])),
        figure("p999_seconds", pair(|times| times.p999_seconds), None),
        figure("max_seconds", pair(|times| times.max_seconds), None),
        figure("not_answered", [missing(then), missing(now)], None),
    ]
}

fn figure(name: &str, [then, now]: [Option<f64>; 2], is_significant: Option<bool>) -> Figure {
    let change_ratio = match (then, now) {
        (Some(then), Some(now)) if then > 0.0 => Some(now / then - 1.0),
        _ => None,
    };
    Figure { name: name.to_owned(), then, now, change_ratio, is_significant }
}

/// Whether two samples have different means, by Welch's t test at 99 %; `None` if they are too small to tell.
fn differs(then: &[f64], now: &[f64]) -> Option<bool> {
    if then.len().min(now.len()) < SECONDS_MIN {
        return None;
    }
    let [(mean_then, error_then, free_then), (mean_now, error_now, free_now)] = [then, now].map(moments);
    let error = error_then + error_now;
    if error <= 0.0 {
        return Some((mean_then - mean_now).abs() > 0.0);
    }
    let t = (mean_then - mean_now).abs() / error.sqrt();
    // Welch–Satterthwaite: the degrees of freedom.
    let free = error.powi(2) / (error_then.powi(2) / free_then + error_now.powi(2) / free_now);
    Some(t > quantile(Confidence::Percent99, free))
}

/// The mean, its squared standard error, and the degrees of freedom.
fn moments(sample: &[f64]) -> (f64, f64, f64) {
    let count = number(sample.len() as u64);
    let mean = sample.iter().sum::<f64>() / count;
    let squares: f64 = sample.iter().map(|value| (value - mean).powi(2)).sum();
    (mean, squares / (count - 1.0) / count, count - 1.0)
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_difference_is_one_only_beyond_the_spread() {
        let calm = [100.0, 101.0, 99.0, 100.0, 100.5];
        let higher = [110.0, 111.0, 109.0, 110.0, 110.5];
        let wild = [60.0, 160.0, 100.0, 80.0, 140.0];
        assert_eq!(differs(&calm, &calm), Some(false));
        assert_eq!(differs(&calm, &higher), Some(true));
        assert_eq!(differs(&calm, &wild), Some(false));
        assert_eq!(differs(&calm[..2], &higher), None, "two seconds tell nothing");
    }

    #[test]
    fn the_limit_is_that_of_the_table() {
        let sample = [10.0, 11.0, 12.0, 13.0, 14.0];
        let shifted = |by: f64| sample.map(|value| value + by);
        // The standard error of the difference of two such samples is exactly 1, with 8 degrees: the limit is 3.36.
        assert_eq!(differs(&sample, &shifted(3.35)), Some(false));
        assert_eq!(differs(&sample, &shifted(3.37)), Some(true));
    }

    proptest! {
        #[test]
        fn it_does_not_matter_which_one_is_earlier(a in vec(0.0..1e6, 0..40), b in vec(0.0..1e6, 0..40)) {
            prop_assert_eq!(differs(&a, &b), differs(&b, &a));
        }
    }

    #[test]
    fn what_is_no_result_is_refused() {
        for (text, reason) in [
            ("", "not what `bench --json` prints"),
            ("{}", "missing field `schema`"),
            (r#"{"schema":2}"#, "the format 2"),
            (r#"{"schema":1}"#, "missing field"),
        ] {
            let error = text.parse::<Baseline>().unwrap_err();
            assert!(error.contains(reason), "{text}: {error}");
        }
    }
}
