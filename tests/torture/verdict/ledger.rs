//! Whether the totals of a master have grown by what has happened since nobody was there before.

use super::losses::Outcome;
use super::picture::{Picture, Totals};

/// What the suite has seen happen.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Happened {
    /// Clients to whom a byte came back.
    pub(crate) served: u64,
    /// Workers that were killed, and whose place is taken again.
    pub(crate) deaths: u64,
    /// Reloads that were ordered and made.
    pub(crate) reloads: u64,
    /// How many of them may have been made together with another one.
    pub(crate) merged: u64,
}

/// The totals when nobody was there, and what has happened since.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    last: Option<(i32, Totals)>,
    pub(crate) happened: Happened,
}

impl Ledger {
    /// A client has ended.
    pub(crate) fn note(&mut self, outcome: &Outcome) {
        self.happened.served += u64::from(outcome.is_served);
    }

    /// Whether the totals fit, now that nobody is there again. Of another master nothing is known.
    pub(crate) fn check(&self, picture: &Picture) -> Result<(), String> {
        let Some((_, before)) = self.last.filter(|(pid, _)| *pid == picture.master.pid) else {
            return Ok(());
        };
        let (now, happened) = (picture.totals, self.happened);
        let (accepted, respawns) = (now.accepted - before.accepted, now.respawns - before.respawns);
        let reloads = now.reloads - before.reloads;
        if accepted < happened.served {
            return Err(format!("{accepted} more accepted, and {} were served", happened.served));
        }
        if respawns < happened.deaths {
            return Err(format!("{respawns} respawns more, and {} workers died", happened.deaths));
        }
        let least = happened.reloads - happened.merged;
        if reloads < least || reloads > happened.reloads {
            return Err(format!("{reloads} reloads more, and {} were made", happened.reloads));
        }
        Ok(())
    }

    /// From now on it is counted anew.
    pub(crate) fn turn(&mut self, picture: &Picture) {
        *self = Self { last: Some((picture.master.pid, picture.totals)), happened: Happened::default() };
    }
}
