//! What operators do to their servers, and what befalls them, as the unicorn's tests have it.

use std::thread;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};

use crate::reload::{POOL, reload, stderr};
use crate::support::{TestServer, eventually, is_stopped, lives, meanwhile};
use crate::terminal::Terminal;

#[test]
fn a_terminal_that_goes_away_is_a_reason_to_drain_and_leave() {
    let (terminal, command) = Terminal::new();
    let mut server = TestServer::start_command(command, &["--workers", "1", "--threads", "1"]);
    let mut held = server.served();
    terminal.close();
    server.wait_for_log("draining on SIGHUP");
    held.exchange(b"still there?").unwrap();
    held.finish().unwrap();
    assert_eq!(server.end().0, 0);
}

#[test]
fn a_terminal_that_is_resized_changes_nothing() {
    let (terminal, command) = Terminal::new();
    let server = TestServer::start_command(command, &["--workers", "2", "--threads", "1"]);
    let workers = server.workers();
    for rows in 20..30 {
        terminal.resize(rows, 80);
    }
    server.served().finish().unwrap();
    assert_eq!(server.status()["master"]["state"], "running");
    assert_eq!(server.workers(), workers);
}

#[test]
fn a_stopped_master_serves_on_and_obeys_when_it_goes_on() {
    let server = TestServer::configured(POOL);
    let old = server.workers();
    server.signal(Signal::SIGSTOP);
    eventually("it to stand still", || is_stopped(server.pid()).then_some(()));
    for _ in 0..10 {
        server.served().finish().unwrap();
    }
    server.configure("[pool]\nworkers = 1\nthreads = 7\n");
    thread::scope(|scope| {
        let asker = scope.spawn(|| server.ask(&["reload"]));
        meanwhile("nobody answers", Duration::from_millis(200), || !asker.is_finished());
        server.signal(Signal::SIGHUP);
        assert_eq!(server.workers(), old);
        server.signal(Signal::SIGCONT);
        let output = asker.join().unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
    });
    assert_eq!(server.status()["pool"]["capacity"], 7);
    server.served().finish().unwrap();
}

#[test]
fn a_stopped_worker_does_not_hold_up_a_reload() {
    let server = TestServer::configured(&format!("{POOL}[timeouts]\ndrain = \"300ms\"\n"));
    let stopped = server.workers()[0];
    kill(stopped, Signal::SIGSTOP).unwrap();
    eventually("it to stand still", || is_stopped(stopped).then_some(()));
    reload(&server);
    assert_eq!(server.status()["pool"]["capacity"], 4);
    let mut waiting: Vec<_> = (0..4).map(|_| server.connect()).collect();
    for connection in &mut waiting {
        connection.exchange(b"hello").unwrap();
    }
    eventually("the stopped one to be killed", || (!lives(stopped)).then_some(()));
}

#[test]
fn a_job_in_the_background_whose_terminal_wants_it_silent_serves_on() {
    let (_terminal, command) = Terminal::in_background();
    let server = TestServer::start_command(command, &["--workers", "2", "--threads", "1"]);
    for _ in 0..5 {
        // Each writes a line to the terminal, which answers with TTOU.
        server.served().finish().unwrap();
    }
    let status = server.status();
    assert_eq!((&status["pool"]["workers"], &status["master"]["state"]), (&2.into(), &"running".into()));
}
