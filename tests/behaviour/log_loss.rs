//! A log that cannot be written costs lines and nothing else, and each of them is counted.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::monitor::get;
use crate::support::{
    PATIENCE, TestServer, begun_by, beside_server, eventually, program, server_after, server_command,
};

/// What the status counts.
fn lost(server: &TestServer) -> u64 {
    server.status()["totals"]["log_lines_lost"].as_u64().unwrap()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

/// The server with a log in a file system of two pages that nobody else sees.
fn in_small_file_system(folder: &Path) -> Command {
    let mount = format!("mount -t tmpfs -o size=8k tmpfs {} &&", folder.display());
    begun_by(&["unshare", "--mount", "--propagation", "private"], &server_after(&mount))
}

#[test]
fn a_full_disk_stops_nobody_and_what_was_lost_is_said_when_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pool.log");
    let flags = ["--log-file", path.to_str().unwrap(), "--workers", "2"];
    let server = TestServer::start_command(in_small_file_system(folder.path()), &flags);
    // As the server sees it.
    let seen =
        Path::new("/proc").join(server.pid().to_string()).join("root").join(path.strip_prefix("/").unwrap());
    for _ in 0..100 {
        server.served();
    }
    let lost_lines = eventually("lines that are lost", || Some(lost(&server)).filter(|count| *count >= 20));
    let full = read(&seen);
    assert_eq!(full.len(), 8192, "it is full to its last byte");
    assert!(!full.ends_with('\n'), "and its last line is not whole");

    fs::File::options().write(true).open(&seen).unwrap().set_len(40).unwrap();
    let note = " of the log were lost: No space left on device";
    let text = eventually("the note of each worker", || {
        server.served();
        Some(read(&seen)).filter(|text| text.matches(note).count() == 2)
    });
    let lines: Vec<&str> = text.lines().skip(1).filter(|line| !line.is_empty()).collect();
    assert!(lines.iter().all(|line| line.starts_with("20")), "each begins at a line's start:\n{text}");
    let said = lines
        .iter()
        .filter(|line| line.contains(note))
        .map(|line| line.split(" WARN ").nth(1).unwrap().split(' ').next().unwrap().parse::<u64>().unwrap());
    assert!(said.sum::<u64>() >= lost_lines, "{text}");
}

#[test]
fn a_log_that_takes_nothing_is_counted_in_the_metrics_too_and_counts_never_go_back() {
    let flags = ["--log-file", "/dev/full", "--workers", "1", "--monitor-listen", "127.0.0.1:0"];
    let server = TestServer::start(&flags);
    server.served();
    let before = eventually("lost lines", || Some(lost(&server)).filter(|count| *count >= 2));
    let worker = server.status()["workers"][0]["pid"].as_i64().unwrap();
    nix::sys::signal::kill(
        nix::unistd::Pid::from_raw(worker.try_into().unwrap()),
        nix::sys::signal::Signal::SIGKILL,
    )
    .unwrap();
    server.wait_for_status("another worker", |status| {
        status["workers"][0]["pid"].as_i64().is_some_and(|pid| pid != worker)
    });
    assert!(lost(&server) > before, "the death has a line too");
    let (_, text) = get(&server.monitor(), "/metrics").unwrap();
    let line = text.lines().find(|line| line.starts_with("prefork_log_lines_lost_total ")).unwrap();
    assert!(line.split(' ').nth(1).unwrap().parse::<f64>().unwrap() >= 2.0, "{line}");
}

#[test]
fn a_log_that_may_not_grow_ends_no_process() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pool.log");
    let command = begun_by(&["prlimit", "--fsize=600"], &server_command());
    let server =
        TestServer::start_command(command, &["--log-file", path.to_str().unwrap(), "--workers", "1"]);
    let workers = server.workers();
    for _ in 0..10 {
        server.served();
    }
    eventually("lost lines", || (lost(&server) >= 5).then_some(()));
    assert_eq!(server.workers(), workers);
}

#[test]
fn a_reader_that_goes_takes_nobody_with_it() {
    let mut child = server_command()
        .args(["--config", "/dev/null", "--listen", "127.0.0.1:0", "--log-access", "--workers", "1"])
        .args(["--control", &format!("@log-loss-{}", std::process::id())])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut reader = std::io::BufReader::new(child.stderr.take().unwrap());
    std::io::BufRead::read_line(&mut reader, &mut line).unwrap();
    drop(reader);
    let address = line.split("listening on ").nth(1).unwrap().split(' ').next().unwrap().to_owned();
    let status = || -> Value {
        let mut command = Command::new(env!("CARGO_BIN_EXE_prefork-echo"));
        command.args(["status", "--json", "--config", "/dev/null"]);
        let output =
            command.args(["--control", &format!("@log-loss-{}", std::process::id())]).output().unwrap();
        serde_json::from_slice(&output.stdout).unwrap()
    };
    for _ in 0..3 {
        let options =
            prefork_client::Options { echo_timeout: PATIENCE, ..prefork_client::Options::default() };
        let mut connection = prefork_client::Connection::open(&address.parse().unwrap(), &options).unwrap();
        connection.exchange(b"hello").unwrap();
    }
    eventually("three lines that nobody got", || {
        (status()["totals"]["log_lines_lost"].as_u64() >= Some(3)).then_some(())
    });
    nix::sys::signal::kill(
        nix::unistd::Pid::from_raw(child.id().try_into().unwrap()),
        nix::sys::signal::Signal::SIGTERM,
    )
    .unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn each_of_many_deaths_at_one_moment_has_its_line() {
    let server = TestServer::start(&["--workers", "80", "--threads", "1"]);
    let workers = server.workers();
    for pid in &workers {
        nix::sys::signal::kill(*pid, nix::sys::signal::Signal::SIGKILL).unwrap();
    }
    for pid in &workers {
        server.wait_for_log(&format!("pid={pid} "));
    }
    assert_eq!(server.status()["totals"]["log_lines_left_out"], 0);
}

#[test]
fn a_warning_that_repeats_is_limited_and_its_number_is_said() {
    let server = TestServer::start_command(program(&beside_server("examples/faulty")), &["--workers", "1"]);
    for _ in 0..120 {
        // An orderly end, without an answer.
        server.asker(b"panic").finish().unwrap();
    }
    server.wait_for_logs("reason=\"handler panicked\"", 120);
    let status = server.status();
    // Each panic is told at two places.
    let left_out = status["totals"]["log_lines_left_out"].as_u64().unwrap();
    assert!(left_out >= 2 * (120 - 50) - 20, "{left_out}");
    let told =
        server.log().iter().filter(|line| line.contains("the handler panicked, its connection")).count();
    assert!((50..70).contains(&told), "{told}");
    // The next line of any kind, once it is quiet, says how many there were.
    eventually("the note", || {
        server.served();
        let log = server.log();
        log.iter().any(|line| line.contains(" more like those of src/worker/slots.rs:")).then_some(())
    });
}
