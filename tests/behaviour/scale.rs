//! The number of workers changes while the pool serves: by command, and by signal.

use std::process::Output;
use std::time::Duration;

use nix::sys::signal::Signal;

use crate::load::{Conversations, Load};
use crate::random::Random;
use crate::reload::{POOL, reload, stderr};
use crate::support::{TestServer, eventually, meanwhile};

#[track_caller]
fn scale(server: &TestServer, size: &str) -> Output {
    let output = server.ask(&["scale", size]);
    assert!(output.status.success(), "{size}: {}", stderr(&output));
    output
}

/// Waits until the pool has so many workers, all of them ready.
#[track_caller]
fn wait_for_workers(server: &TestServer, count: usize) {
    server.wait_for_status(&format!("{count} workers"), |status| status["pool"]["workers"] == count);
    eventually("the others to leave", || (server.workers().len() == count).then_some(()));
}

#[test]
fn the_pool_grows_and_shrinks_as_it_is_told() {
    let server = TestServer::configured(POOL);
    for (size, workers) in [("4", 4), ("+1", 5), ("-3", 2), ("1", 1), ("1", 1), ("+7", 8)] {
        let output = scale(&server, size);
        assert_eq!(String::from_utf8(output.stdout).unwrap().lines().count(), 1);
        wait_for_workers(&server, workers);
        server.served().finish().unwrap();
    }
    assert!(!server.log().iter().any(|line| line.contains("worker died")));
}

#[test]
fn as_many_are_served_at_once_as_it_says() {
    let server = TestServer::configured(POOL);
    scale(&server, "6");
    let mut held: Vec<_> = (0..12).map(|_| server.connect()).collect();
    for connection in &mut held {
        connection.exchange(b"hello").unwrap();
    }
    scale(&server, "2");
    for mut connection in held {
        connection.exchange(b"still there?").unwrap();
        connection.finish().unwrap();
    }
    wait_for_workers(&server, 2);
}

#[test]
fn a_number_that_no_pool_has_changes_nothing() {
    let server = TestServer::configured(POOL);
    for size in ["0", "-2", "-100", "100000", "+100000", "many", "", "1.5"] {
        let output = server.ask(&["scale", size]);
        assert!(matches!(output.status.code(), Some(1 | 2)), "{size:?}: {}", stderr(&output));
        assert!(!output.stderr.is_empty());
    }
    wait_for_workers(&server, 2);
    server.served().finish().unwrap();
}

#[test]
fn signals_ask_for_one_worker_more_or_less_but_never_for_none() {
    let server = TestServer::configured(POOL);
    let steps = [(Signal::SIGTTIN, 3), (Signal::SIGTTIN, 4), (Signal::SIGTTOU, 3), (Signal::SIGTTOU, 2)];
    for (signal, workers) in steps {
        server.signal(signal);
        wait_for_workers(&server, workers);
    }
    for _ in 0..5 {
        server.signal(Signal::SIGTTOU);
        server.served().finish().unwrap();
    }
    wait_for_workers(&server, 1);
    meanwhile("one stays", Duration::from_millis(200), || server.workers().len() == 1);
    server.served().finish().unwrap();
}

#[test]
fn a_reload_brings_back_the_number_of_the_file() {
    let server = TestServer::configured(POOL);
    scale(&server, "5");
    reload(&server);
    wait_for_workers(&server, 2);
}

#[test]
fn a_pool_that_changes_its_size_loses_nobody() {
    let server = TestServer::configured("backlog = 1024\n[pool]\nworkers = 2\nthreads = 8\n");
    let seed = Random::seed();
    let mut random = Random::new(seed);
    let conversations = Conversations::start(&server.address, 4);
    let load = Load::start(&[&server.address], 12, seed);
    for _ in 0..40 {
        scale(&server, &(1 + random.below(6)).to_string());
        load.wait_for(20);
    }
    load.stop().assert_nobody_lost(800);
    assert!(conversations.stop().unwrap() > 0);
}
