//! The arguments of `watch`.

use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::time::Duration;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, value_parser};

use super::values::{connections, duration, monitor, timeout};
use crate::pool::{self, Choice, Source};
use crate::watch::{self, Ending, Face, Plan};
use crate::{Address, Error, Options, Transform, interrupt};

pub(super) const AFTER_HELP: &str = "\
Keys, on a terminal:
  a, +      another connection
  r, -      release the one that is served for the longest time; it ends in
            order
  p, space  hold the picture still; the connections go on
  q, Esc    quit, with the summary

Examples:
  prefork-client watch                   two connections more than slots
  prefork-client watch --hold 1h         they stay until you press r, or q
  prefork-client watch -c 300 -n 2       hundreds: not all are shown
  prefork-client watch -c 8 | cat        a line per change, no picture
  prefork-client watch --json -c 6 | tail -n 1
  prefork-client watch --monitor server:8081 server:8080";

/// The most messages on a connection.
const COUNT_MAX: i64 = 1_000_000;

/// How often each connection sends its message unless somebody says so; more where somebody looks on.
const COUNT: u32 = 3;
const COUNT_LIVE: u32 = 10;

/// How long a connection and an echo are waited for unless somebody says so, or holds slots for longer.
const TIMEOUT: Duration = Duration::from_secs(60);

/// So many connections are opened where neither the user nor the server tells how many there should be.
const CONNECTIONS: usize = 6;

/// So many more than the server has slots, so that these wait.
const CONNECTIONS_WAITING: usize = 2;

/// The most connections that are opened without anybody asking for them.
const CONNECTIONS_UNASKED_MAX: usize = 500;

/// How long the start waits for the server to tell its capacity.
const PATIENCE: Duration = Duration::from_secs(1);

#[derive(Debug, Args)]
pub(super) struct WatchArguments {
    /// Where the server listens: host:port or unix:PATH
    #[arg(value_name = "ADDR", default_value_t)]
    pub(super) address: Address,
    /// Connections to open at once, 1 to 10000 [default: two more than the server has slots, at most 500; 6 if it does
    /// not tell]
    #[arg(short, long, value_name = "N", value_parser = connections)]
    pub(super) connections: Option<NonZeroUsize>,
    /// What each connection sends; {lane} is its number
    #[arg(short, long, value_name = "TEXT", default_value = "hello from connection {lane}")]
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    message: String,
    /// How often each connection sends it, 1 to 1000000 [default: 10 in the live view, else 3]
    #[arg(short = 'n', long, value_name = "N")]
    #[arg(value_parser = value_parser!(u32).range(1..=COUNT_MAX))]
    count: Option<u32>,
    /// Pause between an echo and the next message
    #[arg(short, long, value_name = "TIME", default_value = "500ms", value_parser = duration)]
    interval: Duration,
    /// How long to keep the connection open after the last echo
    #[arg(long, value_name = "TIME", default_value = "0s", value_parser = duration)]
    hold: Duration,
    /// How long to wait for a connection, and for an echo [default: 1m, or as long as --hold]
    #[arg(long, value_name = "TIME", value_parser = timeout)]
    timeout: Option<Duration>,
    /// How long to try again while the server is not up: refused, no such socket or name
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = duration)]
    retry: Duration,
    /// What the server does to the bytes that it sends back
    #[arg(long, value_name = "NAME", value_enum, default_value_t)]
    transform: Transform,
    /// Where the server's monitor is, to learn who serves whom; `none` asks nobody [default: the control socket of a
    /// server on this machine, then the next port]
    #[arg(long, value_name = "HOST:PORT", value_parser = monitor)]
    monitor: Option<Choice>,
    /// Print a JSON object per event and a summary object at the end
    #[arg(long)]
    json: bool,
    /// Draw with ASCII alone, as where the locale is not UTF-8
    #[arg(long)]
    ascii: bool,
}

impl WatchArguments {
    pub(super) fn run(self) -> Result<ExitCode, Error> {
        let face = match self.ascii {
            _ if self.json => Face::Json,
            ascii if watch::can_be_live() => Face::Live { ascii },
            ascii => Face::Text { ascii },
        };
        let ending = watch::run(&self.into_plan(face), face)?;
        Ok(match ending {
            Ending::Correct => ExitCode::SUCCESS,
            Ending::Failed => ExitCode::FAILURE,
            Ending::Unconnected => ExitCode::from(Error::NO_CONNECTION),
            Ending::Interrupted => ExitCode::from(interrupt::EXIT_CODE),
        })
    }

    fn into_plan(self, face: Face) -> Plan {
        let source = Source::of(&self.address, &self.monitor.unwrap_or_default());
        let connections = self.connections.unwrap_or_else(|| {
            let status = pool::ask_once(source.clone(), PATIENCE);
            connections_for(status.map(|status| status.pool.capacity))
        });
        // Who waits for a slot that is held for so long is to have that patience.
        let timeout = self.timeout.unwrap_or(self.hold.max(TIMEOUT));
        let count = if matches!(face, Face::Live { .. }) { COUNT_LIVE } else { COUNT };
        Plan {
            address: self.address,
            options: Options {
                connect_timeout: timeout,
                echo_timeout: timeout,
                retry: self.retry,
                transform: self.transform,
            },
            source,
            connections,
            message: self.message,
            count: self.count.unwrap_or(count),
            interval: self.interval,
            hold: self.hold,
        }
    }
}

/// How many connections show a pool of this capacity, if it is known.
fn connections_for(capacity: Option<usize>) -> NonZeroUsize {
    let connections = capacity.map_or(CONNECTIONS, |capacity| capacity.saturating_add(CONNECTIONS_WAITING));
    NonZeroUsize::new(connections.min(CONNECTIONS_UNASKED_MAX)).unwrap_or(NonZeroUsize::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_more_than_there_are_slots_show_the_queue() {
        let connections = |capacity| connections_for(capacity).get();
        assert_eq!([connections(None), connections(Some(4)), connections(Some(256))], [6, 6, 258]);
        assert_eq!([connections(Some(0)), connections(Some(usize::MAX))], [2, 500]);
    }
}
