//! How long one waits for one of several slots: what queueing theory says of Poisson arrivals, first come, first served.
//!
//! The load *a* is arrivals per second × seconds of service; with *c* slots the utilisation is ρ = a ÷ c. A queue is
//! steady while ρ < 1; otherwise it grows.

mod erlang;
mod fixed;
mod fleet;
mod search;

pub use fleet::{Fleet, Sharing};
pub use search::{SLOTS_MAX, Target, least_slots};

/// Who comes, and how long each takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Load {
    /// Arrivals per second.
    pub rate: f64,
    /// The mean time for which a slot is held, in seconds.
    pub service: f64,
    /// How these times differ.
    pub times: ServiceTimes,
}

/// How the times differ for which slots are held.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ServiceTimes {
    /// Exponentially distributed: the queue M/M/c, for which all is exact.
    Exponential,
    /// They are all the same: the queue M/D/c. Chance and mean are exact, the quantiles within half a service time.
    Fixed,
    /// Of any distribution with this coefficient of variation, the standard deviation by the mean: the queue M/G/c, for
    /// which everything is an approximation.
    Varying {
        /// 0 is fixed, 1 is like exponential.
        coefficient: f64,
    },
}

/// A queue in the long run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Steady {
    /// The share of arrivals that find all slots busy, which for Poisson arrivals is the share of time in which they are
    /// (R. W. Wolff, "Poisson arrivals see time averages", Operations Research 30, 1982).
    pub chance_to_wait: f64,
    /// Of all arrivals, those too that do not wait; in seconds.
    pub mean_wait: f64,
    tail: Tail,
}

/// The chance to wait longer than t seconds is factor × e^(−decay × t), and never more than the chance to wait.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Tail {
    factor: f64,
    /// Per second.
    decay: f64,
}

impl ServiceTimes {
    /// Whether [`Steady::quantile`] is exact, and no approximation.
    #[must_use]
    pub fn have_exact_quantiles(&self) -> bool {
        *self == Self::Exponential
    }
}

impl Load {
    /// The mean number of busy slots, if there are enough: Little's law.
    #[must_use]
    pub fn offered(&self) -> f64 {
        self.rate * self.service
    }

    /// The share of time for which a slot is busy; from 1 on they cannot keep up.
    #[must_use]
    pub fn utilisation(&self, slots: u32) -> f64 {
        self.offered() / f64::from(slots)
    }

    /// What becomes of it with so many slots; `None` if the queue grows for ever.
    #[must_use]
    pub fn steady(&self, slots: u32) -> Option<Steady> {
        if slots == 0 || self.utilisation(slots) >= 1.0 {
            return None;
        }
        Some(match self.times {
            ServiceTimes::Exponential => self.varying(slots, 1.0),
            ServiceTimes::Varying { coefficient } => self.varying(slots, coefficient),
            ServiceTimes::Fixed => fixed::steady(self.rate, self.service, slots),
        })
    }

    /// How many more wait each second, on average, when the slots cannot keep up.
    #[must_use]
    pub fn growth(&self, slots: u32) -> f64 {
        (self.rate - f64::from(slots) / self.service).max(0.0)
    }

    /// M/M/c: a wait occurs with Erlang's chance, and then it is exponentially distributed with the mean
    /// service ÷ (c − a), because while all slots are busy one becomes free that often (R. B. Cooper, "Introduction to
    /// Queueing Theory", 2nd edition, 1981, chapter 3).
    ///
    /// For other coefficients of variation the mean is scaled by (1 + coefficient²) ÷ 2, which is exact for one slot
    /// (Pollaczek and Khinchine) and else the approximation of Allen and Cunneen (A. O. Allen, "Probability, Statistics,
    /// and Queueing Theory", 2nd edition, 1990), and the wait is taken for exponential with that mean.
    fn varying(&self, slots: u32, coefficient: f64) -> Steady {
        let chance = erlang::chance_to_wait(self.offered(), slots);
        let scale = f64::midpoint(1.0, coefficient * coefficient);
        let mean_of_waits = self.service / (f64::from(slots) - self.offered()) * scale;
        Steady {
            chance_to_wait: chance,
            mean_wait: chance * mean_of_waits,
            tail: Tail { factor: chance, decay: 1.0 / mean_of_waits },
        }
    }
}

impl Steady {
    /// The wait in seconds that this share of arrivals does not exceed: 0.99 for p99.
    #[must_use]
    pub fn quantile(&self, share: f64) -> f64 {
        let longer = 1.0 - share;
        if self.chance_to_wait <= longer {
            return 0.0;
        }
        ((self.tail.factor / longer).ln() / self.tail.decay).max(0.0)
    }

    /// How many wait, on average: Little's law (J. D. C. Little, "A proof for the queuing formula L = λW", Operations
    /// Research 9, 1961).
    #[must_use]
    pub fn mean_waiting(&self, rate: f64) -> f64 {
        rate * self.mean_wait
    }
}

#[cfg(test)]
pub(crate) mod simulation;
#[cfg(test)]
mod tests;
