//! When every slot is taken nobody accepts, and the kernel's queue holds the rest, in order.

use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

use crate::support::{
    TestServer, answered, askers, eventually, field, has_answer, meanwhile, wait_for_service,
};
use nix::unistd::Pid;
use prefork_client::Connection;

#[test]
fn exactly_as_many_are_served_as_there_are_slots_and_the_others_in_their_order() {
    let server = TestServer::start(&["--workers", "2", "--threads", "2"]);
    let mut holders: Vec<Connection> = (0..4).map(|_| server.served()).collect();
    let mut waiting = askers(&server, 6);
    meanwhile("nobody is served without a slot", Duration::from_millis(200), || answered(&waiting) == 0);
    while !waiting.is_empty() {
        holders.remove(0).finish().unwrap();
        wait_for_service("the first in the queue", [&waiting[0]]);
        assert_eq!(answered(&waiting), 1, "and nobody else");
        let mut next = waiting.remove(0);
        next.receive(b"hello").unwrap();
        holders.push(next);
    }
}

#[test]
fn the_queue_wait_in_the_log_is_that_of_the_clients_clock() {
    // The kernel counts in jiffies: 10 ms where they are longest.
    const JIFFIES: f64 = 0.020;
    let server = TestServer::start(&["--workers", "1", "--threads", "1"]);
    let holder = server.served();
    let before = Instant::now();
    let mut waiter = server.connect();
    let connected = Instant::now();
    let port = waiter.local_port().unwrap();
    meanwhile("the slot is taken", Duration::from_millis(300), || !has_answer(&waiter));
    let released = connected.elapsed();
    drop(holder);
    waiter.exchange(b"at last").unwrap();
    let answered_after = before.elapsed();
    drop(waiter);
    let line = server.wait_for_log(&format!("peer=127.0.0.1:{port} "));
    let queue_wait: f64 = field(&line, "queue_wait").parse().unwrap();
    assert!(queue_wait >= released.as_secs_f64() - JIFFIES, "{line} but released after {released:?}");
    assert!(
        queue_wait <= answered_after.as_secs_f64() + JIFFIES,
        "{line} but served after {answered_after:?}"
    );
}

#[test]
fn slow_connections_are_spread_evenly_over_the_workers() {
    let server = TestServer::start(&["--workers", "4", "--threads", "16"]);
    let workers = server.workers();
    let connect = |_| {
        // A worker whose next leader is not there yet would miss its turn.
        eventually("all workers to wait", || workers.iter().all(|pid| leads(*pid)).then_some(()));
        server.served()
    };
    let held: Vec<Connection> = (0..16).map(connect).collect();
    drop(held);
    let mut counts = BTreeMap::new();
    for line in server.wait_for_logs("connection closed", 16) {
        *counts.entry(field(&line, "worker").to_owned()).or_insert(0) += 1;
    }
    assert_eq!(counts.len(), 4, "{counts:?}");
    assert!(counts.values().all(|count| (3..=5).contains(count)), "{counts:?}");
}

/// Whether a thread of a worker waits for clients: in which function of the kernel it sleeps, see proc(5).
fn leads(pid: Pid) -> bool {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    let place =
        |task: std::fs::DirEntry| std::fs::read_to_string(task.path().join("wchan")).unwrap_or_default();
    // Which of the two depends on what the compiler of the kernel inlined.
    tasks.flatten().any(|task| ["ep_poll", "do_epoll_wait"].contains(&place(task).as_str()))
}

#[test]
fn threads_grow_with_the_need_and_no_further() {
    let server = TestServer::start(&["--workers", "1", "--threads", "3"]);
    let worker = server.workers()[0];
    let threads = || std::fs::read_dir(format!("/proc/{worker}/task")).map_or(0, Iterator::count);
    assert_eq!(threads(), 2, "one for orders, one that leads");
    let held: Vec<Connection> = (0..3).map(|_| server.served()).collect();
    assert_eq!(threads(), 4);
    let waiting = askers(&server, 3);
    drop(held);
    wait_for_service("all", &waiting);
    assert_eq!(threads(), 4);
}

#[test]
fn a_quiet_pool_sleeps() {
    let server = TestServer::start(&["--workers", "2", "--threads", "2"]);
    drop(server.served());
    server.wait_for_log("connection closed");
    assert_sleeps(&server, Duration::from_secs(2));
}

/// Waits until nothing is under way any more, and fails if master or workers then do anything at all in this time.
#[track_caller]
pub(crate) fn assert_sleeps(server: &TestServer, time: Duration) {
    let switches = || -> u64 {
        let mut pids = server.workers();
        pids.push(server.pid());
        pids.iter().map(|pid| context_switches(pid.as_raw())).sum()
    };
    let settled = eventually("the pool to settle", || {
        let before = switches();
        // Long enough for whatever is still on its way to sleep.
        thread::sleep(Duration::from_millis(50));
        (switches() == before).then_some(before)
    });
    meanwhile("nothing ticks", time, || switches() == settled);
}

fn context_switches(pid: i32) -> u64 {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    let of_task = |task: std::fs::DirEntry| -> u64 {
        let status = std::fs::read_to_string(task.path().join("status")).unwrap();
        let lines = status.lines().filter(|line| line.starts_with("voluntary_ctxt_switches"));
        lines.map(|line| line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap()).sum()
    };
    tasks.flatten().map(of_task).sum()
}

#[test]
fn five_thousand_connections_are_open_at_once() {
    let resource = nix::sys::resource::Resource::RLIMIT_NOFILE;
    let (_, hard) = nix::sys::resource::getrlimit(resource).unwrap();
    nix::sys::resource::setrlimit(resource, hard.min(8192), hard).unwrap();
    let server = TestServer::start(&["--workers", "2", "--threads", "2500", "--backlog", "4096"]);
    let mut connections: Vec<Connection> = (0..5000).map(|_| server.served()).collect();
    for connection in &mut connections {
        connection.exchange(b"still here").unwrap();
    }
    drop(connections);
    let (code, log) = server.stop();
    assert_eq!(code, 0);
    assert_eq!(log.iter().filter(|line| line.contains("reason=\"peer closed\"")).count(), 5000);
}
