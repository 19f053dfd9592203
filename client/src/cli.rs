//! Arguments become a command, a command an exit code; the one place that prints errors.

mod bench;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz;
mod map;
mod plan;
mod talk;
mod values;
mod watch;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use bench::BenchArguments;
use map::MapArguments;
use plan::PlanArguments;
use talk::TalkArguments;
use watch::WatchArguments;

const AFTER_HELP: &str = "\
Examples:
  prefork-client                     two connections more than slots
  prefork-client -c 20 --hold 2s     twenty, kept open two seconds more
  prefork-client talk                type a line, see its echo
  prefork-client map < in > out      every line, through four connections
  prefork-client bench -c 4 -d 10s   how much it serves, and how fast
  prefork-client plan --rate 300 --service 10ms --target-wait 1ms

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
    /// waited if its first echo took more than 100 ms longer than that. Where the server tells of itself, by its control
    /// socket or its monitor, it is also shown who serves each connection and how long it stood in the queue.
    ///
    /// On a terminal this is a picture that moves, with a lane for each connection; else, and where TERM is `dumb`, a
    /// line per change. Who quits gets the exit code of what had happened until then.
    #[command(after_help = watch::AFTER_HELP)]
    Watch(WatchArguments),
    /// Hold one conversation: a prompt on a terminal, a pipe otherwise
    ///
    /// At the prompt, Ctrl-C gives up a line and Ctrl-D ends. A connection that is lost is made again with the next line,
    /// and a line that is lost with it is sent once more. Lines are remembered in
    /// $XDG_STATE_HOME/prefork-client/history (~/.local/state without it), except those that begin with a space. What
    /// comes through a pipe is not compared with anything.
    Talk(TalkArguments),
    /// Send every line of standard input through several connections, and write what comes back
    ///
    /// A new connection gets one line, and more when that has come back; a line that waits in the server's queue is given
    /// to a connection that is served. Lines of a connection that fails are sent again on another one. What is written is
    /// right and whole, in any case.
    Map(MapArguments),
    /// Measure how much the server serves and how fast, and verify every byte
    ///
    /// In a closed loop a slow server is asked less often, which hides how long its clients would wait. With --rate the
    /// times of the requests are fixed before, and latency counts from these, however late a request is sent.
    Bench(BenchArguments),
    /// Calculate how long clients wait, or how many slots keep the wait short
    ///
    /// What queueing theory says of clients that come by chance (Poisson arrivals), one connection per request, served
    /// first come, first served. Each figure is explained with its formula's source; ≈ marks an approximation.
    ///
    /// For replicas behind a balancer, give two of --replicas, --slots (of each) and a target: the third is found, for
    /// one queue at the balancer and for replicas that are chosen at random, between which other ways lie.
    Plan(PlanArguments),
}

/// The command line of [`main`], from which man pages and shell completions are made.
#[must_use]
pub fn command() -> clap::Command {
    Cli::command()
}

/// Runs the program: reads the arguments, does what they say, prints an error if there is one.
#[must_use]
pub fn main() -> ExitCode {
    let Cli { command, watch } = Cli::parse();
    let outcome = match command.unwrap_or(Command::Watch(watch)) {
        Command::Watch(arguments) => arguments.run(),
        Command::Talk(arguments) => arguments.run(),
        Command::Map(arguments) => arguments.run(),
        Command::Bench(arguments) => arguments.run(),
        Command::Plan(arguments) => arguments.run(),
    };
    match outcome {
        Ok(code) => code,
        Err(error) if error.is_closed_output() => ExitCode::SUCCESS,
        Err(error) => {
            // The terminal may be gone.
            let _ = writeln!(io::stderr(), "prefork-client: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;

    use super::*;

    fn parse(arguments: &[&str]) -> Cli {
        Cli::try_parse_from([&["prefork-client"], arguments].concat()).unwrap()
    }

    #[test]
    fn the_definition_of_the_arguments_is_sound() {
        command().debug_assert();
    }

    #[test]
    fn no_command_means_watch() {
        for arguments in [&["-c", "8", "[::1]:9000"][..], &["[::1]:9000", "--connections", "8"]] {
            let cli = parse(arguments);
            assert!(cli.command.is_none());
            assert_eq!(
                (cli.watch.connections.map_or(0, NonZeroUsize::get), cli.watch.address.to_string()),
                (8, "[::1]:9000".to_owned())
            );
        }
    }

    #[test]
    fn a_command_comes_before_its_address() {
        let cli = parse(&["watch", "-c", "8", "localhost:9000"]);
        assert!(
            matches!(cli.command, Some(Command::Watch(watch)) if watch.connections.is_some_and(|it| it.get() == 8))
        );
        let cli = parse(&["talk", "unix:/run/echo"]);
        assert!(
            matches!(cli.command, Some(Command::Talk(talk)) if talk.address.to_string() == "unix:/run/echo")
        );
    }
}
