//! The scoreboard: typed rows in memory that master, workers and monitor share. It informs, and two
//! parts of it, the columns of peers and of silences, are also decided by.
//!
//! It is made before the first fork and never unmapped. All of it is atomics: whoever is killed leaves nothing locked. A
//! worker writes the rows that it was lent; the master writes the rest, under one sequence number. The counts of a dead
//! worker fold into those of its id, so that sums never go back.

mod effort;
mod event;
mod event_kind;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz;
mod happening;
mod histogram;
mod lease;
mod log_row;
mod peers;
mod phase;
mod picture;
mod sequence;
mod silence;
mod slot;
mod word;
mod worker;

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use zerocopy::FromZeros;

pub(crate) use effort::Effort;
pub(crate) use event::Entry;
pub(crate) use event_kind::EventKind;
pub(crate) use happening::{Happening, WhyScaled};
pub(crate) use histogram::Histogram;
pub(crate) use lease::Lease;
pub(crate) use log_row::{LogLosses, LogRow};
pub(crate) use peers::{Crowd, Network, Peers};
pub(crate) use phase::{Phase, Standing};
pub(crate) use picture::{Picture, WorkerPicture};
pub(crate) use silence::Silence;
pub(crate) use slot::{Account, Occupant, SlotRow, State, Tally, Traffic};
pub(crate) use worker::WorkerRow;

use crate::config::{SLOTS_MAX, WORKERS_MAX};
use crate::death::Cause;
use crate::ending::Ending;
use crate::histogram::Counts;
use crate::refusal::Refusal;
use crate::sys::{self, Moment};
use event::Events;
use lease::Leases;
use peers::Column;
use sequence::Sequence;
use word::{get, one_of, set, since_1970, size};

/// Twice what a pool has at most: while workers are replaced, both are there. Pages that nobody touches cost nothing.
const WORKER_ROWS: usize = 2 * WORKERS_MAX;
const SLOT_ROWS: usize = 2 * SLOTS_MAX;
/// Gates of listeners. A gate is used again after so many others, when nobody has its first listener any more.
const GATES: usize = 4096;

/// All of the shared memory.
#[derive(Debug, FromZeros)]
#[repr(C)]
pub(crate) struct Board {
    /// Whether a listener's gate is closed, which each accept has to know.
    gates: [AtomicBool; GATES],
    sequence: Sequence,
    log: LogRow,
    master: MasterRow,
    ids: [IdRow; WORKERS_MAX],
    events: Events,
    workers: [WorkerRow; WORKER_ROWS],
    slots: [SlotRow; SLOT_ROWS],
    peers: Column,
    /// By slot. A column of its own too: the master looks at all of it at once.
    silences: [Silence; SLOT_ROWS],
}

/// What the master says of itself and of the dead.
#[derive(Debug, FromZeros)]
#[repr(C)]
struct MasterRow {
    pid: AtomicU64,
    started: AtomicU64,
    generation: AtomicU64,
    phase: AtomicU64,
    /// How many workers there should be, and the slots of each.
    workers: AtomicU64,
    threads: AtomicU64,
    /// Worker rows from here on were never lent.
    rows_used: AtomicU64,
    /// Ids from here on never had a worker.
    ids_used: AtomicU64,
    saturated_since: AtomicU64,
    saturated_nanos: AtomicU64,
    respawns: [AtomicU64; Cause::ALL.len()],
    reloads: AtomicU64,
    reloads_failed: AtomicU64,
    /// One while workers die too often.
    crash_loop: AtomicU64,
    /// As [`WorkerRow::forbidden`], of the monitor, which writes it.
    monitor_forbidden: AtomicU64,
    queue_wait: Histogram,
    duration: Histogram,
}

/// What the dead workers of an id have done, and when its next one is due.
#[derive(Debug, FromZeros)]
#[repr(C)]
struct IdRow {
    tally: [AtomicU64; 7],
    refused: [AtomicU64; Refusal::ALL.len()],
    ended: [AtomicU64; Ending::COUNTED.len()],
    /// Zero if there is a worker, or one is due now.
    throttled_until: AtomicU64,
}

