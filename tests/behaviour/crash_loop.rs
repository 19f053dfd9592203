//! A pool whose workers die again and again says that it is ill, and goes on trying, or ends.

use std::process::Output;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use crate::events::texts;
use crate::monitor::get;
use crate::support::{TestServer, assert_stopped, field};

/// Four deaths fit into it on any machine, and it is over sooner than [`PATIENCE`](crate::support::PATIENCE).
const INTERVAL: &str = "10s";

/// Three respawns within the interval are tolerated.
const FLAGS: [&str; 6] =
    ["--limits-respawns", "3", "--limits-respawn-interval", INTERVAL, "--monitor-listen", "127.0.0.1:0"];

fn start(flags: &[&str]) -> TestServer {
    TestServer::start(&[&FLAGS, flags].concat())
}

/// The pid of the worker that is ready and has no connection.
fn idle_worker(status: &Value) -> Option<Pid> {
    let is_idle = |worker: &&Value| worker["state"] == "ready" && worker["busy"] == 0;
    let worker = status["workers"].as_array().unwrap().iter().find(is_idle)?;
    worker["pid"].as_i64().and_then(|pid| pid.try_into().ok()).map(Pid::from_raw)
}

/// Kills the worker without connections, which is the only one, and each that takes its place: so many in all.
fn kill_idle_workers(server: &TestServer, count: usize) {
    for deaths in 1..=count {
        let status = server.wait_for_status("an idle worker", |status| idle_worker(status).is_some());
        kill(idle_worker(&status).unwrap(), Signal::SIGKILL).unwrap();
        server.wait_for_logs("worker died", deaths);
    }
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_pool_whose_workers_die_too_often_is_degraded_until_they_stay_alive() {
    let server = start(&["--workers", "1", "--threads", "1"]);
    let page = server.monitor();
    kill_idle_workers(&server, 3);
    let status = server.wait_for_status("three are no reason", |status| idle_worker(status).is_some());
    assert_eq!(
        (&status["master"]["state"], &status["master"]["crash_loop"]),
        (&"running".into(), &false.into())
    );
    kill(idle_worker(&status).unwrap(), Signal::SIGKILL).unwrap();
    // The next one comes, although it is waited for.
    let deaths = server.wait_for_logs("worker died", 4);
    assert!(deaths[3].contains("; respawning in 400ms"), "{deaths:?}");
    server.wait_for_log(
        "4 respawns within 10s, more than limits.respawns: the pool is degraded, and not ready",
    );
    let status = server.wait_for_status("the next worker", |status| idle_worker(status).is_some());
    assert_eq!(
        (&status["master"]["state"], &status["master"]["crash_loop"]),
        (&"degraded".into(), &true.into())
    );
    let health = server.ask(&["health"]);
    assert_eq!(health.status.code(), Some(1));
    assert!(
        stderr(&health).contains("not ready: degraded: workers die again and again"),
        "{}",
        stderr(&health)
    );
    let (code, reason) = get(&page, "/readyz").unwrap();
    assert!(code == 503 && reason.contains("degraded: workers die again and again"), "{code} {reason}");
    assert_eq!(texts(&server, "crash-loop"), ["4 respawns within 10s: degraded"]);
    server.served().finish().expect("it serves all the same");

    server.wait_for_log("no respawn for 10s: the pool is no longer degraded");
    let status = server.status();
    assert_eq!(
        (&status["master"]["state"], &status["master"]["crash_loop"]),
        (&"running".into(), &false.into())
    );
    assert_eq!(server.ask(&["health"]).status.code(), Some(0));
    assert_eq!(get(&page, "/readyz").unwrap().0, 200);
    assert_eq!(texts(&server, "crash-loop-end"), ["the workers stay alive again"]);
}

#[test]
fn with_exit_the_pool_serves_who_is_there_and_ends_with_the_cause() {
    let mut server = start(&["--workers", "2", "--threads", "1", "--limits-crash-loop", "exit"]);
    let mut held = server.served();
    kill_idle_workers(&server, 4);
    server.wait_for_log("draining on a crash loop");
    held.exchange(b"still there?").unwrap();
    held.finish().unwrap();
    let (code, log) = server.end();
    assert_eq!(code, 1);
    assert_stopped(&log, 1, 0, 0);
    let death = log.iter().rfind(|line| line.contains("worker died")).unwrap();
    let cause = format!(
        "prefork-echo: 4 respawns within 10s, the last: worker {} (pid {}) was killed by SIGKILL",
        field(death, "worker"),
        field(death, "pid")
    );
    assert_eq!(log.last(), Some(&cause), "{log:?}");
}

#[test]
fn any_number_of_deaths_is_tolerated_if_the_limit_is_zero() {
    let server = TestServer::start(&["--workers", "1", "--limits-respawns", "0"]);
    kill_idle_workers(&server, 4);
    server.wait_for_status("the next worker", |status| idle_worker(status).is_some());
    assert_eq!(server.ask(&["health"]).status.code(), Some(0));
    assert_eq!(texts(&server, "crash-loop"), [""; 0]);
}

#[test]
fn whoever_sends_workers_away_in_good_order_is_no_crash_loop() {
    let server = start(&["--workers", "1", "--threads", "1"]);
    for replaced in 1..=5 {
        let status = server.wait_for_status("a worker", |status| idle_worker(status).is_some());
        kill(idle_worker(&status).unwrap(), Signal::SIGTERM).unwrap();
        server.wait_for_logs("worker left", replaced);
    }
    let status = server.status();
    assert_eq!(
        (&status["master"]["state"], &status["master"]["crash_loop"]),
        (&"running".into(), &false.into())
    );
}
