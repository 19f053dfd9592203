//! The back-off of respawns.

use std::time::Duration;

use crate::verdict::curve::*;

const PROMPT: Duration = Duration::ZERO;

#[test]
fn the_curve_fits_from_its_begin_and_with_some_delay() {
    fits(&[0.0, 0.1, 0.2, 0.4], PROMPT).unwrap();
    fits(&[0.0, 0.0, 0.1, 0.2], PROMPT).unwrap();
    fits(&[0.2, 0.15, 0.3, 0.5], PROMPT).unwrap();
    fits(&[0.0, 0.1, 1.9, 0.4], Duration::from_secs(2)).unwrap();
    let to_the_longest = [0.0, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30.0, 30.1];
    fits(&to_the_longest, PROMPT).unwrap();
}

#[test]
fn what_comes_too_early_does_not_grow_or_goes_on_from_before_does_not_fit() {
    for waits in [
        [0.0; 5],
        [0.0, 0.0, 0.0, 0.1, 0.2],
        [0.0, 0.1, 0.1, 0.1, 0.1],
        [1.0; 5],
        [0.9, 0.8, 0.7, 0.6, 0.5],
        [0.4, 0.8, 1.6, 3.2, 6.4],
        [30.0; 5],
    ] {
        assert!(fits(&waits, PROMPT).is_err(), "{waits:?}");
    }
    assert!(fits(&[0.0, 5.0], PROMPT).is_err());
    assert!(fits(&[0.0, 0.1, 0.2, 0.9], PROMPT).is_err(), "the last one is late");
}

#[test]
fn how_many_were_lost_is_told_with_a_death() {
    let told = |words: &str| {
        connections_lost(&format!("worker 1 (pid 7) was killed by SIGKILL; {words}; respawning"))
    };
    assert_eq!(told("0 connections lost"), Some(0));
    assert_eq!(told("1 connection lost"), Some(1));
    assert_eq!(told("12 connections lost"), Some(12));
    assert_eq!(told("nobody"), None);
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
