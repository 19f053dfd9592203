//! Chance that can be repeated: a sequence of numbers made from a seed.

/// A generator of numbers, `SplitMix64` of Steele, Lea and Flood: "Fast Splittable Pseudorandom Number Generators".
#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

impl Random {
    /// The same seed gives the same numbers.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The seed that the environment names, so that a run can be repeated, or another each time. It is printed.
    pub(crate) fn seed() -> u64 {
        let named = std::env::var("SEED").ok().map(|text| text.parse().expect("SEED is a number"));
        let seed = named.unwrap_or_else(|| {
            let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
            u64::from(now.expect("it is after 1970").subsec_nanos())
        });
        eprintln!("SEED={seed} repeats what chance decides here");
        seed
    }

    /// The next number.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 on, below this one.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        let limit = u64::try_from(limit).expect("a small number");
        usize::try_from(self.next() % limit).expect("below a small number")
    }

    /// True once in so many times.
    pub(crate) fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// So many bytes of any value.
    pub(crate) fn bytes(&mut self, length: usize) -> Vec<u8> {
        let mut bytes: Vec<u8> =
            std::iter::repeat_with(|| self.next().to_le_bytes()).take(length.div_ceil(8)).flatten().collect();
        bytes.truncate(length);
        bytes
    }
}
