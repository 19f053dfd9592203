//! How measured times are spread: the exact ones, from all values.

use std::time::Duration;

/// Count, extremes, mean and percentiles of some times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spread {
    /// How many there are.
    pub count: usize,
    /// The shortest.
    pub min: Duration,
    /// The mean.
    pub mean: Duration,
    /// The shortest that half of them do not exceed.
    pub p50: Duration,
    /// The shortest that nine of ten do not exceed.
    pub p90: Duration,
    /// The shortest that 99 of a hundred do not exceed.
    pub p99: Duration,
    /// The longest.
    pub max: Duration,
}

impl Spread {
    /// Of these times; `None` if there are none.
    #[must_use]
    pub fn of(times: impl IntoIterator<Item = Duration>) -> Option<Self> {
        let mut times: Vec<Duration> = times.into_iter().collect();
        times.sort_unstable();
        let (&min, &max) = (times.first()?, times.last()?);
        let mean = times.iter().sum::<Duration>().div_f64(as_f64(times.len()));
        let [p50, p90, p99] = [50, 90, 99].map(|percent| times[rank(times.len(), percent)]);
        Some(Self { count: times.len(), min, mean, p50, p90, p99, max })
    }
}

/// The place of a percentile among so many sorted values: the nearest rank.
fn rank(count: usize, percent: usize) -> usize {
    (count * percent).div_ceil(100).saturating_sub(1)
}

#[expect(clippy::cast_precision_loss, reason = "there are fewer times than a float counts exactly")]
fn as_f64(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn of_a_hundred_times_the_percentiles_are_these() {
        let spread = Spread::of((1..=100).rev().map(ms)).unwrap();
        assert_eq!((spread.count, spread.min, spread.max), (100, ms(1), ms(100)));
        assert_eq!((spread.p50, spread.p90, spread.p99), (ms(50), ms(90), ms(99)));
        assert_eq!(spread.mean, Duration::from_micros(50_500));
    }

    #[test]
    fn one_time_is_all_of_it() {
        let spread = Spread::of([ms(7)]).unwrap();
        assert_eq!((spread.min, spread.mean, spread.p50, spread.p99), (ms(7), ms(7), ms(7), ms(7)));
        assert_eq!(Spread::of([]), None);
    }

    proptest! {
        #[test]
        fn so_many_percent_do_not_exceed_a_percentile(times in prop::collection::vec(0_u64..10_000, 1..300)) {
            let spread = Spread::of(times.iter().copied().map(ms)).unwrap();
            for (percent, value) in [(50, spread.p50), (90, spread.p90), (99, spread.p99)] {
                let within = times.iter().filter(|&&time| ms(time) <= value).count();
                let below = times.iter().filter(|&&time| ms(time) < value).count();
                prop_assert!(within * 100 >= times.len() * percent);
                prop_assert!(below * 100 < times.len() * percent);
            }
            prop_assert!(spread.min <= spread.mean + Duration::from_nanos(1));
            prop_assert!(spread.mean <= spread.max + Duration::from_nanos(1));
        }
    }
}
