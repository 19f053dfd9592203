//! What floods do to honest clients, with a limit per peer and without.
//!
//! A flood comes from some addresses, honest clients from others: connect, one message, its echo, close. Half-open
//! handshakes need raw sockets and a route on which answers to addresses that nobody has get lost, so this is run as root
//! in a network namespace of its own:
//!
//!     unshare -n sh -c 'ip link set lo up; ip route add 10.0.0.0/8 dev lo; cargo bench --bench floods'

mod support;

use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use socket2::{Domain, Protocol, Socket, Type};
use support::{Server, Summary, cpu_of};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

const ROUNDS: usize = 3;
const SLOTS: (usize, usize) = (2, 256);
/// How long a flood rages before it is measured, and then while it is.
const SWELL: Duration = Duration::from_secs(3);
const TIME: Duration = Duration::from_secs(4);
/// Honest clients, each of which pauses so long between two connections, and gives one up after so long.
const HONEST: u8 = 4;
const PAUSE: Duration = Duration::from_millis(5);
const PATIENCE: Duration = Duration::from_secs(2);
/// Slow connections, and how long each waits before its next byte, or before it comes again when it was refused.
const SLOW: u32 = 10_000;
const SLOW_BYTE: Duration = Duration::from_secs(10);
const SLOW_AGAIN: Duration = Duration::from_secs(2);
/// Threads that connect and reset, each so often.
const RESETTERS: u8 = 8;
const RESET_EVERY: Duration = Duration::from_millis(2);
/// Half-open handshakes that begin in a millisecond.
const SYNS: u32 = 20;
const COOKIES: &str = "/proc/sys/net/ipv4/tcp_syncookies";

#[derive(Clone, Copy)]
enum Flood {
    None,
    /// Slow connections from so many addresses.
    Slow(u32),
    Resets,
    /// Handshakes that nobody ends, with SYN cookies or without.
    HalfOpen(bool),
}

const PER_PEER: &[&str] = &["--limits-per-peer", "16"];
/// What bounds a connection too, and the queue.
const BOUNDED: &[&str] = &[
    "--limits-per-peer=16",
    "--timeouts-first-byte=1s",
    "--limits-min-rate=1KiB",
    "--limits-min-rate-after=1s",
];
const QUEUE_BOUNDED: &[&str] = &[
    "--limits-per-peer=16",
    "--timeouts-first-byte=1s",
    "--limits-min-rate=1KiB",
    "--limits-min-rate-after=1s",
    "--limits-queue-wait=100ms",
];
const CASES: [(&str, Flood, &[&str]); 11] = [
    ("no flood", Flood::None, &[]),
    ("no flood, per_peer = 16", Flood::None, PER_PEER),
    ("10,000 slow connections from 20 addresses", Flood::Slow(20), &[]),
    ("10,000 slow connections from 20 addresses, per_peer = 16", Flood::Slow(20), PER_PEER),
    ("10,000 slow connections from 1,000 addresses, per_peer = 16", Flood::Slow(1000), PER_PEER),
    ("the same, min_rate and first_byte", Flood::Slow(1000), BOUNDED),
    ("the same, queue_wait too", Flood::Slow(1000), QUEUE_BOUNDED),
    ("resets", Flood::Resets, &[]),
    ("resets, per_peer = 16", Flood::Resets, PER_PEER),
    ("half-open handshakes, SYN cookies", Flood::HalfOpen(true), PER_PEER),
    ("half-open handshakes, no SYN cookies", Flood::HalfOpen(false), PER_PEER),
];

struct Figures {
    p50: f64,
    p99: f64,
    served: f64,
    given_up: f64,
    refused: f64,
    cpu: f64,
}

fn main() {
    if is_unfit() {
        return println!(
            "floods: only in a network namespace of its own, as root: see the top of benches/floods.rs"
        );
    }
    let mut figures: [Vec<Figures>; CASES.len()] = Default::default();
    for _ in 0..ROUNDS {
        for (figures, (_, flood, flags)) in figures.iter_mut().zip(CASES) {
            figures.push(measure(flood, flags));
        }
    }
    println!("{HONEST} honest clients, medians of {ROUNDS} rounds of {TIME:?} (least to most)");
    for (figures, (name, ..)) in figures.iter().zip(CASES) {
        let of = |what: fn(&Figures) -> f64| Summary::of(figures.iter().map(what).collect());
        println!(
            "{name}: p50 {} us, p99 {} us, {} served, {} given up, {} refused/s, server {} % of a core",
            of(|it| it.p50),
            of(|it| it.p99),
            of(|it| it.served),
            of(|it| it.given_up),
            of(|it| it.refused),
            of(|it| it.cpu * 100.0),
        );
    }
}

