//! `prefork-client map` gets every byte back while workers are killed and the server reloads.

use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::thread;

use nix::sys::signal::{Signal, kill};
use serde_json::Value;

use crate::support::{TestServer, beside_server};

/// How many times a worker is killed and the server reloads, at least.
const BLOWS: usize = 5;

#[test]
fn every_byte_is_mapped_once_while_workers_are_killed_and_the_server_reloads() {
    let server = TestServer::start(&["--workers", "2", "--threads", "2", "--sleep", "2ms"]);
    let mut client = Command::new(beside_server("prefork-client"));
    client.args(["map", "-c", "16", "--json", &server.address]).stderr(Stdio::piped());
    let mut client = client.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let (mut stdin, mut stdout) = (client.stdin.take().unwrap(), client.stdout.take().unwrap());
    let reader = thread::spawn(move || {
        let mut output = Vec::new();
        stdout.read_to_end(&mut output).map(|_| output)
    });
    let block: Vec<u8> =
        (0..20_000).flat_map(|number| format!("{number} is this line\n").into_bytes()).collect();
    let mut input = Vec::new();
    for _ in 0..BLOWS {
        let messages = messages(&server.status());
        for _ in 0..12 {
            stdin.write_all(&block).unwrap();
            input.extend(&block);
        }
        // They are under way, and it takes a while.
        server.wait_for_status("another message", |status| self::messages(status) > messages);
        for worker in server.workers().into_iter().step_by(2) {
            // It may just have left.
            let _ = kill(worker, Signal::SIGKILL);
        }
        assert!(server.ask(&["reload"]).status.success());
    }
    drop(stdin);
    let output = reader.join().unwrap().unwrap();
    let ended = client.wait_with_output().unwrap();
    let summary = String::from_utf8(ended.stderr).unwrap();
    assert!(ended.status.success(), "{summary}");
    assert!(output == input.to_ascii_uppercase(), "the output differs: {summary}");
    assert!(!summary.contains("\"retries\":0,"), "the blows hit nobody: {summary}");
}

/// How many messages the workers have echoed.
fn messages(status: &Value) -> u64 {
    status["totals"]["messages"].as_u64().unwrap()
}
