//! A worker that dies takes its own connections with it, and nothing else.

use std::process::Command;

use crate::support::{
    TestServer, beside_server, children, eventually, is_stopped, lives, open_files, program, server_after,
    server_command, wait_for_service,
};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use prefork_client::Connection;
use serde_json::json;

fn faulty() -> Command {
    program(&beside_server("examples/faulty"))
}

#[test]
fn a_killed_worker_loses_only_what_it_held_and_is_replaced_at_once() {
    let server = TestServer::start(&["--workers", "2", "--threads", "2"]);
    let mut held: Vec<Connection> = (0..4).map(|_| server.served()).collect();
    let waiting = [server.asker(b"a"), server.asker(b"b")];
    let victim = server.workers()[0];
    kill(victim, Signal::SIGKILL).unwrap();
    wait_for_service("both who waited", &waiting);
    let survivors =
        held.iter_mut().filter_map(|connection| connection.exchange(b"still there?").ok()).count();
    assert_eq!(survivors, 2);
    let deaths = server.wait_for_logs("worker died", 1);
    assert_eq!(deaths.len(), 1);
    assert!(
        deaths[0].contains("was killed by SIGKILL; 2 connections lost; respawning worker=0"),
        "{deaths:?}"
    );
    eventually("two workers", || {
        (server.workers().len() == 2 && !server.workers().contains(&victim)).then_some(())
    });
}

#[test]
fn each_cause_of_death_is_named() {
    let server = TestServer::start_command(faulty(), &["--workers", "1", "--threads", "1"]);
    let aborted = "was killed by SIGABRT";
    // The standard library aborts a program whose stack overflows.
    let causes = [("exit", "exited with code 7"), ("abort", aborted), ("overflow", aborted)];
    for (deaths, (question, cause)) in causes.into_iter().enumerate() {
        let _lost = server.asker(question.as_bytes());
        let lines = server.wait_for_logs("worker died", deaths + 1);
        assert!(lines[deaths].contains(cause), "{lines:?}");
    }
}

#[test]
fn a_panic_of_the_handler_costs_one_connection() {
    let server =
        TestServer::start_command(faulty(), &["--workers", "1", "--threads", "2", "--transform", "none"]);
    let worker = server.workers();
    let mut bystander = server.connect();
    bystander.send(b"hello").unwrap();
    let panicking = server.asker(b"panic");
    panicking.finish().expect("an orderly end without an answer");
    server.wait_for_log("the handler panicked");
    wait_for_service("the bystander", [&bystander]);
    assert_eq!(server.workers(), worker);
    let line = server.wait_for_log("connection closed");
    assert!(line.contains("reason=\"handler panicked\""), "{line}");
}

#[test]
fn the_queue_is_served_while_a_respawn_is_throttled() {
    let server = TestServer::start(&["--workers", "2", "--threads", "1"]);
    for _ in 0..5 {
        kill_newest(&server);
    }
    // Each pause is twice as long as the one before, so that one of them is long enough on any machine.
    let is_served_in_the_pause = |pause: &str| {
        let line = kill_newest(&server);
        assert!(line.contains(&format!("respawning in {pause}")), "{line}");
        let first = server.served();
        let second = server.asker(b"next");
        first.finish().unwrap();
        wait_for_service("the one who waited", [&second]);
        server.workers().len() == 1
    };
    assert!(["1.6s", "3.2s", "6.4s", "12.8s"].into_iter().any(is_served_in_the_pause), "by the sibling");
}

/// Kills the worker of two that was forked last, and returns what the log says of its death.
fn kill_newest(server: &TestServer) -> String {
    let [_, newest] = eventually("two workers", || <[Pid; 2]>::try_from(server.workers()).ok());
    let deaths = server.log().iter().filter(|line| line.contains("worker died")).count();
    kill(newest, Signal::SIGKILL).unwrap();
    server.wait_for_logs("worker died", deaths + 1).remove(deaths)
}

#[test]
fn the_death_of_a_worker_that_was_replaced_is_no_respawn() {
    let server = TestServer::start(&["--workers", "1", "--threads", "1"]);
    let _held = server.served();
    let old = server.workers()[0];
    kill(old, Signal::SIGTERM).unwrap();
    server.wait_for_status("the old one to drain beside its replacement", |status| {
        status["workers"][0]["state"] == "ready" && status["workers"][1]["state"] == "draining"
    });
    kill(old, Signal::SIGKILL).unwrap();
    let line = server.wait_for_log("worker died");
    assert!(line.contains("was killed by SIGKILL; 1 connection lost worker=0"), "{line}");
    let status = server.status();
    assert_eq!((&status["totals"]["respawns"], status["workers"].as_array().unwrap().len()), (&json!(0), 1));
}

