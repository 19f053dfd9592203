//! Arguments → a command → an exit code; the one place that prints errors.

mod arguments;

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::os::unix::fs::FileTypeExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use clap::FromArgMatches;
use clap::error::ErrorKind;
use serde::de::DeserializeOwned;

pub(crate) use self::arguments::command;
use self::arguments::{
    Cli, Command, ConfigCommand, EventsFormat, Format, QueueFormat, finds_the_master, sources,
};
use crate::activation::Activation;
use crate::config::{self, Config, Control, Origin, Refusal, Settings, Sources};
use crate::confinement::{self, Confinement};
use crate::control::{self, Change, Health, Question, Request};
use crate::error::Error;
use crate::face::{self, Limits, Style};
use crate::handler::Handler;
use crate::handover::Line;
use crate::limits;
use crate::logging::{self, LogFile};
use crate::master::{Inheritance, Life, Loaded, Master};
use crate::printable;
use crate::snapshot::{Events, QueueStatus, Status};
use crate::sys::WallTime;

/// How long a master may take to answer, once and while its answers are shown live.
const PATIENCE: Duration = Duration::from_secs(10);
const PATIENCE_LIVE: Duration = Duration::from_secs(1);

/// Runs the program: reads arguments, environment and file, and does what they say.
pub(crate) fn main<H: Handler>(handler: impl Fn(&Config) -> H + 'static) -> ExitCode {
    let matches = command().get_matches();
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let sources = sources(&cli, &matches);
    match run(&cli, sources, handler) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            if logging::has_file() {
                tracing::error!("{error}");
            }
            tell(&error.to_string());
            error.exit_code()
        }
    }
}

fn run<H: Handler>(
    cli: &Cli,
    sources: Sources,
    handler: impl Fn(&Config) -> H + 'static,
) -> Result<(), Error> {
    if let Some(Command::Config { command: ConfigCommand::Default }) = &cli.command {
        return print(&config::default_document());
    }
    let command = cli.command.as_ref().unwrap_or(&Command::Run);
    let usage = |refusal| match refusal {
        Refusal::Flag(message) => self::command().error(ErrorKind::ValueValidation, message).exit(),
        Refusal::Config(message) => Error::Config(message),
    };
    match command {
        Command::Check | Command::Config { .. } => {
            let settings = Settings::load(&sources).map_err(usage)?;
            logging::start(settings.config.log, None);
            warn(&settings.warnings);
            if let Command::Check = command {
                print("ok\n")
            } else {
                print(&printable::lines(&settings.show()))
            }
        }
        Command::Run => {
            let line = Line::of_environment().map_err(Error::system("take over from a master"))?;
            let refuse = |error: &Error| Line::tell_failure(line.as_ref(), error);
            let activation = match &line {
                Some(_) => Activation::default(),
                None => Activation::of_environment()?,
            };
            let settings = Settings::load(&sources).map_err(usage).inspect_err(refuse)?;
            let file =
                settings.config.log_file.as_deref().map(LogFile::open).transpose().inspect_err(refuse)?;
            logging::start(settings.config.log, file);
            warn(&settings.warnings);
            let confinement = prepare(&settings.config).inspect_err(refuse)?;
            serve((settings.config, confinement), sources, handler, Inheritance { line, activation })
        }
        _ => {
            refuse_flags_without_effect(&sources);
            let settings = Settings::load_for_asking(&sources).map_err(usage)?;
            let is_lost = ["listen", "control"].iter().all(|key| settings.origins[key] == Origin::Default);
            if is_lost && !settings.warnings.is_empty() {
                return Err(Error::Config(format!(
                    "which pool is meant is not known, since the configuration is not understood; name its control socket with --control\n{}",
                    settings.warnings.join("\n")
                )));
            }
            consult(command, &settings.config).map_err(|error| explained(error, &settings.warnings))
        }
    }
}

/// A master that runs has its configuration: flags that find it are all that a command which asks it may have.
fn refuse_flags_without_effect(sources: &Sources) {
    if let Some((key, _)) = sources.flags.iter().find(|(key, _)| !finds_the_master(key)) {
        let flag = key.flag();
        let message =
            format!("{flag} is for a pool that starts; change the file and `reload`, or see `scale`");
        command().error(ErrorKind::ArgumentConflict, message).exit();
    }
}

