//! The log in a file: who writes there, and that it can be put aside while the pool serves.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use nix::sys::signal::Signal;
use nix::unistd::Pid;
use tempfile::TempDir;

use crate::hostile::{leave_no_file, limit};
use crate::support::{TestServer, children, eventually, server_command};

/// A folder, and a log in it.
fn log() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pool.log");
    (folder, path)
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

#[track_caller]
fn wait_for(path: &Path, text: &str) -> String {
    eventually(&format!("{text:?} in {}", path.display()), || {
        Some(read(path)).filter(|log| log.contains(text))
    })
}

/// How often a process has a file open.
fn holds(pid: Pid, file: &fs::Metadata) -> usize {
    let fds = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
    let is_it = |fd: &fs::DirEntry| {
        fs::metadata(fd.path()).is_ok_and(|it| (it.dev(), it.ino()) == (file.dev(), file.ino()))
    };
    fds.filter(is_it).count()
}

/// Serves a connection to its end.
fn visit(server: &TestServer) {
    drop(server.served());
}

#[test]
fn the_log_goes_to_its_file_and_the_line_of_the_start_to_standard_error_too() {
    let (_folder, path) = log();
    let server = TestServer::start(&["--log-file", path.to_str().unwrap(), "--workers", "1"]);
    visit(&server);
    let log = wait_for(&path, "connection closed");
    assert!(log.contains("listening on "), "{log}");
    assert!(!log.contains('\x1b'), "a file has no colours: {log:?}");
    let (code, stderr) = server.stop();
    assert_eq!(code, 0);
    assert_eq!(stderr.len(), 1, "one line: {stderr:?}");
    assert!(stderr[0].starts_with("prefork-echo: listening on "), "{stderr:?}");
    wait_for(&path, "stopped: 1 connection served in all");
}

