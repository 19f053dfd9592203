//! The log: to stderr, one write per line, and without a thread of its own, since a threaded master could not fork.

use std::io::{self, IsTerminal, Write};
use std::os::fd::AsFd;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
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
    let unset = |name| std::env::var_os(name).is_none_or(|value| value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
    let colour = io::stderr().is_terminal() && unset("NO_COLOR") && !dumb;
    let lines = fmt::layer().with_writer(|| Stderr).with_ansi(colour);
    let lines = match log.format {
        LogFormat::Text => lines.with_target(false).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    let _ = tracing_subscriber::registry().with(lines.with_filter(filter)).try_init();
}

/// Logs so from now on.
pub(crate) fn change(_log: Log) {}

/// Standard error, whose loss is no reason to stop serving: a full disk, a reader that has gone, or one that has stopped
/// reading. For the last a line waits a little, and once that was in vain, lines are dropped until it reads again.
struct Stderr;

/// How long a line may wait for the log's reader.
const PATIENCE: Duration = Duration::from_millis(500);

/// What the threads of a process share about the log's reader. Holding it they write one after the other.
static READER: Mutex<Reader> = Mutex::new(Reader { is_stuck: false, lost: 0 });

struct Reader {
    is_stuck: bool,
    /// Lines that were dropped since it got stuck.
    lost: u64,
}

impl Reader {
    fn write(&mut self, bytes: &[u8]) {
        let patience = if self.is_stuck { Duration::ZERO } else { PATIENCE };
        self.is_stuck = !is_writable(patience);
        if self.is_stuck {
            self.lost += 1;
            return;
        }
        if self.lost > 0 {
            let message =
                format!("{} lines of the log were lost: nobody read it", std::mem::take(&mut self.lost));
            // A line in a log of JSON is JSON too.
            let is_json = bytes.first() == Some(&b'{');
            let line =
                if is_json { format!("{{\"message\":\"{message}\"}}\n") } else { format!("{message}\n") };
            let _ = io::stderr().write_all(line.as_bytes());
        }
        let _ = io::stderr().write_all(bytes);
    }
}

/// Whether a line may be written without waiting. A pipe says so while 4 KiB fit, see pipe(7), and a line is shorter.
fn is_writable(patience: Duration) -> bool {
    let stderr = io::stderr();
    let mut files = [PollFd::new(stderr.as_fd(), PollFlags::POLLOUT)];
    // A closed one counts as writable: the write fails at once.
    poll(&mut files, PollTimeout::try_from(patience).unwrap_or(PollTimeout::MAX)).is_ok_and(|ready| ready > 0)
}

impl Write for Stderr {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        READER.lock().unwrap_or_else(PoisonError::into_inner).write(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// "1 worker", "2 workers".
pub(crate) fn counted(count: u64, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// Seconds for the log, to a tenth of a millisecond: more digits are noise, and less than that is shown as 6.9e-5.
#[expect(clippy::cast_precision_loss, reason = "it begins after 28,000 years")]
pub(crate) fn seconds(duration: Duration) -> f64 {
    (duration.as_micros() / 100) as f64 / 1e4
}