/// The rows that were lent to one worker, in its own hands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rows {
    pub(crate) worker: &'static WorkerRow,
    pub(crate) slots: &'static [SlotRow],
    pub(crate) peers: Peers,
    pub(crate) silences: &'static [Silence],
}

impl Board {
    /// Maps it.
    pub(crate) fn map() -> io::Result<&'static Self> {
        sys::shared::<Self>()
    }

    /// Where the monitor's sandbox notes a system call.
    pub(crate) fn monitor_forbidden(&'static self) -> &'static AtomicU64 {
        &self.master.monitor_forbidden
    }

    /// The rows of a lease.
    pub(crate) fn rows(&'static self, lease: Lease) -> Rows {
        let slots = lease.first_slot..lease.first_slot + lease.slots;
        Rows {
            worker: &self.workers[lease.row],
            slots: &self.slots[slots.clone()],
            peers: Peers { column: &self.peers, first: lease.first_slot },
            silences: &self.silences[slots],
        }
    }
}

/// The scoreboard in the hands of the master, who alone writes what is not lent.
#[derive(Debug)]
pub(crate) struct Scoreboard {
    board: &'static Board,
    leases: Leases,
    gates_used: usize,
}

impl Scoreboard {
    /// Introduces the calling process as the master.
    pub(crate) fn new(board: &'static Board) -> Self {
        let master = &board.master;
        board.sequence.write(|| {
            set(&master.pid, std::process::id().into());
            set(&master.started, Moment::now().nanos());
            board.events.begin(since_1970());
        });
        Self { board, leases: Leases::default(), gates_used: 0 }
    }

