//! `bench --predict`, with a server that tells nothing of itself.

use std::time::Duration;

use serde_json::json;
use socket2::Socket;

use super::{bench, slow};
use crate::support::{Server, client};

#[test]
fn a_prediction_needs_somebody_who_knows_the_slots() {
    let server = Server::with(2, |socket: &Socket| slow(socket, Duration::from_millis(5)));
    let run = "--reconnect --rate 100 -n 60 --predict";
    let ended = client(&format!("bench {run}"), &server.address).end();
    assert_eq!(ended.code(), Some(2), "{}", ended.stderr());
    assert!(ended.stderr().contains("say it with --slots"), "{}", ended.stderr());
    let (result, code) = bench(&format!("{run} --slots 2"), &server);
    let prediction = &result["prediction"];
    assert_eq!(
        (code, &prediction["slots"], &prediction["service_from"]),
        (Some(0), &json!(2), &json!("client"))
    );
    assert!(prediction["service_seconds"].as_f64().unwrap() >= 0.005, "{prediction}");
    assert_eq!(
        (&prediction["server_mean_wait_seconds"], &prediction["foreign_connections"]),
        (&json!(null), &json!(null))
    );
}

#[test]
fn a_prediction_needs_more_connections_than_there_are_slots() {
    let server = Server::with(2, |socket: &Socket| slow(socket, Duration::from_millis(5)));
    let run = "--reconnect --rate 250 -n 300 --predict --slots 2 --monitor none";
    let ended = client(&format!("bench {run} -c 2"), &server.address).end();
    assert_eq!((ended.code(), ended.stdout()), (Some(2), String::new()));
    assert!(ended.stderr().contains("with -c 2 and 2 slots requests would wait here"), "{}", ended.stderr());
    // A third connection may not be enough: 250 requests in a second are more than half of what two slots serve.
    let (result, code) = bench(&format!("{run} -c 3"), &server);
    assert_eq!(code, Some(0), "{result}");
    let (prediction, waited) = (&result["prediction"], &result["schedule"]["waited_for_connection"]);
    assert_eq!(&prediction["held_back"], waited, "{result}");
    assert!(waited.as_u64() > Some(0) && prediction["chance_to_wait"]["verdict"].is_null(), "{result}");
}

#[test]
fn too_few_requests_are_no_prediction() {
    let server = Server::echo(2);
    let ended =
        client("bench --reconnect --rate 100 -n 3 --predict --slots 2 --monitor none", &server.address).end();
    assert_eq!(ended.code(), Some(0), "{}", ended.stderr());
    assert!(ended.stdout().contains("prediction  none: too few requests"), "{}", ended.stdout());
}

#[test]
fn a_prediction_is_of_connections_that_come_at_random() {
    let server = Server::echo(1);
    for (arguments, complaint) in [
        ("--predict --slots 1", "--rate <RATE>"),
        ("--rate 100 --predict --slots 1", "--reconnect"),
        ("--reconnect --rate 100 --arrivals constant --predict --slots 1", "--arrivals poisson"),
        ("--reconnect --rate 100 --slots 1", "--predict"),
    ] {
        let ended = client(&format!("bench {arguments}"), &server.address).end();
        assert_eq!(ended.code(), Some(2), "{arguments}: {}", ended.stderr());
        assert!(ended.stderr().contains(complaint), "{arguments}: {}", ended.stderr());
    }
}
