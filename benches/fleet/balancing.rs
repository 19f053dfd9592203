//! Fleets in which nothing happens: what each way of balancing makes of the same arrivals.

use crate::simulation::{Fleet, Policy, Service, Ties};
use crate::{SERVICE, Scale, fleet, row};

/// Uncounted and counted mean service times of a cell where the replicas' queues go up and down slowly.
const LONG: (f64, f64) = (30.0, 50.0);

/// The same where they do not, since someone sees to it.
const SHORT: (f64, f64) = (10.0, 20.0);

/// The same where the queues of those that always get too many are to fill first.
const FILLING: (f64, f64) = (100.0, 20.0);

/// How many clients there are for each replica where a hash tells whose they are.
const CLIENTS: u32 = 250;

/// The replicas of the small fleet, and the slots of each.
pub(crate) const SMALL: (usize, u32) = (6, 8);

/// The standard deviation of times with a long tail, by their mean.
const LONG_TAIL: f64 = 3.0;

const LEAST: Policy = Policy::Least(Ties::Random);

/// Those that do not look at the replicas.
pub(crate) const BLIND: [Policy; 2] = [Policy::Random, Policy::RoundRobin];

/// Those that do.
pub(crate) const SEEING: [Policy; 3] = [Policy::TwoChoices, LEAST, Policy::OneQueue];

/// Prints the tables.
pub(crate) fn print(scale: Scale) {
    policies(scale);
    small(scale);
    variation(scale);
    balancers(scale);
    slow(scale);
}

fn policies(scale: Scale) {
    let slots = scale.fleet(0.8, LEAST).capacity();
    let title = format!("Ways to balance: {} replicas, {slots} slots, exponential times.", scale.replicas);
    row::head(&title, &format!("utilisation | balancer | {}", row::WAITS));
    let cell = |utilisation, policy, times| {
        let cells = vec![row::percent(utilisation), row::name(policy).to_owned()];
        print_row(scale, scale.fleet(utilisation, policy), times, cells);
    };
    let hash = Policy::Hash { clients: CLIENTS * u32::try_from(scale.replicas).expect("they are few") };
    for utilisation in [0.8, 0.9] {
        cell(utilisation, hash, FILLING);
        for policy in BLIND {
            cell(utilisation, policy, LONG);
        }
        for policy in SEEING {
            cell(utilisation, policy, SHORT);
        }
    }
    for utilisation in [0.95, 0.98, 0.99] {
        for policy in SEEING {
            cell(utilisation, policy, SHORT);
        }
    }
}

/// A fleet as most are: it has few slots.
pub(crate) fn small_fleet(utilisation: f64, policy: Policy) -> Fleet {
    let fleet = fleet(SMALL.0, utilisation, policy);
    let part = f64::from(SMALL.1) / f64::from(fleet.slots);
    Fleet { slots: SMALL.1, rate: fleet.rate * part, ..fleet }
}

fn small(scale: Scale) {
    const TIMES: (f64, f64) = (200.0, 20_000.0);
    let (replicas, slots) = SMALL;
    let title = format!("A small fleet: {replicas} replicas with {slots} slots each, exponential times.");
    row::head(&title, &format!("utilisation | balancer | {}", row::WAITS));
    for utilisation in [0.7, 0.8, 0.9] {
        for policy in BLIND.into_iter().chain(SEEING) {
            let cells = vec![row::percent(utilisation), row::name(policy).to_owned()];
            print_row(scale, small_fleet(utilisation, policy), TIMES, cells);
        }
    }
}

fn variation(scale: Scale) {
    let title = "The same with fixed times, and with lognormal ones with a long tail.";
    row::head(title, &format!("times | utilisation | balancer | {}", row::WAITS));
    let fixed = ("fixed", Service::Fixed { mean: SERVICE });
    let tail = ("lognormal", Service::lognormal(SERVICE, LONG_TAIL));
    for (name, service) in [fixed, tail] {
        let blind = BLIND.map(|policy| (0.8, policy, LONG));
        let seeing = SEEING.map(|policy| (0.98, policy, SHORT));
        for (utilisation, policy, times) in blind.into_iter().chain(seeing) {
            let fleet = Fleet { service, ..scale.fleet(utilisation, policy) };
            let cells = vec![name.to_owned(), row::percent(utilisation), row::name(policy).to_owned()];
            print_row(scale, fleet, times, cells);
        }
    }
}

fn balancers(scale: Scale) {
    let title = "Several balancers, each of which knows its own connections only, at a utilisation of 90 %.";
    row::head(title, &format!("balancers | connections of each per replica | rule | {}", row::WAITS));
    let cell = |balancers, policy| {
        let fleet = Fleet { balancers, ..scale.fleet(0.9, policy) };
        let own = fleet.utilisation() * f64::from(fleet.slots) / crate::simulation::float(balancers);
        let cells = vec![balancers.to_string(), format!("{own:.2}"), row::name(policy).to_owned()];
        print_row(scale, fleet, if own > 1.0 { SHORT } else { LONG }, cells);
    };
    for balancers in [1, 4, 16, 64, 128, 256, 1024] {
        cell(balancers, LEAST);
    }
    for balancers in [1, 16, 128, 256] {
        cell(balancers, Policy::Least(Ties::First));
    }
    for (balancers, policy) in [(64, Policy::TwoChoices), (64, Policy::RoundRobin)] {
        cell(balancers, policy);
    }
}

fn slow(scale: Scale) {
    let title = "Every hundredth replica takes ten times as long; the others are busy for 80 %.";
    row::head(title, &format!("balancer | {} | served by a slow one", row::WAITS));
    for policy in BLIND.into_iter().chain(SEEING) {
        let fleet = Fleet { slow: Some((100, 10.0)), ..scale.fleet(0.8, policy) };
        let times = if BLIND.contains(&policy) { LONG } else { SHORT };
        let waits = scale.play(fleet, times.0, times.1);
        let phase = waits.phase(1);
        let mut cells = vec![row::name(policy).to_owned()];
        cells.extend(row::waits(&waits, 1));
        cells.push(row::percent(row::ratio(phase.counts.slow, phase.served())));
        row::print(&cells);
    }
}

fn print_row(scale: Scale, fleet: Fleet, times: (f64, f64), mut cells: Vec<String>) {
    let waits = scale.play(fleet, times.0, times.1);
    cells.extend(row::waits(&waits, 1));
    row::print(&cells);
}
