//! The formulas against values that were reckoned otherwise, and against what must hold for any queue.

use proptest::prelude::*;

use super::*;

fn load(offered: f64, times: ServiceTimes) -> Load {
    Load { rate: offered * 100.0, service: 0.01, times }
}

fn exponential(offered: f64, slots: u32) -> Steady {
    load(offered, ServiceTimes::Exponential).steady(slots).unwrap()
}

fn fixed(offered: f64, slots: u32) -> Steady {
    load(offered, ServiceTimes::Fixed).steady(slots).unwrap()
}

#[track_caller]
fn assert_near(found: f64, wanted: f64, tolerance: f64) {
    assert!((found - wanted).abs() <= tolerance * wanted.abs(), "{found} is not {wanted}");
}

#[test]
fn erlang_c_has_the_values_of_exact_arithmetic() {
    // From the definition, a sum of powers by factorials, with 60 digits.
    for (offered, slots, chance) in [
        (0.5, 1, 0.5),
        (2.0, 4, 0.173_913_043_478_261),
        (3.2, 4, 0.596_432_471_787_404),
        (3.8, 4, 0.891_418_995_177_674),
        (8.0, 10, 0.409_180_150_796_444),
        (90.0, 100, 0.216_940_480_906_366),
        (950.0, 1000, 0.068_253_415_377_141_4),
        (65_000.0, 65_536, 0.020_965_090_087_845_4),
    ] {
        let steady = exponential(offered, slots);
        assert_near(steady.chance_to_wait, chance, 1e-11);
        assert_near(steady.mean_wait, chance * 0.01 / (f64::from(slots) - offered), 1e-11);
    }
}

#[test]
fn fixed_times_have_the_values_of_spitzers_series() {
    // Chance = 1 - exp(-∑ P(N ≥ kc) / k), mean = ∑ E(N - kc)⁺ / k / rate, N of Poisson's distribution with mean ka: the
    // other exact way, summed with 30 digits.
    for (utilisation, slots, chance, wait) in [
        (0.5, 1, 0.5, 0.5),
        (0.5, 4, 0.163_293_894_949_09, 0.049_651_738_782_609),
        (0.8, 4, 0.578_282_015_456_75, 0.386_094_930_846_92),
        (0.8, 16, 0.281_604_418_585_52, 0.052_547_891_103_737),
        (0.9, 100, 0.195_342_859_638_45, 0.012_333_473_708_097),
    ] {
        let steady = fixed(utilisation * f64::from(slots), slots);
        assert_near(steady.chance_to_wait, chance, 1e-12);
        assert_near(steady.mean_wait, wait * 0.01, 1e-11);
    }
}

#[test]
fn the_quantiles_of_fixed_times_are_those_of_the_exact_distribution() {
    // By Franx's formula ("A simple solution for the M/D/c waiting time distribution", 2001), in service times.
    for (utilisation, quantiles) in [
        (0.8, [(0.9, 1.11928), (0.99, 2.45458), (0.999, 3.79067)]),
        (0.95, [(0.5, 1.48473), (0.9, 5.44019), (0.99, 11.09908)]),
    ] {
        for (share, wanted) in quantiles {
            assert_near(fixed(4.0 * utilisation, 4).quantile(share), wanted * 0.01, 1e-3);
        }
    }
    assert_near(fixed(2.0, 4).quantile(0.99), 0.007_108_1, 0.01);
}

#[test]
fn the_short_waits_of_fixed_times_are_within_half_a_service() {
    let (mut least, mut most) = (0.0_f64, 0.0_f64);
    for (utilisation, share) in (2..99).flat_map(|part| (1..100).map(move |share| (part, share))) {
        let (utilisation, share) = (f64::from(utilisation) / 100.0, f64::from(share) / 100.0);
        // Of one slot, less than a service time: P(W ≤ t) = (1 - ρ) e^(ρ t) (Erlang, 1909), in service times.
        let exact = (share / (1.0 - utilisation)).ln() / utilisation;
        if (0.0..1.0).contains(&exact) {
            let error = fixed(utilisation, 1).quantile(share) * 100.0 - exact;
            (least, most) = (least.min(error), most.max(error));
        }
    }
    assert!(-0.1 < least && least < -0.05 && 0.25 < most && most < 0.5, "{least} {most}");
}

