//! What a balancer does to the waits of a fleet: thousands of replicas, a million arrivals per second, simulated.
//!
//! `cargo bench --bench fleet` prints the tables of `docs/fleet.md`, in a few minutes on one core; `-- --quick` shows in
//! seconds, with a twentieth of the replicas, that it works; `-- --seed 7` throws other dice; `-- --picture FILE` writes
//! the picture of that page. First the simulation is held against theory, where theory knows the answer: if it does not
//! agree, the exit code is 1.

mod balancing;
mod mishaps;
mod picture;
mod row;
mod simulation;
mod theory;

use std::env;
use std::process::ExitCode;
use std::time::Instant;

use simulation::{Fleet, Policy, Service, Waits};

/// The dice, unless others are asked for.
const SEED: u64 = 1917;

/// How long a slot is held, on average.
const SERVICE: f64 = 0.2;

/// The slots of a replica.
const SLOTS: u32 = 64;

/// How many may wait at a replica.
const BACKLOG: usize = 511;

/// How much is simulated.
#[derive(Debug, Clone, Copy)]
struct Scale {
    /// Replicas of the large fleet.
    replicas: usize,
    seed: u64,
}

impl Scale {
    /// The large fleet, at this utilisation.
    fn fleet(self, utilisation: f64, policy: Policy) -> Fleet {
        fleet(self.replicas, utilisation, policy)
    }

    /// Plays a fleet for so many mean service times that do not count, and then for as many as do.
    fn play(self, fleet: Fleet, warm: f64, counted: f64) -> Waits {
        let unit = fleet.service.mean();
        simulation::play(fleet, &[warm * unit, (warm + counted) * unit], &[], self.seed)
    }
}

/// A fleet of replicas as above, with exponential times and one balancer.
fn fleet(replicas: usize, utilisation: f64, policy: Policy) -> Fleet {
    let slots = simulation::float(replicas) * f64::from(SLOTS);
    Fleet {
        replicas,
        slots: SLOTS,
        backlog: BACKLOG,
        rate: utilisation * slots / SERVICE,
        service: Service::Exponential { mean: SERVICE },
        policy,
        balancers: 1,
        slow: None,
        again: None,
    }
}

fn main() -> ExitCode {
    let seed = argument("--seed").map_or(SEED, |text| text.parse().expect("--seed is a number"));
    let quick = env::args().any(|argument| argument == "--quick");
    let scale = Scale { replicas: if quick { 200 } else { 4_000 }, seed };
    let begun = Instant::now();
    println!(
        "seed {seed}; a slot is held for {:.0} ms on average; ± is the 95 % confidence interval",
        SERVICE * 1e3
    );
    if let Some(path) = argument("--picture") {
        picture::write(scale, &path).expect("the picture can be written");
        return ExitCode::SUCCESS;
    }
    let agrees = theory::print(scale);
    balancing::print(scale);
    mishaps::print(scale);
    eprintln!("{:.0} s", begun.elapsed().as_secs_f64());
    if agrees { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What follows this name among the arguments.
fn argument(name: &str) -> Option<String> {
    env::args().skip_while(|argument| argument != name).nth(1)
}
