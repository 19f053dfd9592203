//! What `ps`, `top` and `pgrep -f` show of the server's processes: `prefork-echo: worker 3 gen 7 [5/8 busy]`.
//!
//! A change is a few plain stores into a page of this process, and no system call. Where the kernel cannot show another
//! command line than that of the start, that one stays.

use std::fmt::Write;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Instant;

use crate::pace::Pace;
use crate::printable::Printable;
use crate::scoreboard::Phase;
use crate::sys;

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

/// Generation, number of workers, and what the master is doing.
type Pool = (u64, usize, Phase);

/// The title of a master.
#[derive(Debug)]
pub(crate) struct MasterTitle {
    shown: Option<Pool>,
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
    pub(crate) fn show(&mut self, pool: Pool) {
        if self.shown != Some(pool) {
            self.shown = Some(pool);
            let (generation, workers, phase) = pool;
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

/// The title of a worker. Its count changes once a second at most, by whoever is awake and has the time at hand: nobody wakes
/// up for it, so it may be old in a worker that has nothing to do.
#[derive(Debug)]
pub(crate) struct WorkerTitle {
    id: usize,
    generation: u64,
    slots: usize,
    is_draining: AtomicBool,
    /// How many connections it says there are.
    shown: AtomicUsize,
    pace: Pace,
}

impl WorkerTitle {
    /// Shows it for the first time, which is no change.
    pub(crate) fn new(id: usize, generation: u64, slots: usize, now: Instant) -> Self {
        let (is_draining, shown) = (AtomicBool::new(false), AtomicUsize::new(0));
        let title = Self { id, generation, slots, is_draining, shown, pace: Pace::new(now) };
        title.show();
        title
    }

    /// Shows how many connections there are, if that is new and it is time to.
    pub(crate) fn show_busy(&self, busy: usize, now: Instant) {
        if self.shown.load(Ordering::Relaxed) != busy && self.pace.is_due(now) {
            self.shown.store(busy, Ordering::Relaxed);
            self.show();
        }
    }

    /// Shows that the worker leaves.
    pub(crate) fn show_draining(&self) {
        self.is_draining.store(true, Ordering::Relaxed);
        self.show();
    }

    fn show(&self) {
        let is_draining = self.is_draining.load(Ordering::Relaxed);
        let busy = self.shown.load(Ordering::Relaxed);
        show(&of_worker(self.id, self.generation, busy, self.slots, is_draining));
    }
}

fn of_worker(id: usize, generation: u64, busy: usize, slots: usize, is_draining: bool) -> String {
    let state = if is_draining { ", draining" } else { "" };
    format!("prefork-echo: worker {id} gen {generation} [{busy}/{slots} busy{state}]")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

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
    fn a_count_changes_once_a_second_at_most() {
        let start = Instant::now();
        let title = WorkerTitle::new(0, 1, 8, start);
        let show = |busy, millis| {
            title.show_busy(busy, start + Duration::from_millis(millis));
            title.shown.load(Ordering::Relaxed)
        };
        assert_eq!(show(1, 10), 1, "the title of the start is no change");
        assert_eq!(show(2, 500), 1);
        title.show_draining();
        assert_eq!(show(2, 1009), 1);
        assert_eq!(show(2, 1010), 2);
        assert_eq!(show(2, 1900), 2);
        assert_eq!(show(3, 2010), 3, "what is no change takes no time");
    }
}
