//! Whether the door may be left for a connection that ends, or a sleeping thread is to be called.
//!
//! A connection is *brief* until it lasts or ends. How long that takes in the mean is what is measured here; and if so many
//! are brief at a time, one of them ends, in the mean, each so many-th part of it (Little's law). While that is within [`LEFT`]
//! the door is left. So whoever comes waits beside an idle slot for about as long in the mean, however slow the peers are: those on the
//! same machine are done within 0.1 ms, and two at a time are enough; of peers who take 2 ms there are twenty and more. Where a few
//! that take long come among many that do not, one may wait longer, but never beyond the moment in which one of them lasts.

use std::time::Duration;

use crate::listener::BRIEF;

/// How long the door is left in the mean. Twice as long as a connection's own work takes at least, or the door would never be left
/// where connections are brief because there are so many of them. Measured, see PERFORMANCE.md.
const LEFT: Duration = Duration::from_micros(100);

/// Of how many connections the mean is, the last ones having the most weight.
const WEIGHT: u32 = 16;

/// The brief connections of a worker.
#[derive(Debug)]
pub(super) struct Brevity {
    /// The service itself never waits. Otherwise nobody waits for it: a thread is called for whoever comes.
    is_quick: bool,
    /// How many are brief.
    count: u32,
    /// How long one is so, in the mean.
    typical: Duration,
}

impl Brevity {
    /// Before anything is known every connection may last.
    pub(super) fn new(is_quick: bool) -> Self {
        Self { is_quick, count: 0, typical: BRIEF }
    }

    /// A connection was accepted.
    pub(super) fn begin(&mut self) {
        self.count += 1;
    }

    /// A connection is no longer brief: it has ended, or it lasts. It was so for this long.
    pub(super) fn end(&mut self, brief_for: Duration) {
        self.count -= 1;
        // What was stopped with its worker says nothing of connections.
        let sample = brief_for.min(BRIEF * 2);
        self.typical = (self.typical * (WEIGHT - 1) + sample) / WEIGHT;
    }

    /// Whether one of the brief connections ends so soon that its thread may take the door. Never the only one: it may have come
    /// alone, and who comes next should not wait for it.
    pub(super) fn is_one_due(&self) -> bool {
        self.is_quick && self.count > 1 && self.typical < LEFT * self.count
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What has seen many connections like this one.
    fn used_to(brief_for: Duration) -> Brevity {
        let mut brevity = Brevity::new(true);
        for _ in 0..200 {
            brevity.begin();
            brevity.end(brief_for);
        }
        brevity
    }

    /// How many have to be brief before the door is left.
    fn enough(mut brevity: Brevity) -> u32 {
        while !brevity.is_one_due() {
            brevity.begin();
            assert!(brevity.count < 1000, "it is never left");
        }
        brevity.count
    }

    #[test]
    fn the_door_is_left_when_one_ends_within_a_tenth_of_a_millisecond() {
        let micros = Duration::from_micros;
        assert_eq!(enough(used_to(micros(0))), 2, "never for the only one");
        assert_eq!(enough(used_to(micros(150))), 2);
        assert_eq!(enough(used_to(micros(450))), 5);
        assert_eq!(enough(used_to(micros(1950))), 20);
    }

    #[test]
    fn what_is_not_known_yet_may_last() {
        assert!(enough(Brevity::new(true)) > 30);
    }

    #[test]
    fn a_burst_of_those_that_last_is_soon_noticed() {
        let mut brevity = used_to(Duration::ZERO);
        (0..2).for_each(|_| brevity.begin());
        assert!(brevity.is_one_due());
        brevity.end(BRIEF);
        brevity.begin();
        assert!(!brevity.is_one_due(), "the first that lasts is enough for a third");
    }

    #[test]
    fn nobody_waits_for_a_service_that_may_take_its_time() {
        let mut brevity = Brevity { is_quick: false, ..used_to(Duration::ZERO) };
        (0..1000).for_each(|_| brevity.begin());
        assert!(!brevity.is_one_due());
    }

    proptest! {
        #[test]
        fn so_many_are_enough_that_one_ends_within_the_time_in_the_mean(
            short in 0_u64..2_000, long in 2_000_u64..8_000, every in 1_usize..20,
        ) {
            let mut brevity = Brevity::new(true);
            let mixed = |at: usize| Duration::from_micros(if at.is_multiple_of(every) { long } else { short });
            for at in 0..400 {
                brevity.begin();
                brevity.end(mixed(at));
            }
            let typical = brevity.typical;
            let enough = enough(brevity);
            prop_assert!(enough == 2 || typical / enough < LEFT && typical / (enough - 1) >= LEFT);
            let mean = (0..every).map(mixed).sum::<Duration>() / u32::try_from(every).unwrap();
            // The last of a kind weighs more than those before it.
            prop_assert!(typical < mean * 3 + LEFT && typical * 3 + LEFT > mean, "{typical:?} of {mean:?}");
        }
    }
}
