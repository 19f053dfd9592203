//! The last events, written by the master.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use zerocopy::FromZeros;

use super::event_kind::EventKind;
use super::happening::Happening;
use super::slot::micros;
use super::{get, one_of, set};

/// How many events are kept of the workers' routine, and how many of all else.
const KEPT: usize = 256;
/// The longest text that is kept whole.
const TEXT_BYTES: usize = 240;
/// What stands for the end of a text that was longer.
const ELLIPSIS: &str = "…";
/// No worker or no process.
const NONE: u64 = u64::MAX;

/// An event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Greater by one than that of the event before, and greater than those of an earlier pool.
    pub(crate) number: u64,
    /// Since 1970.
    pub(crate) at: Duration,
    pub(crate) kind: EventKind,
    pub(crate) worker: Option<usize>,
    /// The worker's process, or the other master's.
    pub(crate) pid: Option<u32>,
    /// It in words.
    pub(crate) text: String,
}

/// The last events. The master's sequence number guards them.
///
/// To replace a thousand workers is four thousand events. So that these do not crowd out what they came of, the workers'
/// routine has a ring for itself.
#[derive(Debug, FromZeros)]
#[repr(C)]
pub(super) struct Events {
    /// The number of the last.
    last: AtomicU64,
    routine: Ring,
    others: Ring,
}

#[derive(Debug, FromZeros)]
#[repr(C)]
struct Ring {
    /// How many were ever written.
    count: AtomicU64,
    rows: [Row; KEPT],
}

#[derive(Debug, FromZeros)]
#[repr(C)]
struct Row {
    number: AtomicU64,
    at: AtomicU64,
    kind: AtomicU64,
    worker: AtomicU64,
    pid: AtomicU64,
    /// As much of it as fits, filled up with zeroes.
    text: [AtomicU64; TEXT_BYTES / 8],
}

impl Events {
    /// Begins to number. A viewer that saw another pool's events asks for those after the last one that it saw, so a later
    /// pool has greater numbers, as long as there are less than a thousand events a second. Script reads up to 2^53.
    pub(super) fn begin(&self, at: Duration) {
        set(&self.last, at.as_secs().saturating_mul(1000));
    }

    /// Adds one, and forgets the oldest of its ring.
    pub(super) fn push(&self, at: Duration, what: Happening<'_>, text: &str) {
        let (kind, worker, pid) = what.about();
        let ring = if kind.is_routine() { &self.routine } else { &self.others };
        let (number, count) = (get(&self.last).wrapping_add(1), get(&ring.count));
        let row = ring.row(count);
        set(&row.number, number);
        set(&row.at, micros(at));
        set(&row.kind, kind as u64);
        set(&row.worker, worker.map_or(NONE, |id| id as u64));
        set(&row.pid, pid.map_or(NONE, u64::from));
        row.write_text(text);
        set(&ring.count, count.wrapping_add(1));
        set(&self.last, number);
    }

    /// All that are kept, the oldest first.
    pub(super) fn read(&self) -> Vec<Entry> {
        let mut entries: Vec<Entry> = self.routine.read().chain(self.others.read()).collect();
        entries.sort_unstable_by_key(|entry| entry.number);
        entries
    }
}

impl Ring {
    fn read(&self) -> impl Iterator<Item = Entry> {
        let count = get(&self.count);
        (count.saturating_sub(KEPT as u64)..count).filter_map(|index| self.row(index).read())
    }

    fn row(&self, index: u64) -> &Row {
        &self.rows[usize::try_from(index).expect("a machine word counts them") % KEPT]
    }
}

impl Row {
    /// `None` for what cannot be: a torn row may hold anything.
    fn read(&self) -> Option<Entry> {
        Some(Entry {
            number: get(&self.number),
            at: Duration::from_micros(get(&self.at)),
            kind: one_of(&EventKind::ALL, get(&self.kind))?,
            worker: usize::try_from(get(&self.worker)).ok().filter(|id| *id as u64 != NONE),
            pid: u32::try_from(get(&self.pid)).ok(),
            text: self.read_text(),
        })
    }

