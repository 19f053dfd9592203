//! What queueing theory says of a run, beside what was measured in it.
//!
//! From the arrival rate, the time for which a slot was held and the number of slots it predicts how many wait and how
//! long, and compares that with how many found all slots taken and how long they were there beyond being served.

mod observed;
mod text;

use serde::{Deserialize, Serialize};

pub(crate) use observed::Observed;
pub(crate) use text::lines;

use crate::queueing::{Load, ServiceTimes};
use crate::statistics::BatchMeans;

/// A prediction agrees if it is off by this part of itself at most, or lies within the interval of what was measured.
const TOLERANCE: f64 = 0.1;

/// Below this coefficient of variation times are taken for fixed, and for exponential within it of 1.
const LIKENESS: f64 = 0.2;

/// From this part on, what the server counted beyond our own connections is somebody else's.
const FOREIGN: f64 = 0.01;

/// What the server says of a run.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) enum Told {
    /// Not enough.
    #[default]
    Nothing,
    /// It was started anew or upgraded, so that its counts are of a part of the run.
    Restarted,
    /// This.
    Counts(Counts),
}

/// What the server counted from the start of a run to its end.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Counts {
    /// Connections that ended.
    pub(crate) ended: u64,
    /// The seconds for which these held their slots, together.
    pub(crate) held_seconds: f64,
    /// Connections that were accepted and whose wait is known.
    pub(crate) accepted: u64,
    /// The seconds for which these waited, together.
    pub(crate) waited_seconds: f64,
}

/// What is known of the pool from elsewhere.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Known {
    /// By the server.
    pub(crate) told: Told,
    /// Connections that we made, those too that were not observed.
    pub(crate) connections: u64,
    /// How service times differ, if the user says so.
    pub(crate) times: Option<ServiceTimes>,
}

/// Theory and measurement. Its form in JSON is described by `docs/client-bench.schema.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Prediction {
    pub(crate) slots: u32,
    pub(crate) arrivals: u64,
    /// Of these, those that the client held back until one of its connections was free. One is enough to compare two
    /// different things: at the server they came later, and fewer at a time, than theory has it.
    #[serde(default)]
    pub(crate) held_back: u64,
    /// Requests that were not answered to the end, and of which nothing else is known here.
    pub(crate) unfinished: u64,
    pub(crate) rate_per_second: f64,
    pub(crate) service_seconds: f64,
    pub(crate) service_from: ServiceFrom,
    pub(crate) coefficient_of_variation: Option<f64>,
    pub(crate) distribution: Distribution,
    pub(crate) utilisation: f64,
    pub(crate) chance_to_wait: Comparison,
    pub(crate) mean_wait_seconds: Comparison,
    pub(crate) server_mean_wait_seconds: Option<f64>,
    /// Connections of others that the server counted; one of them may be that by which we found it.
    pub(crate) foreign_connections: Option<u64>,
    /// The server was started anew or upgraded in the run: what it counted is not used.
    #[serde(default)]
    pub(crate) server_restarted: bool,
}

/// Who measured for how long slots were held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ServiceFrom {
    /// The server, from accept to close.
    Server,
    /// The client, from connect to close, of those who found a free slot.
    Client,
}

/// For which service times the prediction is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Distribution {
    /// By Erlang C.
    Exponential,
    /// By M/D/c.
    Fixed,
    /// By the approximation of Allen and Cunneen with the measured coefficient of variation.
    Varying,
}

/// One figure.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Comparison {
    pub(crate) measured: f64,
    /// With a confidence of 95 %, the true value is off by this at most.
    pub(crate) half_width: Option<f64>,
    /// `None` if the slots cannot keep up.
    pub(crate) predicted: Option<f64>,
    /// `None` where the two cannot be compared.
    pub(crate) verdict: Option<Verdict>,
}

/// Whether prediction and measurement agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Verdict {
    /// The prediction lies within the interval.
    InsideInterval,
    /// It is off by a tenth of itself at most.
    WithinTenPercent,
    /// It is neither.
    Differs,
}

