//! What `status`, `queue` and `health` say, above all while every slot is taken.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixStream};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::support::{PATIENCE, TestServer, beside_server, eventually, meanwhile, server_command};
use nix::sys::signal::{Signal, kill};
use prefork_client::Connection;
use serde_json::{Value, json};

fn peer(connection: &Connection) -> String {
    connection.local_addr().unwrap().to_string()
}

fn waiting(status: &Value) -> Vec<(String, f64)> {
    let peers = status["waiting"].as_array().unwrap().iter();
    peers
        .map(|peer| (peer["peer"].as_str().unwrap().to_owned(), peer["waited_seconds"].as_f64().unwrap()))
        .collect()
}

/// Somebody who waits, and the time of its connect, before and after.
type Waiter = (Connection, [Instant; 2]);

/// A pool of four slots that are taken, with so many more who wait.
fn saturated(count: usize) -> (TestServer, Vec<Connection>, Vec<Waiter>) {
    let server = TestServer::start(&["--workers", "2", "--threads", "2"]);
    let held = (0..4).map(|_| server.served()).collect();
    let wait = |_| {
        let before = Instant::now();
        let connection = server.connect();
        (connection, [before, Instant::now()])
    };
    let waiting = (0..count).map(wait).collect();
    (server, held, waiting)
}

#[test]
fn four_are_busy_and_six_wait_and_all_are_named() {
    /// By how much the kernel's clock for this may differ, which moves in jiffies.
    const TOLERANCE: Duration = Duration::from_millis(20);
    let (server, mut held, mut waiters) = saturated(6);
    let before = Instant::now();
    let status = server.status();
    let after = Instant::now();
    let pool = &status["pool"];
    assert_eq!((&pool["busy"], &pool["idle"], &pool["waiting"]), (&json!(4), &json!(0), &json!(6)));
    assert_eq!((&pool["saturated"], &pool["capacity"]), (&json!(true), &json!(4)));
    let connections: Vec<&Value> = status["workers"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|worker| worker["connections"].as_array().unwrap())
        .collect();
    for connection in &held {
        let found = connections.iter().find(|found| found["peer"] == peer(connection)).unwrap();
        assert_eq!(
            (&found["messages"], &found["bytes_in"], &found["state"]),
            (&json!(1), &json!(5), &json!("reading"))
        );
    }
    let found = waiting(&status);
    assert_eq!(found.len(), 6);
    assert!(found.is_sorted_by(|one, two| one.1 >= two.1), "the longest first: {found:?}");
    let waited = |connection: &Connection| {
        let name = peer(connection);
        let (_, waited) = found.iter().find(|(found, _)| *found == name).unwrap();
        Duration::from_secs_f64(*waited)
    };
    for (connection, [connecting, connected]) in &waiters {
        let waited = waited(connection);
        assert!(waited + TOLERANCE >= before - *connected, "{waited:?}");
        assert!(waited <= after - *connecting + TOLERANCE, "{waited:?}");
    }
    let shortest = |found: &[(String, f64)]| found.iter().map(|(_, waited)| *waited).fold(f64::MAX, f64::min);
    eventually("the waits to grow", || {
        (shortest(&waiting(&server.status())) > found[0].1 + 0.05).then_some(())
    });
    drop(held.remove(0));
    // Between the queue and its slot it is in neither for a moment.
    let status = server.wait_for_status("the first to be served", |status| {
        (&status["pool"]["busy"], &status["pool"]["waiting"]) == (&json!(4), &json!(5))
    });
    assert_eq!(waiting(&status).len(), 5);
    let (mut first, _) = waiters.remove(0);
    first.exchange(b"at last").unwrap();
    let text = server.ask(&["status"]);
    let text = String::from_utf8(text.stdout).unwrap();
    assert!(text.contains("4/4 busy") && text.contains("5 waiting"), "{text}");
    assert!(waiters.iter().all(|(connection, _)| text.contains(&peer(connection))), "{text}");
}

