//! systemd's watchdog, `sd_watchdog_enabled(3)`: fed while workers make progress, and not by a master whose workers hang.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

use crate::held::Held;
use crate::notify::{Manager, Successor};
use crate::reload::POOL;
use crate::saturation::assert_sleeps;
use crate::support::{
    TestServer, askers, beside_server, eventually, folder_for_all, is_stopped, program, server_command,
};

const FED: &str = "WATCHDOG=1\n";
const INTERVAL: Duration = Duration::from_secs(1);

/// A manager that wants a sign of life once in an interval, and a service that has told it that it is ready.
fn watched(configuration: &str) -> (Manager, TestServer) {
    let manager = Manager::new();
    let server = manager.start_watched(INTERVAL, configuration);
    assert!(manager.hear().starts_with("READY=1\n"));
    assert_eq!(manager.hear(), FED);
    (manager, server)
}

#[track_caller]
fn assert_fed(manager: &Manager, times: usize) {
    for _ in 0..times {
        assert_eq!(manager.hear(), FED);
    }
}

/// Fails if it is fed although nobody answers. What was on its way may come still: one for an answer that came before, two beats later
/// at most, and beats are late on a busy machine.
#[track_caller]
fn assert_hungry(manager: &Manager) {
    let early = manager.hear_for(INTERVAL * 2);
    assert!(early.len() <= 2, "{early:?}");
    assert_eq!(manager.hear_for(INTERVAL * 2), Vec::<String>::new());
}

fn stop(pid: Pid) {
    kill(pid, Signal::SIGSTOP).unwrap();
    eventually("it to stand still", || is_stopped(pid).then_some(()));
}

#[test]
fn an_idle_pool_feeds_it_and_not_before_half_the_interval() {
    let (manager, _server) = watched(POOL);
    let began = Instant::now();
    assert_fed(&manager, 4);
    // Four halves of it, of which the first began before we looked. How late it may be depends on the machine.
    assert!(began.elapsed() >= INTERVAL * 3 / 2, "{:?}", began.elapsed());
}

#[test]
fn a_saturated_pool_feeds_it() {
    let (manager, server) = watched("[pool]\nworkers = 1\nthreads = 1\n");
    let (_held, _waiting) = (server.served(), server.connect());
    assert_fed(&manager, 4);
}

#[test]
fn handlers_that_never_come_back_do_not_feed_it() {
    let (manager, server) = watched(&format!("{POOL}[work]\nsleep = \"1h\"\n"));
    let mut at_work = askers(&server, 3);
    server.wait_for_status("three at work", |status| status["pool"]["busy"] == 3);
    assert_fed(&manager, 3);
    at_work.push(server.asker(b"the last slot"));
    assert_hungry(&manager);
    drop(at_work);
}

#[test]
fn handlers_that_take_their_time_in_every_slot_feed_it() {
    let (manager, server) = watched("[pool]\nworkers = 1\nthreads = 1\n[work]\nsleep = \"200ms\"\n");
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let talk = scope.spawn(|| {
            let mut client = server.served();
            while !is_over.load(Ordering::Relaxed) {
                client.exchange(b"hello").unwrap();
            }
        });
        assert_fed(&manager, 4);
        is_over.store(true, Ordering::Relaxed);
        talk.join().unwrap();
    });
}

#[test]
fn it_is_not_fed_while_all_workers_stand_still() {
    let (manager, server) = watched(POOL);
    let workers = server.workers();
    stop(workers[0]);
    assert_fed(&manager, 4);
    stop(workers[1]);
    assert_hungry(&manager);
    kill(workers[0], Signal::SIGCONT).unwrap();
    assert_fed(&manager, 3);
    kill(workers[1], Signal::SIGCONT).unwrap();
    server.served().finish().unwrap();
}

#[test]
fn it_is_not_fed_for_a_worker_that_hangs_although_nothing_was_to_do() {
    let (manager, server) = watched("[pool]\nworkers = 1\nthreads = 1\n");
    let held = Held::first_thread(server.workers()[0]);
    assert_hungry(&manager);
    drop(held);
    assert_fed(&manager, 3);
}

