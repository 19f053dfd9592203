//! What holds for every question that may be asked: it is refused, or its answer is made of numbers that can be.

use serde_json::Value;

use super::*;
use crate::printable::steers;

/// The greatest load that is tried.
const LOAD_MAX: f64 = 5_000.0;

/// Words that stand for the arguments, by their first letters.
pub(crate) fn question(words: &str) {
    let Some(arguments) = parsed(words) else { return };
    for width in [40, 200] {
        let Ok(text) = arguments.clone().answer(Style { width, colour: false, unicode: true }) else {
            continue;
        };
        assert!(!text.contains("NaN") && !text.contains(|char| steers(char) && char != '\n'), "{text}");
    }
    if let Ok(text) =
        (PlanArguments { json: true, ..arguments }).answer(Style { width: 80, colour: false, unicode: true })
    {
        let answer: Value = serde_json::from_str(&text).expect("it is one document");
        is_possible(&answer["pool"]);
        answer["around"].as_array().into_iter().flatten().for_each(is_possible);
    }
}

fn parsed(words: &str) -> Option<PlanArguments> {
    let mut words = words.split_ascii_whitespace();
    let (rate, service) = (words.next()?.parse().ok()?, timeout(words.next()?).ok()?);
    let mut arguments = PlanArguments {
        rate,
        service,
        slots: None,
        replicas: None,
        target_wait: None,
        target_p99: None,
        target_chance: None,
        distribution: Distribution::default(),
        cv: None,
        backlog: 511,
        json: false,
    };
    let count = |text: &str| text.parse().ok().filter(|count| (1..=SLOTS_MAX).contains(count));
    for word in words.take(8) {
        let (name, value) = word.split_at_checked(1)?;
        match name {
            "s" => arguments.slots = Some(count(value)?),
            "r" => arguments.replicas = Some(count(value)?),
            "w" => arguments.target_wait = Some(timeout(value).ok()?),
            "p" => arguments.target_p99 = Some(timeout(value).ok()?),
            "c" => arguments.target_chance = Some(share(value).ok()?),
            "v" => arguments.cv = Some(coefficient(value).ok()?),
            "b" => arguments.backlog = count(value).filter(|count| i64::from(*count) <= BACKLOG_MAX)?,
            "f" => arguments.distribution = Distribution::Fixed,
            _ => return None,
        }
    }
    // Beyond, an answer takes seconds where all times are the same, which is no news.
    Some(arguments).filter(|arguments| arguments.load().offered() < LOAD_MAX)
}

/// Shares are from nothing to all, waits are no less than none, and a longer part of them is no shorter.
fn is_possible(pool: &Value) {
    let number = |name: &str| pool[name].as_f64();
    assert!(number("utilisation").is_some_and(|it| it >= 0.0), "{pool}");
    if pool["steady"] == true {
        let names = ["p50_wait_seconds", "p90_wait_seconds", "p99_wait_seconds"];
        let waits = names.map(|name| number(name).unwrap_or(f64::NAN));
        assert!(waits[0] >= 0.0 && waits.is_sorted(), "{pool}");
        assert!(number("chance_to_wait").is_some_and(|chance| (0.0..=1.0).contains(&chance)), "{pool}");
        assert!(number("mean_wait_seconds").is_some_and(|wait| wait >= 0.0), "{pool}");
    } else {
        assert!(number("growth_per_second").is_some_and(|growth| growth >= 0.0), "{pool}");
    }
}
