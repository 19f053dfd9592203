//! Who may lose a connection.

use std::collections::HashSet;
use std::time::Duration;

use crate::verdict::losses::*;

fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn outcome(port: u16, began: u64, ended: u64, end: End) -> Outcome {
    let (began, asked, ended) = (at(began), at(began), at(ended));
    Outcome { script: "fast", port, began, asked, ended, end, echoed: 1, why: String::new() }
}

#[test]
fn whoever_was_held_by_the_dead_may_lose_and_nobody_else() {
    let mut excuses = Excuses::default();
    excuses.note_death(at(10), HashSet::from([1]));
    excuses.judge(&outcome(1, 5, 11, End::Lost)).unwrap();
    assert!(excuses.judge(&outcome(2, 5, 11, End::Lost)).is_err());
    assert!(excuses.judge(&outcome(1, 11, 12, End::Lost)).is_err(), "it came later, by the same port");
    assert!(excuses.judge(&outcome(1, 5, 11, End::Wrong)).is_err());
    assert!(excuses.judge(&outcome(1, 5, 60, End::Late)).is_err(), "it was to be told");
}

#[test]
fn after_a_sudden_death_those_lose_nothing_whose_connections_live() {
    let mut excuses = Excuses::default();
    excuses.note_sudden_death(at(10), at(12), HashSet::from([1]));
    assert!(excuses.judge(&outcome(1, 5, 11, End::Lost)).is_err());
    excuses.judge(&outcome(2, 5, 11, End::Lost)).unwrap();
    excuses.judge(&outcome(2, 11, 12, End::Lost)).unwrap();
    assert!(excuses.judge(&outcome(2, 5, 9, End::Lost)).is_err(), "it was lost before");
    assert!(excuses.judge(&outcome(2, 13, 14, End::Lost)).is_err(), "it came later");
    let later = Outcome { asked: at(11), ..outcome(2, 5, 12, End::Right) };
    excuses.judge(&later).unwrap();
}

#[test]
fn the_dead_serve_nobody() {
    let mut excuses = Excuses::default();
    excuses.note_death(at(10), HashSet::from([1]));
    excuses.judge(&outcome(1, 5, 11, End::Right)).unwrap();
    let later = Outcome { asked: at(11), ..outcome(1, 5, 12, End::Right) };
    assert!(excuses.judge(&later).is_err());
}

#[test]
fn an_outage_excuses_those_who_wait_or_come_but_not_those_who_were_served() {
    let mut excuses = Excuses::default();
    excuses.begin_outage(at(10), HashSet::from([1]));
    excuses.judge(&outcome(2, 9, 10, End::Lost)).unwrap();
    excuses.judge(&outcome(2, 11, 11, End::Refused)).unwrap();
    assert!(excuses.judge(&outcome(1, 9, 11, End::Lost)).is_err());
    excuses.judge(&outcome(1, 11, 11, End::Lost)).unwrap();
    excuses.end_outage(at(12));
    assert!(excuses.judge(&outcome(2, 13, 13, End::Refused)).is_err());
    assert!(excuses.judge(&outcome(2, 5, 9, End::Lost)).is_err());
}

#[test]
fn excuses_concern_those_whom_the_dead_may_have_served() {
    let mut excuses = Excuses::default();
    excuses.note_death(at(10), HashSet::from([1]));
    assert!(excuses.concern(&outcome(1, 5, 11, End::Right)));
    assert!(!excuses.concern(&outcome(2, 5, 11, End::Right)));
    assert!(!excuses.concern(&outcome(1, 11, 12, End::Right)));
}

#[test]
fn without_an_excuse_only_what_is_right_is_right() {
    let mut excuses = Excuses::default();
    excuses.note_death(at(1), HashSet::from([1]));
    excuses.clear();
    for end in [End::Lost, End::Refused, End::Late, End::Wrong, End::Failed] {
        assert!(excuses.judge(&outcome(1, 0, 2, end)).is_err(), "{end:?}");
    }
    excuses.judge(&outcome(1, 0, 2, End::Right)).unwrap();
}
