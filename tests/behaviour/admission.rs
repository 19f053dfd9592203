//! Who is let in: addresses, connections of a peer, and how long one may have waited.

use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};
use socket2::{Domain, Socket, Type};

use crate::support::{PATIENCE, TestServer, eventually, field, meanwhile};

/// What a peer meets.
#[derive(Debug, PartialEq, Eq)]
enum Met {
    Served,
    Reset,
    /// An end in order, with these bytes before it.
    Ended(Vec<u8>),
}

/// A connection from an address of this machine, which is in the queue, or beyond it; `None` if it is reset already.
pub(crate) fn try_connect_from(from: &str, server: &str) -> Option<TcpStream> {
    let (from, server): (IpAddr, SocketAddr) = (from.parse().unwrap(), server.parse().unwrap());
    let socket = Socket::new(Domain::for_address(server), Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::new(from, 0).into()).unwrap();
    match socket.connect(&server.into()) {
        Err(error) if error.kind() == ErrorKind::ConnectionReset => return None,
        connected => connected.unwrap(),
    }
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    Some(socket.into())
}

fn connect_from(from: &str, server: &str) -> TcpStream {
    try_connect_from(from, server).expect("it is not reset")
}

/// What becomes of a connection that says hello.
fn meet(mut stream: &TcpStream) -> Met {
    let is_reset = |kind| matches!(kind, ErrorKind::ConnectionReset | ErrorKind::BrokenPipe);
    if let Err(error) = stream.write_all(b"hello") {
        assert!(is_reset(error.kind()), "{error}");
        return Met::Reset;
    }
    let mut answer = [0; 5];
    let mut length = 0;
    while length < answer.len() {
        match stream.read(&mut answer[length..]) {
            Ok(0) => return Met::Ended(answer[..length].to_vec()),
            Ok(more) => length += more,
            Err(error) if is_reset(error.kind()) => return Met::Reset,
            Err(error) => panic!("no answer: {error}"),
        }
    }
    if &answer == b"HELLO" {
        return Met::Served;
    }
    // The line that one gets who has waited too long, and then the end.
    assert_eq!(stream.read(&mut [0]).unwrap(), 0);
    Met::Ended(answer.to_vec())
}

/// What somebody from an address meets, with the connection if it is served.
fn visit(from: &str, server: &str) -> (Met, Option<TcpStream>) {
    let Some(stream) = try_connect_from(from, server) else { return (Met::Reset, None) };
    let met = meet(&stream);
    let stream = (met == Met::Served).then_some(stream);
    (met, stream)
}

/// A connection from an address that is served, and holds its slot.
fn served_from(from: &str, server: &TestServer) -> TcpStream {
    let stream = connect_from(from, &server.address);
    assert_eq!(meet(&stream), Met::Served, "{from}");
    stream
}

fn refused_from(from: &str, server: &TestServer) {
    assert_eq!(visit(from, &server.address).0, Met::Reset, "{from}");
}

/// Waits until the status, which may be a little old, says that so many were refused.
#[track_caller]
fn wait_for_refused(server: &TestServer, denied: u64, per_peer: u64, queue_wait: u64) -> Value {
    let wanted =
        json!({ "denied": denied, "per_peer": per_peer, "queue_wait": queue_wait, "proxy_header": 0 });
    server.wait_for_status(&format!("refused: {wanted}"), |status| status["refused"] == wanted)
}

#[test]
fn a_peer_has_so_many_connections_and_another_as_many() {
    let server = TestServer::start(&["--workers", "2", "--threads", "4", "--limits-per-peer", "2"]);
    let mut held: Vec<TcpStream> = (0..2).map(|_| served_from("127.0.0.2", &server)).collect();
    refused_from("127.0.0.2", &server);
    let other = served_from("127.0.0.3", &server);
    refused_from("127.0.0.2", &server);
    let status = wait_for_refused(&server, 0, 2, 0);
    assert_eq!(status["totals"]["accepted"], 3, "who is refused is not accepted");
    assert_eq!(status["pool"]["busy"], 3);
    drop(held.pop());
    eventually("the share of who left", || visit("127.0.0.2", &server.address).1);
    drop((held, other));
}

