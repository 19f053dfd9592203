//! Peers that misbehave cost their own slot at most, and that until their timeout.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use nix::unistd::Pid;
use prefork_client::Connection;
use socket2::SockRef;

use crate::support::{TestServer, eventually, field, has_answer, meanwhile, wait_for_service};

/// Closes a connection with a reset.
fn reset(stream: TcpStream) {
    SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap();
    drop(stream);
}

/// Lowers a limit of a running process, or sets it back.
pub(crate) fn limit(pid: Pid, limit: &str) {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let id = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().to_owned()
    };
    let mut command = Command::new("prlimit");
    if id("Uid:") != nix::unistd::getuid().to_string() {
        // Root may do so too, but only with CAP_SYS_RESOURCE, prlimit(2).
        command = Command::new("setpriv");
        command.args(["--reuid", &id("Uid:"), "--regid", &id("Gid:"), "--clear-groups", "prlimit"]);
    }
    let status = command.args(["--pid", &pid.to_string(), limit]).status().unwrap();
    assert!(status.success());
}

/// Takes from a worker that accepts what it needs to accept one more.
pub(crate) fn leave_no_file(worker: Pid) {
    // Before it has its epoll instance it would not even begin.
    eventually("it to accept", || {
        let files = std::fs::read_dir(format!("/proc/{worker}/fd")).unwrap().flatten();
        let mut targets = files.filter_map(|file| std::fs::read_link(file.path()).ok());
        targets.any(|target| target.as_os_str() == "anon_inode:[eventpoll]").then_some(())
    });
    let free = (0..1024).find(|file| !Path::new(&format!("/proc/{worker}/fd/{file}")).exists()).unwrap();
    limit(worker, &format!("--nofile={free}:"));
}

#[test]
fn a_silent_peer_is_closed_after_the_idle_timeout() {
    let server = TestServer::start(&["--workers", "1", "--threads", "1", "--timeouts-idle", "100ms"]);
    let mut silent = TcpStream::connect(&server.address).unwrap();
    let waiting = server.asker(b"hello");
    assert_eq!(silent.read(&mut [0]).unwrap(), 0, "an orderly end");
    drop(silent);
    wait_for_service("the next in the queue", [&waiting]);
    assert_eq!(field(&server.wait_for_log("connection closed"), "reason"), "idle timeout");
}

#[test]
fn a_peer_that_does_not_read_is_closed_after_the_write_timeout() {
    let server = TestServer::start(&["--workers", "1", "--threads", "2", "--timeouts-write", "200ms"]);
    let stuck = TcpStream::connect(&server.address).unwrap();
    stuck.set_write_timeout(Some(Duration::from_millis(50))).unwrap();
    let filler = [b'x'; 4096];
    let mut bystander = server.connect();
    while (&stuck).write(&filler).is_ok() {
        bystander.exchange(b"undisturbed").unwrap();
    }
    let line = server.wait_for_log("connection closed");
    assert_eq!(field(&line, "reason"), "write timeout");
    bystander.exchange(b"undisturbed").unwrap();
}

#[test]
fn peers_that_vanish_leave_the_slot_to_the_next() {
    let server = TestServer::start(&["--workers", "1", "--threads", "1"]);
    let holder = server.served();
    for how in 0..30 {
        let mut stream = TcpStream::connect(&server.address).unwrap();
        match how % 3 {
            0 => drop(stream),
            1 => reset(stream),
            _ => {
                stream.write_all(b"never read").unwrap();
                reset(stream);
            }
        }
    }
    let waiting = server.asker(b"hello");
    drop(holder);
    wait_for_service("the one who stayed", [&waiting]);
    let mut midway = TcpStream::connect(&server.address).unwrap();
    drop(waiting);
    midway.write_all(b"half a mess").unwrap();
    reset(midway);
    server.served().finish().unwrap();
}

