//! CPU per connection (connect, one message, close) and per message of this server in the sandbox and without it.
//!
//! `cargo bench --bench per_connection` interleaves the two in one run and prints medians: machines are noisy, so
//! only ratios within one run mean something. With `-- access` it tells what the access log's line costs, with `-- distant` how long clients
//! that are some way off wait beside idle slots. What other servers take is in the benchmark `peers`. CPU is user + system time of the server's processes; the load comes from threads of this program on the same machine.

mod support;

use std::env;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use socket2::{Domain, Socket, Type};
use support::{Server, Summary, cpu_of};

/// Rounds of the whole comparison.
const ROUNDS: usize = 7;
/// Connections of one measurement.
const CONNECTIONS: u32 = 30_000;
/// Messages on each connection, where it is messages that count.
const MESSAGES: u32 = 1_000;
/// The bytes of one message.
const MESSAGE: [u8; 64] = [b'a'; 64];
/// No answer takes longer, nor does a connection.
const PATIENCE: Duration = Duration::from_secs(30);
/// The argument with which the access log is measured.
const ACCESS: &str = "access";
/// The argument with which clients are some way off.
const DISTANT: &str = "distant";

fn main() {
    let is_asked = |what| env::args().any(|argument| argument == what);
    match (is_asked(ACCESS), is_asked(DISTANT)) {
        (true, _) => access_line(),
        (_, true) => distant_clients(),
        _ => compare_with_unconfined(),
    }
}

/// What the sandbox costs: pools with and without it take turns, which of them first too.
fn compare_with_unconfined() {
    println!("8 clients, CPU in µs: median of {} rounds (least to most)", 2 * ROUNDS);
    for (messages, what) in [(1, "connection"), (MESSAGES, "message")] {
        let (mut confined, mut free) = (Vec::new(), Vec::new());
        for round in 0..2 * ROUNDS {
            let mut both = [("preferred", &mut confined), ("off", &mut free)];
            both.rotate_left(round % 2);
            for (sandbox, figures) in both {
                let server = Server::prefork(2, 4, &["--security-sandbox", sandbox]);
                figures.push(measure(&server, 8, messages));
            }
        }
        let (confined, free) = (Summary::of(confined), Summary::of(free));
        let ratio = confined.median / free.median;
        println!("per {what} in the sandbox {confined}, without {free}: ratio {ratio:.3}");
    }
}

/// What the line that a connection gets in the log costs, by where it goes.
fn access_line() {
    let folder = tempfile::tempdir().expect("a folder for the log");
    let path = folder.path().join("log");
    let file = path.to_str().expect("its name is text");
    let cases: [(&str, &[&str]); 5] = [
        ("off", &[]),
        ("each, to /dev/null", &["--log-access", "--log-file", "/dev/null"]),
        ("each, to a file", &["--log-access", "--log-file", file]),
        ("each, to a pipe", &["--log-access"]),
        ("one of 100, to a file", &["--log-access", "--log-access-sample", "100", "--log-file", file]),
    ];
    let mut figures = cases.map(|_| Vec::new());
    for _ in 0..ROUNDS {
        for ((_, flags), figures) in cases.iter().zip(&mut figures) {
            figures.push(measure(&Server::prefork(2, 64, flags), 64, 1));
        }
    }
    println!("CPU per connection in µs by access line: median of {ROUNDS} rounds (least to most)");
    let figures = figures.map(Summary::of);
    for ((name, _), figure) in cases.iter().zip(&figures) {
        let more = (figure.median / figures[0].median - 1.0) * 100.0;
        println!("{name:>22}: {figure}, {more:+.1} %");
    }
}

