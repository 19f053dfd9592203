//! What is shown, and what a key changes about it.

use std::time::Duration;

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::history::{History, Level};
use crate::face::Style;
use crate::snapshot::Status;

/// All that a picture is made of.
#[derive(Debug)]
pub(super) struct State {
    pub(super) style: Style,
    /// The last answer.
    pub(super) status: Option<Status>,
    /// Why there was none to the last question.
    pub(super) error: Option<String>,
    pub(super) history: History,
    pub(super) is_paused: bool,
    pub(super) shows_help: bool,
    /// The first line of the workers that is shown.
    pub(super) scrolled: usize,
}

/// How much of the workers there is, in lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Extent {
    pub(super) all: usize,
    pub(super) shown: usize,
}

/// What follows a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    Continue,
    End,
}

impl State {
    /// Before the first answer.
    pub(super) fn new(style: Style) -> Self {
        Self {
            style,
            status: None,
            error: None,
            history: History::default(),
            is_paused: false,
            shows_help: false,
            scrolled: 0,
        }
    }

    /// Whether it is time for questions.
    pub(super) fn asks(&self) -> bool {
        !self.is_paused
    }

    /// Takes an answer, so long after the start. Without one, the last stays.
    pub(super) fn take(&mut self, answer: Result<Status, String>, at: Duration) {
        match answer {
            Ok(status) => {
                let level = Level { busy: status.pool.busy as u64, waiting: status.pool.waiting };
                self.history.add(level, at);
                self.status = Some(status);
                self.error = None;
            }
            Err(error) => self.error = Some(error),
        }
    }

    /// Obeys a key.
    pub(super) fn press(&mut self, key: KeyEvent, workers: Extent) -> Next {
        if key.kind == KeyEventKind::Release {
            return Next::Continue;
        }
        let page = workers.shown.max(1);
        let last = workers.all.saturating_sub(workers.shown);
        // It may have been further down when there was more.
        let scrolled = self.scrolled.min(last);
        match key.code {
            KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => return Next::End,
            KeyCode::Char('q') | KeyCode::Esc => return Next::End,
            KeyCode::Char('p') => self.is_paused = !self.is_paused,
            KeyCode::Char('?' | 'h') => self.shows_help = !self.shows_help,
            KeyCode::Up => self.scrolled = scrolled.saturating_sub(1),
            KeyCode::PageUp => self.scrolled = scrolled.saturating_sub(page),
            KeyCode::Home => self.scrolled = 0,
            KeyCode::Down => self.scrolled = last.min(scrolled + 1),
            KeyCode::PageDown => self.scrolled = last.min(scrolled + page),
            KeyCode::End => self.scrolled = last,
            _ => {}
        }
        Next::Continue
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::face::{Limits, example};

    const STYLE: Style = Style { width: 80, colour: false, unicode: true, limits: Limits::GLANCE };
    const EXTENT: Extent = Extent { all: 25, shown: 10 };

    fn press(state: &mut State, code: KeyCode) -> Next {
        state.press(KeyEvent::new(code, KeyModifiers::NONE), EXTENT)
    }

    #[test]
    fn q_escape_and_control_c_end_it() {
        let mut state = State::new(STYLE);
        assert_eq!(press(&mut state, KeyCode::Char('q')), Next::End);
        assert_eq!(press(&mut state, KeyCode::Esc), Next::End);
        assert_eq!(press(&mut state, KeyCode::Char('c')), Next::Continue);
        let control_c = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
        assert_eq!(state.press(control_c, EXTENT), Next::End);
    }

    #[test]
    fn scrolling_ends_where_the_workers_do() {
        let mut state = State::new(STYLE);
        let mut place = |code| {
            press(&mut state, code);
            state.scrolled
        };
        assert_eq!(place(KeyCode::Up), 0);
        assert_eq!(place(KeyCode::Down), 1);
        assert_eq!(place(KeyCode::PageDown), 11);
        assert_eq!(place(KeyCode::PageDown), 15);
        assert_eq!(place(KeyCode::Down), 15);
        assert_eq!(place(KeyCode::PageUp), 5);
        assert_eq!(place(KeyCode::End), 15);
        state.press(KeyEvent::new(KeyCode::Up, KeyModifiers::NONE), Extent { all: 12, shown: 10 });
        assert_eq!(state.scrolled, 1);
    }

    #[test]
    fn an_error_leaves_the_last_answer_until_there_is_another() {
        let mut state = State::new(STYLE);
        state.take(Ok(example::idle(2, 2)), Duration::ZERO);
        state.take(Err("connection refused".to_owned()), Duration::from_secs(1));
        assert!(state.status.is_some() && state.error.is_some());
        state.take(Ok(example::idle(2, 2)), Duration::from_secs(2));
        assert!(state.error.is_none());
    }

    #[test]
    fn who_pauses_asks_nothing() {
        let mut state = State::new(STYLE);
        press(&mut state, KeyCode::Char('p'));
        assert!(!state.asks());
        press(&mut state, KeyCode::Char('p'));
        assert!(state.asks());
    }
}
