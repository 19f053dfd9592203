//! When a pool is saturated, and when no more: begin and end, with enough hesitation that a flicker is neither.

use std::time::{Duration, Instant};

/// The time between two looks while it matters. In a pool with idle slots nobody looks.
pub(crate) const TICK: Duration = Duration::from_millis(100);
/// How long all slots are taken before it counts although nobody waits.
const HOLD: Duration = TICK;
/// How long slots are idle, with nobody waiting, before it is over.
const CALM: Duration = Duration::from_secs(1);

/// What one look found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sight {
    /// Slots that are free to take a connection.
    pub(crate) idle: u64,
    /// Connections in the accept queues.
    pub(crate) waiting: u64,
}

/// What has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Edge {
    /// It has begun, so long ago.
    Begin { ago: Duration },
    /// It has ended, having lasted so long. The queue was never longer than `peak` when one looked.
    End { lasted: Duration, peak: u64 },
}

/// The watch over the pool.
#[derive(Debug, Clone, Default)]
pub(crate) struct Saturation {
    looked: Option<Instant>,
    /// Since when no slot is idle, as far as is known.
    full_since: Option<Instant>,
    /// Since when slots are idle and nobody waits.
    calm_since: Option<Instant>,
    episode: Option<Episode>,
}

#[derive(Debug, Clone, Copy)]
struct Episode {
    began: Instant,
    peak: u64,
}

impl Saturation {
    /// Whether it has begun and not ended.
    pub(crate) fn is_on(&self) -> bool {
        self.episode.is_some()
    }

    /// Since when.
    pub(crate) fn since(&self) -> Option<Instant> {
        self.episode.map(|episode| episode.began)
    }

    /// When to look next. `all_full`: every worker has said that it has no idle slot.
    pub(crate) fn next_look(&self, all_full: bool, now: Instant) -> Option<Instant> {
        let matters = self.is_on() || all_full;
        matters.then(|| self.looked.map_or(now, |looked| looked + TICK))
    }

    /// Takes in what one look found.
    pub(crate) fn look(&mut self, sight: Sight, now: Instant) -> Option<Edge> {
        let last = self.looked.replace(now);
        // Between looks that are far apart nobody knows how it was.
        if sight.idle > 0 || last.is_some_and(|last| now - last > TICK * 2) {
            self.full_since = None;
        }
        match &mut self.episode {
            None if sight.idle > 0 => None,
            None => {
                let began = *self.full_since.get_or_insert(now);
                if sight.waiting == 0 && now - began < HOLD {
                    return None;
                }
                self.calm_since = None;
                self.episode = Some(Episode { began, peak: sight.waiting });
                Some(Edge::Begin { ago: now - began })
            }
            Some(episode) => {
                episode.peak = episode.peak.max(sight.waiting);
                if sight.idle == 0 || sight.waiting > 0 {
                    self.calm_since = None;
                    return None;
                }
                let calm_since = *self.calm_since.get_or_insert(now);
                if now - calm_since < CALM { None } else { self.end(now) }
            }
        }
    }

    /// Ends it now, whatever there is to see: the pool ends.
    pub(crate) fn end(&mut self, now: Instant) -> Option<Edge> {
        let Episode { began, peak } = self.episode.take()?;
        let end = self.calm_since.take().unwrap_or(now);
        Some(Edge::End { lasted: end - began, peak })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn millis(count: u64) -> Duration {
        Duration::from_millis(count)
    }

    /// Looks every 100 ms; what comes of it, with the time.
    fn edges(sights: &[(u64, u64)]) -> Vec<(u64, Edge)> {
        let (mut saturation, start) = (Saturation::default(), Instant::now());
        let looks = sights.iter().zip(0..).filter_map(|((idle, waiting), tick)| {
            let sight = Sight { idle: *idle, waiting: *waiting };
            saturation.look(sight, start + TICK * tick).map(|edge| (u64::from(tick), edge))
        });
        looks.collect()
    }

    #[test]
    fn it_begins_at_once_when_somebody_waits() {
        assert_eq!(edges(&[(0, 3)]), [(0, Edge::Begin { ago: Duration::ZERO })]);
    }

    #[test]
    fn without_anybody_waiting_it_begins_when_all_slots_stay_taken() {
        assert_eq!(edges(&[(0, 0), (0, 0)]), [(1, Edge::Begin { ago: millis(100) })]);
        assert_eq!(edges(&[(0, 0), (1, 0), (0, 0), (2, 0)]), []);
    }

    #[test]
    fn it_ends_after_a_second_of_calm_which_does_not_count() {
        let mut sights = vec![(0, 2), (0, 7), (0, 4), (1, 0)];
        sights.extend([(1, 0); 10]);
        let end = Edge::End { lasted: millis(300), peak: 7 };
        assert_eq!(edges(&sights), [(0, Edge::Begin { ago: Duration::ZERO }), (13, end)]);
    }

    #[test]
    fn a_short_calm_is_no_end() {
        let mut sights = vec![(0, 1)];
        for _ in 0..5 {
            sights.extend([(2, 0); 9]);
            sights.push((0, 1));
        }
        assert_eq!(edges(&sights).len(), 1);
    }

    #[test]
    fn what_was_seen_long_ago_is_not_the_begin() {
        let (mut saturation, now) = (Saturation::default(), Instant::now());
        let full = Sight { idle: 0, waiting: 0 };
        assert_eq!(saturation.look(full, now), None);
        let later = now + Duration::from_secs(3600);
        assert_eq!(saturation.look(full, later), None, "it has to hold");
        assert_eq!(saturation.look(full, later + TICK), Some(Edge::Begin { ago: TICK }));
    }

    #[test]
    fn a_pool_with_idle_slots_is_not_looked_at() {
        let (mut saturation, now) = (Saturation::default(), Instant::now());
        assert_eq!(saturation.next_look(false, now), None);
        assert_eq!(saturation.next_look(true, now), Some(now));
        saturation.look(Sight { idle: 1, waiting: 0 }, now);
        assert_eq!(saturation.next_look(true, now), Some(now + TICK), "however often it flickers");
        saturation.look(Sight { idle: 0, waiting: 1 }, now);
        assert_eq!(saturation.next_look(false, now), Some(now + TICK), "until it is over");
    }

    proptest! {
        #[test]
        fn begin_and_end_alternate(sights in prop::collection::vec((0..2_u64, 0..2_u64), 0..300)) {
            let mut is_on = false;
            for (_, edge) in edges(&sights) {
                prop_assert_eq!(is_on, matches!(edge, Edge::End { .. }));
                is_on = !is_on;
            }
        }
    }
}
