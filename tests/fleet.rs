//! The simulation of `benches/fleet` on a small scale: against theory, and against what must hold whatever happens.

#[path = "../benches/fleet/simulation/mod.rs"]
mod simulation;

use prefork_client::queueing::{Load, ServiceTimes};
use proptest::prelude::*;
use rand::SeedableRng;
use rand::rngs::StdRng;

use simulation::calendar::{Calendar, Departure};
use simulation::ranking::Ranking;
use simulation::{Change, Counts, Fleet, Policy, Service, Ties, float, play};

const POLICIES: [Policy; 7] = [
    Policy::Random,
    Policy::RoundRobin,
    Policy::TwoChoices,
    Policy::Least(Ties::Random),
    Policy::Least(Ties::First),
    Policy::Hash { clients: 50 },
    Policy::OneQueue,
];

/// Eight replicas with four slots each, which are held for a tenth of a second.
fn fleet(utilisation: f64, policy: Policy) -> Fleet {
    Fleet {
        replicas: 8,
        slots: 4,
        backlog: 1_000,
        rate: utilisation * 320.0,
        service: Service::Exponential { mean: 0.1 },
        policy,
        balancers: 1,
        slow: None,
        again: None,
    }
}

/// The chance to wait and the mean wait agree with theory, to within two half-widths of the 95 % interval.
fn assert_agrees(fleet: Fleet, rate: f64, slots: u32, times: ServiceTimes) {
    let seconds = 120_000.0 / fleet.rate;
    let waits = play(fleet, &[seconds / 10.0, seconds], &[], 5);
    let phase = waits.phase(1);
    let steady = Load { rate, service: fleet.service.mean(), times }.steady(slots).expect("it keeps up");
    for (played, known) in [(phase.chance(), steady.chance_to_wait), (phase.mean(), steady.mean_wait)] {
        let interval = played.expect("there are enough");
        let far = (interval.mean - known).abs() / interval.half_width;
        assert!(far < 2.0, "{fleet:?}: {interval:?}, {known}");
        assert!(interval.half_width < 0.3 * known, "the interval says something: {interval:?}, {known}");
    }
    let (p99, known) = (phase.quantile(0.99), steady.quantile(0.99));
    assert!((p99 / known - 1.0).abs() < 0.2, "{fleet:?}: p99 {p99}, {known}");
}

#[test]
fn a_random_split_is_a_queue_at_each_replica() {
    let exponential = fleet(0.8, Policy::Random);
    assert_agrees(exponential, exponential.rate / 8.0, 4, ServiceTimes::Exponential);
    let fixed = Fleet { service: Service::Fixed { mean: 0.1 }, ..exponential };
    assert_agrees(fixed, fixed.rate / 8.0, 4, ServiceTimes::Fixed);
}

#[test]
fn one_queue_is_one_queue_with_the_slots_of_all() {
    let one = fleet(0.9, Policy::OneQueue);
    assert_agrees(one, one.rate, 32, ServiceTimes::Exponential);
}

#[test]
fn where_there_is_one_replica_nothing_is_to_be_chosen() {
    for policy in POLICIES {
        let one = Fleet { replicas: 1, rate: 30.0, ..fleet(0.0, policy) };
        assert_agrees(one, 30.0, 4, ServiceTimes::Exponential);
    }
}

#[test]
fn who_knows_more_waits_less() {
    let mean = |policy| play(fleet(0.9, policy), &[50.0, 1_000.0], &[], 1).phase(1).mean().unwrap().mean;
    let order = [
        Policy::OneQueue,
        Policy::Least(Ties::Random),
        Policy::TwoChoices,
        Policy::RoundRobin,
        Policy::Random,
    ];
    let waits = order.map(mean);
    assert!(waits.is_sorted_by(|less, more| less < more), "{waits:?}");
}

#[test]
fn balancers_that_know_little_are_like_chance_and_those_that_take_the_first_worse() {
    let mean = |policy, balancers| {
        let fleet = Fleet { balancers, ..fleet(0.8, policy) };
        play(fleet, &[20.0, 300.0], &[], 1).phase(1).mean().unwrap().mean
    };
    let [one, many] = [1, 500].map(|balancers| mean(Policy::Least(Ties::Random), balancers));
    let random = mean(Policy::Random, 1);
    assert!(one < 0.2 * random && (many / random - 1.0).abs() < 0.2, "{one} {many} {random}");
    assert!(mean(Policy::Least(Ties::First), 500) > 5.0 * random);
}