/// Asks a master that runs.
fn consult(command: &Command, config: &Config) -> Result<(), Error> {
    match command {
        Command::Status(format) => status(config, format),
        Command::Queue(format) => queue(config, format),
        Command::Events(format) => events(config, format),
        Command::Top => top(config),
        Command::Health => health(config),
        Command::Reload(format) => change(config, Request::Change(Change::Reload), format.json),
        Command::Scale { size, format } => change(config, Request::Change(Change::Scale(*size)), format.json),
        Command::Upgrade(format) => change(config, Request::Change(Change::Upgrade), format.json),
        Command::Reopen(format) => change(config, Request::Reopen, format.json),
        Command::Stop { now } => change(config, Request::Stop { now: *now }, false),
        Command::Drain => change(config, Request::Change(Change::Rest), false),
        Command::Run | Command::Check | Command::Config { .. } => unreachable!("they ask nobody"),
    }
}

/// A master that is not found may be elsewhere, by what could not be understood of the configuration.
fn explained(error: Error, problems: &[String]) -> Error {
    match error {
        Error::NoMaster { address, cause } if !problems.is_empty() => {
            let cause =
                format!("{cause}\nthe configuration was not understood in full: {}", problems.join("\n"));
            Error::NoMaster { address, cause }
        }
        other => other,
    }
}

/// Where the master that has this configuration answers.
fn control_of(config: &Config) -> Result<Control, Error> {
    let unknown = |cause| Error::NoMaster {
        address: "an unknown place".to_owned(),
        cause: format!("{cause}; name the control socket with --control, as the master's log does"),
    };
    Control::of(config).map_err(unknown)
}

/// Asks for a change, and prints what became of it.
fn change(config: &Config, request: Request, json: bool) -> Result<(), Error> {
    let outcome = control::ask_for_change(&control_of(config)?, request, tell)?;
    if json {
        let text = serde_json::to_string(&outcome).map_err(Error::system("write the outcome"))?;
        print_json(&text)?;
    } else if outcome.ok {
        let took = Duration::try_from_secs_f64(outcome.took_seconds).unwrap_or_default();
        print(&format!("{}; it took {took:.1?}\n", printable::lines(&outcome.text)))?;
    }
    if outcome.ok { Ok(()) } else { Err(Error::Failed(outcome.text)) }
}

/// Asks the master that has this configuration.
fn ask(config: &Config, question: Question, patience: Duration) -> Result<String, Error> {
    control::ask(&control_of(config)?, Request::Ask(question), patience)
}

fn ask_status(config: &Config, question: Question, patience: Duration) -> Result<Status, Error> {
    parse(&ask(config, question, patience)?)
}

fn parse<T: DeserializeOwned>(answer: &str) -> Result<T, Error> {
    serde_json::from_str(answer)
        .map_err(|error| Error::system("read the master's answer; is it of another version?")(error))
}

fn status(config: &Config, format: &Format) -> Result<(), Error> {
    if format.json {
        return print_json(&ask(config, Question::Status, PATIENCE)?);
    }
    print(&face::text::status(
        &ask_status(config, Question::Status, PATIENCE)?,
        Style::of_stdout(Limits::GLANCE),
    ))
}

fn queue(config: &Config, format: &QueueFormat) -> Result<(), Error> {
    let status = ask_status(config, Question::Queue, PATIENCE)?;
    if !format.json {
        return print(&face::text::queue(&status, Style::of_stdout(Limits::NONE)));
    }
    let queue = serde_json::to_string(&QueueStatus::from(status));
    print_json(&queue.map_err(Error::system("write the queue"))?)
}

fn events(config: &Config, format: &EventsFormat) -> Result<(), Error> {
    let answer = ask(config, Question::Events, PATIENCE)?;
    if format.json {
        return print_json(&answer);
    }
    let Events { events, .. } = parse(&answer)?;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    print(&face::events::events(&events, now.as_secs(), WallTime::at, Style::of_stdout(Limits::NONE)))
}

