//! The signals that ask for the end: the first one gets the summary, the second one ends the program at once. At a
//! prompt, Ctrl-C ends what is being waited for. Whatever happens, the terminal is left as it was.
//!
//! SIGINT, SIGTERM, SIGQUIT and SIGHUP are the same to us, and so is the exit code. Only that after SIGHUP the terminal
//! is gone, so that nobody may be there to get the summary.

use std::fs;
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use nix::libc::c_int;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::{flag, low_level};

use crate::output;
use crate::terminal::Saved;

/// The exit code of a program that was interrupted: 128 and the number of SIGINT.
pub(crate) const EXIT_CODE: u8 = 130;

/// After a signal, standard output may take nothing for so long, in milliseconds: who sends one signal means it.
const PATIENCE_MILLIS: u16 = 1_000;

/// Signals closer than this are one request: timeout(1) sends two, one to us and one to the process group.
const SAME_REQUEST: Duration = Duration::from_millis(200);

/// How long the end waits for a picture that is being drawn.
const DRAWING_MAX: Duration = Duration::from_millis(100);

/// Calls when the first signal arrives; the call must not block. From then on another signal ends the program, whatever
/// it does, and so does an [output](output::Output) that nobody reads.
///
/// The flag is up as soon as a signal has come, before anything fails because the terminal is gone.
pub(crate) fn on_interrupt(call: impl FnOnce() + Send + 'static) -> io::Result<Arc<AtomicBool>> {
    let interrupted = Arc::new(AtomicBool::new(false));
    let hung_up = Arc::new(AtomicBool::new(false));
    let (mut signals, sender) = UnixStream::pair()?;
    for signal in wanted() {
        flag::register(signal, Arc::clone(&interrupted))?;
        if signal == SIGHUP {
            flag::register(signal, Arc::clone(&hung_up))?;
        }
        low_level::pipe::register(signal, sender.try_clone()?)?;
    }
    let terminal = Saved::now();
    thread::Builder::new().name("signals".to_owned()).spawn(move || {
        // Each signal is a byte; the writing end lives as long as the program.
        if signals.read_exact(&mut [0]).is_ok() {
            call();
            wait_for_reason_to_end(&mut signals, &hung_up);
            end(terminal.as_ref());
        }
    })?;
    Ok(interrupted)
}

/// Calls whenever somebody presses Ctrl-C. The other signals end the program.
pub(crate) fn on_every_interrupt(call: impl Fn() + Send + 'static) -> io::Result<()> {
    let terminal = Saved::now();
    let mut signals = Signals::new(wanted())?;
    thread::Builder::new().name("signals".to_owned()).spawn(move || {
        for signal in signals.forever() {
            if signal == SIGINT {
                call();
            } else {
                end(terminal.as_ref());
            }
        }
    })?;
    Ok(())
}

/// Ends the program at once, with the terminal as it was.
fn end(terminal: Option<&Saved>) -> ! {
    // Nothing is drawn after this. A write that stands still draws nothing either.
    let _stopped = output::stop(DRAWING_MAX);
    if let Some(terminal) = terminal {
        terminal.restore();
    }
    low_level::exit(EXIT_CODE.into())
}

/// Returns at the next signal, or when nobody reads what is written. Where the terminal is gone, what it was waited for
/// may never come.
fn wait_for_reason_to_end(signals: &mut UnixStream, hung_up: &AtomicBool) {
    let first = Instant::now();
    let mut under_way = output::under_way();
    loop {
        match poll(&mut [PollFd::new(signals.as_fd(), PollFlags::POLLIN)], PollTimeout::from(PATIENCE_MILLIS))
        {
            Ok(0) if hung_up.load(Ordering::Relaxed) => return,
            Ok(0) => {
                let now = output::under_way();
                if now.is_some() && now == under_way {
                    return;
                }
                under_way = now;
            }
            Ok(_) if first.elapsed() < SAME_REQUEST && signals.read(&mut [0]).is_ok() => {}
            Ok(_) => return,
            // By a signal, which will be there the next time.
            Err(_) => {}
        }
    }
}

/// The signals that ask for the end. A hangup that is ignored, as by nohup(1), stays so.
fn wanted() -> Vec<c_int> {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mut wanted = vec![SIGINT, SIGTERM, SIGQUIT];
    if !is_ignored(SIGHUP, &status) {
        wanted.push(SIGHUP);
    }
    wanted
}

/// Whether the process with this status, as in `proc_pid_status(5)`, ignores a signal.
fn is_ignored(signal: c_int, status: &str) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mask_of_ignored_signals_counts_from_one() {
        let status = "Name:\tx\nSigBlk:\t0000000000000002\nSigIgn:\t0000000000001001\n";
        assert!(is_ignored(SIGHUP, status) && is_ignored(13, status));
        assert!(!is_ignored(SIGINT, status) && !is_ignored(SIGHUP, "SigIgn:\t0000000000001000\n"));
        assert!(!is_ignored(SIGHUP, ""));
    }
}
