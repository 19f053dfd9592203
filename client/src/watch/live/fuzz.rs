//! What holds for the picture, whatever a server tells of itself.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::layout::Size;

use super::picture::{Moment, Scene, lines};
use crate::Address;
use crate::pool::Status;
use crate::printable::steers;
use crate::terminal::Style;
use crate::watch::{Change, Event, History};

/// It is drawn on a terminal of any size, and nothing in it steers that.
pub(crate) fn status(status: Status) {
    let now = Duration::from_secs(1);
    let mut history = History::new(NonZeroUsize::MIN);
    let local = Some(([127, 0, 0, 1], 40_001).into());
    history.record(Event { lane: 1, at: Duration::ZERO, what: Change::Queued { local } });
    for (lane, seat) in history.look(Some(Arc::new(status))) {
        history.record(Event { lane, at: now, what: Change::Seated(seat) });
    }
    let (address, moment) = (Address::default(), Moment::of(now, &history));
    for (width, height) in [(80, 24), (20, 5), (200, 60)] {
        let style = Style { width: width.into(), colour: true, unicode: true };
        let scene = Scene {
            address: &address,
            history: &history,
            moment: &moment,
            style,
            is_paused: false,
            is_over: false,
        };
        let lines = lines(&scene, Size::new(width, height));
        assert!(lines.len() <= usize::from(height));
        let Ok(mut terminal) = Terminal::new(TestBackend::new(width, height));
        let Ok(_) = terminal.draw(|frame| {
            for (row, line) in frame.area().rows().zip(&lines) {
                frame.render_widget(line, row);
            }
        });
        let cells = &terminal.backend().buffer().content;
        assert!(!cells.iter().any(|cell| cell.symbol().contains(steers)));
    }
}
