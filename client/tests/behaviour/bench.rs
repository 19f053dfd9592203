//! `bench` measures what the server does, and tells what it did not do.

mod predicting;

use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use serde_json::{Value, json};
use socket2::Socket;

use crate::support::{
    Ended, Server, bound, client, echo, echo_changed, echo_three_bytes, eventually, reset, spawn,
};

/// Runs it with these arguments and gives what it printed as JSON, and its exit code.
fn bench(arguments: &str, server: &Server) -> (Value, Option<i32>) {
    let ended = client(&format!("bench --json {arguments}"), &server.address).end();
    (result(&ended), ended.code())
}

/// The result, which keeps to the schema.
fn result(ended: &Ended) -> Value {
    let result: Value =
        serde_json::from_str(&ended.stdout()).unwrap_or_else(|_| panic!("{}", ended.stderr()));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/client-bench.schema.json");
    let mut schema: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    forbid_more(&mut schema);
    let schema = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> =
        schema.iter_errors(&result).map(|error| format!("{error} at {}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:?}\n{result}");
    result
}

/// The schema says what there is at least, since keys may be added. Here one that it does not name is a mistake.
fn forbid_more(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            if object.get("properties").is_some_and(Value::is_object) && !object.contains_key("propertyNames")
            {
                object.insert("additionalProperties".to_owned(), json!(false));
            }
            object.values_mut().for_each(forbid_more);
        }
        Value::Array(values) => values.iter_mut().for_each(forbid_more),
        _ => (),
    }
}

/// Takes so long for every message.
fn slow(mut client: &Socket, service: Duration) -> io::Result<()> {
    let mut buffer = [0; 1024];
    loop {
        let length = client.read(&mut buffer)?;
        if length == 0 {
            return Ok(());
        }
        thread::sleep(service);
        client.write_all(&buffer[..length].to_ascii_uppercase())?;
    }
}

#[test]
fn a_closed_loop_sends_as_many_requests_as_it_is_told_and_verifies_them_all() {
    let server = Server::echo(2);
    let (result, code) = bench("-c 2 -n 500", &server);
    assert_eq!(code, Some(0), "{result}");
    assert_eq!((&result["requests"]["ok"], &result["latency"]["total"]["count"]), (&json!(500), &json!(500)));
    assert_eq!(
        (&result["connections"]["connected"], &result["connections"]["served"]),
        (&json!(2), &json!(2))
    );
    assert_eq!(result["latency"]["counted_from"], "sent");
    let in_buckets: u64 = buckets(&result["latency"]["total"]).iter().map(|bucket| bucket.1).sum();
    assert_eq!(in_buckets, 500);
}

fn buckets(distribution: &Value) -> Vec<(f64, u64)> {
    serde_json::from_value(distribution["buckets"].clone()).unwrap()
}

#[test]
fn with_a_connection_per_request_everybody_has_a_turn() {
    let server = Server::echo(2);
    let (result, code) = bench("--reconnect -c 8 -n 200", &server);
    assert_eq!(code, Some(0), "{result}");
    assert_eq!((&result["requests"]["ok"], &result["connections"]["connected"]), (&json!(200), &json!(200)));
    assert_eq!(result["latency"]["connect"]["count"], 200);
}

#[test]
fn a_message_larger_than_all_buffers_does_not_get_stuck() {
    let server = Server::echo(2);
    let (result, code) = bench("-s 4m -c 2 -n 6", &server);
    assert_eq!((code, &result["requests"]["ok"]), (Some(0), &json!(6)), "{result}");
}

#[test]
fn a_text_and_a_server_that_changes_nothing_can_be_asked_for() {
    let server =
        Server::with(1, |mut socket: &Socket| io::copy(&mut socket.try_clone()?, &mut socket).map(drop));
    let (result, code) = bench("-m hello --transform none -c 1 -n 10", &server);
    assert_eq!((code, &result["plan"]["message_bytes"]), (Some(0), &json!(5)), "{result}");
}

