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
    fn an_error_has_no_number() {
        assert_eq!(os_error(&Errno::ENOENT.into()), "no such file or directory");
        assert_eq!(os_error(&io::Error::other("made up")), "made up");
    }
}
