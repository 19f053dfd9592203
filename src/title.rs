//! What `ps`, `top` and `pgrep -f` show of the server's processes: `prefork-echo: worker 3 gen 7 [5/8 busy]`.
//!
//! A change is a few plain stores into a page of this process, and no system call. Where the kernel cannot show another
//! command line than that of the start, that one stays.

use std::fmt::Write;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use crate::printable::Printable;
use crate::scoreboard::Phase;
use crate::sys;

/// How often the counts in a title may change.
const INTERVAL: Duration = Duration::from_secs(1);

/// The page that is shown.
static PLACE: OnceLock<&'static [AtomicU8]> = OnceLock::new();
/// Of the threads of a process one writes at a time.
static WRITING: Mutex<()> = Mutex::new(());

/// Shows a title.
fn show(title: &str) {
    let Some(place) = PLACE.get() else { return };
    let _writing = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
    // The last byte is not ours, and the one before ends the text.
    let place = &place[..place.len().saturating_sub(2)];
    let bytes = title.bytes().chain(std::iter::repeat(0));
    // What was longer goes, and what was never written is zero already: reading it takes no memory.
    for (shown, byte) in place.iter().zip(bytes) {
        if shown.load(Ordering::Relaxed) != byte {
            shown.store(byte, Ordering::Relaxed);
        }
    }
}

/// Shows that this process is the monitor.
pub(crate) fn show_monitor() {
    show("prefork-echo: monitor");
}

/// The title of a master.
#[derive(Debug)]
pub(crate) struct MasterTitle {
    shown: Option<(u64, usize, Phase)>,
}

impl MasterTitle {
    /// Makes titles possible, in this process and in those that it forks.
    pub(crate) fn begin() -> Self {
        match sys::command_line::replace_command_line() {
            // There is one master in a process.
            Ok(place) => drop(PLACE.set(place)),
            Err(error) => tracing::debug!("the processes keep the title of the start: {error}"),
        }
        Self { shown: None }
    }

    /// Shows how the pool is, if that is new, and how the program was started.
    pub(crate) fn show(&mut self, generation: u64, workers: usize, phase: Phase) {
        let news = Some((generation, workers, phase));
        if self.shown != news {
            self.shown = news;
            show(&of_master(generation, workers, phase, std::env::args_os()));
        }
    }
}

fn of_master(
    generation: u64,
    workers: usize,
    phase: Phase,
    arguments: impl Iterator<Item = std::ffi::OsString>,
) -> String {
    let noun = if workers == 1 { "worker" } else { "workers" };
    let state = match phase {
        Phase::Running => "",
        Phase::Starting => ", starting",
        Phase::Reloading => ", reloading",
        Phase::Upgrading => ", upgrading",
        Phase::Resting => ", resting",
        Phase::Draining => ", draining",
    };
    let mut title = format!("prefork-echo: master gen {generation} [{workers} {noun}{state}]:");
    for argument in arguments {
        let written = write!(Printable::new(&mut title), " {}", argument.to_string_lossy());
        written.expect("a string takes all that is written");
    }
    title
}

/// The title of a worker.
#[derive(Debug)]
pub(crate) struct WorkerTitle {
    id: usize,
    generation: u64,
    slots: usize,
    is_draining: AtomicBool,
    pace: Pace,
}

impl WorkerTitle {
    /// Shows it for the first time.
    pub(crate) fn new(id: usize, generation: u64, slots: usize, now: Instant) -> Self {
        let title = Self { id, generation, slots, is_draining: AtomicBool::new(false), pace: Pace::new(now) };
        title.show(0);
        title
    }

    /// Shows how many connections there are, if it is time to.
    pub(crate) fn show_busy(&self, busy: usize, now: Instant) {
        if self.pace.is_due(now) {
            self.show(busy);
        }
    }

    /// Shows that there are none, since the master has just looked and may not look again: what was last shown of a worker
    /// that has become idle would stay otherwise.
    pub(crate) fn show_idle(&self) {
        self.show(0);
    }

    /// Shows that the worker leaves.
    pub(crate) fn show_draining(&self, busy: usize) {
        self.is_draining.store(true, Ordering::Relaxed);
        self.show(busy);
    }

    fn show(&self, busy: usize) {
        show(&of_worker(
            self.id,
            self.generation,
            busy,
            self.slots,
            self.is_draining.load(Ordering::Relaxed),
        ));
    }
}

fn of_worker(id: usize, generation: u64, busy: usize, slots: usize, is_draining: bool) -> String {
    let state = if is_draining { ", draining" } else { "" };
    format!("prefork-echo: worker {id} gen {generation} [{busy}/{slots} busy{state}]")
}

/// Whether it is time for something that is done once in a while, by any thread that comes past.
#[derive(Debug)]
struct Pace {
    began: Instant,
    next_millis: AtomicU64,
}

impl Pace {
    fn new(began: Instant) -> Self {
        Self { began, next_millis: AtomicU64::new(0) }
    }

    /// Of several threads one is told so.
    fn is_due(&self, now: Instant) -> bool {
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let age = millis(now.saturating_duration_since(self.began));
        let at = self.next_millis.load(Ordering::Relaxed);
        let next = age.saturating_add(millis(INTERVAL));
        age >= at && self.next_millis.compare_exchange(at, next, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_say_who_a_process_is_and_what_it_does() {
        assert_eq!(of_worker(3, 7, 5, 8, false), "prefork-echo: worker 3 gen 7 [5/8 busy]");
        assert_eq!(of_worker(3, 7, 5, 8, true), "prefork-echo: worker 3 gen 7 [5/8 busy, draining]");
        let arguments = || ["./prefork-echo", "-c", "a\nb.toml"].map(Into::into).into_iter();
        assert_eq!(
            of_master(7, 2, Phase::Running, arguments()),
            "prefork-echo: master gen 7 [2 workers]: ./prefork-echo -c a\\nb.toml"
        );
        let one = of_master(7, 1, Phase::Draining, arguments());
        assert!(one.starts_with("prefork-echo: master gen 7 [1 worker, draining]: "), "{one}");
    }

    #[test]
    fn counts_change_once_a_second_at_most() {
        let start = Instant::now();
        let pace = Pace::new(start);
        let at = |millis| pace.is_due(start + Duration::from_millis(millis));
        assert_eq!([0, 1, 999, 1000, 1500, 2400].map(at), [true, false, false, true, false, true]);
    }
}
