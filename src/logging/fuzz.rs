//! What holds for whatever is said in the log.

use std::io::{self, Write};
use std::mem;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};

use tracing::Level;
use tracing_subscriber::prelude::*;

use super::line::Form;
use super::written;
use crate::config::{Log, LogFormat};
use crate::printable::steers;

/// What was written, for whoever has a clone of it.
#[derive(Clone, Default)]
pub(super) struct Page(Arc<Mutex<Vec<u8>>>);

impl Page {
    /// What was written since this was last asked.
    pub(super) fn take(&self) -> String {
        let bytes = mem::take(&mut *self.0.lock().expect("nobody fails with it in hand"));
        String::from_utf8(bytes).expect("a log is text")
    }
}

impl Write for Page {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("nobody fails with it in hand").write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Said in an event, or by the log itself, it is one line, which steers no terminal, and in JSON it says what was said.
pub(crate) fn message(said: &str) {
    for line in [event(LogFormat::Text, said), Form::Text { colour: false }.note(Level::WARN, said)] {
        is_line(&line);
    }
    for line in [event(LogFormat::Json, said), Form::Json.note(Level::WARN, said)] {
        is_line(&line);
        let json: serde_json::Value = serde_json::from_str(&line).expect("it is one document");
        assert_eq!(json["message"].as_str(), Some(said));
        for name in ["shown", "text"] {
            assert!(json.get(name).is_none_or(|value| value.as_str() == Some(said)), "{name}: {line}");
        }
    }
}

/// The line of an event that has it in its message and in fields of each kind.
fn event(format: LogFormat, said: &str) -> String {
    let page = Page::default();
    let writer = page.clone();
    let log = Log { level: Level::INFO, format, access: false, access_sample: NonZeroUsize::MIN };
    let lines = written(log, false, move || writer.clone());
    tracing::subscriber::with_default(tracing_subscriber::registry().with(lines), || {
        tracing::info!(shown = %said, text = said, quoted = ?said, "{said}");
    });
    page.take()
}

fn is_line(line: &str) {
    let inside = line.strip_suffix('\n').expect("a line has an end");
    assert!(!inside.contains(steers), "{inside:?}");
}
