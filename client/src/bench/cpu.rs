//! How much CPU time the run takes, which tells whether the client itself is what limits it.

use std::io;
use std::time::Duration;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;

/// What is read at both edges of the window: the clock of this thread, and whatever who looks on wants to read.
pub(super) struct Meter<'run> {
    at_edge: &'run mut dyn FnMut(u64),
}

impl<'run> Meter<'run> {
    /// Calls at either edge.
    pub(super) fn new(at_edge: &'run mut dyn FnMut(u64)) -> Self {
        Self { at_edge }
    }

    /// The window begins, so many connections have been served: how much CPU time has this thread taken before it?
    pub(super) fn begin(&mut self, served: u64) -> io::Result<Duration> {
        (self.at_edge)(served);
        time()
    }

    /// The window ends: how much has it taken since? What who looks on does is not counted.
    pub(super) fn end(&mut self, served: u64, before: Duration) -> io::Result<Duration> {
        let taken = time()?.saturating_sub(before);
        (self.at_edge)(served);
        Ok(taken)
    }
}

/// The CPU time that this thread has taken, in user and in system mode.
fn time() -> io::Result<Duration> {
    let usage = getrusage(UsageWho::RUSAGE_THREAD)?;
    let time = |time: TimeVal| {
        let micros = u64::try_from(time.tv_sec() * 1_000_000 + time.tv_usec()).unwrap_or(0);
        Duration::from_micros(micros)
    };
    Ok(time(usage.user_time()) + time(usage.system_time()))
}
