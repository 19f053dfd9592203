//! What happened to the pool: the last few of it, written by the master.

use std::fmt;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use zerocopy::FromZeros;

use super::slot::micros;
use crate::death::Death;
use crate::logging::counted;

/// How many events are kept.
const KEPT: usize = 256;
/// The words of one event: its time, its kind, and what belongs to the kind.
const WORDS: usize = 7;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Happening {
    /// A worker was forked.
    Spawned { id: usize, pid: u32 },
    /// A worker accepts from now on.
    Ready { id: usize, pid: u32 },
    /// A worker was told to finish its connections and leave.
    Draining { id: usize, pid: u32 },
    /// A worker has done so.
    Left { id: usize, pid: u32 },
    /// A worker died, and so many connections with it. Its next one comes after a wait.
    Died { id: usize, pid: u32, death: Death, lost: u64, wait: Option<Duration> },
    /// No slot is idle any more.
    SaturationBegin { waiting: u64 },
    /// There are idle slots again, and nobody waits.
    SaturationEnd { lasted: Duration, peak: u64, longest: Option<Duration>, waited: Option<u64> },
    /// The pool ends.
    Stopping { waiting: u64 },
}

/// An event, with its number and its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Without a gap, and greater than those of an earlier pool.
    pub(crate) number: u64,
    /// Since 1970.
    pub(crate) at: Duration,
    pub(crate) what: Happening,
}

impl fmt::Display for Happening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Spawned { id, pid } => write!(f, "worker {id} (pid {pid}) was forked"),
            Self::Ready { id, pid } => write!(f, "worker {id} (pid {pid}) accepts"),
            Self::Draining { id, pid } => write!(f, "worker {id} (pid {pid}) finishes its connections"),
            Self::Left { id, pid } => write!(f, "worker {id} (pid {pid}) left"),
            Self::Died { id, pid, death, lost, wait } => {
                write!(f, "worker {id} (pid {pid}) {death}; {} lost", counted(*lost, "connection"))?;
                match wait {
                    Some(wait) if !wait.is_zero() => write!(f, "; respawning in {wait:?}"),
                    Some(_) => f.write_str("; respawning"),
                    None => Ok(()),
                }
            }
            Self::SaturationBegin { waiting } => write!(f, "no slot is idle, {waiting} wait"),
            Self::SaturationEnd { lasted, peak, longest, waited } => {
                write!(f, "saturated for {lasted:.1?}, {peak} waiting at a time at most")?;
                match (waited, longest) {
                    (Some(waited), Some(longest)) => {
                        write!(f, "; {} waited, the longest {longest:.1?}", counted(*waited, "connection"))
                    }
                    _ => Ok(()),
                }
            }
            Self::Stopping { waiting } => write!(f, "the pool stops, {waiting} wait"),
        }
    }
}

/// The last events. The master's sequence number guards them.
#[derive(Debug, FromZeros)]
#[repr(C)]
pub(super) struct Events {
    /// The number before the first, and that of the last.
    first: AtomicU64,
    last: AtomicU64,
    entries: [[AtomicU64; WORDS]; KEPT],
}

impl Events {
    /// Begins to number. A viewer that saw another pool's events asks for those after the last one that it saw, so a later
    /// pool has greater numbers, as long as there are less than a thousand events a second. Script reads up to 2^53.
    pub(super) fn begin(&self, at: Duration) {
        let first = at.as_secs().saturating_mul(1000);
        self.first.store(first, Ordering::Relaxed);
        self.last.store(first, Ordering::Relaxed);
    }

    /// Adds one, and forgets the oldest.
    pub(super) fn push(&self, at: Duration, what: Happening) {
        let count = self.last.load(Ordering::Relaxed);
        let kind = encode(what);
        let words = std::iter::once(micros(at)).chain(kind);
        for (word, value) in self.entry(count).iter().zip(words) {
            word.store(value, Ordering::Relaxed);
        }
        self.last.store(count + 1, Ordering::Relaxed);
    }

    /// All that are kept, the oldest first.
    pub(super) fn read(&self) -> Vec<Entry> {
        let (first, last) = (self.first.load(Ordering::Relaxed), self.last.load(Ordering::Relaxed));
        let read = |index| {
            let [at, kind @ ..] = self.entry(index).each_ref().map(|word| word.load(Ordering::Relaxed));
            Some(Entry { number: index + 1, at: Duration::from_micros(at), what: decode(kind)? })
        };
        (first.max(last.saturating_sub(KEPT as u64))..last).filter_map(read).collect()
    }

    fn entry(&self, index: u64) -> &[AtomicU64; WORDS] {
        &self.entries[usize::try_from(index).expect("a machine word counts them") % KEPT]
    }
}

