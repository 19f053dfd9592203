//! The pool live: asks, draws and listens to keys until somebody has seen enough.

#[cfg(any(test, fuzzing))]
pub(super) mod fuzz;
mod history;
mod picture;
mod state;

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, Event};
use signal_hook::consts::{SIGINT, SIGQUIT, SIGTERM};
use signal_hook::flag;

use self::state::{Next, State};
use super::{Limits, Style};
use crate::snapshot::Status;

/// From one question to the next.
const TURN: Duration = Duration::from_millis(250);

/// Shows the pool on the terminal that is standard output, until somebody asks for the end, and leaves the terminal as
/// it was.
///
/// `fetch` asks for the status. An error is shown, and the question asked again. Keys wait for the answer, so it should
/// give up within a second or so.
pub(crate) fn run(fetch: impl FnMut() -> Result<Status, String>) -> io::Result<()> {
    let stop = stop_flag()?;
    let style = Style::of_stdout(Limits::GLANCE);
    // This sets a hook that restores the terminal before a panic's message is printed.
    let shown = ratatui::try_init().and_then(|terminal| watch(terminal, State::new(style), fetch, &stop));
    // Also after an error: it may have come when half was done.
    let restored = ratatui::try_restore();
    shown.and(restored)
}

/// What the signals that ask for the end set. A second one ends the program at once.
///
/// HUP keeps its effect: the terminal has gone, and there is nothing to restore.
fn stop_flag() -> io::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGQUIT, SIGTERM] {
        // In this order, since the first one must still find it unset.
        flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&stop))?;
        flag::register(signal, Arc::clone(&stop))?;
    }
    Ok(stop)
}

fn watch(
    mut terminal: DefaultTerminal,
    mut state: State,
    mut fetch: impl FnMut() -> Result<Status, String>,
    stop: &AtomicBool,
) -> io::Result<()> {
    let start = Instant::now();
    let mut due = start;
    while !stop.load(Ordering::Relaxed) {
        if Instant::now() >= due {
            if state.asks() {
                state.take(fetch(), start.elapsed());
            }
            due = Instant::now() + TURN;
        }
        terminal.draw(|frame| picture::draw(frame, &state))?;
        let size = terminal.size()?;
        let mut patience = due.saturating_duration_since(Instant::now());
        // All that has been typed is obeyed before the next picture.
        while event::poll(patience)? {
            if let Event::Key(key) = event::read()?
                && state.press(key, picture::extent(size, &state)) == Next::End
            {
                return Ok(());
            }
            patience = Duration::ZERO;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
