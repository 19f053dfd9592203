//! For how long a slot is held.

use rand::RngExt;
use rand::rngs::StdRng;
use rand_distr::{Distribution as _, Exp1, StandardNormal};

/// Service times with this mean, in seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Service {
    Exponential {
        mean: f64,
    },
    Fixed {
        mean: f64,
    },
    /// With a long tail: the logarithm is normally distributed, with this standard deviation.
    Lognormal {
        mean: f64,
        sigma: f64,
    },
}

impl Service {
    /// Lognormal times whose standard deviation is so many times their mean.
    pub(crate) fn lognormal(mean: f64, coefficient: f64) -> Self {
        Self::Lognormal { mean, sigma: (coefficient * coefficient).ln_1p().sqrt() }
    }

    pub(crate) fn mean(self) -> f64 {
        match self {
            Self::Exponential { mean } | Self::Fixed { mean } | Self::Lognormal { mean, .. } => mean,
        }
    }

    pub(crate) fn sample(self, random: &mut StdRng) -> f64 {
        match self {
            Self::Exponential { mean } => {
                let share: f64 = Exp1.sample(random);
                mean * share
            }
            Self::Fixed { mean } => mean,
            Self::Lognormal { mean, sigma } => {
                let normal: f64 = StandardNormal.sample(random);
                mean * (sigma * normal - sigma * sigma / 2.0).exp()
            }
        }
    }

    /// What is left of one that goes on at some moment: a part of a time that is the more likely the longer it is.
    pub(crate) fn residual(self, random: &mut StdRng) -> f64 {
        let part: f64 = random.random();
        match self {
            Self::Exponential { .. } => self.sample(random),
            Self::Fixed { mean } => part * mean,
            Self::Lognormal { mean, sigma } => {
                let normal: f64 = StandardNormal.sample(random);
                part * mean * (sigma * normal + sigma * sigma / 2.0).exp()
            }
        }
    }
}
