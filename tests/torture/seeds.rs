//! Chance that can be repeated: each step and each play has a seed of its own, so that what one of them draws changes no other.

use rand::SeedableRng;
use rand::rngs::StdRng;

/// What is drawn for a part of the run, of this number within its whole.
pub(crate) fn random(seed: u64, part: &[u64]) -> StdRng {
    StdRng::seed_from_u64(part.iter().fold(seed, |seed, number| mix(seed ^ mix(*number))))
}

/// Neighbours become strangers: the finaliser of `SplitMix64`.
fn mix(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}
