//! How long a worker serves: its limits, and which of them it has reached first.

use std::fmt;
use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::os::unix::fs::FileExt;
use std::process;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::config::Limits;
use crate::pace::Pace;

/// As much as one read gives of /proc/self/status: a page. The line in question is among its first.
const STATUS_BYTES_MAX: usize = 4096;

/// Why a worker has served long enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wear {
    /// It has accepted so many connections.
    Connections,
    /// It has lived so long.
    Age,
    /// It has so much memory.
    Memory,
}

impl fmt::Display for Wear {
    /// What a worker "it" has done, with the key that sets the limit.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connections => "has served its number of connections (limits.connections_per_worker)",
            Self::Age => "is old (limits.worker_age)",
            Self::Memory => "takes too much memory (limits.worker_memory)",
        })
    }
}

/// A worker's own limits, and how far it is from them. Its threads share this.
#[derive(Debug)]
pub(crate) struct Wearing {
    connections: Option<u64>,
    old_at: Option<Instant>,
    /// Bytes of resident memory.
    memory: Option<u64>,
    accepted: AtomicU64,
    /// When the memory is looked at again.
    look: Pace,
    reached: OnceLock<Wear>,
}

impl Wearing {
    /// The limits of a worker that is born now.
    ///
    /// Workers that were started together wear alike. Were their limits the same, they would reach them at one moment,
    /// and the pool would be busy with replacing all of itself; so each has its own, lower by a tenth at most. Nothing
    /// of the kind is done for memory, which tells workers apart by itself.
    pub(crate) fn new(limits: &Limits, now: Instant) -> Self {
        // std keeps its random keys per thread, so siblings inherit the same from a master that has used them: the pid
        // tells them apart.
        let random = |what: &str| RandomState::new().hash_one((process::id(), what));
        Self {
            connections: limits.connections_per_worker.map(|most| lowered(most, random("connections"))),
            old_at: limits.worker_age.and_then(|age| {
                let nanos = u64::try_from(age.as_nanos()).unwrap_or(u64::MAX);
                now.checked_add(Duration::from_nanos(lowered(nanos, random("age"))))
            }),
            memory: limits.worker_memory,
            accepted: AtomicU64::new(0),
            look: Pace::new(now),
            reached: OnceLock::new(),
        }
    }

    /// Counts a connection. True when a limit is reached by it, the first of all.
    pub(crate) fn note_accepted(&self) -> bool {
        let Some(most) = self.connections else { return false };
        self.accepted.fetch_add(1, Ordering::Relaxed) + 1 == most && self.reach(Wear::Connections)
    }

    /// Looks at the memory once in a while, as connections end. True as above; `resident` tells the bytes.
    pub(crate) fn note_ended(&self, now: Instant, resident: impl FnOnce() -> Option<u64>) -> bool {
        let Some(most) = self.memory else { return false };
        let is_due = self.reached.get().is_none() && self.look.is_due(now);
        is_due && resident().is_some_and(|bytes| bytes >= most) && self.reach(Wear::Memory)
    }

    /// When age alone is reason enough.
    pub(crate) fn old_at(&self) -> Option<Instant> {
        self.old_at
    }

    /// The limit that was reached first.
    pub(crate) fn reached(&self, now: Instant) -> Option<Wear> {
        if self.old_at.is_some_and(|at| at <= now) {
            self.reach(Wear::Age);
        }
        self.reached.get().copied()
    }

    fn reach(&self, wear: Wear) -> bool {
        self.reached.set(wear).is_ok()
    }
}

/// A limit less a random part of its tenth.
fn lowered(most: u64, random: u64) -> u64 {
    most - random % (most / 10 + 1)
}

/// What the kernel tells of the memory of one process, the one that opened it. In its sandbox it opens nothing.
#[derive(Debug)]
pub(crate) struct Memory(Option<File>);

impl Memory {
    /// Of this process, if it has a limit. Without /proc nobody knows.
    pub(crate) fn of_this_process(limits: &Limits) -> Self {
        Self(limits.worker_memory.and_then(|_| File::open("/proc/self/status").ok()))
    }

