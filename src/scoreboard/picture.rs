//! The scoreboard as it was at one moment.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use super::event::Entry;
use super::slot::{Occupant, Tally};
use super::{Board, LogLosses, Phase, SLOT_ROWS, Standing, WorkerRow, get, one_of, size};
use crate::config::WORKERS_MAX;
use crate::death::Cause;
use crate::histogram::Counts;
use crate::sys::Moment;

/// The scoreboard at one moment.
#[derive(Debug, Clone)]
pub(crate) struct Picture {
    pub(crate) pid: u32,
    pub(crate) started: Moment,
    pub(crate) generation: u64,
    pub(crate) phase: Phase,
    pub(crate) workers_wanted: usize,
    pub(crate) threads: usize,
    pub(crate) saturated_since: Option<Moment>,
    /// The time of saturation that is over.
    pub(crate) saturated: Duration,
    pub(crate) respawns: [u64; Cause::ALL.len()],
    pub(crate) reloads: u64,
    pub(crate) reloads_failed: u64,
    pub(crate) crash_loop: bool,
    pub(crate) log: LogLosses,
    /// Of the living and the dead.
    pub(crate) queue_wait: Counts,
    pub(crate) duration: Counts,
    /// By id: what the dead have done, and when the next worker is due.
    pub(crate) ids: Vec<(Tally, Option<Moment>)>,
    pub(crate) workers: Vec<WorkerPicture>,
}

/// A worker at one moment.
#[derive(Debug, Clone)]
pub(crate) struct WorkerPicture {
    pub(crate) id: usize,
    pub(crate) pid: u32,
    pub(crate) generation: u64,
    pub(crate) standing: Standing,
    pub(crate) spawned: Moment,
    pub(crate) slots: usize,
    /// Slots without a connection that cannot get one at the moment.
    pub(crate) lacking: usize,
    pub(crate) tally: Tally,
    /// By slot.
    pub(crate) connections: Vec<(usize, Occupant)>,
}

impl Board {
    /// Reads all of it; `None` if the master was at it at every try.
    pub(crate) fn read(&self) -> Option<Picture> {
        self.sequence.read(|| self.picture())
    }

    /// Reads the last events, the oldest first; `None` as in [`Board::read`].
    pub(crate) fn read_events(&self) -> Option<Vec<Entry>> {
        self.sequence.read(|| self.events.read())
    }

    fn picture(&self) -> Picture {
        let master = &self.master;
        let workers: Vec<WorkerPicture> =
            self.rows_used().iter().filter_map(|row| self.worker(row)).collect();
        let wanted = size(&master.workers);
        let seen = workers.iter().map(|worker| worker.id + 1).max().unwrap_or(0);
        let moment = |word: &AtomicU64| Some(get(word)).filter(|nanos| *nanos > 0).map(Moment::at);
        Picture {
            pid: u32::try_from(get(&master.pid)).unwrap_or_default(),
            started: Moment::at(get(&master.started)),
            generation: get(&master.generation),
            phase: one_of(&Phase::ALL, get(&master.phase)).unwrap_or(Phase::Starting),
            workers_wanted: wanted,
            threads: size(&master.threads),
            saturated_since: moment(&master.saturated_since),
            saturated: Duration::from_nanos(get(&master.saturated_nanos)),
            respawns: master.respawns.each_ref().map(get),
            reloads: get(&master.reloads),
            reloads_failed: get(&master.reloads_failed),
            crash_loop: get(&master.crash_loop) != 0,
            log: self.log.losses(),
            queue_wait: self.sum(&master.queue_wait, |row| &row.queue_wait),
            duration: self.sum(&master.duration, |row| &row.duration),
            // Those too whose workers have left a pool that is smaller now: what they did is not undone. And those of rows that
            // a captured worker has written.
            ids: self.ids[..wanted.max(size(&master.ids_used)).max(seen).min(WORKERS_MAX)]
                .iter()
                .map(|id| (id.tally(), moment(&id.throttled_until)))
                .collect(),
            workers,
        }
    }

    fn worker(&self, row: &WorkerRow) -> Option<WorkerPicture> {
        let standing = row.standing()?;
        let first = size(&row.first_slot);
        let used = size(&row.slots_used).min(size(&row.slots));
        // A torn row may name any slots.
        let slots = self.slots.get(first..first.saturating_add(used))?;
        let (mut tally, mut connections) = (row.tally(), Vec::new());
        for (number, slot) in slots.iter().enumerate() {
            let (done, occupant) = slot.read();
            tally += done;
            connections.extend(occupant.map(|occupant| (number, occupant)));
        }
        Some(WorkerPicture {
            id: size(&row.id).min(WORKERS_MAX - 1),
            pid: u32::try_from(get(&row.pid)).unwrap_or_default(),
            generation: get(&row.generation),
            standing,
            spawned: Moment::at(get(&row.spawned)),
            slots: size(&row.slots).min(SLOT_ROWS),
            lacking: usize::try_from(row.lacking_beside(connections.len() as u64))
                .map_or(SLOT_ROWS, |lacking| lacking.min(SLOT_ROWS)),
            tally,
            connections,
        })
    }
}