#[test]
fn what_is_lost_in_rounding_is_nothing() {
    let steady = fixed(1.0, 60);
    assert!(steady.chance_to_wait <= 0.0 && steady.mean_wait <= 0.0, "{steady:?}");
    assert!(exponential(1.0, 60).chance_to_wait > 0.0);
}

#[test]
fn one_slot_is_the_formula_of_pollaczek_and_khinchine() {
    for utilisation in [0.01, 0.3, 0.7, 0.99, 0.9999] {
        let wait = 0.01 * utilisation / (1.0 - utilisation);
        assert_near(exponential(utilisation, 1).mean_wait, wait, 1e-9);
        assert_near(fixed(utilisation, 1).mean_wait, wait / 2.0, 1e-9);
        assert_near(fixed(utilisation, 1).chance_to_wait, utilisation, 1e-9);
        let varying = load(utilisation, ServiceTimes::Varying { coefficient: 2.0 }).steady(1).unwrap();
        assert_near(varying.mean_wait, wait * 2.5, 1e-9);
    }
}

#[test]
fn in_heavy_traffic_fixed_times_halve_the_wait() {
    for slots in [2, 4, 100] {
        let offered = 0.9999 * f64::from(slots);
        assert_near(fixed(offered, slots).mean_wait, exponential(offered, slots).mean_wait / 2.0, 2e-2);
    }
}

#[test]
fn a_queue_that_cannot_keep_up_is_not_steady() {
    let three = load(3.0, ServiceTimes::Exponential);
    assert_eq!((three.steady(3), three.steady(0)), (None, None));
    assert_near(three.growth(2), 100.0, 1e-12);
    assert!(three.growth(3) <= 0.0 && three.growth(4) <= 0.0);
}

#[test]
fn the_largest_pools_are_reckoned_without_overflow() {
    for times in [ServiceTimes::Exponential, ServiceTimes::Fixed] {
        for (offered, slots) in [(1.0, 65_536), (65_535.0, 65_536), (999_000.0, SLOTS_MAX), (1e-9, SLOTS_MAX)]
        {
            let steady = load(offered, times).steady(slots).unwrap();
            let figures = [steady.chance_to_wait, steady.mean_wait, steady.quantile(0.99)];
            assert!(figures.iter().all(|figure| figure.is_finite() && *figure >= 0.0), "{figures:?}");
        }
    }
}

#[test]
fn who_needs_more_slots_than_there_may_be_is_told() {
    let target = Target { chance: Some(0.5), ..Target::default() };
    assert_eq!(least_slots(&load(2e6, ServiceTimes::Exponential), &target), None);
}

/// The chance to wait longer than this, in seconds.
fn chance_of_longer(steady: &Steady, seconds: f64) -> f64 {
    (steady.tail.factor * (-steady.tail.decay * seconds).exp()).min(steady.chance_to_wait)
}

/// Any times for which slots are held.
fn any_times() -> impl Strategy<Value = ServiceTimes> {
    prop_oneof![
        Just(ServiceTimes::Exponential),
        Just(ServiceTimes::Fixed),
        (0.0..4.0).prop_map(|coefficient| ServiceTimes::Varying { coefficient }),
    ]
}