#[test]
fn who_is_asked_for_it_is_not_taken_for_stuck_and_who_is_stuck_is() {
    let (manager, server) = watched(&format!("{POOL}[timeouts]\nstuck = \"1s\"\n"));
    let _held = server.served();
    assert_fed(&manager, 6);
    assert!(!server.log().iter().any(|line| line.contains("sign of life")));
    let status = server.wait_for_status("a busy worker", |status| status["pool"]["busy"] == 1);
    let workers = status["workers"].as_array().unwrap();
    let busy = workers.iter().find(|worker| worker["busy"] == 1).unwrap()["pid"].as_i64().unwrap();
    let _stuck = Held::first_thread(Pid::from_raw(busy.try_into().unwrap()));
    server.wait_for_log("given no sign of life for 1s, aborting it");
    server.wait_for_log("respawning");
    assert_fed(&manager, 2);
}

/// A service whose workers never get ready from when the file is there, and how long it waits for them.
fn hanging(start: &str) -> (Manager, TestServer, TempDir) {
    let (manager, folder) = (Manager::new(), folder_for_all());
    let mut command = program(&beside_server("examples/faulty"));
    command.env("FAULTY_FILE", folder.path().join("how"));
    let pool = format!("{POOL}[timeouts]\nstart = \"{start}\"\n");
    let server = manager.start_watched_command(INTERVAL, &command, &pool);
    (manager, server, folder)
}

#[test]
fn a_reload_without_end_excuses_nobody() {
    let (manager, server, folder) = hanging("0s");
    let serving = server.workers();
    fs::write(folder.path().join("how"), "hang").unwrap();
    server.signal(Signal::SIGHUP);
    let begun = |message: &String| message.starts_with("RELOADING=1\n");
    eventually("the reload to begin", || Some(manager.hear()).filter(begun));
    assert_fed(&manager, 3);
    for worker in &serving {
        stop(*worker);
    }
    assert_hungry(&manager);
    for worker in serving {
        kill(worker, Signal::SIGCONT).unwrap();
    }
    assert_fed(&manager, 3);
}

#[test]
fn a_pool_that_comes_back_from_rest_has_its_time_to_start_and_no_more() {
    for (start, is_excused) in [("1m", true), ("0s", false)] {
        let (manager, server, folder) = hanging(start);
        assert!(server.ask(&["drain"]).status.success());
        fs::write(folder.path().join("how"), "hang").unwrap();
        server.signal(Signal::SIGTTIN);
        eventually("workers that start", || (server.workers().len() == 3).then_some(()));
        manager.hear_for(INTERVAL);
        if is_excused {
            assert_fed(&manager, 3);
        } else {
            assert_hungry(&manager);
        }
    }
}

#[test]
fn where_nobody_has_to_answer_it_is_fed() {
    let (manager, server) = watched(POOL);
    assert!(server.ask(&["drain"]).status.success());
    assert!(server.workers().is_empty());
    assert_fed(&manager, 4);
    assert!(server.ask(&["scale", "1"]).status.success());
    let held = server.served();
    server.signal(Signal::SIGTERM);
    let stopping = |message: &String| message.starts_with("STOPPING=1\n");
    eventually("the stop to be told", || Some(manager.hear()).filter(stopping));
    assert_fed(&manager, 4);
    held.finish().unwrap();
}

#[test]
fn the_master_that_takes_over_in_an_upgrade_feeds_it() {
    let (manager, mut server) = watched(POOL);
    let (_successor, new) = Successor::of(&server);
    assert_eq!(server.wait().code(), Some(0));
    let taken_over = |message: &String| *message == format!("MAINPID={new}\n{FED}");
    eventually("the end of the one before", || Some(manager.hear()).filter(taken_over));
    let fed = || Some(manager.hear()).filter(|message| message == FED);
    for _ in 0..4 {
        eventually("the new one to feed it", fed);
    }
}

#[test]
fn without_a_watchdog_nothing_ticks() {
    let manager = Manager::new();
    for watchdog in ["", "WATCHDOG_USEC=100000 WATCHDOG_PID=1"] {
        let mut command = server_command();
        for (name, value) in watchdog.split(' ').filter_map(|it| it.split_once('=')) {
            command.env(name, value);
        }
        let server = manager.start_command(command, POOL);
        assert!(manager.hear().starts_with("READY=1\n"));
        assert_sleeps(&server, Duration::from_millis(300));
        manager.assert_silence();
    }
}
