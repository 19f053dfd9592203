//! What the log cost: lines that nobody has. All processes of the pool add to it, so it counts whoever dies.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use zerocopy::FromZeros;

use super::Board;

/// The counts, and what one process leaves for the next that writes.
#[derive(Debug, Default, FromZeros)]
#[repr(C)]
pub(crate) struct LogRow {
    lost: AtomicU64,
    left_out: AtomicU64,
    /// The last line was written in part.
    is_torn: AtomicBool,
}

/// The counts at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct LogLosses {
    /// Lines that could not be written.
    pub(crate) lost: u64,
    /// Warnings that were left out, since there were too many of them.
    pub(crate) left_out: u64,
}

impl LogRow {
    /// One that nobody shares.
    pub(crate) const fn new() -> Self {
        Self { lost: AtomicU64::new(0), left_out: AtomicU64::new(0), is_torn: AtomicBool::new(false) }
    }

    /// A line could not be written.
    pub(crate) fn note_lost(&self) {
        self.lost.fetch_add(1, Ordering::Relaxed);
    }

    /// A warning was left out.
    pub(crate) fn note_left_out(&self) {
        self.left_out.fetch_add(1, Ordering::Relaxed);
    }

    /// Says whether the log ends in the middle of a line: whoever writes next begins another one.
    pub(crate) fn set_torn(&self, is_torn: bool) {
        self.is_torn.store(is_torn, Ordering::Relaxed);
    }

    /// Whether it does. It is asked for each line, so it is no exchange.
    pub(crate) fn is_torn(&self) -> bool {
        self.is_torn.load(Ordering::Relaxed)
    }

    /// What was lost.
    pub(crate) fn losses(&self) -> LogLosses {
        LogLosses { lost: self.lost.load(Ordering::Relaxed), left_out: self.left_out.load(Ordering::Relaxed) }
    }
}

impl Board {
    /// Where the processes count what their logs lose.
    pub(crate) fn log(&'static self) -> &'static LogRow {
        &self.log
    }
}
