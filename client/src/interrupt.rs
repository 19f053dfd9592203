//! Ctrl-C and SIGTERM: the first one asks for the summary, the second one ends the program at once. At a prompt, Ctrl-C
//! ends what is being waited for.

use std::io;
use std::process;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread;

use nix::sys::termios::{self, SetArg};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag;
use signal_hook::iterator::Signals;

/// The exit code of a program that was interrupted: 128 and the number of SIGINT.
pub(crate) const EXIT_CODE: u8 = 130;

/// Calls when the first signal arrives. From then on another signal ends the program, whatever it does.
pub(crate) fn on_interrupt(call: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let interrupted = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        // The order matters: the first signal finds the flag down and raises it, the second finds it up.
        flag::register_conditional_shutdown(signal, EXIT_CODE.into(), Arc::clone(&interrupted))?;
        flag::register(signal, Arc::clone(&interrupted))?;
    }
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    thread::Builder::new().name("signals".to_owned()).spawn(move || {
        if signals.forever().next().is_some() {
            call();
        }
    })?;
    Ok(())
}

/// Calls whenever somebody presses Ctrl-C. SIGTERM and SIGHUP end the program, with the terminal as it is now.
pub(crate) fn on_every_interrupt(call: impl Fn() + Send + 'static) -> io::Result<()> {
    let terminal = io::stdin();
    // Where there is no terminal, nothing has to be put back.
    let mode = termios::tcgetattr(&terminal).ok();
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    thread::Builder::new().name("signals".to_owned()).spawn(move || {
        for signal in signals.forever() {
            if signal == SIGINT {
                call();
                continue;
            }
            if let Some(mode) = &mode {
                // It fails where the terminal is gone.
                let _ = termios::tcsetattr(&terminal, SetArg::TCSANOW, mode);
            }
            process::exit(EXIT_CODE.into());
        }
    })?;
    Ok(())
}