#[test]
fn times_and_what_is_left_of_them_have_the_right_means() {
    let mut random = StdRng::seed_from_u64(3);
    let lognormal = Service::lognormal(2.0, 0.5);
    // What is left is on average half of the mean square by the mean.
    for (service, rest) in
        [(Service::Exponential { mean: 2.0 }, 2.0), (Service::Fixed { mean: 2.0 }, 1.0), (lognormal, 1.25)]
    {
        let mut mean_of = |draw: fn(Service, &mut StdRng) -> f64| {
            (0..200_000).map(|_| draw(service, &mut random)).sum::<f64>() / 200_000.0
        };
        let means = [mean_of(Service::sample), mean_of(Service::residual)];
        let far = [means[0] / 2.0 - 1.0, means[1] / rest - 1.0];
        assert!(far.iter().all(|far| far.abs() < 0.02), "{service:?}: {means:?}");
    }
}

#[test]
fn a_full_queue_lets_nobody_in() {
    // Twice as many come as can be served.
    let full = Fleet { backlog: 5, ..fleet(2.0, Policy::Random) };
    assert!((full.utilisation() - 2.0).abs() < 1e-9 && (full.capacity() - 32.0).abs() < 1e-9);
    let waits = play(full, &[20.0, 200.0], &[], 1);
    let phase = waits.phase(1);
    let refused =
        float(usize::try_from(phase.counts.full).unwrap()) / float(usize::try_from(phase.came()).unwrap());
    assert!((refused - 0.5).abs() < 0.02, "{refused}");
    // Five wait for one of four slots: not longer than about 5 × 25 ms on average.
    assert!(phase.mean().unwrap().mean < 0.13);
}

#[test]
fn a_replica_that_refuses_draws_all_who_go_where_the_fewest_are() {
    let died = |policy, change| {
        let script = [(10.0, 3, change), (20.0, 3, Change::Forget)];
        let waits = play(fleet(0.7, policy), &[10.0 - 1e-9, 20.0, 30.0], &script, 1);
        let [during, after] = [1, 2].map(|phase| waits.phase(phase).counts);
        assert!((1..=8).contains(&during.lost), "{during:?}");
        assert_eq!(after, Counts::default());
        float(usize::try_from(during.unreachable).unwrap())
            / float(usize::try_from(waits.phase(1).came()).unwrap())
    };
    let least = Policy::Least(Ties::Random);
    // The seven others have one connection each, or less: they serve 70 per second of 224.
    assert!(died(least, Change::Crash) > 0.68 && died(Policy::OneQueue, Change::Crash) > 0.68);
    let random = died(Policy::Random, Change::Crash);
    assert!((random - 0.125).abs() < 0.02, "{random}");
    // Who does not answer keeps those who wait for an answer.
    assert!(died(least, Change::Vanish) < 0.05);
}

#[test]
fn who_loses_a_connection_comes_again() {
    let script = [
        (10.0, 0, Change::Crash),
        (10.0, 0, Change::Forget),
        (15.0, 0, Change::Start),
        (16.0, 0, Change::Learn),
    ];
    let came = |again| {
        let waits = play(Fleet { again, ..fleet(0.5, Policy::RoundRobin) }, &[10.0 - 1e-9, 30.0], &script, 1);
        (waits.phase(1).counts, waits.phase(1).came())
    };
    let ((lost, without), (same, with)) = (came(None), came(Some(0.5)));
    assert!(lost.lost > 0 && (lost.unreachable, lost) == (0, same), "{lost:?}");
    // Other dice are thrown then, so not exactly.
    assert!(with.abs_diff(without) < without / 5);
}

#[test]
fn who_has_said_that_it_leaves_serves_those_who_are_there() {
    for policy in POLICIES {
        let script = [
            (10.0, 2, Change::Forget),
            (11.0, 2, Change::Stop),
            (13.0, 2, Change::Start),
            (13.5, 2, Change::Learn),
        ];
        let waits = play(fleet(0.5, policy), &[10.0, 20.0], &script, 1);
        assert_eq!(waits.phase(1).counts, Counts::default(), "{policy:?}");
        let early = [(10.0, 2, Change::Stop), (11.0, 2, Change::Forget)];
        let waits = play(fleet(0.5, policy), &[10.0, 20.0], &early, 1);
        assert!(waits.phase(1).counts.unreachable > 0, "{policy:?}");
    }
}