    fn write_text(&self, text: &str) {
        let mut bytes = [0; TEXT_BYTES];
        if text.len() <= TEXT_BYTES {
            bytes[..text.len()].copy_from_slice(text.as_bytes());
        } else {
            let mut end = TEXT_BYTES - ELLIPSIS.len();
            while !text.is_char_boundary(end) {
                end -= 1;
            }
            bytes[..end].copy_from_slice(&text.as_bytes()[..end]);
            bytes[end..end + ELLIPSIS.len()].copy_from_slice(ELLIPSIS.as_bytes());
        }
        let (words, _) = bytes.as_chunks();
        for (word, bytes) in self.text.iter().zip(words) {
            set(word, u64::from_ne_bytes(*bytes));
        }
    }

    fn read_text(&self) -> String {
        let mut bytes = [0; TEXT_BYTES];
        let (words, _) = bytes.as_chunks_mut();
        for (bytes, word) in words.iter_mut().zip(&self.text) {
            *bytes = get(word).to_ne_bytes();
        }
        let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(TEXT_BYTES);
        String::from_utf8_lossy(&bytes[..end]).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scoreboard::Board;

    const STOPPING: Happening<'_> = Happening::Stopping { waiting: 0 };

    fn events() -> &'static Events {
        let events = &Board::map().unwrap().events;
        events.begin(Duration::from_secs(5));
        events
    }

    fn push(events: &Events, what: Happening<'_>) {
        events.push(Duration::from_millis(1500), what, &what.to_string());
    }

    #[test]
    fn an_event_is_read_as_it_was_written() {
        let events = events();
        assert_eq!(events.read(), []);
        push(events, Happening::Ready { id: 3, pid: 4_000_000 });
        push(events, Happening::Upgrading { pid: 7 });
        push(events, Happening::Resting);
        let entry = |number, kind, worker, pid, text: &str| {
            let at = Duration::from_millis(1500);
            Entry { number, at, kind, worker, pid, text: text.to_owned() }
        };
        let expected = [
            entry(5001, EventKind::Ready, Some(3), Some(4_000_000), "worker 3 (pid 4000000) accepts"),
            entry(5002, EventKind::Upgrading, None, Some(7), "another master (pid 7) is to take over"),
            entry(5003, EventKind::Resting, None, None, "the workers drain, the master stays"),
        ];
        assert_eq!(events.read(), expected);
    }

    #[test]
    fn a_long_text_loses_its_end_and_no_character_its_half() {
        let events = events();
        let text = |text: &str| {
            events.push(Duration::ZERO, STOPPING, text);
            events.read().pop().unwrap().text
        };
        for length in [0, 7, 8, 9, TEXT_BYTES] {
            assert_eq!(text(&"a".repeat(length)), "a".repeat(length));
        }
        assert_eq!(text(&"a".repeat(TEXT_BYTES + 1)), "a".repeat(TEXT_BYTES - 3) + "…");
        assert_eq!(text(&"日".repeat(100)), "日".repeat(79) + "…");
        assert_eq!(text(&format!("a{}", "日".repeat(100))), format!("a{}…", "日".repeat(78)));
        assert_eq!(text("short again"), "short again");
    }

    #[test]
    fn the_last_are_kept_in_their_order_and_routine_crowds_nothing_out() {
        let events = events();
        push(events, STOPPING);
        for _ in 0..600 {
            push(events, Happening::Spawned { id: 0, pid: 1 });
        }
        let numbers: Vec<u64> = events.read().iter().map(|entry| entry.number).collect();
        let routine = 5602 - KEPT as u64..5602;
        assert_eq!(numbers, std::iter::once(5001).chain(routine).collect::<Vec<_>>());
        for _ in 0..600 {
            push(events, STOPPING);
        }
        let kept = events.read();
        assert_eq!((kept.len(), kept.last().unwrap().number), (2 * KEPT, 6201));
        assert!(kept.is_sorted_by_key(|entry| entry.number));
    }
}
