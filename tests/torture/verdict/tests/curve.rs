//! The back-off of respawns.

use crate::verdict::curve::*;

#[test]
fn the_curve_fits_wherever_it_begins_and_with_some_delay() {
    fits(&[0.0, 0.1, 0.2, 0.4]).unwrap();
    fits(&[0.4, 0.8, 1.6, 3.2]).unwrap();
    fits(&[0.3, 0.15, 0.3, 0.5]).unwrap();
    fits(&[25.6, 30.0, 30.1]).unwrap();
}

#[test]
fn what_comes_too_early_or_does_not_grow_does_not_fit() {
    assert!(fits(&[0.0, 0.0, 0.0, 0.0]).is_err());
    assert!(fits(&[0.0, 0.1, 0.1, 0.1, 0.1]).is_err());
    assert!(fits(&[0.0, 5.0]).is_err());
}

#[test]
fn waits_are_from_death_to_birth_of_the_same_worker() {
    let event = |at, kind: &str, worker| Event {
        at,
        kind: kind.to_owned(),
        worker: Some(worker),
        pid: Some(7),
        text: format!("{kind} at {at}"),
    };
    let events = [
        event(1.0, "spawned", 0),
        event(2.0, "died", 0),
        event(2.5, "died", 1),
        event(3.0, "spawned", 0),
        event(4.0, "spawned", 1),
    ];
    assert_eq!(waits(&events, 0), [1.0]);
    assert_eq!(waits(&events, 1), [1.5]);
    assert_eq!(obituary(&events, 7), Some("died at 2.5"));
    assert_eq!(obituary(&events, 8), None);
}