#[test]
fn a_unix_socket_is_measured_too() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::unix(&directory.path().join("echo.sock"), 2);
    for arguments in ["-c 2 -n 100", "--reconnect -c 4 -n 100"] {
        let (result, code) = bench(arguments, &server);
        assert_eq!((code, &result["requests"]["ok"]), (Some(0), &json!(100)), "{result}");
        assert_eq!(result["congestion_control"], Value::Null);
    }
}

#[test]
fn an_open_loop_sends_what_is_due_and_no_more() {
    let server = Server::echo(4);
    for arguments in ["--reconnect", "-c 4"] {
        let (result, code) = bench(&format!("--rate 200 --arrivals constant -d 500ms {arguments}"), &server);
        // Every 5 ms, for the first time after 5 ms: the hundredth would be due at the end.
        assert_eq!((code, &result["requests"]["ok"]), (Some(0), &json!(99)), "{result}");
        assert_eq!(result["latency"]["counted_from"], "intended");
    }
}

#[test]
fn nobody_waits_for_a_connection_where_there_are_as_many_as_requests() {
    let server = Server::echo(1000);
    let (result, code) = bench("--reconnect --rate 5000 -n 1000 -c 1000 -d 10s", &server);
    assert_eq!((code, &result["requests"]["ok"]), (Some(0), &json!(1000)), "{result}");
    assert_eq!(result["schedule"]["waited_for_connection"], 0, "{}", result["schedule"]);
    assert_eq!(result["schedule"]["late"]["count"], 1000);
}

#[test]
fn in_an_open_loop_waiting_for_a_connection_counts_as_latency() {
    // A message takes 20 ms, and every 5 ms one is due.
    let server = Server::with(1, |socket: &Socket| slow(socket, Duration::from_millis(20)));
    let (result, code) = bench("--rate 200 --arrivals constant -d 500ms -c 1", &server);
    assert_eq!(code, Some(1), "not all could be sent");
    let number = |value: &Value| value.as_u64().unwrap();
    let (requests, schedule) = (&result["requests"], &result["schedule"]);
    let finished = number(&requests["ok"]) + number(&requests["unfinished"]);
    // In the window, and in the second after it in which the rest may be sent.
    assert!((1..=76).contains(&finished), "{result}");
    assert_eq!(finished + number(&requests["not_sent"]), 99, "{result}");
    assert!(number(&schedule["waited_for_connection"]) >= finished - 2, "{result}");
    let ended = client("bench --rate 200 --arrivals constant -d 500ms -c 1", &server.address).end();
    assert!(
        ended.stdout().contains("The latencies are of the requests that were sent"),
        "{}",
        ended.stdout()
    );
    // The last one that was sent had waited for the service of all before it.
    let longest = |name: &str| result["latency"][name]["max_seconds"].as_f64().unwrap();
    assert!(longest("total") > 0.1 && longest("total") > longest("since_sent"), "{result}");
}

#[test]
fn requests_of_the_warm_up_are_not_counted() {
    let server = Server::echo(2);
    let (result, code) = bench("-c 2 -n 50 --warm-up 200ms", &server);
    assert_eq!((code, &result["requests"]["ok"]), (Some(0), &json!(50)), "{result}");
    assert!(result["requests"]["warm_up"].as_u64() > Some(0), "{result}");
}

#[test]
fn connections_that_are_never_served_are_a_result() {
    let server = Server::echo(2);
    let (result, code) = bench("-c 5 -d 300ms", &server);
    let connections = &result["connections"];
    assert_eq!((code, &connections["never_served"], &connections["served"]), (Some(1), &json!(3), &json!(2)));
    assert!(connections["longest_never_served_seconds"].as_f64() >= Some(0.3), "{result}");
    let ended = client("bench -c 5 -d 300ms", &server.address).end();
    assert_eq!(ended.code(), Some(1));
    assert!(ended.stdout().contains("3 connections were never served"), "{}", ended.stdout());
}

