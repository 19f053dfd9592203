//! The workers leave and the master stays: clients wait until the pool is wanted again.

use std::thread;
use std::time::Duration;

use nix::sys::signal::Signal;

use crate::reload::{POOL, reload, stderr};
use crate::support::{TestServer, eventually, has_answer, lives, meanwhile};

#[test]
fn winch_from_a_process_drains_the_workers_and_keeps_the_master() {
    let server = TestServer::configured(POOL);
    let mut held = server.served();
    server.signal(Signal::SIGWINCH);
    eventually("the idle worker to leave", || (server.workers().len() == 1).then_some(()));
    held.exchange(b"still there?").unwrap();
    held.finish().unwrap();
    eventually("the other one to leave", || server.workers().is_empty().then_some(()));
    let mut waiting = server.connect();
    waiting.send(b"hello").unwrap();
    meanwhile("nobody serves", Duration::from_millis(200), || !has_answer(&waiting) && lives(server.pid()));
    reload(&server);
    waiting.receive(b"hello").unwrap();
    assert_eq!(server.workers().len(), 2);
}

#[test]
fn drain_answers_when_the_workers_have_left_and_scale_brings_them_back() {
    let server = TestServer::configured(POOL);
    let held = server.served();
    thread::scope(|scope| {
        let asker = scope.spawn(|| server.ask(&["drain"]));
        meanwhile("it waits", Duration::from_millis(200), || !asker.is_finished());
        held.finish().unwrap();
        let output = asker.join().unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
    });
    assert!(server.workers().is_empty());
    let mut waiting = server.connect();
    waiting.send(b"hello").unwrap();
    let output = server.ask(&["scale", "3"]);
    assert!(output.status.success(), "{}", stderr(&output));
    waiting.receive(b"hello").unwrap();
    assert_eq!(server.workers().len(), 3);
}

#[test]
fn a_pool_that_rests_is_not_ready() {
    let server = TestServer::configured(POOL);
    assert!(server.ask(&["drain"]).status.success());
    assert_eq!(server.ask(&["health"]).status.code(), Some(1));
    reload(&server);
    assert_eq!(server.ask(&["health"]).status.code(), Some(0));
}

#[test]
fn a_reload_that_ends_a_rest_tells_who_asked_for_it() {
    let server = TestServer::configured(POOL);
    let held = server.served();
    thread::scope(|scope| {
        let asker = scope.spawn(|| server.ask(&["drain"]));
        server.wait_for_log("draining the workers");
        reload(&server);
        let output = asker.join().unwrap();
        assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    });
    server.served().finish().unwrap();
    drop(held);
}

#[test]
fn a_pool_that_rests_can_be_stopped_and_whoever_waits_is_served() {
    let mut server = TestServer::configured(POOL);
    assert!(server.ask(&["drain"]).status.success());
    let mut waiting = server.connect();
    server.signal(Signal::SIGTERM);
    waiting.exchange(b"hello").unwrap();
    waiting.finish().unwrap();
    let (code, log) = server.end();
    assert_eq!(code, 0, "{log:?}");
}

#[test]
fn stop_answers_at_the_end_and_now_cuts_whoever_is_left() {
    let mut server = TestServer::configured(POOL);
    let mut held = server.served();
    thread::scope(|scope| {
        let asker = scope.spawn(|| server.ask(&["stop"]));
        server.wait_for_log("draining on");
        held.exchange(b"still there?").unwrap();
        assert!(!asker.is_finished());
        let output = server.ask(&["stop", "--now"]);
        assert!(output.status.success(), "{}", stderr(&output));
        // The answer comes with the end: what is left of the process has no files any more.
        eventually("the end", || (!lives(server.pid())).then_some(()));
        let output = asker.join().unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
    });
    let (code, log) = server.end();
    assert_eq!(code, 0);
    assert!(log.iter().any(|line| line.contains(" 1 cut")), "{log:?}");
}
