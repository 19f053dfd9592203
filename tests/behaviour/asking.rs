//! Commands that ask a master: which pool is meant, and who is heard.

use std::fs;
use std::path::Path;
use std::process::{Child, Output, Stdio};
use std::thread;
use std::time::Duration;

use nix::sys::signal::Signal;
use nix::unistd::Uid;

use crate::reload::{POOL, stderr};
use crate::security::{by, server_for_all};
use crate::support::{
    TestServer, beside_server, eventually, folder_for_all, lives, meanwhile, program, server_command,
};

/// How many may wait for the outcome of a change, and how many ask here.
const MAY_WAIT: usize = 24;
const ASKERS: usize = 30;

/// A user who is not root.
const ANOTHER: [&str; 4] = ["setpriv", "--reuid=1000", "--regid=1000", "--clear-groups"];

/// Asks as another user, who can start the program at this path.
fn ask_as_another(server: &TestServer, path: &Path, command: &[&str]) -> Output {
    let to = ["--config", "/dev/null", "--control", &server.control()];
    by(&ANOTHER, path).args(command).args(to).output().unwrap()
}

#[test]
fn another_user_is_refused_and_changes_nothing() {
    if !Uid::effective().is_root() {
        return;
    }
    let (_folder, path) = server_for_all();
    let server = TestServer::start(&["--workers", "1", "--threads", "1"]);
    let before = server.status();
    for command in
        [&["status", "--json"][..], &["queue"], &["reload"], &["scale", "2"], &["drain"], &["stop"]]
    {
        let output = ask_as_another(&server, &path, command);
        assert_eq!(output.status.code(), Some(1), "{command:?}: {}", stderr(&output));
        assert!(stderr(&output).contains("you are another user"), "{command:?}: {}", stderr(&output));
        assert!(output.stdout.is_empty(), "{command:?}: {:?}", output.stdout);
    }
    let after = server.status();
    assert_eq!(
        (&after["master"]["generation"], &after["totals"]),
        (&before["master"]["generation"], &before["totals"])
    );
    assert_eq!((&after["master"]["state"], &after["pool"]["workers"]), (&"running".into(), &1.into()));
    server.served().finish().unwrap();
}

#[test]
fn a_master_of_another_user_is_not_asked() {
    if !Uid::effective().is_root() {
        return;
    }
    let (_folder, path) = server_for_all();
    let mut server = TestServer::start_command(by(&ANOTHER, &path), &["--workers", "1", "--threads", "1"]);
    for command in [&["status", "--json"][..], &["scale", "2"], &["stop"]] {
        let output = server.ask(command);
        assert_eq!(output.status.code(), Some(69), "{command:?}: {}", stderr(&output));
        let why = "a process of the user with uid 1000 listens there";
        assert!(stderr(&output).contains(why), "{command:?}: {}", stderr(&output));
        assert!(output.stdout.is_empty(), "{command:?}: {:?}", output.stdout);
    }
    server.served().finish().unwrap();
    // Its own user may.
    let output = ask_as_another(&server, &path, &["stop"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(server.end().0, 0);
}

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
