//! Queues that are played through, with dice that can be thrown again: a check that knows none of the formulas.

use rand::SeedableRng;
use rand::rngs::StdRng;
use rand_distr::{Distribution as _, Exp1};

use super::{Load, ServiceTimes};
use crate::statistics::BatchMeans;

/// One who came, with the moments in seconds from the start.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Visit {
    pub(crate) arrived: f64,
    pub(crate) began: f64,
    pub(crate) ended: f64,
    /// How many of those who came before were still there.
    pub(crate) found: usize,
}

/// So many visits, by the time of their arrival.
pub(crate) fn play(load: &Load, slots: usize, arrivals: usize, seed: u64) -> Vec<Visit> {
    let mut random = StdRng::seed_from_u64(seed);
    let mut exponential = |mean: f64| {
        let share: f64 = Exp1.sample(&mut random);
        mean * share
    };
    let mut free_at = vec![0.0_f64; slots];
    let mut there: Vec<f64> = Vec::new();
    let mut arrived = 0.0;
    let visit = || {
        arrived += exponential(1.0 / load.rate);
        let first = free_at.iter_mut().min_by(|one, two| one.total_cmp(two)).unwrap();
        let began = first.max(arrived);
        let ended = began
            + match load.times {
                ServiceTimes::Fixed => load.service,
                ServiceTimes::Exponential => exponential(load.service),
                ServiceTimes::Varying { .. } => unreachable!("no distribution has just a coefficient"),
            };
        *first = ended;
        there.retain(|ended| *ended > arrived);
        let found = there.len();
        there.push(ended);
        Visit { arrived, began, ended, found }
    };
    std::iter::repeat_with(visit).take(arrivals).collect()
}

/// The chance to wait and the mean wait of those who came.
fn measure(visits: &[Visit]) -> (BatchMeans, BatchMeans) {
    let (mut chance, mut wait) = (BatchMeans::default(), BatchMeans::default());
    for visit in visits {
        chance.add(f64::from(u8::from(visit.began > visit.arrived)));
        wait.add(visit.began - visit.arrived);
    }
    (chance, wait)
}

#[test]
fn what_is_played_agrees_with_what_is_reckoned() {
    for times in [ServiceTimes::Exponential, ServiceTimes::Fixed] {
        for (slots, utilisation) in [(1, 0.7), (4, 0.5), (4, 0.8), (16, 0.9)] {
            let load = Load { rate: utilisation * f64::from(slots) * 100.0, service: 0.01, times };
            let (chance, wait) = measure(&play(&load, slots as usize, 150_000, 5));
            let steady = load.steady(slots).unwrap();
            for (played, reckoned) in [(chance, steady.chance_to_wait), (wait, steady.mean_wait)] {
                let interval = played.interval().unwrap();
                let far = (interval.mean - reckoned).abs() / interval.half_width;
                assert!(far < 2.0, "{times:?} {slots} {utilisation}: {interval:?}, {reckoned}");
                assert!(interval.half_width < 0.25 * reckoned, "the interval says something: {interval:?}");
            }
        }
    }
}

#[test]
fn the_intervals_of_a_queue_hold_its_true_mean() {
    let load = Load { rate: 320.0, service: 0.01, times: ServiceTimes::Exponential };
    let wait = load.steady(4).unwrap().mean_wait;
    let holds = |seed: &u64| {
        let interval = measure(&play(&load, 4, 20_000, *seed)).1.interval().unwrap();
        (interval.mean - wait).abs() <= interval.half_width
    };
    // Of 200 with a confidence of 95 %: 190, and six standard deviations less would be 171.
    let held = (0..200).filter(holds).count();
    assert!((171..=199).contains(&held), "{held} of 200");
}
