//! Figures and rows as the tables show them.

use prefork_client::statistics::Interval;

use crate::simulation::{Policy, Ties, Waits};

/// The columns of [`waits`].
pub(crate) const WAITS: &str = "chance to wait | mean wait | p50 | p99 | p99.9 | queue full";

/// Times shorter than this many seconds are not told.
const SHORT: f64 = 1e-6;

/// Prints the title of a table and its head.
pub(crate) fn head(title: &str, columns: &str) {
    let rule = columns.split('|').map(|_| "---|").collect::<String>();
    println!("\n{title}\n\n| {columns} |\n|{rule}");
}

/// Prints a row.
pub(crate) fn print(cells: &[String]) {
    println!("| {} |", cells.join(" | "));
}

/// What the waits of a phase were, in the columns of [`WAITS`].
pub(crate) fn waits(waits: &Waits, phase: usize) -> Vec<String> {
    let phase = waits.phase(phase);
    let chance = phase.chance().map_or_else(none, |chance| percent(chance.mean));
    let mean = phase.mean().map_or_else(none, interval);
    let quantile = |share| time(phase.quantile(share));
    let full = percent(ratio(phase.counts.full, phase.came()));
    vec![chance, mean, quantile(0.5), quantile(0.99), quantile(0.999), full]
}

fn none() -> String {
    "–".to_owned()
}

/// A mean time and how sure it is.
pub(crate) fn interval(interval: Interval) -> String {
    if interval.mean < SHORT {
        return time(interval.mean);
    }
    format!("{} ± {}", milliseconds(interval.mean), time(interval.half_width))
}

/// A time in seconds, with three digits or so.
pub(crate) fn time(seconds: f64) -> String {
    match seconds {
        0.0 => "0".to_owned(),
        ..SHORT => "< 0.001 ms".to_owned(),
        ..0.9995 => format!("{} ms", milliseconds(seconds)),
        _ => format!("{seconds:.2} s"),
    }
}

fn milliseconds(seconds: f64) -> String {
    match seconds * 1e3 {
        small @ ..0.0995 => format!("{small:.3}"),
        small @ ..9.995 => format!("{small:.2}"),
        middle @ ..99.95 => format!("{middle:.1}"),
        large => format!("{large:.0}"),
    }
}

/// A share, with three digits or so.
pub(crate) fn percent(share: f64) -> String {
    match share * 100.0 {
        0.0 => "0".to_owned(),
        ..0.001 => "< 0.001 %".to_owned(),
        small @ ..0.0995 => format!("{small:.3} %"),
        small @ ..9.995 => format!("{small:.2} %"),
        large => format!("{large:.1} %"),
    }
}

/// A part of a whole.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
pub(crate) fn ratio(part: u64, whole: u64) -> f64 {
    part as f64 / whole.max(1) as f64
}

/// What a policy is called.
pub(crate) fn name(policy: Policy) -> &'static str {
    match policy {
        Policy::Random => "at random",
        Policy::RoundRobin => "round robin",
        Policy::TwoChoices => "the better of two",
        Policy::Least(Ties::Random) => "least connections",
        Policy::Least(Ties::First) => "least connections, first of the list",
        Policy::Hash { .. } => "hash of the client",
        Policy::OneQueue => "one queue",
    }
}

/// A count in millions.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
pub(crate) fn millions(count: u64) -> f64 {
    count as f64 / 1e6
}
