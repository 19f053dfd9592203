//! What the servers are put through.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::wait::WaitStatus;
use prefork_client::bench::{self, Content, Load, Plan};
use prefork_client::{Address, Connection, Options, Transform};
use serde_json::Value;

use crate::peer::{LARGE_BUFFER, Peer, Setup};
use crate::process_group::ProcessGroup;
use crate::resident_memory::resident_memory;
use crate::server::Server;

/// Of the tables: their order is that of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Workload {
    /// A message of 64 bytes to and fro, on so many connections.
    PingPong(usize),
    /// Connect, a message of 64 bytes, its echo, close: so many clients, and the threads of each of our two workers.
    ShortConnections { clients: usize, threads: usize },
    /// So many MiB through so many connections.
    Bulk { connections: usize },
    /// More clients than slots, and work of a known time.
    Saturation,
    /// So many connections, open and quiet.
    Memory,
    /// From nothing to the first connection served.
    Start,
    /// Everything anew, beside what is served.
    Reload,
}

/// How thorough a run is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    /// For how long is counted what repeats.
    pub(crate) window: Duration,
    /// How much is sent through in bulk, in MiB.
    pub(crate) bulk: usize,
    /// The same through those that start processes.
    pub(crate) slow_bulk: usize,
    /// How many quiet connections there are.
    pub(crate) quiet: usize,
}

