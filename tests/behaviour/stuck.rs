//! A worker that gives no sign of life is ended and replaced; one that only cannot, or need not, is not.

use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::events::texts;
use crate::held::Held;
use crate::saturation::assert_sleeps;
use crate::support::{TestServer, eventually, has_answer, is_stopped, lives, meanwhile};

/// How long a worker may be silent here, and what is said of one that was for longer.
const STUCK: [&str; 2] = ["--timeouts-stuck", "1s"];
const SILENT: &str = "given no sign of life for 1s, aborting it";
/// Longer than that, with the time until somebody is asked.
const LONG: Duration = Duration::from_millis(2200);

fn start(flags: &[&str]) -> TestServer {
    TestServer::start(&[&STUCK, flags].concat())
}

/// The worker with a connection.
fn busy_worker(server: &TestServer) -> Pid {
    let status = server.wait_for_status("a busy worker", |status| status["pool"]["busy"] == 1);
    let workers = status["workers"].as_array().unwrap();
    let worker = workers.iter().find(|worker| worker["busy"] == 1).unwrap();
    Pid::from_raw(worker["pid"].as_i64().unwrap().try_into().unwrap())
}

fn stop(pid: Pid) {
    kill(pid, Signal::SIGSTOP).unwrap();
    eventually("it to stand still", || is_stopped(pid).then_some(()));
}

/// Whether a worker was taken for stuck.
fn is_anybody_stuck(server: &TestServer) -> bool {
    server.log().iter().any(|line| line.contains("sign of life") || line.contains("worker died"))
}

#[test]
fn a_busy_worker_whose_first_thread_hangs_is_aborted_and_replaced() {
    let server = start(&["--workers", "2", "--threads", "2"]);
    let lost = server.served();
    let stuck = busy_worker(&server);
    let _held = Held::first_thread(stuck);
    let line = server.wait_for_log(SILENT);
    assert!(line.contains(&format!("pid={stuck}")), "{line}");
    let death = server.wait_for_log("worker died");
    assert!(death.contains("was killed by SIGABRT; 1 connection lost; respawning"), "{death}");
    assert!(has_answer(&lost) && !lives(stuck));
    let texts = texts(&server, "stuck");
    assert!(
        texts.len() == 1 && texts[0].contains(&format!("(pid {stuck}) gives no sign of life")),
        "{texts:?}"
    );
    server.wait_for_status("two workers", |status| status["pool"]["workers"] == 2);
    server.served().finish().unwrap();
}

#[test]
fn a_worker_that_does_not_even_abort_is_killed() {
    let server = start(&["--workers", "1", "--threads", "1"]);
    let _lost = server.served();
    let stuck = busy_worker(&server);
    // Nobody is left who could take the signal.
    let _held = [Held::first_thread(stuck), Held::named_thread(stuck, "slot-0")];
    server.wait_for_log(SILENT);
    server.wait_for_log("killing the worker: it did not even abort");
    server.wait_for_log("was killed by SIGKILL");
    assert!(!lives(stuck));
    server.served().finish().unwrap();
}

#[test]
fn a_busy_worker_whose_leader_hangs_is_ended() {
    let server = start(&["--workers", "1", "--threads", "2"]);
    let _lost = server.served();
    let stuck = busy_worker(&server);
    // One of the two serves. The other one leads, or is to when somebody comes.
    let _held = Held::named_thread(stuck, "slot-1");
    server.wait_for_log(SILENT);
    eventually("its replacement", || (!lives(stuck) && server.workers().len() == 1).then_some(()));
    server.served().finish().unwrap();
}

#[test]
fn a_leader_that_hangs_while_peers_wait_although_it_has_idle_slots_is_ended() {
    let server = start(&["--workers", "2", "--threads", "1"]);
    let workers = server.workers();
    let _held = Held::named_thread(workers[0], "slot-0");
    let _served = server.served();
    assert_eq!(busy_worker(&server), workers[1]);
    // It is not asked while nobody waits.
    meanwhile("nobody waits for it", LONG, || !is_anybody_stuck(&server));
    let mut waiting = server.connect();
    waiting.exchange(b"hello").expect("its replacement serves");
    server.wait_for_log(SILENT);
    assert!(!lives(workers[0]) && lives(workers[1]));
}

