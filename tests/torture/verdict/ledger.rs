//! Whether the totals of a master have grown by what has happened since nobody was there before.

use super::losses::Outcome;
use super::picture::{Picture, Totals};

/// What the suite has seen happen.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Happened {
    /// Connections that were opened, by whomever.
    pub(crate) opened: u64,
    /// Clients to whom a byte came back.
    pub(crate) served: u64,
    /// The bytes that came back to those whose server was not killed: it might have sent some that it had not counted yet.
    pub(crate) echoed: u64,
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
    /// A client has ended, and its server may have been killed.
    pub(crate) fn note(&mut self, outcome: &Outcome, may_be_dead: bool) {
        self.happened.served += u64::from(outcome.echoed > 0);
        self.happened.echoed += if may_be_dead { 0 } else { outcome.echoed };
    }

    /// Whether the totals fit, now that nobody is there again. Of another master nothing is known.
    pub(crate) fn check(&self, picture: &Picture) -> Result<(), String> {
        let Some((_, before)) = self.last.filter(|(pid, _)| *pid == picture.master.pid) else {
            return Ok(());
        };
        let (now, happened) = (picture.totals, self.happened);
        let any = u64::MAX;
        let grown = [
            ("accepted", now.accepted - before.accepted, happened.served, happened.opened),
            ("messages", now.messages - before.messages, happened.served, any),
            ("bytes_in", now.bytes_in - before.bytes_in, happened.echoed, any),
            ("bytes_out", now.bytes_out - before.bytes_out, happened.echoed, any),
            ("respawns", now.respawns - before.respawns, happened.deaths, happened.deaths),
            ("reloads", now.reloads - before.reloads, happened.reloads - happened.merged, happened.reloads),
        ];
        match grown.into_iter().find(|(_, grown, least, most)| grown < least || grown > most) {
            None => Ok(()),
            Some((name, grown, ..)) => {
                Err(format!("totals.{name} grew by {grown}, and this happened: {happened:?}"))
            }
        }
    }

    /// From now on it is counted anew.
    pub(crate) fn turn(&mut self, picture: &Picture) {
        *self = Self { last: Some((picture.master.pid, picture.totals)), happened: Happened::default() };
    }
}
