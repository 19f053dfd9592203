//! When the requests of an open loop are to be sent: fixed in advance, whatever the server does.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use rand_distr::Exp1;

/// The highest rate; one thread sends no more, whatever it is told.
const PER_SECOND_MAX: f64 = 1e6;

/// The lowest rate: one in an hour.
const PER_SECOND_MIN: f64 = 1.0 / 3600.0;

/// How many requests arrive in a second, on average.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    per_second: f64,
}

impl Rate {
    /// The requests per second.
    #[must_use]
    pub fn per_second(self) -> f64 {
        self.per_second
    }
}

impl FromStr for Rate {
    type Err = String;

    /// Reads `500`, `2k`, `0.5`, and with a unit of time `30/s`, `30/m` or `30/h`.
    fn from_str(text: &str) -> Result<Self, String> {
        let expected =
            || "expected requests per second, such as 500, 2k or 0.5, or with a unit 30/m".to_owned();
        let (number, seconds) = match text.split_once('/') {
            None | Some((_, "s")) => (text.trim_end_matches("/s"), 1.0),
            Some((number, "m")) => (number, 60.0),
            Some((number, "h")) => (number, 3600.0),
            Some(_) => return Err(expected()),
        };
        let (number, factor) = number.strip_suffix('k').map_or((number, 1.0), |number| (number, 1e3));
        let number: f64 = number.parse().map_err(|_| expected())?;
        let per_second = number * factor / seconds;
        if !(PER_SECOND_MIN..=PER_SECOND_MAX).contains(&per_second) {
            return Err("a rate is between 1/h and 1000k".to_owned());
        }
        Ok(Self { per_second })
    }
}

/// How the requests are spread over time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Spread {
    /// At random, as from many people who know nothing of each other
    #[default]
    Poisson,
    /// One after another at the same distance, as from a clock
    Constant,
}

impl Spread {
    /// The name in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Poisson => "poisson",
            Self::Constant => "constant",
        }
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The intended times of all requests, from the start of the run, without end.
///
/// The same seed gives the same times, as long as the random numbers are made the same way: in the same version of
/// this program.
#[derive(Debug)]
pub struct Arrivals {
    rate: Rate,
    spread: Spread,
    random: StdRng,
    /// In units of the mean distance. Adding up numbers near 1 loses nothing that is seen within 10^12 of them.
    elapsed: f64,
}

impl Arrivals {
    /// The arrivals of this rate and spread.
    #[must_use]
    pub fn new(rate: Rate, spread: Spread, seed: u64) -> Self {
        Self { rate, spread, random: StdRng::seed_from_u64(seed), elapsed: 0.0 }
    }

    /// The next one.
    pub fn next_arrival(&mut self) -> Duration {
        self.elapsed += match self.spread {
            Spread::Constant => 1.0,
            Spread::Poisson => self.random.sample::<f64, _>(Exp1),
        };
        Duration::try_from_secs_f64(self.elapsed / self.rate.per_second).unwrap_or(Duration::MAX)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rate(text: &str) -> Rate {
        text.parse().unwrap()
    }

    fn distances(mut arrivals: Arrivals, count: usize) -> Vec<f64> {
        let mut last = 0.0;
        let next = || {
            let at = arrivals.next_arrival().as_secs_f64();
            let distance = at - last;
            last = at;
            distance
        };
        std::iter::repeat_with(next).take(count).collect()
    }

    #[test]
    fn a_rate_is_read_with_its_units() {
        for (text, per_second) in
            [("500", 500.0), ("2k", 2000.0), ("30/m", 0.5), ("36k/h", 10.0), ("1.5/s", 1.5)]
        {
            assert!((rate(text).per_second() - per_second).abs() < 1e-9, "{text}");
        }
        for text in ["", "0", "-5", "nan", "inf", "5/d", "k", "1e9", "10/", "5 /s/s"] {
            assert!(text.parse::<Rate>().is_err(), "{text}");
        }
    }

    #[test]
    fn constant_arrivals_do_not_drift() {
        let mut arrivals = Arrivals::new(rate("1k"), Spread::Constant, 1);
        let last = (0..1_000_000).map(|_| arrivals.next_arrival()).last().unwrap();
        assert!((last.as_secs_f64() - 1000.0).abs() < 1e-6, "{last:?}");
    }

    #[test]
    fn poisson_arrivals_have_the_mean_and_the_variance_of_their_rate() {
        for seed in 0..10 {
            let count = 100_000;
            let distances = distances(Arrivals::new(rate("100"), Spread::Poisson, seed), count);
            #[expect(clippy::cast_precision_loss, reason = "a hundred thousand")]
            let count = count as f64;
            let mean = distances.iter().sum::<f64>() / count;
            let variance = distances.iter().map(|distance| (distance - mean).powi(2)).sum::<f64>() / count;
            // Exponential distances: the deviation is the mean. Six standard errors of each, so that no seed fails.
            assert!((mean - 0.01).abs() < 6.0 * 0.01 / count.sqrt(), "{mean}");
            assert!((variance - 1e-4).abs() < 6.0 * 1e-4 * (8.0 / count).sqrt(), "{variance}");
        }
    }

    #[test]
    fn the_numbers_of_arrivals_in_equal_times_spread_as_those_of_poisson() {
        let mut arrivals = Arrivals::new(rate("1k"), Spread::Poisson, 7);
        let mut counts = vec![0.0; 2_000];
        loop {
            let at = arrivals.next_arrival().as_secs();
            match counts.get_mut(usize::try_from(at).unwrap()) {
                Some(count) => *count += 1.0,
                None => break,
            }
        }
        // Mean and variance are both the rate; six standard errors of each.
        let mean = counts.iter().sum::<f64>() / 2_000.0;
        let variance = counts.iter().map(|count: &f64| (count - mean).powi(2)).sum::<f64>() / 1_999.0;
        assert!((mean - 1000.0).abs() < 6.0 * (1000.0_f64 / 2000.0).sqrt(), "{mean}");
        assert!((variance - 1000.0).abs() < 6.0 * 1000.0 * (2.0_f64 / 2000.0).sqrt(), "{variance}");
    }

    proptest! {
        #[test]
        fn the_same_seed_gives_the_same_times_and_they_only_grow(seed: u64, spread in prop_oneof![
            Just(Spread::Poisson), Just(Spread::Constant)
        ]) {
            let arrivals = || Arrivals::new(rate("7"), spread, seed);
            let first = distances(arrivals(), 100);
            prop_assert_eq!(&first, &distances(arrivals(), 100));
            prop_assert!(first.iter().all(|&distance| distance >= 0.0));
        }
    }
}
