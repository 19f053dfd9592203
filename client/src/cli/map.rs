//! The arguments of `map`.

use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

use super::values::{duration, timeout};
use crate::map::{self, Ending, Order, Plan};
use crate::{Address, Error, Options, Transform, interrupt};

/// The most connections: each has a thread, and they share a window of 16 MiB.
const CONNECTIONS_MAX: usize = 1_000;

const AFTER_HELP: &str = "\
Examples:
  prefork-client map < in > out     every line, through four connections
  prefork-client map -c 16 --unordered < in | sort
  tail -f app.log | prefork-client map | grep ERROR
  seq 1000000 | prefork-client map --json 2> summary.json | tail -n 1

Exit codes:
  0    every line has come back, after however many attempts
  1    a line failed on ten new connections, no echo came for --timeout, or
       one was wrong (and not written)
  2    the arguments are wrong
  3    no connection was made at all
  130  interrupted, after the summary";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct MapArguments {
    /// Where the server listens: host:port or unix:PATH
    #[arg(value_name = "ADDR", default_value_t)]
    pub(super) address: Address,
    /// Connections to use (1 to 1000)
    #[arg(short, long, value_name = "N", default_value = "4", value_parser = connections)]
    pub(super) connections: NonZeroUsize,
    /// Write lines as they come back; each stays whole, and may be 16 MiB long
    #[arg(long)]
    unordered: bool,
    /// How long to wait for a connection, and for an echo
    #[arg(long, value_name = "TIME", default_value = "1m", value_parser = timeout)]
    timeout: Duration,
    /// How long to try again while the server is not up: refused, no such socket or name
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = duration)]
    retry: Duration,
    /// What the server does to the bytes that it sends back
    #[arg(long, value_name = "NAME", value_enum, default_value_t)]
    transform: Transform,
    /// Print the summary to stderr as a JSON object
    #[arg(long)]
    json: bool,
}

impl MapArguments {
    pub(super) fn run(self) -> Result<ExitCode, Error> {
        let plan = Plan {
            address: self.address,
            options: Options {
                connect_timeout: self.timeout,
                echo_timeout: self.timeout,
                retry: self.retry,
                transform: self.transform,
            },
            connections: self.connections,
            order: if self.unordered { Order::Any } else { Order::Input },
            json: self.json,
        };
        Ok(match map::run(&plan)? {
            Ending::Complete => ExitCode::SUCCESS,
            Ending::Interrupted => ExitCode::from(interrupt::EXIT_CODE),
        })
    }
}

fn connections(text: &str) -> Result<NonZeroUsize, String> {
    let number =
        text.parse().ok().and_then(NonZeroUsize::new).filter(|number| number.get() <= CONNECTIONS_MAX);
    number.ok_or_else(|| format!("expected a number from 1 to {CONNECTIONS_MAX}"))
}
