//! A histogram in shared memory: a worker's threads count, anybody reads.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use zerocopy::FromZeros;

use super::slot::micros;
use crate::histogram::{BUCKETS, Counts, bucket_of};

/// Durations, counted in place. How many there are is the sum of the buckets, so that the two cannot differ.
#[derive(Debug, FromZeros)]
#[repr(C)]
pub(crate) struct Histogram {
    sum_micros: AtomicU64,
    max_micros: AtomicU64,
    /// The greatest since the master last began to look for it.
    recent_max_micros: AtomicU64,
    buckets: [AtomicU64; BUCKETS],
}

impl Histogram {
    /// Counts a duration.
    pub(crate) fn record(&self, duration: Duration) {
        let micros = micros(duration);
        self.buckets[bucket_of(micros)].fetch_add(1, Ordering::Relaxed);
        self.sum_micros.fetch_add(micros, Ordering::Relaxed);
        // Most are not the greatest: a look is cheaper than a write.
        if self.max_micros.load(Ordering::Relaxed) < micros {
            self.max_micros.fetch_max(micros, Ordering::Relaxed);
        }
        self.note_recent(micros);
    }

    fn note_recent(&self, micros: u64) {
        if self.recent_max_micros.load(Ordering::Relaxed) < micros {
            self.recent_max_micros.fetch_max(micros, Ordering::Relaxed);
        }
    }

    /// The greatest since [`Histogram::forget_recent`].
    pub(super) fn recent_max(&self) -> Duration {
        Duration::from_micros(self.recent_max_micros.load(Ordering::Relaxed))
    }

    /// Begins to look for the greatest.
    pub(super) fn forget_recent(&self) {
        self.recent_max_micros.store(0, Ordering::Relaxed);
    }

    /// Takes over what somebody found who is no more.
    pub(super) fn inherit_recent(&self, dead: &Self) {
        self.note_recent(dead.recent_max_micros.load(Ordering::Relaxed));
        dead.forget_recent();
    }

    /// What was counted.
    pub(super) fn read(&self) -> Counts {
        let buckets = self.buckets.iter().map(|bucket| bucket.load(Ordering::Relaxed)).collect();
        Counts::of(buckets, self.sum_micros.load(Ordering::Relaxed), self.max_micros.load(Ordering::Relaxed))
    }

    /// Replaces what was counted: there is one writer, the master.
    pub(super) fn write(&self, counts: &Counts) {
        for (bucket, count) in self.buckets.iter().zip(counts.buckets()) {
            bucket.store(*count, Ordering::Relaxed);
        }
        self.sum_micros.store(micros(counts.sum()), Ordering::Relaxed);
        self.max_micros.store(counts.max().map_or(0, micros), Ordering::Relaxed);
    }
}