    /// The memory that is neither swapped out nor untouched; see `proc_pid_status(5)`.
    pub(crate) fn resident_bytes(&self) -> Option<u64> {
        let mut text = [0; STATUS_BYTES_MAX];
        let length = self.0.as_ref()?.read_at(&mut text, 0).ok()?;
        // The name of the process, in the first line, may be any bytes.
        let text = String::from_utf8_lossy(&text[..length]);
        let kibibytes =
            text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?.trim().strip_suffix(" kB")?;
        kibibytes.parse::<u64>().ok().map(|kibibytes| kibibytes * 1024)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn limits(set: fn(&mut Limits)) -> Limits {
        let mut limits = Limits::default();
        set(&mut limits);
        limits
    }

    proptest! {
        #[test]
        fn a_limit_is_lowered_by_a_tenth_at_most(most in 1..=u64::MAX, random: u64) {
            let own = lowered(most, random);
            prop_assert!(own <= most && own >= most - most / 10 && own > 0);
        }
    }

    #[test]
    fn two_workers_do_not_reach_a_limit_together() {
        let limits = limits(|it| it.connections_per_worker = Some(1_000_000_000));
        let own = |_| Wearing::new(&limits, Instant::now()).connections.unwrap();
        let all: std::collections::BTreeSet<u64> = (0..20).map(own).collect();
        assert!(all.len() > 15, "{all:?}");
    }

    #[test]
    fn a_worker_is_worn_by_its_last_connection_once() {
        let now = Instant::now();
        let wearing = Wearing::new(&limits(|it| it.connections_per_worker = Some(3)), now);
        assert_eq!([(); 5].map(|()| wearing.note_accepted()), [false, false, true, false, false]);
        assert_eq!(wearing.reached(now), Some(Wear::Connections));
    }

    #[test]
    fn a_worker_is_worn_by_its_age_between_nine_tenths_and_all_of_it() {
        let now = Instant::now();
        let wearing = Wearing::new(&limits(|it| it.worker_age = Some(Duration::from_secs(100))), now);
        assert_eq!(wearing.reached(now + Duration::from_secs(89)), None);
        let at = wearing.old_at().unwrap();
        assert!(at >= now + Duration::from_secs(90) && at <= now + Duration::from_secs(100));
        assert_eq!(wearing.reached(at), Some(Wear::Age));
        assert_eq!(wearing.reached(at), Some(Wear::Age), "what was reached stays");
    }

    #[test]
    fn the_memory_is_looked_at_once_a_second() {
        let now = Instant::now();
        let wearing = Wearing::new(&limits(|it| it.worker_memory = Some(100)), now);
        assert!(!wearing.note_ended(now, || Some(99)));
        assert!(!wearing.note_ended(now + Duration::from_millis(999), || panic!("a look before its time")));
        assert!(wearing.note_ended(now + Duration::from_secs(1), || Some(100)));
        assert!(!wearing.note_ended(now + Duration::from_secs(9), || panic!("a look after the end")));
        assert_eq!(wearing.reached(now), Some(Wear::Memory));
    }

    #[test]
    fn without_limits_nothing_wears() {
        let now = Instant::now();
        let wearing = Wearing::new(&Limits::default(), now);
        assert!(!wearing.note_accepted() && !wearing.note_ended(now, || panic!("nobody asked")));
        assert_eq!((wearing.old_at(), wearing.reached(now + Duration::from_secs(1 << 30))), (None, None));
    }

    #[test]
    fn this_process_knows_its_memory() {
        let hoard = std::hint::black_box(vec![1_u8; 32 << 20]);
        let memory = Memory::of_this_process(&limits(|it| it.worker_memory = Some(1)));
        assert!(memory.resident_bytes().unwrap() >= hoard.len() as u64);
        assert_eq!(Memory::of_this_process(&Limits::default()).resident_bytes(), None);
    }
}
