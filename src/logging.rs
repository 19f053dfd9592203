//! The log: to standard error or a file, one write per line, and without a thread of its own, since a threaded master could
//! not fork.

mod file;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz;
mod limit;
mod line;
mod output;
mod panics;
mod patience;
mod place;

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use signal_hook::consts::SIGXFSZ;
use tracing::Level;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::{self, MakeWriter};
use tracing_subscriber::prelude::*;
use tracing_subscriber::reload::{self, Handle};
use tracing_subscriber::{Layer, Registry};

use crate::config::Log;
pub(crate) use file::LogFile;
use limit::Limit;
use line::Form;
use output::{Lines, output};
pub(crate) use output::{count_in, tell_starter};
pub(crate) use panics::tell_panics;

/// The target of the line that each connection gets.
const ACCESS: &str = "access";

/// What turns events into lines: level and format of one configuration.
type Written = Box<dyn Layer<Registry> + Send + Sync>;

/// By which the lines are changed once the log has begun.
static WRITTEN: OnceLock<Handle<Written, Registry>> = OnceLock::new();

/// Begins to log. Of several calls in one process the first counts.
pub(crate) fn start(log: Log, file: Option<LogFile>) {
    // A file that may not grow (`ulimit -f`) would end the process, setrlimit(2). Where the signal is caught the write fails.
    // If that is refused, it is as it was.
    let _ = signal_hook::flag::register(SIGXFSZ, Arc::default());
    output().move_to(file);
    let (lines, handle) = reload::Layer::new(written(log, is_coloured(), Lines));
    if tracing_subscriber::registry().with(lines).try_init().is_ok() {
        let _ = WRITTEN.set(handle);
    }
}

/// Logs by another configuration from now on, if this process logs at all.
pub(crate) fn change(log: Log) {
    if let Some(handle) = WRITTEN.get() {
        // The subscriber, which is never dropped, has the other end, and nothing panics with its lock in hand.
        let _ = handle.reload(written(log, is_coloured(), Lines));
    }
}

/// The same in a new child, which has nothing to say of what the master lost.
pub(crate) fn change_in_child(log: Log) {
    output().forget();
    limit::begin_in_child();
    change(log);
}

/// Logs into another file from now on, as the first of its pool; `None` is standard error.
pub(crate) fn move_to(file: Option<LogFile>, log: Log) {
    // The half of a line is in the file before.
    output::row().set_torn(false);
    follow(file, log);
}

/// The same in a process that is told so.
pub(crate) fn follow(file: Option<LogFile>, log: Log) {
    output().move_to(file);
    // One is a terminal perhaps, and the other is not.
    change(log);
}

/// Lets go of the file, in a process that has nothing more to log: a file that was put aside is not held by it.
pub(crate) fn let_go() {
    output().move_to(None);
}

/// Whether there is a file.
pub(crate) fn has_file() -> bool {
    output().has_file()
}

/// Another descriptor of where the log goes.
pub(crate) fn share() -> io::Result<OwnedFd> {
    output().share()
}

/// A descriptor of where the log would go; `None` is standard error.
pub(crate) fn share_of(file: Option<&LogFile>) -> io::Result<OwnedFd> {
    let place = if let Some(file) = file { file.as_fd() } else { place::stderr() };
    place.try_clone_to_owned()
}

/// The filter stands beside the layer, not around it: a layer with a filter of its own must not be exchanged, see
/// <https://github.com/tokio-rs/tracing/issues/1629>. And it stands outside: so it says of each place in the code, once for
/// each exchange, that it is never heard, and a line that is off costs a look at one atomic. The other way round
/// `Layered` makes a "sometimes" of that, and asks at each line.
fn written<W>(log: Log, colour: bool, writer: W) -> Written
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let access = if log.access { LevelFilter::from(Level::INFO) } else { LevelFilter::OFF };
    let filter = Targets::new().with_default(log.level).with_target(ACCESS, access);
    let lines = fmt::layer().with_writer(writer).event_format(Form::of(log.format, colour));
    lines.and_then(Limit).and_then(filter).boxed()
}

/// Log lines go to files and collectors too: colour is for a person at a terminal.
fn is_coloured() -> bool {
    let unset = |name| std::env::var_os(name).is_none_or(|value| value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
    output().is_terminal() && unset("NO_COLOR") && !dumb
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
    use std::sync::Mutex;

    use tracing::{Metadata, Subscriber, subscriber::Interest};

    use super::fuzz::Page;
    use super::*;
    use crate::config::LogFormat;

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
        let reader = page.clone();
        let make = |log| {
            let page = page.clone();
            written(log, false, move || page.clone())
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
            let said = reader.take();
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
            let said = reader.take();
            let messages: Vec<String> = said
                .lines()
                .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["message"].to_string())
                .collect();
            assert_eq!(messages, ["\"detail\"", "\"news\"", "\"trouble\"", "\"closed\""]);

            handle.reload(make(Log { level: Level::ERROR, ..all })).unwrap();
            say();
            let said = reader.take();
            assert!(said.contains("closed") && said.lines().count() == 1, "each has its own level: {said}");

            handle.reload(make(news)).unwrap();
            say();
            assert_eq!(reader.take().lines().count(), 2, "as at first");
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
            let lines = written(
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
