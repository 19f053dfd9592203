//! What an output can show, and how much of it is wanted.

use std::env;
use std::ffi::OsString;
use std::io::{self, IsTerminal};

use ratatui::crossterm::terminal;

/// The narrowest output that text is made for.
const WIDTH_MIN: usize = 40;
/// The widest. A file has no width and gets this.
const WIDTH_MAX: usize = 200;

/// How to write for an output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Style {
    /// In columns; no line is longer.
    pub(crate) width: usize,
    pub(crate) colour: bool,
    /// Whether more than ASCII is understood.
    pub(crate) unicode: bool,
    pub(crate) limits: Limits,
}

/// How many of each are listed before the others are only counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    pub(crate) workers: usize,
    /// Busy slots of each worker.
    pub(crate) slots: usize,
    pub(crate) waiting: usize,
}

impl Limits {
    /// What one takes in at a glance.
    pub(crate) const GLANCE: Self = Self { workers: 16, slots: 8, waiting: 10 };
    /// Everything.
    pub(crate) const NONE: Self = Self { workers: usize::MAX, slots: usize::MAX, waiting: usize::MAX };
}

impl Style {
    /// What standard output can show.
    pub(crate) fn of_stdout(limits: Limits) -> Self {
        let width = io::stdout().is_terminal().then(|| {
            // A terminal that does not tell has eighty columns, as the first ones had.
            terminal::size().map_or(80, |(columns, _)| usize::from(columns))
        });
        Self::new(width, limits, |name| env::var_os(name))
    }

    /// What the environment says about an output. Only a terminal has a width.
    fn new(width: Option<usize>, limits: Limits, variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let value = |name| variable(name).filter(|value| !value.is_empty());
        let is_dumb = value("TERM").is_some_and(|term| term == "dumb");
        // The order of setlocale(3).
        let locale = value("LC_ALL").or_else(|| value("LC_CTYPE")).or_else(|| value("LANG"));
        let is_utf8 = locale.is_some_and(|locale| {
            let locale = locale.to_string_lossy().to_ascii_lowercase();
            locale.contains("utf-8") || locale.contains("utf8")
        });
        Self {
            width: width.unwrap_or(WIDTH_MAX).clamp(WIDTH_MIN, WIDTH_MAX),
            // See <https://no-color.org>.
            colour: width.is_some() && value("NO_COLOR").is_none() && !is_dumb,
            unicode: is_utf8 && !is_dumb,
            limits,
        }
    }

    /// The same with another width.
    pub(crate) fn with_width(self, width: usize) -> Self {
        Self { width, ..self }
    }

    /// Says that something is left out.
    pub(crate) fn ellipsis(self) -> &'static str {
        if self.unicode { "…" } else { "..." }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn style(width: Option<usize>, variables: &[(&str, &str)]) -> Style {
        Style::new(width, Limits::GLANCE, |name| {
            variables.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value))
        })
    }

    #[test]
    fn only_a_terminal_that_wants_it_gets_colour() {
        assert!(style(Some(80), &[]).colour);
        assert!(style(Some(80), &[("NO_COLOR", ""), ("TERM", "xterm")]).colour);
        assert!(!style(Some(80), &[("NO_COLOR", "1")]).colour);
        assert!(!style(Some(80), &[("TERM", "dumb")]).colour);
        assert!(!style(None, &[]).colour);
    }

    #[test]
    fn more_than_ascii_needs_a_locale_of_utf8() {
        assert!(style(None, &[("LANG", "de_DE.UTF-8")]).unicode);
        assert!(style(None, &[("LC_ALL", ""), ("LC_CTYPE", "C.utf8"), ("LANG", "C")]).unicode);
        assert!(!style(None, &[("LC_ALL", "C"), ("LANG", "de_DE.UTF-8")]).unicode);
        assert!(!style(None, &[("LANG", "de_DE.UTF-8"), ("TERM", "dumb")]).unicode);
        assert!(!style(None, &[]).unicode);
    }

    #[test]
    fn a_width_is_bounded_and_a_file_is_wide() {
        let width = |columns| style(columns, &[]).width;
        assert_eq!([width(Some(3)), width(Some(97)), width(Some(999)), width(None)], [40, 97, 200, 200]);
    }
}
