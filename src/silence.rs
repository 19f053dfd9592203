//! How many silences make room for those who wait, and whose: theirs who have been silent longest.

use std::time::Duration;

use crate::saturation::Sight;
use crate::scoreboard::Silence;
use crate::sys::Moment;

/// How much room is made. At first for one, and for twice as many at each look that finds somebody waiting still.
///
/// Who waits may be one who may not enter, or is gone. One idle slot is enough for its worker to clear a queue of those long before
/// the next look, without the end of anybody else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Demand {
    /// For how many room is made next.
    step: u64,
}

impl Default for Demand {
    fn default() -> Self {
        Self { step: 1 }
    }
}

impl Demand {
    /// How many are to end after one look, at which so many leave anyway: never more than wait.
    pub(crate) fn look(&mut self, sight: Sight, leaving: u64) -> u64 {
        let lacking = sight.waiting.saturating_sub(sight.idle);
        if lacking == 0 {
            self.step = 1;
        }
        let count = lacking.saturating_sub(leaving).min(self.step);
        if count > 0 {
            self.step = self.step.saturating_mul(2);
        }
        count
    }
}

/// Since when somebody is silent, of those who have been for so long, with the number of the slot.
pub(crate) fn long(
    silences: &[Silence],
    least: Duration,
    now: Moment,
) -> impl Iterator<Item = (Moment, usize)> + '_ {
    let since = |(slot, silence): (usize, &Silence)| Some((silence.since()?, slot));
    silences.iter().enumerate().filter_map(since).filter(move |(since, _)| now.since(*since) >= least)
}

/// How many connections each worker has to end, so that in all `wanted` of those end that have been silent longest.
pub(crate) fn shares<W: Copy + Ord>(mut silent: Vec<(Moment, W)>, wanted: usize) -> Vec<(W, u32)> {
    silent.sort_unstable();
    let mut workers: Vec<W> = silent.into_iter().take(wanted).map(|(_, worker)| worker).collect();
    workers.sort_unstable();
    workers.chunk_by(|one, other| one == other).map(|own| (own[0], count(own.len()))).collect()
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// How many end at each look, of so many that wait.
    fn ends(waiting: &[u64]) -> Vec<u64> {
        let mut demand = Demand::default();
        waiting.iter().map(|waiting| demand.look(Sight { idle: 0, waiting: *waiting }, 0)).collect()
    }

    #[test]
    fn room_is_made_for_one_first_and_then_for_more() {
        assert_eq!(ends(&[40, 39, 37, 33, 25, 9]), [1, 2, 4, 8, 16, 9]);
        assert_eq!(ends(&[90, 0, 90, 0, 90]), [1, 0, 1, 0, 1], "those who may not enter cost one each time");
        assert_eq!(ends(&[2, 2, 2]), [1, 2, 2], "never more than wait");
    }

    #[test]
    fn who_leaves_anyway_makes_room() {
        let mut demand = Demand::default();
        let sight = |idle, waiting| Sight { idle, waiting };
        assert_eq!(demand.look(sight(0, 10), 10), 0);
        assert_eq!(demand.look(sight(10, 10), 0), 0, "there is room");
        assert_eq!(demand.look(sight(0, 10), 0), 1);
        assert_eq!(demand.look(sight(0, 9), 8), 1, "eight others leave");
    }

    #[test]
    fn only_long_silences_count() {
        let silences: Vec<Silence> = (0..5).map(|_| Silence::default()).collect();
        for (slot, since) in [(0, 10), (1, 50), (3, 30), (4, 20)] {
            silences[slot].begin(Moment::at(since));
        }
        silences[4].tell(Moment::at(20));
        let found: Vec<_> = long(&silences, Duration::from_nanos(70), Moment::at(100)).collect();
        assert_eq!(found, [(Moment::at(10), 0), (Moment::at(30), 3)]);
    }

    #[test]
    fn the_longest_silences_are_chosen_whosever_they_are() {
        let silent = [(5, 'b'), (1, 'a'), (9, 'a'), (2, 'a'), (3, 'c')];
        let silent: Vec<_> = silent.map(|(since, worker)| (Moment::at(since), worker)).into();
        assert_eq!(shares(silent.clone(), 3), [('a', 2), ('c', 1)]);
        assert_eq!(shares(silent.clone(), 0), []);
        assert_eq!(shares(silent, 99), [('a', 3), ('b', 1), ('c', 1)]);
    }

    proptest! {
        #[test]
        fn no_look_ends_more_than_wait_and_nobody_waits_for_ever(waiting in 1_u64..5_000) {
            let (mut demand, mut left, mut looks) = (Demand::default(), waiting, 0);
            while left > 0 {
                let count = demand.look(Sight { idle: 0, waiting: left }, 0);
                prop_assert!(count >= 1 && count <= left);
                (left, looks) = (left - count, looks + 1);
            }
            prop_assert!(looks <= waiting.ilog2() + 1);
        }

        #[test]
        fn as_many_end_as_are_wanted_as_long_as_somebody_is_silent(silent in prop::collection::vec((any::<u64>(), 0..5_u8), 0..50), wanted in 0_usize..60) {
            let have = silent.len();
            let silent = silent.into_iter().map(|(since, worker)| (Moment::at(since), worker)).collect();
            let all: u32 = shares(silent, wanted).iter().map(|(_, count)| count).sum();
            prop_assert_eq!(all as usize, wanted.min(have));
        }
    }
}
