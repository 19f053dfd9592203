//! Arguments become a command, a command an exit code; the one place that prints errors.

use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::time::Duration;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Parser, Subcommand, value_parser};

use crate::watch::{self, Ending, Plan};
use crate::{Address, Connection, Error, Options, Transform, human, interrupt, talk};

/// The most connections that may be asked for: each takes a thread here.
const CONNECTIONS_MAX: usize = 10_000;

/// The most messages on a connection.
const COUNT_MAX: i64 = 1_000_000;

/// The longest time that may be given for anything.
const DURATION_MAX: Duration = Duration::from_secs(24 * 60 * 60);

const AFTER_HELP: &str = "\
Examples:
  prefork-client                              open six connections: who is served, who waits?
  prefork-client -c 20 --hold 2s              twenty, each kept open for two seconds more
  prefork-client watch --json 127.0.0.1:9000  a JSON object per event, the summary last
  prefork-client talk                         type a line, see its echo and its round trip
  prefork-client talk < book.txt > BOOK.TXT   send a file, take all that comes back

Exit codes:
  0    every echo was correct
  1    some connections failed, or something wrong came back
  2    the arguments are wrong
  3    no connection was made at all
  130  interrupted, after the summary";

/// The client of prefork-echo: opens several connections and shows which are served and which wait.
///
/// Without a command, it does what `watch` does.
#[derive(Debug, Parser)]
#[command(name = "prefork-client", version, after_help = AFTER_HELP)]
#[command(args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    watch: WatchArguments,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Open many connections at once and show who is served and who waits
    ///
    /// A client cannot see when the server accepts it: "queued" means connected and without an echo, "served" is the
    /// first echoed byte. The service time is known from the later messages, which do not queue. A connection
    /// waited if its first echo took more than 100 ms longer than that.
    Watch(WatchArguments),
    /// Hold one conversation: a prompt on a terminal, a pipe otherwise
    Talk(TalkArguments),
}

#[derive(Debug, Args)]
struct WatchArguments {
    /// Where the server listens: host:port or unix:PATH
    #[arg(value_name = "ADDR", default_value_t)]
    address: Address,
    /// Connections to open at once (1 to 10000)
    #[arg(short, long, value_name = "N", default_value = "6", value_parser = connections)]
    connections: NonZeroUsize,
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

#[derive(Debug, Args)]
struct TalkArguments {
    /// Where the server listens: host:port or unix:PATH
    #[arg(value_name = "ADDR", default_value_t)]
    address: Address,
    /// How long to wait for the connection
    #[arg(long, value_name = "TIME", default_value = "1m", value_parser = timeout)]
    timeout: Duration,
    /// How long to try again while the server is not up
    #[arg(long, value_name = "TIME", default_value = "0s", value_parser = duration)]
    retry: Duration,
}

/// Runs the program: reads the arguments, does what they say, prints an error if there is one.
#[must_use]
pub fn main() -> ExitCode {
    let Cli { command, watch } = Cli::parse();
    let outcome = match command.unwrap_or(Command::Watch(watch)) {
        Command::Watch(arguments) => arguments.run(),
        Command::Talk(arguments) => arguments.run(),
    };
    match outcome {
        Ok(code) => code,
        Err(error) if error.is_closed_output() => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("prefork-client: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}

impl WatchArguments {
    fn run(self) -> Result<ExitCode, Error> {
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

impl TalkArguments {
    fn run(self) -> Result<ExitCode, Error> {
        let options = Options { connect_timeout: self.timeout, retry: self.retry, ..Options::default() };
        let connection = Connection::open(&self.address, &options)
            .map_err(|failure| Error::NoConnection { address: self.address, failure })?;
        talk::run(connection)?;
        Ok(ExitCode::SUCCESS)
    }
}

fn connections(text: &str) -> Result<NonZeroUsize, String> {
    let number =
        text.parse().ok().and_then(NonZeroUsize::new).filter(|number| number.get() <= CONNECTIONS_MAX);
    number.ok_or_else(|| format!("expected a number from 1 to {CONNECTIONS_MAX}"))
}

fn duration(text: &str) -> Result<Duration, String> {
    let duration = humantime::parse_duration(text)
        .map_err(|_| "expected a time with its unit, such as 500ms, 10s or 1m")?;
    if duration > DURATION_MAX {
        return Err(format!("at most {} is possible", human::limit(DURATION_MAX)));
    }
    Ok(duration)
}

fn timeout(text: &str) -> Result<Duration, String> {
    match duration(text)? {
        Duration::ZERO => Err("a timeout of nothing would never let anything come".to_owned()),
        timeout => Ok(timeout),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn parse(arguments: &[&str]) -> Cli {
        Cli::try_parse_from([&["prefork-client"], arguments].concat()).unwrap()
    }

    #[test]
    fn the_definition_of_the_arguments_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn no_command_means_watch() {
        for arguments in [&["-c", "8", "[::1]:9000"][..], &["[::1]:9000", "--connections", "8"]] {
            let cli = parse(arguments);
            assert!(cli.command.is_none());
            assert_eq!(
                (cli.watch.connections.get(), cli.watch.address.to_string()),
                (8, "[::1]:9000".to_owned())
            );
        }
    }

    #[test]
    fn a_command_comes_before_its_address() {
        let cli = parse(&["watch", "-c", "8", "localhost:9000"]);
        assert!(matches!(cli.command, Some(Command::Watch(watch)) if watch.connections.get() == 8));
        let cli = parse(&["talk", "unix:/run/echo"]);
        assert!(
            matches!(cli.command, Some(Command::Talk(talk)) if talk.address.to_string() == "unix:/run/echo")
        );
    }

    #[test]
    fn a_duration_has_a_unit_and_a_limit() {
        assert_eq!(duration("1m 30s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("1d"), Ok(DURATION_MAX));
        assert!(duration("25h").is_err());
        assert!(duration("5").is_err());
        assert!(timeout("0s").is_err());
    }

    #[test]
    fn the_number_of_connections_is_limited() {
        assert!(connections("1").is_ok() && connections("10000").is_ok());
        assert!(connections("0").is_err() && connections("10001").is_err() && connections("six").is_err());
    }
}