#[test]
fn a_worker_that_a_signal_has_stopped_may_be_silent() {
    let server = start(&["--workers", "1", "--threads", "2"]);
    let mut client = server.served();
    let worker = busy_worker(&server);
    stop(worker);
    meanwhile("it is stopped, not stuck", LONG, || !is_anybody_stuck(&server));
    kill(worker, Signal::SIGCONT).unwrap();
    client.exchange(b"awake?").unwrap();
    meanwhile("it has time to answer", Duration::from_millis(500), || !is_anybody_stuck(&server));
}

#[test]
fn a_worker_is_not_stuck_because_its_master_was_stopped() {
    let server = start(&["--workers", "2", "--threads", "2"]);
    let mut client = server.served();
    stop(server.pid());
    meanwhile("it serves on", LONG, || client.exchange(b"still there?").is_ok());
    server.signal(Signal::SIGCONT);
    server.wait_for_status("the master", |_| true);
    meanwhile("nobody is stuck", Duration::from_millis(1500), || !is_anybody_stuck(&server));
    client.exchange(b"still there?").unwrap();
}

#[test]
fn a_silence_is_not_too_long_because_the_master_was_stopped_in_it() {
    let server = start(&["--workers", "1", "--threads", "2"]);
    let mut client = server.served();
    let held = Held::first_thread(busy_worker(&server));
    meanwhile("it is asked, and silent", Duration::from_millis(450), || !is_anybody_stuck(&server));
    stop(server.pid());
    meanwhile("the master stands still", LONG, || is_stopped(server.pid()));
    server.signal(Signal::SIGCONT);
    drop(held);
    server.wait_for_status("the master", |_| true);
    meanwhile("nobody is stuck", Duration::from_millis(500), || !is_anybody_stuck(&server));
    client.exchange(b"still there?").unwrap();
}

/// Stops the pool and its master for long, as a machine does that is suspended. Then some go on before others.
fn stop_all(master_first: bool) {
    let server = start(&["--workers", "2", "--threads", "2"]);
    let mut client = server.served();
    let mut all = server.workers();
    all.insert(if master_first { 0 } else { 2 }, server.pid());
    all.iter().copied().for_each(stop);
    meanwhile("all stand still", LONG, || all.iter().all(|pid| is_stopped(*pid)));
    for pid in all {
        kill(pid, Signal::SIGCONT).unwrap();
    }
    client.exchange(b"awake?").unwrap();
    meanwhile("nobody is stuck", Duration::from_millis(1500), || !is_anybody_stuck(&server));
    client.exchange(b"awake?").unwrap();
}

#[test]
fn nobody_is_stuck_because_all_were_stopped_and_the_master_goes_on_first() {
    stop_all(true);
}

#[test]
fn nobody_is_stuck_because_all_were_stopped_and_the_master_goes_on_last() {
    stop_all(false);
}

#[test]
fn a_worker_that_computes_for_long_is_not_stuck() {
    // Without an idle thread nobody can come round at all, with one somebody has to.
    let pools = ["1", "2"].map(|threads| start(&["--workers", "1", "--threads", threads, "--cpu", "1900ms"]));
    let mut clients = pools.each_ref().map(TestServer::connect);
    for client in &mut clients {
        client.send(b"hello").unwrap();
    }
    for (client, pool) in clients.iter_mut().zip(&pools) {
        client.receive(b"hello").unwrap();
        assert!(!is_anybody_stuck(pool));
    }
}

#[test]
fn a_worker_without_connections_is_not_asked() {
    let server = start(&["--workers", "2", "--threads", "2"]);
    let client = server.served();
    // It is asked as long as it is busy.
    meanwhile("it lives", Duration::from_millis(800), || !is_anybody_stuck(&server));
    drop(client);
    server.wait_for_log("connection closed");
    meanwhile("it is found to have none", Duration::from_millis(500), || !is_anybody_stuck(&server));
    assert_sleeps(&server, Duration::from_millis(1500));
}

#[test]
fn without_a_limit_nobody_is_asked() {
    let server = TestServer::start(&["--workers", "1", "--threads", "2", "--timeouts-stuck", "0s"]);
    let mut client = server.served();
    let _held = Held::first_thread(busy_worker(&server));
    meanwhile("it may be silent", LONG, || !is_anybody_stuck(&server));
    client.exchange(b"still there?").unwrap();
}
