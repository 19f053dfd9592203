//! What a client sees of a run with a connection per request.

use std::time::{Duration, Instant};

use crate::statistics::BatchMeans;

/// From so many visits on, their mean and spread say something.
const VISITS_MIN: u64 = 30;

/// All visits of a run, of which sums are kept.
#[derive(Debug, Clone)]
pub(crate) struct Observed {
    slots: u32,
    arrivals: u64,
    /// The first and the last arrival.
    span: Option<(Instant, Instant)>,
    /// 1 for each who found all slots busy, 0 for the others.
    found_all_busy: BatchMeans,
    /// Seconds from connect to close.
    sojourn: BatchMeans,
    /// The same of those who found a free slot, and so did not wait.
    served_at_once: Moments,
    /// Those who had to wait in the client before they could arrive.
    held_back: u64,
}

impl Observed {
    /// Nothing yet, of a pool with so many slots.
    pub(crate) fn new(slots: u32) -> Self {
        Self {
            slots,
            arrivals: 0,
            span: None,
            found_all_busy: BatchMeans::default(),
            sojourn: BatchMeans::default(),
            served_at_once: Moments::default(),
            held_back: 0,
        }
    }

    /// Takes down that somebody was to come at that time, whatever becomes of them.
    pub(crate) fn arrive(&mut self, at: Instant) {
        let (first, last) = self.span.unwrap_or((at, at));
        self.span = Some((first.min(at), last.max(at)));
        self.arrivals += 1;
    }

    /// Takes down a visit: how long it took from connect to close, and how many others it found there; `None` if the
    /// client held it back because it had as many connections as it may.
    pub(crate) fn add(&mut self, sojourn: Duration, found: Option<usize>) {
        // Who was held back found more than there are slots: fewer connections predict nothing.
        let found = found.and_then(|found| u32::try_from(found).ok());
        let is_served_at_once = found.is_some_and(|found| found < self.slots);
        self.held_back += u64::from(found.is_none());
        let seconds = sojourn.as_secs_f64();
        self.found_all_busy.add(if is_served_at_once { 0.0 } else { 1.0 });
        self.sojourn.add(seconds);
        if is_served_at_once {
            self.served_at_once.add(seconds);
        }
    }

    /// How many slots it was compared with.
    pub(crate) fn slots(&self) -> u32 {
        self.slots
    }

    /// How many came and were not served to the end.
    pub(super) fn unfinished(&self) -> u64 {
        self.arrivals.saturating_sub(self.count())
    }

    /// How many visits there were.
    pub(crate) fn count(&self) -> u64 {
        self.sojourn.count()
    }

    /// How many of them the client held back.
    pub(super) fn held_back(&self) -> u64 {
        self.held_back
    }

    /// Arrivals per second.
    pub(super) fn rate(&self) -> Option<f64> {
        let (first, last) = self.span?;
        let seconds = last.saturating_duration_since(first).as_secs_f64();
        (seconds > 0.0).then(|| super::number(self.arrivals - 1) / seconds)
    }

    /// The share of those who found all slots busy. As they come at random, they find that as often as it is so.
    pub(super) fn found_all_busy(&self) -> &BatchMeans {
        &self.found_all_busy
    }

    /// Seconds from connect to close.
    pub(super) fn sojourn(&self) -> &BatchMeans {
        &self.sojourn
    }

    /// How long a service takes, in seconds: from connect to close of those who did not wait.
    pub(super) fn service(&self) -> Option<f64> {
        (self.served_at_once.count >= VISITS_MIN).then_some(self.served_at_once.mean)
    }

    /// How much that differs: its standard deviation by its mean. Who is served at once is no other than who waits.
    pub(super) fn coefficient_of_variation(&self) -> Option<f64> {
        let service = self.service()?;
        Some(self.served_at_once.deviation() / service)
    }
}

/// Mean and spread, by B. P. Welford, "Note on a method for calculating corrected sums of squares and products",
/// Technometrics 4, 1962.
#[derive(Debug, Clone, Copy, Default)]
struct Moments {
    count: u64,
    mean: f64,
    /// The sum of the squares of the distances from the mean.
    squares: f64,
}

impl Moments {
    fn add(&mut self, value: f64) {
        self.count += 1;
        let distance = value - self.mean;
        self.mean += distance / super::number(self.count);
        self.squares += distance * (value - self.mean);
    }

    fn deviation(&self) -> f64 {
        (self.squares / super::number(self.count)).sqrt()
    }
}