/// Whether the route is missing that loses the answers to half-open handshakes, or the right to send these.
fn is_unfit() -> bool {
    let routes = fs::read_to_string("/proc/net/route").unwrap_or_default();
    let is_there = routes.lines().any(|line| line.starts_with("lo\t0000000A\t"));
    !is_there || raw_socket().is_err()
}

fn measure(flood: Flood, flags: &[&str]) -> Figures {
    let has_cookies = !matches!(flood, Flood::HalfOpen(false));
    fs::write(COOKIES, if has_cookies { "1" } else { "0" }).expect("root may change this");
    let (workers, threads) = SLOTS;
    let server = Server::prefork(workers, threads, &[&["--control", "@floods"], flags].concat());
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        let (address, stop) = (server.address, &stop);
        let calm = Calm(stop);
        scope.spawn(move || rage(flood, address, stop));
        thread::sleep(SWELL);
        let (refused_before, cpu_before, began) = (refused(), cpu(&server), Instant::now());
        let clients: Vec<_> =
            (0..HONEST).map(|client| scope.spawn(move || honest(client, address))).collect();
        let all: Vec<Option<Duration>> = clients
            .into_iter()
            .flat_map(|client| client.join().expect("an honest client does not fail"))
            .collect();
        let took = began.elapsed().as_secs_f64();
        drop(calm);
        let mut times: Vec<Duration> = all.iter().flatten().copied().collect();
        times.sort();
        let quantile = |percent: usize| {
            let time = times.get((times.len() * percent / 100).min(times.len().saturating_sub(1)));
            time.map_or(f64::NAN, |time| time.as_secs_f64() * 1e6)
        };
        Figures {
            p50: quantile(50),
            p99: quantile(99),
            served: number(times.len()),
            given_up: number(all.len() - times.len()),
            refused: (refused() - refused_before) / took,
            cpu: cpu(&server).saturating_sub(cpu_before).as_secs_f64() / took,
        }
    })
}

/// Ends the flood, also when a measurement fails: the scope waits for it.
struct Calm<'flood>(&'flood AtomicBool);

impl Drop for Calm<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn number(count: usize) -> f64 {
    f64::from(u32::try_from(count).expect("a few thousand"))
}

fn cpu(server: &Server) -> Duration {
    server.processes.pids().into_iter().map(cpu_of).sum()
}

/// How many the server has refused.
fn refused() -> f64 {
    let mut command = Command::new(env!("CARGO_BIN_EXE_prefork-echo"));
    command.args(["status", "--json", "--config", "/dev/null", "--control", "@floods"]);
    let output = command.output().expect("it runs").stdout;
    let status: serde_json::Value = serde_json::from_slice(&output).expect("the master answers");
    let reasons = status["refused"].as_object().expect("an object");
    reasons.values().filter_map(serde_json::Value::as_f64).sum()
}

/// Connections one after the other, and how long each took, or that it was given up.
fn honest(client: u8, server: SocketAddr) -> Vec<Option<Duration>> {
    let (mut times, began) = (Vec::new(), Instant::now());
    while began.elapsed() < TIME {
        let before = Instant::now();
        times.push(exchange([127, 1, 0, client + 1], server).ok().map(|()| before.elapsed()));
        thread::sleep(PAUSE);
    }
    times
}

fn exchange(from: [u8; 4], server: SocketAddr) -> std::io::Result<()> {
    let mut socket = bound(from);
    socket.connect_timeout(&server.into(), PATIENCE)?;
    socket.set_read_timeout(Some(PATIENCE))?;
    socket.write_all(b"hello")?;
    socket.read_exact(&mut [0; 5])
}

fn bound(from: [u8; 4]) -> Socket {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a file is free");
    socket.bind(&SocketAddr::from((from, 0)).into()).expect("a port is free");
    socket
}

