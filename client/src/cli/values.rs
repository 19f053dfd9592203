//! Values that several commands take.

#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz;

use std::num::NonZeroUsize;
use std::time::Duration;

use clap::ValueEnum;

use crate::human;
use crate::pool::Choice;
use crate::queueing::ServiceTimes;

/// The most connections that may be asked for: each takes a thread here.
const CONNECTIONS_MAX: usize = 10_000;

/// The longest time that may be given for anything.
const DURATION_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// The largest message: it lies in memory twice, and the echo of all connections in the kernel.
const SIZE_MAX: usize = 64 * 1024 * 1024;

pub(super) fn connections(text: &str) -> Result<NonZeroUsize, String> {
    let number =
        text.parse().ok().and_then(NonZeroUsize::new).filter(|number| number.get() <= CONNECTIONS_MAX);
    number.ok_or_else(|| format!("expected a number from 1 to {CONNECTIONS_MAX}"))
}

/// Reads a number of bytes: `64`, `16k` or `1m`, in powers of 1,024.
pub(super) fn size(text: &str) -> Result<usize, String> {
    let (number, factor) = match text.strip_suffix(['k', 'K']) {
        Some(number) => (number, 1024),
        None => text.strip_suffix(['m', 'M']).map_or((text, 1), |number| (number, 1024 * 1024)),
    };
    let size = number.parse::<usize>().ok().and_then(|number| number.checked_mul(factor));
    size.filter(|size| (1..=SIZE_MAX).contains(size))
        .ok_or_else(|| "expected a number of bytes from 1 to 64m, such as 64, 16k or 1m".to_owned())
}

pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let duration = parts_of_time(text).ok_or("expected a time with its unit, such as 500ms, 10s or 1m")?;
    if duration > DURATION_MAX {
        return Err(format!("at most {} is possible", human::limit(DURATION_MAX)));
    }
    Ok(duration)
}

/// The sum of its parts, `1h 30min`. Each is read for itself: given all, humantime 2.4 ends in a panic where fractions of a second carry
/// the sum beyond what a `Duration` holds.
fn parts_of_time(text: &str) -> Option<Duration> {
    let (mut sum, mut rest) = (Duration::ZERO, text.trim());
    loop {
        let unit = rest.find(char::is_alphabetic).unwrap_or(rest.len());
        let length = rest[unit..].find(|char: char| !char.is_alphabetic());
        let (part, after) = rest.split_at(length.map_or(rest.len(), |length| unit + length));
        sum = sum.checked_add(humantime::parse_duration(part).ok()?)?;
        rest = after.trim_start();
        if rest.is_empty() {
            return Some(sum);
        }
    }
}

pub(super) fn timeout(text: &str) -> Result<Duration, String> {
    match duration(text)? {
        Duration::ZERO => Err("a timeout of nothing would never let anything come".to_owned()),
        timeout => Ok(timeout),
    }
}

pub(super) fn monitor(text: &str) -> Result<Choice, String> {
    text.parse()
}

/// How the times differ for which slots are held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(super) enum Distribution {
    /// As chance has it: most are short, a few are long
    #[default]
    Exponential,
    /// They are all the same
    Fixed,
}

impl From<Distribution> for ServiceTimes {
    fn from(distribution: Distribution) -> Self {
        match distribution {
            Distribution::Exponential => Self::Exponential,
            Distribution::Fixed => Self::Fixed,
        }
    }
}

/// How long something is done: not for no time.
pub(super) fn run_time(text: &str) -> Result<Duration, String> {
    match duration(text)? {
        Duration::ZERO => Err("a run needs some time, such as 10s".to_owned()),
        time => Ok(time),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_has_a_unit_and_a_limit() {
        assert_eq!(duration("1m 30s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("1d"), Ok(DURATION_MAX));
        assert!(duration("25h").is_err());
        assert!(duration("5").is_err());
        assert!(duration("18446744073709551615.5s 0.5s").is_err() && duration("").is_err());
        assert_eq!(duration("1h30m 0.5s"), Ok(Duration::from_millis(5_400_500)));
        assert!(timeout("0s").is_err() && run_time("0s").is_err());
    }

    #[test]
    fn a_size_has_a_unit_of_1024_and_a_limit() {
        assert_eq!((size("64"), size("16k"), size("1M")), (Ok(64), Ok(16_384), Ok(1_048_576)));
        for text in ["", "0", "k", "65m", "-1", "1g", "1.5k", "99999999999999999999", "18446744073709551615k"]
        {
            assert!(size(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_number_of_connections_is_limited() {
        assert!(connections("1").is_ok() && connections("10000").is_ok());
        assert!(connections("0").is_err() && connections("10001").is_err() && connections("six").is_err());
    }
}