#[test]
fn a_server_that_never_answers_is_a_failure_after_the_timeout() {
    let server = Server::silent();
    let (result, code) = bench("-c 3 -n 3 --timeout 200ms", &server);
    assert_eq!((code, &result["failures"]), (Some(1), &json!({ "timeout": 3 })), "{result}");
    assert_eq!(
        (&result["connections"]["never_served"], &result["latency"]["total"]),
        (&json!(3), &Value::Null)
    );
}

#[test]
fn what_comes_back_wrong_is_counted_by_kind() {
    let wrong = Server::with(2, |socket: &_| echo_changed(socket, |echo| echo[2] ^= 1));
    let extra = Server::with(2, |socket: &_| echo_changed(socket, |echo| echo.push(b'!')));
    for (server, kind) in [
        (wrong, "wrong"),
        (extra, "extra"),
        (Server::with(2, echo_three_bytes), "short"),
        (Server::with(2, reset), "reset"),
    ] {
        for reconnect in ["", "--reconnect"] {
            let (result, code) = bench(&format!("-c 2 -n 6 {reconnect}"), &server);
            assert_eq!(code, Some(1), "{kind}");
            assert_eq!(
                (&result["failures"], &result["requests"]["ok"]),
                (&json!({ kind: 6 }), &json!(0)),
                "{result}"
            );
        }
    }
}

#[test]
fn a_server_that_closes_after_an_echo_is_noticed_at_once() {
    let server = Server::with(1, |mut socket: &Socket| {
        let mut message = [0; 64];
        socket.read_exact(&mut message)?;
        socket.write_all(&message.to_ascii_uppercase())?;
        socket.shutdown(Shutdown::Write)?;
        io::copy(&mut socket, &mut io::sink()).map(drop)
    });
    let (result, _) = bench("-c 1 -n 5 --timeout 1h", &server);
    // The end comes with the echo, and another connection is made, or after the next request has been sent, which fails.
    let number = |name: &str| result["requests"][name].as_u64().unwrap();
    assert_eq!(number("ok") + number("failed"), 5, "{result}");
    assert!(number("ok") >= 3, "the first one on each connection is served: {result}");
    let closed = result["connections"]["lost"]["closed"].as_u64().unwrap_or_default();
    assert!(closed + number("failed") >= number("ok") - 1, "{result}");
    let (result, code) = bench("--reconnect -c 1 -n 5 --timeout 1h", &server);
    assert_eq!((code, &result["requests"]["ok"]), (Some(0), &json!(5)), "{result}");
}

#[test]
fn a_server_that_speaks_first_is_wrong_and_not_silent() {
    let server = Server::with(8, |mut socket: &Socket| {
        socket.write_all(b"* ready")?;
        echo(socket)
    });
    for arguments in ["", "--rate 50", "--reconnect"] {
        let (result, code) = bench(&format!("-c 2 -n 4 -d 500ms --timeout 1h {arguments}"), &server);
        assert_eq!((code, &result["requests"]["ok"]), (Some(1), &json!(0)), "{result}");
        assert_eq!(result["connections"]["never_served"], 0, "{result}");
        let reason = result["first_failure"].as_str().unwrap();
        assert!(
            reason.contains("more than were sent") || reason.contains("wrong byte at offset 0"),
            "{result}"
        );
    }
}

/// Echoes one message and, some time later, closes.
fn closes_what_is_idle(mut client: &Socket) -> io::Result<()> {
    let mut message = [0; 64];
    client.read_exact(&mut message)?;
    client.write_all(&message.to_ascii_uppercase())?;
    thread::sleep(Duration::from_millis(20));
    Ok(())
}

#[test]
fn a_server_may_close_an_idle_connection() {
    let server = Server::with(2, closes_what_is_idle);
    let run = "-c 2 --rate 5 --arrivals constant -d 1100ms";
    let (result, code) = bench(run, &server);
    assert_eq!((code, &result["requests"]["ok"]), (Some(0), &json!(5)), "{result}");
    assert_eq!((&result["requests"]["failed"], &result["failures"]), (&json!(0), &json!({})), "{result}");
    let lost = &result["connections"]["lost"];
    assert!(lost["closed"].as_u64() >= Some(4) && lost.as_object().unwrap().len() == 1, "{result}");
    assert_eq!(result["first_failure"], Value::Null);
    let ended = client(&format!("bench {run}"), &server.address).end();
    assert!(ended.stdout().contains("idle connections, as it may"), "{}", ended.stdout());
}

