//! Whether there is a terminal, what it likes, and how it was.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, IsTerminal};
use std::os::fd::AsFd;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::termios::{self, SetArg, Termios};
use nix::unistd;
use ratatui::crossterm::terminal;

/// Ends a colour.
pub(crate) const RESET: &str = "\x1b[0m";

/// Makes less of what follows.
pub(crate) const DIM: &str = "\x1b[2m";

/// Shows the cursor again.
const SHOW_CURSOR: &[u8] = b"\x1b[?25h";

/// Whether this output shows colours, and the user wants them.
pub(crate) fn wants_colour(output: &impl IsTerminal) -> bool {
    output.is_terminal() && is_wanted(env::var_os("NO_COLOR").as_deref(), env::var_os("TERM").as_deref())
}

/// The narrowest output that text is made for.
pub(crate) const WIDTH_MIN: usize = 40;
/// The widest.
pub(crate) const WIDTH_MAX: usize = 200;
/// The width of a terminal that tells none.
const WIDTH_USUAL: usize = 80;

/// How to write for an output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Style {
    /// In columns; no line of a report is longer. A file has no width.
    pub(crate) width: usize,
    pub(crate) colour: bool,
    /// Whether more than ASCII is understood.
    pub(crate) unicode: bool,
}

impl Style {
    /// What standard output can show; no more than ASCII if that is wanted.
    pub(crate) fn of_stdout(ascii: bool) -> Self {
        let output = io::stdout();
        let width = output.is_terminal().then(|| {
            let columns = terminal::size().map_or(0, |(columns, _)| usize::from(columns));
            if columns == 0 { WIDTH_USUAL } else { columns.clamp(WIDTH_MIN, WIDTH_MAX) }
        });
        let unicode = !ascii && is_utf8(|name| env::var_os(name));
        Self { width: width.unwrap_or(usize::MAX), colour: wants_colour(&output), unicode }
    }

    /// Says that something is left out.
    pub(crate) fn ellipsis(self) -> &'static str {
        if self.unicode { "…" } else { "..." }
    }
}

/// Whether the terminal is one on which the cursor can be moved.
pub(crate) fn is_dumb() -> bool {
    env::var_os("TERM").is_some_and(|term| term == "dumb")
}

/// The terminal that is typed at, and how it was.
pub(crate) struct Saved {
    terminal: File,
    mode: Termios,
}

impl Saved {
    /// As it is now; `None` where there is no terminal.
    pub(crate) fn now() -> Option<Self> {
        let input = io::stdin();
        // Whoever reads keys chooses the same.
        let terminal = if input.is_terminal() {
            File::from(input.as_fd().try_clone_to_owned().ok()?)
        } else {
            File::open("/dev/tty").ok()?
        };
        let mode = termios::tcgetattr(&terminal).ok()?;
        Some(Self { terminal, mode })
    }

    /// Undoes what was changed, and shows the cursor; it never waits. Where the terminal is gone, nothing happens.
    pub(crate) fn restore(&self) {
        // In the background it is somebody else's, and the kernel stops whoever changes it: termios(3).
        let is_ours = unistd::tcgetpgrp(&self.terminal).map_or(true, |group| group == unistd::getpgrp());
        let is_changed = termios::tcgetattr(&self.terminal).is_ok_and(|mode| mode != self.mode);
        if is_ours && is_changed {
            let _ = termios::tcsetattr(&self.terminal, SetArg::TCSANOW, &self.mode);
            show_cursor();
        }
    }
}

/// Shows the cursor, if standard output is a terminal that takes anything.
fn show_cursor() {
    let output = io::stdout();
    let is_ready =
        || poll(&mut [PollFd::new(output.as_fd(), PollFlags::POLLOUT)], PollTimeout::ZERO) == Ok(1);
    if output.is_terminal() && is_ready() {
        // Not through the buffer, for which somebody may hold the lock.
        let _ = unistd::write(&output, SHOW_CURSOR);
    }
}

/// What the environment says about characters; the order is that of setlocale(3).
fn is_utf8(variable: impl Fn(&str) -> Option<OsString>) -> bool {
    let value = |name| variable(name).filter(|value| !value.is_empty());
    let is_dumb = value("TERM").is_some_and(|term| term == "dumb");
    let locale = value("LC_ALL").or_else(|| value("LC_CTYPE")).or_else(|| value("LANG"));
    let locale = locale.unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    !is_dumb && (locale.contains("utf-8") || locale.contains("utf8"))
}

/// What the environment says; see <https://no-color.org>.
fn is_wanted(no_color: Option<&OsStr>, term: Option<&OsStr>) -> bool {
    no_color.is_none_or(OsStr::is_empty) && term != Some(OsStr::new("dumb"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_color_and_a_dumb_terminal_turn_colours_off() {
        let wanted = |no_color: Option<&str>, term: Option<&str>| {
            is_wanted(no_color.map(OsStr::new), term.map(OsStr::new))
        };
        assert!(wanted(None, Some("xterm")));
        assert!(wanted(None, None));
        assert!(wanted(Some(""), Some("xterm")));
        assert!(!wanted(Some("1"), Some("xterm")));
        assert!(!wanted(None, Some("dumb")));
    }
    #[test]
    fn more_than_ascii_needs_a_locale_of_utf8() {
        let unicode = |variables: &[(&str, &str)]| {
            is_utf8(|name| {
                variables.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value))
            })
        };
        assert!(unicode(&[("LANG", "de_DE.UTF-8")]));
        assert!(unicode(&[("LC_ALL", ""), ("LC_CTYPE", "C.utf8"), ("LANG", "C")]));
        assert!(!unicode(&[("LC_ALL", "C"), ("LANG", "de_DE.UTF-8")]));
        assert!(!unicode(&[("LANG", "de_DE.UTF-8"), ("TERM", "dumb")]));
        assert!(!unicode(&[]));
    }
}
