//! What came of those who came, phase by phase.

use prefork_client::statistics::{BatchMeans, Interval};

/// Bits of a wait that make its class: classes are 0.8 % wide or less.
const CLASS_BITS: u32 = 7;

/// Waits shorter than this many seconds, 2⁻³⁰, are counted as this.
const SHORTEST: f64 = 1.0 / (1 << 30) as f64;

/// The waits of those who came in each phase.
#[derive(Debug, Clone)]
pub(crate) struct Waits {
    phases: Vec<Phase>,
}

/// Who came until some moment, and after the phase before.
#[derive(Debug, Clone)]
pub(crate) struct Phase {
    until: f64,
    pub(crate) counts: Counts,
    /// Those who were served at once.
    at_once: u64,
    /// The others, by class.
    classes: Vec<u64>,
    chance: BatchMeans,
    wait: BatchMeans,
}

/// Who was not served, or slowly.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// The accept queue was full.
    pub(crate) full: u64,
    /// The replica was gone, or there was none.
    pub(crate) unreachable: u64,
    /// They had a connection, or waited, and lost it.
    pub(crate) lost: u64,
    /// A slow replica served them.
    pub(crate) slow: u64,
}

impl Waits {
    pub(super) fn new(ends: &[f64]) -> Self {
        let phase = |until: &f64| Phase {
            until: *until,
            counts: Counts::default(),
            at_once: 0,
            classes: Vec::new(),
            chance: BatchMeans::default(),
            wait: BatchMeans::default(),
        };
        Self { phases: ends.iter().map(phase).collect() }
    }

    pub(super) fn add(&mut self, since: f64, wait: f64) {
        if let Some(phase) = self.phase_of(since) {
            phase.add(wait);
        }
    }

    pub(super) fn count(&mut self, now: f64, count: impl FnOnce(&mut Counts)) {
        if let Some(phase) = self.phase_of(now) {
            count(&mut phase.counts);
        }
    }

    fn phase_of(&mut self, time: f64) -> Option<&mut Phase> {
        self.phases.iter_mut().find(|phase| time <= phase.until)
    }

    /// A phase, by its number.
    pub(crate) fn phase(&self, index: usize) -> &Phase {
        &self.phases[index]
    }
}

impl Phase {
    fn add(&mut self, wait: f64) {
        let waits = wait > 0.0;
        self.chance.add(f64::from(u8::from(waits)));
        self.wait.add(wait);
        if !waits {
            self.at_once += 1;
            return;
        }
        let class = class_of(wait);
        if self.classes.len() <= class {
            self.classes.resize(class + 1, 0);
        }
        self.classes[class] += 1;
    }

    /// Who was served.
    pub(crate) fn served(&self) -> u64 {
        self.at_once + self.classes.iter().sum::<u64>()
    }

    /// All who came.
    pub(crate) fn came(&self) -> u64 {
        self.served() + self.counts.full + self.counts.unreachable
    }

    /// The share of those who were served that waited, with its interval.
    pub(crate) fn chance(&self) -> Option<Interval> {
        self.chance.interval()
    }

    /// Their mean wait in seconds, with its interval.
    pub(crate) fn mean(&self) -> Option<Interval> {
        self.wait.interval()
    }

    /// The wait in seconds that this share of those who were served did not exceed, to 0.8 %.
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
    pub(crate) fn quantile(&self, share: f64) -> f64 {
        let wanted = share * self.served() as f64;
        let mut number = self.at_once as f64;
        if number >= wanted {
            return 0.0;
        }
        for (class, count) in self.classes.iter().enumerate() {
            number += *count as f64;
            if number >= wanted {
                return middle_of(class);
            }
        }
        0.0
    }
}

/// The exponent and the first bits of its fraction.
fn class_of(wait: f64) -> usize {
    ((wait.max(SHORTEST).to_bits() - SHORTEST.to_bits()) >> (52 - CLASS_BITS)) as usize
}

fn middle_of(class: usize) -> f64 {
    let bound = |class: usize| f64::from_bits(SHORTEST.to_bits() + ((class as u64) << (52 - CLASS_BITS)));
    f64::midpoint(bound(class), bound(class + 1))
}
