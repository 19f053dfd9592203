//! Whose silence makes room for those who wait: theirs who have been silent longest.

use std::time::Duration;

use crate::scoreboard::Silence;
use crate::sys::Moment;

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
        fn never_more_end_than_wait(silent in prop::collection::vec((any::<u64>(), 0..5_u8), 0..50), wanted in 0_usize..60) {
            let have = silent.len();
            let silent = silent.into_iter().map(|(since, worker)| (Moment::at(since), worker)).collect();
            let all: u32 = shares(silent, wanted).iter().map(|(_, count)| count).sum();
            prop_assert_eq!(all as usize, wanted.min(have));
        }
    }
}
