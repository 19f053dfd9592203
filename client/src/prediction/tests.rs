//! Runs that are played through, and what is predicted for them.

use std::time::{Duration, Instant};

use super::*;
use crate::queueing::simulation::play;

/// A run against four slots, with this utilisation.
fn run(utilisation: f64, times: ServiceTimes, count: usize) -> Observed {
    let load = Load { rate: utilisation * 400.0, service: 0.01, times };
    let began = Instant::now();
    let mut observed = Observed::new(4);
    for visit in play(&load, 4, count, 5) {
        let sojourn = Duration::from_secs_f64(visit.ended - visit.arrived);
        observed.arrive(began + Duration::from_secs_f64(visit.arrived));
        observed.add(sojourn, Some(visit.found));
    }
    observed
}

fn told(observed: &Observed, service: f64) -> Counts {
    let count = number(observed.count());
    let waited_seconds = observed.sojourn().mean().unwrap() * count - service * count;
    Counts {
        ended: observed.count(),
        held_seconds: service * count,
        accepted: observed.count(),
        waited_seconds,
    }
}

fn known(counts: Counts) -> Known {
    Known { told: Told::Counts(counts), connections: counts.accepted, times: None }
}

#[test]
fn a_queue_as_in_the_books_agrees() {
    for (times, distribution) in
        [(ServiceTimes::Exponential, Distribution::Exponential), (ServiceTimes::Fixed, Distribution::Fixed)]
    {
        for utilisation in [0.5, 0.8] {
            let observed = run(utilisation, times, 100_000);
            let prediction = Prediction::new(&observed, &Known::default()).unwrap();
            assert_eq!(
                (prediction.distribution, prediction.service_from),
                (distribution, ServiceFrom::Client)
            );
            assert!((prediction.utilisation / utilisation - 1.0).abs() < 0.02, "{prediction:?}");
            for comparison in [prediction.chance_to_wait, prediction.mean_wait_seconds] {
                assert_ne!(comparison.verdict, Some(Verdict::Differs), "{prediction:?}");
                assert!(comparison.half_width.unwrap() < 0.2 * comparison.measured, "{prediction:?}");
            }
        }
    }
}

#[test]
fn the_wrong_formula_differs() {
    let observed = run(0.8, ServiceTimes::Fixed, 100_000);
    let known = Known { times: Some(ServiceTimes::Exponential), ..Known::default() };
    let prediction = Prediction::new(&observed, &known).unwrap();
    assert_eq!(prediction.mean_wait_seconds.verdict, Some(Verdict::Differs));
    let lines = lines(&prediction, false).join("\n");
    assert!(lines.contains("differs by 4") && lines.contains("Possible reasons"), "{lines}");
}

#[test]
fn what_the_server_says_of_itself_is_believed() {
    let observed = run(0.8, ServiceTimes::Exponential, 20_000);
    let mut told = told(&observed, 0.01);
    let prediction = Prediction::new(&observed, &known(told)).unwrap();
    assert_eq!((prediction.service_seconds, prediction.service_from), (0.01, ServiceFrom::Server));
    assert!(
        (prediction.server_mean_wait_seconds.unwrap() - prediction.mean_wait_seconds.measured).abs() < 1e-9
    );
    assert_eq!((prediction.foreign_connections, prediction.is_shared()), (Some(0), false));
    told.ended += 300;
    told.held_seconds += 3.0;
    let prediction = Prediction::new(&observed, &known(told)).unwrap();
    assert!(
        lines(&prediction, false).join("\n").contains("it served 300 connections that were not of this run")
    );
}

#[test]
fn a_server_that_was_started_anew_is_not_believed() {
    let observed = run(0.5, ServiceTimes::Exponential, 5000);
    let prediction =
        Prediction::new(&observed, &Known { told: Told::Restarted, ..Known::default() }).unwrap();
    assert_eq!((prediction.service_from, prediction.server_restarted), (ServiceFrom::Client, true));
    assert_eq!((prediction.server_mean_wait_seconds, prediction.foreign_connections), (None, None));
    assert!(lines(&prediction, false).join("\n").contains("started anew or upgraded in the run"));
}

#[test]
fn a_pool_that_cannot_keep_up_is_not_predicted() {
    let observed = run(1.3, ServiceTimes::Exponential, 5000);
    let known = known(told(&observed, 0.01));
    let prediction = Prediction::new(&observed, &known).unwrap();
    assert_eq!((prediction.chance_to_wait.predicted, prediction.chance_to_wait.verdict), (None, None));
    assert!(lines(&prediction, false).last().unwrap().contains("cannot keep up"));
}

#[test]
fn too_little_predicts_nothing() {
    assert_eq!(Prediction::new(&Observed::new(4), &Known::default()), None);
    let observed = run(0.5, ServiceTimes::Exponential, 20);
    assert_eq!(Prediction::new(&observed, &Known::default()), None, "nobody knows the service time");
    let known = known(told(&observed, 0.01));
    assert!(Prediction::new(&observed, &known).is_some());
}

#[test]
fn requests_that_the_client_held_back_leave_no_verdict() {
    let mut observed = run(0.8, ServiceTimes::Exponential, 5000);
    assert!(Prediction::new(&observed, &Known::default()).unwrap().chance_to_wait.verdict.is_some());
    observed.arrive(Instant::now());
    observed.add(Duration::from_millis(10), None);
    let prediction = Prediction::new(&observed, &Known::default()).unwrap();
    assert_eq!(prediction.held_back, 1);
    for comparison in [prediction.chance_to_wait, prediction.mean_wait_seconds] {
        assert!(comparison.predicted.is_some() && comparison.verdict.is_none(), "{prediction:?}");
    }
    let lines = lines(&prediction, false).join("\n");
    assert!(lines.contains("No verdict: 1 of the requests waited here"), "{lines}");
}

#[test]
fn nobody_who_waits_may_be_chance() {
    let mut observed = Observed::new(4);
    let began = Instant::now();
    for turn in 0..1000 {
        observed.arrive(began + Duration::from_millis(turn * 10));
        observed.add(Duration::from_millis(1), Some(0));
    }
    let chance = Prediction::new(&observed, &Known::default()).unwrap().chance_to_wait;
    assert_eq!(
        (chance.measured, chance.half_width, chance.verdict),
        (0.0, Some(0.003), Some(Verdict::InsideInterval))
    );
}
