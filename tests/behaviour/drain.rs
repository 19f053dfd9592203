//! A stop serves who is connected or waiting, keeps out who comes later, and says what became of them.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use crate::support::{
    TestServer, assert_stopped, beside_server, eventually, has_answer, lives, meanwhile, program,
    server_command,
};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

#[test]
fn an_idle_pool_stops_at_once() {
    for signal in [Signal::SIGTERM, Signal::SIGINT, Signal::SIGQUIT] {
        let mut server = TestServer::start(&["--workers", "2", "--threads", "2"]);
        server.signal(signal);
        let (code, log) = server.end();
        assert_eq!(code, 0);
        assert_stopped(&log, 0, 0, 0);
    }
}

#[test]
fn an_idle_pool_ends_by_itself_after_its_time_of_grace() {
    let mut server = TestServer::start(&["--workers", "2", "--threads", "2", "--timeouts-grace", "100ms"]);
    server.signal(Signal::SIGTERM);
    let (code, log) = server.end();
    assert_eq!(code, 0);
    assert_stopped(&log, 0, 0, 0);
}

#[test]
fn whoever_is_served_or_waits_at_a_stop_is_served_to_the_end() {
    let mut server = TestServer::start(&["--workers", "1", "--threads", "1", "--log-level", "debug"]);
    let mut held = server.served();
    let mut waiting: Vec<_> = (0..3).map(|_| server.connect()).collect();
    server.signal(Signal::SIGTERM);
    server.wait_for_log("worker drains");
    held.exchange(b"one more thing").unwrap();
    held.finish().unwrap();
    for mut connection in waiting.drain(..) {
        connection.exchange(b"and me").unwrap();
        connection.finish().unwrap();
    }
    let (code, log) = server.end();
    assert_eq!(code, 0);
    assert_stopped(&log, 4, 0, 0);
}

#[test]
fn who_comes_after_a_stop_is_kept_out() {
    let server = TestServer::start(&["--workers", "1", "--threads", "1"]);
    let held = server.served();
    server.signal(Signal::SIGTERM);
    server.wait_for_log("draining on SIGTERM");
    let address = server.address.parse().unwrap();
    let late = TcpStream::connect_timeout(&address, Duration::from_millis(300));
    assert_eq!(late.unwrap_err().kind(), std::io::ErrorKind::TimedOut);
    drop(held);
}

#[test]
fn who_is_still_there_after_the_drain_timeout_is_closed_in_order() {
    let mut server = TestServer::start(&["--workers", "1", "--threads", "1", "--timeouts-drain", "300ms"]);
    let mut held = TcpStream::connect(&server.address).unwrap();
    held.write_all(b"hello").unwrap();
    let waiting = [server.connect(), server.connect()];
    eventually("two to wait", || (!has_answer(&waiting[0])).then_some(()));
    server.signal(Signal::SIGTERM);
    let mut answer = Vec::new();
    held.read_to_end(&mut answer).expect("an end without a reset");
    assert_eq!(answer, b"HELLO");
    drop(held);
    let (code, log) = server.end();
    assert_eq!(code, 0);
    assert_stopped(&log, 0, 1, 2);
}

#[test]
fn a_peer_that_sends_without_end_cannot_hold_up_a_stop() {
    let mut server = TestServer::start(&["--workers", "1", "--threads", "2", "--timeouts-drain", "200ms"]);
    let senders: Vec<_> = (0..2)
        .map(|_| {
            let stream = TcpStream::connect(&server.address).unwrap();
            std::thread::spawn(move || while (&stream).write(&[b'x'; 4096]).is_ok() {})
        })
        .collect();
    // A third finds no slot: both are taken.
    let third = server.connect();
    meanwhile("both slots are taken", Duration::from_millis(100), || !has_answer(&third));
    server.signal(Signal::SIGTERM);
    let (code, log) = server.end();
    assert_eq!(code, 0);
    assert_stopped(&log, 0, 2, 1);
    for sender in senders {
        sender.join().unwrap();
    }
}

#[test]
fn a_second_signal_stops_at_once() {
    let mut server = TestServer::start(&["--workers", "2", "--threads", "1"]);
    let held = [server.served(), server.served()];
    let waiting = server.connect();
    server.signal(Signal::SIGINT);
    server.wait_for_log("draining on SIGINT");
    // What comes sooner counts as the same request.
    server.signal(Signal::SIGINT);
    meanwhile("it drains", Duration::from_millis(300), || lives(server.pid()));
    let began = Instant::now();
    server.signal(Signal::SIGINT);
    let (code, log) = server.end();
    assert!(began.elapsed() < Duration::from_secs(10), "far below the drain timeout");
    assert_eq!(code, 0);
    assert_stopped(&log, 0, 2, 1);
    drop((held, waiting));
}

#[test]
fn a_worker_that_hangs_does_not_hold_up_a_stop() {
    let mut server = TestServer::start(&["--workers", "1", "--threads", "1", "--timeouts-drain", "100ms"]);
    let _held = server.served();
    kill(server.workers()[0], Signal::SIGSTOP).unwrap();
    server.signal(Signal::SIGTERM);
    let (code, log) = server.end();
    assert_eq!(code, 0);
    assert!(log.iter().any(|line| line.contains("killing the worker: it did not leave in time")), "{log:?}");
}

