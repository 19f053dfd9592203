//! Many reloads, at once and one after the other, leave the pool as it was.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::thread;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use prefork_client::Connection;

use crate::load::Load;
use crate::random::Random;
use crate::reload::{POOL, reload, server_of, stderr};
use crate::support::{TestServer, children, eventually, lives, open_files};

#[test]
fn everybody_who_asks_at_once_gets_an_answer() {
    let server = TestServer::configured(POOL);
    let load = Load::start(&[&server.address], 4, Random::seed());
    for _ in 0..3 {
        thread::scope(|scope| {
            let askers: Vec<_> = (0..8).map(|_| scope.spawn(|| server.ask(&["reload"]))).collect();
            for asker in askers {
                let output = asker.join().unwrap();
                assert!(output.status.success(), "{}", stderr(&output));
            }
        });
    }
    load.stop().assert_nobody_lost(1);
}

#[test]
fn a_storm_of_hangups_ends_in_good_order() {
    let server = TestServer::configured(POOL);
    let load = Load::start(&[&server.address], 4, Random::seed());
    for _ in 0..200 {
        server.signal(Signal::SIGHUP);
        load.wait_for(1);
    }
    reload(&server);
    load.stop().assert_nobody_lost(200);
    eventually("two workers", || (server.workers().len() == 2).then_some(()));
    assert!(!server.log().iter().any(|line| line.contains("worker died")));
}

#[test]
fn two_hundred_reloads_leave_nothing_behind() {
    assert_nothing_is_left_by(200);
}

#[test]
#[ignore = "the long form: a thousand reloads"]
fn a_thousand_reloads_leave_nothing_behind() {
    assert_nothing_is_left_by(1000);
}

fn assert_nothing_is_left_by(reloads: usize) {
    /// What an allocator may take more, for whatever reason, before that is called a leak.
    const SLACK_KB: u64 = 512;
    let server = TestServer::configured(POOL);
    let look = || {
        eventually("the old workers to leave", || (server.workers().len() == 2).then_some(()));
        let mut pids = server.workers();
        eventually("the new ones to wait for clients", || {
            pids.iter().all(|pid| has_door(*pid)).then_some(())
        });
        pids.insert(0, server.pid());
        pids.into_iter().map(|pid| (open_files(pid), threads(pid), resident_kb(pid))).collect::<Vec<_>>()
    };
    for _ in 0..20 {
        reload(&server);
    }
    let before = look();
    for _ in 0..reloads {
        reload(&server);
    }
    // The last client of the control socket is about to be let go, as in the first look it may have been.
    let after = eventually("no more files and threads than before", || {
        let after = look();
        let is_no_more =
            after.iter().zip(&before).all(|(after, before)| after.0 <= before.0 && after.1 <= before.1);
        is_no_more.then_some(after)
    });
    for (before, after) in before.iter().zip(&after) {
        assert!(after.2 <= before.2 + SLACK_KB, "memory: {before:?} kB, then {after:?} kB");
    }
    eprintln!("files, threads, kB of master and workers: {before:?}, after {reloads} reloads {after:?}");
    assert!(children(server.pid()).into_iter().all(lives), "no zombie");
    server.served().finish().unwrap();
}

/// Whether a worker has obeyed its order to accept: then it has an epoll instance.
fn has_door(pid: Pid) -> bool {
    let files = fs::read_dir(format!("/proc/{pid}/fd")).unwrap().flatten();
    let mut targets = files.filter_map(|file| fs::read_link(file.path()).ok());
    targets.any(|target| target.to_string_lossy().contains("eventpoll"))
}

/// A number that /proc says of a process.
fn number_of(pid: Pid, name: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}

fn threads(pid: Pid) -> u64 {
    number_of(pid, "Threads:")
}

fn resident_kb(pid: Pid) -> u64 {
    number_of(pid, "RssAnon:")
}

#[test]
fn a_worker_that_dies_in_a_reload_takes_only_its_own_connections() {
    let server = TestServer::configured("[pool]\nworkers = 4\nthreads = 2\n");
    let mut random = Random::new(Random::seed());
    let mut lost = 0;
    for round in 0..20 {
        let held: Vec<(Connection, Pid)> = (0..8).map(|_| held(&server)).collect();
        let victim = kill_in_a_reload(&server, &held, &mut random);
        for (mut connection, worker) in held {
            let outcome = connection.exchange(b"still there?");
            assert_eq!(outcome.is_err(), Some(worker) == victim, "round {round}: {outcome:?}");
            lost += usize::from(outcome.is_err());
        }
    }
    assert!(lost > 0, "none of the victims had a connection");
    reload(&server);
    eventually("four workers", || (server.workers().len() == 4).then_some(()));
    server.served().finish().unwrap();
}

/// A connection, and the worker that serves it.
fn held(server: &TestServer) -> (Connection, Pid) {
    let connection = server.served();
    let (worker, _) = server_of(server, connection.local_port().unwrap());
    (connection, Pid::from_raw(worker.try_into().unwrap()))
}

/// Reloads, and kills an old worker, which has connections, or a new one, when a new one is there. Returns who it was.
fn kill_in_a_reload(server: &TestServer, held: &[(Connection, Pid)], random: &mut Random) -> Option<Pid> {
    let before: BTreeSet<Pid> = server.workers().into_iter().collect();
    let is_old = random.once_in(2);
    let victim = thread::scope(|scope| {
        let asker = scope.spawn(|| server.ask(&["reload"]));
        let new = eventually("a new worker", || {
            let new: Vec<Pid> = server.workers().into_iter().filter(|pid| !before.contains(pid)).collect();
            (asker.is_finished() || !new.is_empty()).then_some(new)
        });
        let victims = if is_old { held.iter().map(|(_, worker)| *worker).collect() } else { new };
        let victim = (!victims.is_empty()).then(|| victims[random.below(victims.len())]);
        // A new one may have left by itself.
        let _ = victim.map(|victim| kill(victim, Signal::SIGKILL));
        let output = asker.join().unwrap();
        assert!(matches!(output.status.code(), Some(0 | 1)), "{}", stderr(&output));
        victim
    });
    let is_gone = |pid: Pid| !Path::new(&format!("/proc/{pid}")).exists();
    eventually("the victim to be reaped", || victim.is_none_or(is_gone).then_some(victim))
}
