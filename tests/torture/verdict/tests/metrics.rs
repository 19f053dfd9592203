//! What Prometheus scrapes.

use serde_json::json;

use crate::verdict::metrics::*;
use crate::verdict::picture::Picture;

const TEXT: &str = r#"# HELP prefork_connections_accepted_total Connections that were accepted.
# TYPE prefork_connections_accepted_total counter
prefork_connections_accepted_total{worker="0"} 4
prefork_connections_accepted_total{worker="1"} 5
prefork_connections_active{worker="0"} 2
prefork_capacity_connections{worker="0"} 4
prefork_received_bytes_total{worker="0"} 100
prefork_sent_bytes_total{worker="0"} 90
prefork_messages_total{worker="0"} 20
prefork_accept_queue_wait_seconds_bucket{le="+Inf"} 9
prefork_accept_queue_wait_seconds_sum 0.25
prefork_worker_respawns_total{cause="exit"} 0
prefork_worker_respawns_total{cause="signal"} 1
prefork_reloads_total{result="ok"} 1
prefork_reloads_total{result="failed"} 7
prefork_saturated_seconds_total 1.5
prefork_log_lines_lost_total 0
prefork_generation 2
prefork_ready 1
"#;

fn pool(pid: i32) -> Picture {
    let picture = json!({
        "master": {"pid": pid, "generation": 2, "state": "running", "uptime_seconds": 1.5},
        "pool": {"workers": 2, "capacity": 4, "busy": 1, "idle": 3, "waiting": 0, "draining": 1},
        "listeners": [],
        "workers": [],
        "totals": {
            "accepted": 9, "closed": 7, "messages": 20, "bytes_in": 100, "bytes_out": 90, "respawns": 1,
            "reloads": 1, "log_lines_lost": 0
        }
    });
    serde_json::from_value(picture).expect("it is a status")
}

#[test]
fn a_good_scrape_says_what_the_status_says() {
    let mut scrapes = Scrapes::default();
    scrapes.check(TEXT, &pool(7)).unwrap();
    scrapes.check(TEXT, &pool(7)).unwrap();
}

#[test]
fn a_family_that_comes_to_something_else_is_found() {
    for (from, to) in [
        ("accepted_total{worker=\"1\"} 5", "accepted_total{worker=\"1\"} 6"),
        ("capacity_connections{worker=\"0\"} 4", "capacity_connections{worker=\"0\"} 3"),
        ("sent_bytes_total{worker=\"0\"} 90", "sent_bytes_total{worker=\"0\"} 100"),
        ("cause=\"signal\"} 1", "cause=\"signal\"} 2"),
        ("result=\"ok\"} 1", "result=\"ok\"} 8"),
        ("prefork_ready 1", "prefork_ready 0"),
        ("prefork_messages_total{worker=\"0\"} 20\n", ""),
        ("prefork_generation 2", "prefork_generation x"),
    ] {
        assert!(TEXT.contains(from));
        assert!(Scrapes::default().check(&TEXT.replace(from, to), &pool(7)).is_err(), "{to}");
    }
}

#[test]
fn what_only_grows_goes_back_with_another_master_only() {
    for (from, to) in [
        ("saturated_seconds_total 1.5", "saturated_seconds_total 1.25"),
        ("wait_seconds_bucket{le=\"+Inf\"} 9", "wait_seconds_bucket{le=\"+Inf\"} 8"),
        ("wait_seconds_sum 0.25", "wait_seconds_sum 0"),
        ("result=\"failed\"} 7", "result=\"failed\"} 6"),
    ] {
        let mut scrapes = Scrapes::default();
        scrapes.check(TEXT, &pool(7)).unwrap();
        assert!(TEXT.contains(from));
        assert!(scrapes.check(&TEXT.replace(from, to), &pool(7)).is_err(), "{to}");
        scrapes.check(TEXT, &pool(8)).unwrap();
        scrapes.check(&TEXT.replace(from, to), &pool(9)).unwrap();
    }
}