#[test]
fn signals_to_the_whole_group_are_the_masters_business() {
    let mut server = TestServer::start(&["--workers", "2", "--threads", "1", "--log-level", "debug"]);
    let mut held = [server.served(), server.served()];
    let waiting = [server.connect(), server.connect(), server.connect()];
    let workers = server.workers();
    for signal in [Signal::SIGINT, Signal::SIGHUP, Signal::SIGQUIT, Signal::SIGUSR1, Signal::SIGWINCH] {
        for worker in &workers {
            kill(*worker, signal).unwrap();
        }
    }
    for connection in &mut held {
        connection.exchange(b"undisturbed").unwrap();
    }
    // TERM to all: the workers ask to be replaced, and the master drains.
    server.signal(Signal::SIGTERM);
    for worker in &workers {
        kill(*worker, Signal::SIGTERM).unwrap();
    }
    server.wait_for_logs("worker drains", 2);
    for connection in held {
        connection.finish().unwrap();
    }
    for mut connection in waiting {
        connection.exchange(b"and me").unwrap();
        connection.finish().unwrap();
    }
    let (code, log) = server.end();
    assert_eq!(code, 0);
    assert_stopped(&log, 5, 0, 0);
}

#[test]
fn each_connection_that_is_cut_has_its_line_in_the_log() {
    let mut server = TestServer::start(&["--workers", "2", "--threads", "3", "--timeouts-drain", "100ms"]);
    let held: Vec<_> = (0..6).map(|_| server.served()).collect();
    server.signal(Signal::SIGTERM);
    let (_, log) = server.end();
    assert_eq!(log.iter().filter(|line| line.contains("reason=\"cut\"")).count(), 6, "{log:?}");
    assert_stopped(&log, 0, 6, 0);
    drop(held);
}

#[test]
fn a_log_that_nobody_reads_stops_neither_the_service_nor_a_stop() {
    let (reader, writer) = std::io::pipe().unwrap();
    let mut command = server_command();
    command.args([
        "-c",
        "/dev/null",
        "--workers",
        "1",
        "--threads",
        "1",
        "--log-access",
        "--log-format",
        "json",
    ]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("echo.sock");
    command.args(["--listen", &format!("unix:{}", path.display())]).stderr(writer);
    let mut child = command.spawn().unwrap();
    drop(command);
    // The file is there a moment before anybody listens.
    eventually("the socket", || UnixStream::connect(&path).ok());
    // More lines than a pipe holds.
    for _ in 0..1000 {
        let mut stream = UnixStream::connect(&path).unwrap();
        stream.write_all(b"x").unwrap();
        assert_eq!(stream.read(&mut [0]).unwrap(), 1);
    }
    kill(Pid::from_raw(child.id().try_into().unwrap()), Signal::SIGTERM).unwrap();
    let status = eventually("its end", || child.try_wait().unwrap());
    assert_eq!(status.code(), Some(0));
    drop(reader);
}

#[test]
fn a_master_that_dies_in_a_drain_leaves_the_port_free_too() {
    let mut server = TestServer::start(&["--workers", "1", "--threads", "1", "--log-level", "debug"]);
    let held = server.served();
    let worker = server.workers()[0];
    server.signal(Signal::SIGTERM);
    server.wait_for_log("worker drains");
    server.signal(Signal::SIGKILL);
    server.wait();
    let next = TestServer::start(&["--listen", &server.address]);
    next.served().finish().unwrap();
    // Nobody else is there to obey.
    kill(worker, Signal::SIGTERM).unwrap();
    eventually("the orphan to obey", || (!lives(worker)).then_some(()));
    drop(held);
}

#[test]
fn a_worker_that_is_still_starting_goes_with_its_master() {
    let mut command = program(&beside_server("examples/faulty"));
    command.env("FAULTY_START", "hang");
    let mut server = TestServer::spawn(command, &["--workers", "2", "--timeouts-start", "1m"]);
    let workers = eventually("two workers", || Some(server.workers()).filter(|workers| workers.len() == 2));
    // The first thing that a worker does is to bind its life to the master's; it has if it does not run any more.
    eventually("them to hang", || workers.iter().all(|worker| sleeps(*worker)).then_some(()));
    server.signal(Signal::SIGKILL);
    server.wait();
    eventually("them to be gone", || workers.iter().all(|worker| !lives(*worker)).then_some(()));
}

/// Whether the first thread of a process sleeps.
fn sleeps(pid: Pid) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| stat.contains(") S "))
}

#[test]
fn without_its_master_a_worker_frees_the_port_and_finishes_its_connections() {
    let mut server = TestServer::start(&["--workers", "2", "--threads", "2"]);
    let mut held = server.served();
    let workers = server.workers();
    server.signal(Signal::SIGKILL);
    server.wait();
    let successor = eventually("the port to be free", || std::net::TcpListener::bind(&server.address).ok());
    drop(successor);
    let next = TestServer::start(&["--listen", &server.address]);
    held.exchange(b"still there?").unwrap();
    next.served().finish().unwrap();
    held.finish().unwrap();
    eventually("the workers to leave", || workers.iter().all(|worker| !lives(*worker)).then_some(()));
}

#[test]
fn nothing_is_left_of_an_idle_pool_whose_master_is_killed() {
    let monitor = ["--monitor-listen", "127.0.0.1:0"];
    let mut server = TestServer::start(&[&["--workers", "3", "--threads", "2"][..], &monitor].concat());
    let children = server.workers();
    server.signal(Signal::SIGKILL);
    server.wait();
    eventually("the port to be free", || std::net::TcpListener::bind(&server.address).ok());
    // Sooner than any timeout of theirs.
    eventually("all of them to be gone", || children.iter().all(|child| !lives(*child)).then_some(()));
}
