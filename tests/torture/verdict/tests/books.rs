//! The accounts of a pool.

use std::collections::HashSet;
use std::time::Duration;

use serde_json::{Value, json};

use crate::verdict::books::*;
use crate::verdict::picture::Picture;

const SIZE: Size = Size { workers: 2, threads: 2 };

fn status() -> Value {
    json!({
        "master": {"pid": 7, "generation": 2, "state": "running", "uptime_seconds": 1.5},
        "pool": {"workers": 2, "capacity": 4, "busy": 1, "idle": 3, "waiting": 0, "draining": 1},
        "listeners": [{"backlog": 32, "waiting": 0, "dropped": 0}],
        "workers": [
            worker(0, 2, "ready", 1), worker(1, 2, "ready", 0), worker(1, 1, "draining", 1)
        ],
        "totals": {
            "accepted": 9, "closed": 7, "messages": 20, "bytes_in": 100, "bytes_out": 100, "respawns": 1,
            "reloads": 1, "log_lines_lost": 0
        }
    })
}

fn worker(id: usize, generation: u64, state: &str, busy: usize) -> Value {
    json!({
        "id": id, "pid": 10 + id, "generation": generation, "state": state, "busy": busy,
        "accepted": 3, "respawn_in_seconds": null, "connections": [{"peer": "127.0.0.1:4711"}, {"peer": null}]
    })
}

fn with(path: &str, value: Value) -> Picture {
    let mut status = status();
    *status.pointer_mut(path).expect("there is such a key") = value;
    serde_json::from_value(status).expect("it is a status")
}

#[test]
fn a_good_picture_balances_and_is_whole() {
    let picture = with("/pool/busy", json!(1));
    balance(&picture).unwrap();
    whole(&picture, SIZE).unwrap();
    assert_eq!(picture.workers[0].peers().collect::<Vec<_>>(), [4711]);
    assert_eq!(serving(&picture).map(|worker| worker.accepted).sum::<u64>(), 6);
    assert_eq!(pids(&picture), HashSet::from([10, 11]));
    assert_eq!(announced(&with("/workers/1/respawn_in_seconds", json!(1.5))), Duration::from_millis(1500));
}

#[test]
fn what_does_not_add_up_is_found() {
    for (path, value) in [
        ("/pool/idle", json!(2)),
        ("/pool/draining", json!(0)),
        ("/workers/0/busy", json!(2)),
        ("/totals/closed", json!(10)),
        ("/totals/closed", json!(6)),
        ("/totals/accepted", json!(10)),
    ] {
        assert!(balance(&with(path, value)).is_err(), "{path}");
    }
}

#[test]
fn a_pool_that_lacks_something_is_not_whole() {
    for (path, value) in [
        ("/master/state", json!("reloading")),
        ("/workers/1/state", json!("throttled")),
        ("/workers/0/id", json!(1)),
        ("/pool/capacity", json!(3)),
        ("/pool/workers", json!(1)),
    ] {
        assert!(whole(&with(path, value), SIZE).is_err(), "{path}");
    }
}

#[test]
fn totals_go_back_with_another_master_only() {
    let mut books = Books::default();
    assert_eq!(books.master(), None);
    books.check(&with("/totals/accepted", json!(9))).unwrap();
    assert_eq!(books.master(), Some(7));
    assert!(books.check(&with("/totals/accepted", json!(8))).is_err());
    books.check(&with("/master/pid", json!(8))).unwrap();
    books.check(&with("/totals/messages", json!(0))).unwrap();
}

#[test]
fn a_clock_on_the_wall_has_no_part_in_the_uptime() {
    for uptime in [1.0, 3600.0] {
        let mut books = Books::default();
        books.check(&with("/master/uptime_seconds", json!(1.5))).unwrap();
        assert!(books.check(&with("/master/uptime_seconds", json!(uptime))).is_err(), "{uptime}");
    }
}

#[test]
fn a_full_queue_holds_one_more_than_its_limit() {
    overflowed(&with("/listeners/0/waiting", json!(33)), 0).unwrap_err();
    let mut full = with("/listeners/0/waiting", json!(33));
    full.listeners[0].dropped = Some(2);
    overflowed(&full, 1).unwrap();
    full.listeners[0].waiting = Some(32);
    overflowed(&full, 1).unwrap_err();
    for path in ["waiting", "backlog", "dropped"] {
        let mut status = serde_json::json!({"backlog": 32, "waiting": 33, "dropped": 2});
        status[path] = Value::Null;
        overflowed(&with("/listeners/0", status), 1).unwrap_err();
    }
}

#[test]
fn two_pictures_of_one_pool_are_the_same() {
    let one = with("/master/pid", json!(7));
    same(&one, &with("/master/uptime_seconds", json!(2.5))).unwrap();
    for (path, value) in [
        ("/master/pid", json!(8)),
        ("/master/generation", json!(1)),
        ("/pool/capacity", json!(5)),
        ("/totals/bytes_out", json!(99)),
        ("/workers/0/pid", json!(12)),
    ] {
        assert!(same(&one, &with(path, value)).is_err(), "{path}");
    }
}

#[test]
fn quiet_is_without_anybody() {
    let mut status = status();
    for (path, value) in
        [("/pool/busy", 0), ("/pool/draining", 0), ("/totals/closed", 9), ("/pool/waiting", 0)]
    {
        *status.pointer_mut(path).unwrap() = json!(value);
    }
    status["workers"].as_array_mut().unwrap().pop();
    let of = |status: &Value| serde_json::from_value::<Picture>(status.clone()).unwrap();
    quiet(&of(&status)).unwrap();
    for path in ["/pool/busy", "/pool/draining", "/pool/waiting", "/totals/closed"] {
        let mut status = status.clone();
        *status.pointer_mut(path).unwrap() = json!(3);
        assert!(quiet(&of(&status)).is_err(), "{path}");
    }
    status["pool"]["waiting"] = Value::Null;
    assert!(quiet(&of(&status)).is_err(), "nobody knows who waits");
}
