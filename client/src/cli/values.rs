//! Values that several commands take.

use std::num::NonZeroUsize;
use std::time::Duration;

use crate::human;

/// The most connections that may be asked for: each takes a thread here.
const CONNECTIONS_MAX: usize = 10_000;

/// The longest time that may be given for anything.
const DURATION_MAX: Duration = Duration::from_secs(24 * 60 * 60);

pub(super) fn connections(text: &str) -> Result<NonZeroUsize, String> {
    let number =
        text.parse().ok().and_then(NonZeroUsize::new).filter(|number| number.get() <= CONNECTIONS_MAX);
    number.ok_or_else(|| format!("expected a number from 1 to {CONNECTIONS_MAX}"))
}

pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let duration = humantime::parse_duration(text)
        .map_err(|_| "expected a time with its unit, such as 500ms, 10s or 1m")?;
    if duration > DURATION_MAX {
        return Err(format!("at most {} is possible", human::limit(DURATION_MAX)));
    }
    Ok(duration)
}

pub(super) fn timeout(text: &str) -> Result<Duration, String> {
    match duration(text)? {
        Duration::ZERO => Err("a timeout of nothing would never let anything come".to_owned()),
        timeout => Ok(timeout),
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
        assert!(timeout("0s").is_err());
    }

    #[test]
    fn the_number_of_connections_is_limited() {
        assert!(connections("1").is_ok() && connections("10000").is_ok());
        assert!(connections("0").is_err() && connections("10001").is_err() && connections("six").is_err());
    }
}