#[test]
fn a_connection_that_cannot_be_made_again_is_a_failure_and_no_failed_request() {
    let (socket, address) = bound();
    let listener = socket.try_clone().unwrap();
    // It serves one connection besides that by which it is found, and then nobody any more.
    let server = Server::on(socket, address, 2, move |mut client: &Socket| {
        let mut message = [0; 64];
        if client.read(&mut message)? == 0 {
            return Ok(());
        }
        client.write_all(&message.to_ascii_uppercase())?;
        listener.shutdown(Shutdown::Both)
    });
    let (result, code) = bench("-c 1 --rate 5 --arrivals constant -d 1s", &server);
    assert_eq!((code, &result["requests"]["ok"]), (Some(1), &json!(1)), "{result}");
    assert_eq!((&result["requests"]["failed"], &result["failures"]), (&json!(0), &json!({})), "{result}");
    assert!(result["connections"]["lost"]["refused"].as_u64() > Some(0), "{result}");
    let ended = client("bench --retry 0s", &server.address).end();
    assert_eq!(ended.code(), Some(3), "nobody listens any more");
}

#[test]
fn an_interrupt_prints_the_result_so_far() {
    let is_asked = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&is_asked);
    let server = Server::with(1, move |mut socket: &Socket| {
        socket.read_exact(&mut [0; 64])?;
        seen.store(true, Ordering::Relaxed);
        echo(socket)
    });
    let client = client("bench --json -c 1 -d 1h --timeout 1h", &server.address);
    eventually("the first request is sent", || is_asked.load(Ordering::Relaxed));
    client.signal("INT");
    let ended = client.end();
    assert_eq!(ended.code(), Some(130));
    let result = result(&ended);
    assert_eq!((&result["interrupted"], &result["requests"]["unfinished"]), (&json!(true), &json!(1)));
}

#[test]
fn an_interrupt_in_the_warm_up_leaves_nothing_without_an_answer() {
    let is_asked = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&is_asked);
    let server = Server::with(4, move |mut socket: &Socket| {
        socket.read_exact(&mut [0; 64])?;
        seen.store(true, Ordering::Relaxed);
        echo(socket)
    });
    for load in ["", "--rate 100"] {
        is_asked.store(false, Ordering::Relaxed);
        let arguments = format!("bench --json -c 1 -d 1h --warm-up 1h --timeout 1h {load}");
        let client = client(&arguments, &server.address);
        eventually("the first request is sent", || is_asked.load(Ordering::Relaxed));
        client.signal("INT");
        let ended = client.end();
        assert_eq!(ended.code(), Some(130));
        let requests = &result(&ended)["requests"];
        assert_eq!((&requests["unfinished"], &requests["not_sent"]), (&json!(0), &json!(0)), "{requests}");
    }
}

#[test]
fn a_run_in_which_nothing_was_due_says_so() {
    let server = Server::echo(4);
    let ended = client("bench --rate 1/h --arrivals constant -d 200ms", &server.address).end();
    assert_eq!(ended.code(), Some(1));
    assert!(ended.stdout().contains("Nothing was due in the run"), "{}", ended.stdout());
}

#[test]
fn without_a_server_there_is_no_result() {
    let (_socket, address) = bound();
    let ended = client("bench --retry 0s", &address).end();
    assert_eq!((ended.code(), ended.stdout()), (Some(3), String::new()));
    assert!(ended.stderr().contains("connection refused"), "{}", ended.stderr());
}

#[test]
fn two_thousand_connections_are_driven_by_one_thread() {
    // The server of this test has their other ends.
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
    setrlimit(Resource::RLIMIT_NOFILE, hard, hard).unwrap();
    let server = Server::echo(2000);
    let (result, code) = bench("-c 2000 -n 6000", &server);
    assert_eq!(code, Some(0), "{}", result["failures"]);
    assert_eq!((&result["requests"]["ok"], &result["connections"]["served"]), (&json!(6000), &json!(2000)));
}

