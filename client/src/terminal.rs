//! Whether there is a terminal, and what it likes.

use std::env;
use std::ffi::OsStr;
use std::io::IsTerminal;

/// Ends a colour.
pub(crate) const RESET: &str = "\x1b[0m";

/// Makes less of what follows.
pub(crate) const DIM: &str = "\x1b[2m";

/// Whether this output shows colours, and the user wants them.
pub(crate) fn wants_colour(output: &impl IsTerminal) -> bool {
    output.is_terminal() && is_wanted(env::var_os("NO_COLOR").as_deref(), env::var_os("TERM").as_deref())
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
}
