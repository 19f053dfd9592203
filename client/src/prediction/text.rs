//! A prediction as people read it.

use std::time::Duration;

use super::{Comparison, Distribution, Prediction, ServiceFrom, Verdict};
use crate::human::{self, percent};
use crate::terminal::{DIM, RESET};

/// What the figures are, and whose ideas.
const EXPLANATIONS: [&str; 3] = [
    "chance to wait: requests that found all slots taken; as they come at random, as often as that is so (Wolff 1982)",
    "mean wait: from connect to close, less the time for which a slot was held",
    "±: with a confidence of 95 %, by the means of 10 to 31 batches of requests (Schmeiser 1982)",
];

/// From this part on, it does not matter by which.
const DEVIATION_MAX: f64 = 10.0;

/// What it is made from, each figure measured and predicted, what they are, and what else has to be known.
pub(crate) fn lines(prediction: &Prediction, colour: bool) -> Vec<String> {
    let [dim, reset] = if colour { [DIM, RESET] } else { [""; 2] };
    let service = seconds(prediction.service_seconds);
    let from = match prediction.service_from {
        ServiceFrom::Server => "by the server's clock, accept to close",
        ServiceFrom::Client => "from connect to close, of those who found a free slot",
    };
    let mut lines = vec![
        format!(
            "prediction  {:.1} arrivals/s × {service} ÷ {} slots = utilisation {}",
            prediction.rate_per_second,
            prediction.slots,
            percent(prediction.utilisation)
        ),
        format!("            a slot was held for {service} ({from}), {}", formula(prediction)),
    ];
    if prediction.chance_to_wait.predicted.is_none() {
        lines.push("            The slots cannot keep up: the queue grows as long as the run lasts, and there is no mean to compare.".to_owned());
        return lines;
    }
    lines.push(format!("            {:<16}{:>10}{:>13}{:>12}", "", "measured", "± (95 %)", "predicted"));
    lines.push(row("chance to wait", &prediction.chance_to_wait, percent));
    lines.push(row("mean wait", &prediction.mean_wait_seconds, seconds));
    if let Some(wait) = prediction.server_mean_wait_seconds {
        lines.push(format!("            {:<16}{:>10}  by the server's clock", "", seconds(wait)));
    }
    lines.extend(EXPLANATIONS.map(|explanation| format!("            {dim}{explanation}{reset}")));
    lines.extend(doubts(prediction));
    lines
}

fn formula(prediction: &Prediction) -> String {
    let coefficient = prediction.coefficient_of_variation;
    let measured = coefficient.map(|coefficient| format!(", coefficient of variation {coefficient:.2}"));
    let measured = measured.unwrap_or_default();
    match prediction.distribution {
        Distribution::Exponential => {
            format!("as if exponentially distributed: Erlang C (Erlang 1917){measured}")
        }
        Distribution::Fixed => format!("as if always the same: M/D/c (Crommelin 1932){measured}"),
        Distribution::Varying => format!("Allen and Cunneen's approximation{measured}"),
    }
}

fn row(name: &str, comparison: &Comparison, show: impl Fn(f64) -> String) -> String {
    let Comparison { measured, half_width, predicted, verdict } = *comparison;
    let verdict = match verdict {
        Some(Verdict::InsideInterval) => "agrees: inside the 95 % interval".to_owned(),
        Some(Verdict::WithinTenPercent) => format!("agrees: off by {}", deviation(comparison)),
        Some(Verdict::Differs) => format!("differs by {}", deviation(comparison)),
        None => String::new(),
    };
    let half_width = half_width.map_or_else(|| "unknown".to_owned(), &show);
    let predicted = predicted.map(&show).unwrap_or_default();
    format!("            {name:<16}{:>10}{half_width:>13}{predicted:>12}  {verdict}", show(measured))
}

/// By which part of the prediction the measurement is off.
fn deviation(comparison: &Comparison) -> String {
    match comparison.predicted {
        Some(predicted) if predicted > 0.0 => match (comparison.measured - predicted).abs() / predicted {
            // Of next to nothing, everything is a huge part.
            DEVIATION_MAX.. => format!("more than {}", percent(DEVIATION_MAX)),
            deviation => percent(deviation),
        },
        _ => "all of it".to_owned(),
    }
}

/// Why they may differ.
fn doubts(prediction: &Prediction) -> Vec<String> {
    let differs = [&prediction.chance_to_wait, &prediction.mean_wait_seconds]
        .iter()
        .any(|comparison| comparison.verdict == Some(Verdict::Differs));
    let mut lines = Vec::new();
    if prediction.held_back > 0 {
        lines.push(format!(
            "No verdict: {} of the requests waited here until a connection was free, and came to the server later\n  \
             than theory has it. More connections (-c) let all come in time.",
            human::thousands(prediction.held_back)
        ));
    }
    if prediction.unfinished > 0 {
        lines.push(format!(
            "Of {} requests {} were not answered to the end: those that were may have waited less.",
            human::thousands(prediction.arrivals + prediction.unfinished),
            human::thousands(prediction.unfinished)
        ));
    }
    if prediction.server_restarted {
        lines.push(
            "The server was started anew or upgraded in the run: its own counts are not used.".to_owned(),
        );
    }
    if prediction.is_shared() {
        lines.push(format!(
            "Others used the pool: it served {} connections that were not of this run.",
            prediction.foreign_connections.unwrap_or_default()
        ));
    }
    if differs {
        lines.push(
            "Possible reasons: the run was short for so busy a pool, this program sent late, or waits and \
             services are so short that the way to the server counts."
                .to_owned(),
        );
    }
    lines
}

fn seconds(seconds: f64) -> String {
    let time = human::time(Duration::try_from_secs_f64(seconds.abs()).unwrap_or(Duration::MAX));
    // Where nobody waits, what is left is noise, which may be less than nothing.
    if seconds < 0.0 { format!("-{time}") } else { time }
}
