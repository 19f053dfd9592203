//! Durations, counts and sizes as people read them.

/// A duration in seconds, with as many digits as one can use. What is none counts as zero.
pub(crate) fn time(seconds: f64) -> String {
    let seconds = if seconds > 0.0 { seconds } else { 0.0 };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "what is too long saturates")]
    let whole = seconds.round() as u64;
    match seconds {
        ..0.9995 => format!("{:.0} ms", seconds * 1e3),
        ..9.95 => format!("{seconds:.1} s"),
        ..59.5 => format!("{whole} s"),
        _ => match whole {
            0..3_600 => format!("{}m {:02}s", whole / 60, whole % 60),
            3_600..86_400 => format!("{}h {:02}m", whole / 3_600, whole / 60 % 60),
            _ => format!("{}d {:02}h", whole / 86_400, whole / 3_600 % 24),
        },
    }
}

/// A number: with all its digits in groups up to a million, then three of them.
pub(crate) fn count(number: u64) -> String {
    if number >= 1_000_000 {
        return scaled(number, &["", "k", "M", "G", "T", "P", "E"]);
    }
    let (thousands, rest) = (number / 1_000, number % 1_000);
    if thousands == 0 { rest.to_string() } else { format!("{thousands},{rest:03}") }
}

/// As [`count`], of things in memory.
pub(crate) fn size(number: usize) -> String {
    count(number as u64)
}

/// An amount of data.
pub(crate) fn bytes(number: u64) -> String {
    if number < 1_000 {
        return format!("{number} B");
    }
    scaled(number, &["B", "kB", "MB", "GB", "TB", "PB", "EB"])
}

/// Three digits of a number, and its unit; each unit is a thousand times the one before.
fn scaled(number: u64, units: &[&str]) -> String {
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    let mut value = number as f64;
    let mut unit = 0;
    while value >= 999.5 {
        value /= 1e3;
        unit += 1;
    }
    let decimals = match value {
        ..9.995 => 2,
        ..99.95 => 1,
        _ => 0,
    };
    format!("{value:.decimals$} {}", units[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_the_digits_that_one_can_use() {
        for (seconds, text) in [
            (f64::NAN, "0 ms"),
            (-3.0, "0 ms"),
            (0.0, "0 ms"),
            (0.004, "4 ms"),
            (0.9994, "999 ms"),
            (0.9996, "1.0 s"),
            (3.21, "3.2 s"),
            (9.96, "10 s"),
            (59.4, "59 s"),
            (59.6, "1m 00s"),
            (725.0, "12m 05s"),
            (3_599.7, "1h 00m"),
            (11_100.0, "3h 05m"),
            (90_000.0, "1d 01h"),
        ] {
            assert_eq!(time(seconds), text, "{seconds}");
        }
        assert!(time(f64::INFINITY).ends_with('h'));
    }

    #[test]
    fn a_number_is_grouped_and_then_rounded() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (65_536, "65,536"),
            (1_002, "1,002"),
            (999_999, "999,999"),
            (1_000_000, "1.00 M"),
            (12_345_678, "12.3 M"),
            (999_600_000, "1.00 G"),
            (u64::MAX, "18.4 E"),
        ] {
            assert_eq!(count(number), text);
        }
    }

    #[test]
    fn bytes_have_a_unit() {
        for (number, text) in [
            (0, "0 B"),
            (999, "999 B"),
            (1_000, "1.00 kB"),
            (12_340, "12.3 kB"),
            (999_700, "1.00 MB"),
            (u64::MAX, "18.4 EB"),
        ] {
            assert_eq!(bytes(number), text);
        }
    }
}
