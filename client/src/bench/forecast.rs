//! A server is asked before and after a run; from that and from what was observed comes the prediction.

use std::time::Duration;

use super::plan::{Plan, Predict};
use super::record::Record;
use crate::Error;
use crate::pool::{self, Answer, Distribution};
use crate::prediction::{Known, Observed, Prediction, Told};

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
        let slots = predict.slots.or(told).filter(|slots| *slots > 0);
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
            told: told(&self.before, &after),
            connections: record.connections.connected,
            times: self.predict.times,
        };
        Prediction::new(record.observed.as_ref()?, &known)
    }
}

/// What was counted between two answers of one server.
fn told(before: &Answer, after: &Answer) -> Option<Told> {
    let (before, after) = (before.as_ref()?, after.as_ref()?);
    let since = |of: fn(&pool::Status) -> Option<&Distribution>| {
        let (before, after) = (of(before)?, of(after)?);
        // Another server, which has begun anew, would have counted less.
        Some((after.count.checked_sub(before.count)?, after.sum - before.sum))
    };
    let (ended, held_seconds) = since(|status| status.connection_duration_seconds.as_ref())?;
    let (accepted, waited_seconds) = since(|status| status.queue_wait_seconds.as_ref())?;
    Some(Told { ended, held_seconds, accepted, waited_seconds })
}
