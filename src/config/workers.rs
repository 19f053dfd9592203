//! How many workers: a number, `auto`, or a range within which the pool sizes itself.

use std::num::NonZeroUsize;
use std::thread;

use super::WORKERS_MAX;
use super::values::{Problem, Value, count, expected, nearest, quoted};

/// How many workers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Workers {
    /// As many as this process may use CPUs.
    Auto,
    /// So many.
    Count(NonZeroUsize),
    /// As many as are needed, within limits.
    Range { min: NonZeroUsize, max: NonZeroUsize },
}

/// How a range looks in the file.
const LIKE_TABLE: &str = "{ min = 1, max = 8 }";
/// How it looks as a flag or a variable. Both ends belong to it.
const LIKE_TEXT: &str = "\"1..8\"";
/// What people write between the ends of a range; the first is right.
const SEPARATORS: [&str; 7] = ["..", "..=", "...", "-", "–", ":", ","];

impl Workers {
    /// Reads a number, `auto`, or a range.
    pub(super) fn parse(value: &Value<'_>) -> Result<Self, Problem> {
        match value {
            Value::Table(entries) => Self::from_table(entries),
            _ if value.text() == Some("auto") => Ok(Self::Auto),
            _ => match value.text().and_then(ends) {
                Some(ends) => Self::from_text(value, ends),
                None => count(value, WORKERS_MAX as u64).map(Self::Count).map_err(|_| neither(value)),
            },
        }
    }

    /// The least and the most. `auto` follows the CPU affinity and the cgroup's quota.
    pub(super) fn range(self) -> (usize, usize) {
        match self {
            Self::Auto => {
                let count = thread::available_parallelism().map_or(1, NonZeroUsize::get).min(WORKERS_MAX);
                (count, count)
            }
            Self::Count(count) => (count.get(), count.get()),
            Self::Range { min, max } => (min.get(), max.get()),
        }
    }

    /// As TOML.
    pub(super) fn to_toml(self) -> String {
        match self {
            Self::Auto => quoted("auto"),
            Self::Count(count) => count.to_string(),
            Self::Range { min, max } => format!("{{ min = {min}, max = {max} }}"),
        }
    }

