//! What the suite is asked for.

use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use prefork_client::Transform;

/// Ten minutes.
const LONG: Duration = Duration::from_secs(600);

/// Does everything to a server that can happen to one, and looks after each step whether all is as it should be.
#[derive(Debug, Parser)]
#[command(name = "torture")]
pub(crate) struct Arguments {
    /// For how long; each kind of step is made once at least, however long that takes
    #[arg(long = "for", value_name = "DURATION", default_value = "2m", value_parser = humantime::parse_duration)]
    time: Duration,

    /// Ten minutes
    #[arg(long, conflicts_with = "time")]
    long: bool,

    /// What chance decides: the steps and what the clients do; printed, so that a run can be repeated
    #[arg(long)]
    pub(crate) seed: Option<u64>,

    /// So many steps at most
    #[arg(long, value_name = "N")]
    pub(crate) steps: Option<usize>,

    /// Steps with these words in their names only
    #[arg(long, value_name = "WORDS", value_delimiter = ',')]
    pub(crate) only: Vec<String>,

    /// Fail if there is a step that is not possible here
    #[arg(long)]
    pub(crate) all: bool,

    /// Another server: its command line, with placeholders such as {port} and {config}
    #[arg(long, value_name = "COMMAND")]
    pub(crate) server: Option<String>,

    /// Its configuration, with the same placeholders; without one {config} is an empty file
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    /// It takes prefork-echo's commands: `status`, `reload` …
    #[arg(long, requires = "server")]
    pub(crate) contract: bool,

    /// What it does to what it sends back
    #[arg(long, value_name = "NAME", default_value = "uppercase")]
    pub(crate) transform: Transform,
}

impl Arguments {
    /// For how long the server is tortured.
    pub(crate) fn time(&self) -> Duration {
        if self.long { LONG } else { self.time }
    }
}
