//! Workers that have served long enough are replaced, one at a time, and nobody notices.

use std::fs;

use nix::unistd::Pid;
use serde_json::Value;

use crate::events::texts;
use crate::load::Load;
use crate::random::Random;
use crate::support::{
    TestServer, beside_server, eventually, folder_for_all, lives, program, wait_for_service,
};

/// How many workers of a status are in one of these states.
fn count(status: &Value, wanted: &[&str]) -> usize {
    let workers = status["workers"].as_array().unwrap();
    workers.iter().filter(|worker| wanted.contains(&worker["state"].as_str().unwrap())).count()
}

/// Waits until none of these workers is there any more; meanwhile the pool never has fewer slots than it should, nor more
/// than one worker too many.
#[track_caller]
fn assert_replaced(server: &TestServer, old: &[Pid], workers: usize, threads: u64) {
    eventually("all of the first workers to be replaced", || {
        let status = server.status();
        let capacity = status["pool"]["capacity"].as_u64().unwrap();
        assert!(capacity >= workers as u64 * threads, "{status}");
        assert!(count(&status, &["starting", "ready", "throttled"]) <= workers + 1, "{status}");
        old.iter().all(|pid| !lives(*pid)).then_some(())
    });
    assert!(!server.log().iter().any(|line| line.contains("worker died")));
}

#[test]
fn whoever_comes_while_workers_are_replaced_after_their_number_of_connections_is_served() {
    let limit = ["--limits-connections-per-worker", "20"];
    let server = TestServer::start(&[&["--workers", "2", "--threads", "2"][..], &limit].concat());
    let load = Load::start(&[&server.address], 4, Random::seed());
    for _ in 0..3 {
        assert_replaced(&server, &server.workers(), 2, 2);
    }
    load.stop().assert_nobody_lost(2 * 3 * 18);
    let lines = server.wait_for_logs("replacing the worker: it has served its number of connections", 6);
    assert!(lines.iter().all(|line| line.contains("(limits.connections_per_worker)")), "{lines:?}");
    let recycled = texts(&server, "recycled");
    assert!(recycled.len() >= 6 && recycled[0].contains("is replaced: it has served"), "{recycled:?}");
    assert_eq!(server.status()["totals"]["respawns"], 0);
}

#[test]
fn whoever_talks_with_a_worker_that_is_replaced_finishes_there() {
    let limit = ["--limits-connections-per-worker", "3"];
    let server = TestServer::start(&[&["--workers", "1", "--threads", "4"][..], &limit].concat());
    let old = server.workers()[0];
    let mut held = [server.served(), server.served()];
    server.served().finish().unwrap();
    let status = server.wait_for_status("the replacement", |status| count(status, &["draining"]) == 1);
    let leaving = status["workers"].as_array().unwrap().iter().find(|worker| worker["state"] == "draining");
    assert_eq!((&leaving.unwrap()["pid"], &leaving.unwrap()["busy"]), (&old.as_raw().into(), &2.into()));
    for _ in 0..10 {
        for connection in &mut held {
            connection.exchange(b"still there?").unwrap();
        }
    }
    assert!(lives(old));
    for connection in held {
        connection.finish().unwrap();
    }
    server.wait_for_log("worker left");
    assert!(!lives(old));
}

#[test]
fn workers_are_replaced_when_they_are_old_although_nobody_comes() {
    let server = TestServer::start(&["--workers", "3", "--threads", "1", "--limits-worker-age", "1s"]);
    assert_replaced(&server, &server.workers(), 3, 1);
    server.wait_for_logs("replacing the worker: it is old (limits.worker_age)", 3);
}

#[test]
fn a_worker_that_takes_too_much_memory_is_replaced_when_a_connection_ends() {
    // Nobody has so little.
    let server = TestServer::start(&["--workers", "2", "--threads", "1", "--limits-worker-memory", "64KiB"]);
    let first = server.workers();
    assert!(first.iter().all(|pid| lives(*pid)), "without a connection nobody looks");
    for round in 1..=3 {
        server.served().finish().unwrap();
        server.wait_for_logs("replacing the worker: it takes too much memory (limits.worker_memory)", round);
        server.wait_for_logs("worker left", round);
    }
    assert!(!server.log().iter().any(|line| line.contains("worker died")));
}

#[test]
fn a_worker_serves_on_while_its_replacement_does_not_get_ready() {
    let folder = folder_for_all();
    let how = folder.path().join("how");
    let mut command = program(&beside_server("examples/faulty"));
    command.env("FAULTY_FILE", &how);
    let limit = ["--limits-connections-per-worker", "1", "--transform", "none"];
    let server =
        TestServer::start_command(command, &[&["--workers", "1", "--threads", "2"][..], &limit].concat());
    let old = server.workers()[0];
    let serve = |count: usize| {
        for _ in 0..count {
            let mut connection = server.connect();
            connection.send(b"hello").unwrap();
            wait_for_service("it", [&connection]);
        }
    };
    fs::write(&how, "fail").unwrap();
    serve(1);
    server.wait_for_logs("worker died", 3);
    serve(10);
    assert!(lives(old));
    assert_eq!(server.status()["pool"]["capacity"], 2);
    fs::remove_file(&how).unwrap();
    eventually("it to be replaced", || (!lives(old)).then_some(()));
    serve(1);
}
