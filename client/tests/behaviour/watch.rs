//! `watch` shows who is served and who waits, and says so in its exit code.

use std::io::{BufRead, BufReader};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;

use crate::support::{Server, bound, client, echo, echo_changed, echo_three_bytes, eventually, reset, spawn};

/// One message after another, so that whoever waits does so for about a second.
const A_SECOND_EACH: &str = "-c 4 --count 2 --interval 1s";

/// A single exchange with each, as fast as possible.
const ONCE: &str = "watch --json -c 3 --count 1 --retry 0s";

#[test]
fn with_two_slots_two_of_four_lanes_wait() {
    let server = Server::echo(2);
    let ended = client(&format!("--json {A_SECOND_EACH}"), &server.address).end();
    assert_eq!(ended.code(), Some(0), "{}", ended.stderr());
    let summary = ended.summary();
    assert_eq!((&summary["served"], &summary["failed"]), (&4.into(), &0.into()));
    let mut waits: Vec<f64> =
        lanes(&summary).iter().filter_map(|lane| lane["wait_seconds"].as_f64()).collect();
    waits.sort_by(f64::total_cmp);
    assert_eq!(waits.len(), 4);
    // A busy machine may delay an echo, but not by half a second.
    assert!(waits[1] < 0.5 && waits[2] > 0.5, "{waits:?}");
    assert_eq!(summary["longest_wait_seconds"], waits[3]);
}

#[test]
fn the_lines_are_in_the_order_of_their_times_and_the_last_is_the_result() {
    let server = Server::echo(2);
    let ended = client(A_SECOND_EACH, &server.address).end();
    let stdout = ended.stdout();
    let count = |state: &str| stdout.lines().filter(|line| line.contains(&format!("  {state} "))).count();
    assert_eq!((count("served"), count("closed")), (4, 4), "{stdout}");
    assert!(count("queued") >= 2, "{stdout}");
    let (lines, report) = stdout.split_once("\n\n").unwrap();
    let result = report.lines().last().unwrap();
    // How long, the server's clock and the client's may see on two sides of a second.
    assert!(result.contains(" of 4 connections waited; longest "), "{result}");
    let times: Vec<f64> =
        lines.lines().map(|line| line.trim().split_once("s ").unwrap().0.parse().unwrap()).collect();
    // Lines of different threads may be a few milliseconds apart from their order.
    assert!(times.windows(2).all(|pair| pair[0] < pair[1] + 0.05), "{stdout}");
    assert!(!stdout.contains('\x1b'), "a pipe gets no colours");
}

#[test]
fn json_has_every_step_of_a_lane_in_order() {
    let server = Server::echo(1);
    let ended = client("--json -c 1 --count 2 --interval 1ms", &server.address).end();
    let stdout = ended.stdout();
    let events: Vec<Value> = stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let names: Vec<&str> = events.iter().filter_map(|event| event["event"].as_str()).collect();
    assert_eq!(names, ["connecting", "queued", "served", "echoed", "closed", "summary"]);
    assert_eq!(events[5]["schema"], 1);
    assert_eq!(events[5]["lanes"][0]["local_address"], events[1]["local_address"]);
}

#[test]
fn a_wrong_byte_is_a_failure() {
    let server = Server::with(3, |socket: &_| echo_changed(socket, |echo| echo[2] ^= 1));
    assert_all_fail_with(&server, "wrong");
}

#[test]
fn a_server_that_closes_early_is_a_failure() {
    assert_all_fail_with(&Server::with(3, echo_three_bytes), "short");
}

#[test]
fn a_server_that_closes_while_the_connection_is_held_is_a_failure() {
    // Three bytes are the whole echo; then it closes, and the client wanted to stay.
    let server = Server::with(2, echo_three_bytes);
    let ended = client("--json -c 2 --message abc --count 1 --hold 1m", &server.address).end();
    assert_eq!(ended.code(), Some(1));
    assert_eq!(ended.summary()["failures"]["closed"], 2);
}

#[test]
fn a_server_that_resets_is_a_failure() {
    assert_all_fail_with(&Server::with(3, reset), "reset");
}