#[test]
fn who_has_sent_its_last_byte_is_listed_and_who_has_vanished_is_counted() {
    let (server, _held, mut waiters) = saturated(3);
    let (mut half_closed, _) = waiters.remove(0);
    half_closed.send(b"hello").unwrap();
    let half_closed = TcpStream::from(half_closed.into_socket());
    half_closed.shutdown(std::net::Shutdown::Write).unwrap();
    let (vanished, _) = waiters.remove(0);
    let vanished = vanished.into_socket();
    vanished.set_linger(Some(Duration::ZERO)).unwrap();
    drop(vanished);
    let status =
        server.wait_for_status("the reset to arrive", |status| status["listeners"][0]["vanished"] == 1);
    assert_eq!((&status["pool"]["waiting"], waiting(&status).len()), (&json!(3), 2));
    let name = half_closed.local_addr().unwrap().to_string();
    let found =
        status["waiting"].as_array().unwrap().iter().find(|peer| peer["peer"] == name.as_str()).unwrap();
    assert_eq!((&found["half_closed"], &found["bytes_queued"]), (&json!(true), &json!(5)));
}

#[test]
fn who_finds_the_queue_full_is_dropped_counted_and_not_served() {
    let server = TestServer::start(&["--workers", "1", "--threads", "1", "--backlog", "1"]);
    let _held = server.served();
    // The kernel takes one more than the backlog.
    let _waiting = [server.connect(), server.connect()];
    let mut client = Command::new("timeout");
    client.arg("1.5").arg(beside_server("prefork-client"));
    let output = client.args(["watch", "-c", "2", &server.address]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("connecting"), "{text}");
    assert!(!text.contains("served ") && !text.contains("queued "), "{text}");
    let status = server.status();
    let queue = &status["listeners"][0];
    assert_eq!((&queue["backlog"], &queue["waiting"]), (&json!(1), &json!(2)));
    assert!(queue["dropped"].as_u64().unwrap() >= 2, "{queue}");
}

#[test]
fn totals_survive_the_death_of_a_worker() {
    let server = TestServer::start(&["--workers", "1", "--threads", "2"]);
    let held = server.served();
    let before = server.wait_for_status("one to be served", |status| status["totals"]["messages"] == 1);
    kill(server.workers()[0], Signal::SIGKILL).unwrap();
    server.wait_for_log("worker died");
    drop(held);
    server.served().finish().unwrap();
    let after = server.wait_for_status("both to be closed", |status| status["totals"]["closed"] == 2);
    assert_eq!(
        after["totals"],
        json!({"accepted": 2, "closed": 2, "messages": 2, "bytes_in": 10, "bytes_out": 10, "respawns": 1, "reloads": 0,
            "log_lines_lost": 0, "log_lines_left_out": 0})
    );
    assert_eq!(before["queue_wait_seconds"]["count"], 1);
    assert_eq!(after["queue_wait_seconds"]["count"], 2);
    assert_ne!(before["workers"][0]["pid"], after["workers"][0]["pid"]);
    let (code, log) = server.stop();
    assert_eq!(code, 0);
    assert!(
        log.iter().any(|line| line
            .contains("1 connection served in all, 0 cut, 0 still queued, 1 lost with workers that died")),
        "{log:?}"
    );
}

#[test]
fn a_worker_that_keeps_dying_is_shown_as_throttled() {
    let server = TestServer::start(&["--workers", "2", "--threads", "1"]);
    for deaths in 1..=4 {
        let status =
            server.wait_for_status("worker 0 to be there", |status| status["workers"][0]["state"] == "ready");
        let pid = i32::try_from(status["workers"][0]["pid"].as_i64().unwrap()).unwrap();
        kill(nix::unistd::Pid::from_raw(pid), Signal::SIGKILL).unwrap();
        server.wait_for_logs("worker died", deaths);
    }
    let status = server.status();
    assert_eq!(status["master"]["state"], "degraded");
    assert_eq!(
        (&status["workers"][0]["state"], &status["workers"][0]["pid"]),
        (&json!("throttled"), &Value::Null)
    );
    assert!(status["workers"][0]["respawn_in_seconds"].as_f64().unwrap() > 0.0, "{status}");
    assert_eq!((&status["pool"]["workers"], &status["pool"]["capacity"]), (&json!(1), &json!(1)));
    assert!(server.ask(&["health"]).status.success(), "one worker accepts");
}

