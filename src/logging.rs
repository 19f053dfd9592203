//! The log: to stderr, one write per line, and without a thread of its own, since a threaded master could not fork.

use std::io::{self, IsTerminal, Write};
use std::os::fd::AsFd;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::Signal;
use tracing::Level;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::{self, MakeWriter};
use tracing_subscriber::prelude::*;
use tracing_subscriber::reload::{self, Handle};
use tracing_subscriber::{Layer, Registry};

use crate::config::{Log, LogFormat};
use crate::signals::Blocked;

/// The target of the line that each connection gets.
const ACCESS: &str = "access";

/// What turns events into lines: level and format of one configuration.
type Lines = Box<dyn Layer<Registry> + Send + Sync>;

/// By which the lines are changed once the log has begun.
static LINES: OnceLock<Handle<Lines, Registry>> = OnceLock::new();

/// Begins to log. Of several calls in one process the first counts.
pub(crate) fn start(log: Log) {
    let (lines, handle) = reload::Layer::new(lines(log, is_coloured(), || Stderr));
    if tracing_subscriber::registry().with(lines).try_init().is_ok() {
        let _ = LINES.set(handle);
    }
}

/// Logs by another configuration from now on, if this process logs at all.
pub(crate) fn change(log: Log) {
    if let Some(handle) = LINES.get() {
        // The subscriber, which is never dropped, has the other end, and nothing panics with its lock in hand.
        let _ = handle.reload(lines(log, is_coloured(), || Stderr));
    }
}

/// The filter stands beside the layer, not around it: a layer with a filter of its own must not be exchanged, see
/// <https://github.com/tokio-rs/tracing/issues/1629>. And it stands outside: so it says of each place in the code, once for
/// each exchange, that it is never heard, and a line that is off costs a look at one atomic. The other way round
/// `Layered` makes a "sometimes" of that, and asks at each line.
fn lines<W>(log: Log, colour: bool, writer: W) -> Lines
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let access = if log.access { LevelFilter::from(Level::INFO) } else { LevelFilter::OFF };
    let filter = Targets::new().with_default(log.level).with_target(ACCESS, access);
    let lines = fmt::layer().with_writer(writer).with_ansi(colour);
    match log.format {
        LogFormat::Text => lines.with_target(false).and_then(filter).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).and_then(filter).boxed(),
    }
}

/// Log lines go to files and collectors too: colour is for a person at a terminal.
fn is_coloured() -> bool {
    let unset = |name| std::env::var_os(name).is_none_or(|value| value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
    io::stderr().is_terminal() && unset("NO_COLOR") && !dumb
}

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
            write(line.as_bytes());
        }
        write(bytes);
    }
}

/// Writes to standard error. A terminal may want jobs in its background to be silent (`stty tostop`): it sends TTOU to
/// who writes, and lets a write go on only where that is blocked, `tty_check_change` in `drivers/tty/tty_jobctrl.c`. In the
/// master TTOU is a command, so there it is blocked for the time of the write.
fn write(bytes: &[u8]) {
    let _blocked = is_terminal().then(|| Blocked::only(Signal::SIGTTOU));
    // A loss of the log is no reason to stop serving.
    let _ = io::stderr().write_all(bytes);
}

fn is_terminal() -> bool {
    static IS_TERMINAL: OnceLock<bool> = OnceLock::new();
    *IS_TERMINAL.get_or_init(|| io::stderr().is_terminal())
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

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;
    use std::sync::Arc;

    use tracing::{Metadata, Subscriber, subscriber::Interest};

    use super::*;

    #[derive(Clone, Default)]
    struct Page(Arc<Mutex<Vec<u8>>>);

    impl Page {
        /// What was written since this was last asked.
        fn take(&self) -> String {
            String::from_utf8(std::mem::take(&mut *self.0.lock().unwrap())).unwrap()
        }
    }

    impl Write for Page {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Says the same at the same places of the code each time, as a program does whose log is changed.
    fn say() {
        tracing::debug!("detail");
        tracing::info!("news");
        tracing::warn!(worker = 1, "trouble");
        tracing::info!(target: "access", "closed");
    }

    #[test]
    fn level_format_and_access_change_while_the_process_goes_on() {
        let page = Page::default();
        let written = page.clone();
        let make = |log| {
            let page = page.clone();
            lines(log, false, move || page.clone())
        };
        let news = Log {
            level: Level::INFO,
            format: LogFormat::Text,
            access: false,
            access_sample: NonZeroUsize::MIN,
        };
        let (layer, handle) = reload::Layer::new(make(news));
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
            say();
            let said = written.take();
            assert!(said.contains(" INFO news\n") && said.contains(" WARN trouble worker=1\n"), "{said}");
            assert_eq!(said.lines().count(), 2, "{said}");

            let all = Log {
                level: Level::DEBUG,
                format: LogFormat::Json,
                access: true,
                access_sample: NonZeroUsize::MIN,
            };
            handle.reload(make(all)).unwrap();
            say();
            let said = written.take();
            let messages: Vec<String> = said
                .lines()
                .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["message"].to_string())
                .collect();
            assert_eq!(messages, ["\"detail\"", "\"news\"", "\"trouble\"", "\"closed\""]);

            handle.reload(make(Log { level: Level::ERROR, ..all })).unwrap();
            say();
            let said = written.take();
            assert!(said.contains("closed") && said.lines().count() == 1, "each has its own level: {said}");

            handle.reload(make(news)).unwrap();
            say();
            assert_eq!(written.take().lines().count(), 2, "as at first");
        });
    }
    /// Takes down which places of the code speak.
    #[derive(Clone, Default)]
    struct Places(Arc<Mutex<Vec<&'static Metadata<'static>>>>);

    impl<S: Subscriber> Layer<S> for Places {
        fn register_callsite(&self, place: &'static Metadata<'static>) -> Interest {
            self.0.lock().unwrap().push(place);
            Interest::always()
        }
    }

    #[test]
    fn a_line_that_is_off_is_never_asked_for() {
        let places = Places::default();
        tracing::subscriber::with_default(tracing_subscriber::registry().with(places.clone()), say);
        let places = std::mem::take(&mut *places.0.lock().unwrap());
        let ours = places.into_iter().filter(|place| place.file() == Some(file!()));
        for format in [LogFormat::Text, LogFormat::Json] {
            let lines = lines(
                Log { level: Level::INFO, format, access: false, access_sample: NonZeroUsize::MIN },
                false,
                io::sink,
            );
            assert_eq!(lines.max_level_hint(), Some(LevelFilter::INFO));
            let mut seen = 0;
            for place in ours.clone() {
                let is_on = place.target() != ACCESS && *place.level() <= Level::INFO;
                let interest = lines.register_callsite(place);
                assert!(
                    if is_on { interest.is_always() } else { interest.is_never() },
                    "{place:?}: {interest:?}"
                );
                seen += 1;
            }
            assert!(seen >= 4, "all that is said is seen");
        }
    }
}
