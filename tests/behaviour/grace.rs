//! How a pool ends or rests: with a time of grace, by a command that waits for it, or with its master still there.

use std::io;
use std::net::TcpStream;
use std::process::Output;
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};

use crate::events::texts;
use crate::monitor::get;
use crate::reload::{POOL, reload, stderr};
use crate::support::{
    TestServer, assert_stopped, eventually, has_answer, is_stopped, lives, meanwhile, wait_for_service,
};

const NARROW: [&str; 4] = ["--workers", "1", "--threads", "1"];

fn start(flags: &[&str]) -> TestServer {
    TestServer::start(&[&NARROW, flags].concat())
}

#[track_caller]
fn stdout(output: &Output) -> String {
    assert!(output.status.success(), "{}", stderr(output));
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[track_caller]
fn assert_draining(server: &TestServer, page: &str) {
    let health = server.ask(&["health"]);
    assert_eq!(health.status.code(), Some(1));
    assert!(stderr(&health).contains("not ready: draining"), "{}", stderr(&health));
    let (code, reason) = get(page, "/readyz").unwrap();
    assert!(code == 503 && reason.contains("draining"), "{code} {reason}");
    assert_eq!(server.status()["master"]["state"], "draining");
}

/// Waits until the workers rest, whoever waits for that.
#[track_caller]
fn drain(server: &TestServer) {
    let said = stdout(&server.ask(&["drain"]));
    assert!(said.starts_with("all workers have left; clients wait in the queue"), "{said}");
}

#[test]
fn in_the_time_of_grace_the_pool_is_not_ready_and_serves_who_comes() {
    let mut server = start(&["--timeouts-grace", "2s", "--monitor-listen", "127.0.0.1:0"]);
    let page = server.monitor();
    server.signal(Signal::SIGTERM);
    server.wait_for_log("stopping on SIGTERM: no longer ready, and still accepting for 2s");
    assert_draining(&server, &page);
    server.served().finish().unwrap();
    assert_eq!(texts(&server, "grace"), ["not ready any more, still accepting for 2s"]);
    let mut held = server.served();
    server.wait_for_log("draining on the end of timeouts.grace");
    let late = TcpStream::connect_timeout(&server.address.parse().unwrap(), Duration::from_millis(300));
    assert_eq!(late.unwrap_err().kind(), io::ErrorKind::TimedOut);
    held.exchange(b"still there?").unwrap();
    held.finish().unwrap();
    let (code, log) = server.end();
    assert_eq!(code, 0);
    assert_stopped(&log, 2, 0, 0);
}

#[test]
fn a_worker_that_dies_in_the_time_of_grace_is_replaced() {
    let server = start(&["--timeouts-grace", "1m"]);
    server.signal(Signal::SIGTERM);
    server.wait_for_log("still accepting for 60s");
    kill(server.workers()[0], Signal::SIGKILL).unwrap();
    server.wait_for_log("worker died");
    server.served().finish().unwrap();
}

#[test]
fn a_stop_in_the_midst_of_a_reload_is_not_forgotten() {
    /// So many that the first of them is not ready when the last one is forked.
    const WORKERS: usize = 16;
    let pool = format!("[pool]\nworkers = {WORKERS}\nthreads = 1\n");
    let mut server = TestServer::configured(&format!("{pool}[timeouts]\ngrace = \"500ms\"\n"));
    let old = server.workers();
    thread::scope(|scope| {
        let asker = scope.spawn(|| server.ask(&["reload"]));
        let first = eventually("the next generation", || {
            server.workers().into_iter().find(|worker| !old.contains(worker))
        });
        kill(first, Signal::SIGSTOP).unwrap();
        eventually("all of it", || (server.workers().len() == 2 * WORKERS).then_some(()));
        server.signal(Signal::SIGSTOP);
        eventually("the master to stand still", || is_stopped(server.pid()).then_some(()));
        kill(first, Signal::SIGCONT).unwrap();
        meanwhile("it gets ready", Duration::from_millis(300), || lives(first));
        // The master takes the signal first, and then hears that all are ready.
        server.signal(Signal::SIGTERM);
        server.signal(Signal::SIGCONT);
        server.wait_for_log("stopping on SIGTERM: no longer ready");
        asker.join().unwrap();
    });
    let (code, log) = server.end();
    assert_eq!(code, 0);
    assert!(log.iter().any(|line| line.contains("draining on the end of timeouts.grace")), "{log:?}");
}

#[test]
fn a_second_signal_in_the_time_of_grace_stops_at_once() {
    let mut server = start(&["--timeouts-grace", "1m"]);
    let held = server.served();
    server.signal(Signal::SIGTERM);
    server.wait_for_log("still accepting for 60s");
    // What comes sooner counts as the same request.
    meanwhile("it serves on", Duration::from_millis(300), || lives(server.pid()));
    server.signal(Signal::SIGTERM);
    eventually("the end of the connection", || has_answer(&held).then_some(()));
    drop(held);
    let (code, log) = server.end();
    assert_eq!(code, 0);
    assert_stopped(&log, 0, 1, 0);
}

#[test]
fn a_stop_by_command_answers_with_the_counts_when_all_is_over() {
    let mut server = start(&[]);
    let mut held = server.served();
    thread::scope(|scope| {
        // Two who ask get the same answer.
        let askers = [(); 2].map(|()| scope.spawn(|| server.ask(&["stop"])));
        server.wait_for_log("draining on request");
        meanwhile("somebody is served", Duration::from_millis(200), || {
            !askers.iter().any(thread::ScopedJoinHandle::is_finished)
        });
        held.exchange(b"still there?").unwrap();
        held.finish().unwrap();
        for asker in askers {
            let said = stdout(&asker.join().unwrap());
            assert!(
                said.starts_with("stopped: 1 connection served in all, 0 cut, 0 still queued; it took"),
                "{said}"
            );
        }
    });
    let (code, log) = server.end();
    assert_eq!(code, 0);
    assert_stopped(&log, 1, 0, 0);
}

#[test]
fn a_stop_by_command_that_is_to_be_now_cuts_who_is_served() {
    let mut server = TestServer::start(&["--workers", "2", "--threads", "1"]);
    let held = [server.served(), server.served()];
    let begin = Instant::now();
    let said = thread::scope(|scope| {
        let asker = scope.spawn(|| server.ask(&["stop", "--now"]));
        eventually("the end of both connections", || held.iter().all(has_answer).then_some(()));
        drop(held);
        stdout(&asker.join().unwrap())
    });
    assert!(begin.elapsed() < Duration::from_secs(10), "far below the drain timeout");
    assert!(said.starts_with("stopped: 0 connections served in all, 2 cut, 0 still queued"), "{said}");
    assert_eq!(server.end().0, 0);
}

#[test]
fn a_stop_that_is_to_be_now_ends_one_that_waits() {
    let mut server = start(&[]);
    let held = server.served();
    thread::scope(|scope| {
        let patient = scope.spawn(|| server.ask(&["stop"]));
        server.wait_for_log("draining on request");
        let hasty = scope.spawn(|| server.ask(&["stop", "--now"]));
        eventually("the end of the connection", || has_answer(&held).then_some(()));
        drop(held);
        for asker in [patient, hasty] {
            let said = stdout(&asker.join().unwrap());
            assert!(said.contains("0 connections served in all, 1 cut"), "{said}");
        }
    });
    assert_eq!(server.end().0, 0);
}

#[test]
fn a_stop_of_a_saturated_pool_ends_in_time() {
    let mut server = start(&["--timeouts-drain", "500ms"]);
    // None of them ever closes by itself.
    let held = server.served();
    let waiting = [server.asker(b"hello"), server.asker(b"hello")];
    let begin = Instant::now();
    let said = stdout(&server.ask(&["stop"]));
    let took = begin.elapsed();
    assert!(took >= Duration::from_millis(500) && took < Duration::from_secs(10), "{took:?}");
    assert!(said.contains("0 connections served in all, 1 cut, 2 still queued"), "{said}");
    assert_eq!(server.end().0, 0);
    drop((held, waiting));
}

#[test]
fn a_pool_that_rests_keeps_its_clients_until_it_has_workers_again() {
    let server = TestServer::start(&["--workers", "1", "--threads", "2", "--monitor-listen", "127.0.0.1:0"]);
    let page = server.monitor();
    drain(&server);
    assert_eq!(texts(&server, "resting"), ["the workers drain, the master stays"]);
    assert_draining(&server, &page);
    let waiting = [server.asker(b"hello"), server.asker(b"hello"), server.asker(b"hello")];
    let status = server.wait_for_status("three to wait", |status| status["pool"]["waiting"] == 3);
    assert_eq!((&status["pool"]["workers"], &status["pool"]["capacity"]), (&0.into(), &0.into()));
    meanwhile("nobody is served", Duration::from_millis(200), || !waiting.iter().any(has_answer));
    let said = stdout(&server.ask(&["scale", "2"]));
    assert!(said.contains("the pool has 2 workers"), "{said}");
    wait_for_service("all", &waiting);
    assert_eq!(server.ask(&["health"]).status.code(), Some(0));
    assert_eq!(server.status()["pool"]["capacity"], 4);
}

#[test]
fn a_reload_brings_the_workers_of_a_pool_back_that_rests() {
    let server = TestServer::configured(POOL);
    server.signal(Signal::SIGWINCH);
    server.wait_for_logs("worker left", 2);
    let waiting = [server.asker(b"hello"), server.asker(b"hello")];
    reload(&server);
    wait_for_service("both", &waiting);
    let status = server.status();
    assert_eq!((&status["pool"]["capacity"], &status["master"]["state"]), (&4.into(), &"running".into()));
}

#[test]
fn a_pool_that_rests_does_not_bring_a_worker_back_by_itself() {
    let server = TestServer::start(&["--workers", "2", "--threads", "1"]);
    let mut held = server.served();
    server.signal(Signal::SIGWINCH);
    server.wait_for_log("worker left");
    let last = eventually("one worker", || <[_; 1]>::try_from(server.workers()).ok())[0];
    held.exchange(b"still there?").unwrap();
    kill(last, Signal::SIGKILL).unwrap();
    server.wait_for_log("worker died");
    meanwhile("nobody comes", Duration::from_millis(300), || server.workers().is_empty());
    drain(&server);
}

#[test]
fn whoever_asks_for_rest_hears_when_the_last_worker_has_left() {
    let server = start(&[]);
    let held = server.served();
    thread::scope(|scope| {
        let askers = [(); 2].map(|()| scope.spawn(|| server.ask(&["drain"])));
        server.wait_for_log("draining the workers");
        meanwhile("somebody is served", Duration::from_millis(200), || {
            !askers.iter().any(thread::ScopedJoinHandle::is_finished)
        });
        held.finish().unwrap();
        for asker in askers {
            assert!(stdout(&asker.join().unwrap()).starts_with("all workers have left"));
        }
    });
    // At rest there is nothing to wait for.
    drain(&server);
    assert_eq!(server.log().iter().filter(|line| line.contains("draining the workers")).count(), 1);
}

#[test]
fn whoever_asks_for_rest_hears_that_the_pool_serves_again_instead() {
    let server = start(&[]);
    let mut held = server.served();
    thread::scope(|scope| {
        let asker = scope.spawn(|| server.ask(&["drain"]));
        server.wait_for_log("draining the workers");
        stdout(&server.ask(&["scale", "1"]));
        let output = asker.join().unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert!(stderr(&output).contains("the pool serves again"), "{}", stderr(&output));
    });
    server.served().finish().unwrap();
    held.exchange(b"still there?").unwrap();
}

#[test]
fn a_pool_that_stops_is_not_put_to_rest() {
    let mut server = start(&[]);
    let held = server.served();
    server.signal(Signal::SIGTERM);
    server.wait_for_log("draining on SIGTERM");
    let output = server.ask(&["drain"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("the pool stops"), "{}", stderr(&output));
    held.finish().unwrap();
    assert_eq!(server.end().0, 0);
}
