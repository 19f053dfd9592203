//! How many slots it takes.

use super::{Load, Steady};

/// The most slots that are reckoned with.
pub const SLOTS_MAX: u32 = 1_000_000;

/// What the waits shall be like: each that is given.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Target {
    /// The mean wait, in seconds, is this at most.
    pub mean_wait: Option<f64>,
    /// The wait that 99 % do not exceed, in seconds, is this at most.
    pub p99: Option<f64>,
    /// The chance to wait at all is this at most.
    pub chance: Option<f64>,
}

impl Target {
    /// Whether the waits are so.
    #[must_use]
    pub fn is_met(&self, steady: &Steady) -> bool {
        self.mean_wait.is_none_or(|most| steady.mean_wait <= most)
            && self.p99.is_none_or(|most| steady.quantile(0.99) <= most)
            && self.chance.is_none_or(|most| steady.chance_to_wait <= most)
    }
}

/// The least number of slots for which the target is met; `None` if [`SLOTS_MAX`] do not meet it.
#[must_use]
pub fn least_slots(load: &Load, target: &Target) -> Option<u32> {
    let is_met = |slots: u32| load.steady(slots).is_some_and(|steady| target.is_met(&steady));
    // More slots never wait longer. First a number that is enough, from what the load takes on, then the least.
    let mut enough = least_steady(load);
    let (mut too_few, mut step) = (0, 1);
    while !is_met(enough) {
        if enough == SLOTS_MAX {
            return None;
        }
        too_few = enough;
        enough = enough.saturating_add(step).min(SLOTS_MAX);
        step *= 2;
    }
    while enough - too_few > 1 {
        let middle = too_few + (enough - too_few) / 2;
        if is_met(middle) {
            enough = middle;
        } else {
            too_few = middle;
        }
    }
    Some(enough)
}

/// About the least number of slots that keep up.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is clamped to what fits")]
fn least_steady(load: &Load) -> u32 {
    (load.offered().floor() + 1.0).clamp(1.0, f64::from(SLOTS_MAX)) as u32
}