/// What a measurement gave: each figure with its name.
pub(crate) type Figures = Vec<(&'static str, f64)>;

/// The bytes of a small message.
const SMALL: usize = 64;
/// In bulk, MiB of a message: so large that the moment between two of them does not count.
pub(crate) const LARGE: usize = 16;
/// The bytes after which a connection is quiet, which fill the buffer of whoever has a large one.
pub(crate) const MEMORABLE: usize = 64 << 10;
/// Slots, clients, and how long a client holds its slot, where there are too many clients.
pub(crate) const SLOTS: usize = 8;
pub(crate) const CROWD: usize = 64;
/// Some wait for it by timers of a millisecond: they hold it for up to one more.
pub(crate) const PAUSE: Duration = Duration::from_millis(20);
/// The workers of a pool that starts: as the bar demands.
const STARTING_WORKERS: usize = 4;
/// Nothing here takes longer, unless it hangs.
const PATIENCE: Duration = Duration::from_secs(20);
const MEBI: f64 = 1_048_576.0;
/// Memory is looked at so long after the last of it was asked for: nothing tells when threads have settled.
const REST: Duration = Duration::from_millis(200);

impl Workload {
    pub(crate) const ALL: [Self; 15] = [
        Self::PingPong(1),
        Self::PingPong(16),
        Self::PingPong(64),
        Self::PingPong(256),
        Self::PingPong(1000),
        Self::PingPong(5000),
        Self::ShortConnections { clients: 64, threads: 64 },
        Self::ShortConnections { clients: 8, threads: 4 },
        Self::ShortConnections { clients: 8, threads: 32 },
        Self::Bulk { connections: 1 },
        Self::Bulk { connections: 4 },
        Self::Saturation,
        Self::Memory,
        Self::Start,
        Self::Reload,
    ];

    /// As the file of figures names it.
    pub(crate) fn name(self) -> String {
        match self {
            Self::PingPong(connections) => format!("ping-pong-{connections}"),
            Self::ShortConnections { clients, threads } => format!("short-{clients}-on-2x{threads}"),
            Self::Bulk { connections } => format!("bulk-{connections}"),
            Self::Saturation => "saturation".to_owned(),
            Self::Memory => "memory".to_owned(),
            Self::Start => "start".to_owned(),
            Self::Reload => "reload".to_owned(),
        }
    }

    /// Why this server is not put through it.
    pub(crate) fn is_not_for(self, peer: Peer) -> Option<String> {
        let (most, why) = peer.most_connections();
        match self {
            Self::PingPong(connections) | Self::ShortConnections { clients: connections, .. }
                if connections > most =>
            {
                Some(format!("at most {most} connections: {why}"))
            }
            Self::ShortConnections { threads: 32, .. } if !peer.is_beside_any_shape() => {
                Some("as with 2 × 4 slots: they have no shapes".to_owned())
            }
            Self::Bulk { .. } => peer.why_no_bulk().map(str::to_owned),
            Self::Saturation => peer.why_no_slots().map(str::to_owned),
            Self::Reload if peer != Peer::Prefork => Some("no reload".to_owned()),
            _ => None,
        }
    }

    /// Starts a server, and does this to it.
    pub(crate) fn measure(self, peer: Peer, pace: &Pace) -> Result<Figures, String> {
        match self {
            Self::PingPong(connections) => {
                let server = Server::start(peer, &Setup::of(connections, connections.max(4)))?;
                repeat(&server, warm_up(peer, connections), connections, false, pace.window)
            }
            Self::ShortConnections { clients, threads } => {
                let server = Server::start(peer, &Setup::of(clients, threads))?;
                repeat(&server, warm_up(peer, clients), clients, true, pace.window)
            }
            Self::Bulk { connections } => bulk(peer, connections, pace),
            Self::Saturation => {
                let slots = Setup { slots: Some(SLOTS), pause: PAUSE, ..Setup::of(CROWD, SLOTS / 2) };
                repeat(&Server::start(peer, &slots)?, warm_up(peer, CROWD), CROWD, true, pace.window)
            }
            Self::Memory => memory(peer, pace.quiet.min(peer.most_connections().0)),
            Self::Start => start(peer),
            Self::Reload => reload(),
        }
    }
}

/// Until all are served. Whom a full queue has turned away in the first rush comes again after a second.
fn warm_up(peer: Peer, connections: usize) -> Duration {
    Duration::from_millis(if connections >= 256 || peer.is_slow() { 2_000 } else { 500 })
}

/// The same small message again and again, on connections that stay or each on one of its own.
fn repeat(
    server: &Server,
    warm_up: Duration,
    connections: usize,
    reconnect: bool,
    window: Duration,
) -> Result<Figures, String> {
    let plan = Plan {
        content: Content::Random(SMALL),
        reconnect,
        duration: window,
        warm_up,
        ..plan(server, connections)
    };
    let (report, cpu) = run(server, &plan)?;
    let number = |pointer: &str| report.pointer(pointer).and_then(Value::as_f64).unwrap_or(f64::NAN);
    let per_second = number("/throughput/requests_per_second");
    let done = per_second * number("/window_seconds");
    let of = if reconnect { "first_byte" } else { "total" };
    let quantile = |name: &str| number(&format!("/latency/{of}/{name}_seconds")) * 1e6;
    Ok(vec![
        ("per_second", per_second),
        ("cpu_us", cpu.as_secs_f64() * 1e6 / done),
        ("p50_us", quantile("p50")),
        ("p99_us", quantile("p99")),
        ("p999_us", quantile("p999")),
        ("max_us", quantile("max")),
        ("unfairness", quantile("max") / quantile("p50")),
        ("client_busy", number("/client/busy_ratio")),
    ])
}

fn bulk(peer: Peer, connections: usize, pace: &Pace) -> Result<Figures, String> {
    let server = Server::start(peer, &Setup { buffer: LARGE_BUFFER, ..Setup::of(connections, 4) })?;
    let total = if peer.is_slow() { pace.slow_bulk } else { pace.bulk };
    let plan = Plan {
        content: Content::Random(LARGE << 20),
        requests: Some((total / LARGE) as u64),
        duration: PATIENCE,
        ..plan(&server, connections)
    };
    let (report, cpu) = run(&server, &plan)?;
    let number = |pointer: &str| report.pointer(pointer).and_then(Value::as_f64).unwrap_or(f64::NAN);
    let gibibytes = number("/throughput/bytes_per_second") * number("/window_seconds") / MEBI / 1024.0;
    Ok(vec![
        ("mib_per_second", number("/throughput/bytes_per_second") / MEBI),
        ("cpu_ms_per_gib", cpu.as_secs_f64() * 1e3 / gibibytes),
        ("client_busy", number("/client/busy_ratio")),
    ])
}

/// Opens connections, sends a large message on each, and looks when they are quiet; closes them, and looks again.
fn memory(peer: Peer, connections: usize) -> Result<Figures, String> {
    let server = Server::start(peer, &Setup::of(connections, connections))?;
    let look = || {
        std::thread::sleep(REST);
        resident_memory(&server.processes.pids()).map_err(|error| error.to_string())
    };
    let begin = look()?;
    let address = Address::from(server.address);
    let message = vec![b'q'; MEMORABLE];
    let options = Options { connect_timeout: PATIENCE, echo_timeout: PATIENCE, ..Options::default() };
    let open = |_| {
        let mut connection = Connection::open(&address, &options)?;
        connection.exchange(&message)?;
        Ok(connection)
    };
    let held: Result<Vec<_>, prefork_client::Failure> = (0..connections).map(open).collect();
    let held = held.map_err(|failure| failure.to_string())?;
    let full = look()?;
    held.into_iter().try_for_each(Connection::finish).map_err(|failure| failure.to_string())?;
    let after = look()?;
    let count = f64::from(u32::try_from(connections).expect("these are few"));
    let each = |bytes: u64| kilo(bytes) / count;
    Ok(vec![
        ("start_mb", kilo(begin) / 1e3),
        ("connections", count),
        ("open_kb", each(full.saturating_sub(begin))),
        ("whole_kb", each(full)),
        ("left_kb", each(after.saturating_sub(begin))),
    ])
}

fn start(peer: Peer) -> Result<Figures, String> {
    let server = Server::start(peer, &Setup { workers: STARTING_WORKERS, ..Setup::of(STARTING_WORKERS, 4) })?;
    let mut figures = vec![("served_ms", server.served_after.as_secs_f64() * 1e3)];
    if peer == Peer::Prefork {
        let listening = server.listening_after().ok_or("it does not say that it listens")?;
        figures.push(("ready_ms", listening.as_secs_f64() * 1e3));
    }
    Ok(figures)
}

/// In kB, of 1,000 bytes.
fn kilo(bytes: u64) -> f64 {
    f64::from(u32::try_from(bytes / 1024).expect("no server here takes terabytes")) * 1.024
}

/// The command that reloads and tells the outcome, from its start to its end.
fn reload() -> Result<Figures, String> {
    let server = Server::start(Peer::Prefork, &Setup::of(64, 64))?;
    let control = format!("@prefork-echo-{}", server.address.port());
    let mut command = Command::new(env!("CARGO_BIN_EXE_prefork-echo"));
    command.args(["--control", &control, "reload"]).stdout(Stdio::null());
    let began = Instant::now();
    let processes = ProcessGroup::start(&mut command).map_err(|error| error.to_string())?;
    let ended = processes.wait(PATIENCE);
    let took = began.elapsed();
    if !matches!(ended, Ok(WaitStatus::Exited(_, 0))) {
        return Err(format!("it does not say that it has: {ended:?}"));
    }
    Ok(vec![("reload_ms", took.as_secs_f64() * 1e3)])
}

/// What all runs have in common.
fn plan(server: &Server, connections: usize) -> Plan {
    Plan {
        address: Address::from(server.address),
        load: Load::Closed,
        connections: connections.try_into().expect("there is one at least"),
        reconnect: false,
        content: Content::Random(SMALL),
        transform: Transform::default(),
        duration: Duration::ZERO,
        requests: None,
        warm_up: Duration::ZERO,
        connect_timeout: PATIENCE,
        timeout: PATIENCE,
        predict: None,
        retry: Duration::ZERO,
    }
}

/// The client's report, and the CPU time that the server took in the window; every byte is compared.
///
/// Whoever is not served before the window begins would make it another one, with fewer connections.
fn run(server: &Server, plan: &Plan) -> Result<(Value, Duration), String> {
    let processes = &server.processes;
    let mut edges = Vec::new();
    let report = bench::measure(plan, &mut |served| edges.push((served, processes.cpu())))
        .map_err(|error| error.to_string())?;
    let is_correct = report.is_correct();
    let report = serde_json::to_value(report).map_err(|error| error.to_string())?;
    if !is_correct {
        let first = report["first_failure"].as_str().unwrap_or("not all was answered");
        return Err(format!("{first}; {}, connections {}", report["requests"], report["connections"]));
    }
    let [(in_time, begin), (_, end)] = edges[..] else {
        return Err("the window has not ended".to_owned());
    };
    // Of those who connect anew each time it counts each connection.
    if !plan.reconnect && !plan.warm_up.is_zero() && in_time < plan.connections.get() as u64 {
        return Err(format!(
            "only {in_time} of {} connections were served when the window began",
            plan.connections
        ));
    }
    Ok((report, end.saturating_sub(begin)))
}
