//! Which lanes are shown where there is no room for all, and what is said of the others.

use std::time::Duration;

use super::lane::{is_open_at, served_since, stage_at};
use crate::watch::{LaneHistory, Stage};

/// Lanes by their place in the history, and who is left out.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) shown: Vec<usize>,
    pub(super) folded: Option<Folded>,
}

/// Lanes that are not shown.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Folded {
    pub(super) counts: Counts,
    /// Of those that are queued.
    pub(super) longest_queued: Option<Duration>,
}

/// How many lanes are how far.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) connecting: usize,
    pub(super) queued: usize,
    pub(super) served: usize,
    pub(super) closed: usize,
    pub(super) failed: usize,
}

impl Counts {
    pub(super) fn of(stages: impl IntoIterator<Item = Stage>) -> Self {
        let mut counts = Self::default();
        stages.into_iter().for_each(|stage| *counts.of_stage(stage) += 1);
        counts
    }

    fn of_stage(&mut self, stage: Stage) -> &mut usize {
        match stage {
            Stage::Connecting => &mut self.connecting,
            Stage::Queued => &mut self.queued,
            Stage::Served => &mut self.served,
            Stage::Closed => &mut self.closed,
            Stage::Failed => &mut self.failed,
        }
    }

    pub(super) fn all(self) -> usize {
        self.connecting + self.queued + self.served + self.closed + self.failed
    }

    /// Those that are there at all, with the names of their stages.
    pub(super) fn named(self) -> impl Iterator<Item = (Stage, usize)> {
        [
            (Stage::Connecting, self.connecting),
            (Stage::Queued, self.queued),
            (Stage::Served, self.served),
            (Stage::Closed, self.closed),
            (Stage::Failed, self.failed),
        ]
        .into_iter()
        .filter(|(_, count)| *count > 0)
    }
}

/// Chooses the lanes for so many rows, of which one says what is folded.
///
/// Those come first that waited longest, that are served, and that failed last, one of each in turn; what is closed
/// comes last. They are shown in the order of their numbers, so that a lane stays near where it was.
pub(super) fn choose(lanes: &[LaneHistory], now: Duration, rows: usize) -> Choice {
    let begun = lanes.iter().enumerate().filter(|(_, lane)| is_begun_at(lane, now));
    let begun: Vec<(usize, Stage)> = begun.map(|(index, lane)| (index, stage_at(lane, now))).collect();
    if begun.len() <= rows {
        return Choice { shown: begun.into_iter().map(|(index, _)| index).collect(), folded: None };
    }
    let of = |wanted: &[Stage]| -> Vec<usize> {
        begun.iter().filter(|(_, stage)| wanted.contains(stage)).map(|(index, _)| *index).collect()
    };
    let mut waiting = of(&[Stage::Connecting, Stage::Queued]);
    waiting.sort_by_key(|&index| (lanes[index].connected_at.is_none(), lanes[index].connected_at));
    let mut served = of(&[Stage::Served]);
    served.sort_by_key(|&index| std::cmp::Reverse(served_since(&lanes[index])));
    let [mut failed, mut closed] = [of(&[Stage::Failed]), of(&[Stage::Closed])];
    failed.sort_by_key(|&index| std::cmp::Reverse(lanes[index].closed_at));
    closed.sort_by_key(|&index| std::cmp::Reverse(lanes[index].closed_at));

    let mut shown = in_turn(&[waiting, served, failed], rows.saturating_sub(1));
    let left = rows.saturating_sub(1) - shown.len();
    shown.extend(closed.into_iter().take(left));
    shown.sort_unstable();
    let folded = begun.iter().filter(|(index, _)| shown.binary_search(index).is_err());
    let folded = Folded {
        counts: Counts::of(folded.clone().map(|(_, stage)| *stage)),
        longest_queued: folded
            .filter(|(_, stage)| *stage == Stage::Queued)
            .filter_map(|(index, _)| Some(now.saturating_sub(lanes[*index].connected_at?)))
            .max(),
    };
    Choice { shown, folded: Some(folded) }
}

pub(super) fn is_begun_at(lane: &LaneHistory, now: Duration) -> bool {
    is_open_at(lane, now) || lane.closed_at.is_some_and(|closed_at| closed_at <= now)
}

/// One of each list in turn, until there are so many.
fn in_turn(lists: &[Vec<usize>; 3], most: usize) -> Vec<usize> {
    let longest = lists.iter().map(Vec::len).max().unwrap_or(0);
    let in_turn = (0..longest).flat_map(|place| lists.iter().filter_map(move |list| list.get(place)));
    in_turn.copied().take(most).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn lane(stage: Stage, at: u64) -> LaneHistory {
        let is = |stages: &[Stage]| stages.contains(&stage);
        LaneHistory {
            started_at: Some(ms(0)),
            connected_at: (!is(&[Stage::Connecting])).then(|| ms(at)),
            served_at: is(&[Stage::Served, Stage::Closed]).then(|| ms(at)),
            closed_at: is(&[Stage::Closed, Stage::Failed]).then(|| ms(at)),
            failure: is(&[Stage::Failed]).then_some(crate::Failure::Reset),
            ..LaneHistory::default()
        }
    }

    #[test]
    fn with_room_for_all_all_are_shown() {
        let lanes = [lane(Stage::Queued, 1), lane(Stage::Closed, 2)];
        assert_eq!(choose(&lanes, ms(10), 2), Choice { shown: vec![0, 1], folded: None });
    }

    #[test]
    fn who_waits_longest_is_served_last_or_failed_is_shown_and_the_rest_counted() {
        let mut lanes: Vec<LaneHistory> = (0..100).map(|index| lane(Stage::Queued, 100 + index)).collect();
        lanes.extend((0..50).map(|index| lane(Stage::Served, 300 + index)));
        lanes.push(lane(Stage::Failed, 9));
        lanes.extend((0..9).map(|_| lane(Stage::Closed, 9)));
        let choice = choose(&lanes, ms(1_000), 6);
        assert_eq!(choice.shown, [0, 1, 148, 149, 150]);
        let folded = choice.folded.unwrap();
        assert_eq!(folded.counts, Counts { queued: 98, served: 48, closed: 9, ..Counts::default() });
        assert_eq!(folded.longest_queued, Some(ms(1_000 - 102)));
    }

    proptest! {
        #[test]
        fn every_lane_is_either_shown_or_counted(stages in prop::collection::vec(0_usize..5, 0..60), rows in 1_usize..30) {
            const ALL: [Stage; 5] =
                [Stage::Connecting, Stage::Queued, Stage::Served, Stage::Closed, Stage::Failed];
            let lanes: Vec<LaneHistory> = stages.iter().map(|&stage| lane(ALL[stage], 5)).collect();
            let choice = choose(&lanes, ms(10), rows);
            let folded = choice.folded.map_or(0, |folded| folded.counts.all());
            prop_assert_eq!(choice.shown.len() + folded, lanes.len());
            prop_assert!(choice.shown.len() + usize::from(folded > 0) <= rows);
            prop_assert!(choice.shown.is_sorted());
        }
    }
}
