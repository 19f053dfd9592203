//! What holds for the master's part of the scoreboard, whatever a worker has written there that is not its own master
//! any more: there is no panic, and a worker has, and has lost, no more connections than it had slots.

use std::fs::{File, OpenOptions};
use std::mem::offset_of;
use std::net::IpAddr;
use std::os::unix::fs::FileExt;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::ptr;
use std::time::Duration;

use super::{
    Board, Cause, Events, Happening, IdRow, Lease, LogRow, MasterRow, Network, Scoreboard, Sequence, Silence,
    SlotRow, Standing, WorkerRow,
};
use crate::death::Death;
use crate::listener::Peer;
use crate::sys::Moment;

const WORKERS: usize = 2;
const SLOTS: usize = 4;
/// Where it writes: what a small pool uses, and a little more. First bytes and lengths.
const AREAS: [(usize, usize); 10] = [
    (offset_of!(Board, gates), 64),
    (offset_of!(Board, sequence), size_of::<Sequence>()),
    (offset_of!(Board, log), size_of::<LogRow>()),
    (offset_of!(Board, master), size_of::<MasterRow>()),
    (offset_of!(Board, ids), 2 * WORKERS * size_of::<IdRow>()),
    (offset_of!(Board, events), size_of::<Events>()),
    (offset_of!(Board, workers), 2 * WORKERS * size_of::<WorkerRow>()),
    (offset_of!(Board, slots), 2 * WORKERS * SLOTS * size_of::<SlotRow>()),
    (offset_of!(Board, peers), 128),
    (offset_of!(Board, silences), 2 * WORKERS * SLOTS * size_of::<Silence>()),
];
/// One writing: an area, the number of a word in it, the word.
const WRITING_BYTES: usize = 11;
const WRITINGS_MAX: usize = 64;

/// A pool in which a worker was captured.
pub(crate) struct Captured {
    scoreboard: Scoreboard,
    leases: [Lease; WORKERS],
}

/// A pool that works, until these words are written.
pub(crate) fn captured(writings: &[u8]) -> Captured {
    thread_local!(static BOARD: &'static Board = Board::map().expect("there is memory"));
    let board = BOARD.with(|board| *board);
    let memory = Memory::of(board);
    for (start, length) in AREAS {
        memory.write(start, &vec![0; length]);
    }
    let captured = Captured::new(board);
    for writing in writings.chunks_exact(WRITING_BYTES).take(WRITINGS_MAX) {
        let (area, number) = (writing[0], u16::from_le_bytes([writing[1], writing[2]]));
        let (start, length) = AREAS[usize::from(area) % AREAS.len()];
        memory.write(start + usize::from(number) % (length / 8) * 8, &writing[3..]);
    }
    captured
}

impl Captured {
    fn new(board: &'static Board) -> Self {
        let mut scoreboard = Scoreboard::new(board);
        scoreboard.set_pool(1, WORKERS, SLOTS);
        let leases = [0, 1].map(|id| scoreboard.lend(id, 1, SLOTS).expect("there is room"));
        for (lease, pid) in leases.into_iter().zip(100..) {
            scoreboard.note_pid(lease, pid);
            scoreboard.note_standing(lease, Standing::Ready);
            let rows = board.rows(lease);
            rows.worker.note_thread(1);
            rows.slots[0].open(Peer::Tcp(([127, 0, 0, 1], 5000).into()), Some(Duration::from_millis(4)));
            rows.peers.enter(0, IpAddr::from([127, 0, 0, 1]));
            rows.worker.set_busy(1, 0);
            rows.worker.queue_wait.record(Duration::from_millis(4));
        }
        Self { scoreboard, leases }
    }

    /// The shared memory.
    pub(crate) fn board(&self) -> &'static Board {
        self.scoreboard.board()
    }

    /// The master goes on with its work, to the end of both workers and the begin of the next ones.
    pub(crate) fn go_on(mut self) {
        self.look();
        let scoreboard = &self.scoreboard;
        scoreboard.begin_saturation(Moment::at(5));
        scoreboard.end_saturation(Moment::now());
        scoreboard.note_throttled(0, Duration::from_secs(30));
        scoreboard.note_respawn(Cause::ALL[0]);
        scoreboard.note_reload(true);
        scoreboard.note(Happening::Ready { id: 0, pid: 100 });
        scoreboard.note(Happening::Resting);
        for lease in &mut self.leases {
            let _ =
                Death::of(ExitStatus::from_raw(9), false, self.scoreboard.forbidden_to(*lease)).to_string();
            let did = self.scoreboard.take_back(*lease);
            let lost = did.accepted.checked_sub(did.closed).expect("what is closed was accepted");
            assert!(lost <= SLOTS as u64, "{did:?}");
            *lease = self.scoreboard.lend(0, 2, SLOTS).expect("it was taken back");
        }
        self.look();
        let _ = (self.board().read(), self.board().read_events());
    }

    fn look(&self) {
        let scoreboard = &self.scoreboard;
        let waits = scoreboard.queue_waits();
        let since = waits.since(&waits);
        let _ = (waits.quantile(0.99), waits.noticeable(), since.noticeable(), scoreboard.longest_wait());
        let _ = scoreboard.folded().account(1, 1);
        assert!(scoreboard.idle().max(scoreboard.busy()) <= (WORKERS * SLOTS) as u64);
        for lease in self.leases {
            let _ = scoreboard.forbidden_to(lease);
            assert!(scoreboard.idle_of(lease).max(scoreboard.busy_of(lease)) <= SLOTS as u64);
            let effort = scoreboard.effort_of(lease);
            let _ = effort.goes_on_from(effort);
            let rows = scoreboard.used_by(lease);
            assert!(rows.slots.len() <= SLOTS);
            let crowd = rows.peers.crowd(0, Network::of(IpAddr::from([127, 0, 0, 1]), 32, 64));
            assert!(crowd.inside + crowd.before + crowd.behind < super::SLOT_ROWS as u64);
        }
    }
}

/// The shared memory as another process has it: a place for any bytes.
struct Memory {
    file: File,
    start: usize,
}

impl Memory {
    fn of(board: &'static Board) -> Self {
        let file = OpenOptions::new().write(true).open("/proc/self/mem").expect("it is our own");
        Self { file, start: ptr::from_ref(board).addr() }
    }

    fn write(&self, at: usize, bytes: &[u8]) {
        let written = self.file.write_all_at(bytes, (self.start + at) as u64);
        written.expect("all of the scoreboard is mapped");
    }
}