#[test]
fn every_picture_keeps_to_the_schema() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/status.schema.json");
    let mut schema: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    forbid_more(&mut schema);
    let schema = jsonschema::validator_for(&schema).unwrap();
    let check = |server: &TestServer| {
        let status = server.status();
        let errors: Vec<String> = schema
            .iter_errors(&status)
            .map(|error| format!("{error} at {}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{errors:?}\n{status}");
    };
    let (server, _held, _waiters) = saturated(2);
    check(&server);
    kill(server.workers()[0], Signal::SIGKILL).unwrap();
    check(&server);
    let folder = tempfile::tempdir().unwrap();
    let unix = format!("unix:{}/echo.sock", folder.path().display());
    let server =
        TestServer::start(&["--workers", "1", "--threads", "1", "--listen", &format!("127.0.0.1:0,{unix}")]);
    check(&server);
    let _served = UnixStream::connect(folder.path().join("echo.sock")).unwrap();
    server.wait_for_status("the unix peer to be served", |status| status["pool"]["busy"] == 1);
    let _queued = UnixStream::connect(folder.path().join("echo.sock")).unwrap();
    let status =
        server.wait_for_status("the next one to wait", |status| status["listeners"][1]["waiting"] == 1);
    assert_eq!(status["listeners"][1]["vanished"], Value::Null, "unknown is not zero");
    check(&server);
}

/// The schema says what there is at least, since keys may be added. Here one that it does not name is a mistake.
fn forbid_more(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            if object.get("type") == Some(&json!("object")) {
                object.insert("additionalProperties".to_owned(), json!(false));
            }
            object.values_mut().for_each(forbid_more);
        }
        Value::Array(values) => values.iter_mut().for_each(forbid_more),
        _ => (),
    }
}

