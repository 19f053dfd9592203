//! Which rows of the scoreboard are lent to which worker: the master's own list, not shared.

/// The rows that one worker writes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Lease {
    /// The number of the worker's row.
    pub(super) row: usize,
    /// The first of its slots' rows, and how many they are.
    pub(super) first_slot: usize,
    pub(super) slots: usize,
}

/// All leases, by their first slot.
#[derive(Debug, Default)]
pub(super) struct Leases(Vec<Lease>);

impl Leases {
    /// What is lent.
    pub(super) fn iter(&self) -> impl Iterator<Item = Lease> {
        self.0.iter().copied()
    }

    /// Lends a row and a run of slots, the lowest that are free; `None` when there is no room.
    pub(super) fn lend(&mut self, slots: usize, rows_max: usize, slots_max: usize) -> Option<Lease> {
        let mut taken = vec![false; self.0.len() + 1];
        for lease in &self.0 {
            if let Some(row) = taken.get_mut(lease.row) {
                *row = true;
            }
        }
        let row = taken.iter().position(|taken| !taken).filter(|row| *row < rows_max)?;
        let mut first_slot = 0;
        let mut place = self.0.len();
        for (index, lease) in self.0.iter().enumerate() {
            if lease.first_slot - first_slot >= slots {
                place = index;
                break;
            }
            first_slot = lease.first_slot + lease.slots;
        }
        let lease = Lease { row, first_slot, slots };
        if first_slot + slots > slots_max {
            return None;
        }
        self.0.insert(place, lease);
        Some(lease)
    }

    /// Takes the rows back.
    pub(super) fn take_back(&mut self, lease: Lease) {
        self.0.retain(|lent| *lent != lease);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ROWS: usize = 8;
    const SLOTS: usize = 64;

    proptest! {
        #[test]
        fn what_is_lent_is_lent_to_one_and_room_is_found_if_there_is_any(steps in prop::collection::vec((1_usize..24, any::<prop::sample::Index>()), 1..60)) {
            let mut leases = Leases::default();
            let mut taken = [false; SLOTS];
            for (slots, which) in steps {
                if let Some(lease) = leases.lend(slots, ROWS, SLOTS) {
                    for slot in &mut taken[lease.first_slot..lease.first_slot + slots] {
                        prop_assert!(!std::mem::replace(slot, true));
                    }
                    prop_assert_eq!(leases.0.iter().filter(|other| other.row == lease.row).count(), 1);
                } else {
                    let has_run = taken.windows(slots).any(|run| run.iter().all(|slot| !slot));
                    prop_assert!(!has_run || leases.0.len() == ROWS);
                    let lease = leases.0[which.index(leases.0.len())];
                    leases.take_back(lease);
                    taken[lease.first_slot..lease.first_slot + lease.slots].fill(false);
                }
            }
        }
    }
}
