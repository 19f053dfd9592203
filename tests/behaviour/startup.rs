//! What the server says before it serves, and how it refuses: each error once, with its exit code.

use std::fs;
use std::net::TcpListener;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Output;

use crate::support::{TestServer, begun_by, beside_server, program, server_command};

/// Runs the program to its end in a folder of its own.
fn run_in(folder: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut command = server_command();
    command.current_dir(folder).args(arguments).envs(environment.iter().copied());
    command.output().expect("the program runs")
}

fn run(arguments: &[&str]) -> Output {
    run_in(tempfile::tempdir().unwrap().path(), arguments, &[])
}

#[track_caller]
fn assert_refused(output: &Output, code: i32, words: &[&str]) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{stderr}");
    for word in words {
        assert!(stderr.contains(word), "no {word:?} in\n{stderr}");
    }
}

fn stdout(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn a_sound_configuration_is_ok() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("config.toml"), include_str!("../../config.toml")).unwrap();
    assert_eq!(stdout(&run_in(folder.path(), &["check"], &[])), "ok\n");
}

#[test]
fn a_mistake_in_the_file_is_shown_where_it_is() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("config.toml"), "[pool]\nworkrs = 4\n").unwrap();
    let output = run_in(folder.path(), &["check"], &[]);
    let shown = ["config.toml:2:1: unknown key", "2 | workrs = 4", "^^^^^^ did you mean `pool.workers`?"];
    assert_refused(&output, 78, &shown);
    assert_refused(&run_in(folder.path(), &[], &[]), 78, &shown);
}

#[test]
fn a_file_that_is_not_there_or_no_text_is_refused() {
    assert_refused(&run(&["-c", "/nowhere/config.toml"]), 78, &["cannot read", "/nowhere/config.toml"]);
    assert_refused(&run(&["-c", "/"]), 78, &["cannot read the configuration / as uid "]);
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("config.toml"), [0xff, 0xfe]).unwrap();
    assert_refused(&run_in(folder.path(), &["check"], &[]), 78, &["UTF-8"]);
}

#[test]
fn a_wrong_variable_is_refused_and_an_unknown_one_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let check = |environment| run_in(folder.path(), &["check"], environment);
    assert_refused(&check(&[("PREFORK_WORKERS", "0")]), 78, &["PREFORK_WORKERS=0", "from 1 to 1024"]);
    let output = check(&[("PREFORK_ECHO_PORT", "tcp://10.0.0.1:8080")]);
    assert_eq!(stdout(&output), "ok\n");
    assert!(String::from_utf8_lossy(&output.stderr).contains("PREFORK_ECHO_PORT"));
}

#[test]
fn a_wrong_flag_is_a_usage_error() {
    assert_refused(&run(&["--workers", "0"]), 2, &["--workers 0", "from 1 to 1024"]);
    assert_refused(&run(&["--wrokers", "2"]), 2, &["--wrokers", "--workers"]);
    assert_refused(&run(&["serve"]), 2, &["serve"]);
}

#[test]
fn each_value_is_shown_with_its_origin() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("config.toml"), "backlog = 9\n").unwrap();
    let environment = [("PREFORK_THREADS", "7")];
    let shown = stdout(&run_in(folder.path(), &["config", "show", "--workers=3"], &environment));
    let line = |start: &str| shown.lines().find(|line| line.starts_with(start)).unwrap().to_owned();
    assert!(line("backlog = 9").ends_with("# config.toml:1"), "{shown}");
    assert!(line("threads = 7").ends_with("# PREFORK_THREADS"), "{shown}");
    assert!(line("workers = 3").ends_with("# --workers"), "{shown}");
    assert!(line("idle = \"5m\"").ends_with("# default"), "{shown}");
}

#[test]
fn the_default_file_is_accepted() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("config.toml"), stdout(&run(&["config", "default"]))).unwrap();
    assert_eq!(stdout(&run_in(folder.path(), &["check"], &[])), "ok\n");
}

#[test]
fn a_taken_port_is_refused_by_its_name() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    assert_refused(&run(&["--listen", &address]), 69, &[&address, "in use"]);
}

#[test]
fn an_address_of_nobody_here_is_refused() {
    assert_refused(&run(&["--listen", "192.0.2.1:0"]), 69, &["192.0.2.1:0", "no interface of this machine"]);
    assert_refused(&run(&["--listen", "nowhere.invalid:80"]), 2, &["cannot resolve", "nowhere.invalid"]);
}

#[test]
fn a_unix_socket_is_replaced_only_if_nobody_listens() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("echo.sock");
    let listen = format!("unix:{}", path.display());
    let alive = UnixListener::bind(&path).unwrap();
    assert_refused(&run(&["--listen", &listen]), 69, &[&listen, "somebody listens"]);
    // The file stays when its listener goes.
    drop(alive);
    let (code, _) = TestServer::start(&["--listen", &listen]).stop();
    assert_eq!(code, 0);
    fs::write(&path, "precious").unwrap();
    assert_refused(&run(&["--listen", &listen]), 69, &["is no socket"]);
    assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
}

#[test]
fn a_backlog_that_the_kernel_clamps_is_a_warning() {
    let limit: u32 = fs::read_to_string("/proc/sys/net/core/somaxconn").unwrap().trim().parse().unwrap();
    assert!(limit < 65_535, "this machine clamps nothing");
    let server = TestServer::start(&["--backlog", "65535"]);
    let line = server.wait_for_log("is clamped");
    assert!(line.contains(&format!("clamped to {limit}")) && line.contains("net.core.somaxconn"), "{line}");
}

#[test]
fn workers_that_never_get_ready_end_the_program_with_the_cause() {
    for (how, cause) in [("fail", "exited with code 70"), ("hang", "was killed by SIGKILL")] {
        let mut command = program(&beside_server("examples/faulty"));
        command.env("FAULTY_START", how);
        let mut server = TestServer::spawn(command, &["--workers", "2", "--timeouts-start", "300ms"]);
        let (code, log) = server.end();
        assert_eq!(code, 70, "{log:?}");
        let last = log.iter().find(|line| line.contains("the pool did not start")).unwrap();
        assert!(last.contains(cause) || last.contains("still starting"), "{last}");
        assert!(!log.iter().any(|line| line.contains("listening on")), "{log:?}");
    }
}

#[test]
fn a_pool_that_the_system_cannot_carry_is_refused() {
    // Without CAP_SYS_RESOURCE even root cannot go beyond a hard limit.
    let limited = |limit: &str| {
        let without: &[&str] = &["setpriv", "--bounding-set=-sys_resource"];
        let without = if nix::unistd::geteuid().is_root() { without } else { &[] };
        let mut command = begun_by(&[&["prlimit", limit], without].concat(), &server_command());
        command.args(["-c", "/dev/null", "--listen", "127.0.0.1:0"]);
        command.args(["--workers", "1", "--threads", "100"]).output().unwrap()
    };
    assert_refused(&limited("--nofile=100:100"), 78, &["1 workers x 100 threads", "open files", "100"]);
}

#[test]
fn the_log_may_be_json() {
    let server = TestServer::spawn(server_command(), &["--log-format", "json"]);
    let line: serde_json::Value = serde_json::from_str(&server.wait_for_log("listening on")).unwrap();
    assert_eq!(line["level"], "INFO");
    assert!(line["message"].as_str().unwrap().starts_with("listening on 127.0.0.1:"), "{line}");
}
