//! The arguments of `talk`.

use std::io::{self, IsTerminal};
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

use super::values::{duration, timeout};
use crate::{Address, Connection, Error, Options, Transform, talk};

/// How long the prompt tries to connect again while the server is not up: long enough for a restart.
const RETRY_AT_THE_PROMPT: Duration = Duration::from_secs(10);

const AFTER_HELP: &str = "\
Examples:
  prefork-client talk               type a line, see its echo and its time
  prefork-client talk < in > out    send a file, take all that comes back
  echo hello | prefork-client talk [::1]:9000
  prefork-client talk --retry 1m unix:/run/echo.sock

Exit codes:
  0    every line got its echo; a line that was given up does not count
  1    a line got no answer or a wrong one; through a pipe: less came back
       than was sent, or the connection broke
  2    the arguments are wrong
  3    no connection was made
  130  interrupted";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct TalkArguments {
    /// Where the server listens: host:port or unix:PATH
    #[arg(value_name = "ADDR", default_value_t)]
    pub(super) address: Address,
    /// How long to wait for the connection
    #[arg(long, value_name = "TIME", default_value = "1m", value_parser = timeout)]
    timeout: Duration,
    /// How long to try again while the server is not up [default: 0s at the start, 10s when the prompt has lost it]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    retry: Option<Duration>,
    /// What the server does to the bytes that it sends back; for the prompt, which compares
    #[arg(long, value_name = "NAME", value_enum, default_value_t)]
    transform: Transform,
}

impl TalkArguments {
    pub(super) fn run(self) -> Result<ExitCode, Error> {
        let options = |retry| Options {
            connect_timeout: self.timeout,
            retry,
            transform: self.transform,
            ..Options::default()
        };
        let connection = Connection::open(&self.address, &options(self.retry.unwrap_or_default()))
            .map_err(|failure| Error::NoConnection { address: self.address.clone(), failure })?;
        if io::stdin().is_terminal() {
            let again = options(self.retry.unwrap_or(RETRY_AT_THE_PROMPT));
            let all_well = talk::prompt(connection, self.address, again)?;
            return Ok(if all_well { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        talk::pipe(connection, io::stdin(), io::stdout().lock())?;
        Ok(ExitCode::SUCCESS)
    }
}
