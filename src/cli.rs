//! Arguments → a command → an exit code; the one place that prints errors.

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::error::ErrorKind;
use clap::{Arg, ArgAction, ArgMatches, Args, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::config::{self, Config, Control, KEYS, Key, Refusal, Settings, Sources};
use crate::control::{self, Health, Request};
use crate::error::Error;
use crate::face::{self, Limits, Style};
use crate::handler::Handler;
use crate::limits;
use crate::logging;
use crate::master::{Life, Master};
use crate::snapshot::{QueueStatus, Status};

/// A preforking TCP server: a master, workers, a thread per connection. Upper-cases what it reads and sends it back.
#[derive(Debug, Parser)]
#[command(name = "prefork-echo", version, after_help = AFTER_HELP)]
struct Cli {
    #[command(flatten)]
    file: FileArgs,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Args)]
struct FileArgs {
    /// The configuration [default: ./config.toml if it is there, else what is built in]
    #[arg(short, long, value_name = "FILE", global = true)]
    config: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve in the foreground (the default)
    Run,
    /// Check the configuration and print "ok", or what is wrong and where
    Check,
    /// Print how the pool is: who is served, who waits
    Status(Format),
    /// Show the same live
    Top,
    /// Print who waits in the accept queues, and for how long
    Queue(QueueFormat),
    /// Exit with 0 when the pool takes connections, with 1 when not: for health checks
    Health,
    /// Print the configuration
    Config {
        #[command(subcommand)]
        command: ConfigCommand,
    },
}

#[derive(Debug, Args)]
struct Format {
    /// As JSON: one document, described by docs/status.schema.json
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct QueueFormat {
    /// As JSON: what the status says of the queues, under the same keys
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Print each value in force, with its origin
    Show,
    /// Print the built-in configuration as a commented file
    Default,
}

/// How long a master may take to answer, once and while its answers are shown live.
const PATIENCE: Duration = Duration::from_secs(10);
const PATIENCE_LIVE: Duration = Duration::from_secs(1);

const FLAGS_HEADING: &str = "Configuration (a flag is stronger than a variable, a variable than the file)";

const AFTER_HELP: &str = "\
Signals: TERM, INT, QUIT, HUP serve who is connected or waiting, then exit; a second one, except HUP, exits at once.
TERM to a worker replaces that worker.

Exit codes: 0 clean, 1 failure, 2 usage, 69 cannot bind or no master answers, 70 the first workers never got ready, 78 bad configuration.

Examples:
  prefork-echo                                  serve with ./config.toml
  prefork-echo --workers 4 --threads 64         the same with a larger pool
  prefork-echo --listen '[::]:7000' --sleep 1s  both families, and one second of pretended work per message
  PREFORK_LOG_ACCESS=true prefork-echo          one line per connection
  prefork-echo status                           who is served, who waits (top: live, queue: everybody who waits)";

/// Runs the program: reads arguments, environment and file, and does what they say.
pub(crate) fn main<H: Handler>(handler: impl FnOnce(&Config) -> H) -> ExitCode {
    let matches = command().get_matches();
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    match run(&cli, &sources(&cli, &matches), handler) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // In one write, since workers print too. Nobody is left to tell when this fails.
            let _ = io::stderr().write_all(format!("prefork-echo: {error}\n").as_bytes());
            error.exit_code()
        }
    }
}

fn run<H: Handler>(cli: &Cli, sources: &Sources, handler: impl FnOnce(&Config) -> H) -> Result<(), Error> {
    if let Some(Command::Config { command: ConfigCommand::Default }) = &cli.command {
        return print(&config::default_document());
    }
    let settings = Settings::load(sources).map_err(|refusal| match refusal {
        Refusal::Flag(message) => command().error(ErrorKind::ValueValidation, message).exit(),
        Refusal::Config(message) => Error::Config(message),
    })?;
    logging::start(settings.config.log);
    for warning in &settings.warnings {
        tracing::warn!("{warning}");
    }
    match cli.command.as_ref().unwrap_or(&Command::Run) {
        Command::Check => print("ok\n"),
        Command::Config { .. } => print(&settings.show()),
        Command::Run => serve(settings.config, handler),
        Command::Status(format) => status(&settings.config, format),
        Command::Queue(format) => queue(&settings.config, format),
        Command::Top => top(&settings.config),
        Command::Health => health(&settings.config),
    }
}

