//! What it costs the echo to be watched: throughput and CPU per message while nobody looks, and while there are ten
//! scrapes a second and twenty open pages.
//!
//! `cargo bench --bench watched` alternates the two on one running server and prints medians. Scrapers and pages are
//! threads of this program on the same cores, so their own work counts against the throughput too.

mod support;

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use support::{Server, Summary, cpu_of};

/// Rounds of the whole comparison.
const ROUNDS: usize = 15;
/// The time of one measurement.
const TIME: Duration = Duration::from_secs(2);
/// No answer takes longer.
const PATIENCE: Duration = Duration::from_secs(30);
/// Connections that exchange messages as fast as they can.
const CLIENTS: usize = 16;
const PAGES: usize = 20;
const SCRAPES_EACH: Duration = Duration::from_millis(100);
/// The bytes of one message.
const MESSAGE: [u8; 64] = [b'a'; 64];

/// What one measurement gave.
struct Figures {
    per_second: f64,
    /// Of master and workers, in microseconds.
    cpu_per_message: f64,
    /// Of the monitor, as part of one core.
    monitor: f64,
}

fn main() {
    let monitor = free_address();
    let server = Server::prefork(2, 16, &["--monitor-listen", &monitor.to_string()]);
    wait_for(monitor);
    let (mut alone, mut watched) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        alone.push(measure(&server, monitor, 0));
        watched.push(measure(&server, monitor, PAGES));
    }
    let of = |figures: &[Figures], what: fn(&Figures) -> f64| Summary::of(figures.iter().map(what).collect());
    println!("{CLIENTS} clients, 64 bytes, medians of {ROUNDS} rounds of {TIME:?} (least to most)");
    for (name, figures) in [("nobody looks", &alone), ("10 scrapes/s and 20 pages", &watched)] {
        println!(
            "{name}: {} messages/s, {} us of CPU per message, monitor {} % of a core",
            of(figures, |it| it.per_second),
            of(figures, |it| it.cpu_per_message),
            of(figures, |it| it.monitor * 100.0),
        );
    }
    let ratio = |what| of(&watched, what).median / of(&alone, what).median;
    println!(
        "ratios: throughput {:.3}, CPU per message {:.3}",
        ratio(|it| it.per_second),
        ratio(|it| it.cpu_per_message)
    );
}

/// An address that was free a moment ago.
fn free_address() -> SocketAddr {
    let socket = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
    socket.local_addr().expect("it is bound")
}

fn wait_for(monitor: SocketAddr) {
    let deadline = Instant::now() + Duration::from_secs(5);
    while get(monitor, "/healthz").is_none() {
        assert!(Instant::now() < deadline, "the monitor does not answer");
    }
}

fn measure(server: &Server, monitor: SocketAddr, pages: usize) -> Figures {
    let pids = server.processes.pids();
    let [master, workers @ .., last] = &pids[..] else { panic!("a pool has processes") };
    let pool = || cpu_of(*master) + workers.iter().copied().map(cpu_of).sum::<Duration>();
    let (done, messages) = (AtomicBool::new(false), AtomicU64::new(0));
    let address = server.address;
    thread::scope(|scope| {
        for _ in 0..CLIENTS {
            scope.spawn(|| exchange(address, &done, &messages));
        }
        for _ in 0..pages {
            scope.spawn(|| watch(monitor, &done));
        }
        if pages > 0 {
            scope.spawn(|| scrape(monitor, &done));
        }
        // All are connected, and busy.
        thread::sleep(TIME / 4);
        let (before, cpu, cpu_of_monitor, began) =
            (messages.load(Ordering::Relaxed), pool(), cpu_of(*last), Instant::now());
        thread::sleep(TIME);
        let count = messages.load(Ordering::Relaxed) - before;
        let (time, cpu, cpu_of_monitor) =
            (began.elapsed(), pool().saturating_sub(cpu), cpu_of(*last).saturating_sub(cpu_of_monitor));
        done.store(true, Ordering::Relaxed);
        #[expect(clippy::cast_precision_loss, reason = "a few million messages")]
        let count = count as f64;
        Figures {
            per_second: count / time.as_secs_f64(),
            cpu_per_message: cpu.as_secs_f64() * 1e6 / count,
            monitor: cpu_of_monitor.as_secs_f64() / time.as_secs_f64(),
        }
    })
}

fn exchange(address: SocketAddr, done: &AtomicBool, messages: &AtomicU64) {
    let mut stream = connect(address).expect("a slot is free");
    let mut echo = [0; MESSAGE.len()];
    while !done.load(Ordering::Relaxed) {
        stream.write_all(&MESSAGE).expect("the server reads");
        stream.read_exact(&mut echo).expect("the server answers");
        messages.fetch_add(1, Ordering::Relaxed);
    }
}

fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    Ok(stream)
}

/// An open page: it reads what comes.
fn watch(monitor: SocketAddr, done: &AtomicBool) {
    let mut stream = request(monitor, "/events").expect("the monitor accepts");
    let mut buffer = vec![0; 64 * 1024];
    while !done.load(Ordering::Relaxed) && stream.read(&mut buffer).is_ok_and(|length| length > 0) {}
}

fn scrape(monitor: SocketAddr, done: &AtomicBool) {
    while !done.load(Ordering::Relaxed) {
        let began = Instant::now();
        get(monitor, "/metrics").expect("the monitor answers");
        // The rest of the tenth of a second.
        thread::sleep(SCRAPES_EACH.saturating_sub(began.elapsed()));
    }
}

fn get(monitor: SocketAddr, path: &str) -> Option<String> {
    let mut answer = String::new();
    request(monitor, path)?.read_to_string(&mut answer).ok()?;
    Some(answer)
}

fn request(monitor: SocketAddr, path: &str) -> Option<TcpStream> {
    let mut stream = connect(monitor).ok()?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {monitor}\r\nConnection: close\r\n\r\n").ok()?;
    Some(stream)
}
