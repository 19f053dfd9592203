//! Replicas that share a load, as the two ways to share it that are exactly known.

use super::search::least;
use super::{Load, SLOTS_MAX, Steady, Target};

/// Replicas that have equally many slots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fleet {
    /// How many there are.
    pub replicas: u32,
    /// The slots of each.
    pub slots: u32,
}

/// How arrivals are shared among replicas.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sharing {
    /// All wait in one queue, and whoever has an idle slot takes the next one: one pool with the slots of all.
    ///
    /// To join queues whose service times are distributed alike never lengthens the waits (D. R. Smith and W. Whitt,
    /// "Resource sharing for efficiency in traffic systems", Bell System Technical Journal 60, 1981).
    OneQueue,
    /// Each arrival goes to any replica, whatever happens there: Poisson arrivals at each, with its part of the rate (J. F.
    /// C. Kingman, "Poisson Processes", 1993, the colouring theorem), so each is a pool of its own.
    Random,
}

impl Fleet {
    /// The slots of all; `None` if they are more than [`SLOTS_MAX`].
    #[must_use]
    pub fn capacity(&self) -> Option<u32> {
        self.replicas.checked_mul(self.slots).filter(|slots| *slots <= SLOTS_MAX)
    }
}

impl Sharing {
    /// The load of each queue, and the slots that it waits for.
    #[must_use]
    pub fn queue(self, load: &Load, fleet: Fleet) -> (Load, u32) {
        match self {
            Self::OneQueue => (*load, fleet.replicas.saturating_mul(fleet.slots)),
            Self::Random => (Load { rate: load.rate / f64::from(fleet.replicas), ..*load }, fleet.slots),
        }
    }

    /// What becomes of the load; `None` if the queues grow for ever.
    #[must_use]
    pub fn steady(self, load: &Load, fleet: Fleet) -> Option<Steady> {
        let (load, slots) = self.queue(load, fleet);
        load.steady(slots)
    }

    /// The least number of replicas with so many slots each for which the target is met; `None` if as many as have
    /// [`SLOTS_MAX`] slots do not meet it.
    #[must_use]
    pub fn least_replicas(self, load: &Load, slots: u32, target: &Target) -> Option<u32> {
        least(load.offered() / f64::from(slots), SLOTS_MAX / slots, |replicas| {
            self.meets(load, Fleet { replicas, slots }, target)
        })
    }

    /// The least number of slots of each of so many replicas, likewise.
    #[must_use]
    pub fn least_slots(self, load: &Load, replicas: u32, target: &Target) -> Option<u32> {
        least(load.offered() / f64::from(replicas), SLOTS_MAX / replicas, |slots| {
            self.meets(load, Fleet { replicas, slots }, target)
        })
    }

    fn meets(self, load: &Load, fleet: Fleet, target: &Target) -> bool {
        self.steady(load, fleet).is_some_and(|steady| target.is_met(&steady))
    }
}