/// Asks the master that has this configuration.
fn ask(config: &Config, request: Request, patience: Duration) -> Result<String, Error> {
    let unknown = |cause| Error::NoMaster {
        address: "an unknown place".to_owned(),
        cause: format!("{cause}; name the control socket with --control, as the master's log does"),
    };
    control::ask(&Control::of(config).map_err(unknown)?, request, patience)
}

fn ask_status(config: &Config, request: Request, patience: Duration) -> Result<Status, Error> {
    let answer = ask(config, request, patience)?;
    serde_json::from_str(&answer)
        .map_err(|error| Error::system("read the master's answer; is it of another version?")(error))
}

fn status(config: &Config, format: &Format) -> Result<(), Error> {
    if format.json {
        return print(&(ask(config, Request::Status, PATIENCE)? + "\n"));
    }
    print(&face::text::status(
        &ask_status(config, Request::Status, PATIENCE)?,
        Style::of_stdout(Limits::GLANCE),
    ))
}

fn queue(config: &Config, format: &QueueFormat) -> Result<(), Error> {
    let status = ask_status(config, Request::Queue, PATIENCE)?;
    if !format.json {
        return print(&face::text::queue(&status, Style::of_stdout(Limits::NONE)));
    }
    let queue = serde_json::to_string(&QueueStatus::from(status));
    print(&(queue.map_err(Error::system("write the queue"))? + "\n"))
}

fn top(config: &Config) -> Result<(), Error> {
    // Before the screen changes: the first failure is one that the user sees.
    ask_status(config, Request::Status, PATIENCE)?;
    if !io::stdout().is_terminal() {
        return Err(Error::system("show the pool live")(io::Error::other(
            "the output is no terminal; `status` prints it once",
        )));
    }
    let fetch = || ask_status(config, Request::Status, PATIENCE_LIVE);
    // Where it is known is known: what counts is the cause.
    let words = |error| match error {
        Error::NoMaster { cause, .. } | Error::Refused { cause, .. } => cause,
        other => other.to_string(),
    };
    face::top::run(|| fetch().map_err(words)).map_err(Error::system("draw the pool"))
}

fn health(config: &Config) -> Result<(), Error> {
    let answer =
        ask(config, Request::Health, PATIENCE).map_err(|error| Error::NotReady(error.to_string()))?;
    let health: Health = serde_json::from_str(&answer).map_err(|error| Error::NotReady(error.to_string()))?;
    match health.reason {
        None if health.ready => print("ready\n"),
        reason => Err(Error::NotReady(reason.unwrap_or_default())),
    }
}

fn serve<H: Handler>(config: Config, handler: impl FnOnce(&Config) -> H) -> Result<(), Error> {
    limits::prepare(&config)?;
    let handler = handler(&config);
    // When this returns in a worker, the master that it was is gone, and with it all that is not the worker's.
    match Master::new(config, handler)?.run()? {
        Life::Master => Ok(()),
        Life::Worker(worker) => worker.run(),
        Life::Monitor(monitor) => monitor.run(),
    }
}

fn print(text: &str) -> Result<(), Error> {
    match io::stdout().write_all(text.as_bytes()) {
        // `| head` has read enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result.map_err(Error::system("print")),
    }
}

/// The command line, with a flag for each key of the configuration.
fn command() -> clap::Command {
    Cli::command().args(KEYS.iter().map(flag))
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

fn sources(cli: &Cli, matches: &ArgMatches) -> Sources {
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