#[test]
fn a_stopped_worker_has_no_idle_slot() {
    let server = TestServer::start(&["--workers", "2", "--threads", "1"]);
    let capacity =
        |count: u64| server.wait_for_status("the capacity", |status| status["pool"]["capacity"] == count);
    capacity(2);
    let stopped = server.workers()[0];
    kill(stopped, Signal::SIGSTOP).unwrap();
    capacity(1);
    let _held = server.served();
    server.wait_for_log("saturation begin");
    kill(stopped, Signal::SIGCONT).unwrap();
    capacity(2);
    server.wait_for_log("saturation end");
}

#[test]
fn term_to_a_worker_replaces_it_and_loses_nobody() {
    let server = TestServer::start(&["--workers", "1", "--threads", "2"]);
    let mut held = server.served();
    let old = server.workers()[0];
    kill(old, Signal::SIGTERM).unwrap();
    eventually("the replacement", || (server.workers().len() == 2).then_some(()));
    server.served().finish().unwrap();
    held.exchange(b"still there?").unwrap();
    held.finish().unwrap();
    eventually("the old worker to leave", || (!lives(old)).then_some(()));
    server.wait_for_log("worker left");
    assert!(!server.log().iter().any(|line| line.contains("worker died")));
    server.served().finish().unwrap();
}

#[test]
fn term_to_a_worker_that_is_still_starting_is_not_forgotten() {
    let server = TestServer::spawn(server_command(), &["--workers", "1", "--threads", "1"]);
    let early = eventually("the first worker", || server.workers().first().copied());
    // It has no handler for TERM in its very first moment, but then TERM is blocked and waits.
    kill(early, Signal::SIGTERM).unwrap();
    server.wait_for_log("listening on");
    eventually("its replacement", || (!lives(early) && server.workers().len() == 1).then_some(()));
}

#[test]
fn a_stopped_worker_does_not_keep_what_it_was_woken_for() {
    let server = TestServer::start(&["--workers", "2", "--threads", "4"]);
    let workers = server.workers();
    for round in 0..20 {
        let stopped = workers[round % 2];
        let connection = server.asker(b"hello");
        kill(stopped, Signal::SIGSTOP).unwrap();
        eventually("it to stand still", || is_stopped(stopped).then_some(()));
        let next = server.asker(b"next");
        wait_for_service("the next, by the sibling,", [&next]);
        kill(stopped, Signal::SIGCONT).unwrap();
        wait_for_service("the first", [&connection]);
    }
}

#[test]
fn a_thousand_respawns_leave_nothing_behind() {
    const WORKERS: usize = 250;
    let server = TestServer::start(&["--workers", "250", "--threads", "1"]);
    // The first question opens what finds out who waits.
    server.status();
    let files = open_files(server.pid());
    for round in 1..=4 {
        let workers = eventually("all workers", || {
            let workers = server.workers();
            (workers.len() == WORKERS).then_some(workers)
        });
        for worker in workers {
            kill(worker, Signal::SIGKILL).unwrap();
        }
        // The log leaves most of them out.
        server.wait_for_status("all deaths", |status| status["totals"]["respawns"] == round * WORKERS);
    }
    eventually("all workers", || (server.workers().len() == WORKERS).then_some(()));
    server.served().finish().unwrap();
    assert!(server.workers().into_iter().all(lives), "no zombie");
    // The last client of the control socket is about to be let go.
    eventually("no leaked file", || (open_files(server.pid()) == files).then_some(()));
    // A worker that held the channels of those before it would have hundreds.
    let of_worker = |index: usize| open_files(server.workers()[index]);
    eventually("the last worker to have as many files as the first", || {
        (of_worker(0) == of_worker(249)).then_some(())
    });
}

#[test]
fn strangers_are_reaped_and_change_nothing() {
    let command = server_after("true & sleep 0.2 &");
    let server = TestServer::start_command(command, &["--workers", "1", "--threads", "1"]);
    eventually("only the worker to be left", || (children(server.pid()).len() == 1).then_some(()));
    server.served().finish().unwrap();
    assert!(!server.log().iter().any(|line| line.contains("worker died")));
}

#[test]
fn a_stopped_worker_goes_on_where_it_was() {
    let server = TestServer::start(&["--workers", "1", "--threads", "1"]);
    let mut connection = server.served();
    let worker = server.workers()[0];
    for _ in 0..3 {
        kill(worker, Signal::SIGSTOP).unwrap();
        eventually("it to stand still", || is_stopped(worker).then_some(()));
        kill(worker, Signal::SIGCONT).unwrap();
        connection.exchange(b"awake?").unwrap();
    }
}