#[test]
fn the_bits_that_make_a_peer_are_those_of_the_configuration() {
    let server = TestServer::configured(
        "listen = [\"[::]:0\"]\n[limits]\nper_peer = 1\nper_peer_ipv4 = 24\n[pool]\nworkers = 1\nthreads = 8\n",
    );
    let port = server
        .wait_for_log("listening on ")
        .rsplit_once("]:")
        .unwrap()
        .1
        .split(' ')
        .next()
        .unwrap()
        .to_owned();
    let (ipv4, ipv6) = (format!("127.0.0.1:{port}"), format!("[::1]:{port}"));
    // The socket of both families sees these addresses mapped into IPv6.
    let (met, _first) = visit("127.0.0.2", &ipv4);
    assert_eq!(met, Met::Served);
    assert_eq!(visit("127.0.0.9", &ipv4).0, Met::Reset, "it is of the same 24 bits");
    let (met, _second) = visit("127.0.1.2", &ipv4);
    assert_eq!(met, Met::Served, "it is not");
    let (met, _third) = visit("::1", &ipv6);
    assert_eq!(met, Met::Served, "the families have nothing in common");
    assert_eq!(visit("::1", &ipv6).0, Met::Reset);
}

#[test]
fn who_may_connect_is_said_by_two_lists() {
    let flags =
        ["--workers", "1", "--limits-allow", "127.0.0.0/29, ::1", "--limits-deny", "127.0.0.2,127.0.0.4/31"];
    let server = TestServer::start(&flags);
    for from in ["127.0.0.1", "127.0.0.3", "127.0.0.7"] {
        served_from(from, &server);
    }
    for from in ["127.0.0.2", "127.0.0.4", "127.0.0.5", "127.0.0.8"] {
        refused_from(from, &server);
    }
    wait_for_refused(&server, 4, 0, 0);
    let line = server.wait_for_log("peer=127.0.0.8:");
    assert_eq!(field(&line, "reason"), "refused: denied");
    assert!(line.contains("connection refused") && line.contains("worker=0"), "{line}");
}

/// A pool of one slot that is taken, and somebody who waits for longer than one may.
fn overdue(flags: &[&str]) -> (TestServer, TcpStream, TcpStream) {
    let server = TestServer::start(
        &[&["--workers", "1", "--threads", "1", "--limits-queue-wait", "1s"], flags].concat(),
    );
    let holder = served_from("127.0.0.1", &server);
    let waiter = connect_from("127.0.0.1", &server.address);
    server.wait_for_status("somebody waits too long", |status| {
        status["waiting"][0]["waited_seconds"].as_f64().is_some_and(|waited| waited > 1.02)
    });
    (server, holder, waiter)
}

#[test]
fn who_has_waited_too_long_is_reset_and_who_came_later_is_served() {
    let (server, holder, waiter) = overdue(&[]);
    let later = connect_from("127.0.0.1", &server.address);
    drop(holder);
    assert_eq!(meet(&waiter), Met::Reset);
    assert_eq!(meet(&later), Met::Served);
    let status = server.wait_for_status("both who were served", |status| status["totals"]["accepted"] == 2);
    assert_eq!(status["refused"]["queue_wait"], 1);
    assert_eq!(status["queue_wait_seconds"]["count"], 3);
    assert!(status["queue_wait_seconds"]["max"].as_f64().unwrap() > 1.0, "who waited in vain has waited");
    let line = server.wait_for_log("refused: queue_wait");
    assert!(field(&line, "queue_wait").parse::<f64>().unwrap() > 1.0, "{line}");
}

