//! The row of a worker: the master says what it is, its threads say what they do.

use std::sync::atomic::{AtomicU64, Ordering};

use zerocopy::FromZeros;

use super::histogram::Histogram;
use super::{Standing, Tally, get, one_of, set, size};
use crate::ending::Ending;
use crate::refusal::Refusal;

/// A worker's row. The master writes the upper part, the worker the lower.
#[derive(Debug, FromZeros)]
#[repr(C, align(128))]
pub(crate) struct WorkerRow {
    /// Zero while the row is not lent.
    pub(super) stage: AtomicU64,
    pub(super) id: AtomicU64,
    pub(super) pid: AtomicU64,
    pub(super) generation: AtomicU64,
    pub(super) spawned: AtomicU64,
    /// One while a signal has stopped the worker.
    pub(super) stopped: AtomicU64,
    pub(super) first_slot: AtomicU64,
    pub(super) slots: AtomicU64,
    /// Slots from here on never had a thread.
    pub(super) slots_used: AtomicU64,
    pub(super) busy: AtomicU64,
    /// Slots without a connection that cannot get one at the moment: the system lacks what it takes.
    pub(super) lacking: AtomicU64,
    /// Whom it has not let in, by reason.
    pub(super) refused: [AtomicU64; Refusal::ALL.len()],
    /// Those of them who had a slot until a proxy had told who they are.
    pub(super) turned_away: AtomicU64,
    /// Whose connections a limit has ended, by limit.
    pub(super) ended: [AtomicU64; Ending::COUNTED.len()],
    /// The waits in the queue of the connections that this worker accepted.
    pub(crate) queue_wait: Histogram,
    /// How long they lasted.
    pub(crate) duration: Histogram,
    /// The system call for which the worker's sandbox killed it, as [`crate::sys::noted`].
    pub(crate) forbidden: AtomicU64,
}

impl WorkerRow {
    /// The thread of a slot starts: from now on its row is looked at.
    pub(crate) fn note_thread(&self, slot: usize) {
        self.slots_used.fetch_max(slot as u64 + 1, Ordering::Relaxed);
    }

    /// How many connections the worker has said that it has.
    pub(crate) fn busy(&self) -> usize {
        size(&self.busy)
    }

    /// How many connections the worker has, and how many slots cannot get one at the moment.
    pub(crate) fn set_busy(&self, busy: usize, lacking: usize) {
        set(&self.busy, busy as u64);
        set(&self.lacking, lacking as u64);
    }

    /// Somebody is not let in.
    pub(crate) fn note_refused(&self, why: Refusal) {
        self.refused[why as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// Somebody is not let in whose connection has a slot already.
    pub(crate) fn note_turned_away(&self, why: Refusal) {
        self.note_refused(why);
        self.turned_away.fetch_add(1, Ordering::Relaxed);
    }

    /// A connection has ended. Those that end by themselves are counted by their slots alone.
    pub(crate) fn note_ended(&self, ending: Ending) {
        if let Some(limit) = ending.counted() {
            self.ended[limit].fetch_add(1, Ordering::Relaxed);
        }
    }

    /// What is counted here, and not by the slots.
    pub(super) fn tally(&self) -> Tally {
        let (refused, ended) = (self.refused.each_ref().map(get), self.ended.each_ref().map(get));
        Tally { refused, turned_away: get(&self.turned_away), ended, ..Tally::default() }
    }

    pub(super) fn idle(&self) -> u64 {
        get(&self.slots).saturating_sub(get(&self.busy)).saturating_sub(self.lacking())
    }

    /// Slots without a connection that cannot get one.
    pub(super) fn lacking(&self) -> u64 {
        self.lacking_beside(get(&self.busy))
    }

    /// The same for one who sees so many connections in the slots: a worker that a signal has stopped may not have said so yet.
    pub(super) fn lacking_beside(&self, busy: u64) -> u64 {
        let free = get(&self.slots).saturating_sub(busy);
        if get(&self.stopped) == 0 { get(&self.lacking).min(free) } else { free }
    }

    pub(super) fn standing(&self) -> Option<Standing> {
        one_of(&Standing::ALL, get(&self.stage).checked_sub(1)?)
    }
}
