//! `prefork-client map` gets every byte back while workers are killed and the server reloads.

use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, TryRecvError};
use std::thread;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use crate::support::{TestServer, beside_server, eventually};

#[test]
fn every_byte_is_mapped_once_while_workers_are_killed_and_the_server_reloads() {
    map_under_blows(5, 12, "10ms");
}

/// 1 GiB of text.
#[test]
#[ignore = "it takes five minutes: earlier generations keep their connections for timeouts.drain, and a reload waits for one to leave"]
fn every_byte_of_a_gibibyte_is_mapped_once_while_workers_are_killed_and_the_server_reloads() {
    map_under_blows(100, 30, "2ms");
}

/// Maps at least so many times so many blocks of text, each message taking so long; in each round a worker is killed and the
/// server reloads. Text comes for as long as that takes.
fn map_under_blows(rounds: usize, blocks: usize, sleep: &str) {
    let server = TestServer::start(&["--workers", "2", "--threads", "2", "--sleep", sleep]);
    let mut client = Command::new(beside_server("prefork-client"));
    client.args(["map", "-c", "16", "--json", &server.address]).stderr(Stdio::piped());
    let mut client = client.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let (mut stdin, stdout) = (client.stdin.take().unwrap(), client.stdout.take().unwrap());
    let block: Vec<u8> =
        (0..20_000).flat_map(|number| format!("{number} is this line\n").into_bytes()).collect();
    let expected = block.to_ascii_uppercase();
    let reader = thread::spawn(move || count_equal(stdout, &expected));
    let (stop, stopped) = mpsc::channel::<()>();
    let writer = thread::spawn(move || {
        let mut written = 0;
        // Whoever holds the other end is done, or has failed.
        while written < rounds * blocks * block.len() || stopped.try_recv() == Err(TryRecvError::Empty) {
            stdin.write_all(&block).unwrap();
            written += block.len();
        }
        written
    });
    for _ in 0..rounds {
        eventually("a worker to be killed at its work", || kill_at_work(&server));
        assert!(server.ask(&["reload"]).status.success());
    }
    drop(stop);
    let (written, mapped) = (writer.join().unwrap(), reader.join().unwrap());
    let ended = client.wait_with_output().unwrap();
    let summary = String::from_utf8(ended.stderr).unwrap();
    assert!(ended.status.success(), "{summary}");
    assert_eq!(mapped, written, "{summary}");
    let summary: Value = serde_json::from_str(&summary).unwrap();
    assert!(summary["retries"].as_u64() >= Some(1), "the blows hit nobody: {summary}");
}

/// How many bytes come, each of which must be that of a block that comes again and again.
fn count_equal(mut output: impl Read, block: &[u8]) -> usize {
    let mut count = 0;
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let length = output.read(&mut buffer).unwrap();
        if length == 0 {
            return count;
        }
        let mut got = &buffer[..length];
        while !got.is_empty() {
            let expected = &block[count % block.len()..];
            let length = got.len().min(expected.len());
            assert!(got[..length] == expected[..length], "the output differs behind byte {count}");
            count += length;
            got = &got[length..];
        }
    }
}

/// Kills a worker that has taken a message and not echoed it.
///
/// What is seen of a worker that goes on is over when the signal comes, hence it is stopped before it is looked at again.
fn kill_at_work(server: &TestServer) -> Option<()> {
    let worker = *working(&server.status()).first()?;
    let _ = kill(worker, Signal::SIGSTOP);
    let is_held = working(&server.status()).contains(&worker);
    let _ = kill(worker, if is_held { Signal::SIGKILL } else { Signal::SIGCONT });
    is_held.then_some(())
}

/// The workers of which a connection is at work.
fn working(status: &Value) -> Vec<Pid> {
    let workers = status["workers"].as_array().unwrap().iter();
    let working = workers.filter(|worker| {
        let connections = worker["connections"].as_array().unwrap();
        connections.iter().any(|connection| connection["state"] == "working")
    });
    working.map(|worker| Pid::from_raw(worker["pid"].as_i64().unwrap().try_into().unwrap())).collect()
}
