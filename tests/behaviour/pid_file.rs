//! The file with the master's pid: one master at a time has it, and it goes with its master.

use std::fs;
use std::path::{Path, PathBuf};

use nix::sys::signal::Signal;
use tempfile::TempDir;

use crate::notify::Successor;
use crate::reload::{POOL, reload, stderr};
use crate::support::{TestServer, beside_server, eventually, lives, program, server_command};

fn place() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("prefork.pid");
    (folder, path)
}

fn start(path: &Path) -> TestServer {
    TestServer::start(&["--workers", "2", "--threads", "1", "--pid-file", path.to_str().unwrap()])
}

#[track_caller]
fn assert_holds_pid_of(path: &Path, server: &TestServer) {
    assert_eq!(fs::read_to_string(path).unwrap(), format!("{}\n", server.pid()));
}

#[test]
fn the_file_holds_the_pid_while_the_pool_serves_and_goes_with_it() {
    let (_folder, path) = place();
    let mut server = start(&path);
    assert_holds_pid_of(&path, &server);
    let held = server.served();
    server.signal(Signal::SIGTERM);
    server.wait_for_log("draining on SIGTERM");
    assert_holds_pid_of(&path, &server);
    held.finish().unwrap();
    assert_eq!(server.end().0, 0);
    assert!(!path.exists());
}

#[test]
fn a_worker_that_ends_leaves_the_file() {
    let (_folder, path) = place();
    let server = start(&path);
    for worker in server.workers() {
        nix::sys::signal::kill(worker, Signal::SIGTERM).unwrap();
    }
    server.wait_for_logs("worker left", 2);
    assert_holds_pid_of(&path, &server);
}

#[test]
fn a_second_server_with_the_same_file_is_refused() {
    let (_folder, path) = place();
    let server = start(&path);
    let mut second = TestServer::spawn(server_command(), &["--pid-file", path.to_str().unwrap()]);
    let (code, log) = second.end();
    assert_eq!(code, 69);
    let refusal =
        format!("cannot take the pid file {}: the master with pid {} has it", path.display(), server.pid());
    assert!(log.last().unwrap().contains(&refusal), "{log:?}");
    assert_holds_pid_of(&path, &server);
    server.served().finish().unwrap();
}

#[test]
fn a_file_that_a_master_has_left_when_it_was_killed_is_taken_over_although_its_workers_live() {
    let (_folder, path) = place();
    let mut killed = start(&path);
    let mut held = killed.served();
    let workers = killed.workers();
    killed.signal(Signal::SIGKILL);
    killed.wait();
    assert_holds_pid_of(&path, &killed);
    let server = start(&path);
    assert_holds_pid_of(&path, &server);
    held.exchange(b"still there?").unwrap();
    held.finish().unwrap();
    eventually("the workers to leave", || workers.iter().all(|pid| !lives(*pid)).then_some(()));
    assert_holds_pid_of(&path, &server);
}

#[test]
fn a_pool_that_does_not_start_leaves_no_file() {
    let (_folder, path) = place();
    let mut command = program(&beside_server("examples/faulty"));
    command.env("FAULTY_START", "fail");
    let flags = ["--workers", "1", "--timeouts-start", "300ms", "--pid-file", path.to_str().unwrap()];
    assert_eq!(TestServer::spawn(command, &flags).end().0, 70);
    assert!(!path.exists());
}

#[test]
fn a_reload_keeps_the_file_and_refuses_another() {
    let (folder, path) = place();
    let text = |path: &Path| format!("pid_file = \"{}\"\n{POOL}", path.display());
    let server = TestServer::configured(&text(&path));
    assert_holds_pid_of(&path, &server);
    reload(&server);
    assert_holds_pid_of(&path, &server);
    let other = folder.path().join("other.pid");
    for changed in [text(&other), POOL.to_owned()] {
        server.configure(&changed);
        let output = server.ask(&["reload"]);
        assert_eq!(output.status.code(), Some(1));
        assert!(stderr(&output).contains("pid_file changes only with a restart"), "{}", stderr(&output));
        assert_holds_pid_of(&path, &server);
        assert!(!other.exists());
    }
    assert_eq!(server.status()["master"]["generation"], 2);
    server.configure(&text(&path));
    reload(&server);
    assert_eq!(server.stop().0, 0);
    assert!(!path.exists());
}

#[test]
fn in_an_upgrade_the_file_goes_to_the_master_that_takes_over() {
    let (_folder, path) = place();
    let mut server = start(&path);
    let held = server.served();
    let (_successor, new) = Successor::of(&server);
    assert_eq!(fs::read_to_string(&path).unwrap(), format!("{new}\n"));
    held.finish().unwrap();
    assert_eq!(server.wait().code(), Some(0));
    assert_eq!(fs::read_to_string(&path).unwrap(), format!("{new}\n"), "the one before leaves it");
    let second = server_command()
        .args(["-c", "/dev/null", "--listen", "127.0.0.1:0", "--pid-file"])
        .arg(&path)
        .output();
    assert_eq!(second.unwrap().status.code(), Some(69), "it is locked still");
    nix::sys::signal::kill(new, Signal::SIGTERM).unwrap();
    eventually("the file to be gone", || (!path.exists()).then_some(()));
}
