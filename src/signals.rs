//! Signals become [`Command`]s: a self-pipe that one can poll, and a guard that loses none across a fork.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;

use nix::sys::signal::{SigSet, SigmaskHow, Signal, pthread_sigmask};
use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::iterator::backend::SignalDelivery;
use signal_hook::iterator::exfiltrator::SignalOnly;

/// What a signal asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Command {
    /// A child died; `reap` finds out which.
    Reap,
    /// TERM, INT, QUIT, HUP: serve who is there, let nobody in, leave. A second one, except HUP: leave at once.
    Drain(Signal),
}

/// The signals that the master obeys. HUP is among them because a terminal that goes away sends it.
const TO_MASTER: [i32; 5] = [SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM];

/// The signal that a worker obeys: somebody wants this one worker gone.
const TO_WORKER: [i32; 1] = [SIGTERM];

/// What a terminal or a supervisor sends to the whole process group: a matter of the master alone.
const NOT_TO_WORKER: [Signal; 8] = [
    Signal::SIGHUP,
    Signal::SIGINT,
    Signal::SIGQUIT,
    Signal::SIGUSR1,
    Signal::SIGUSR2,
    Signal::SIGTTIN,
    Signal::SIGTTOU,
    Signal::SIGWINCH,
];

/// A subscription to signals, through a pipe of its own.
///
/// A process that was forked must drop the one that it inherited and make its own: through a shared pipe one process'
/// signal wakes the other.
pub(crate) struct Signals {
    delivery: SignalDelivery<UnixStream, SignalOnly>,
}

impl Signals {
    /// Subscribes to what the master obeys.
    pub(crate) fn of_master() -> io::Result<Self> {
        Self::subscribe(&TO_MASTER)
    }

    /// Subscribes to what a worker obeys.
    pub(crate) fn of_worker() -> io::Result<Self> {
        Self::subscribe(&TO_WORKER)
    }

    fn subscribe(signals: &[i32]) -> io::Result<Self> {
        let (read, write) = UnixStream::pair()?;
        Ok(Self { delivery: SignalDelivery::with_pipe(read, write, SignalOnly, signals)? })
    }

    /// Takes what has arrived, in no particular order. Repeated signals count once, and so do several that ask for the
    /// same: a supervisor that sends TERM and HUP together asks for one drain. Never blocks.
    pub(crate) fn take(&mut self) -> Vec<Command> {
        let signals: Vec<Signal> =
            self.delivery.pending().filter_map(|signal| Signal::try_from(signal).ok()).collect();
        let reap = signals.contains(&Signal::SIGCHLD).then_some(Command::Reap);
        let stops = signals.into_iter().filter(|signal| *signal != Signal::SIGCHLD);
        // HUP asks for least, so any other stands for it too.
        let drain = stops.max_by_key(|signal| *signal != Signal::SIGHUP).map(Command::Drain);
        reap.into_iter().chain(drain).collect()
    }
}

impl AsFd for Signals {
    /// Readable when signals have arrived.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.delivery.get_read().as_fd()
    }
}

/// All signals blocked, from before a fork until both sides have a subscription of their own.
#[must_use = "signals stay blocked until this is dropped"]
pub(crate) struct Blocked {
    before: SigSet,
}

impl Blocked {
    /// Blocks all signals in this thread.
    pub(crate) fn all() -> io::Result<Self> {
        Ok(Self { before: SigSet::all().thread_swap_mask(SigmaskHow::SIG_SETMASK)? })
    }

    /// In a new worker: lets through what a worker does not ignore, except TERM, which is for its first thread alone.
    /// Threads made from here on inherit this.
    pub(crate) fn unblock_all_but_ignored_and_term(self) -> io::Result<()> {
        let mut mask: SigSet = NOT_TO_WORKER.into_iter().collect();
        mask.add(Signal::SIGTERM);
        std::mem::forget(self);
        Ok(mask.thread_set_mask()?)
    }
}

impl Drop for Blocked {
    fn drop(&mut self) {
        // It fails only for an unknown `how`, which this one is not.
        let _ = pthread_sigmask(SigmaskHow::SIG_SETMASK, Some(&self.before), None);
    }
}

/// Lets TERM reach the calling thread.
pub(crate) fn unblock_term() -> io::Result<()> {
    let mut term = SigSet::empty();
    term.add(Signal::SIGTERM);
    Ok(term.thread_unblock()?)
}