const SPAWNED: u64 = 1;
const READY: u64 = 2;
const DRAINING: u64 = 3;
const LEFT: u64 = 4;
const DIED: u64 = 5;
const SATURATION_BEGIN: u64 = 6;
const SATURATION_END: u64 = 7;
const STOPPING: u64 = 8;
/// No wait, since nobody comes after the dead, or what is unknown.
const NEVER: u64 = u64::MAX;

fn encode(what: Happening) -> [u64; WORDS - 1] {
    let worker = |kind, id: usize, pid: u32| [kind, id as u64, pid.into(), 0, 0, 0];
    match what {
        Happening::Spawned { id, pid } => worker(SPAWNED, id, pid),
        Happening::Ready { id, pid } => worker(READY, id, pid),
        Happening::Draining { id, pid } => worker(DRAINING, id, pid),
        Happening::Left { id, pid } => worker(LEFT, id, pid),
        Happening::Died { id, pid, death, lost, wait } => {
            let (status, out_of_memory) = death.encode();
            let status = u64::from(u32::from_ne_bytes(status.to_ne_bytes()));
            let status = status << 1 | u64::from(out_of_memory);
            [DIED, id as u64, pid.into(), status, lost, wait.map_or(NEVER, micros)]
        }
        Happening::SaturationBegin { waiting } => [SATURATION_BEGIN, waiting, 0, 0, 0, 0],
        Happening::SaturationEnd { lasted, peak, longest, waited } => {
            [SATURATION_END, micros(lasted), peak, longest.map_or(NEVER, micros), waited.unwrap_or(NEVER), 0]
        }
        Happening::Stopping { waiting } => [STOPPING, waiting, 0, 0, 0, 0],
    }
}

/// What was encoded; `None` for what is nothing.
fn decode(words: [u64; WORDS - 1]) -> Option<Happening> {
    let [kind, one, two, three, four, five] = words;
    let worker = || Some((usize::try_from(one).ok()?, u32::try_from(two).ok()?));
    Some(match kind {
        SPAWNED => worker().map(|(id, pid)| Happening::Spawned { id, pid })?,
        READY => worker().map(|(id, pid)| Happening::Ready { id, pid })?,
        DRAINING => worker().map(|(id, pid)| Happening::Draining { id, pid })?,
        LEFT => worker().map(|(id, pid)| Happening::Left { id, pid })?,
        DIED => {
            let (id, pid) = worker()?;
            let status = i32::from_ne_bytes(u32::try_from(three >> 1).ok()?.to_ne_bytes());
            let death = Death::of(ExitStatus::from_raw(status), three & 1 == 1);
            let wait = (five != NEVER).then(|| Duration::from_micros(five));
            Happening::Died { id, pid, death, lost: four, wait }
        }
        SATURATION_BEGIN => Happening::SaturationBegin { waiting: one },
        SATURATION_END => Happening::SaturationEnd {
            lasted: Duration::from_micros(one),
            peak: two,
            longest: (three != NEVER).then(|| Duration::from_micros(three)),
            waited: (four != NEVER).then_some(four),
        },
        STOPPING => Happening::Stopping { waiting: one },
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scoreboard::Board;

    fn all() -> Vec<Happening> {
        let (id, pid) = (3, 4_000_000);
        let death = |raw, out_of_memory| Death::of(ExitStatus::from_raw(raw), out_of_memory);
        let died = |death, wait| Happening::Died { id, pid, death, lost: 2, wait };
        vec![
            Happening::Spawned { id, pid },
            Happening::Ready { id, pid },
            Happening::Draining { id, pid },
            Happening::Left { id, pid },
            died(death(3 << 8, false), Some(Duration::from_millis(200))),
            died(death(0x80 | 0x0b, false), Some(Duration::ZERO)),
            died(death(9, true), None),
            Happening::SaturationBegin { waiting: 6 },
            Happening::SaturationEnd {
                lasted: Duration::from_secs(5),
                peak: 7,
                longest: Some(Duration::from_millis(1200)),
                waited: Some(9),
            },
            Happening::SaturationEnd { lasted: Duration::ZERO, peak: 1, longest: None, waited: None },
            Happening::Stopping { waiting: 1 },
        ]
    }

    #[test]
    fn what_happened_is_read_as_it_was_written() {
        for what in all() {
            assert_eq!(decode(encode(what)), Some(what));
        }
    }

    #[test]
    fn the_last_are_kept_in_their_order() {
        let events = &Board::map().unwrap().events;
        events.begin(Duration::from_secs(5));
        events.push(Duration::ZERO, Happening::Stopping { waiting: 0 });
        assert_eq!(events.read().iter().map(|entry| entry.number).collect::<Vec<_>>(), [5001]);
        for number in 1..600 {
            events.push(Duration::from_secs(number), Happening::Stopping { waiting: number });
        }
        let kept = events.read();
        assert_eq!(kept.len(), KEPT);
        assert_eq!(kept.first().unwrap().number, 5600 - KEPT as u64 + 1);
        assert_eq!(kept.last().unwrap().what, Happening::Stopping { waiting: 599 });
    }
}
