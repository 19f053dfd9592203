//! The log: to stderr, one write per line, and without a thread of its own, since a threaded master could not fork.

use std::io::{self, IsTerminal, Write};

use tracing::Level;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt;
use tracing_subscriber::prelude::*;

use crate::config::{Log, LogFormat};

/// The target of the line that each connection gets.
const ACCESS: &str = "access";

/// Begins to log. Of several calls in one process the first counts.
pub(crate) fn start(log: Log) {
    let access = if log.access { LevelFilter::from(Level::INFO) } else { LevelFilter::OFF };
    let filter = Targets::new().with_default(log.level).with_target(ACCESS, access);
    // Log lines go to files and collectors too: colour is for a person at a terminal.
    let colour =
        io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let lines = fmt::layer().with_writer(|| Stderr).with_ansi(colour);
    let lines = match log.format {
        LogFormat::Text => lines.with_target(false).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    let _ = tracing_subscriber::registry().with(lines.with_filter(filter)).try_init();
}

/// Standard error, whose loss (a full disk, a reader that has gone) is no reason to stop serving.
struct Stderr;

impl Write for Stderr {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let _ = io::stderr().write_all(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
