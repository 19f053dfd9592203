//! Commands that ask a master: which pool is meant, and who is heard.

use std::fs;
use std::process::{Child, Output, Stdio};
use std::thread;
use std::time::Duration;

use nix::sys::signal::Signal;

use crate::reload::{POOL, stderr};
use crate::support::{
    TestServer, beside_server, eventually, folder_for_all, lives, meanwhile, program, server_command,
};

/// How many may wait for the outcome of a change, and how many ask here.
const MAY_WAIT: usize = 24;
const ASKERS: usize = 30;

/// Asks the pool of a configuration file.
fn ask_by_file(server: &TestServer, command: &[&str]) -> Output {
    server_command().args(command).arg("--config").arg(server.file()).output().unwrap()
}

#[test]
fn a_file_that_does_not_tell_which_pool_is_meant_stops_nobody() {
    let server = TestServer::configured(POOL);
    for broken in ["listen = [\"127.0.0.1:x\"]\n", "listen = [\n", "listen = [7]\n[pool]\nworkers = 2\n"] {
        server.configure(broken);
        for command in ["stop", "reload", "upgrade"] {
            let output = ask_by_file(&server, &[command]);
            assert_eq!(output.status.code(), Some(78), "{command}: {}", stderr(&output));
            assert!(stderr(&output).contains("--control"), "{}", stderr(&output));
        }
    }
    fs::remove_file(server.file()).unwrap();
    assert_eq!(ask_by_file(&server, &["stop"]).status.code(), Some(78));
    meanwhile("nobody was stopped", Duration::from_millis(200), || lives(server.pid()));
    server.served().finish().unwrap();
}

#[test]
fn a_file_that_is_broken_elsewhere_still_finds_its_pool() {
    let mut server = TestServer::configured(POOL);
    let listen = format!("listen = [\"{}\"]\n", server.address);
    server.configure(&format!("{listen}[pool]\nworkrs = 3\nthreads = 0\n"));
    for command in ["status", "health", "stop"] {
        let output = ask_by_file(&server, &[command]);
        assert!(output.status.success(), "{command}: {}", stderr(&output));
    }
    assert_eq!(server.end().0, 0);
}

#[test]
fn flags_without_effect_are_refused() {
    let server = TestServer::configured(POOL);
    for command in ["reload", "upgrade", "drain", "stop", "status", "health"] {
        let output = server.ask(&[command, "--workers", "5"]);
        assert_eq!(output.status.code(), Some(2), "{command}: {}", stderr(&output));
        assert!(stderr(&output).contains("--workers"), "{}", stderr(&output));
    }
    let status = server.status();
    assert_eq!((&status["master"]["generation"], &status["pool"]["workers"]), (&1.into(), &2.into()));
}

#[test]
fn many_who_wait_do_not_keep_others_from_asking_and_are_told_when_they_are_too_many() {
    let folder = folder_for_all();
    let mut command = program(&beside_server("examples/faulty"));
    command.env("FAULTY_FILE", folder.path().join("how"));
    let server = TestServer::configured_command(command, &format!("{POOL}[timeouts]\nstart = \"1m\"\n"));
    fs::write(folder.path().join("how"), "hang").unwrap();
    let reload = |_| -> Child {
        let mut command = server_command();
        command.args(["reload", "--config", "/dev/null", "--control", &server.control()]);
        command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let mut askers: Vec<Child> = (0..ASKERS).map(reload).collect();
    let mut ended: Vec<Child> = Vec::new();
    eventually("those who are too many", || {
        ended.extend(askers.extract_if(.., |asker| asker.try_wait().unwrap().is_some()));
        (ended.len() == ASKERS - MAY_WAIT).then_some(())
    });
    for refused in ended {
        let output = refused.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert!(stderr(&output).contains("too many"), "{}", stderr(&output));
    }
    for _ in 0..3 {
        assert_eq!(server.status()["master"]["state"], "reloading");
    }
    assert!(askers.iter_mut().all(|asker| asker.try_wait().unwrap().is_none()), "they wait");
    server.signal(Signal::SIGTERM);
    thread::scope(|scope| {
        for asker in askers {
            scope.spawn(|| assert_eq!(asker.wait_with_output().unwrap().status.code(), Some(1)));
        }
    });
}
