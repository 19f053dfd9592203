//! What the client predicts of a pool, from what the pool tells of itself.

use std::path::Path;
use std::process::{Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};

use crate::reload::POOL;
use crate::support::{TestServer, beside_server, program};

/// `bench --predict` with these arguments.
fn command(server: &TestServer, arguments: &str) -> Command {
    let mut command = program(&beside_server("prefork-client"));
    command.args(["bench", "--reconnect", "--predict"]).args(arguments.split(' ')).arg(&server.address);
    command
}

/// Runs it to its end.
fn predict(server: &TestServer, arguments: &str) -> (Option<i32>, String) {
    let output = command(server, arguments).output().expect("the client runs");
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(text).expect("it is text"))
}

/// The same in JSON, which keeps to its schema.
fn prediction(server: &TestServer, arguments: &str) -> Value {
    let (code, text) = predict(server, &format!("--json {arguments}"));
    assert_eq!(code, Some(0), "{text}");
    let report: Value = serde_json::from_str(&text).expect("it is JSON");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/client-bench.schema.json");
    let schema =
        serde_json::from_str(&std::fs::read_to_string(path).expect("it is there")).expect("it is JSON");
    let schema = jsonschema::validator_for(&schema).expect("it is a schema");
    let errors: Vec<String> = schema.iter_errors(&report).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}\n{report}");
    report["prediction"].clone()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

#[test]
fn a_prediction_is_made_of_what_the_server_tells() {
    let flags = ["--workers", "2", "--threads", "2", "--sleep", "10ms", "--distribution", "exponential"];
    let server = TestServer::start(&flags);
    let prediction = prediction(&server, "--rate 200 -n 300");
    assert_eq!((&prediction["slots"], &prediction["service_from"]), (&json!(4), &json!("server")));
    assert_eq!(prediction["arrivals"], 300);
    // The connection by which the client found the server may be one more.
    assert!(number(&prediction["foreign_connections"]) <= 1.0, "{prediction}");
    // The means of 300 draws: beyond these bounds they are less than once in 10⁹ runs. Sleeping takes longer on a
    // machine that is busy, but never less.
    let (rate, service) = (number(&prediction["rate_per_second"]), number(&prediction["service_seconds"]));
    assert!((130.0..300.0).contains(&rate), "{prediction}");
    assert!(service > 0.006, "{prediction}");
    assert!((number(&prediction["utilisation"]) / (rate * service / 4.0) - 1.0).abs() < 1e-9, "{prediction}");
    let chance = &prediction["chance_to_wait"];
    assert!((0.0..=1.0).contains(&number(&chance["measured"])), "{prediction}");
    assert!(number(&chance["half_width"]) > 0.0, "{prediction}");
    if number(&prediction["utilisation"]) < 1.0 {
        assert!(number(&chance["predicted"]) > 0.0 && chance["verdict"].is_string(), "{prediction}");
        assert!(number(&prediction["mean_wait_seconds"]["predicted"]) > 0.0, "{prediction}");
    }
    assert!(number(&prediction["server_mean_wait_seconds"]) >= 0.0, "{prediction}");
}

#[test]
fn fixed_times_are_seen_to_be_fixed() {
    let server = TestServer::start(&["--workers", "2", "--threads", "2", "--sleep", "40ms"]);
    let (code, text) = predict(&server, "--rate 50 -n 60 --distribution fixed");
    assert_eq!(code, Some(0), "{text}");
    for part in ["prediction", "÷ 4 slots = utilisation", "M/D/c (Crommelin 1932)", "by the server's clock"]
    {
        assert!(text.contains(part), "no {part:?} in\n{text}");
    }
}

#[test]
fn a_pool_that_is_asked_too_much_is_told_to_be_so() {
    let server = TestServer::start(&["--workers", "1", "--threads", "1", "--sleep", "20ms"]);
    let (code, text) = predict(&server, "--rate 200 -n 60");
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("÷ 1 slots") && text.contains("The slots cannot keep up"), "{text}");
}

#[test]
fn the_counts_of_two_masters_are_not_mixed() {
    let server = TestServer::configured(POOL);
    let mut run = command(&server, "--json --rate 100 -d 10m");
    let run = run.stdout(Stdio::piped()).spawn().expect("the client runs");
    let id = Pid::from_raw(i32::try_from(run.id()).expect("it is a process"));
    let accepted = |status: &Value, more_than| status["totals"]["accepted"].as_u64() > Some(more_than);
    server.wait_for_status("the run to begin", |status| accepted(status, 20));
    let before = server.master();
    assert!(server.ask(&["upgrade"]).status.success());
    assert_ne!(server.master(), before);
    // More than the old one had counted when the run began, so that the sums alone would look right.
    server.wait_for_status("the run to go on", |status| accepted(status, 60));
    kill(id, Signal::SIGINT).expect("it still runs");
    let output = run.wait_with_output().expect("the client ends");
    assert_eq!(output.status.code(), Some(130));
    let report: Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
    let prediction = &report["prediction"];
    assert_eq!(
        (&prediction["server_restarted"], &prediction["service_from"]),
        (&json!(true), &json!("client"))
    );
    assert_eq!(prediction["server_mean_wait_seconds"], Value::Null);
}