fn rage(flood: Flood, server: SocketAddr, stop: &AtomicBool) {
    let goes_on = || !stop.load(Ordering::Relaxed);
    match flood {
        Flood::None => (),
        Flood::Slow(addresses) => slow(addresses, server, goes_on),
        Flood::Resets => thread::scope(|scope| {
            for thread in 0..RESETTERS {
                scope.spawn(move || {
                    while goes_on() {
                        let socket = bound([127, 3, 0, thread + 1]);
                        socket.set_linger(Some(Duration::ZERO)).expect("a socket may be reset");
                        // Whether it gets in or not, it is gone at once.
                        let _ = socket.connect_timeout(&server.into(), PATIENCE);
                        drop(socket);
                        thread::sleep(RESET_EVERY);
                    }
                });
            }
        }),
        Flood::HalfOpen(_) => half_open(server, goes_on),
    }
}

/// Connections that send a byte now and then, and come again when they are refused.
fn slow(addresses: u32, server: SocketAddr, goes_on: impl Fn() -> bool) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("tokio starts");
    runtime.block_on(async {
        for connection in 0..SLOW {
            let [_, _, high, low] = (connection % addresses + 1).to_be_bytes();
            let from = SocketAddr::from(([127, 2, high, low], 0));
            tokio::spawn(async move {
                loop {
                    let socket = TcpSocket::new_v4().expect("a file is free");
                    socket.bind(from).expect("a port is free");
                    if let Ok(mut stream) = socket.connect(server).await {
                        while stream.write_all(b"x").await.is_ok() {
                            // Nothing comes meanwhile but the echo, or the end.
                            let over = tokio::time::timeout(SLOW_BYTE, end_of(&mut stream)).await;
                            if over.is_ok() {
                                break;
                            }
                        }
                    }
                    tokio::time::sleep(SLOW_AGAIN).await;
                }
            });
            // Not all in one moment, which would be another flood.
            if connection % 50 == 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
        while goes_on() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
}

/// Takes what comes until there is no more to come.
async fn end_of(stream: &mut TcpStream) {
    let mut buffer = [0; 64];
    while stream.read(&mut buffer).await.is_ok_and(|length| length > 0) {}
}

fn raw_socket() -> std::io::Result<Socket> {
    // IPPROTO_RAW: whoever sends makes the header, raw(7).
    Socket::new(Domain::IPV4, Type::RAW, Some(Protocol::from(255)))
}

/// Handshakes from addresses that nobody has.
fn half_open(server: SocketAddr, goes_on: impl Fn() -> bool) {
    let SocketAddr::V4(server) = server else { panic!("the server listens on an address of IPv4") };
    let socket = raw_socket().expect("root may");
    let mut seed = 1_u32;
    while goes_on() {
        for _ in 0..SYNS {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let [_, second, third, fourth] = seed.to_be_bytes();
            let packet = syn(Ipv4Addr::new(10, second, third, fourth), server, seed);
            // When its buffer is full the packet is lost, as in any network.
            let _ = socket.send_to(&packet, &SocketAddr::from(server).into());
        }
        thread::sleep(Duration::from_millis(1));
    }
}

/// The first packet of a handshake: RFC 791, section 3.1, and RFC 9293, section 3.1.
fn syn(from: Ipv4Addr, to: SocketAddrV4, number: u32) -> Vec<u8> {
    let port = 1024 + u16::try_from(number % 60_000).expect("it is below 60,000");
    let mut tcp = Vec::new();
    tcp.extend(port.to_be_bytes());
    tcp.extend(to.port().to_be_bytes());
    tcp.extend(number.to_be_bytes());
    // Nothing is acknowledged; five words of header; SYN; the window; the checksum, and no urgent bytes.
    tcp.extend([0, 0, 0, 0, 5 << 4, 2, 0xfa, 0xf0, 0, 0, 0, 0]);
    let addresses = [from.octets(), to.ip().octets()].concat();
    let pseudo = [&addresses[..], &[0, 6, 0, 20], &tcp].concat();
    tcp[16..18].copy_from_slice(&checksum(&pseudo).to_be_bytes());
    // Version, length and time to live; the kernel fills in total length and checksum, raw(7).
    let ip = [0x45, 0, 0, 0, 0, 0, 0, 0, 64, 6, 0, 0];
    [&ip[..], &addresses, &tcp].concat()
}

/// The Internet checksum, RFC 1071.
fn checksum(bytes: &[u8]) -> u16 {
    let (words, _) = bytes.as_chunks::<2>();
    let sum: u32 = words.iter().map(|word| u32::from(u16::from_be_bytes(*word))).sum();
    let folded = (sum >> 16) + (sum & 0xffff);
    let folded = (folded >> 16) + (folded & 0xffff);
    !u16::try_from(folded).expect("it was folded twice")
}