#[test]
fn who_has_waited_too_long_may_be_told_so_though_it_has_sent_much() {
    let (server, holder, mut waiter) = overdue(&["--limits-queue-wait-answer", "busy"]);
    waiter.write_all(&vec![b'x'; 50_000]).unwrap();
    server.wait_for_status("all of it is there", |status| status["waiting"][0]["bytes_queued"] == 50_000);
    drop(holder);
    let mut answer = Vec::new();
    waiter.read_to_end(&mut answer).unwrap();
    assert_eq!(String::from_utf8(answer).unwrap(), "busy\n");
    wait_for_refused(&server, 0, 0, 1);
    // The only slot serves again after the connection is closed. A reset behind the end is seen by nobody who reads.
    served_from("127.0.0.1", &server);
    assert!(waiter.take_error().unwrap().is_none(), "it was an end in order");
}

#[test]
fn a_unix_socket_has_no_peers_to_refuse() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let listen = format!("unix:{}", path.display());
    let limits = ["--limits-per-peer", "1", "--limits-queue-wait", "1ms", "--limits-deny", "0.0.0.0/0,::/0"];
    let control = folder.path().join("control").display().to_string();
    let server = TestServer::start(
        &[&["--listen", &listen, "--control", &control, "--threads", "4"], &limits[..]].concat(),
    );
    let connect = |_| {
        let mut stream = std::os::unix::net::UnixStream::connect(&path).unwrap();
        stream.write_all(b"hello").unwrap();
        let mut answer = [0; 5];
        stream.read_exact(&mut answer).unwrap();
        assert_eq!(&answer, b"HELLO");
        stream
    };
    let held: Vec<_> = (0..3).map(connect).collect();
    drop(held);
    let (code, log) = server.stop();
    assert_eq!(code, 0);
    assert!(!log.iter().any(|line| line.contains("refused")), "{log:?}");
}

/// Ends a storm, also when the test fails that raised it.
struct Calm<'a>(&'a AtomicBool);

impl Drop for Calm<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Clients that come again and again from one address, and stay for a moment, until they are told to stop. Returns how
/// many were served, and how many refused.
fn storm(address: &str, clients: usize, most: usize, stop: &AtomicBool) -> (usize, usize) {
    let (inside, served, refused) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
    let client = || {
        while !stop.load(Ordering::Relaxed) {
            if let (_, Some(stream)) = visit("127.0.0.2", address) {
                // It leaves after it is counted no more: the server has at least as many as are counted here.
                assert!(inside.fetch_add(1, Ordering::SeqCst) < most, "more than one may have");
                thread::yield_now();
                inside.fetch_sub(1, Ordering::SeqCst);
                served.fetch_add(1, Ordering::Relaxed);
                drop(stream);
            } else {
                refused.fetch_add(1, Ordering::Relaxed);
            }
        }
    };
    thread::scope(|scope| (0..clients).for_each(|_| drop(scope.spawn(client))));
    (served.into_inner(), refused.into_inner())
}

#[test]
fn a_storm_from_one_address_never_has_more_than_it_may_and_others_are_served() {
    const MOST: usize = 5;
    let flags = ["--workers", "4", "--threads", "8", "--limits-per-peer", &MOST.to_string()];
    let server = TestServer::start(&flags);
    let stop = AtomicBool::new(false);
    let (let_in, refused) = thread::scope(|scope| {
        let storm = scope.spawn(|| storm(&server.address, 64, MOST, &stop));
        let calm = Calm(&stop);
        for other in 1..=100 {
            served_from(&format!("127.0.1.{other}"), &server);
            if other == 50 {
                // Old and new workers count alike.
                assert!(server.ask(&["reload"]).status.success());
            }
        }
        drop(calm);
        storm.join().unwrap()
    });
    assert!(let_in >= MOST && refused > 0, "{let_in} let in, {refused} refused");
    server.wait_for_status("all of them, counted", |status| {
        status["refused"]["per_peer"] == refused && status["totals"]["accepted"] == let_in + 100
    });
}