impl Prediction {
    /// The prediction for what was seen; `None` if that was too little to say anything.
    pub(crate) fn new(observed: &Observed, known: &Known) -> Option<Self> {
        let (rate, sojourn) = (observed.rate()?, observed.sojourn());
        let counts = match known.told {
            Told::Counts(counts) => Some(counts),
            Told::Nothing | Told::Restarted => None,
        };
        let held =
            counts.filter(|counts| counts.ended > 0).map(|counts| counts.held_seconds / number(counts.ended));
        let (service, service_from) = match held {
            Some(held) => (held, ServiceFrom::Server),
            None => (observed.service()?, ServiceFrom::Client),
        };
        let coefficient = observed.coefficient_of_variation();
        let times = known.times.unwrap_or_else(|| likely(coefficient));
        let load = Load { rate, service, times };
        let steady = load.steady(observed.slots());
        let waited = |counts: Counts| counts.waited_seconds / number(counts.accepted);
        let compare = |measured, half_width, predicted| match observed.held_back() {
            0 => Comparison::new(measured, half_width, predicted),
            _ => Comparison { measured, half_width, predicted, verdict: None },
        };
        Some(Self {
            slots: observed.slots(),
            arrivals: observed.count(),
            held_back: observed.held_back(),
            unfinished: observed.unfinished(),
            rate_per_second: rate,
            service_seconds: service,
            service_from,
            coefficient_of_variation: coefficient,
            distribution: match times {
                ServiceTimes::Exponential => Distribution::Exponential,
                ServiceTimes::Fixed => Distribution::Fixed,
                ServiceTimes::Varying { .. } => Distribution::Varying,
            },
            utilisation: load.utilisation(observed.slots()),
            chance_to_wait: compare(
                observed.found_all_busy().mean()?,
                at_least_three(observed.found_all_busy()),
                steady.map(|steady| steady.chance_to_wait),
            ),
            // What is neither service nor way is wait.
            mean_wait_seconds: compare(
                sojourn.mean()? - service,
                sojourn.interval().map(|interval| interval.half_width),
                steady.map(|steady| steady.mean_wait),
            ),
            server_mean_wait_seconds: counts.filter(|counts| counts.accepted > 0).map(waited),
            foreign_connections: counts.map(|counts| counts.ended.saturating_sub(known.connections)),
            server_restarted: known.told == Told::Restarted,
        })
    }

    /// Whether others used the pool too.
    fn is_shared(&self) -> bool {
        let foreign = self.foreign_connections.unwrap_or_default();
        number(foreign) > FOREIGN * number(self.arrivals) + 1.0
    }
}

/// What service times are like with this coefficient of variation; exponential if nothing is known.
fn likely(coefficient: Option<f64>) -> ServiceTimes {
    match coefficient {
        None => ServiceTimes::Exponential,
        Some(coefficient) if coefficient < LIKENESS => ServiceTimes::Fixed,
        Some(coefficient) if (coefficient - 1.0).abs() < LIKENESS => ServiceTimes::Exponential,
        Some(coefficient) => ServiceTimes::Varying { coefficient },
    }
}

/// The half width of a share. If nobody or everybody was counted, the true number may still be three (J. A. Hanley and
/// A. Lippman-Hand, "If nothing goes wrong, is everything all right?", JAMA 249, 1983).
fn at_least_three(share: &BatchMeans) -> Option<f64> {
    share.interval().map(|interval| interval.half_width.max(3.0 / number(share.count())))
}

impl Comparison {
    fn new(measured: f64, half_width: Option<f64>, predicted: Option<f64>) -> Self {
        let verdict = |predicted: f64| {
            let off = (measured - predicted).abs();
            if half_width.is_some_and(|half_width| off <= half_width) {
                Verdict::InsideInterval
            } else if off <= TOLERANCE * predicted {
                Verdict::WithinTenPercent
            } else {
                Verdict::Differs
            }
        };
        Self { measured, half_width, predicted, verdict: predicted.map(verdict) }
    }
}

#[expect(clippy::cast_precision_loss, reason = "exact up to 2^53")]
fn number(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests;
