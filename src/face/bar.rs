//! Slots as a bar: one cell for each while they fit, else in proportion.

use super::Style;
use super::line::{Line, Tone};

/// How many slots do what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bar {
    pub(crate) busy: usize,
    pub(crate) idle: usize,
    /// Connections of workers that leave.
    pub(crate) draining: usize,
}

impl Bar {
    /// The bar in brackets, with this many cells at most; nothing without slots.
    pub(crate) fn line(self, cells: usize, style: Style) -> Line {
        let [full, empty, leaving] = if style.unicode { ["█", "░", "▒"] } else { ["#", ".", "~"] };
        let cells = self.cells(cells);
        if cells == (Self { busy: 0, idle: 0, draining: 0 }) {
            return Line::default();
        }
        let busy_tone = if self.idle == 0 { Tone::Waiting } else { Tone::Good };
        Line::new(Tone::Faint, "[")
            .then(busy_tone, &full.repeat(cells.busy))
            .then(Tone::Faint, &empty.repeat(cells.idle))
            .then(Tone::Lively, &leaving.repeat(cells.draining))
            .then(Tone::Faint, "]")
    }

    /// How many cells each gets. Whatever there is one of is seen.
    fn cells(self, cells: usize) -> Self {
        let total = self.busy.saturating_add(self.idle).saturating_add(self.draining);
        if total <= cells {
            return self;
        }
        let least = |slots: usize| usize::from(slots > 0);
        let part = |slots: usize, most: usize| {
            let share = slots as u128 * cells as u128 / total as u128;
            usize::try_from(share).unwrap_or(cells).max(least(slots)).min(most)
        };
        let draining = part(self.draining, cells.saturating_sub(least(self.busy) + least(self.idle)));
        let rest = cells - draining;
        let busy = if self.idle == 0 { rest } else { part(self.busy, rest.saturating_sub(1)) };
        Self { busy, idle: rest - busy, draining }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::face::Limits;

    fn text(busy: usize, idle: usize, draining: usize, cells: usize) -> String {
        let style = Style { width: 80, colour: false, unicode: true, limits: Limits::GLANCE };
        Bar { busy, idle, draining }.line(cells, style).write(style).trim_end().to_owned()
    }

    #[test]
    fn a_small_pool_has_a_cell_for_each_slot() {
        assert_eq!(text(0, 0, 0, 10), "");
        assert_eq!(text(3, 1, 0, 10), "[███░]");
        assert_eq!(text(4, 0, 2, 10), "[████▒▒]");
    }

    #[test]
    fn a_large_pool_is_shown_in_proportion() {
        assert_eq!(text(256, 256, 0, 10), "[█████░░░░░]");
        assert_eq!(text(1, 511, 0, 10), "[█░░░░░░░░░]");
        assert_eq!(text(511, 1, 0, 10), "[█████████░]");
        assert_eq!(text(512, 0, 1, 10), "[█████████▒]");
    }

    proptest! {
        #[test]
        fn whatever_there_is_is_seen(busy: usize, idle in 0..70_000_usize, draining: usize, cells in 3..100_usize) {
            let shown = Bar { busy, idle, draining }.cells(cells);
            prop_assert_eq!([busy > 0, idle > 0, draining > 0], [shown.busy > 0, shown.idle > 0, shown.draining > 0]);
            prop_assert!(shown.busy + shown.idle + shown.draining <= cells);
        }

        #[test]
        fn no_number_of_cells_is_too_small(busy: usize, idle: usize, draining: usize, cells in 0..4_usize) {
            let shown = Bar { busy, idle, draining }.cells(cells);
            prop_assert!(shown.busy + shown.idle + shown.draining <= cells);
        }
    }
}
