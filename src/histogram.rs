//! How durations are counted: in buckets of fixed bounds, none wider than a sixteenth of what it holds.

use std::time::Duration;

/// Buckets of one octave: each is 6.25 % of the octave's lower bound wide.
const STEPS: usize = 16;
/// The first octave begins here: below, each microsecond has a bucket of its own.
const FIRST_EXPONENT: u32 = STEPS.ilog2();
/// The end of the last octave, in microseconds: 2^40 are 12 days. What is longer counts there.
const LAST_EXPONENT: u32 = 40;
/// How many buckets there are.
pub(crate) const BUCKETS: usize = STEPS + (LAST_EXPONENT - FIRST_EXPONENT) as usize * STEPS;

/// The bucket of a duration.
pub(crate) fn bucket_of(micros: u64) -> usize {
    let micros = micros.min((1 << LAST_EXPONENT) - 1);
    let octave = micros.max(1).ilog2().saturating_sub(FIRST_EXPONENT);
    octave as usize * STEPS + usize::try_from(micros >> octave).expect("at most two octaves' steps remain")
}

/// The first duration beyond a bucket, in microseconds.
fn end_of(bucket: usize) -> u64 {
    let octave = (bucket / STEPS).saturating_sub(1);
    ((bucket - octave * STEPS) as u64 + 1) << octave
}

/// A sum that is the greatest number rather than a panic, whatever is added up: what is counted in shared memory may be wrong.
pub(crate) fn total(numbers: impl IntoIterator<Item = u64>) -> u64 {
    numbers.into_iter().fold(0, u64::saturating_add)
}

/// Durations, counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Counts {
    buckets: Vec<u64>,
    sum_micros: u64,
    max_micros: u64,
}

impl Default for Counts {
    fn default() -> Self {
        Self { buckets: vec![0; BUCKETS], sum_micros: 0, max_micros: 0 }
    }
}

impl Counts {
    /// What somebody else has counted: buckets, sum and greatest.
    pub(crate) fn of(buckets: Vec<u64>, sum_micros: u64, max_micros: u64) -> Self {
        assert_eq!(buckets.len(), BUCKETS, "whoever counts has all buckets");
        Self { buckets, sum_micros, max_micros }
    }

    /// How many are in each bucket.
    pub(crate) fn buckets(&self) -> &[u64] {
        &self.buckets
    }

    /// How many there are.
    pub(crate) fn count(&self) -> u64 {
        total(self.buckets.iter().copied())
    }

    /// All of them together.
    pub(crate) fn sum(&self) -> Duration {
        Duration::from_micros(self.sum_micros)
    }

    /// The greatest, exactly.
    pub(crate) fn max(&self) -> Option<Duration> {
        (self.count() > 0).then(|| Duration::from_micros(self.max_micros))
    }

    /// What so great a part of them does not exceed, at most 6.25 % too high.
    pub(crate) fn quantile(&self, part: f64) -> Option<Duration> {
        let count = self.count();
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "beyond 2^53 connections a rank may be off by a few"
        )]
        let rank = ((count as f64 * part).ceil() as u64).clamp(1, count.max(1));
        let mut passed = 0_u64;
        let bucket = self.buckets.iter().position(|inside| {
            passed = total([passed, *inside]);
            passed >= rank
        })?;
        Some(Duration::from_micros((end_of(bucket) - 1).min(self.max_micros)))
    }

    /// How many are shorter than this power of two, in microseconds: the bounds that fall between buckets.
    pub(crate) fn below(&self, exponent: u32) -> u64 {
        total(self.buckets[..bucket_of(1 << exponent)].iter().copied())
    }

    /// How many are more than the 4 to 8 ms by which a wait in jiffies may be wrong.
    pub(crate) fn noticeable(&self) -> u64 {
        self.count() - self.below(13)
    }

    /// Adds others.
    pub(crate) fn add(&mut self, other: &Self) {
        for (mine, theirs) in self.buckets.iter_mut().zip(&other.buckets) {
            *mine = mine.wrapping_add(*theirs);
        }
        self.sum_micros = self.sum_micros.wrapping_add(other.sum_micros);
        self.max_micros = self.max_micros.max(other.max_micros);
    }

    /// Those that were not yet there earlier. The greatest of them is known exactly if it is the greatest of all,
    /// otherwise at most 6.25 % too high.
    pub(crate) fn since(&self, earlier: &Self) -> Self {
        let buckets: Vec<u64> =
            self.buckets.iter().zip(&earlier.buckets).map(|(now, then)| now.saturating_sub(*then)).collect();
        let greatest = buckets.iter().rposition(|inside| *inside > 0).map_or(0, |bucket| end_of(bucket) - 1);
        Self {
            buckets,
            sum_micros: self.sum_micros.saturating_sub(earlier.sum_micros),
            max_micros: greatest.min(self.max_micros),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn counts(durations: &[u64]) -> Counts {
        let mut buckets = vec![0; BUCKETS];
        for micros in durations {
            buckets[bucket_of(*micros)] += 1;
        }
        Counts::of(buckets, durations.iter().sum(), durations.iter().copied().max().unwrap_or_default())
    }

    proptest! {
        #[test]
        fn a_bucket_holds_what_is_between_its_bounds(micros in 0..1_u64 << LAST_EXPONENT) {
            let bucket = bucket_of(micros);
            let start = if bucket == 0 { 0 } else { end_of(bucket - 1) };
            prop_assert!((start..end_of(bucket)).contains(&micros));
            prop_assert!(end_of(bucket) - start <= 1 + start / STEPS as u64);
        }

        #[test]
        fn a_quantile_is_at_most_a_sixteenth_too_high(mut durations in prop::collection::vec(0..10_000_000_u64, 1..200), part in 0.0..=1.0) {
            let found = counts(&durations).quantile(part).unwrap().as_micros();
            durations.sort_unstable();
            #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few hundred")]
            let rank = (durations.len() as f64 * part).ceil().max(1.0) as usize;
            let exact = u128::from(durations[rank - 1]);
            prop_assert!(exact <= found && found <= exact + exact / 16 + 1);
        }

        #[test]
        fn what_came_later_is_what_is_counted_later(first in prop::collection::vec(0..1_000_000_u64, 0..50), then in prop::collection::vec(0..1_000_000_u64, 0..50)) {
            let earlier = counts(&first);
            let mut all = earlier.clone();
            all.add(&counts(&then));
            let since = all.since(&earlier);
            prop_assert_eq!(since.count(), then.len() as u64);
            prop_assert_eq!(since.sum(), Duration::from_micros(then.iter().sum()));
            let greatest = then.iter().copied().max().unwrap_or_default();
            prop_assert!(since.max_micros >= greatest && since.max_micros <= greatest + greatest / 16 + 1);
        }
    }

    #[test]
    fn the_longest_durations_share_the_last_bucket() {
        assert_eq!(bucket_of(u64::MAX), BUCKETS - 1);
        assert_eq!(end_of(BUCKETS - 1), 1 << LAST_EXPONENT);
    }

    #[test]
    fn nothing_counted_has_no_quantile() {
        assert_eq!(Counts::default().quantile(0.5), None);
        assert_eq!(Counts::default().max(), None);
    }

    #[test]
    fn powers_of_two_fall_between_buckets() {
        let counts = counts(&[1023, 1024, 8192]);
        assert_eq!((counts.below(10), counts.below(11)), (1, 2));
        assert_eq!(counts.noticeable(), 1);
    }
}