    /// An open gate for a new listener.
    pub(crate) fn gate(&mut self) -> &'static AtomicBool {
        let gate = &self.board.gates[self.gates_used % GATES];
        self.gates_used += 1;
        gate.store(false, Ordering::SeqCst);
        gate
    }

    /// Says which generation serves, and how many workers of how many slots it is to have.
    pub(crate) fn set_pool(&self, generation: u64, workers: usize, threads: usize) {
        let master = &self.board.master;
        self.board.sequence.write(|| {
            set(&master.generation, generation);
            set(&master.workers, workers as u64);
            set(&master.threads, threads as u64);
        });
    }

    /// Counts a reload.
    pub(crate) fn note_reload(&self, ok: bool) {
        let master = &self.board.master;
        let count = if ok { &master.reloads } else { &master.reloads_failed };
        self.board.sequence.write(|| set(count, get(count).wrapping_add(1)));
    }

    /// Whether workers die so often that something is wrong with the pool.
    pub(crate) fn set_crash_loop(&self, on: bool) {
        self.board.sequence.write(|| set(&self.board.master.crash_loop, on.into()));
    }

    /// The shared memory.
    pub(crate) fn board(&self) -> &'static Board {
        self.board
    }

    /// Says what the master is doing.
    pub(crate) fn set_phase(&self, phase: Phase) {
        if get(&self.board.master.phase) != phase as u64 {
            self.board.sequence.write(|| set(&self.board.master.phase, phase as u64));
        }
    }

    /// Lends rows to a worker that is about to be forked; `None` when too many are lent.
    pub(crate) fn lend(&mut self, id: usize, generation: u64, slots: usize) -> Option<Lease> {
        let lease = self.leases.lend(slots, WORKER_ROWS, SLOT_ROWS)?;
        let row = &self.board.workers[lease.row];
        self.board.peers.extend(lease.first_slot + lease.slots);
        // Its slots were cleared when they were taken back.
        self.board.sequence.write(|| {
            set(&row.id, id as u64);
            set(&row.pid, 0);
            set(&row.generation, generation);
            set(&row.spawned, Moment::now().nanos());
            set(&row.first_slot, lease.first_slot as u64);
            set(&row.slots, lease.slots as u64);
            set(&row.stage, 1 + Standing::Starting as u64);
            set(&self.board.ids[id].throttled_until, 0);
            let used = get(&self.board.master.rows_used).max(lease.row as u64 + 1);
            set(&self.board.master.rows_used, used);
            let ids = get(&self.board.master.ids_used).max(id as u64 + 1);
            set(&self.board.master.ids_used, ids);
        });
        Some(lease)
    }

    /// Says that a signal has stopped a worker, or that it goes on.
    pub(crate) fn note_stopped(&self, lease: Lease, stopped: bool) {
        self.board.sequence.write(|| set(&self.board.workers[lease.row].stopped, stopped.into()));
    }

    /// Stamps the row with the worker's pid.
    pub(crate) fn note_pid(&self, lease: Lease, pid: u32) {
        self.board.sequence.write(|| set(&self.board.workers[lease.row].pid, pid.into()));
    }

    /// Says where a worker stands; whether that is new.
    pub(crate) fn note_standing(&self, lease: Lease, standing: Standing) -> bool {
        let row = &self.board.workers[lease.row];
        let is_new = row.standing() != Some(standing);
        if is_new {
            self.board.sequence.write(|| set(&row.stage, 1 + standing as u64));
        }
        is_new
    }

    /// The word of a worker that died in which its sandbox notes a system call.
    pub(crate) fn forbidden_to(&self, lease: Lease) -> u64 {
        get(&self.board.workers[lease.row].forbidden)
    }

    /// The same of a monitor that died; the next one begins with nothing noted.
    pub(crate) fn take_forbidden_to_monitor(&self) -> u64 {
        let word = &self.board.master.monitor_forbidden;
        let noted = get(word);
        set(word, 0);
        noted
    }

    /// Says that an id has no worker before then.
    pub(crate) fn note_throttled(&self, id: usize, wait: Duration) {
        let until = Moment::now().nanos().saturating_add(u64::try_from(wait.as_nanos()).unwrap_or(u64::MAX));
        self.board.sequence.write(|| set(&self.board.ids[id].throttled_until, until));
    }

    /// Counts a death for which another worker is spawned.
    pub(crate) fn note_respawn(&self, cause: Cause) {
        let count = &self.board.master.respawns[cause as usize];
        self.board.sequence.write(|| set(count, get(count).wrapping_add(1)));
    }

    /// Takes the rows of a worker back that is no more: its counts become those of its id. Returns what it did.
    pub(crate) fn take_back(&mut self, lease: Lease) -> Tally {
        let board = self.board;
        let row = &board.workers[lease.row];
        let used = &board.slots[lease.first_slot..lease.first_slot + lease.slots];
        let used = &used[..usize::try_from(get(&row.slots_used)).map_or(0, |count| count.min(lease.slots))];
        let mut tally = Tally::default();
        for slot in used {
            tally += slot.tally();
        }
        tally += row.tally();
        let tally = tally.of_slots(lease.slots);
        let master = &board.master;
        let (mut queue_wait, mut duration) = (master.queue_wait.read(), master.duration.read());
        queue_wait.add(&row.queue_wait.read());
        duration.add(&row.duration.read());
        // What the dead held is closed with it.
        let folded = Tally { closed: tally.accepted, ..tally };
        board.sequence.write(|| {
            board.ids[self.id_of(lease)].add(folded);
            master.queue_wait.write(&queue_wait);
            master.duration.write(&duration);
            set(&row.stage, 0);
        });
        let words =
            [&row.slots_used, &row.busy, &row.lacking, &row.stopped, &row.turned_away, &row.forbidden];
        for word in words.into_iter().chain(&row.refused).chain(&row.ended) {
            set(word, 0);
        }
        master.queue_wait.inherit_recent(&row.queue_wait);
        row.queue_wait.write(&Counts::default());
        row.duration.write(&Counts::default());
        used.iter().for_each(SlotRow::clear);
        board.silences[lease.first_slot..lease.first_slot + lease.slots].iter().for_each(Silence::clear);
        board.peers.clear(lease.first_slot, lease.slots);
        self.leases.take_back(lease);
        tally
    }

    fn id_of(&self, lease: Lease) -> usize {
        usize::try_from(get(&self.board.workers[lease.row].id)).map_or(0, |id| id.min(WORKERS_MAX - 1))
    }

    /// How many slots of ready workers are idle. A glance, cheaper than [`Board::read`].
    pub(crate) fn idle(&self) -> u64 {
        self.ready().map(|lease| self.idle_of(lease)).sum()
    }

    /// How many slots of ready workers are taken.
    pub(crate) fn busy(&self) -> u64 {
        self.ready().map(|lease| self.busy_of(lease)).sum()
    }

    fn ready(&self) -> impl Iterator<Item = Lease> {
        self.leases.iter().filter(|lease| self.board.workers[lease.row].standing() == Some(Standing::Ready))
    }

    /// How many slots of a worker are idle: no more than it has, whatever it says itself.
    pub(crate) fn idle_of(&self, lease: Lease) -> u64 {
        self.board.workers[lease.row].idle().min(lease.slots as u64)
    }

    /// The rows of a worker without those of slots that were never used.
    pub(crate) fn used_by(&self, lease: Lease) -> Rows {
        let used = size(&self.board.workers[lease.row].slots_used).min(lease.slots);
        self.board.rows(Lease { slots: used, ..lease })
    }

    /// How many connections a worker has: no more than it has slots, whatever it says itself.
    pub(crate) fn busy_of(&self, lease: Lease) -> u64 {
        get(&self.board.workers[lease.row].busy).min(lease.slots as u64)
    }

    /// The waits in the queue so far, of the living and the dead.
    pub(crate) fn queue_waits(&self) -> Counts {
        self.board.sum(&self.board.master.queue_wait, |row| &row.queue_wait)
    }

    /// The longest wait in the queue since saturation began.
    pub(crate) fn longest_wait(&self) -> Duration {
        let living = self.board.rows_used().iter().map(|row| row.queue_wait.recent_max());
        living.fold(self.board.master.queue_wait.recent_max(), Duration::max)
    }

    /// What all workers that are no more have done.
    pub(crate) fn folded(&self) -> Tally {
        let mut all = Tally::default();
        for id in &self.board.ids {
            all += id.tally();
        }
        all
    }

    /// Saturation has begun then.
    pub(crate) fn begin_saturation(&self, since: Moment) {
        self.board.sequence.write(|| set(&self.board.master.saturated_since, since.nanos()));
        self.board.master.queue_wait.forget_recent();
        for row in self.board.rows_used() {
            row.queue_wait.forget_recent();
        }
    }

    /// Saturation has ended. Its whole time counts, as it was counted until now, or the sum would go back.
    pub(crate) fn end_saturation(&self, now: Moment) {
        let master = &self.board.master;
        self.board.sequence.write(|| {
            let lasted = now.nanos().saturating_sub(get(&master.saturated_since));
            set(&master.saturated_nanos, get(&master.saturated_nanos).saturating_add(lasted));
            set(&master.saturated_since, 0);
        });
    }

    /// Keeps what happened for those who ask.
    pub(crate) fn note(&self, what: Happening<'_>) {
        let (at, text) = (since_1970(), what.to_string());
        self.board.sequence.write(|| self.board.events.push(at, what, &text));
    }
}