#[test]
fn an_answer_in_flight_survives_the_end_of_the_conversation() {
    let server = TestServer::start(&["--workers", "1", "--threads", "1", "--timeouts-idle", "100ms"]);
    let mut stream = TcpStream::connect(&server.address).unwrap();
    let message = vec![b'x'; 100_000];
    stream.write_all(&message).unwrap();
    // The server closes while all of it is still unread here.
    server.wait_for_log("idle timeout");
    stream.shutdown(Shutdown::Write).unwrap_or(());
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    assert_eq!(answer, message.to_ascii_uppercase());
}

#[test]
fn without_a_free_file_clients_wait_and_nobody_spins() {
    let server = TestServer::start(&["--workers", "1", "--threads", "4"]);
    let worker = server.workers()[0];
    leave_no_file(worker);
    let waiting = server.asker(b"hello");
    server.wait_for_log("cannot accept on");
    meanwhile("it waits in the queue", Duration::from_millis(300), || !has_answer(&waiting));
    // 10, 20, 40 … 500 ms: a spinning worker would be beyond a thousand failures by now.
    assert!(server.log().iter().filter(|line| line.contains("cannot accept on")).count() < 8);
    limit(worker, "--nofile=1024:");
    wait_for_service("it", [&waiting]);
    assert_eq!(server.workers(), [worker]);
}

#[test]
fn a_worker_without_a_free_file_leaves_clients_to_its_siblings() {
    let server = TestServer::start(&["--workers", "2", "--threads", "8"]);
    let worker = server.workers()[0];
    leave_no_file(worker);
    // It has its turn sooner or later, and nobody is any the worse for it.
    eventually("the worker to be asked", || {
        server.served().finish().unwrap();
        server.log().iter().any(|line| line.contains("cannot accept on")).then_some(())
    });
    for _ in 0..8 {
        server.served().finish().unwrap();
    }
}

#[test]
fn a_refused_thread_costs_capacity_and_no_connection() {
    let server = TestServer::start(&["--workers", "1", "--threads", "4"]);
    let worker = server.workers()[0];
    let holder = server.served();
    // Room for what is small, but not for another stack.
    let statm = std::fs::read_to_string(format!("/proc/{worker}/statm")).unwrap();
    let pages: u64 = statm.split(' ').next().unwrap().parse().unwrap();
    limit(worker, &format!("--as={}:", pages * 4096 + 200_000));
    // Two threads may have been started for the first connection, but not three.
    let others: Vec<Connection> = (0..3).map(|_| server.asker(b"hello")).collect();
    server.wait_for_log("cannot start another thread");
    meanwhile("somebody waits", Duration::from_millis(100), || !others.iter().all(has_answer));
    limit(worker, "--as=unlimited:");
    // Nobody leaves: it is a thread that is tried again.
    wait_for_service("all", &others);
    assert_eq!(server.workers(), [worker]);
    drop(holder);
}

#[test]
fn a_burst_of_silent_peers_does_not_keep_others_waiting() {
    let server = TestServer::start(&["--workers", "1", "--threads", "600"]);
    let silent: Vec<TcpStream> = (0..500).map(|_| TcpStream::connect(&server.address).unwrap()).collect();
    let waiting = server.asker(b"hello");
    wait_for_service("it", [&waiting]);
    drop(silent);
}

#[test]
fn workers_out_of_files_do_not_keep_each_other_awake() {
    let server = TestServer::start(&["--workers", "2", "--threads", "8"]);
    server.workers().into_iter().for_each(leave_no_file);
    let waiting: Vec<Connection> = (0..4).map(|_| server.asker(b"hello")).collect();
    server.wait_for_logs("failures=4", 2);
    let status = server.wait_for_status("what is lacking to be seen", |status| status["pool"]["idle"] == 0);
    assert_eq!(status["pool"]["waiting"], 4);
    server.wait_for_log("saturation begin");
    let looked = Instant::now();
    let failures = server.wait_for_logs("failures=16", 2);
    // From 10 ms on the pauses double up to half a second.
    assert!(looked.elapsed() > Duration::from_secs(2), "{failures:?}");
    for worker in server.workers() {
        limit(worker, "--nofile=1000:");
    }
    wait_for_service("all", &waiting);
    server.wait_for_log("saturation end");
}
