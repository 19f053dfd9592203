//! With `timeouts.drain_idle` connections that say nothing do not hold up a drain; those that talk are served to their end.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::unix::net::UnixStream;
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};

use crate::support::{TestServer, assert_stopped, eventually, field, has_answer, meanwhile};

/// A pool of one worker and two slots that drains on TERM, and says so in its log.
fn start(flags: &[&str]) -> TestServer {
    let pool = ["--workers", "1", "--threads", "2", "--log-level", "debug"];
    TestServer::start(&[&pool, flags].concat())
}

fn drain(server: &TestServer) {
    server.signal(Signal::SIGTERM);
    server.wait_for_log("worker drains");
}

/// A connection that has been served once.
fn served(server: &TestServer) -> TcpStream {
    let mut stream = TcpStream::connect(&server.address).unwrap();
    talk(&mut stream).unwrap();
    stream
}

fn talk(stream: &mut TcpStream) -> std::io::Result<()> {
    stream.write_all(b"x")?;
    stream.read_exact(&mut [0])
}

#[test]
fn who_is_silent_is_closed_in_order_and_who_talks_is_served() {
    let mut server = start(&["--timeouts-drain-idle", "400ms"]);
    let begin = Instant::now();
    let mut silent = served(&server);
    let mut talker = served(&server);
    drain(&server);
    let end = thread::spawn(move || (silent.read(&mut [0]).unwrap(), Instant::now()));
    while begin.elapsed() < Duration::from_secs(1) || !end.is_finished() {
        talk(&mut talker).unwrap();
        // A pause between two messages.
        thread::sleep(Duration::from_millis(20));
    }
    let (read, at) = end.join().unwrap();
    assert_eq!(read, 0, "an orderly end");
    assert!(at >= begin + Duration::from_millis(400), "after its time");
    assert_eq!(field(&server.wait_for_log("connection closed"), "reason"), "idle at a drain");
    drop(talker);
    let (code, log) = server.end();
    assert_eq!(code, 0);
    assert_stopped(&log, 2, 0, 0);
}

#[test]
fn who_has_been_silent_before_the_drain_is_closed_at_its_begin() {
    let mut server = start(&["--timeouts-drain-idle", "1s"]);
    let silent = server.served();
    meanwhile("without a drain it is kept", Duration::from_millis(1300), || !has_answer(&silent));
    let begin = Instant::now();
    drain(&server);
    eventually("the end of the connection", || has_answer(&silent).then_some(()));
    assert!(begin.elapsed() < Duration::from_secs(1), "its second was over");
    drop(silent);
    assert_stopped(&server.end().1, 1, 0, 0);
}

#[test]
fn a_peer_that_speaks_up_when_it_is_too_late_gets_no_reset() {
    let server = start(&["--timeouts-drain-idle", "100ms"]);
    let mut peer = served(&server);
    drain(&server);
    assert_eq!(peer.read(&mut [0]).unwrap(), 0);
    for _ in 0..10 {
        // Between two packets.
        thread::sleep(Duration::from_millis(10));
        peer.write_all(b"too late").unwrap();
    }
    assert_eq!(peer.take_error().unwrap().map(|error| error.kind()), None);
    peer.shutdown(Shutdown::Write).unwrap();
    server.wait_for_log("stopped: ");
}

#[test]
fn a_long_answer_is_no_silence() {
    let mut server = start(&["--timeouts-drain-idle", "100ms", "--sleep", "600ms"]);
    let mut peer = TcpStream::connect(&server.address).unwrap();
    peer.write_all(b"slow").unwrap();
    server.wait_for_status("the work", |status| status["workers"][0]["connections"][0]["state"] == "working");
    drain(&server);
    let mut answer = Vec::new();
    peer.read_to_end(&mut answer).unwrap();
    assert_eq!(answer, b"SLOW");
    drop(peer);
    assert_stopped(&server.end().1, 1, 0, 0);
}

#[test]
fn a_worker_that_is_replaced_parts_from_its_silent_connections_alone() {
    let server = TestServer::start(&["--workers", "2", "--threads", "1", "--timeouts-drain-idle", "200ms"]);
    let connections = [server.served(), server.served()];
    let retiring = server.workers()[0];
    kill(retiring, Signal::SIGTERM).unwrap();
    eventually("the end of one connection", || connections.iter().any(has_answer).then_some(()));
    meanwhile("the other one stays", Duration::from_millis(500), || {
        connections.iter().filter(|connection| has_answer(connection)).count() == 1
    });
    drop(connections);
    eventually("its leave", || (!server.workers().contains(&retiring)).then_some(()));
}

#[test]
fn unix_sockets_are_parted_from_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("echo.sock");
    let listen = format!("127.0.0.1:0,unix:{}", path.display());
    let server = start(&["--timeouts-drain-idle", "200ms", "--listen", &listen]);
    let mut stream = UnixStream::connect(&path).unwrap();
    stream.write_all(b"x").unwrap();
    stream.read_exact(&mut [0]).unwrap();
    drain(&server);
    assert_eq!(stream.read(&mut [0]).unwrap(), 0);
    drop(stream);
    assert_eq!(field(&server.wait_for_log("connection closed"), "reason"), "idle at a drain");
}

#[test]
fn without_the_key_the_silent_may_stay_until_the_drain_is_over() {
    let mut server = start(&["--timeouts-drain", "1s"]);
    let silent = server.served();
    drain(&server);
    meanwhile("it is kept", Duration::from_millis(700), || !has_answer(&silent));
    eventually("its end", || has_answer(&silent).then_some(()));
    drop(silent);
    assert_stopped(&server.end().1, 0, 1, 0);
}
