//! What may stand on the command line, and what `--help` says of it.

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Args, CommandFactory, Parser, Subcommand, ValueHint};

use crate::config::{KEYS, Key, Sources};
use crate::control::Size;

/// A preforking TCP server: a master, workers, a thread per connection. Upper-cases what it reads and sends it back.
#[derive(Debug, Parser)]
#[command(name = "prefork-echo", version, after_help = AFTER_HELP)]
pub(super) struct Cli {
    #[command(flatten)]
    file: FileArgs,
    #[command(subcommand)]
    pub(super) command: Option<Command>,
}

#[derive(Debug, Args)]
struct FileArgs {
    /// The configuration [default: ./config.toml if it is there, else what is built in]
    #[arg(short, long, value_name = "FILE", global = true, value_hint = ValueHint::FilePath)]
    config: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Serve in the foreground (the default)
    #[command(after_help = RUN_EXAMPLES)]
    Run,
    /// Check the configuration and print "ok", or what is wrong and where
    ///
    /// Names are resolved and users looked up; nothing is opened or bound: an address that is taken and a log file that
    /// cannot be opened are found by `run` and `reload`.
    #[command(after_help = CHECK_EXAMPLES)]
    Check,
    /// Print how the pool is: who is served, who waits
    #[command(after_help = STATUS_EXAMPLES)]
    Status(Format),
    /// Show the same live
    #[command(after_help = TOP_EXAMPLES)]
    Top,
    /// Print who waits in the accept queues, and for how long
    #[command(after_help = QUEUE_EXAMPLES)]
    Queue(QueueFormat),
    /// Read the configuration again: a new generation of workers takes the place of the old one, and nobody is lost
    #[command(after_help = RELOAD_EXAMPLES)]
    Reload(OutcomeFormat),
    /// Change the number of workers: N, +N or -N, until the next reload
    #[command(after_help = SCALE_EXAMPLES)]
    Scale {
        /// How many workers, or how many more or less
        #[arg(value_name = "N", allow_hyphen_values = true, value_parser = Size::parse)]
        size: Size,
        #[command(flatten)]
        format: OutcomeFormat,
    },
    /// Start the program again as it is now on disk; it takes over the listeners, and nobody is lost
    #[command(after_help = UPGRADE_EXAMPLES)]
    Upgrade(OutcomeFormat),
    /// Open the log's file anew, in all processes, after the one before was put aside
    #[command(after_help = REOPEN_EXAMPLES)]
    Reopen(OutcomeFormat),
    /// Stop the pool: serve who is connected or waiting, and wait for its end
    #[command(after_help = STOP_EXAMPLES)]
    Stop {
        /// Do not wait for anybody
        #[arg(long)]
        now: bool,
    },
    /// Let the workers finish and leave; the master stays, and clients wait until `reload` or `scale`
    #[command(after_help = DRAIN_EXAMPLES)]
    Drain,
    /// Print what happened last: births, deaths and their causes, saturation
    #[command(after_help = EVENTS_EXAMPLES)]
    Events(EventsFormat),
    /// Exit with 0 when the pool takes connections, with 1 when not: for health checks
    #[command(after_help = HEALTH_EXAMPLES)]
    Health,
    /// Print the configuration
    #[command(after_help = CONFIG_EXAMPLES)]
    Config {
        #[command(subcommand)]
        command: ConfigCommand,
    },
}

