//! Fleets to which something happens: a zone is lost, a replica dies, all are replaced.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::simulation::{self, Change, Fleet, Policy, Ties};
use crate::{SLOTS, Scale, fleet, row};

const LEAST: Policy = Policy::Least(Ties::Random);

/// When what happens to which replica.
type Script = Vec<(f64, usize, Change)>;

/// Prints the tables.
pub(crate) fn print(scale: Scale) {
    zone(scale);
    update(scale);
    death(scale);
}

/// A third of the replicas vanishes. The balancer's checks find it out after one to two seconds, and who has lost a connection
/// or gets none comes again within a second.
fn zone(scale: Scale) {
    const LOST_AT: f64 = 5.0;
    let replicas = scale.replicas / 4 * 3;
    let title = format!(
        "A zone is lost, a third of {replicas} replicas; checks find it out after 1 to 2 s; whom it meets comes again within 1 s."
    );
    let columns = "balancer | utilisation before | after | lost | met the lost zone | p99 before | p99 in the 5 s after | \
                   queue full | p99 10 s later | queue full";
    row::head(&title, columns);
    let mut random = StdRng::seed_from_u64(scale.seed);
    let gone = || (0..replicas).filter(|replica| replica.is_multiple_of(3));
    let mut script: Script = gone().map(|replica| (LOST_AT, replica, Change::Vanish)).collect();
    script.extend(gone().map(|replica| (LOST_AT + 1.0 + random.random::<f64>(), replica, Change::Forget)));
    let rows = [(Policy::Random, [0.5, 0.55, 0.6].as_slice()), (LEAST, &[0.5, 0.6, 0.63, 0.66])];
    for (policy, utilisations) in rows {
        for utilisation in utilisations.iter().copied() {
            let fleet = Fleet { again: Some(1.0), ..fleet(replicas, utilisation, policy) };
            let phases = [LOST_AT - 2.0, LOST_AT - 1e-9, LOST_AT + 5.0, LOST_AT + 10.0, LOST_AT + 13.0];
            let waits = simulation::play(fleet, &phases, &script, scale.seed);
            let full = |phase: usize| {
                let phase = waits.phase(phase);
                row::percent(row::ratio(phase.counts.full, phase.came()))
            };
            row::print(&[
                row::name(policy).to_owned(),
                row::percent(utilisation),
                row::percent(utilisation * 1.5),
                waits.phase(2).counts.lost.to_string(),
                waits.phase(2).counts.unreachable.to_string(),
                row::time(waits.phase(1).quantile(0.99)),
                row::time(waits.phase(2).quantile(0.99)),
                full(2),
                row::time(waits.phase(4).quantile(0.99)),
                full(4),
            ]);
        }
    }
}

/// How replicas are replaced.
#[derive(Debug, Clone, Copy)]
struct Update {
    /// The new ones are there before the old ones leave.
    start_first: bool,
    /// How many at a time.
    at_once: usize,
    /// For how many seconds the old one accepts after it has said that it is not ready.
    grace: f64,
}

/// How long a replica takes to end its connections and to start, and how often it is checked, in seconds.
const DRAIN: f64 = 2.0;
const START: f64 = 3.0;
const CHECKED: f64 = 2.0;

/// The replicas of the fleet that is updated.
const UPDATED: usize = 12;

fn update(scale: Scale) {
    let title = format!(
        "A rolling update of {UPDATED} × {SLOTS} slots that are busy for 85 %; checked every {CHECKED} s, {DRAIN} s to drain, {START} s to start."
    );
    let columns = "balancer | order | at once | grace | p99 before | p99 during | p99.9 during | met a stopped one | of";
    row::head(&title, columns);
    let update = |start_first, at_once, grace| Update { start_first, at_once, grace };
    for (policy, update) in [
        (LEAST, update(true, 1, 3.0)),
        (LEAST, update(false, 1, 3.0)),
        (LEAST, update(false, 3, 3.0)),
        (Policy::Random, update(true, 1, 3.0)),
        (Policy::Random, update(false, 1, 3.0)),
        (Policy::Random, update(false, 3, 3.0)),
        (LEAST, update(true, 1, 1.0)),
        (LEAST, update(true, 1, 0.0)),
        (Policy::Random, update(true, 1, 0.0)),
    ] {
        print_update(scale, policy, update);
    }
}

