//! The client shows who is served by whom, since the server tells.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use crate::support::{PATIENCE, TestServer, beside_server, eventually};

/// The client as a process, killed when this is dropped.
struct Watch {
    child: Child,
    schema: jsonschema::Validator,
    lines: std::io::Lines<BufReader<ChildStdout>>,
}

impl Watch {
    fn start(server: &TestServer, arguments: &[&str]) -> Self {
        let mut command = Command::new(beside_server("prefork-client"));
        command
            .args(["watch", "--json", "--count", "1", "--hold", "1h"])
            .args(arguments)
            .arg(&server.address);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let schema = include_str!("../../docs/client-watch.schema.json");
        let schema = jsonschema::validator_for(&serde_json::from_str(schema).unwrap()).unwrap();
        Self { child, schema, lines }
    }

    /// The next event of this name. All until then are as documented.
    fn next(&mut self, name: &str) -> Value {
        for line in self.lines.by_ref() {
            let event: Value = serde_json::from_str(&line.unwrap()).unwrap();
            self.schema.validate(&event).unwrap_or_else(|error| panic!("{error}: {event}"));
            if event["event"] == name {
                return event;
            }
        }
        panic!("there is a {name}");
    }

    fn interrupt(&mut self) -> Value {
        kill(Pid::from_raw(self.child.id().try_into().unwrap()), Signal::SIGINT).unwrap();
        self.next("summary")
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn pid(event: &Value) -> Pid {
    Pid::from_raw(event["pid"].as_i64().unwrap().try_into().unwrap())
}

#[test]
fn the_client_opens_two_more_than_there_are_slots_and_knows_who_serves_them() {
    let server = TestServer::start(&["--workers", "1", "--threads", "2", "--monitor-listen", "127.0.0.1:0"]);
    let monitor = server.monitor();
    for arguments in [&[][..], &["--monitor", &monitor]] {
        let mut watch = Watch::start(&server, arguments);
        let mut slots: Vec<Value> = (0..2)
            .map(|_| {
                let seated = watch.next("seated");
                assert_eq!(pid(&seated), server.workers()[0]);
                assert!(seated["queue_wait_seconds"].as_f64().unwrap() < PATIENCE.as_secs_f64());
                seated["slot"].clone()
            })
            .collect();
        slots.sort_by_key(Value::as_u64);
        assert_eq!(slots, [0, 1]);
        let summary = watch.interrupt();
        assert_eq!((&summary["connections"], &summary["pool"]["capacity"]), (&4.into(), &2.into()));
        let told = |lane: &&Value| lane["pid"].is_number() && lane["slot"].is_number();
        assert_eq!(summary["lanes"].as_array().unwrap().iter().filter(told).count(), 2, "{summary}");
        drop(watch);
        server.wait_for_status("the slots are free again", |status| status["pool"]["busy"] == 0);
    }
}

#[test]
fn the_lanes_of_a_killed_worker_fail_and_who_waited_is_served_by_the_next() {
    let server = TestServer::start(&["--workers", "1", "--threads", "2"]);
    let mut watch = Watch::start(&server, &["-c", "3"]);
    let old = pid(&watch.next("seated"));
    watch.next("seated");
    kill(old, Signal::SIGKILL).unwrap();
    for _ in 0..2 {
        let closed = watch.next("closed");
        assert_eq!((pid(&closed), closed["messages"].as_u64()), (old, Some(1)));
        assert!(closed["failure"]["kind"].is_string(), "{closed}");
    }
    let seated = watch.next("seated");
    let new = eventually("a new worker", || server.workers().first().copied().filter(|&pid| pid != old));
    assert_eq!(pid(&seated), new);
    let summary = watch.interrupt();
    // The third may be seated a moment before its echo comes.
    assert_eq!((&summary["failed"], &summary["connected"]), (&2.into(), &3.into()));
}

#[test]
fn nobody_is_asked_if_that_is_wanted() {
    let server = TestServer::start(&["--workers", "1", "--threads", "8"]);
    let mut watch = Watch::start(&server, &["--monitor", "none"]);
    for _ in 0..6 {
        watch.next("served");
    }
    let summary = watch.interrupt();
    assert_eq!((&summary["connections"], &summary["pool"]), (&6.into(), &Value::Null));
}
