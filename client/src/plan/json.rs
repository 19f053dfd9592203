//! An answer as a JSON object, which docs/client-plan.schema.json describes.

use serde_json::{Value, json};

use super::{Answer, Outlook, Pool};
use crate::queueing::{Load, ServiceTimes};

/// The version of the format. Keys may be added without a new version.
const SCHEMA: u32 = 1;

/// The whole answer.
pub(super) fn object(answer: &Answer) -> Value {
    let Answer { load, target, backlog, here, around } = answer;
    let (distribution, coefficient) = match load.times {
        ServiceTimes::Exponential => ("exponential", 1.0),
        ServiceTimes::Fixed => ("fixed", 0.0),
        ServiceTimes::Varying { coefficient } => ("varying", coefficient),
    };
    json!({
        "schema": SCHEMA,
        "rate_per_second": load.rate,
        "service_seconds": load.service,
        "distribution": distribution,
        "coefficient_of_variation": coefficient,
        "quantiles_exact": load.times.have_exact_quantiles(),
        "load": load.offered(),
        "target": target.map(|target| json!({
            "mean_wait_seconds": target.mean_wait,
            "p99_wait_seconds": target.p99,
            "chance_to_wait": target.chance,
        })),
        "backlog": backlog,
        "backlog_full_after_seconds": full_after(here, *backlog),
        "pool": pool(load, here),
        "around": around.iter().map(|other| pool(load, other)).collect::<Vec<_>>(),
    })
}

pub(super) fn pool(load: &Load, pool: &Pool) -> Value {
    let (steady, growth) = match pool.outlook {
        Outlook::Steady(steady) => (Some(steady), 0.0),
        Outlook::Growing { per_second } => (None, per_second),
    };
    json!({
        "slots": pool.slots,
        "utilisation": load.utilisation(pool.slots),
        "steady": steady.is_some(),
        "chance_to_wait": steady.map(|steady| steady.chance_to_wait),
        "mean_wait_seconds": steady.map(|steady| steady.mean_wait),
        "p50_wait_seconds": steady.map(|steady| steady.quantile(0.5)),
        "p90_wait_seconds": steady.map(|steady| steady.quantile(0.9)),
        "p99_wait_seconds": steady.map(|steady| steady.quantile(0.99)),
        "mean_waiting": steady.map(|steady| steady.mean_waiting(load.rate)),
        "growth_per_second": growth,
    })
}

/// When so many wait, if the queue grows.
fn full_after(pool: &Pool, backlog: u32) -> Option<f64> {
    match pool.outlook {
        Outlook::Growing { per_second } if per_second > 0.0 => Some(f64::from(backlog) / per_second),
        Outlook::Growing { .. } | Outlook::Steady(_) => None,
    }
}
