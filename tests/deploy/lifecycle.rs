//! A pod's life: when it is ready, when it is ended for being dead, and how it ends.

use std::io::Write as _;
use std::time::Duration;

use nix::sys::signal::Signal;
use serde_json::{Value, json};

use crate::server::{Server, eventually, served};
use crate::world::{World, hold};

const DEPLOYMENT: &str = "Deployment/prefork-echo";
/// Where the image has it.
const PROGRAM: &str = "/usr/local/bin/prefork-echo";
/// What the master takes for those who do not leave at the end of a drain: a second for peers to close, another before
/// workers are killed, and the end of the processes.
const STRAGGLERS: Duration = Duration::from_secs(5);

fn seconds(of: &Value) -> Option<Duration> {
    of.as_u64().map(Duration::from_secs)
}

fn end(world: &World) -> Vec<String> {
    let mut faults = Vec::new();
    let mut complain = |holds: bool, what: &str| faults.extend((!holds).then(|| what.to_owned()));
    let (grace, drain) = (world.duration("timeouts.grace"), world.duration("timeouts.drain"));
    let most = seconds(&world.pod()["terminationGracePeriodSeconds"]);
    complain(most >= Some(grace + drain + STRAGGLERS), "the kubelet kills who is still served");
    complain(!drain.is_zero(), "who is connected is cut at once");
    complain(grace >= Duration::from_secs(5), "it stops to accept before the balancers know");
    complain(world.container().get("lifecycle").is_none(), "timeouts.grace is what a preStop hook would be");
    complain(world.configured("limits.crash_loop") == "exit", "a crash loop is hidden from the kubelet");
    faults
}

#[test]
fn a_pod_has_the_time_that_its_configuration_takes() {
    let hook = json!({"preStop": {"exec": {"command": ["sleep", "10"]}}});
    hold(
        end,
        &[
            (DEPLOYMENT, "/spec/template/spec/terminationGracePeriodSeconds", Some(json!(44))),
            (DEPLOYMENT, "/spec/template/spec/terminationGracePeriodSeconds", None),
            (DEPLOYMENT, "/spec/template/spec/containers/0/lifecycle", Some(hook)),
        ],
    );
    // The configuration is no object: its mistakes are made here.
    let mut world = World::load();
    for (table, key, value) in [
        ("timeouts", "grace", "0s"),
        ("timeouts", "grace", "16s"),
        ("timeouts", "drain", "40s"),
        ("timeouts", "drain", "0s"),
        ("limits", "crash_loop", "stay"),
    ] {
        let right = world.config[table].as_table_mut().unwrap().insert(key.to_owned(), value.into()).unwrap();
        assert!(!end(&world).is_empty(), "{table}.{key} = {value}");
        world.config[table].as_table_mut().unwrap().insert(key.to_owned(), right);
    }
    assert!(end(&world).is_empty());
}

/// How long a probe has to fail before it counts.
fn patience(probe: &Value) -> Option<u64> {
    Some(probe["periodSeconds"].as_u64()? * probe["failureThreshold"].as_u64()?)
}

fn probes(world: &World) -> Vec<String> {
    let mut faults = Vec::new();
    let mut complain = |holds: bool, what: &str| faults.extend((!holds).then(|| what.to_owned()));
    let container = world.container();
    let (ready, live) = (&container["readinessProbe"], &container["livenessProbe"]);
    complain(ready["httpGet"]["path"] == "/readyz", "ready is what /readyz says");
    // Not /healthz: it is the monitor's, whose death harms nobody. Not `health`: who drains is not dead.
    complain(live["exec"]["command"] == json!([PROGRAM, "status"]), "alive is whose master answers");
    complain(live.get("httpGet").is_none() && live.get("tcpSocket").is_none(), "a full queue is no death");
    complain(patience(live) > patience(ready), "a pod is ended before it is spared");
    complain(patience(live) >= Some(60), "a busy machine ends pods");
    let start = world.duration("timeouts.start").as_secs();
    complain(patience(live) > Some(start), "a pod is ended while it starts");
    faults
}

#[test]
fn a_probe_asks_what_it_has_to_know() {
    const PROBES: &str = "/spec/template/spec/containers/0";
    let at = |rest: &str| format!("{PROBES}/{rest}");
    hold(
        probes,
        &[
            (DEPLOYMENT, &at("readinessProbe/httpGet/path"), Some(json!("/healthz"))),
            (DEPLOYMENT, &at("livenessProbe/exec/command"), Some(json!([PROGRAM, "health"]))),
            (DEPLOYMENT, &at("livenessProbe/tcpSocket"), Some(json!({"port": "echo"}))),
            (DEPLOYMENT, &at("livenessProbe/periodSeconds"), Some(json!(1))),
            (DEPLOYMENT, &at("livenessProbe/failureThreshold"), Some(json!(1))),
            (DEPLOYMENT, &at("readinessProbe/failureThreshold"), Some(json!(60))),
        ],
    );
}

/// What the kubelet would find: ready, and alive.
fn probed(world: &World, server: &Server) -> (u16, bool) {
    let container = world.container();
    let path = container["readinessProbe"]["httpGet"]["path"].as_str().unwrap();
    let command = container["livenessProbe"]["exec"]["command"].as_array().unwrap();
    let command: Vec<&str> = command.iter().map(|word| word.as_str().unwrap()).collect();
    (server.get(path).0, server.exec(&command).status.success())
}

#[test]
fn a_saturated_pool_is_ready_and_alive() {
    let world = World::load();
    let server = Server::start(&["--workers", "1", "--threads", "1"]);
    eventually("the monitor to see it", || probed(&world, &server) == (200, true));
    let mut held = server.connect();
    served(&mut held);
    let mut waiting = server.connect();
    waiting.write_all(b"hello").unwrap();
    eventually("somebody who waits", || {
        let status: Value = serde_json::from_str(&server.get("/status.json").1).unwrap();
        status["pool"]["saturated"] == true && status["pool"]["waiting"] == 1
    });
    assert_eq!(probed(&world, &server), (200, true));
}

#[test]
fn a_pool_at_rest_is_alive_and_not_ready() {
    let world = World::load();
    let server = Server::start(&["--workers", "1", "--threads", "1"]);
    assert!(server.exec(&[PROGRAM, "drain"]).status.success());
    eventually("the monitor to see it", || probed(&world, &server).0 == 503);
    assert_eq!(probed(&world, &server), (503, true));
    // What the other command would say, and the kubelet would end the pod for it.
    assert!(!server.exec(&[PROGRAM, "health"]).status.success());
}

#[test]
fn a_pod_that_ends_is_not_ready_and_still_accepts() {
    let world = World::load();
    let mut server = Server::start(&["--workers", "1", "--threads", "2", "--timeouts-grace", "5s"]);
    let mut early = server.connect();
    served(&mut early);
    server.signal(Signal::SIGTERM);
    eventually("the monitor to see it", || probed(&world, &server).0 == 503);
    assert_eq!(probed(&world, &server), (503, true));
    let mut late = server.connect();
    served(&mut late);
    served(&mut early);
    drop((early, late));
    // Nobody is left; timeouts.grace goes on all the same.
    assert_eq!(server.wait().code(), Some(0));
}

#[test]
fn a_master_that_does_not_answer_is_not_alive() {
    let server = Server::start(&["--workers", "1", "--threads", "1"]);
    let pid = server.pid();
    server.signal(Signal::SIGSTOP);
    let output = server.exec(&[PROGRAM, "status"]);
    server.signal(Signal::SIGCONT);
    assert!(!output.status.success(), "{pid} was asked while it was stopped");
}
