//! The values of keys: what was written → what is meant, or what is wrong with it.

use std::fmt::{self, Write as _};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use super::{Address, Control, Place, SLOTS_MAX, size};
use crate::printable::steers;

/// The longest duration that a key takes.
pub(super) const DURATION_MAX: Duration = Duration::from_secs(366 * 24 * 3600);
/// The shortest and the longest time within which they are counted.
const INTERVAL: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(3600));
/// The most addresses.
const ADDRESSES_MAX: usize = 64;

/// A value as it was written, before it is known to be right.
#[derive(Debug)]
pub(crate) enum Value<'a> {
    /// From a flag or a variable: a text that may mean any type.
    Loose(&'a str),
    /// The rest are TOML's.
    Text(String),
    Integer(i64),
    Boolean(bool),
    List(Vec<Value<'a>>),
    /// Names and values, counted as elements by turns: the first name is element 0, its value element 1.
    Table(Vec<(String, Value<'a>)>),
    /// Of a type that no key has.
    Other(&'static str),
}

/// What is wrong with a value.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(crate) message: String,
    /// The element of the list or table that is wrong, where it is one.
    pub(crate) element: Option<usize>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<String> for Problem {
    fn from(message: String) -> Self {
        Self { message, element: None }
    }
}

/// The candidate that is nearest to what was written, if any is near; each candidate is (what is compared, answer).
pub(crate) fn nearest(written: &str, candidates: impl Iterator<Item = (String, String)>) -> Option<String> {
    const NEAR: f64 = 0.8;
    candidates
        .map(|(compared, answer)| (strsim::jaro_winkler(written, &compared), answer))
        .filter(|(likeness, _)| *likeness >= NEAR)
        .max_by(|one, two| one.0.total_cmp(&two.0))
        .map(|(_, answer)| answer)
}

impl Value<'_> {
    fn describe(&self) -> String {
        match self {
            Self::Loose(text) => format!("\"{text}\""),
            Self::Text(text) => format!("the text \"{text}\""),
            Self::Integer(number) => format!("the number {number}"),
            Self::Boolean(value) => format!("{value}"),
            Self::List(_) => "a list".to_owned(),
            Self::Table(_) => "a table".to_owned(),
            Self::Other(kind) => format!("a {kind}"),
        }
    }

    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Loose(text) => Some(text),
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn integer(&self) -> Option<i64> {
        match self {
            Self::Loose(text) => text.parse().ok(),
            Self::Integer(number) => Some(*number),
            _ => None,
        }
    }
}

pub(super) fn expected(what: &str, value: &Value<'_>) -> Problem {
    Problem::from(format!("expected {what}, found {}", value.describe()))
}

pub(super) fn count(value: &Value<'_>, most: u64) -> Result<NonZeroUsize, Problem> {
    let number = value.integer().and_then(|number| usize::try_from(number).ok()).and_then(NonZeroUsize::new);
    number
        .filter(|number| number.get() as u64 <= most)
        .ok_or_else(|| expected(&format!("a number from 1 to {most}"), value))
}

/// A limit, of which zero means that there is none.
pub(super) fn optional(value: &Value<'_>, most: u64) -> Result<Option<u64>, Problem> {
    let number = value.integer().and_then(|number| u64::try_from(number).ok());
    number
        .filter(|number| *number <= most)
        .map(|number| (number > 0).then_some(number))
        .ok_or_else(|| expected(&format!("a number from 0 to {most}"), value))
}

pub(super) fn memory(value: &Value<'_>) -> Result<Option<u64>, Problem> {
    let bytes = match value {
        Value::Integer(number) => u64::try_from(*number).ok().and_then(size::limited),
        value => value.text().and_then(size::parse),
    };
    bytes
        .map(|bytes| (bytes > 0).then_some(bytes))
        .ok_or_else(|| expected("a size such as \"1KiB\" or \"512MiB\", or a number of bytes", value))
}

pub(super) fn slots(value: &Value<'_>) -> Result<NonZeroUsize, Problem> {
    count(value, SLOTS_MAX as u64)
}

pub(super) fn boolean(value: &Value<'_>) -> Result<bool, Problem> {
    match value {
        Value::Boolean(value) => Ok(*value),
        Value::Loose("true" | "1" | "yes" | "on") => Ok(true),
        Value::Loose("false" | "0" | "no" | "off") => Ok(false),
        _ => Err(expected("true or false", value)),
    }
}

pub(super) fn duration(value: &Value<'_>, most: Duration) -> Result<Duration, Problem> {
    const LIKE: &str = "a duration with its unit, such as \"250ms\", \"30s\" or \"5m\"";
    let text = value.text().ok_or_else(|| expected(LIKE, value))?;
    let duration = parts_of_time(text).ok_or_else(|| expected(LIKE, value))?;
    if duration <= most {
        return Ok(duration);
    }
    Err(expected(&format!("a duration up to {}", humantime::format_duration(most)), value))
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

pub(super) fn interval(value: &Value<'_>) -> Result<Duration, Problem> {
    let (least, most) = INTERVAL;
    let time = duration(value, most)?;
    if time >= least { Ok(time) } else { Err(expected("a duration from 1s to 1h", value)) }
}

pub(super) fn timeout(value: &Value<'_>) -> Result<Option<Duration>, Problem> {
    duration(value, DURATION_MAX).map(|duration| (!duration.is_zero()).then_some(duration))
}

pub(super) fn time(duration: Option<Duration>) -> String {
    quoted(&humantime::format_duration(duration.unwrap_or_default()).to_string())
}

pub(super) fn choice<T: Copy>(value: &Value<'_>, choices: &[(&str, T)]) -> Result<T, Problem> {
    let written = value.text().unwrap_or_default();
    if let Some((_, choice)) = choices.iter().find(|(name, _)| *name == written) {
        return Ok(*choice);
    }
    let names: Vec<String> = choices.iter().map(|(name, _)| quoted(name)).collect();
    let mut problem = expected(&names.join(" or "), value);
    let candidates = choices.iter().map(|(name, _)| ((*name).to_owned(), (*name).to_owned()));
    if let Some(near) = nearest(written, candidates) {
        problem.message.extend(["; did you mean ", &quoted(&near), "?"]);
    }
    Err(problem)
}

pub(super) fn chosen<T: PartialEq + Copy>(choices: &[(&str, T)], value: T) -> String {
    let (name, _) = choices.iter().find(|(_, choice)| *choice == value).expect("each value has a name");
    quoted(name)
}

pub(super) fn addresses(value: &Value<'_>) -> Result<Vec<Address>, Problem> {
    let texts: Vec<&str> = match value {
        Value::Loose(text) => text.split(',').map(str::trim).collect(),
        Value::List(values) => {
            let each = values.iter().enumerate().map(|(element, value)| {
                value.text().ok_or_else(|| Problem {
                    element: Some(element),
                    ..expected("an address in quotes", value)
                })
            });
            each.collect::<Result<_, _>>()?
        }
        _ => return Err(expected("a list of addresses, such as [\"127.0.0.1:8080\"]", value)),
    };
    if texts.is_empty() || texts.len() > ADDRESSES_MAX {
        return Err(format!("expected 1 to {ADDRESSES_MAX} addresses, found {}", texts.len()).into());
    }
    let mut addresses: Vec<Address> = Vec::new();
    for (element, text) in texts.iter().enumerate() {
        let wrong = |message| Problem { message, element: Some(element) };
        let address = Address::parse(text).map_err(wrong)?;
        for earlier in &addresses {
            if let Some(shared) = address.overlap(earlier) {
                return Err(wrong(format!(
                    "\"{text}\" and \"{earlier}\" both claim {shared}: keep one of them"
                )));
            }
        }
        addresses.push(address);
    }
    Ok(addresses)
}

pub(super) fn control(value: &Value<'_>) -> Result<Control, Problem> {
    let like = "\"@name\", an absolute path, or \"auto\"";
    let text = value.text().ok_or_else(|| expected(like, value))?;
    Control::parse(text).map_err(Problem::from)
}

pub(super) fn pid_file(value: &Value<'_>) -> Result<Option<PathBuf>, Problem> {
    match value.text() {
        Some("none") => Ok(None),
        Some(path) if !path.is_empty() && !path.contains('\0') => Ok(Some(PathBuf::from(path))),
        _ => Err(expected("a path such as \"/run/prefork-echo.pid\", or \"none\"", value)),
    }
}

pub(super) fn log_file(value: &Value<'_>) -> Result<Option<PathBuf>, Problem> {
    match value.text() {
        Some("stderr") => Ok(None),
        Some(path) if path.starts_with('/') && !path.contains('\0') => Ok(Some(PathBuf::from(path))),
        _ => Err(expected("an absolute path such as \"/var/log/prefork-echo.log\", or \"stderr\"", value)),
    }
}

/// How many bits of an address count.
pub(super) fn prefix_length(value: &Value<'_>, most: u8) -> Result<u8, Problem> {
    let bits = value.integer().and_then(|bits| u8::try_from(bits).ok());
    let bits = bits.filter(|bits| (1..=most).contains(bits));
    bits.ok_or_else(|| expected(&format!("a number from 1 to {most}"), value))
}

pub(super) fn monitor(value: &Value<'_>) -> Result<Option<Address>, Problem> {
    let text =
        value.text().ok_or_else(|| expected("an address such as \"127.0.0.1:8081\", or \"none\"", value))?;
    if text == "none" {
        return Ok(None);
    }
    let address = Address::parse(text)?;
    match address.places.first() {
        Some(Place::Tcp(_)) => Ok(Some(address)),
        _ => Err(format!("the monitor speaks HTTP over TCP: \"127.0.0.1:8081\", not \"{text}\"").into()),
    }
}

/// A TOML string, on one line, of which nothing steers the terminal that it is shown on.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for char in text.chars() {
        match char {
            '"' | '\\' => quoted.extend(['\\', char]),
            char if steers(char) => {
                write!(quoted, "\\u{:04x}", u32::from(char)).expect("a string takes all that is written");
            }
            char => quoted.push(char),
        }
    }
    quoted + "\""
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::printable::tests::any_text;

    #[test]
    fn a_time_is_the_sum_of_its_parts_and_no_sum_is_too_great_to_be_refused() {
        let read = |text| duration(&Value::Loose(text), DURATION_MAX).ok();
        assert_eq!(read("1h 30m"), Some(Duration::from_secs(5400)));
        assert_eq!(read(" 1m30s 250ms "), Some(Duration::from_millis(90_250)));
        assert_eq!(read("0s"), Some(Duration::ZERO));
        for text in ["", "5", "s", "5 parsecs", "18446744073709551615.5s 0.5s", "99999999999999999999y"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_text_is_written_on_one_line_and_read_as_it_was(text in any_text()) {
            let quoted = quoted(&text);
            prop_assert!(!quoted.contains(steers), "{quoted:?}");
            let document = format!("text = {quoted}");
            let table = toml::de::DeTable::parse(&document).unwrap();
            prop_assert_eq!(table.get_ref()["text"].get_ref().as_str(), Some(&*text));
        }
    }
}