#[test]
fn a_server_that_is_busy_is_a_failure_and_has_served_nobody() {
    let server = Server::with(3, |mut socket: &_| {
        let length = std::io::Read::read(&mut socket, &mut [0; 4096])?;
        assert!(length > 0, "the client sends first");
        std::io::Write::write_all(&mut socket, b"busy\n")
    });
    let ended = client(ONCE, &server.address).end();
    assert_eq!(ended.code(), Some(1));
    let summary = ended.summary();
    assert_eq!((&summary["failures"]["busy"], &summary["served"]), (&3.into(), &0.into()), "{summary}");
}

#[test]
fn a_server_that_never_answers_is_a_failure_after_the_timeout() {
    let server = Server::silent();
    let ended = client(&format!("{ONCE} --timeout 300ms"), &server.address).end();
    assert_eq!(ended.code(), Some(1));
    let summary = ended.summary();
    assert_eq!(summary["failures"]["timeout"], 3);
    assert_eq!((&summary["waited"], &summary["served"]), (&3.into(), &0.into()));
}

#[test]
fn without_a_server_the_error_says_how_to_start_one() {
    let (_socket, address) = bound();
    let ended = client("-c 2 --retry 0s", &address).end();
    assert_eq!(ended.code(), Some(3));
    let stderr = ended.stderr();
    let expected = format!(
        "prefork-client: cannot connect to {address}: connection refused \
         (is the server running? start it with `prefork-echo --listen {address}`)\n"
    );
    assert_eq!(stderr, expected);
}