#[test]
fn a_run_is_compared_with_an_earlier_one() {
    let server = Server::echo(2);
    let directory = tempfile::tempdir().unwrap();
    let old = directory.path().join("old.json");
    let ended = client("bench --json -c 1 -n 20", &server.address).end();
    let first = result(&ended);
    std::fs::write(&old, ended.stdout()).unwrap();
    let arguments = format!("-c 2 -n 20 --compare {}", old.display());
    let (result, code) = bench(&arguments, &server);
    assert_eq!(code, Some(0));
    let comparison = &result["comparison"];
    assert_eq!(comparison["differences"], json!([{ "name": "connections", "then": 1, "now": 2 }]));
    assert_eq!(comparison["figures"][0]["then"], first["throughput"]["requests_per_second"]);
    assert_eq!(comparison["figures"][0]["is_significant"], Value::Null, "it was over in no time");
    let ended = client(&format!("bench {arguments}"), &server.address).end();
    assert!(ended.stdout().contains("Not the same: connections was 1, is 2."), "{}", ended.stdout());
}

#[test]
fn only_a_result_can_be_compared_with() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("no.json");
    std::fs::write(&file, "{}").unwrap();
    for (path, reason) in [
        (file.as_path(), "missing field `schema`"),
        (Path::new("/no/such"), "no such file"),
        (Path::new("/dev/zero"), "larger than 64 MiB"),
    ] {
        let ended = spawn(["bench", "--compare", path.to_str().unwrap()]).end();
        assert_eq!(ended.code(), Some(2));
        assert!(ended.stderr().contains(reason), "{}", ended.stderr());
    }
}

#[test]
fn an_earlier_result_does_not_command_the_terminal() {
    let server = Server::echo(2);
    let directory = tempfile::tempdir().unwrap();
    let old = directory.path().join("old.json");
    let mut first = bench("-c 1 -n 20", &server).0;
    first["started_at"] = json!("then\u{1b}[2J");
    first["address"] = json!("here\u{9b}2J");
    std::fs::write(&old, first.to_string()).unwrap();
    let ended = client(&format!("bench -c 1 -n 20 --compare {}", old.display()), &server.address).end();
    let stdout = ended.stdout();
    assert!(stdout.contains("run of then") && stdout.contains("address was"), "{stdout}");
    assert!(stdout.chars().all(|character| character == '\n' || !character.is_control()), "{stdout:?}");
}

#[test]
fn csv_has_a_line_for_each_second() {
    let server = Server::echo(1);
    let ended = client("bench --csv -c 1 -d 1200ms", &server.address).end();
    assert_eq!(ended.code(), Some(0));
    let stdout = ended.stdout();
    let rows: Vec<Vec<&str>> = stdout.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(rows[0][..3], ["at_seconds", "length_seconds", "requests"]);
    assert_eq!(rows.len(), 3, "{stdout}");
    assert!(rows.iter().all(|row| row.len() == rows[0].len()), "{stdout}");
    assert!(rows[1..].iter().flatten().all(|field| field.parse::<f64>().is_ok()), "{stdout}");
    assert_eq!((rows[1][0], rows[2][0]), ("0", "1"));
}

#[test]
fn wrong_arguments_are_told_with_what_would_be_right() {
    for (arguments, right) in [
        ("bench -s 65m", "from 1 to 64m"),
        ("bench --rate 0", "between 1/h and 1000k"),
        ("bench --rate fast", "such as 500, 2k or 0.5"),
        ("bench --arrivals constant", "--rate <RATE>"),
        ("bench -m hello -s 5", "cannot be used with"),
        ("bench -d 0s", "a run needs some time"),
    ] {
        let ended = spawn(arguments.split(' ')).end();
        assert_eq!(ended.code(), Some(2), "{arguments}");
        assert!(ended.stderr().contains(right), "{}", ended.stderr());
    }
}