proptest! {
    #[test]
    fn more_slots_wait_less_and_more_arrivals_wait_more(times in any_times(), slots in 1_u32..300, utilisation in 0.01..0.99) {
        const NOISE: f64 = 1e-10;
        let offered = utilisation * f64::from(slots);
        let steady = |offered: f64, slots| load(offered, times).steady(slots).unwrap();
        let (here, less) = (steady(offered, slots), steady(offered * 0.99, slots));
        let wider = steady(offered, slots + 1);
        for other in [less, wider] {
            prop_assert!(other.chance_to_wait <= here.chance_to_wait + NOISE);
            prop_assert!(other.mean_wait <= here.mean_wait + NOISE);
            prop_assert!(other.quantile(0.99) <= here.quantile(0.99) + NOISE);
        }
    }

    #[test]
    fn a_quantile_is_exceeded_by_the_rest(times in any_times(), slots in 1_u32..50, utilisation in 0.05..0.99, share in 0.01..0.999) {
        let steady = load(utilisation * f64::from(slots), times).steady(slots).unwrap();
        let wait = steady.quantile(share);
        let longer = chance_of_longer(&steady, wait);
        prop_assert!(longer <= 1.0 - share + 1e-9);
        prop_assert!(wait == 0.0 || (longer - (1.0 - share)).abs() < 1e-9);
    }

    #[test]
    fn the_mean_is_that_of_the_tail(slots in 1_u32..50, utilisation in 0.05..0.99, coefficient in 0.0..3.0) {
        let steady = load(utilisation * f64::from(slots), ServiceTimes::Varying { coefficient }).steady(slots).unwrap();
        // The mean is the integral of the chance to wait longer, and Little's law counts who waits.
        prop_assert!((steady.chance_to_wait / steady.tail.decay - steady.mean_wait).abs() <= 1e-9 * steady.mean_wait);
        let waiting = steady.mean_waiting(utilisation * f64::from(slots) * 100.0);
        let erlang: f64 = steady.chance_to_wait * utilisation / (1.0 - utilisation) * f64::midpoint(1.0, coefficient * coefficient);
        prop_assert!((waiting - erlang).abs() <= 1e-9 * erlang);
    }

    #[test]
    fn the_slots_that_are_found_are_the_least(
        times in any_times(),
        offered in 0.01..400.0,
        mean_wait in prop::option::of(1e-6..1.0),
        p99 in prop::option::of(1e-6..1.0),
        chance in prop::option::of(1e-6..1.0),
    ) {
        let (load, target) = (load(offered, times), Target { mean_wait, p99, chance });
        let slots = least_slots(&load, &target).unwrap();
        prop_assert!(target.is_met(&load.steady(slots).unwrap()));
        prop_assert!(!load.steady(slots - 1).is_some_and(|steady| target.is_met(&steady)));
    }
}

#[test]
fn one_queue_is_shorter_than_many() {
    let load = load(48.0, ServiceTimes::Exponential);
    let fleet = Fleet { replicas: 4, slots: 16 };
    let [one, many] = [Sharing::OneQueue, Sharing::Random].map(|way| way.steady(&load, fleet).unwrap());
    assert_eq!((one, many), (exponential(48.0, 64), exponential(12.0, 16)));
    assert!(one.mean_wait < many.mean_wait / 8.0);
    let alone = Fleet { replicas: 1, slots: 64 };
    assert_eq!(Sharing::Random.steady(&load, alone), Sharing::OneQueue.steady(&load, alone));
}

#[test]
fn a_fleet_has_so_many_slots_at_most() {
    assert_eq!(Fleet { replicas: 4_000, slots: 250 }.capacity(), Some(SLOTS_MAX));
    assert_eq!(Fleet { replicas: 4_001, slots: 250 }.capacity(), None);
    assert_eq!(Fleet { replicas: u32::MAX, slots: 2 }.capacity(), None);
    let (load, target) = (load(2e6, ServiceTimes::Exponential), Target::default());
    assert_eq!(Sharing::Random.least_replicas(&load, 64, &target), None);
    assert_eq!(Sharing::OneQueue.least_slots(&load, SLOTS_MAX, &target), None);
}

proptest! {
    #[test]
    fn the_replicas_and_slots_that_are_found_are_the_least(
        times in any_times(), offered in 0.01..400.0, given in 1_u32..80, p99 in 1e-6..1.0,
        sharing in prop::sample::select(&[Sharing::OneQueue, Sharing::Random]),
    ) {
        let (load, target) = (load(offered, times), Target { p99: Some(p99), ..Target::default() });
        let meets = |replicas, slots| {
            sharing.steady(&load, Fleet { replicas, slots }).is_some_and(|steady| target.is_met(&steady))
        };
        let replicas = sharing.least_replicas(&load, given, &target).unwrap();
        prop_assert!(meets(replicas, given) && (replicas == 1 || !meets(replicas - 1, given)));
        let slots = sharing.least_slots(&load, given, &target).unwrap();
        prop_assert!(meets(given, slots) && (slots == 1 || !meets(given, slots - 1)));
        // One queue never needs more.
        prop_assert!(Sharing::OneQueue.least_replicas(&load, given, &target) <= Sharing::Random.least_replicas(&load, given, &target));
    }
}
