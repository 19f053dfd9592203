//! What the totals must grow by.

use std::time::Duration;

use serde_json::json;

use crate::verdict::ledger::*;
use crate::verdict::losses::{End, Outcome};
use crate::verdict::picture::Picture;

/// Of accepted, messages, bytes in and out, respawns and reloads.
type Numbers = [u64; 6];

fn picture(pid: i32, [accepted, messages, bytes_in, bytes_out, respawns, reloads]: Numbers) -> Picture {
    let picture = json!({
        "master": {"pid": pid, "generation": 1, "state": "running", "uptime_seconds": 1.0},
        "pool": {"workers": 1, "capacity": 1, "busy": 0, "idle": 1, "waiting": 0, "draining": 0},
        "listeners": [],
        "workers": [],
        "totals": {
            "accepted": accepted, "closed": accepted, "messages": messages, "bytes_in": bytes_in,
            "bytes_out": bytes_out, "respawns": respawns, "reloads": reloads, "log_lines_lost": 0
        }
    });
    serde_json::from_value(picture).expect("it is a status")
}

const BEFORE: Numbers = [10, 10, 100, 100, 1, 1];

fn ledger() -> Ledger {
    let mut ledger = Ledger::default();
    ledger.turn(&picture(7, BEFORE));
    ledger.happened = Happened { opened: 8, served: 5, echoed: 50, deaths: 2, reloads: 3, merged: 1 };
    ledger
}

fn outcome(echoed: u64) -> Outcome {
    let at = Duration::ZERO;
    let (began, asked, ended, why) = (at, at, at, String::new());
    Outcome { script: "fast", port: 1, began, asked, ended, end: End::Right, echoed, why }
}

#[test]
fn totals_that_grow_by_what_has_happened_fit() {
    for totals in [[15, 15, 150, 150, 3, 4], [18, 99, 999, 999, 3, 4], [15, 15, 150, 150, 3, 3]] {
        ledger().check(&picture(7, totals)).unwrap();
    }
}

#[test]
fn a_client_that_was_served_was_accepted_and_its_bytes_count() {
    let mut ledger = ledger();
    ledger.note(&outcome(7), false);
    assert!(ledger.check(&picture(7, [15, 16, 157, 157, 3, 4])).is_err());
    ledger.check(&picture(7, [16, 16, 157, 157, 3, 4])).unwrap();
    ledger.note(&outcome(0), false);
    ledger.check(&picture(7, [16, 16, 157, 157, 3, 4])).unwrap();
    ledger.note(&outcome(9), true);
    ledger.check(&picture(7, [17, 17, 157, 157, 3, 4])).unwrap();
}

#[test]
fn what_is_not_counted_or_counted_twice_is_found() {
    for totals in [
        [14, 15, 150, 150, 3, 4],
        [19, 15, 150, 150, 3, 4],
        [15, 14, 150, 150, 3, 4],
        [15, 15, 149, 150, 3, 4],
        [15, 15, 150, 149, 3, 4],
        [15, 15, 150, 150, 2, 4],
        [15, 15, 150, 150, 4, 4],
        [15, 15, 150, 150, 3, 2],
        [15, 15, 150, 150, 3, 5],
    ] {
        assert!(ledger().check(&picture(7, totals)).is_err(), "{totals:?}");
    }
}

#[test]
fn another_master_counts_anew_and_so_does_every_turn() {
    let mut ledger = ledger();
    ledger.check(&picture(8, [0; 6])).unwrap();
    ledger.turn(&picture(8, [0; 6]));
    ledger.check(&picture(8, [0; 6])).unwrap();
}
