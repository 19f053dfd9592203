//! How often things went well, and how often in which way they did not.

use std::collections::BTreeMap;
use std::fmt;

use crate::{Failure, Kind};

/// A count of outcomes by kind; those of several threads can be merged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    ok: u64,
    failures: BTreeMap<Kind, u64>,
}

impl Tally {
    /// Counts one outcome.
    pub fn record<T>(&mut self, outcome: &Result<T, Failure>) {
        match outcome {
            Ok(_) => self.record_ok(),
            Err(failure) => self.record_failure(failure.kind()),
        }
    }

    /// Counts one that went well.
    pub fn record_ok(&mut self) {
        self.ok += 1;
    }

    /// Counts one that failed.
    pub fn record_failure(&mut self, kind: Kind) {
        *self.failures.entry(kind).or_default() += 1;
    }

    /// Adds the counts of another tally.
    pub fn merge(&mut self, other: &Self) {
        self.ok += other.ok;
        for (&kind, count) in &other.failures {
            *self.failures.entry(kind).or_default() += count;
        }
    }

    /// How many went well.
    #[must_use]
    pub fn ok(&self) -> u64 {
        self.ok
    }

    /// How many failed, in whatever way.
    #[must_use]
    pub fn failed(&self) -> u64 {
        self.failures.values().sum()
    }

    /// How many failed in this way.
    #[must_use]
    pub fn count(&self, kind: Kind) -> u64 {
        self.failures.get(&kind).copied().unwrap_or(0)
    }

    /// The kinds of failure that occurred, each with its count.
    pub fn failures(&self) -> impl Iterator<Item = (Kind, u64)> {
        self.failures.iter().map(|(&kind, &count)| (kind, count))
    }
}

impl<T> FromIterator<Result<T, Failure>> for Tally {
    fn from_iter<I: IntoIterator<Item = Result<T, Failure>>>(outcomes: I) -> Self {
        let mut tally = Self::default();
        outcomes.into_iter().for_each(|outcome| tally.record(&outcome));
        tally
    }
}

impl fmt::Display for Tally {
    /// `12 ok, 1 reset`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ok", self.ok)?;
        self.failures().try_for_each(|(kind, count)| write!(f, ", {count} {kind}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tally_reads_as_a_sentence_would_say_it() {
        let outcomes = [Ok(()), Err(Failure::Reset), Ok(()), Err(Failure::Refused), Err(Failure::Reset)];
        let tally: Tally = outcomes.into_iter().collect();
        assert_eq!(tally.to_string(), "2 ok, 1 refused, 2 reset");
        assert_eq!((tally.ok(), tally.failed(), tally.count(Kind::Reset)), (2, 3, 2));
    }

    #[test]
    fn merging_adds_count_by_count() {
        let mut tally: Tally = [Ok(()), Err(Failure::Reset)].into_iter().collect();
        let other: Tally = [Ok(()), Err(Failure::Reset), Err(Failure::Refused)].into_iter().collect();
        tally.merge(&other);
        assert_eq!(tally.to_string(), "2 ok, 1 refused, 2 reset");
    }
}
