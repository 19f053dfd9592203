//! Round times for an axis, and how they are written on it.

use std::time::Duration;

/// One minute and more are divided as a clock is, everything below in tens.
const MINUTES_AND_MORE: [u64; 12] =
    [60, 120, 300, 600, 1_200, 1_800, 3_600, 7_200, 14_400, 28_800, 43_200, 86_400];

/// The smallest round time that is not less: 1, 2 or 5 of a unit, from a microsecond to a day, or whole days.
pub(super) fn round_up(time: Duration) -> Duration {
    let decimal =
        (0..8).flat_map(|power| [1, 2, 5].map(|digit| Duration::from_micros(digit * 10_u64.pow(power))));
    let clock = MINUTES_AND_MORE.map(Duration::from_secs);
    let below_a_minute =
        decimal.filter(|&step| step < Duration::from_secs(30)).chain([Duration::from_secs(30)]);
    below_a_minute.chain(clock).find(|&step| step >= time).unwrap_or_else(|| {
        let days = time.as_secs().div_ceil(86_400);
        Duration::from_secs(days * 86_400)
    })
}

/// A round time, short: `0`, `500 ms`, `1.5 s`, `30 s`, `2 m`, `1 h`.
pub(super) fn label(time: Duration) -> String {
    let (micros, seconds) = (time.as_micros(), time.as_secs());
    let trimmed = |value: f64, unit: &str| {
        let text = format!("{value:.3}");
        format!("{} {unit}", text.trim_end_matches('0').trim_end_matches('.'))
    };
    match micros {
        0 => "0".to_owned(),
        1..1_000 => format!("{micros} us"),
        1_000..1_000_000 => trimmed(time.as_secs_f64() * 1e3, "ms"),
        _ if seconds < 60 || seconds % 60 != 0 && seconds < 600 => trimmed(time.as_secs_f64(), "s"),
        _ if seconds < 3_600 || seconds % 3_600 != 0 => format!("{} m", seconds / 60),
        _ => format!("{} h", seconds / 3_600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_round() {
        for (millis, label_text) in [
            (0, "1 us"),
            (1, "1 ms"),
            (3, "5 ms"),
            (180, "200 ms"),
            (700, "1 s"),
            (4_000, "5 s"),
            (11_000, "20 s"),
            (21_000, "30 s"),
            (40_000, "1 m"),
            (61_000, "2 m"),
            (3_000_000, "1 h"),
        ] {
            assert_eq!(label(round_up(Duration::from_millis(millis))), label_text, "{millis} ms");
        }
        assert_eq!(round_up(Duration::from_secs(100_000)), Duration::from_secs(172_800));
    }

    #[test]
    fn a_multiple_of_a_step_is_short_too() {
        assert_eq!(label(Duration::ZERO), "0");
        assert_eq!(label(Duration::from_millis(1_500)), "1.5 s");
        assert_eq!(label(Duration::from_micros(2_500)), "2.5 ms");
        assert_eq!(label(Duration::from_secs(90)), "90 s");
    }
}