#[test]
fn health_follows_the_life_of_the_pool() {
    let mut server = TestServer::start(&["--workers", "1", "--threads", "1"]);
    let health = |server: &TestServer| {
        let output = server.ask(&["health"]);
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    assert_eq!(health(&server), (Some(0), String::new()));
    let held = server.served();
    server.signal(Signal::SIGTERM);
    server.wait_for_log("draining on SIGTERM");
    let (code, words) = health(&server);
    assert_eq!(code, Some(1));
    assert!(words.contains("not ready: draining: new clients should go elsewhere"), "{words}");
    drop(held);
    server.end();
    let (code, words) = health(&server);
    assert_eq!(code, Some(1));
    assert!(words.contains("no master answers at @prefork-echo-"), "{words}");
    assert_eq!(server.ask(&["status"]).status.code(), Some(69));
}

#[test]
fn top_needs_a_terminal() {
    let server = TestServer::start(&["--workers", "1", "--threads", "1"]);
    let output = server.ask(&["top"]);
    assert_eq!(output.status.code(), Some(1));
    let words = String::from_utf8(output.stderr).unwrap();
    assert!(words.contains("the output is no terminal; `status` prints it once"), "{words}");
}

fn control(server: &TestServer) -> UnixStream {
    let address = SocketAddr::from_abstract_name(&server.control()[1..]).unwrap();
    let socket = UnixStream::connect_addr(&address).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket
}

#[test]
fn hostile_clients_of_the_control_socket_delay_nobody() {
    let server = TestServer::start(&["--workers", "1", "--threads", "1"]);
    let silent: Vec<UnixStream> = (0..100).map(|_| control(&server)).collect();
    assert_eq!(server.status()["schema"], 1, "beside silent ones");
    let mut answer = String::new();
    let mut unknown = control(&server);
    unknown.write_all(b"make coffee\n").unwrap();
    unknown.read_to_string(&mut answer).unwrap();
    assert!(answer.contains("unknown request") && answer.contains("status"), "{answer}");
    for bytes in [vec![b'x'; 100_000], vec![0; 300], vec![0xff; 256]] {
        // It may be dropped before it has sent all of it.
        let mut endless = control(&server);
        let _ = endless.write_all(&bytes);
        let mut answer = Vec::new();
        let _ = endless.read_to_end(&mut answer);
        assert_eq!(server.status()["schema"], 1);
    }
    drop(silent);
    let descriptors = || crate::support::open_files(server.pid());
    let settled =
        eventually("the silent ones to be forgotten", || Some(descriptors()).filter(|count| *count < 20));
    // Asks and never reads.
    for _ in 0..20 {
        control(&server).write_all(b"status\n").unwrap();
    }
    eventually("them to be forgotten", || (descriptors() <= settled).then_some(()));
    assert_eq!(server.status()["schema"], 1);
}

#[test]
fn a_request_that_does_not_come_is_not_waited_for_long() {
    let server = TestServer::start(&["--workers", "1", "--threads", "1"]);
    let mut silent = control(&server);
    silent.write_all(b"stat").unwrap();
    let began = Instant::now();
    assert_eq!(silent.read(&mut [0; 10]).unwrap(), 0, "it is closed");
    assert!(began.elapsed() < PATIENCE);
}

#[test]
fn a_second_master_is_refused_by_the_name_of_the_first() {
    let first = TestServer::start(&["--workers", "1", "--threads", "1"]);
    let mut second = TestServer::spawn(server_command(), &["--control", &first.control()]);
    let (code, log) = second.end();
    assert_eq!(code, 69);
    assert!(
        log[0].contains(&format!("the master with pid {}, of the user with uid ", first.pid())),
        "{log:?}"
    );
}

#[test]
fn a_control_socket_with_a_path_is_the_owners_and_goes_with_the_master() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("control.sock");
    let name = path.display().to_string();
    let start = || TestServer::start(&["--workers", "1", "--threads", "1", "--control", &name]);
    let ask = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_prefork-echo"));
        command.args(["status", "--json", "--config", "/dev/null", "--control", &name]).output().unwrap()
    };
    let server = start();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(ask().status.success());
    kill(server.workers()[0], Signal::SIGKILL).unwrap();
    server.wait_for_log("worker died");
    assert!(ask().status.success(), "a worker's end does not take the file away");
    kill(server.pid(), Signal::SIGKILL).unwrap();
    drop(server);
    let server = start();
    assert!(ask().status.success(), "a dead master's file is replaced");
    assert_eq!(server.stop().0, 0);
    assert!(!path.exists());
}

#[test]
fn saturation_is_told_once_when_it_begins_and_once_when_it_ends() {
    let (server, held, waiters) = saturated(3);
    let begin = server.wait_for_log("saturation begin");
    assert!(begin.contains("capacity=4"), "{begin}");
    server.wait_for_status("it to be on the scoreboard", |status| {
        !status["pool"]["saturated_for_seconds"].is_null()
    });
    meanwhile("nothing more is said", Duration::from_millis(300), || {
        server.log().iter().filter(|line| line.contains("saturation")).count() == 1
    });
    drop(held);
    for (mut connection, _) in waiters {
        connection.exchange(b"hello").unwrap();
    }
    let end = server.wait_for_log("saturation end");
    let number = |name| crate::support::field(&end, name).parse::<f64>().unwrap();
    assert!(number("peak_queue") >= 3.0 && number("waited") >= 3.0, "{end}");
    // The kernel tells a wait in jiffies, which may be of 10 ms, and rounds it up.
    assert!(number("longest_wait") >= 0.3 && number("lasted") + 0.02 >= number("longest_wait"), "{end}");
    let status = server.status();
    assert_eq!(status["pool"]["saturated_for_seconds"], Value::Null);
}