fn top(config: &Config) -> Result<(), Error> {
    // Before the screen changes: the first failure is one that the user sees.
    ask_status(config, Question::Status, PATIENCE)?;
    if !io::stdout().is_terminal() {
        return Err(Error::system("show the pool live")(io::Error::other(
            "the output is no terminal; `status` prints it once",
        )));
    }
    let fetch = || ask_status(config, Question::Status, PATIENCE_LIVE);
    // Where it is known is known: what counts is the cause.
    let words = |error| match error {
        Error::NoMaster { cause, .. } | Error::Refused { cause, .. } => cause,
        other => other.to_string(),
    };
    face::top::run(|| fetch().map_err(words)).map_err(Error::system("draw the pool"))
}

fn health(config: &Config) -> Result<(), Error> {
    let answer =
        ask(config, Question::Health, PATIENCE).map_err(|error| Error::NotReady(error.to_string()))?;
    let health: Health = serde_json::from_str(&answer).map_err(|error| Error::NotReady(error.to_string()))?;
    match health.reason {
        None if health.ready => print("ready\n"),
        reason => Err(Error::NotReady(reason.unwrap_or_default())),
    }
}

fn serve<H: Handler>(
    (config, confinement): (Config, Confinement),
    sources: Sources,
    handler: impl Fn(&Config) -> H + 'static,
    passed: Inheritance,
) -> Result<(), Error> {
    // It is root's rights alone that this cuts, and what is not to be had stays as it is.
    if let Err(error) = confinement::keep_those_of_master() {
        tracing::warn!("the master keeps capabilities that it does not need: {error}");
    }
    let first = Loaded { handler: handler(&config), config, confinement };
    let load = Box::new(move || load(&sources, &handler));
    // When this returns in a worker, the master that it was is gone, and with it all that is not the worker's.
    match Master::new(first, load, passed)?.run()? {
        Life::Master => Ok(()),
        Life::Worker(worker) => worker.run(),
        Life::Monitor(monitor) => monitor.run(),
    }
}

/// What the system has to allow for a configuration, and what its children are to be.
fn prepare(config: &Config) -> Result<Confinement, Error> {
    let confinement = Confinement::of(&config.security)?;
    limits::prepare(config, &confinement, config.worker_range().1, 0)?;
    Ok(confinement)
}

/// Reads the configuration again, and makes the service for it. Flags and variables are those of the start.
fn load<H: Handler>(sources: &Sources, handler: &impl Fn(&Config) -> H) -> Result<Loaded<H>, Error> {
    // Its writer is gone, and the master must not wait for another one.
    let path = sources.file.as_deref().unwrap_or(Path::new(config::FILE));
    if is_fifo(path) {
        let why = format!("the configuration {} is a pipe, which can be read once", path.display());
        return Err(Error::Config(why));
    }
    let settings = Settings::load(sources).map_err(|refusal| match refusal {
        Refusal::Flag(message) | Refusal::Config(message) => Error::Config(message),
    })?;
    warn(&settings.warnings);
    let config = settings.config;
    let confinement = prepare(&config)?;
    // It is somebody's own, and the pool goes on without it.
    match catch_unwind(AssertUnwindSafe(|| handler(&config))) {
        Ok(handler) => Ok(Loaded { config, confinement, handler }),
        Err(_) => {
            Err(Error::Config("the service panicked while it was made for this configuration".to_owned()))
        }
    }
}

fn is_fifo(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| metadata.file_type().is_fifo())
}

fn warn(warnings: &[String]) {
    for warning in warnings {
        tracing::warn!("{warning}");
    }
}

/// Says something on standard error, in one write, since workers do so too.
fn tell(words: &str) {
    // Nobody is left to tell when this fails.
    let _ = io::stderr().write_all(format!("prefork-echo: {}\n", printable::lines(words)).as_bytes());
}

fn print_json(document: &str) -> Result<(), Error> {
    print(&(printable::json(document) + "\n"))
}

fn print(text: &str) -> Result<(), Error> {
    match io::stdout().write_all(text.as_bytes()) {
        // `| head` has read enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result.map_err(Error::system("print")),
    }
}
