//! The axis of time that all lanes share: it begins at zero, and is compressed as time passes.

use std::time::Duration;

use crate::watch::scale::{label, round_up};

/// About so many steps are on the axis.
const STEPS: u32 = 5;

/// The shortest axis.
const SPAN_MIN: Duration = Duration::from_secs(2);

/// Cells of the same length in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Axis {
    span: Duration,
    step: Duration,
    cells: usize,
}

impl Axis {
    /// An axis of so many cells on which this time has its place.
    pub(super) fn new(now: Duration, cells: usize) -> Self {
        let now = now.max(SPAN_MIN);
        let step = round_up(now / STEPS);
        let steps = u32::try_from(now.as_nanos().div_ceil(step.as_nanos())).unwrap_or(u32::MAX);
        Self { span: step.saturating_mul(steps), step, cells }
    }

    /// From when to when each cell is.
    pub(super) fn cells(self) -> impl Iterator<Item = (Duration, Duration)> {
        let at = move |cell: usize| self.span.mul_f64(as_f64(cell) / as_f64(self.cells));
        (0..self.cells).map(move |cell| (at(cell), at(cell + 1)))
    }

    /// The times at their places; every second or fifth of them only, where there is no room for all.
    pub(super) fn ticks(self) -> String {
        let step = [1, 2, 5, 10].map(|every| self.step * every);
        let step = step.into_iter().find(|&step| self.place(step) > self.longest_label(step));
        let mut text = String::new();
        let mut tick = Duration::ZERO;
        while tick < self.span {
            let (place, label) = (self.place(tick), label(tick));
            if place + label.len() <= self.cells {
                text = format!("{text:place$}{label}");
            }
            tick += step.unwrap_or(self.span);
        }
        text
    }

    fn longest_label(self, step: Duration) -> usize {
        let mut longest = 0;
        let mut tick = Duration::ZERO;
        while tick < self.span {
            longest = longest.max(label(tick).len());
            tick += step;
        }
        longest
    }

    /// The cell in which a time is.
    fn place(self, time: Duration) -> usize {
        let cell = time.as_nanos() * self.cells as u128 / self.span.as_nanos();
        usize::try_from(cell).unwrap_or(usize::MAX)
    }
}

#[expect(clippy::cast_precision_loss, reason = "there are fewer cells than a float counts exactly")]
fn as_f64(cells: usize) -> f64 {
    cells as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_ticks_are_round_and_at_their_places() {
        assert_eq!(Axis::new(Duration::from_millis(300), 40).ticks(), "0         500 ms    1 s       1.5 s");
        assert_eq!(Axis::new(Duration::from_millis(300), 24).ticks(), "0           1 s");
        assert_eq!(Axis::new(Duration::from_millis(4_200), 25).ticks(), "0    1 s  2 s  3 s  4 s");
        assert_eq!(Axis::new(Duration::from_millis(4_200), 10).ticks(), "0   2 s");
        assert_eq!(Axis::new(Duration::from_secs(61), 24).ticks(), "0     20 s  40 s  1 m");
    }

    proptest! {
        #[test]
        fn now_is_on_the_axis_and_fills_most_of_it(millis in 0_u64..100_000_000, cells in 1_usize..200) {
            let now = Duration::from_millis(millis);
            let axis = Axis::new(now, cells);
            let (_, end) = axis.cells().last().unwrap();
            prop_assert!(end + Duration::from_micros(1) >= now);
            prop_assert!(end <= now.max(SPAN_MIN).mul_f64(1.7), "{end:?}");
            prop_assert!(axis.ticks().len() <= cells);
        }
    }
}