    fn from_table(entries: &[(String, Value<'_>)]) -> Result<Self, Problem> {
        const NAMES: [&str; 2] = ["min", "max"];
        if let Some(index) = entries.iter().position(|(name, _)| !NAMES.contains(&name.as_str())) {
            let name = &entries[index].0;
            let near = nearest(name, NAMES.iter().map(|name| ((*name).to_owned(), (*name).to_owned())));
            let near = near.map_or(String::new(), |near| format!("; did you mean `{near}`?"));
            let message = format!("a range is {LIKE_TABLE}, and has no `{name}`{near}");
            return Err(Problem { message, element: Some(2 * index) });
        }
        let end = |name| {
            let index = entries.iter().position(|(other, _)| other == name).ok_or_else(|| {
                Problem::from(format!("a range has two ends, {LIKE_TABLE}, and `{name}` is missing"))
            })?;
            let at = Some(2 * index + 1);
            bound(name, &entries[index].1)
                .map(|bound| (bound, at))
                .map_err(|it| Problem { element: at, ..it })
        };
        let ((min, at), (max, _)) = (end("min")?, end("max")?);
        Self::between(min, max).map_err(|it| Problem { element: at, ..it })
    }

    /// A range in a text, which a flag or a variable has.
    fn from_text(value: &Value<'_>, (min, separator, max): (&str, &str, &str)) -> Result<Self, Problem> {
        let meant = match value {
            Value::Loose(_) if separator == SEPARATORS[0] => {
                return Self::between(bound("min", &Value::Loose(min))?, bound("max", &Value::Loose(max))?);
            }
            Value::Loose(_) => format!("\"{min}..{max}\""),
            _ => format!("{{ min = {min}, max = {max} }}"),
        };
        let Problem { message, element } = neither(value);
        Err(Problem { message: format!("{message}; did you mean {meant}?"), element })
    }

    fn between(min: NonZeroUsize, max: NonZeroUsize) -> Result<Self, Problem> {
        if min > max {
            return Err(format!("min, which is {min}, is more than max, which is {max}").into());
        }
        Ok(Self::Range { min, max })
    }
}

fn bound(name: &str, value: &Value<'_>) -> Result<NonZeroUsize, Problem> {
    count(value, WORKERS_MAX as u64).map_err(|it| format!("{name}: {it}").into())
}

/// A value that is none of the three.
fn neither(value: &Value<'_>) -> Problem {
    let like = if matches!(value, Value::Loose(_)) { LIKE_TEXT } else { LIKE_TABLE };
    expected(&format!("a number from 1 to {WORKERS_MAX}, \"auto\", or a range such as {like}"), value)
}

/// Two numbers, with the separator between them.
fn ends(text: &str) -> Option<(&str, &str, &str)> {
    let (min, rest) = text.split_at(text.find(|c: char| !c.is_ascii_digit())?);
    let (separator, max) = rest.split_at(rest.find(|c: char| c.is_ascii_digit())?);
    let are_numbers = !min.is_empty() && max.bytes().all(|byte| byte.is_ascii_digit());
    (are_numbers && SEPARATORS.contains(&separator.trim())).then_some((min, separator, max))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn range(min: usize, max: usize) -> Workers {
        Workers::Range { min: NonZeroUsize::new(min).unwrap(), max: NonZeroUsize::new(max).unwrap() }
    }

    fn refused(text: &str) -> String {
        Workers::parse(&Value::Loose(text)).unwrap_err().message
    }

    #[test]
    fn a_flag_is_a_number_automatic_or_a_range() {
        let parse = |text| Workers::parse(&Value::Loose(text)).unwrap();
        assert_eq!(parse("auto"), Workers::Auto);
        assert_eq!(parse("3").range(), (3, 3));
        assert_eq!(parse("1..8"), range(1, 8));
        assert_eq!(parse("8..8").range(), (8, 8));
        assert_eq!(parse("1..1024").range(), (1, 1024));
    }

    #[test]
    fn what_looks_like_a_range_gets_a_proposal() {
        for text in ["1-8", "1 - 8", "1:8", "1,8", "1..=8", "1...8", "1–8", "1 .. 8"] {
            assert!(refused(text).ends_with("; did you mean \"1..8\"?"), "{text}: {}", refused(text));
        }
        let in_file = Workers::parse(&Value::Text("1..8".to_owned())).unwrap_err().message;
        assert!(
            in_file.ends_with("found the text \"1..8\"; did you mean { min = 1, max = 8 }?"),
            "{in_file}"
        );
    }

    #[test]
    fn what_is_no_range_is_refused() {
        assert_eq!(refused("8..1"), "min, which is 8, is more than max, which is 1");
        assert_eq!(refused("0..4"), "min: expected a number from 1 to 1024, found \"0\"");
        assert_eq!(refused("1..1025"), "max: expected a number from 1 to 1024, found \"1025\"");
        for text in ["1..", "..8", "..", "1..8..9", "-1", "1.5", "", "1..99999999999999999999999"] {
            assert!(refused(text).contains("a number from 1 to 1024"), "{text}: {}", refused(text));
            assert!(!refused(text).contains("did you mean"), "{text}: {}", refused(text));
        }
    }

    proptest! {
        #[test]
        fn a_range_is_taken_when_its_ends_are_in_order_and_within_the_limit(min in 0..1100_usize, max in 0..1100_usize) {
            let taken = Workers::parse(&Value::Loose(&format!("{min}..{max}")));
            let is_right = 1 <= min && min <= max && max <= WORKERS_MAX;
            prop_assert_eq!(taken.is_ok(), is_right);
            if let Ok(taken) = taken {
                prop_assert_eq!(taken.range(), (min, max));
            }
        }

        #[test]
        fn no_text_breaks_it(text in "[0-9.,:=–x \\-]{0,12}") {
            let _ = Workers::parse(&Value::Loose(&text));
            let _ = Workers::parse(&Value::Text(text));
        }
    }
}
