//! An upgrade is a transaction too: another process of the program serves on, or everything stays as it was.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use prefork_client::Address;
use tempfile::TempDir;

use crate::load::{Conversations, Load};
use crate::random::Random;
use crate::reload::{POOL, reload, stderr};
use crate::support::{
    TestServer, beside_server, copy_program, eventually, folder_for_all, lives, program, server_command,
};

/// Upgrades, and fails unless that took effect: another master answers.
#[track_caller]
fn upgrade(server: &TestServer) {
    let before = server.master();
    let output = server.ask(&["upgrade"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(String::from_utf8(output.stdout).unwrap().lines().count(), 1);
    assert_ne!(server.master(), before);
}

/// Upgrades, and fails unless that was refused with this cause and changed nothing.
#[track_caller]
fn assert_refused(server: &TestServer, cause: &str) {
    let (master, workers) = (server.master(), server.workers());
    let output = server.ask(&["upgrade"]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(stderr(&output).contains(cause), "no {cause:?} in {}", stderr(&output));
    assert_eq!(server.master(), master);
    eventually("the workers to be alone", || (server.workers() == workers).then_some(()));
    assert!(workers.into_iter().all(lives), "no zombie");
    server.served().finish().unwrap();
}

/// A server whose program may be replaced.
fn replaceable(text: &str) -> (TestServer, TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("prefork-echo");
    copy_program(&beside_server("prefork-echo"), &path);
    (TestServer::configured_command(program(&path), text), folder, path)
}

/// Puts another program in the place of one that may be running, as a package manager does.
fn replace(path: &Path, text: &str, mode: u32) {
    let new = path.with_extension("new");
    fs::write(&new, text).unwrap();
    fs::set_permissions(&new, fs::Permissions::from_mode(mode)).unwrap();
    fs::rename(new, path).unwrap();
}

#[test]
fn another_master_serves_with_new_workers_and_the_old_one_leaves() {
    let server = TestServer::configured(POOL);
    let (old, workers) = (server.pid(), server.workers());
    upgrade(&server);
    server.served().finish().unwrap();
    eventually("the old ones to be gone", || {
        (!lives(old) && !workers.iter().any(|pid| lives(*pid))).then_some(())
    });
    let status = server.status();
    assert_eq!((&status["pool"]["capacity"], &status["master"]["state"]), (&4.into(), &"running".into()));
    assert!(!server.log().iter().any(|line| line.contains("worker died")));
}

#[test]
fn a_signal_asks_for_it_too() {
    let server = TestServer::configured(POOL);
    let old = server.pid();
    server.signal(Signal::SIGUSR2);
    eventually("another master", || (server.master() != old).then_some(()));
    server.served().finish().unwrap();
    eventually("the old one to leave", || (!lives(old)).then_some(()));
}

#[test]
fn whoever_is_served_at_an_upgrade_finishes_where_it_was() {
    let server = TestServer::configured("[pool]\nworkers = 2\nthreads = 8\n");
    let old = server.pid();
    let conversations = Conversations::start(&server.address, 8);
    for _ in 0..3 {
        upgrade(&server);
        server.served().finish().unwrap();
    }
    assert!(lives(old), "its connections are there");
    assert!(conversations.stop().unwrap() > 0);
    eventually("it to leave", || (!lives(old)).then_some(()));
}

#[test]
fn whoever_waits_at_an_upgrade_is_served() {
    let server = TestServer::configured("[pool]\nworkers = 1\nthreads = 1\n");
    let held = server.served();
    let mut waiting: Vec<_> = (0..3).map(|_| server.connect()).collect();
    for connection in &mut waiting {
        connection.send(b"hello").unwrap();
    }
    upgrade(&server);
    for mut connection in waiting {
        connection.receive(b"hello").unwrap();
        connection.finish().unwrap();
    }
    drop(held);
}

#[test]
fn an_upgrade_reads_the_configuration_again() {
    let server = TestServer::configured(POOL);
    let folder = tempfile::tempdir().unwrap();
    let unix = format!("unix:{}", folder.path().join("echo.sock").display());
    server.configure(&format!("listen = [\"127.0.0.1:0\", \"{unix}\"]\n[pool]\nworkers = 3\nthreads = 5\n"));
    upgrade(&server);
    let status = server.status();
    assert_eq!(status["pool"]["capacity"], 15);
    assert_eq!(status["listeners"][0]["address"], server.address);
    upgrade(&server);
    let load = Load::start(&[&server.address, &unix], 4, Random::seed());
    load.wait_for(100);
    load.stop().assert_nobody_lost(100);
    server.configure("[pool]\nworkrs = 3\n");
    assert_refused(&server, "");
    server.wait_for_log("config.toml:3:1");
}

#[test]
fn a_program_that_is_broken_changes_nothing() {
    let (server, _folder, path) = replaceable(POOL);
    let mut held = server.served();
    for (text, mode) in [
        ("#!/bin/sh\nexit 1\n", 0o755),
        ("#!/bin/sh\nkill -9 $$\n", 0o755),
        ("not a program", 0o755),
        ("#!/bin/sh\n", 0o644),
        ("#!/bin/sh\nexec true\n", 0o755),
    ] {
        replace(&path, text, mode);
        assert_refused(&server, "cannot upgrade");
        held.exchange(b"still there?").unwrap();
    }
    fs::remove_file(&path).unwrap();
    assert_refused(&server, path.to_str().unwrap());
    reload(&server);
    copy_program(&beside_server("prefork-echo"), &path);
    upgrade(&server);
    held.exchange(b"still there?").unwrap();
}

#[test]
fn a_program_that_hangs_changes_nothing() {
    let (server, _folder, path) = replaceable(&format!("{POOL}[timeouts]\nstart = \"3s\"\n"));
    replace(&path, "#!/bin/sh\nexec sleep 60\n", 0o755);
    assert_refused(&server, "in time");
    let pid = server.pid();
    thread::scope(|scope| {
        let asker = scope.spawn(|| server.ask(&["upgrade"]));
        eventually("it to hang", || (server.workers().len() == 3).then_some(()));
        // What is asked for meanwhile waits its turn.
        let reloader = scope.spawn(|| reload(&server));
        let sleeper = *server.workers().last().unwrap();
        kill(sleeper, Signal::SIGKILL).unwrap();
        assert_eq!(asker.join().unwrap().status.code(), Some(1));
        reloader.join().unwrap();
    });
    assert_eq!(server.master(), pid);
}

#[test]
fn workers_that_do_not_get_ready_in_the_new_master_change_nothing() {
    let folder = folder_for_all();
    let mut command = program(&beside_server("examples/faulty"));
    command.env("FAULTY_FILE", folder.path().join("how"));
    let server = TestServer::configured_command(command, &format!("{POOL}[timeouts]\nstart = \"500ms\"\n"));
    for how in ["fail", "abort", "hang"] {
        fs::write(folder.path().join("how"), how).unwrap();
        assert_refused(&server, "cannot upgrade");
    }
    fs::remove_file(folder.path().join("how")).unwrap();
    upgrade(&server);
}

#[test]
fn a_master_that_is_killed_after_an_upgrade_takes_nobody_with_it() {
    let server = TestServer::configured(POOL);
    let old = server.pid();
    let mut held = server.served();
    upgrade(&server);
    kill(old, Signal::SIGKILL).unwrap();
    held.exchange(b"still there?").unwrap();
    server.served().finish().unwrap();
    reload(&server);
    held.finish().unwrap();
}

#[test]
fn a_new_master_that_is_killed_leaves_the_port_free() {
    let server = TestServer::configured(POOL);
    upgrade(&server);
    kill(server.master(), Signal::SIGKILL).unwrap();
    let address: Address = server.address.parse().unwrap();
    eventually("nobody to be there", || {
        prefork_client::Connection::open(&address, &prefork_client::Options::default()).err()
    });
}

#[test]
fn everybody_who_asks_for_an_upgrade_at_once_gets_an_answer() {
    let server = TestServer::configured(POOL);
    thread::scope(|scope| {
        let askers: Vec<_> = (0..4).map(|_| scope.spawn(|| server.ask(&["upgrade"]))).collect();
        let outcomes: Vec<_> = askers.into_iter().map(|asker| asker.join().unwrap()).collect();
        assert!(outcomes.iter().any(|output| output.status.success()));
        for output in outcomes {
            assert!(output.status.success() || !output.stderr.is_empty());
        }
    });
    server.served().finish().unwrap();
    upgrade(&server);
}

#[test]
fn the_monitor_goes_on_at_its_address() {
    let server = TestServer::configured(&format!("{POOL}[monitor]\nlisten = \"127.0.0.1:0\"\n"));
    let monitor = server.monitor();
    for _ in 0..3 {
        upgrade(&server);
        eventually("the page", || std::net::TcpStream::connect(&monitor).ok());
        assert!(server.wait_for_log("live page on http://").contains(&monitor));
    }
}

#[test]
fn a_stop_ends_both_masters() {
    let server = TestServer::configured(POOL);
    let old = server.pid();
    let mut held = server.served();
    upgrade(&server);
    let new = server.master();
    kill(new, Signal::SIGTERM).unwrap();
    eventually("the new one to leave", || (!lives(new)).then_some(()));
    held.exchange(b"still there?").unwrap();
    held.finish().unwrap();
    eventually("the old one to leave", || (!lives(old)).then_some(()));
    let late = Duration::from_millis(100);
    assert!(std::net::TcpStream::connect_timeout(&server.address.parse().unwrap(), late).is_err());
}

#[test]
fn a_successor_is_a_master_like_the_first() {
    let server = TestServer::configured(POOL);
    upgrade(&server);
    let worker: Pid = crate::support::children(server.master())[0];
    kill(worker, Signal::SIGKILL).unwrap();
    eventually("its replacement", || {
        let workers = crate::support::children(server.master());
        (workers.len() == 2 && !workers.contains(&worker)).then_some(())
    });
    reload(&server);
    let output = server.ask(&["scale", "3"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(server.status()["pool"]["workers"], 3);
    let output = server.ask(&["stop"]);
    assert!(output.status.success(), "{}", stderr(&output));
}

#[test]
fn the_first_process_of_a_container_is_not_replaced() {
    let mut command = program(Path::new("unshare"));
    command.args(["--pid", "--fork", "--kill-child", "--mount-proc"]);
    command.args(server_command().get_args().last());
    let server = TestServer::start_command(command, &["--workers", "1", "--threads", "1"]);
    let output = server.ask(&["upgrade"]);
    assert_eq!(output.status.code(), Some(1));
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(words.contains("this master is PID 1") && words.contains("start a new container"), "{words}");
    assert!(server.ask(&["reload"]).status.success());
    server.served().finish().unwrap();
}