#[test]
fn reopen_takes_every_process_to_the_new_file() {
    let (folder, path) = log();
    let flags = ["--log-file", path.to_str().unwrap(), "--workers", "3", "--monitor-listen", "127.0.0.1:0"];
    let server = TestServer::start(&flags);
    let (aside, before) = (folder.path().join("pool.log.1"), fs::metadata(&path).unwrap());
    fs::rename(&path, &aside).unwrap();
    let output = server.ask(&["reopen"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8_lossy(&output.stdout).contains("the log was reopened"));
    // What was sent to a worker it takes at once, but not before us.
    eventually("nobody holds the old file", || {
        let all = children(server.pid()).into_iter().chain([server.pid()]);
        (all.map(|pid| holds(pid, &before)).sum::<usize>() == 0).then_some(())
    });
    let old = read(&aside);
    for _ in 0..6 {
        visit(&server);
    }
    eventually("six lines", || (read(&path).matches("connection closed").count() == 6).then_some(()));
    for worker in ["worker=0", "worker=1", "worker=2"] {
        assert!(read(&path).contains(worker), "{}", read(&path));
    }
    assert_eq!(read(&aside), old, "nobody writes there any more");
}

#[test]
fn a_worker_without_a_free_file_takes_the_new_one_when_it_has_one() {
    let (folder, path) = log();
    let server = TestServer::start(&["--log-file", path.to_str().unwrap(), "--workers", "1"]);
    let worker = server.workers()[0];
    leave_no_file(worker);
    let before = fs::metadata(&path).unwrap();
    fs::rename(&path, folder.path().join("aside")).unwrap();
    assert!(server.ask(&["reopen"]).status.success(), "it was sent");
    wait_for(&folder.path().join("aside"), "cannot take the log's new file, writing on into the old");
    assert_eq!(holds(worker, &before), 1);
    limit(worker, "--nofile=1024:");
    eventually("the worker to let go", || (holds(worker, &before) == 0).then_some(()));
    visit(&server);
    wait_for(&path, "connection closed");
}

#[test]
fn usr1_reopens_also_for_workers_that_drain_and_those_that_come_later() {
    let (folder, path) = log();
    let text = format!("[pool]\nworkers = 1\nthreads = 4\n[log]\naccess = true\nfile = {path:?}\n");
    let server = TestServer::configured(&text);
    let mut held = server.served();
    assert!(server.ask(&["reload"]).status.success());
    let before = fs::metadata(&path).unwrap();
    fs::rename(&path, folder.path().join("aside")).unwrap();
    server.signal(Signal::SIGUSR1);
    wait_for(&path, "the log was reopened");
    assert!(server.ask(&["scale", "+1"]).status.success());
    eventually("nobody holds the old file", || {
        let all = children(server.pid());
        (all.len() == 3 && all.iter().all(|pid| holds(*pid, &before) == 0)).then_some(())
    });
    held.exchange(b"still here").unwrap();
    drop(held);
    wait_for(&path, "generation=1");
    visit(&server);
    wait_for(&path, "generation=2");
}

#[test]
fn a_file_that_cannot_be_opened_changes_nothing() {
    let (folder, path) = log();
    let server = TestServer::start(&["--log-file", path.to_str().unwrap(), "--workers", "1"]);
    fs::rename(&path, folder.path().join("aside")).unwrap();
    fs::create_dir(&path).unwrap();
    let output = server.ask(&["reopen"]);
    assert_eq!(output.status.code(), Some(1));
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(words.contains("cannot reopen the log: cannot open the log's file"), "{words}");
    visit(&server);
    wait_for(&folder.path().join("aside"), "connection closed");
}

#[test]
fn a_start_without_its_log_fails_and_so_does_a_reload() {
    let output = server_command()
        .args(["--config", "/dev/null", "--listen", "127.0.0.1:0", "--log-file", "/nowhere/pool.log"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(78));
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(words.contains("cannot open the log's file /nowhere/pool.log: No such file"), "{words}");

    let server = TestServer::configured("[log]\naccess = true\n");
    server.configure("[log]\naccess = true\nfile = \"/nowhere/pool.log\"\n");
    assert_eq!(server.ask(&["reload"]).status.code(), Some(1));
    server.wait_for_log("generation 1 goes on as it was: cannot open the log's file");
    visit(&server);
    server.wait_for_log("connection closed");
}

#[test]
fn a_reload_takes_the_log_elsewhere_and_back() {
    let (folder, path) = log();
    let other = folder.path().join("other.log");
    let with = |path: &Path| format!("[pool]\nworkers = 1\n[log]\naccess = true\nfile = {path:?}\n");
    let server = TestServer::configured("[pool]\nworkers = 1\n[log]\naccess = true\n");
    let mut held = server.served();
    let first = server.workers()[0];
    for path in [&path, &other] {
        server.configure(&with(path));
        assert!(server.ask(&["reload"]).status.success());
        visit(&server);
        wait_for(path, "connection closed");
    }
    server.configure("[pool]\nworkers = 1\n[log]\naccess = true\nformat = \"json\"\n");
    assert!(server.ask(&["reload"]).status.success());
    visit(&server);
    server.wait_for_log("\"message\":\"connection closed\"");
    held.exchange(b"here").unwrap();
    // Who drains is told where the log goes, and follows when it comes round.
    let file = fs::metadata(&other).unwrap();
    eventually("the first worker to let go of the file", || (holds(first, &file) == 0).then_some(()));
    drop(held);
    // It writes as its generation wanted, and where all write.
    server.wait_for_log(" connection closed ");
    assert!(server.ask(&["reopen"]).status.success(), "there is nothing to do, and it is done");
}

#[test]
fn a_successor_opens_the_log_by_itself() {
    let (_folder, path) = log();
    let text = format!("[pool]\nworkers = 1\n[log]\naccess = true\nfile = {path:?}\n");
    let server = TestServer::configured(&text);
    assert!(server.ask(&["upgrade"]).status.success());
    wait_for(&path, "took over from the master");
    visit(&server);
    wait_for(&path, "connection closed");
}
