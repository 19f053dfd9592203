//! A pool with a range of workers has as many as it needs.

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::events::texts;
use crate::load::Load;
use crate::random::Random;
use crate::saturation::assert_sleeps;
use crate::support::{TestServer, askers, eventually, meanwhile, served, wait_for_service};

/// A pool of workers with one slot each.
fn start(workers: &str, flags: &[&str]) -> TestServer {
    start_patient("100ms", workers, flags)
}

fn start_patient(grow_after: &str, workers: &str, flags: &[&str]) -> TestServer {
    let pool = ["--workers", workers, "--threads", "1", "--grow-after", grow_after];
    TestServer::start(&[&pool, flags].concat())
}

fn workers(server: &TestServer) -> usize {
    server.workers().len()
}

fn has_workers(count: u64) -> impl Fn(&Value) -> bool {
    move |status| status["pool"]["workers"] == count
}

#[test]
fn a_pool_grows_while_somebody_waits_too_long_and_no_further_than_its_maximum() {
    let server = start("1..4", &[]);
    let mut clients = askers(&server, 6);
    eventually("four to be served", || (served(&clients) == 4).then_some(()));
    let status = server.wait_for_status("four workers", has_workers(4));
    assert_eq!((&status["pool"]["capacity"], &status["pool"]["waiting"]), (&4.into(), &2.into()));
    let steps =
        ["2 workers instead of 1: peers waited too long", "4 workers instead of 2: peers waited too long"];
    assert_eq!(texts(&server, "scaled"), steps);
    server.wait_for_log(steps[0]);
    meanwhile("it has four", Duration::from_millis(1500), || workers(&server) == 4);
    assert_eq!(served(&clients), 4);
    for mut client in clients.drain(..) {
        client.receive(b"hello").unwrap();
        client.finish().unwrap();
    }
    meanwhile("it keeps them for a while", Duration::from_millis(500), || workers(&server) == 4);
}

#[test]
fn a_pool_grows_as_soon_as_it_sees_that_somebody_has_waited_too_long() {
    /// It looks ten times a second. One that grew only with the look after that would take twice the time, at least.
    const SOON: Duration = Duration::from_millis(180);
    let wait = || {
        let server = start("1..2", &[]);
        let _held = server.served();
        let begin = Instant::now();
        let waiting = askers(&server, 1);
        wait_for_service("the second", &waiting);
        begin.elapsed()
    };
    // A busy machine has its slow moments, but not always.
    let waits: Vec<Duration> = (0..20).map(|_| wait()).take_while(|wait| *wait > SOON).collect();
    assert!(waits.len() < 20, "{waits:?}");
}

#[test]
fn a_pool_grows_no_further_than_is_needed() {
    let server = start("1..4", &[]);
    let clients = askers(&server, 2);
    wait_for_service("both", &clients);
    // Longer than the time between two steps.
    meanwhile("two are enough", Duration::from_millis(1500), || workers(&server) == 2);
}

#[test]
fn who_waits_less_than_that_is_no_reason_to_grow() {
    let server = start_patient("1m", "1..4", &[]);
    let clients = askers(&server, 3);
    meanwhile("one is enough", Duration::from_millis(500), || workers(&server) == 1);
    drop(clients);
    assert_eq!(texts(&server, "scaled"), [""; 0]);
}

#[test]
fn a_pool_grows_for_those_who_wait_at_a_unix_socket() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("echo.sock");
    let server = start("1..2", &["--listen", &format!("127.0.0.1:0,unix:{}", path.display())]);
    let clients = [(); 2].map(|()| {
        let mut client = UnixStream::connect(&path).unwrap();
        client.write_all(b"hello").unwrap();
        client
    });
    for mut client in &clients {
        let mut answer = [0; 5];
        client.read_exact(&mut answer).unwrap();
        assert_eq!(&answer, b"HELLO");
    }
    assert_eq!(workers(&server), 2);
}

#[test]
fn nobody_is_lost_while_a_pool_grows() {
    let server = start("1..4", &["--sleep", "30ms", "--backlog", "1024"]);
    let load = Load::start(&[&server.address], 8, Random::seed());
    eventually("four workers", || {
        let workers = workers(&server);
        assert!(workers <= 4);
        (workers == 4).then_some(())
    });
    load.wait_for(16);
    load.stop().assert_nobody_lost(32);
    assert!(!server.log().iter().any(|line| line.contains("worker died")));
}

#[test]
#[ignore = "the long form: it takes half a minute until a worker is spared"]
fn nobody_is_lost_while_a_pool_shrinks_by_itself() {
    let server = start("1..4", &["--sleep", "30ms", "--backlog", "1024"]);
    assert!(server.ask(&["scale", "4"]).status.success());
    let load = Load::start(&[&server.address], 1, Random::seed());
    let begin = Instant::now();
    while workers(&server) == 4 {
        assert!(begin.elapsed() < Duration::from_secs(60), "it keeps all of them");
        load.wait_for(4);
    }
    load.wait_for(16);
    load.stop().assert_nobody_lost(32);
    assert!(!server.log().iter().any(|line| line.contains("worker died")));
}

#[test]
fn an_idle_pool_of_its_least_size_sleeps() {
    let server = start("2..4", &[]);
    drop(server.served());
    server.wait_for_log("connection closed");
    assert_sleeps(&server, Duration::from_secs(1));
    assert_eq!(workers(&server), 2);
}

#[test]
fn whoever_asks_for_another_size_gets_it_at_once() {
    let server = start("1..3", &[]);
    for size in [2, 5, 1] {
        let output = server.ask(&["scale", &size.to_string()]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        server.wait_for_status("that size", has_workers(size));
    }
    let asked = |to: &str, from| format!("{to} instead of {from}: somebody asked for it");
    assert_eq!(
        texts(&server, "scaled"),
        [asked("2 workers", 1), asked("5 workers", 2), asked("1 worker", 5)]
    );
    eventually("one process", || (workers(&server) == 1).then_some(()));
    let clients = askers(&server, 2);
    wait_for_service("both, as it grows by itself again,", &clients);
}

#[test]
fn a_pool_that_was_made_larger_than_its_range_stays_so_for_a_while_and_grows_no_more() {
    let server = start("1..2", &[]);
    assert!(server.ask(&["scale", "3"]).status.success());
    let clients = askers(&server, 4);
    eventually("three to be served", || (served(&clients) == 3).then_some(()));
    meanwhile("it has three", Duration::from_secs(1), || workers(&server) == 3);
    assert_eq!(served(&clients), 3);
}
