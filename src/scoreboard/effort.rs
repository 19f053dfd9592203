//! By what the master sees that a worker goes on with its work: not every thread that is alive does.

use super::{Lease, Scoreboard, SlotRow, Tally};

/// What a worker has done so far, and whether it could do more.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Effort {
    done: Tally,
    /// Every slot that it has is at the handler's work. Otherwise it waits for clients, who may take their time.
    is_all_work: bool,
}

impl Effort {
    /// Whether the worker has gone on since an earlier look, or waits for others.
    pub(crate) fn goes_on_from(self, before: Self) -> bool {
        !self.is_all_work || self.done != before.done
    }
}

impl Scoreboard {
    /// What a worker has done so far.
    pub(crate) fn effort_of(&self, lease: Lease) -> Effort {
        let rows = self.board.rows(lease);
        let mut done = rows.worker.tally();
        rows.slots.iter().for_each(|slot| done += slot.tally());
        let mut taken = rows.slots.iter().filter_map(SlotRow::is_working).peekable();
        let is_all_work = rows.worker.idle() == 0 && taken.peek().is_some() && taken.all(|works| works);
        Effort { done, is_all_work }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::ending::Ending;
    use crate::listener::Peer;
    use crate::refusal::Refusal;
    use crate::scoreboard::{Board, Rows, State};

    /// A worker with two slots, as its master and as itself see it.
    fn worker() -> (Scoreboard, Lease, Rows) {
        let board = Board::map().unwrap();
        let mut scoreboard = Scoreboard::new(board);
        let lease = scoreboard.lend(0, 1, 2).unwrap();
        (scoreboard, lease, board.rows(lease))
    }

    /// Both slots have a connection, which has sent something.
    fn at_work() -> (Scoreboard, Lease, Rows) {
        let (scoreboard, lease, rows) = worker();
        for slot in rows.slots {
            slot.open(Peer::Unix, Some(Duration::ZERO));
            slot.note_read(5);
        }
        rows.worker.set_busy(2, 0);
        (scoreboard, lease, rows)
    }

    #[test]
    fn who_has_an_idle_slot_has_nothing_to_prove() {
        let (scoreboard, lease, rows) = worker();
        let idle = scoreboard.effort_of(lease);
        assert!(idle.goes_on_from(idle));
        rows.slots[0].open(Peer::Unix, None);
        rows.slots[0].note_read(5);
        rows.worker.set_busy(1, 0);
        let half = scoreboard.effort_of(lease);
        assert!(half.goes_on_from(half));
    }

    #[test]
    fn who_works_in_every_slot_has_to_get_on() {
        let (scoreboard, lease, rows) = at_work();
        let mut before = scoreboard.effort_of(lease);
        assert!(!before.goes_on_from(before));
        let steps: [fn(&Rows); 5] = [
            |rows| rows.slots[1].note_written(5),
            |rows| rows.slots[1].note_read(1),
            |rows| {
                rows.slots[0].close(false);
                rows.slots[0].open(Peer::Unix, None);
                rows.slots[0].note_read(1);
            },
            |rows| rows.worker.note_refused(Refusal::ALL[0]),
            |rows| rows.worker.note_ended(Ending::COUNTED[0].0),
        ];
        for step in steps {
            step(&rows);
            let after = scoreboard.effort_of(lease);
            assert!(after.goes_on_from(before) && !after.goes_on_from(after));
            before = after;
        }
    }

    #[test]
    fn who_waits_for_one_client_may_wait() {
        for state in [State::Reading, State::Writing, State::Closing] {
            let (scoreboard, lease, rows) = at_work();
            rows.slots[1].turn_to(state);
            let waits = scoreboard.effort_of(lease);
            assert!(waits.goes_on_from(waits), "{state:?}");
        }
    }

    #[test]
    fn a_slot_that_can_get_nobody_says_nothing_for_the_others() {
        let (scoreboard, lease, rows) = at_work();
        rows.slots[0].close(false);
        rows.worker.set_busy(1, 1);
        let works = scoreboard.effort_of(lease);
        assert!(!works.goes_on_from(works));
        rows.slots[1].close(false);
        rows.worker.set_busy(0, 2);
        let waits = scoreboard.effort_of(lease);
        assert!(waits.goes_on_from(waits), "for the system");
    }
}
