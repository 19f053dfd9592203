//! A server is asked before and after a run; from that and from what was observed comes the prediction.

use std::time::Duration;

use super::plan::{Plan, Predict};
use super::record::Record;
use crate::Error;
use crate::pool::{self, Answer, Distribution, Status};
use crate::prediction::{Counts, Known, Observed, Prediction, Told};
use crate::queueing::SLOTS_MAX;

/// How long it may take the server to tell.
const PATIENCE: Duration = Duration::from_secs(2);

/// A prediction that is to be made.
#[derive(Debug)]
pub(super) struct Forecast<'run> {
    predict: &'run Predict,
    slots: u32,
    before: Answer,
}

impl<'run> Forecast<'run> {
    /// Asks the server, if a prediction is wanted. Somebody has to know how many slots there are, and with no more
    /// connections than that nobody would ever wait at the server.
    pub(super) fn prepare(plan: &'run Plan) -> Result<Option<Self>, Error> {
        let Some(predict) = &plan.predict else { return Ok(None) };
        let before = pool::ask_once(predict.source.clone(), PATIENCE);
        let told = before.as_ref().and_then(|status| u32::try_from(status.pool.capacity).ok());
        let slots = predict.slots.or(told).filter(|slots| (1..=SLOTS_MAX).contains(slots));
        let slots = slots.ok_or_else(|| Error::SlotsUnknown { address: plan.address.clone() })?;
        let connections = plan.connections.get();
        if u32::try_from(connections).is_ok_and(|connections| connections <= slots) {
            return Err(Error::TooFewToWait { connections, slots });
        }
        Ok(Some(Self { predict, slots, before }))
    }

    /// To be filled in the run.
    pub(super) fn observed(&self) -> Observed {
        Observed::new(self.slots)
    }

    /// Asks again and predicts; `None` if there was too little to see.
    pub(super) fn predict(&self, record: &Record) -> Option<Prediction> {
        let after = pool::ask_once(self.predict.source.clone(), PATIENCE);
        let known = Known {
            told: told(self.before.as_deref(), after.as_deref()),
            connections: record.connections.connected,
            times: self.predict.times,
        };
        Prediction::new(record.observed.as_ref()?, &known)
    }
}

/// What the server counted between two answers. One that was started anew in between counts from there on.
fn told(before: Option<&Status>, after: Option<&Status>) -> Told {
    let (Some(before), Some(after)) = (before, after) else { return Told::Nothing };
    let since = |of: fn(&Status) -> Option<&Distribution>| {
        let (before, after) = (of(before)?, of(after)?);
        Some((after.count.checked_sub(before.count), after.sum - before.sum))
    };
    let held = since(|status| status.connection_duration_seconds.as_ref());
    let waited = since(|status| status.queue_wait_seconds.as_ref());
    match (held, waited) {
        _ if before.master.pid != after.master.pid => Told::Restarted,
        (Some((Some(ended), held_seconds)), Some((Some(accepted), waited_seconds))) => {
            Told::Counts(Counts { ended, held_seconds, accepted, waited_seconds })
        }
        // It may have the same number as before, as in a container. It has counted less.
        (Some((None, _)), _) | (_, Some((None, _))) => Told::Restarted,
        _ => Told::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::pool::example;

    /// A server with this process has counted so many connections of a second each.
    fn status(pid: i32, count: u64) -> Status {
        let mut status = example::saturated(&[], 0);
        status["master"]["pid"] = pid.into();
        let counted = json!({ "count": count, "sum": count, "p50": 1, "p90": 1, "p99": 1, "max": 1 });
        status["queue_wait_seconds"] = counted.clone();
        status["connection_duration_seconds"] = counted;
        serde_json::from_value(status).unwrap()
    }

    #[test]
    fn what_a_server_counted_is_of_this_server_alone() {
        let counts = Counts { ended: 5, held_seconds: 5.0, accepted: 5, waited_seconds: 5.0 };
        let before = status(7, 10);
        let told_after = |after: &Status| told(Some(&before), Some(after));
        assert_eq!(told_after(&status(7, 15)), Told::Counts(counts));
        assert_eq!(told_after(&status(8, 15)), Told::Restarted, "another process");
        assert_eq!(told_after(&status(7, 5)), Told::Restarted, "the same number, counted from the start");
        assert_eq!(told(Some(&before), None), Told::Nothing);
        assert_eq!(told(None, Some(&before)), Told::Nothing);
        let older = Status { connection_duration_seconds: None, ..status(7, 15) };
        assert_eq!(told_after(&older), Told::Nothing, "it does not count how long slots were held");
    }
}
