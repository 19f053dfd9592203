//! What `events` says: who came, who went, and why.

use std::fs;
use std::path::Path;

use crate::support::{TestServer, eventually};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

/// What `events --json` says.
#[track_caller]
pub(crate) fn events(server: &TestServer) -> Value {
    let output = server.ask(&["events", "--json"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The texts of all events of a kind, in order.
#[track_caller]
pub(crate) fn texts(server: &TestServer, kind: &str) -> Vec<String> {
    let events = events(server);
    let alike = events["events"].as_array().unwrap().iter().filter(|event| event["kind"] == kind);
    alike.map(|event| event["text"].as_str().unwrap().to_owned()).collect()
}

/// The kinds and texts of all that happened to a process, in order.
fn life(events: &Value, pid: Pid) -> Vec<(String, String)> {
    let word = |event: &Value, key: &str| event[key].as_str().unwrap().to_owned();
    let events = events["events"].as_array().unwrap().iter();
    let events = events.filter(|event| event["pid"] == pid.as_raw());
    events.map(|event| (word(event, "kind"), word(event, "text"))).collect()
}

/// Waits until so much has happened to a process, and returns it.
#[track_caller]
fn wait_for_life(server: &TestServer, pid: Pid, kinds: &[&str]) -> Vec<(String, String)> {
    eventually(&format!("{kinds:?} of {pid}"), || {
        let life = life(&events(server), pid);
        life.iter().map(|(kind, _)| kind).eq(kinds).then_some(life)
    })
}

#[test]
fn births_and_deaths_are_told_with_their_cause() {
    let server = TestServer::start(&["--workers", "2", "--threads", "2"]);
    let [killed, replaced] = server.workers()[..] else { panic!("two workers") };
    wait_for_life(&server, killed, &["spawned", "ready"]);
    let mut held: Vec<_> = (0..4).map(|_| server.served()).collect();
    kill(killed, Signal::SIGKILL).unwrap();
    let life = wait_for_life(&server, killed, &["spawned", "ready", "died"]);
    let cause = format!("worker 0 (pid {killed}) was killed by SIGKILL; 2 connections lost; respawning");
    assert_eq!(life[2].1, cause);

    kill(replaced, Signal::SIGTERM).unwrap();
    wait_for_life(&server, replaced, &["spawned", "ready", "draining"]);
    held.clear();
    let life = wait_for_life(&server, replaced, &["spawned", "ready", "draining", "left"]);
    assert_eq!(life[2].1, format!("worker 1 (pid {replaced}) finishes its connections"));
    for pid in server.workers() {
        wait_for_life(&server, pid, &["spawned", "ready"]);
    }

    let text = String::from_utf8(server.ask(&["events"]).stdout).unwrap();
    let death = text.lines().find(|line| line.contains("SIGKILL")).unwrap();
    let [time, rest] = [&death[..8], &death[8..]];
    assert!(time.chars().enumerate().all(|(at, char)| if at % 3 == 2 {
        char == ':'
    } else {
        char.is_ascii_digit()
    }));
    let words: Vec<&str> = rest.split_whitespace().collect();
    assert_eq!(words[..2], ["died", "0"], "{death}");
    assert_eq!(words[2..].join(" "), cause);
}

#[test]
fn the_numbers_of_events_have_no_gap_and_their_form_is_that_of_the_schema() {
    let server = TestServer::start(&["--workers", "2", "--threads", "1"]);
    let _held = [server.served(), server.served()];
    server.wait_for_log("saturation begin");
    let victim = server.workers()[0];
    kill(victim, Signal::SIGKILL).unwrap();
    wait_for_life(&server, victim, &["spawned", "ready", "died"]);
    let document = events(&server);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/events.schema.json");
    let schema: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let errors: Vec<String> = jsonschema::validator_for(&schema)
        .unwrap()
        .iter_errors(&document)
        .map(|error| format!("{error} at {}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:?}\n{document}");
    let all = document["events"].as_array().unwrap();
    let numbers: Vec<u64> = all.iter().map(|event| event["number"].as_u64().unwrap()).collect();
    assert!(numbers.windows(2).all(|pair| pair[1] == pair[0] + 1), "{numbers:?}");
    let times: Vec<f64> = all.iter().map(|event| event["at"].as_f64().unwrap()).collect();
    assert!(times.is_sorted(), "{times:?}");
    assert!(all.iter().any(|event| event["kind"] == "saturation-begin"), "{document}");
}

#[test]
fn the_births_of_many_workers_crowd_no_death_out() {
    let server = TestServer::start(&["--workers", "200", "--threads", "1"]);
    let victim = server.workers()[0];
    kill(victim, Signal::SIGKILL).unwrap();
    server.wait_for_log("worker died");
    eventually("all workers", || (server.workers().len() == 200).then_some(()));
    let old = server.workers();
    for worker in &old {
        kill(*worker, Signal::SIGTERM).unwrap();
    }
    server.wait_for_logs("worker left", 200);
    let document = events(&server);
    let all = document["events"].as_array().unwrap();
    assert!(all[0]["kind"] == "died" && all[0]["pid"] == victim.as_raw(), "{}", all[0]);
    assert_eq!(all.len(), 1 + 256);
    let text = String::from_utf8(server.ask(&["events"]).stdout).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[1].contains("SIGKILL") && lines[2].trim_start().starts_with("… and "), "{lines:?}");
}