fn print_update(scale: Scale, policy: Policy, update: Update) {
    const BEGINS: f64 = 20.0;
    let (script, ends) = script(update, BEGINS, scale.seed);
    let spare = if update.start_first { update.at_once } else { 0 };
    let all = fleet(UPDATED, 0.85, policy);
    let fleet = Fleet { replicas: UPDATED + spare, again: Some(1.0), ..all };
    let waits = simulation::play(fleet, &[BEGINS / 2.0, BEGINS, ends], &script, scale.seed);
    let (before, during) = (waits.phase(1), waits.phase(2));
    row::print(&[
        row::name(policy).to_owned(),
        if update.start_first { "start first" } else { "stop first" }.to_owned(),
        update.at_once.to_string(),
        format!("{} s", update.grace),
        row::time(before.quantile(0.99)),
        row::time(during.quantile(0.99)),
        row::time(during.quantile(0.999)),
        during.counts.unreachable.to_string(),
        during.came().to_string(),
    ]);
}

/// What happens when, and when it ends.
fn script(update: Update, begins: f64, seed: u64) -> (Script, f64) {
    let mut random = StdRng::seed_from_u64(seed);
    // A check sees a change at some time until the next one.
    let mut noticed = |at: f64| at + CHECKED * random.random::<f64>();
    let mut script = Script::new();
    let Update { start_first, at_once, grace } = update;
    // Where the new ones start: places that are free at first, then those of the ones that have left.
    let mut free: Vec<usize> = if start_first { (UPDATED..UPDATED + at_once).collect() } else { Vec::new() };
    script.extend(free.iter().flat_map(|spare| [(0.0, *spare, Change::Forget), (0.0, *spare, Change::Stop)]));
    let mut now = begins;
    let old: Vec<usize> = (0..UPDATED).collect();
    for leaving in old.chunks(at_once) {
        if start_first {
            now += START;
            for replica in free.drain(..) {
                script.extend([(now, replica, Change::Start), (noticed(now), replica, Change::Learn)]);
            }
            now += CHECKED;
        }
        for replica in leaving {
            script.extend([(noticed(now), *replica, Change::Forget), (now + grace, *replica, Change::Stop)]);
        }
        // Until the last connection has ended, and the checks have seen it.
        now += grace.max(CHECKED) + DRAIN;
        if start_first {
            free.extend(leaving);
        } else {
            now += START;
            for replica in leaving {
                script.extend([(now, *replica, Change::Start), (noticed(now), *replica, Change::Learn)]);
            }
            now += CHECKED;
        }
    }
    (script, now)
}

/// One of a hundred replicas dies; the balancer's checks find it out five seconds later.
fn death(scale: Scale) {
    const DIES_AT: f64 = 10.0;
    const FOUND_AFTER: f64 = 5.0;
    let title = format!(
        "One of 100 replicas dies, utilisation 80 %; checks find it out after {FOUND_AFTER} s; nobody tries again."
    );
    let columns = "balancer | how | lost | arrivals until it is found out | met the dead one | share";
    row::head(&title, columns);
    for (change, how) in [(Change::Crash, "refuses"), (Change::Vanish, "does not answer")] {
        for (policy, balancers) in [
            (Policy::Random, 1),
            (Policy::RoundRobin, 1),
            (Policy::TwoChoices, 1),
            (LEAST, 1),
            (LEAST, 64),
            (Policy::OneQueue, 1),
        ] {
            let fleet = Fleet { balancers, ..fleet(100, 0.8, policy) };
            let found = DIES_AT + FOUND_AFTER;
            let script = [(DIES_AT, 0, change), (found, 0, Change::Forget)];
            let waits = simulation::play(fleet, &[DIES_AT - 1e-9, found], &script, scale.seed);
            let phase = waits.phase(1);
            let several = if balancers > 1 { format!(", {balancers} balancers") } else { String::new() };
            row::print(&[
                row::name(policy).to_owned() + &several,
                how.to_owned(),
                phase.counts.lost.to_string(),
                phase.came().to_string(),
                phase.counts.unreachable.to_string(),
                row::percent(row::ratio(phase.counts.unreachable, phase.came())),
            ]);
        }
    }
}
