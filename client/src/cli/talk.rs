//! The arguments of `talk`.

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

use super::values::{duration, timeout};
use crate::{Address, Connection, Error, Options, talk};

#[derive(Debug, Args)]
pub(super) struct TalkArguments {
    /// Where the server listens: host:port or unix:PATH
    #[arg(value_name = "ADDR", default_value_t)]
    pub(super) address: Address,
    /// How long to wait for the connection
    #[arg(long, value_name = "TIME", default_value = "1m", value_parser = timeout)]
    timeout: Duration,
    /// How long to try again while the server is not up
    #[arg(long, value_name = "TIME", default_value = "0s", value_parser = duration)]
    retry: Duration,
}

impl TalkArguments {
    pub(super) fn run(self) -> Result<ExitCode, Error> {
        let options = Options { connect_timeout: self.timeout, retry: self.retry, ..Options::default() };
        let connection = Connection::open(&self.address, &options)
            .map_err(|failure| Error::NoConnection { address: self.address, failure })?;
        talk::run(connection)?;
        Ok(ExitCode::SUCCESS)
    }
}