#[derive(Debug, Args)]
pub(super) struct Format {
    /// As JSON: one document, described by docs/status.schema.json
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct OutcomeFormat {
    /// As JSON: a line with `ok`, `text`, `generation` and `took_seconds`, also when it has failed
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct QueueFormat {
    /// As JSON: what the status says of the queues, under the same keys
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct EventsFormat {
    /// As JSON: one document, described by docs/events.schema.json
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
    /// Print each value in force, with its origin
    #[command(after_help = CONFIG_EXAMPLES)]
    Show,
    /// Print the built-in configuration as a commented file
    #[command(after_help = CONFIG_EXAMPLES)]
    Default,
}

const FLAGS_HEADING: &str = "Configuration (a flag is stronger than a variable, a variable than the file)";

const AFTER_HELP: &str = "\
Signals:
  TERM, INT, QUIT  serve who is connected or waiting, then exit; a second
                   one exits at once
  HUP              reload; from a terminal that is gone, as TERM
  TTIN, TTOU       one worker more, one less
  WINCH            drain the workers and keep the master
  USR1             open the log's file anew
  USR2             upgrade
  TERM to a worker replaces that worker.

Exit codes:
  0   clean
  1   failure
  2   usage
  69  cannot bind, or no master answers
  70  the first workers never got ready
  78  bad configuration

Examples:
  prefork-echo                           serve with ./config.toml
  prefork-echo --workers 4 --threads 64  the same with a larger pool
  prefork-echo --listen '[::]:7000'      IPv6 and IPv4, another port
  prefork-echo --sleep 1s                pretended work for each message
  PREFORK_LOG_ACCESS=true prefork-echo   one line per connection
  prefork-echo status                    who is served, who waits
  prefork-echo reload                    take over a new configuration";

const RUN_EXAMPLES: &str = "\
Examples:
  prefork-echo run                  with ./config.toml, or what is built in
  prefork-echo run -c /etc/prefork-echo.toml
  prefork-echo run --workers 1..8   as many as are needed, eight at most";

const CHECK_EXAMPLES: &str = "\
Examples:
  prefork-echo check              ok, or the line and what is wrong in it
  prefork-echo check -c new.toml && cp new.toml config.toml";

const STATUS_EXAMPLES: &str = "\
Examples:
  prefork-echo status
  prefork-echo status --json | python3 -m json.tool
  prefork-echo status --control @prefork-echo-7000   another pool";

const TOP_EXAMPLES: &str = "\
Examples:
  prefork-echo top   q quits; the arrows scroll
  prefork-echo top --control @prefork-echo-7000";

const QUEUE_EXAMPLES: &str = "\
Examples:
  prefork-echo queue          the longest wait first
  prefork-echo queue --json   by the keys of the status";

const RELOAD_EXAMPLES: &str = "\
Examples:
  prefork-echo reload          exit code 0: the new generation serves
  prefork-echo reload --json   the outcome as a line of JSON";

const SCALE_EXAMPLES: &str = "\
Examples:
  prefork-echo scale 4    four workers
  prefork-echo scale +1   one more
  prefork-echo scale -2   two less";

const UPGRADE_EXAMPLES: &str = "\
Examples:
  cargo install --path . && prefork-echo upgrade   the new one takes over";

const REOPEN_EXAMPLES: &str = "\
Examples:
  mv pool.log pool.log.1 && prefork-echo reopen   exit code 0: each process
                                                  was handed the new file";

const STOP_EXAMPLES: &str = "\
Examples:
  prefork-echo stop         returns when the pool has ended
  prefork-echo stop --now   breaks off who is connected";

const DRAIN_EXAMPLES: &str = "\
Examples:
  prefork-echo drain     returns when the last worker has left
  prefork-echo scale 2   and two workers serve whoever waited";

const EVENTS_EXAMPLES: &str = "\
Examples:
  prefork-echo events          the oldest first
  prefork-echo events --json";

const HEALTH_EXAMPLES: &str = "\
Examples:
  prefork-echo health || echo 'not ready'
  HEALTHCHECK CMD [\"prefork-echo\", \"health\"]   in a Dockerfile";

const CONFIG_EXAMPLES: &str = "\
Examples:
  prefork-echo config show      each value in force, and its origin
  prefork-echo config default > config.toml   a file to begin with";

/// The commands that serve or would: all keys have a flag there. The others ask a master that has its configuration.
const CONFIGURED: [&str; 3] = ["run", "check", "config"];

/// The command line, with a flag for each key of the configuration.
pub(crate) fn command() -> clap::Command {
    let command = Cli::command().args(KEYS.iter().map(flag));
    let asking: Vec<String> = command.get_subcommands().map(|asking| asking.get_name().to_owned()).collect();
    asking.iter().filter(|name| !CONFIGURED.contains(&name.as_str())).fold(command, |command, name| {
        // They are known there, to be refused with a reason.
        command.mut_subcommand(name, |asking| {
            asking.args(KEYS.iter().map(|key| flag(key).hide(!finds_the_master(key))))
        })
    })
}

/// Whether a key tells where a master is that runs.
pub(super) fn finds_the_master(key: &Key) -> bool {
    matches!(key.path, "control" | "listen")
}

fn flag(key: &'static Key) -> Arg {
    let flag = Arg::new(key.path)
        .long(key.long())
        .value_name(key.placeholder)
        .help(key.help)
        .help_heading(FLAGS_HEADING)
        .global(true);
    if key.is_switch() {
        return flag.num_args(0..=1).require_equals(true).default_missing_value("true");
    }
    // A list may be written as several flags.
    flag.action(if key.path == "listen" { ArgAction::Append } else { ArgAction::Set })
}

pub(super) fn sources(cli: &Cli, matches: &ArgMatches) -> Sources {
    let flags = KEYS.iter().filter_map(|key| {
        let texts: Vec<&str> = matches.get_many::<String>(key.path)?.map(String::as_str).collect();
        Some((key, texts.join(",")))
    });
    // What is no text cannot be one of our variables' values.
    let environment = std::env::vars_os()
        .filter_map(|(name, text)| Some((name.into_string().ok()?, text.to_string_lossy().into_owned())));
    Sources { file: cli.file.config.clone(), environment: environment.collect(), flags: flags.collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        command().debug_assert();
    }
}
