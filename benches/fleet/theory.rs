//! Whether the simulation is right: cells of which queueing theory knows the answer.
//!
//! A random split of Poisson arrivals gives each replica Poisson arrivals, so each is a queue M/M/c of its own, or M/D/c. One
//! queue for all, from which whoever has an idle slot takes the next, is M/M/c with the slots of all.

use prefork_client::queueing::{Load, ServiceTimes};
use prefork_client::statistics::Interval;

use crate::simulation::{Fleet, Policy, Service};
use crate::{SERVICE, Scale, fleet, row};

/// A figure agrees if it is no farther away than so many half-widths of its 95 % interval. Batches are not
/// much longer than queues last, so that interval is somewhat too narrow: one figure in four may be beyond one half-width, and one in
/// some dozens beyond two; the seed that is built in has none.
const HALF_WIDTHS: f64 = 2.0;

const COLUMNS: &str =
    "fleet | utilisation | arrivals | chance to wait | theory | mean wait | theory | p99 | theory";

/// What is played, and for how many mean service times: first uncounted, then counted.
struct Cell {
    name: String,
    fleet: Fleet,
    /// What theory calls it: arrivals per second and slots of one queue.
    rate: f64,
    slots: u32,
    times: ServiceTimes,
    warm: f64,
    counted: f64,
}

/// Prints the cells, and says whether all agree.
pub(crate) fn print(scale: Scale) -> bool {
    row::head("Simulation and theory.", COLUMNS);
    let mut apart = 0;
    for cell in cells(scale) {
        apart += print_cell(&cell, scale);
    }
    match apart {
        0 => println!("\nall agree, to within {HALF_WIDTHS} half-widths of the 95 % confidence interval"),
        _ => println!("\n{apart} figures (!) do not agree: the simulation or the theory is wrong"),
    }
    apart == 0
}

fn cells(scale: Scale) -> Vec<Cell> {
    let fixed = Service::Fixed { mean: SERVICE };
    let small = |replicas, slots, utilisation, policy| {
        let fleet = fleet(replicas, utilisation, policy);
        let share = f64::from(slots) / f64::from(fleet.slots);
        Fleet { slots, rate: fleet.rate * share, ..fleet }
    };
    vec![
        split(small(1, 64, 0.9, Policy::Random), 200.0, 60_000.0),
        split(small(100, 16, 0.8, Policy::Random), 100.0, 3_000.0),
        split(Fleet { service: fixed, ..small(100, 16, 0.8, Policy::Random) }, 100.0, 3_000.0),
        split(scale.fleet(0.8, Policy::Random), 20.0, 60.0),
        pooled(small(10, 10, 0.95, Policy::OneQueue), 200.0, 20_000.0),
        // The whole large fleet as one queue goes up and down too slowly to know its mean in some minutes.
        pooled(fleet(100, 0.985, Policy::OneQueue), 20.0, 2_000.0),
    ]
}

/// Each replica a queue of its own.
fn split(fleet: Fleet, warm: f64, counted: f64) -> Cell {
    let replicas = crate::simulation::float(fleet.replicas);
    Cell { rate: fleet.rate / replicas, slots: fleet.slots, ..pooled(fleet, warm, counted) }
}

/// One queue for all.
fn pooled(fleet: Fleet, warm: f64, counted: f64) -> Cell {
    let times = match fleet.service {
        Service::Fixed { .. } => ServiceTimes::Fixed,
        _ => ServiceTimes::Exponential,
    };
    let kind = if times == ServiceTimes::Fixed { ", fixed times" } else { "" };
    let policy = row::name(fleet.policy);
    let slots = fleet.slots * u32::try_from(fleet.replicas).expect("they are few");
    // No limit, as in theory.
    let fleet = Fleet { backlog: usize::MAX, ..fleet };
    let name = format!("{} × {}, {policy}{kind}", fleet.replicas, fleet.slots);
    Cell { name, rate: fleet.rate, slots, times, fleet, warm, counted }
}

/// Prints a row, and says how many of its figures do not agree.
fn print_cell(cell: &Cell, scale: Scale) -> u32 {
    let waits = scale.play(cell.fleet, cell.warm, cell.counted);
    let phase = waits.phase(1);
    let load = Load { rate: cell.rate, service: SERVICE, times: cell.times };
    let steady = load.steady(cell.slots).expect("it keeps up");
    let (chance, mean) = (phase.chance(), phase.mean());
    let (chance, mean) = (chance.expect("there are enough"), mean.expect("there are enough"));
    let apart = [is_apart(chance, steady.chance_to_wait), is_apart(mean, steady.mean_wait)];
    let mark = |apart: bool| if apart { " (!)" } else { "" };
    row::print(&[
        cell.name.clone(),
        format!("{}", cell.fleet.utilisation()),
        format!("{:.1} million", row::millions(phase.came())),
        format!("{:.3} ± {:.3} %{}", chance.mean * 100.0, chance.half_width * 100.0, mark(apart[0])),
        format!("{:.3} %", steady.chance_to_wait * 100.0),
        row::interval(mean) + mark(apart[1]),
        row::time(steady.mean_wait),
        row::time(phase.quantile(0.99)),
        row::time(steady.quantile(0.99)),
    ]);
    u32::from(apart[0]) + u32::from(apart[1])
}

fn is_apart(measured: Interval, known: f64) -> bool {
    (measured.mean - known).abs() > HALF_WIDTHS * measured.half_width
}