#[test]
fn slow_replicas_are_counted() {
    let slow = |policy| {
        let waits = play(Fleet { slow: Some((4, 3.0)), ..fleet(0.5, policy) }, &[10.0, 100.0], &[], 1);
        float(usize::try_from(waits.phase(1).counts.slow).unwrap())
            / float(usize::try_from(waits.phase(1).served()).unwrap())
    };
    assert!((slow(Policy::RoundRobin) - 0.25).abs() < 0.01);
    assert!(slow(Policy::Least(Ties::Random)) < 0.15);
}

#[test]
fn the_same_seed_is_the_same_play() {
    let played = |seed| {
        let waits = play(fleet(0.9, Policy::TwoChoices), &[10.0], &[], seed);
        (waits.phase(0).came(), waits.phase(0).mean().unwrap().mean.to_bits())
    };
    assert_eq!(played(7), played(7));
    assert_ne!(played(7), played(8));
}

proptest! {
    #[test]
    fn departures_come_in_their_order(
        steps in prop::collection::vec((0.0..40.0, prop::bool::ANY, 0.0..3.0), 1..400),
    ) {
        let mut calendar = Calendar::new(4, 0.2);
        let (mut now, mut there, mut number) = (0.0, Vec::<f64>::new(), 0);
        for (away, near, pause) in steps {
            let time = now + if near { away / 100.0 } else { away };
            calendar.add(Departure { time, replica: number, balancer: 0, life: 0 });
            number += 1;
            there.push(time);
            now += pause;
            let mut gone = Vec::new();
            while let Some(departure) = calendar.pop_until(now) {
                gone.push(departure.time);
            }
            there.sort_by(f64::total_cmp);
            let due = there.partition_point(|time| *time <= now);
            prop_assert_eq!(gone, there.drain(..due).collect::<Vec<f64>>());
        }
        let rest = std::iter::from_fn(|| calendar.pop_until(f64::INFINITY)).count();
        prop_assert_eq!(rest, there.len());
    }

    #[test]
    fn the_least_is_one_of_the_least(
        changes in prop::collection::vec((0_usize..6, 0_usize..5), 1..200),
        in_order in prop::bool::ANY,
    ) {
        let mut random = StdRng::seed_from_u64(1);
        let (mut ranking, mut levels) = (Ranking::new(6, in_order), [None; 6]);
        for (replica, level) in changes {
            if let Some(level) = levels[replica].take() {
                ranking.remove(replica, level);
            }
            // One level means that it leaves.
            if level < 4 {
                ranking.insert(replica, level);
                levels[replica] = Some(level);
            }
            let least = levels.iter().flatten().min();
            let found = ranking.least(&mut random);
            prop_assert_eq!(found.map(|found| levels[found]), least.map(|least| Some(*least)));
            if let (Some(found), true) = (found, in_order) {
                prop_assert_eq!(levels.iter().position(|level| level.as_ref() == least), Some(found));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn everybody_who_came_is_served_or_counted(
        utilisation in 0.1..1.5, policy in prop::sample::select(&POLICIES), backlog in 0_usize..10, seed: u64,
        changes in prop::collection::vec((0.0..20.0, 0_usize..8, prop::sample::select(&[
            Change::Forget, Change::Learn, Change::Stop, Change::Crash, Change::Vanish, Change::Start,
        ])), 0..20),
    ) {
        let balancers = if policy == Policy::OneQueue { 1 } else { 3 };
        let fleet = Fleet { backlog, balancers, ..fleet(utilisation, policy) };
        let waits = play(fleet, &[20.0], &changes, seed);
        let phase = waits.phase(0);
        // So many come in 20 seconds, and chance is within six standard deviations. Who had begun and is lost counts twice.
        let expected = fleet.rate * 20.0;
        let chance = 6.0 * expected.sqrt();
        let [came, lost] = [phase.came(), phase.counts.lost].map(|count| float(usize::try_from(count).unwrap()));
        prop_assert!(came + lost >= expected - chance, "{came} of {expected}: {:?}", phase.counts);
        prop_assert!(came <= expected + chance, "{came} of {expected}: {:?}", phase.counts);
    }
}
