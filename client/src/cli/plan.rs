//! The arguments of `plan`.

#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz;

use std::io::{self, Write as _};
use std::process::ExitCode;
use std::time::Duration;

use clap::error::ErrorKind;
use clap::{ArgGroup, Args, value_parser};

use super::values::{Distribution, timeout};
use crate::Error;
use crate::bench::Rate;
use crate::plan::fleet::{self, Wanted as FleetWanted};
use crate::plan::{self, Question, Wanted};
use crate::queueing::{Fleet, Load, SLOTS_MAX, ServiceTimes, Target};
use crate::terminal::Style;

/// The largest backlog, as of the server.
const BACKLOG_MAX: i64 = 65_535;

/// The greatest coefficient of variation.
const COEFFICIENT_MAX: f64 = 100.0;

const AFTER_HELP: &str = "\
Examples:
  prefork-client plan --rate 300 --service 10ms --slots 4
  prefork-client plan --rate 300 --service 10ms --target-wait 1ms
  prefork-client plan --rate 2k --service 35ms --target-p99 50ms
  prefork-client plan --rate 30/m --service 5s --slots 4 --cv 0.5
  prefork-client plan --rate 6k --service 50ms --slots 16 --replicas 24
  prefork-client plan --rate 6k --service 50ms --slots 16 --target-p99 5ms
  prefork-client plan --rate 500 --service 10ms --slots 4 --json

Exit codes:
  0    the question is answered
  2    the arguments are wrong, or no number of slots is enough";

#[derive(Debug, Clone, Args)]
#[command(after_help = AFTER_HELP)]
#[command(group = ArgGroup::new("wanted").required(true).multiple(true))]
pub(super) struct PlanArguments {
    /// Connections that arrive: 300 (per second), 2k, 30/m
    #[arg(long, value_name = "RATE")]
    rate: Rate,
    /// How long a connection holds its slot, on average
    #[arg(long, value_name = "TIME", value_parser = timeout)]
    service: Duration,
    /// How many slots there are: workers × threads. With a target: find how many replicas with so many slots each it takes
    #[arg(long, value_name = "N", group = "wanted", value_parser = value_parser!(u32).range(1..=i64::from(SLOTS_MAX)))]
    slots: Option<u32>,
    /// So many replicas share the arrivals, each with the slots that are given or looked for
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..=i64::from(SLOTS_MAX)))]
    replicas: Option<u32>,
    /// Find the least slots for which the mean wait is this at most
    #[arg(long, value_name = "TIME", group = "wanted", value_parser = timeout)]
    target_wait: Option<Duration>,
    /// Find the least slots for which 99 of 100 wait this long at most
    #[arg(long, value_name = "TIME", group = "wanted", value_parser = timeout)]
    target_p99: Option<Duration>,
    /// Find the least slots for which so many wait at all: 5%, 0.05
    #[arg(long, value_name = "SHARE", group = "wanted", value_parser = share)]
    target_chance: Option<f64>,
    /// How the times differ for which slots are held
    #[arg(long, value_name = "NAME", value_enum, default_value_t)]
    distribution: Distribution,
    /// Their coefficient of variation instead: the standard deviation by the mean, 0 to 100
    #[arg(long, value_name = "X", conflicts_with = "distribution", value_parser = coefficient)]
    cv: Option<f64>,
    /// How many may wait in the accept queue: when is it full, if the slots cannot keep up?
    #[arg(long, value_name = "N", default_value = "511", value_parser = value_parser!(u32).range(1..=BACKLOG_MAX))]
    backlog: u32,
    /// Print a JSON object
    #[arg(long)]
    json: bool,
}

impl PlanArguments {
    pub(super) fn run(self) -> Result<ExitCode, Error> {
        match self.answer(Style::of_stdout(false)) {
            Ok(text) => {
                let mut stdout = io::stdout();
                let written = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
                written.map(|()| ExitCode::SUCCESS).map_err(Error::local("cannot write to standard output"))
            }
            Err(problem) => clap::Error::raw(ErrorKind::ValueValidation, format!("{problem}\n")).exit(),
        }
    }

    /// What is printed, or why there is no answer.
    fn answer(self, style: Style) -> Result<String, String> {
        let (json, load, backlog) = (self.json, self.load(), self.backlog);
        match self.into_wanted()? {
            Asked::Pool(wanted) => plan::answer(&Question { load, wanted, backlog })
                .map(|answer| plan::shown(&answer, json, style)),
            Asked::Fleet(wanted) => fleet::answer(&fleet::Question { load, wanted, backlog })
                .map(|answer| fleet::shown(&answer, json, style)),
        }
    }

    fn load(&self) -> Load {
        let times = match self.cv {
            Some(coefficient) => ServiceTimes::Varying { coefficient },
            None => self.distribution.into(),
        };
        Load { rate: self.rate.per_second(), service: self.service.as_secs_f64(), times }
    }

    fn into_wanted(self) -> Result<Asked, String> {
        let seconds = |time: Duration| time.as_secs_f64();
        let target = Target {
            mean_wait: self.target_wait.map(seconds),
            p99: self.target_p99.map(seconds),
            chance: self.target_chance,
        };
        let target = Some(target).filter(|target| *target != Target::default());
        Ok(match (self.replicas, self.slots, target) {
            (None, Some(slots), None) => Asked::Pool(Wanted::Waits { slots }),
            (None, None, target) => Asked::Pool(Wanted::Slots(target.unwrap_or_default())),
            (Some(replicas), Some(slots), None) => {
                Asked::Fleet(FleetWanted::Waits(Fleet { replicas, slots }))
            }
            (None, Some(slots), Some(target)) => Asked::Fleet(FleetWanted::Replicas { slots, target }),
            (Some(replicas), None, target) => {
                Asked::Fleet(FleetWanted::Slots { replicas, target: target.unwrap_or_default() })
            }
            (Some(_), Some(_), Some(_)) => {
                return Err("give two of --replicas, --slots and a target: the third is found".to_owned());
            }
        })
    }
}

/// A question about one pool, or about replicas.
enum Asked {
    Pool(Wanted),
    Fleet(FleetWanted),
}

/// A share of all: `5%` or `0.05`.
fn share(text: &str) -> Result<f64, String> {
    let (number, times) = match text.strip_suffix('%') {
        Some(percent) => (percent.trim(), 0.01),
        None => (text, 1.0),
    };
    let share = number.parse::<f64>().ok().map(|number| number * times);
    share.filter(|share| *share > 0.0 && *share <= 1.0).ok_or_else(|| {
        "expected a share of more than nothing and 100% at most, such as 5% or 0.05".to_owned()
    })
}

fn coefficient(text: &str) -> Result<f64, String> {
    let coefficient = text.parse().ok().filter(|number| (0.0..=COEFFICIENT_MAX).contains(number));
    coefficient.ok_or_else(|| "expected a number from 0 to 100".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_a_part_or_percent() {
        assert_eq!((share("5%"), share("0.05"), share("100 %")), (Ok(0.05), Ok(0.05), Ok(1.0)));
        for text in ["0", "0%", "101%", "1.1", "-1%", "inf", "NaN", "%", "five"] {
            assert!(share(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_coefficient_of_variation_is_a_number() {
        assert_eq!((coefficient("0"), coefficient("1.5")), (Ok(0.0), Ok(1.5)));
        assert!(coefficient("-1").is_err() && coefficient("101").is_err() && coefficient("NaN").is_err());
    }
}