#[test]
fn the_client_may_start_before_the_server() {
    let (socket, address) = bound();
    let mut client = client("watch --json -c 2 --count 1 --retry 1m", &address);
    let mut lines = BufReader::new(client.stdout()).lines();
    eventually("a lane tries again", || lines.next().unwrap().unwrap().contains("retrying"));
    let _server = Server::on(socket, address, 2, echo);
    let summary = lines.last().unwrap().unwrap();
    assert!(summary.contains(r#""served":2,"waited":0,"failed":0"#), "{summary}");
    assert_eq!(client.end().code(), Some(0));
}

#[test]
fn a_unix_socket_may_appear_later() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("echo.sock");
    let mut client = client("watch --json -c 2 --count 1 --retry 1m", &path.as_path().into());
    let mut lines = BufReader::new(client.stdout()).lines();
    eventually("a lane tries again", || lines.next().unwrap().unwrap().contains("retrying"));
    let _server = Server::unix(&path, 2);
    assert!(lines.last().unwrap().unwrap().contains(r#""served":2"#));
    assert_eq!(client.end().code(), Some(0));
}

#[test]
fn an_interrupt_prints_the_summary_of_what_happened_so_far() {
    for signal in ["INT", "TERM"] {
        let server = Server::echo(1);
        let mut client = client("-c 2 --hold 1h --count 1 --message hi", &server.address);
        let mut lines = BufReader::new(client.stdout()).lines();
        // The waiting lane's line and the served one's come in either order.
        let seen: Vec<String> = lines.by_ref().take(2).map(Result::unwrap).collect();
        assert!(seen.iter().any(|line| line.contains("  queued ")), "{seen:?}");
        client.signal(signal);
        let result = lines.last().unwrap().unwrap();
        assert!(result.starts_with("interrupted after "), "{result}");
        assert!(result.ends_with("; 1 still waiting"), "{result}");
        assert_eq!(client.end().code(), Some(130));
    }
}

#[test]
fn where_nobody_reads_the_lanes_stand_still_and_a_signal_ends_it() {
    let echoes = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&echoes);
    let count = move |_: &mut Vec<u8>| {
        counted.fetch_add(1, Ordering::Relaxed);
    };
    let server = Server::with(4, move |socket: &_| echo_changed(socket, &count));
    let mut client = client("watch --json -c 4 --count 3000 --interval 0s", &server.address);
    let _unread = client.stdout();
    let mut seen = Vec::new();
    eventually("nothing moves any more", || {
        seen.push(echoes.load(Ordering::Relaxed));
        seen.len() > 100 && seen[seen.len() - 100] > 0 && seen[seen.len() - 100] == seen[seen.len() - 1]
    });
    assert!(seen[seen.len() - 1] < 4 * 3000, "nothing is kept for a reader who never comes");
    client.signal("TERM");
    let ended = client.end();
    assert_eq!((ended.code(), ended.stderr()), (Some(130), String::new()));
}

#[test]
fn a_reader_that_has_seen_enough_ends_it_quietly() {
    let server = Server::echo(8);
    let mut client = client("-c 8 --count 2 --interval 50ms", &server.address);
    drop(client.stdout());
    let ended = client.end();
    assert_eq!((ended.code(), ended.stderr()), (Some(0), String::new()));
}

#[test]
fn a_hundred_lanes_share_three_slots() {
    let server = Server::echo(3);
    let ended = client("--json -c 100 --count 2 --interval 1ms", &server.address).end();
    assert_eq!(ended.code(), Some(0), "{}", ended.stderr());
    let summary = ended.summary();
    assert!(lanes(&summary).iter().all(|lane| lane["state"] == "closed" && lane["messages"] == 2));
}

#[test]
fn wrong_arguments_are_told_with_a_suggestion() {
    for (arguments, suggestion) in [
        ("localhost", "did you mean `localhost:8080`?"),
        ("-c 0", "expected a number from 1 to 10000"),
        ("watch --hold 2days", "at most 1day"),
        ("talk --interval 1s", "unexpected argument '--interval'"),
    ] {
        let ended = spawn(arguments.split(' ')).end();
        assert_eq!(ended.code(), Some(2));
        assert!(ended.stderr().contains(suggestion), "{}", ended.stderr());
    }
}

fn assert_all_fail_with(server: &Server, kind: &str) {
    let ended = client(ONCE, &server.address).end();
    assert_eq!(ended.code(), Some(1));
    let summary = ended.summary();
    assert_eq!((&summary["connected"], &summary["failed"]), (&3.into(), &3.into()));
    assert_eq!(summary["failures"][kind], 3, "{summary}");
}

fn lanes(summary: &Value) -> &[Value] {
    summary["lanes"].as_array().unwrap()
}

/// Lines of a run that has everything: retries, waits, echoes, failures.
fn eventful_lines() -> Vec<String> {
    let (socket, address) = bound();
    let mut client = client("watch --json -c 3 --count 2 --interval 1ms --retry 1m", &address);
    let mut lines = BufReader::new(client.stdout()).lines().map(Result::unwrap);
    let mut seen: Vec<String> = Vec::new();
    eventually("a lane tries again", || {
        seen.extend(lines.next());
        seen.iter().any(|line| line.contains("retrying"))
    });
    let server = Server::on(socket, address, 1, echo);
    seen.extend(lines);
    assert_eq!(client.end().code(), Some(0));
    drop(server);
    for server in [Server::with(3, reset), Server::silent()] {
        let ended = crate::support::client(&format!("{ONCE} --timeout 100ms"), &server.address).end();
        seen.extend(ended.stdout().lines().map(str::to_owned));
    }
    seen
}

#[test]
fn every_line_of_json_is_as_documented() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/client-watch.schema.json");
    let mut schema: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    forbid_more(&mut schema);
    let schema = jsonschema::validator_for(&schema).unwrap();
    let lines = eventful_lines();
    for name in ["connecting", "retrying", "queued", "served", "echoed", "closed", "summary"] {
        assert!(lines.iter().any(|line| line.contains(&format!(r#""event":"{name}""#))), "there is a {name}");
    }
    for line in lines {
        let value: Value = serde_json::from_str(&line).unwrap();
        assert!(schema.is_valid(&value), "{line}\n{:?}", schema.iter_errors(&value).collect::<Vec<_>>());
    }
}

/// A key that is not documented is an error.
fn forbid_more(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            if object.contains_key("properties") {
                object.insert("additionalProperties".to_owned(), false.into());
            }
            object.values_mut().for_each(forbid_more);
        }
        Value::Array(values) => values.iter_mut().for_each(forbid_more),
        _ => {}
    }
}
