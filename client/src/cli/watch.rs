//! The arguments of `watch`.

use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::time::Duration;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, value_parser};

use super::values::{connections, duration, timeout};
use crate::watch::{self, Ending, Plan};
use crate::{Address, Error, Options, Transform, interrupt};

/// The most messages on a connection.
const COUNT_MAX: i64 = 1_000_000;

#[derive(Debug, Args)]
pub(super) struct WatchArguments {
    /// Where the server listens: host:port or unix:PATH
    #[arg(value_name = "ADDR", default_value_t)]
    pub(super) address: Address,
    /// Connections to open at once (1 to 10000)
    #[arg(short, long, value_name = "N", default_value = "6", value_parser = connections)]
    pub(super) connections: NonZeroUsize,
    /// What each connection sends; {lane} is its number
    #[arg(short, long, value_name = "TEXT", default_value = "hello from connection {lane}")]
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    message: String,
    /// How often each connection sends it (1 to 1000000)
    #[arg(short = 'n', long, value_name = "N", default_value = "3")]
    #[arg(value_parser = value_parser!(u32).range(1..=COUNT_MAX))]
    count: u32,
    /// Pause between an echo and the next message
    #[arg(short, long, value_name = "TIME", default_value = "500ms", value_parser = duration)]
    interval: Duration,
    /// How long to keep the connection open after the last echo
    #[arg(long, value_name = "TIME", default_value = "0s", value_parser = duration)]
    hold: Duration,
    /// How long to wait for a connection, and for an echo
    #[arg(long, value_name = "TIME", default_value = "1m", value_parser = timeout)]
    timeout: Duration,
    /// How long to try again while the server is not up: refused, no such socket or name
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = duration)]
    retry: Duration,
    /// What the server does to the bytes that it sends back
    #[arg(long, value_name = "NAME", value_enum, default_value_t)]
    transform: Transform,
    /// Print a JSON object per event and a summary object at the end
    #[arg(long)]
    json: bool,
}

impl WatchArguments {
    pub(super) fn run(self) -> Result<ExitCode, Error> {
        let json = self.json;
        let ending = watch::run(&self.into_plan(), json)?;
        Ok(match ending {
            Ending::Correct => ExitCode::SUCCESS,
            Ending::Failed => ExitCode::FAILURE,
            Ending::Interrupted => ExitCode::from(interrupt::EXIT_CODE),
        })
    }

    fn into_plan(self) -> Plan {
        Plan {
            address: self.address,
            options: Options {
                connect_timeout: self.timeout,
                echo_timeout: self.timeout,
                retry: self.retry,
                transform: self.transform,
            },
            connections: self.connections,
            message: self.message,
            count: self.count,
            interval: self.interval,
            hold: self.hold,
        }
    }
}
