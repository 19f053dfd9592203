//! What the totals must grow by.

use std::time::Duration;

use serde_json::json;

use crate::verdict::ledger::*;
use crate::verdict::losses::{End, Outcome};
use crate::verdict::picture::Picture;

fn picture(pid: i32, [accepted, respawns, reloads]: [u64; 3]) -> Picture {
    let picture = json!({
        "master": {"pid": pid, "generation": 1, "state": "running", "uptime_seconds": 1.0},
        "pool": {"workers": 1, "capacity": 1, "busy": 0, "idle": 1, "waiting": 0, "draining": 0},
        "listeners": [],
        "workers": [],
        "totals": {
            "accepted": accepted, "closed": accepted, "messages": 0, "bytes_in": 0, "bytes_out": 0,
            "respawns": respawns, "reloads": reloads, "log_lines_lost": 0
        }
    });
    serde_json::from_value(picture).expect("it is a status")
}

fn ledger() -> Ledger {
    let mut ledger = Ledger::default();
    ledger.turn(&picture(7, [10, 1, 1]));
    ledger.happened = Happened { served: 5, deaths: 2, reloads: 3, merged: 1 };
    ledger
}

#[test]
fn totals_that_grow_by_what_has_happened_fit() {
    for totals in [[15, 3, 4], [20, 9, 4], [15, 3, 3]] {
        ledger().check(&picture(7, totals)).unwrap();
    }
}

#[test]
fn a_client_that_was_served_was_accepted() {
    let mut ledger = ledger();
    let at = Duration::ZERO;
    let (began, asked, ended, why) = (at, at, at, String::new());
    let outcome =
        Outcome { script: "fast", port: 1, began, asked, ended, end: End::Right, is_served: true, why };
    ledger.note(&outcome);
    assert!(ledger.check(&picture(7, [15, 3, 4])).is_err());
    ledger.note(&Outcome { is_served: false, ..outcome });
    ledger.check(&picture(7, [16, 3, 4])).unwrap();
}

#[test]
fn what_is_not_counted_is_found() {
    for totals in [[14, 3, 4], [15, 2, 4], [15, 3, 2], [15, 3, 5]] {
        assert!(ledger().check(&picture(7, totals)).is_err(), "{totals:?}");
    }
}

#[test]
fn another_master_counts_anew_and_so_does_every_turn() {
    let mut ledger = ledger();
    ledger.check(&picture(8, [0, 0, 0])).unwrap();
    ledger.turn(&picture(8, [0, 0, 0]));
    ledger.check(&picture(8, [0, 0, 0])).unwrap();
}
