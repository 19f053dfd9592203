//! Durations and errors as people read them.

use std::io;
use std::time::Duration;

use nix::errno::Errno;

/// A measured time: three digits or so, and a unit that suits it.
pub(crate) fn time(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    match time.as_micros() {
        0..9_995 => format!("{:.2} ms", seconds * 1e3),
        9_995..99_950 => format!("{:.1} ms", seconds * 1e3),
        99_950..999_500 => format!("{:.0} ms", seconds * 1e3),
        _ => format!("{seconds:.2} s"),
    }
}

/// A measured time that may be far below a millisecond.
pub(crate) fn short_time(short: Duration) -> String {
    match short.as_nanos() {
        0..99_950 => format!("{:.1} µs", short.as_secs_f64() * 1e6),
        99_950..999_500 => format!("{:.0} µs", short.as_secs_f64() * 1e6),
        _ => time(short),
    }
}

/// A whole number with its thousands set apart.
pub(crate) fn thousands(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number of things: `1 slot`, `12 slots`.
pub(crate) fn count(number: usize, thing: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {thing}{plural}")
}

/// A part of a whole: three digits or so.
pub(crate) fn percent(share: f64) -> String {
    match share * 100.0 {
        percent if percent > 0.0 && percent < 0.005 => "< 0.01 %".to_owned(),
        percent if percent < 9.995 => format!("{percent:.2} %"),
        percent => format!("{percent:.1} %"),
    }
}

/// A line that is broken at blanks so that nothing is wider than this, unless a word is; what follows the first line
/// stands that far in. A colour has no width.
pub(crate) fn wrapped(line: &str, width: usize, indent: usize) -> String {
    let mut text = String::with_capacity(line.len());
    let (mut used, mut has_words) = (0, false);
    for word in line.split_inclusive(' ') {
        let bare = word.trim_end_matches(' ');
        if used + shown_width(bare) > width && has_words {
            text.truncate(text.trim_end_matches(' ').len());
            text.push('\n');
            text.extend(std::iter::repeat_n(' ', indent));
            (used, has_words) = (indent, false);
        }
        has_words |= !bare.is_empty();
        text.push_str(word);
        used += shown_width(word);
    }
    text
}

/// The cells that a text takes on a terminal, whose sequences of colour take none.
fn shown_width(text: &str) -> usize {
    let mut parts = text.split('\x1b');
    let plain = parts.next().unwrap_or_default().chars().count();
    plain + parts.map(|part| part.split_once('m').map_or(0, |(_, rest)| rest.chars().count())).sum::<usize>()
}

/// A time that somebody set, as they would write it: `10s`, `1m 30s`.
pub(crate) fn limit(limit: Duration) -> String {
    humantime::format_duration(limit).to_string()
}

/// An error of the operating system without its number, which says nothing more to a person.
pub(crate) fn os_error(error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(code) => Errno::from_raw(code).desc().to_lowercase(),
        None => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_has_about_three_digits() {
        assert_eq!([0.0, 1e-6, 0.012_34, 0.5].map(percent), ["0.00 %", "< 0.01 %", "1.23 %", "50.0 %"]);
    }

    #[test]
    fn a_line_is_broken_at_blanks_and_its_rest_is_indented() {
        assert_eq!(
            wrapped("mean  of all, also of those", 15, 6),
            "mean  of all,\n      also of\n      those"
        );
        assert_eq!(wrapped("a longestword b", 5, 2), "a\n  longestword\n  b");
        assert_eq!(wrapped("\x1b[2mdim words\x1b[0m", 9, 0), "\x1b[2mdim words\x1b[0m");
        assert_eq!(wrapped("as it is", usize::MAX, 3), "as it is");
    }

    #[test]
    fn a_time_has_about_three_digits() {
        for (micros, text) in [
            (0, "0.00 ms"),
            (350, "0.35 ms"),
            (9_994, "9.99 ms"),
            (9_996, "10.0 ms"),
            (99_960, "100 ms"),
            (999_400, "999 ms"),
            (999_600, "1.00 s"),
            (2_312_000, "2.31 s"),
        ] {
            assert_eq!(time(Duration::from_micros(micros)), text);
        }
    }

    #[test]
    fn a_short_time_is_in_microseconds_until_it_is_long() {
        for (nanos, text) in [
            (840, "0.8 µs"),
            (19_540, "19.5 µs"),
            (99_960, "100 µs"),
            (999_400, "999 µs"),
            (999_600, "1.00 ms"),
            (2_312_000_000, "2.31 s"),
        ] {
            assert_eq!(short_time(Duration::from_nanos(nanos)), text);
        }
    }

    #[test]
    fn a_count_has_its_thousands_set_apart() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(thousands(number), text);
        }
    }

    #[test]
    fn an_error_has_no_number() {
        assert_eq!(os_error(&Errno::ENOENT.into()), "no such file or directory");
        assert_eq!(os_error(&io::Error::other("made up")), "made up");
    }
}
