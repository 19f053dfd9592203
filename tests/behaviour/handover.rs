//! What goes from one master to the next in an upgrade, what stays, and who may be gone meanwhile.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Output;
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

use crate::monitor::get;
use crate::reload::{POOL, stderr};
use crate::support::{
    TestServer, beside_server, children, eventually, field, folder_for_all, has_answer, lives, meanwhile,
    open_files, program, server_command,
};

/// What a master that has nothing to do may take of a processor in a second, in hundredths of it.
const IDLE_TICKS: u64 = 20;

#[track_caller]
fn upgrade(server: &TestServer) {
    let output = server.ask(&["upgrade"]);
    assert!(output.status.success(), "{}", stderr(&output));
}

/// The service whose workers hang at their start while the file says so, with that file.
fn hanging() -> (TestServer, TempDir) {
    let folder = folder_for_all();
    let mut command = program(&beside_server("examples/faulty"));
    command.env("FAULTY_FILE", folder.path().join("how"));
    let server = TestServer::configured_command(command, &format!("{POOL}[timeouts]\nstart = \"1m\"\n"));
    fs::write(folder.path().join("how"), "hang").unwrap();
    (server, folder)
}

/// A successor that gets ready, once its workers hang.
#[track_caller]
fn hanging_successor(server: &TestServer) -> Pid {
    let line = server.wait_for_log("another master gets ready");
    let successor = Pid::from_raw(field(&line, "pid").parse().unwrap());
    eventually("its workers", || (children(successor).len() == 2).then_some(()));
    successor
}

/// Has it go on with workers that do not hang.
fn release(successor: Pid, folder: &TempDir) {
    fs::remove_file(folder.path().join("how")).unwrap();
    for worker in children(successor) {
        kill(worker, Signal::SIGKILL).unwrap();
    }
}

/// How long a process has run, in hundredths of a second.
fn ticks(pid: Pid) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields = stat.rsplit(") ").next().unwrap().split(' ');
    // The fields 14 and 15 of proc_pid_stat(5); the first one here is the third.
    fields.skip(11).take(2).map(|ticks| ticks.parse::<u64>().unwrap()).sum()
}

#[test]
fn the_monitor_of_an_idle_pool_is_there_at_once() {
    let server = TestServer::configured(&format!("{POOL}[monitor]\nlisten = \"127.0.0.1:0\"\n"));
    let page = server.monitor();
    for _ in 0..3 {
        upgrade(&server);
        let begin = Instant::now();
        // The one before may take somebody in until it is gone.
        eventually("it to be ready", || {
            get(&page, "/readyz").is_ok_and(|(code, _)| code == 200).then_some(())
        });
        assert!(begin.elapsed() < Duration::from_secs(3), "{:?}", begin.elapsed());
    }
}

#[test]
fn a_signal_to_the_master_before_cuts_nobody_the_first_time() {
    let mut server = TestServer::configured(POOL);
    let mut held = server.served();
    upgrade(&server);
    server.signal(Signal::SIGHUP);
    server.signal(Signal::SIGTERM);
    server.wait_for_log("finishing the last connections on SIGTERM");
    server.signal(Signal::SIGHUP);
    let mut is_served = || held.exchange(b"still there?").is_ok();
    meanwhile("it is served", Duration::from_millis(300), || is_served() && lives(server.pid()));
    held.finish().unwrap();
    assert_eq!(server.wait().code(), Some(0));
    assert!(!server.log().iter().any(|line| line.contains("second signal, SIG")));
    server.served().finish().unwrap();
}

#[test]
fn a_second_signal_to_the_master_before_stops_it_at_once() {
    let mut server = TestServer::configured(POOL);
    let held = server.served();
    upgrade(&server);
    server.signal(Signal::SIGTERM);
    server.wait_for_log("finishing the last connections on SIGTERM");
    // What comes sooner counts as the same request.
    meanwhile("it is served", Duration::from_millis(300), || !has_answer(&held));
    server.signal(Signal::SIGTERM);
    eventually("the end of the connection", || has_answer(&held).then_some(()));
    drop(held);
    assert_eq!(server.wait().code(), Some(0));
    server.served().finish().unwrap();
}

