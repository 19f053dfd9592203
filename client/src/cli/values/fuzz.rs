//! What holds for every value of an argument: it is refused, or within its limits, and an address is printed as it is read.

use super::*;
use crate::Address;
use crate::bench::Rate;

/// A text that may be of any kind.
pub(crate) fn text(text: &str) {
    assert!(!connections(text).is_ok_and(|number| number.get() > CONNECTIONS_MAX));
    assert!(!size(text).is_ok_and(|size| size == 0 || size > SIZE_MAX));
    assert!(!duration(text).is_ok_and(|time| time > DURATION_MAX));
    assert!(
        !timeout(text).is_ok_and(|time| time.is_zero()) && !run_time(text).is_ok_and(|time| time.is_zero())
    );
    assert!(!text.parse::<Rate>().is_ok_and(|rate| !(1.0 / 3601.0..=1e6).contains(&rate.per_second())));
    if let Ok(time) = duration(text) {
        assert_eq!(duration(&human::limit(time)), Ok(time), "a time is read as it is printed");
    }
    let _ = monitor(text);
    if let Ok(address) = text.parse::<Address>() {
        assert_eq!(address.to_string().parse(), Ok(address));
    }
}