#[test]
fn what_a_storm_holds_is_exactly_what_it_may_have() {
    let server = TestServer::start(&["--workers", "4", "--threads", "16", "--limits-per-peer", "7"]);
    let held: Vec<TcpStream> = thread::scope(|scope| {
        let client = || visit("127.0.0.2", &server.address).1;
        let clients: Vec<_> = (0..64).map(|_| scope.spawn(client)).collect();
        clients.into_iter().filter_map(|client| client.join().unwrap()).collect()
    });
    assert_eq!(held.len(), 7);
    wait_for_refused(&server, 0, 57, 0);
    meanwhile("it has seven slots", Duration::from_millis(50), || server.status()["pool"]["busy"] == 7);
}

#[test]
fn what_a_killed_worker_held_is_its_peers_no_more_and_the_counts_stay() {
    let server = TestServer::start(&["--workers", "1", "--threads", "8", "--limits-per-peer", "3"]);
    for round in 1..=3 {
        let held: Vec<TcpStream> = (0..3).map(|_| served_from("127.0.0.2", &server)).collect();
        refused_from("127.0.0.2", &server);
        let worker: Pid = server.workers()[0];
        kill(worker, Signal::SIGKILL).unwrap();
        server.wait_for_status("another worker", |status| {
            let found = &status["workers"][0];
            found["state"] == "ready" && found["pid"] != worker.as_raw()
        });
        wait_for_refused(&server, 0, round, 0);
        drop(held);
    }
}

#[test]
fn a_reload_brings_a_limit_that_counts_who_is_there_already() {
    let server = TestServer::configured("[pool]\nworkers = 2\nthreads = 4\n");
    let mut held: Vec<TcpStream> = (0..3).map(|_| served_from("127.0.0.2", &server)).collect();
    server.configure("[pool]\nworkers = 2\nthreads = 4\n[limits]\nper_peer = 3\n");
    assert!(server.ask(&["reload"]).status.success());
    server.wait_for_status("three drain", |status| status["pool"]["draining"] == 3);
    refused_from("127.0.0.2", &server);
    served_from("127.0.0.3", &server);
    for stream in &held {
        assert_eq!(meet(stream), Met::Served, "who is there stays");
    }
    drop(held.pop());
    eventually("the share of who left", || visit("127.0.0.2", &server.address).1);
}

#[test]
fn a_flood_that_is_refused_takes_no_slot_and_hides_no_order() {
    let server = TestServer::start(&[
        "--workers",
        "2",
        "--threads",
        "2",
        "--limits-deny",
        "127.0.0.2",
        "--timeouts-stuck",
        "1s",
    ]);
    let stop = AtomicBool::new(false);
    let held = served_from("127.0.0.1", &server);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    drop(try_connect_from("127.0.0.2", &server.address));
                }
            });
        }
        let _calm = Calm(&stop);
        let status = server.wait_for_status("one is busy", |status| status["pool"]["busy"] == 1);
        let before = status["refused"]["denied"].as_u64().unwrap();
        meanwhile("one is busy", Duration::from_secs(2), || server.status()["pool"]["busy"] == 1);
        assert!(server.status()["refused"]["denied"].as_u64().unwrap() > before);
        assert!(server.ask(&["scale", "1"]).status.success());
        assert!(server.ask(&["reload"]).status.success());
    });
    assert!(!server.log().iter().any(|line| line.contains("sign of life")), "a worker that refuses lives");
    drop(held);
    assert_eq!(server.stop().0, 0);
}

#[test]
fn the_metrics_tell_who_was_refused_by_worker_and_reason() {
    let server = TestServer::start(&[
        "--workers",
        "1",
        "--limits-deny",
        "127.0.0.2",
        "--monitor-listen",
        "127.0.0.1:0",
    ]);
    refused_from("127.0.0.2", &server);
    let line = "prefork_connections_refused_total{worker=\"0\",reason=\"denied\"} 1";
    eventually("the figure", || {
        let mut stream = TcpStream::connect(server.monitor()).unwrap();
        stream.write_all(b"GET /metrics HTTP/1.0\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer.contains(line).then_some(())
    });
}
