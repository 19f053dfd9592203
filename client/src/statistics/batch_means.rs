//! Batch means: a confidence interval for the mean of observations that come one after the other and are alike near each
//! other, such as waits in a queue.

use super::{Confidence, quantile};

/// How many batches there are at most: twice the least number once there are enough observations. Fewer, longer batches
/// are more independent of each other; beyond thirty, more of them make the interval hardly better (B. Schmeiser,
/// "Batch size effects in the analysis of simulation output", Operations Research 30, 1982).
const BATCHES_MAX: usize = 32;

/// A mean, and between which bounds the true one lies with a confidence of 95 %.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The mean of the observations.
    pub mean: f64,
    /// The bounds are the mean less and plus this.
    pub half_width: f64,
}

/// Observations, of which only the sums of batches of equal size are kept: 31 of them at most, however many come.
#[derive(Debug, Clone)]
pub struct BatchMeans {
    /// The sums of the batches that are full.
    full: Vec<f64>,
    /// Observations in each of them.
    size: u64,
    open: Batch,
    all: Batch,
}

#[derive(Debug, Clone, Copy, Default)]
struct Batch {
    sum: f64,
    count: u64,
}

impl Batch {
    fn add(&mut self, value: f64) {
        self.sum += value;
        self.count += 1;
    }
}

impl Default for BatchMeans {
    fn default() -> Self {
        Self { full: Vec::with_capacity(BATCHES_MAX), size: 1, open: Batch::default(), all: Batch::default() }
    }
}

impl BatchMeans {
    /// Takes the next observation.
    pub fn add(&mut self, value: f64) {
        self.all.add(value);
        self.open.add(value);
        if self.open.count < self.size {
            return;
        }
        self.full.push(std::mem::take(&mut self.open).sum);
        if self.full.len() == BATCHES_MAX {
            self.full = self.full.chunks(2).map(|pair| pair.iter().sum()).collect();
            self.size *= 2;
        }
    }

    /// How many observations there were.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.all.count
    }

    /// The mean of all observations.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        (self.all.count > 0).then(|| self.all.sum / number(self.all.count))
    }

    /// The same with its interval, from the spread of the full batches; `None` for fewer than ten batches.
    #[must_use]
    pub fn interval(&self) -> Option<Interval> {
        let batches = u32::try_from(self.full.len()).ok().filter(|batches| *batches >= 10)?;
        let count = f64::from(batches);
        let means = || self.full.iter().map(|sum| sum / number(self.size));
        let centre = means().sum::<f64>() / count;
        let variance = means().map(|mean| (mean - centre).powi(2)).sum::<f64>() / (count - 1.0);
        let half_width = quantile(Confidence::Percent95, count - 1.0) * (variance / count).sqrt();
        Some(Interval { mean: self.mean()?, half_width })
    }
}

#[expect(clippy::cast_precision_loss, reason = "beyond 2^53 observations")]
fn number(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::SeedableRng;
    use rand::rngs::StdRng;
    use rand_distr::{Distribution as _, StandardNormal};

    use super::*;

    /// Observations that remember: each is this share of the one before, plus chance.
    fn remembering(share: f64, seed: u64, count: usize) -> BatchMeans {
        let mut random = StdRng::seed_from_u64(seed);
        let mut batches = BatchMeans::default();
        let mut value: f64 = 0.0;
        for _ in 0..count {
            let chance: f64 = StandardNormal.sample(&mut random);
            value = share * value + chance;
            batches.add(10.0 + value);
        }
        batches
    }

    fn contains(interval: Interval, value: f64) -> bool {
        (value - interval.mean).abs() <= interval.half_width
    }

    fn coverage(share: f64) -> usize {
        let covers = |seed| contains(remembering(share, seed, 4_000).interval().unwrap(), 10.0);
        (0..200).filter(|seed| covers(*seed)).count()
    }

    #[test]
    fn the_interval_holds_the_true_mean_in_about_95_of_100_runs() {
        for share in [0.0, 0.5, 0.9] {
            let coverage = coverage(share);
            // 190 are expected, with a standard deviation of 3.
            assert!((178..=199).contains(&coverage), "{coverage} of 200 for {share}");
        }
    }

    #[test]
    fn a_few_observations_are_no_interval() {
        let mut batches = BatchMeans::default();
        assert_eq!((batches.mean(), batches.interval()), (None, None));
        for value in 0..9 {
            batches.add(f64::from(value));
        }
        assert_eq!((batches.mean(), batches.interval()), (Some(4.0), None));
        batches.add(9.0);
        assert!(contains(batches.interval().unwrap(), 4.5));
    }

    #[test]
    fn a_constant_is_certain() {
        let mut batches = BatchMeans::default();
        (0..1000).for_each(|_| batches.add(3.0));
        assert_eq!(batches.interval(), Some(Interval { mean: 3.0, half_width: 0.0 }));
    }

    proptest! {
        #[test]
        fn memory_is_bounded_and_nothing_is_forgotten(values in prop::collection::vec(-1e3..1e3, 1..3000)) {
            let mut batches = BatchMeans::default();
            for value in &values {
                batches.add(*value);
            }
            prop_assert!(batches.full.len() < BATCHES_MAX);
            prop_assert_eq!(batches.count(), values.len() as u64);
            prop_assert_eq!(batches.full.len() as u64 * batches.size + batches.open.count, values.len() as u64);
            let sum: f64 = values.iter().sum();
            prop_assert!((batches.full.iter().sum::<f64>() + batches.open.sum - sum).abs() < 1e-6);
        }
    }
}
