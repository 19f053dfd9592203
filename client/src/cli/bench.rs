//! The arguments of `bench`.

use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::time::Duration;

use clap::builder::NonEmptyStringValueParser;
use clap::error::ErrorKind;
use clap::{Args, value_parser};

use super::values::{Distribution, connections, duration, monitor, run_time, size, timeout};
use crate::bench::{self, Baseline, Content, Ending, Format, Load, Plan, Predict, Rate, Spread};
use crate::pool::{Choice, Source};
use crate::queueing::SLOTS_MAX;
use crate::{Address, Error, Transform, interrupt};

/// As many as the shipped configuration of the server has slots.
const CONNECTIONS: usize = 4;

/// With a connection per request at fixed times: as many as may pile up at a server for a while.
const CONNECTIONS_OPEN: usize = 1024;

const AFTER_HELP: &str = "\
Examples:
  prefork-client bench                     four connections, ten seconds
  prefork-client bench -c 4 -s 16k -d 30s --warm-up 2s
  prefork-client bench --reconnect -c 16   queue and accept count too
  prefork-client bench --reconnect --rate 200
  prefork-client bench --reconnect --rate 200 --predict
  prefork-client bench --json > old.json   later: bench --compare old.json

Exit codes:
  0    every request was answered, and right
  1    something failed, came back wrong or not at all, was due and not
       sent, or a connection was never served; or nothing was due
  2    the arguments are wrong
  3    no connection was made at all
  130  interrupted, after the result";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct BenchArguments {
    /// Where the server listens: host:port or unix:PATH
    #[arg(value_name = "ADDR", default_value_t)]
    pub(super) address: Address,
    /// Connections, all from one thread (1 to 10000) [default: 4; with --rate and --reconnect at most 1024 at a time]
    #[arg(short, long, value_name = "N", value_parser = connections)]
    pub(super) connections: Option<NonZeroUsize>,
    /// For how long requests are sent and counted
    #[arg(short, long, value_name = "TIME", default_value = "10s", value_parser = run_time)]
    duration: Duration,
    /// End after so many requests, if they are done earlier
    #[arg(short = 'n', long, value_name = "N", value_parser = value_parser!(u64).range(1..))]
    requests: Option<u64>,
    /// Bytes of each message, random letters and digits: 64, 16k, 1m (up to 64m)
    #[arg(short, long, value_name = "BYTES", default_value = "64", value_parser = size)]
    size: usize,
    /// Send this text instead
    #[arg(short, long, value_name = "TEXT", conflicts_with = "size", value_parser = NonEmptyStringValueParser::new())]
    message: Option<String>,
    /// A connection per request: connect, send, get the echo, half-close, wait until the server has closed
    #[arg(long)]
    reconnect: bool,
    /// Requests per second at fixed times, whatever the server does: 500, 2k, 30/m
    #[arg(long, value_name = "RATE")]
    rate: Option<Rate>,
    /// How these are spread over time
    #[arg(long, value_name = "NAME", value_enum, default_value_t, requires = "rate")]
    arrivals: Spread,
    /// Of the random times: the same seed gives the same ones
    #[arg(long, value_name = "N", default_value_t = 1, requires = "rate")]
    seed: u64,
    #[command(flatten)]
    prediction: PredictionArguments,
    /// Send requests for so long before any is counted
    #[arg(long, value_name = "TIME", default_value = "0s", value_parser = duration)]
    warm_up: Duration,
    /// How long a connection may take to stand
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = timeout)]
    connect_timeout: Duration,
    /// How long a connection may be silent while an echo is due
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = timeout)]
    timeout: Duration,
    /// How long to try again while the server is not up: refused, no such socket or name
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = duration)]
    retry: Duration,
    /// What the server does to the bytes that it sends back
    #[arg(long, value_name = "NAME", value_enum, default_value_t)]
    transform: Transform,
    /// Compare with the result of an earlier run, which --json has printed into this file
    #[arg(long, value_name = "FILE", value_parser = Baseline::from_argument, conflicts_with = "csv")]
    compare: Option<Baseline>,
    /// Print the result as a JSON object
    #[arg(long, conflicts_with = "csv")]
    json: bool,
    /// Print a line of CSV for each second
    #[arg(long)]
    csv: bool,
}

#[derive(Debug, Args)]
struct PredictionArguments {
    /// Compare the waits with what queueing theory predicts from arrivals, slots, and how long these were held
    #[arg(long, requires = "rate", requires = "reconnect")]
    predict: bool,
    /// How many connections the server serves at once [default: as it tells]
    #[arg(long, value_name = "N", requires = "predict", value_parser = value_parser!(u32).range(1..=i64::from(SLOTS_MAX)))]
    slots: Option<u32>,
    /// How the times differ for which it serves them [default: as they turn out]
    #[arg(long, value_name = "NAME", value_enum, requires = "predict")]
    distribution: Option<Distribution>,
    /// Where the server's monitor is, to learn its slots; `none` asks nobody [default: the control socket of a server on
    /// this machine, then the next port]
    #[arg(long, value_name = "HOST:PORT", requires = "predict", value_parser = monitor)]
    monitor: Option<Choice>,
}

impl BenchArguments {
    pub(super) fn run(mut self) -> Result<ExitCode, Error> {
        if self.prediction.predict && self.arrivals != Spread::Poisson {
            let problem = "--predict needs requests that come at random: --arrivals poisson\n";
            clap::Error::raw(ErrorKind::ArgumentConflict, problem).exit();
        }
        let format = match (self.json, self.csv) {
            (true, _) => Format::Json,
            (_, true) => Format::Csv,
            _ => Format::Text,
        };
        let baseline = self.compare.take();
        Ok(match bench::run(&self.into_plan(), format, baseline.as_ref())? {
            Ending::Correct => ExitCode::SUCCESS,
            Ending::Failed => ExitCode::FAILURE,
            Ending::Interrupted => ExitCode::from(interrupt::EXIT_CODE),
        })
    }

    fn into_plan(self) -> Plan {
        let load = match self.rate {
            None => Load::Closed,
            Some(rate) => Load::Open { rate, spread: self.arrivals, seed: self.seed },
        };
        let default = if self.rate.is_some() && self.reconnect { CONNECTIONS_OPEN } else { CONNECTIONS };
        let default = NonZeroUsize::new(default).expect("the defaults are not 0");
        let predict = self.prediction.into_predict(&self.address);
        Plan {
            address: self.address,
            load,
            predict,
            connections: self.connections.unwrap_or(default),
            reconnect: self.reconnect,
            content: self.message.map_or(Content::Random(self.size), Content::Text),
            transform: self.transform,
            duration: self.duration,
            requests: self.requests,
            warm_up: self.warm_up,
            connect_timeout: self.connect_timeout,
            timeout: self.timeout,
            retry: self.retry,
        }
    }
}

impl PredictionArguments {
    fn into_predict(self, server: &Address) -> Option<Predict> {
        self.predict.then(|| Predict {
            slots: self.slots,
            times: self.distribution.map(Into::into),
            source: Source::of(server, &self.monitor.unwrap_or_default()),
        })
    }
}
