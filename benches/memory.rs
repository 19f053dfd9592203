//! Memory of a slot and time of a start.
//!
//! `cargo bench --bench memory` opens thousands of connections at once and prints what each takes in turn: open and quiet, after
//! messages of several lengths, and when it has ended and its slot is idle. Memory is the proportional set size of all
//! processes, from `/proc/PID/smaps_rollup`, beyond that of the start. What the kernel keeps for a thread and a socket is
//! not in it.

#[path = "support/resident_memory.rs"]
mod resident_memory;
mod support;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use resident_memory::resident_memory;
use support::{Server, Summary, cpu_of};

const WORKERS: usize = 2;
/// Connections that are open at once, and slots.
const CONNECTIONS: usize = 5_000;
/// After so long without a byte a connection is quiet.
const QUIET: Duration = Duration::from_millis(500);
/// No answer takes longer.
const PATIENCE: Duration = Duration::from_secs(30);
/// Starts of which the median is told, and workers of each.
const STARTS: usize = 21;
const STARTED_WORKERS: usize = 4;

fn main() {
    start();
    memory();
}

/// From the begin of the program to the line that says that it listens, which it says when all workers are ready; and what
/// that has cost the processor, which depends less on what else the machine does.
fn start() {
    let milliseconds = |time: Duration| time.as_secs_f64() * 1e3;
    let starts = (0..STARTS).map(|_| {
        let begin = Instant::now();
        let server = Server::prefork(STARTED_WORKERS, 2, &[]);
        let time = begin.elapsed();
        (milliseconds(time), milliseconds(server.processes.pids().into_iter().map(cpu_of).sum()))
    });
    let (times, cpu) = starts.unzip();
    let (times, cpu) = (Summary::of(times), Summary::of(cpu));
    println!("start with {STARTED_WORKERS} workers until it listens, median of {STARTS} (least to most):");
    println!("{times} ms, of the processor {cpu} ms");
}

fn memory() {
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE).expect("this program has limits");
    setrlimit(Resource::RLIMIT_NOFILE, most, most).expect("a limit can be raised to what is allowed");
    let server = Server::prefork(WORKERS, CONNECTIONS / WORKERS, &[]);
    let begin = memory_of(&server);
    println!("{begin} kB at the start, {WORKERS} workers; then kB per slot, with {CONNECTIONS} connections:");
    let connect = |_| {
        let client = TcpStream::connect(server.address).expect("the server accepts");
        client.set_read_timeout(Some(PATIENCE)).expect("a socket takes a timeout");
        client.set_write_timeout(Some(PATIENCE)).expect("a socket takes a timeout");
        client
    };
    let mut clients: Vec<TcpStream> = (0..CONNECTIONS).map(connect).collect();
    let cases =
        [("open, after 5 bytes", 5), ("open, after 16 KiB", 16 << 10), ("open, after 256 KiB", 256 << 10)];
    for (what, length) in cases {
        for client in &mut clients {
            talk(client, length);
        }
        report(what, &server, begin);
    }
    drop(clients);
    report("idle, its thread has served all that", &server, begin);
}

fn report(what: &str, server: &Server, begin: u64) {
    // What a quiet connection takes is what is measured.
    thread::sleep(QUIET);
    let more = memory_of(server).saturating_sub(begin);
    let more = f64::from(u32::try_from(more).expect("a server takes less than 4 TB"));
    let slots = f64::from(u32::try_from(CONNECTIONS).expect("they are thousands"));
    println!("{what:>38}: {:.1}", more / slots);
}

/// Sends so many bytes, in pieces that sockets hold, and reads what comes back.
fn talk(client: &mut TcpStream, length: usize) {
    let message = vec![b'a'; length.min(64 << 10)];
    let mut echo = vec![0; message.len()];
    for _ in 0..length.div_ceil(message.len()) {
        client.write_all(&message).expect("the server reads");
        client.read_exact(&mut echo).expect("the server answers");
        assert!(echo.iter().all(|byte| *byte == b'A'), "it is the echo");
    }
}

/// The proportional set size of all processes, in kB.
fn memory_of(server: &Server) -> u64 {
    resident_memory(&server.processes.pids()).expect("all processes may be looked at: run this as root")
        / 1024
}
