//! What holds for the live picture.

use std::time::Duration;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Size;

use super::picture::{draw, extent};
use super::state::State;
use crate::face::{Limits, Style};
use crate::printable::steers;
use crate::snapshot::Status;

/// It is drawn on a terminal of any size.
pub(in crate::face) fn status(status: &Status) {
    let style = Style { width: 80, colour: true, unicode: true, limits: Limits::GLANCE };
    for (width, height) in [(80, 24), (20, 5), (200, 60)] {
        let mut state = State::new(style);
        state.take(Ok(status.clone()), Duration::ZERO);
        state.press(
            KeyEvent::new(KeyCode::PageDown, KeyModifiers::NONE),
            extent(Size { width, height }, &state),
        );
        let Ok(mut terminal) = Terminal::new(TestBackend::new(width, height));
        let Ok(_) = terminal.draw(|frame| draw(frame, &state));
        let cells = &terminal.backend().buffer().content;
        assert!(!cells.iter().any(|cell| cell.symbol().contains(steers)));
    }
}
