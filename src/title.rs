//! What `ps`, `top` and `pgrep -f` show of the server's processes: `prefork-echo: worker 3 gen 7 [5/8 busy]`.
//!
//! A change is a few plain stores into a page of this process, and no system call. Where the kernel cannot show another
//! command line than that of the start, that one stays.

use std::fmt::Write;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
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

/// The title of a master. It changes once a second at most.
#[derive(Debug)]
pub(crate) struct MasterTitle {
    shown: Option<Pool>,
    /// What is true, and not shown yet.
    news: Option<Pool>,
    pace: Pace,
}

impl MasterTitle {
    /// Makes titles possible, in this process and in those that it forks.
    pub(crate) fn begin() -> Self {
        match sys::command_line::replace_command_line() {
            // There is one master in a process.
            Ok(place) => drop(PLACE.set(place)),
            Err(error) => tracing::debug!("the processes keep the title of the start: {error}"),
        }
        Self { shown: None, news: None, pace: Pace::new(Instant::now()) }
    }

    /// Shows how the pool is, if that is new and it is time to, and how the program was started.
    pub(crate) fn show(&mut self, pool: Pool, now: Instant) {
        self.news = Some(pool).filter(|_| self.shown != Some(pool));
        if self.news.is_some() && self.pace.is_due(now) {
            (self.shown, self.news) = (Some(pool), None);
            let (generation, workers, phase) = pool;
            show(&of_master(generation, workers, phase, std::env::args_os()));
        }
    }

    /// When it is time to show what is new.
    pub(crate) fn due_at(&self) -> Option<Instant> {
        self.news.map(|_| self.pace.next())
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

/// The title of a worker. It changes once a second at most, by whichever thread has something new then; what comes between two
/// changes the first thread shows, which comes back once for that. So it is wrong for a second at most, and while nothing
/// changes nobody wakes up.
#[derive(Debug)]
pub(crate) struct WorkerTitle {
    id: usize,
    generation: u64,
    slots: usize,
    is_draining: AtomicBool,
    /// Something has changed that is not shown yet.
    is_behind: AtomicBool,
    pace: Pace,
}

impl WorkerTitle {
    /// Shows it for the first time, which is no change.
    pub(crate) fn new(id: usize, generation: u64, slots: usize, now: Instant) -> Self {
        let (is_draining, is_behind) = (AtomicBool::new(false), AtomicBool::new(false));
        let title = Self { id, generation, slots, is_draining, is_behind, pace: Pace::new(now) };
        title.show(0);
        title
    }

    /// Takes note of how many connections there are. True if the first thread is to be called, which shows it later.
    pub(crate) fn note_busy(&self, busy: usize, now: Instant) -> bool {
        if self.pace.is_due(now) {
            self.show(busy);
            return false;
        }
        !self.is_behind.swap(true, Ordering::AcqRel)
    }

    /// Takes note that the worker leaves. The first thread does, and shows it when it is time.
    pub(crate) fn note_draining(&self) {
        self.is_draining.store(true, Ordering::Relaxed);
        self.is_behind.store(true, Ordering::Release);
    }

    /// Shows in the first thread what has changed, if it is time to.
    pub(crate) fn catch_up(&self, busy: impl FnOnce() -> usize, now: Instant) {
        if self.is_behind.load(Ordering::Relaxed) && self.pace.is_due(now) {
            // First this, so that whatever changes while it is shown is behind again.
            self.is_behind.swap(false, Ordering::AcqRel);
            self.show(busy());
        }
    }

    /// When the first thread has something to show.
    pub(crate) fn due_at(&self) -> Option<Instant> {
        self.is_behind.load(Ordering::Relaxed).then(|| self.pace.next())
    }

    fn show(&self, busy: usize) {
        let is_draining = self.is_draining.load(Ordering::Relaxed);
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
    fn what_comes_between_two_changes_is_shown_once_it_is_time() {
        let start = Instant::now();
        let after = |millis| start + Duration::from_millis(millis);
        let title = WorkerTitle::new(0, 1, 8, start);
        assert_eq!(title.due_at(), None);
        assert!(!title.note_busy(1, after(10)), "it is shown");
        assert_eq!(title.due_at(), None);
        assert!(title.note_busy(2, after(20)), "the first thread has to come");
        assert!(!title.note_busy(0, after(30)), "it was called already");
        assert_eq!(title.due_at(), Some(after(1010)));
        title.catch_up(|| panic!("it is not time"), after(1009));
        title.catch_up(|| 0, after(1010));
        assert_eq!(title.due_at(), None, "nothing ticks");
        title.catch_up(|| panic!("nothing is behind"), after(5000));
        title.note_draining();
        assert_eq!(title.due_at(), Some(after(2010)));
    }
}