#[test]
fn a_successor_whose_predecessor_is_killed_waits_for_its_workers_and_takes_over() {
    let (mut server, folder) = hanging();
    let mut held = server.served();
    server.signal(Signal::SIGUSR2);
    let successor = hanging_successor(&server);
    server.signal(Signal::SIGKILL);
    server.wait();
    server.wait_for_log("is gone: taking over");
    let before = ticks(successor);
    meanwhile("it waits", Duration::from_secs(1), || lives(successor));
    assert!(ticks(successor) - before < IDLE_TICKS, "it spins");
    release(successor, &folder);
    server.wait_for_log("took over from the master");
    assert_eq!(server.master(), successor);
    server.served().finish().unwrap();
    held.exchange(b"still there?").unwrap();
    held.finish().unwrap();
}

#[test]
fn a_pool_that_rests_can_be_upgraded_and_serves_then() {
    let mut server = TestServer::configured(POOL);
    assert!(server.ask(&["drain"]).status.success());
    let mut waiting = server.connect();
    upgrade(&server);
    waiting.exchange(b"hello").unwrap();
    assert_eq!(server.wait().code(), Some(0));
    assert_eq!(server.ask(&["health"]).status.code(), Some(0));
}

#[test]
fn whoever_asks_for_something_after_an_upgrade_hears_that_another_master_serves() {
    let (server, folder) = hanging();
    thread::scope(|scope| {
        let upgrader = scope.spawn(|| server.ask(&["upgrade"]));
        let successor = hanging_successor(&server);
        let files = open_files(server.pid());
        let scaler = scope.spawn(|| server.ask(&["scale", "3"]));
        eventually("it to have asked", || (open_files(server.pid()) > files).then_some(()));
        meanwhile("it waits its turn", Duration::from_millis(200), || !scaler.is_finished());
        release(successor, &folder);
        let output = upgrader.join().unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
        let output = scaler.join().unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert!(stderr(&output).contains("another master serves"), "{}", stderr(&output));
    });
    assert_eq!(server.status()["pool"]["workers"], 2);
}

#[test]
fn a_file_that_somebody_has_put_in_the_place_of_a_socket_is_left_to_them() {
    let folder = tempfile::tempdir().unwrap();
    let (path, other) = (folder.path().join("echo.sock"), folder.path().join("other.sock"));
    let server =
        TestServer::configured(&format!("listen = [\"127.0.0.1:0\", \"unix:{}\"]\n{POOL}", path.display()));
    let _theirs = UnixListener::bind(&other).unwrap();
    let identity = fs::metadata(&other).unwrap().ino();
    fs::rename(&other, &path).unwrap();
    upgrade(&server);
    let output = server.ask(&["stop"]);
    assert!(output.status.success(), "{}", stderr(&output));
    eventually("the master before to leave", || (!lives(server.pid())).then_some(()));
    assert_eq!(fs::metadata(&path).unwrap().ino(), identity);
}

#[test]
fn a_pool_that_has_grown_keeps_its_size() {
    let pool = "[pool]\nworkers = { min = 1, max = 4 }\nthreads = 1\ngrow_after = \"50ms\"\n";
    let server = TestServer::configured(pool);
    // While they are there, nobody waits at the new master, so it has no other reason to be large.
    let _held: Vec<_> = (0..3).map(|_| server.served()).collect();
    let size = server.status()["pool"]["workers"].clone();
    assert!(size.as_u64().unwrap() >= 3, "{size}");
    upgrade(&server);
    assert_eq!(server.status()["pool"]["workers"], size);
}

/// Asks the master at this socket.
fn ask_at(control: &Path, command: &[&str]) -> Output {
    server_command().args(command).args(["--config", "/dev/null", "--control"]).arg(control).output().unwrap()
}

#[test]
fn files_that_are_elsewhere_by_the_new_configuration_are_gone_where_they_were() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let text = |name: &str| {
        let (control, pid_file) = (at(&format!("{name}.sock")), at(&format!("{name}.pid")));
        format!("control = \"{}\"\npid_file = \"{}\"\n{POOL}", control.display(), pid_file.display())
    };
    let mut server = TestServer::configured(&text("old"));
    assert!(at("old.sock").exists() && at("old.pid").exists());
    server.configure(&text("new"));
    let output = ask_at(&at("old.sock"), &["upgrade"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(server.wait().code(), Some(0));
    assert!(!at("old.sock").exists() && !at("old.pid").exists());
    let output = ask_at(&at("new.sock"), &["status", "--json"]);
    let status: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(fs::read_to_string(at("new.pid")).unwrap(), format!("{}\n", status["master"]["pid"]));
    assert!(ask_at(&at("new.sock"), &["stop"]).status.success());
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.is_empty(), "{left:?}");
}