impl Board {
    fn rows_used(&self) -> &[WorkerRow] {
        &self.workers[..size(&self.master.rows_used).min(WORKER_ROWS)]
    }

    fn sum(&self, dead: &Histogram, of: impl Fn(&WorkerRow) -> &Histogram) -> Counts {
        let mut counts = dead.read();
        for row in self.rows_used().iter().filter(|row| row.standing().is_some()) {
            counts.add(&of(row).read());
        }
        counts
    }
}

impl IdRow {
    fn tally(&self) -> Tally {
        let [accepted, closed, cut, messages, bytes_in, bytes_out, turned_away] =
            self.tally.each_ref().map(get);
        let (refused, ended) = (self.refused.each_ref().map(get), self.ended.each_ref().map(get));
        Tally { accepted, closed, cut, messages, bytes_in, bytes_out, refused, turned_away, ended }
    }

    fn add(&self, more: Tally) {
        let Tally { accepted, closed, cut, messages, bytes_in, bytes_out, refused, turned_away, ended } =
            more;
        let tally = [accepted, closed, cut, messages, bytes_in, bytes_out, turned_away];
        let tally = self.tally.iter().zip(tally);
        let causes = self.refused.iter().zip(refused).chain(self.ended.iter().zip(ended));
        for (word, number) in tally.chain(causes) {
            set(word, get(word).wrapping_add(number));
        }
    }
}

#[cfg(test)]
mod tests;
