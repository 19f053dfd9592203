//! Signals become [`Command`]s: a self-pipe that one can poll, and a guard that loses none across a fork.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;

use nix::sys::signal::{SigSet, SigmaskHow, Signal, pthread_sigmask};
use signal_hook::consts::{
    SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTTIN, SIGTTOU, SIGUSR1, SIGUSR2, SIGWINCH,
};
use signal_hook::iterator::backend::SignalDelivery;
use signal_hook::iterator::exfiltrator::WithRawSiginfo;

use crate::sys::{Sender, sender};

/// What a signal asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Command {
    /// A child died; `reap` finds out which.
    Reap,
    /// TERM, INT, QUIT, and HUP when the terminal is gone: serve who is there, let nobody in, leave. A second one,
    /// except HUP: leave at once.
    Drain(Signal),
    /// HUP: read the configuration again.
    Reload,
    /// TTIN, TTOU: so many workers more, or less.
    Scale(i64),
    /// USR2: let another process of the program take over.
    Upgrade,
    /// USR1: open the log again.
    Reopen,
    /// WINCH: let the workers finish and leave, and stay.
    Rest,
}

/// The signals that the master obeys.
const TO_MASTER: [i32; 10] =
    [SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTTIN, SIGTTOU, SIGUSR1, SIGUSR2, SIGWINCH];

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
    delivery: SignalDelivery<UnixStream, WithRawSiginfo>,
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
        Ok(Self { delivery: SignalDelivery::with_pipe(read, write, WithRawSiginfo, signals)? })
    }

    /// Takes what has arrived, as [`commands`] reads it. Never blocks.
    pub(crate) fn take(&mut self) -> Vec<Command> {
        let arrived = self
            .delivery
            .pending()
            .filter_map(|info| Some((Signal::try_from(info.si_signo).ok()?, sender(&info))));
        commands(&arrived.collect::<Vec<_>>())
    }
}

/// What signals ask for that have arrived together, in no particular order, each with who sent it.
///
/// Repeated signals count once, except TTIN and TTOU, and so do several that ask for the same: a supervisor that sends
/// TERM and HUP together asks for one drain. The kernel sends HUP to the terminal's processes when it is gone, WINCH when
/// its size changes, TTIN and TTOU to those in the background. `docker run` passes on those that it gets itself, so these
/// three do not count from outside of a container.
fn commands(arrived: &[(Signal, Sender)]) -> Vec<Command> {
    let count = |wanted: Signal| {
        let may_be_a_terminals = matches!(wanted, Signal::SIGWINCH | Signal::SIGTTIN | Signal::SIGTTOU);
        let of_processes = arrived.iter().filter(|(signal, sender)| {
            *signal == wanted
                && match sender {
                    Sender::Kernel => false,
                    Sender::Process => true,
                    Sender::Outsider => !may_be_a_terminals,
                }
        });
        i64::try_from(of_processes.count()).unwrap_or(i64::MAX)
    };
    let reap = arrived.iter().any(|(signal, _)| *signal == Signal::SIGCHLD).then_some(Command::Reap);
    let stops = arrived.iter().filter(|(signal, sender)| match signal {
        Signal::SIGTERM | Signal::SIGINT | Signal::SIGQUIT => true,
        Signal::SIGHUP => *sender == Sender::Kernel,
        _ => false,
    });
    // HUP asks for least, so any other stands for it too.
    let drain = stops.max_by_key(|(signal, _)| *signal != Signal::SIGHUP);
    let drain = drain.map(|(signal, _)| Command::Drain(*signal));
    let reload = (count(Signal::SIGHUP) > 0).then_some(Command::Reload);
    let more = count(Signal::SIGTTIN) - count(Signal::SIGTTOU);
    let scale = (more != 0).then_some(Command::Scale(more));
    let rest = (count(Signal::SIGWINCH) > 0).then_some(Command::Rest);
    let reopen = (count(Signal::SIGUSR1) > 0).then_some(Command::Reopen);
    let upgrade = (count(Signal::SIGUSR2) > 0).then_some(Command::Upgrade);
    [reap, reload, scale, upgrade, reopen, rest, drain].into_iter().flatten().collect()
}

impl AsFd for Signals {
    /// Readable when signals have arrived.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.delivery.get_read().as_fd()
    }
}

/// Signals blocked: all of them from before a fork until both sides have a subscription of their own.
#[must_use = "signals stay blocked until this is dropped"]
pub(crate) struct Blocked {
    before: SigSet,
}

impl Blocked {
    /// Blocks all signals in this thread.
    pub(crate) fn all() -> io::Result<Self> {
        Ok(Self { before: SigSet::all().thread_swap_mask(SigmaskHow::SIG_SETMASK)? })
    }

    /// Blocks one more signal in this thread.
    pub(crate) fn only(signal: Signal) -> io::Result<Self> {
        let mut one = SigSet::empty();
        one.add(signal);
        Ok(Self { before: one.thread_swap_mask(SigmaskHow::SIG_BLOCK)? })
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

#[cfg(test)]
mod tests {
    use super::*;

    const SENT: Sender = Sender::Process;
    const OF_THE_KERNEL: Sender = Sender::Kernel;

    #[test]
    fn what_a_terminal_sends_is_no_command_but_its_end() {
        assert_eq!(commands(&[(Signal::SIGWINCH, OF_THE_KERNEL), (Signal::SIGTTIN, OF_THE_KERNEL)]), []);
        assert_eq!(commands(&[(Signal::SIGHUP, OF_THE_KERNEL)]), [Command::Drain(Signal::SIGHUP)]);
        assert_eq!(commands(&[(Signal::SIGHUP, SENT)]), [Command::Reload]);
        assert_eq!(commands(&[(Signal::SIGWINCH, SENT)]), [Command::Rest]);
        assert_eq!(commands(&[(Signal::SIGINT, OF_THE_KERNEL)]), [Command::Drain(Signal::SIGINT)]);
    }

    #[test]
    fn what_is_passed_on_into_a_container_is_no_command_if_it_may_be_a_terminals() {
        for signal in [Signal::SIGWINCH, Signal::SIGTTIN, Signal::SIGTTOU] {
            assert_eq!(commands(&[(signal, Sender::Outsider)]), [], "{signal}");
        }
        assert_eq!(commands(&[(Signal::SIGHUP, Sender::Outsider)]), [Command::Reload]);
        assert_eq!(commands(&[(Signal::SIGUSR1, Sender::Outsider)]), [Command::Reopen]);
        assert_eq!(commands(&[(Signal::SIGTERM, Sender::Outsider)]), [Command::Drain(Signal::SIGTERM)]);
    }

    #[test]
    fn several_that_ask_for_the_same_are_one() {
        let stops = [(Signal::SIGHUP, OF_THE_KERNEL), (Signal::SIGTERM, SENT), (Signal::SIGTERM, SENT)];
        assert_eq!(commands(&stops), [Command::Drain(Signal::SIGTERM)]);
        let children = [(Signal::SIGCHLD, OF_THE_KERNEL), (Signal::SIGHUP, SENT), (Signal::SIGHUP, SENT)];
        assert_eq!(commands(&children), [Command::Reap, Command::Reload]);
    }

    #[test]
    fn each_ttin_and_ttou_counts() {
        let (more, less) = ((Signal::SIGTTIN, SENT), (Signal::SIGTTOU, SENT));
        assert_eq!(commands(&[more, more, less, more]), [Command::Scale(2)]);
        assert_eq!(commands(&[more, less]), []);
    }
}
