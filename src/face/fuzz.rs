//! What holds for whatever is shown of a pool: no number breaks the layout, and no text steers the terminal.

use serde::de::DeserializeOwned;

use super::{Limits, Style, events, text, top};
use crate::printable::{self, steers};
use crate::snapshot::{Event, Events, QueueStatus, Status};
use crate::sys::WallTime;

const STYLES: [Style; 2] = [
    Style { width: 40, colour: false, unicode: true, limits: Limits::GLANCE },
    Style { width: 200, colour: false, unicode: false, limits: Limits::NONE },
];

/// A master's answer.
pub(crate) fn answer(text: &str) {
    if let Some(status) = read::<Status>(text) {
        self::status(&status);
        let queue = serde_json::to_string(&QueueStatus::from(status)).expect("a status has string keys only");
        read::<serde_json::Value>(&queue).expect("we wrote it");
    }
    if let Some(Events { events, .. }) = read(text) {
        self::events(&events);
    }
}

/// The status of a pool.
pub(crate) fn status(status: &Status) {
    for style in STYLES {
        is_harmless(&text::status(status, style), style);
        is_harmless(&text::queue(status, style), style);
    }
    top::fuzz::status(status);
}

/// What happened in it.
pub(crate) fn events(events: &[Event]) {
    for style in STYLES {
        is_harmless(&events::events(events, 1_800_000_000, WallTime::at, style), style);
    }
}

/// What a document says, which it also says as it is printed.
fn read<T: DeserializeOwned + PartialEq>(document: &str) -> Option<T> {
    let printed = printable::json(document);
    assert!(!printed.contains(|char| steers(char) && char != '\n'), "{printed:?}");
    let read = serde_json::from_str(document).ok()?;
    assert!(serde_json::from_str::<T>(&printed).is_ok_and(|printed| printed == read), "{printed:?}");
    Some(read)
}

fn is_harmless(text: &str, style: Style) {
    for line in text.lines() {
        assert!(!line.contains(steers), "{line:?}");
        assert!(line.chars().count() <= style.width, "{line:?} is wider than {}", style.width);
    }
}
