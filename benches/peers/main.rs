//! This server beside its peers: what a message, a connection, a gibibyte cost it, how long its clients wait, what memory it takes.
//!
//! `cargo bench --bench peers` puts all of them through the same, in turns, and writes `docs/peers.md` with its pictures. It takes about
//! 25 minutes. Less of it (`-- --quick` takes two) is written to a folder in target. A firewall that tracks connections would have its table full, so it is run as root in a network of its own:
//!
//!     ulimit -n 20000; unshare -n sh -c 'ip link set lo up; cargo bench --bench peers'
//!
//! The machine is to have nothing else to do. Python's, Go's and C's peers are built from `benches/peers`; the others are Debian's packages.

mod about;
mod accounts;
mod bars;
mod page;
mod peer;
mod plot;
#[path = "../support/process_group.rs"]
mod process_group;
#[path = "../support/processes.rs"]
mod processes;
#[path = "../support/resident_memory.rs"]
mod resident_memory;
mod results;
mod server;
#[path = "../support/summary.rs"]
mod summary;
mod tokio_echo;
mod workload;

use std::env;
use std::error::Error;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use clap::Parser;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;

use about::Run;
use peer::Peer;
use results::Results;
use workload::{Pace, Workload};

/// Files of a server with 5,000 connections, or of us.
const OPEN_FILES: u64 = 12_000;

/// Fewer are not enough for a median with a spread.
const ROUNDS: u32 = 5;

/// Of the order in which servers take turns.
const SEED: u64 = 1;

/// Compares this server with others.
#[derive(Debug, Parser)]
struct Arguments {
    /// How often everything is measured: the more, the more its medians are worth
    #[arg(long, default_value_t = ROUNDS, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// One short round, which shows that it works
    #[arg(long)]
    quick: bool,
    /// Only these servers
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    only: Option<Vec<Peer>>,
    /// Only workloads whose name begins so: ping-pong, short, bulk, saturation, memory, start, reload
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    workloads: Vec<String>,
    /// Where the page, its figures and its pictures are written [default: docs, and a folder in target if it is not a whole run]
    #[arg(long, value_name = "FOLDER")]
    output: Option<PathBuf>,
    /// What cargo says to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> ExitCode {
    let numbers: Vec<String> = env::args().skip(1).collect();
    if let [name, port, slots, pause, buffer] = &numbers[..]
        && name == peer::TOKIO_ECHO
    {
        let number = |text: &String| text.parse::<u32>().expect("these are numbers");
        let port = u16::try_from(number(port)).expect("it is a port");
        let (slots, buffer) = (number(slots) as usize, number(buffer) as usize);
        tokio_echo::run(port, slots, Duration::from_millis(number(pause).into()), buffer);
    }
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("peers: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let mut peers = arguments.only.clone().unwrap_or(Peer::ALL.to_vec());
    peers.sort_unstable();
    peers.dedup();
    check_tools(&peers)?;
    allow_open_files()?;
    for peer in &peers {
        peer.build();
    }
    let is_wanted = |workload: &Workload| {
        let name = workload.name();
        arguments.workloads.is_empty()
            || arguments.workloads.iter().any(|wanted| name.starts_with(wanted.as_str()))
    };
    let workloads: Vec<Workload> = Workload::ALL.into_iter().filter(is_wanted).collect();
    let (rounds, pace) = if arguments.quick {
        (1, Pace { window: Duration::from_millis(300), bulk: 256, slow_bulk: 64, quiet: 200 })
    } else {
        let window = Duration::from_millis(1500);
        (arguments.rounds, Pace { window, bulk: 1024, slow_bulk: 256, quiet: 5000 })
    };
    let run = Run::begin(rounds);
    let results = measure(&peers, &workloads, rounds, &pace);
    let about = run.end();
    let output = arguments.output();
    let pictures = output.join("peers");
    fs::create_dir_all(&pictures)?;
    for plot in &plot::PLOTS {
        plot.write(&pictures, &results, &peers)?;
    }
    let figures = serde_json::to_string_pretty(&results.to_json(&about.facts.clone().into()))?;
    fs::write(output.join("peers.json"), figures + "\n")?;
    let path = output.join("peers.md");
    fs::write(&path, page::render(&results, &about, &peers, &pace))?;
    eprintln!("{} is written", path.display());
    Ok(())
}

impl Arguments {
    fn is_whole(&self) -> bool {
        !self.quick && self.rounds >= ROUNDS && self.only.is_none() && self.workloads.is_empty()
    }

    /// Only a whole run replaces the page of the project.
    fn output(&self) -> PathBuf {
        let usual = if self.is_whole() {
            concat!(env!("CARGO_MANIFEST_DIR"), "/docs")
        } else {
            concat!(env!("CARGO_TARGET_TMPDIR"), "/peers")
        };
        self.output.clone().unwrap_or_else(|| usual.into())
    }
}

/// Round by round, workload by workload, all servers in turn, in an order that chance makes and that is the same in each run: so
/// none has always the same one before it.
fn measure(peers: &[Peer], workloads: &[Workload], rounds: u32, pace: &Pace) -> Results {
    let mut results = Results::default();
    let began = Instant::now();
    let mut chance = StdRng::seed_from_u64(SEED);
    for round in 0..rounds {
        for &workload in workloads {
            let mut turns = peers.to_vec();
            turns.shuffle(&mut chance);
            eprintln!(
                "{:>4} s: round {} of {rounds}, {}",
                began.elapsed().as_secs(),
                round + 1,
                workload.name()
            );
            for peer in turns {
                if results.missing(workload, peer).is_none() {
                    let reason = workload.is_not_for(peer);
                    let outcome = reason.map_or_else(|| workload.measure(peer, pace), Err);
                    if let (Err(reason), true) = (&outcome, workload.is_not_for(peer).is_none()) {
                        eprintln!("        {} failed: {reason}", peer.name());
                    }
                    results.add(workload, peer, outcome);
                }
            }
        }
    }
    results
}

/// What is missing is said before anything is measured.
fn check_tools(peers: &[Peer]) -> Result<(), String> {
    let is_there = |tool: &str| {
        let mut find = Command::new("sh");
        find.args(["-c", "command -v \"$0\"", tool]).stdout(Stdio::null());
        find.status().is_ok_and(|status| status.success())
    };
    let mut missing: Vec<_> = peers
        .iter()
        .flat_map(|peer| peer.tools())
        .filter(|(tool, _)| !is_there(tool))
        .map(|(_, package)| *package)
        .collect();
    missing.sort_unstable();
    missing.dedup();
    if missing.is_empty() {
        return Ok(());
    }
    Err(format!(
        "install these packages of Debian, or leave out with --only who needs them: {}",
        missing.join(" ")
    ))
}

/// Everybody needs a file for each connection, and servers inherit what we may.
fn allow_open_files() -> Result<(), String> {
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).map_err(|error| error.to_string())?;
    if hard < OPEN_FILES {
        return Err(format!("{OPEN_FILES} open files are needed, {hard} are allowed: ulimit -n"));
    }
    setrlimit(Resource::RLIMIT_NOFILE, soft.max(OPEN_FILES), hard).map_err(|error| error.to_string())
}