/// Sixty-four clients that let some time go by after they have connected, and again before they close, as if the way were long. There is a
/// slot for each of them, so what a connection takes beyond that is no client's fault.
fn distant_clients() {
    const CLIENTS: u64 = 64;
    println!("{CLIENTS} clients on 2 x 64 slots: median of {ROUNDS} rounds (least to most)");
    let ways = [0, 200, 500, 1000, 2000, 3000].map(Duration::from_micros);
    let mut figures = ways.map(|_| (Vec::new(), Vec::new()));
    for _ in 0..ROUNDS {
        for (way, (rates, waits)) in ways.iter().zip(&mut figures) {
            let server = Server::prefork(2, 64, &[]);
            warm_up(&server, CLIENTS, *way);
            let began = Instant::now();
            load(server.address, CLIENTS, CONNECTIONS / 3, 1, *way);
            let each = began.elapsed() / (CONNECTIONS / 3);
            rates.push(each.as_secs_f64().recip());
            waits.push(each.as_secs_f64() * 1e3 * 64.0 - 2e3 * way.as_secs_f64());
        }
    }
    for (way, (rates, waits)) in ways.iter().zip(figures) {
        let (rate, wait) = (Summary::of(rates), Summary::of(waits));
        println!("twice {way:>5?}: {rate} connections a second, each {wait} ms beside that");
    }
}

fn cpu(server: &Server) -> Duration {
    server.processes.pids().into_iter().map(cpu_of).sum()
}

/// CPU per message, in microseconds, with so many of them on each connection.
fn measure(server: &Server, clients: u64, messages: u32) -> f64 {
    let connections = CONNECTIONS / messages;
    warm_up(server, clients, Duration::ZERO);
    let (before, began) = (cpu(server), Instant::now());
    load(server.address, clients, connections, messages, Duration::ZERO);
    assert!(began.elapsed() < Duration::from_secs(60), "the machine is too busy for figures");
    let spent = cpu(server).saturating_sub(before) / (connections * messages);
    spent.as_secs_f64() * 1e6
}

/// A tenth of a measurement, and a look whether a firewall counts along.
fn warm_up(server: &Server, clients: u64, way: Duration) {
    let tracked = tracked_connections();
    load(server.address, clients, CONNECTIONS / 10, 1, way);
    assert!(
        tracked_connections() < tracked + u64::from(CONNECTIONS) / 20,
        "this machine's firewall tracks connections, and its table would overflow: run this in a namespace of its own, \
         unshare -n sh -c 'ip link set lo up; cargo bench --bench per_connection'"
    );
}

/// Connections in the firewall's table, each of which stays there for minutes.
fn tracked_connections() -> u64 {
    let count = std::fs::read_to_string("/proc/sys/net/netfilter/nf_conntrack_count").unwrap_or_default();
    count.trim().parse().unwrap_or(0)
}

/// Opens so many connections, with so many messages and their echoes on each, from so many threads that are so far off.
fn load(address: SocketAddr, clients: u64, connections: u32, messages: u32, way: Duration) {
    let left = AtomicU32::new(connections);
    thread::scope(|scope| {
        for client in 0..clients {
            let (left, source) = (&left, source(client));
            scope.spawn(move || {
                let mut echo = [0; MESSAGE.len()];
                while left
                    .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1))
                    .is_ok()
                {
                    let mut stream = connect(source, address).expect("the server accepts");
                    thread::sleep(way);
                    for _ in 0..messages {
                        stream.write_all(&MESSAGE).expect("the server reads");
                        stream.read_exact(&mut echo).expect("the server answers");
                        assert_eq!(echo, MESSAGE.map(|byte| byte.to_ascii_uppercase()));
                    }
                    thread::sleep(way);
                }
            });
        }
    });
}

/// Each client has an address of its own: one alone would run out of ports, a port being in `TIME_WAIT` for a minute.
fn source(client: u64) -> SocketAddr {
    SocketAddr::from(([127, 1, 0, u8::try_from(client + 1).expect("there are fewer than 255 clients")], 0))
}

fn connect(source: SocketAddr, address: SocketAddr) -> std::io::Result<TcpStream> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.bind(&source.into())?;
    socket.set_read_timeout(Some(PATIENCE))?;
    socket.set_write_timeout(Some(PATIENCE))?;
    socket.connect(&address.into())?;
    Ok(socket.into())
}
