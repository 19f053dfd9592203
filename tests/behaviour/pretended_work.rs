//! Pretended work: how long it takes, how that differs, and what the status says of it.

use std::thread;
use std::time::{Duration, Instant};

use prefork_client::Connection;
use serde_json::json;

use crate::support::{TestServer, eventually};

/// How long so many messages take, one after the other.
fn exchanges(connection: &mut Connection, count: usize) -> Vec<Duration> {
    let exchange = || {
        let began = Instant::now();
        connection.exchange(b"work").expect("the server answers");
        began.elapsed()
    };
    std::iter::repeat_with(exchange).take(count).collect()
}

/// The same on several connections at once.
fn exchanges_on(server: &TestServer, connections: usize, count: usize) -> Vec<Vec<Duration>> {
    let mut connections: Vec<Connection> = (0..connections).map(|_| server.connect()).collect();
    thread::scope(|scope| {
        let started: Vec<_> =
            connections.iter_mut().map(|one| scope.spawn(|| exchanges(one, count))).collect();
        started.into_iter().map(|one| one.join().expect("all are answered")).collect()
    })
}

#[test]
fn exponential_sleep_varies_and_keeps_its_mean() {
    const MEAN: Duration = Duration::from_millis(40);
    let flags = ["--workers", "2", "--threads", "25", "--sleep", "40ms", "--distribution", "exponential"];
    let times = exchanges_on(&TestServer::start(&flags), 50, 8).concat();
    // Of a loaded machine all is later than it should be. By chance alone each of these bounds is missed less than once in
    // 10⁹ runs.
    let mean = times.iter().sum::<Duration>() / 400;
    let long = times.iter().filter(|time| **time > MEAN * 2).count();
    assert!(mean > MEAN / 2 && long >= 8, "the mean is {mean:?}, and {long} of 400 are long: {times:?}");
    assert!(times.iter().any(|time| *time < MEAN / 2), "of 400 none is brief: {times:?}");
}

#[test]
fn no_two_workers_draw_the_same() {
    const NEAR: Duration = Duration::from_millis(4);
    let flags = ["--workers", "2", "--threads", "1", "--sleep", "16ms", "--distribution", "exponential"];
    let times = exchanges_on(&TestServer::start(&flags), 2, 48);
    let near = times[0].iter().zip(&times[1]).filter(|(one, two)| one.abs_diff(**two) < NEAR).count();
    // Of the same sequence nearly all are near, of two others one in five: more than 40 of 48 never.
    assert!(near <= 40, "{times:?}");
}

#[test]
fn a_reload_changes_the_distribution() {
    const SLEEP: Duration = Duration::from_millis(50);
    let server = TestServer::configured("[work]\nsleep = \"50ms\"");
    let fixed = exchanges(&mut server.connect(), 4);
    assert!(fixed.iter().all(|time| *time >= SLEEP), "{fixed:?}");
    server.configure("[work]\nsleep = \"50ms\"\ndistribution = \"exponential\"");
    let reloaded = server.ask(&["reload"]);
    assert!(reloaded.status.success(), "{}", String::from_utf8_lossy(&reloaded.stderr));
    let mut connection = server.connect();
    eventually("a brief sleep", || (exchanges(&mut connection, 1)[0] < SLEEP / 2).then_some(()));
}

#[test]
fn the_status_tells_how_long_slots_were_held() {
    let server = TestServer::start(&["--workers", "2", "--threads", "2", "--sleep", "30ms"]);
    assert_eq!(server.status()["connection_duration_seconds"]["p50"], json!(null));
    let open = server.served();
    for _ in 0..3 {
        exchanges(&mut server.connect(), 2);
    }
    let status = server
        .wait_for_status("three to be closed", |status| status["connection_duration_seconds"]["count"] == 3);
    let durations = &status["connection_duration_seconds"];
    let number = |name: &str| durations[name].as_f64().expect("a number");
    // Two messages of 30 ms each; the one that is still open is not among them.
    assert!(number("sum") >= 0.18 && number("max") >= 0.06, "{durations}");
    assert!(number("p50") >= 0.06 && number("p50") <= number("p90") && number("p90") <= number("p99"));
    assert!(number("max") * 3.0 >= number("sum"), "{durations}");
    drop(open);
}
