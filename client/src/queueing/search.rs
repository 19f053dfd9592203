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
    least(load.offered(), SLOTS_MAX, |slots| load.steady(slots).is_some_and(|steady| target.is_met(&steady)))
}

/// The least number, up to this most, for which something holds that holds for all greater ones too. It cannot hold for
/// what does not exceed `above`.
pub(super) fn least(above: f64, most: u32, holds: impl Fn(u32) -> bool) -> Option<u32> {
    if most == 0 {
        return None;
    }
    // First a number that is enough, then the least.
    let mut enough = next_after(above, most);
    let (mut too_few, mut step) = (0, 1);
    while !holds(enough) {
        if enough == most {
            return None;
        }
        too_few = enough;
        enough = enough.saturating_add(step).min(most);
        step *= 2;
    }
    while enough - too_few > 1 {
        let middle = too_few + (enough - too_few) / 2;
        if holds(middle) {
            enough = middle;
        } else {
            too_few = middle;
        }
    }
    Some(enough)
}

/// About the least number beyond this one.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is clamped to what fits")]
fn next_after(number: f64, most: u32) -> u32 {
    (number.floor() + 1.0).clamp(1.0, f64::from(most)) as u32
}
