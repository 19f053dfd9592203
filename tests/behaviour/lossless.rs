//! The proof that nobody is lost: not one connection is refused, reset, cut short or kept waiting while the pool changes.
//!
//! `cargo test --release --test behaviour -- --ignored --nocapture lossless` is the long form, with a summary.

use std::fmt;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};

use crate::load::{Conversations, Load};
use crate::random::Random;
use crate::support::TestServer;

/// Nobody is cut while a test runs, and whoever waits finds room in the queue.
const PATIENT: &str = "backlog = 1024\n[timeouts]\ndrain = \"10m\"\n";
const SPACIOUS: &str = "[pool]\nworkers = 2\nthreads = 64\n";
const NARROW: &str = "[pool]\nworkers = 2\nthreads = 2\n";

/// With so many clients there is always somebody in the queue of the narrow pool.
const DEEP: usize = 32;

/// How long each of the changes took that somebody asked for.
#[derive(Default)]
struct Durations(Vec<Duration>);

impl Durations {
    /// Asks, and fails unless it took effect.
    #[track_caller]
    fn ask(&mut self, server: &TestServer, arguments: &[&str]) {
        let began = Instant::now();
        let output = server.ask(arguments);
        self.0.push(began.elapsed());
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

impl fmt::Display for Durations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut sorted = self.0.clone();
        sorted.sort();
        let (Some(median), Some(max)) = (sorted.get(sorted.len() / 2), sorted.last()) else {
            return write!(f, "none");
        };
        write!(f, "{}, median {median:.1?}, max {max:.1?}", sorted.len())
    }
}

/// Reloads a pool under load so many times, and says how that went.
fn reload_under_load(server: &TestServer, addresses: &[&str], clients: usize, reloads: usize, at_least: u64) {
    let conversations = Conversations::start(&server.address, 1);
    let load = Load::start(addresses, clients, Random::seed());
    let (mut durations, mut queued) = (Durations::default(), Vec::new());
    while durations.0.len() < reloads || load.ended() < at_least {
        // Each of them meets clients at work.
        load.wait_for(clients as u64);
        durations.ask(server, &["reload"]);
        queued.push(server.status()["pool"]["waiting"].as_u64().unwrap());
    }
    let status = server.status();
    let outcomes = load.stop();
    let rounds = conversations.stop().unwrap();
    queued.sort_unstable();
    let median = queued[queued.len() / 2];
    eprintln!("{outcomes}; reloads: {durations}; median queue {median}; {rounds} rounds of the conversation");
    outcomes.assert_nobody_lost(at_least);
    assert_eq!(status["listeners"][0]["dropped"], 0, "the queue was deep enough");
    assert_eq!(status["totals"]["reloads"], durations.0.len());
    assert!(clients < DEEP || median > 0, "the queue was to be deep");
}

#[test]
fn a_hundred_reloads_with_slots_to_spare_lose_nobody() {
    let server = TestServer::configured(&[PATIENT, SPACIOUS].concat());
    reload_under_load(&server, &[&server.address], 8, 100, 2000);
}

#[test]
fn a_hundred_reloads_of_a_saturated_pool_lose_nobody() {
    let server = TestServer::configured(&[PATIENT, NARROW].concat());
    reload_under_load(&server, &[&server.address], DEEP, 100, 2000);
}

#[test]
fn reloads_lose_nobody_at_several_addresses_either() {
    let folder = tempfile::tempdir().unwrap();
    let unix = format!("unix:{}", folder.path().join("echo.sock").display());
    let server =
        TestServer::configured(&format!("listen = [\"127.0.0.1:0\", \"{unix}\"]\n{PATIENT}{SPACIOUS}"));
    reload_under_load(&server, &[&server.address, &unix], 8, 30, 1000);
}

#[test]
#[ignore = "the long form: minutes of load"]
fn a_hundred_thousand_connections_over_hundreds_of_reloads_lose_nobody() {
    for (text, clients) in [(SPACIOUS, 12), (NARROW, 2 * DEEP)] {
        let server = TestServer::configured(&[PATIENT, text].concat());
        reload_under_load(&server, &[&server.address], clients, 300, 100_000);
    }
}

/// All that an operator may ask for, in an order that chance decides, under load; and nobody is to notice.
fn storm(text: &str, clients: usize, reloads: usize, upgrades: usize, at_least: u64) {
    let seed = Random::seed();
    let mut random = Random::new(seed);
    let server = TestServer::configured(&[PATIENT, "[limits]\ngenerations = 64\n", text].concat());
    let conversations = Conversations::start(&server.address, 1);
    let load = Load::start(&[&server.address], clients, seed);
    let (mut of_reloads, mut of_upgrades, mut of_scales) =
        (Durations::default(), Durations::default(), Durations::default());
    let mut signals = 0;
    while of_reloads.0.len() < reloads || of_upgrades.0.len() < upgrades || load.ended() < at_least {
        match random.below(20) {
            0 if of_upgrades.0.len() < upgrades => of_upgrades.ask(&server, &["upgrade"]),
            0..=11 => of_reloads.ask(&server, &["reload"]),
            12..=14 => of_scales.ask(&server, &["scale", &(1 + random.below(6)).to_string()]),
            15..=16 => of_scales.ask(&server, &["scale", ["+1", "+2"][random.below(2)]]),
            which => {
                signals += 1;
                let signal = [Signal::SIGHUP, Signal::SIGTTIN, Signal::SIGTTOU][which - 17];
                kill(server.master(), signal).unwrap();
            }
        }
        load.wait_for(1 + random.below(clients) as u64);
    }
    let dropped = server.status()["listeners"][0]["dropped"].clone();
    let outcomes = load.stop();
    let rounds = conversations.stop().unwrap();
    eprintln!(
        "{outcomes}; {rounds} rounds of the conversation\n  reloads: {of_reloads}\n  upgrades: {of_upgrades}\n  \
         scales: {of_scales}; signals: {signals}"
    );
    outcomes.assert_nobody_lost(at_least);
    assert_eq!(dropped, 0, "the queue was deep enough");
}

#[test]
fn whatever_is_asked_for_in_whatever_order_loses_nobody() {
    storm(SPACIOUS, 8, 30, 3, 2000);
}

#[test]
#[ignore = "the long form: minutes of load"]
fn a_hundred_thousand_connections_over_whatever_is_asked_for_lose_nobody() {
    storm(SPACIOUS, 12, 200, 15, 100_000);
    storm(NARROW, 2 * DEEP, 200, 15, 100_000);
}
