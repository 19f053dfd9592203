//! Pretended work: sleeps, then computes, for a time that is known, or whose distribution is.

use std::cell::RefCell;
use std::hash::{BuildHasher as _, RandomState};
use std::thread;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng as _};
use rand_distr::{Distribution as _, Exp1};

use crate::config::{Distribution, WORK_MAX, Work};
use crate::sys;

thread_local! {
    /// What decides where chance is to decide. Threads begin after the fork, each from the kernel's entropy, so that no two
    /// workers draw the same. That comes by way of the standard library, which asks by getrandom(2); `rand` asks the C
    /// library, and in a static program opens a file, which the sandbox refuses.
    static RANDOM: RefCell<StdRng> = RefCell::new(StdRng::seed_from_u64(RandomState::new().hash_one(())));
}

/// Works as it is told for one message.
pub(crate) fn work(work: Work) {
    if work.is_none() {
        return;
    }
    let Work { sleep, cpu, distribution } = work;
    let time = |mean| RANDOM.with_borrow_mut(|random| draw(mean, distribution, random));
    if !sleep.is_zero() {
        thread::sleep(time(sleep));
    }
    if !cpu.is_zero() {
        let end = sys::cpu_time().saturating_add(time(cpu));
        while sys::cpu_time() < end {
            std::hint::spin_loop();
        }
    }
}

/// How long it takes this time, [`WORK_MAX`] at most: of means up to 3 minutes, that cuts one draw in 10⁸.
fn draw(mean: Duration, distribution: Distribution, random: &mut impl Rng) -> Duration {
    match distribution {
        Distribution::Fixed => mean,
        Distribution::Exponential => {
            let share: f64 = Exp1.sample(random);
            Duration::try_from_secs_f64(mean.as_secs_f64() * share)
                .map_or(WORK_MAX, |time| time.min(WORK_MAX))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEAN: Duration = Duration::from_millis(10);

    fn draws(mean: Duration, count: usize) -> Vec<Duration> {
        let mut random = StdRng::seed_from_u64(7);
        std::iter::repeat_with(|| draw(mean, Distribution::Exponential, &mut random)).take(count).collect()
    }

    #[test]
    fn fixed_work_is_the_same_each_time() {
        let mut random = StdRng::seed_from_u64(7);
        assert_eq!(draw(MEAN, Distribution::Fixed, &mut random), MEAN);
    }

    #[test]
    fn exponential_work_has_its_mean_and_its_tail() {
        const COUNT: u32 = 100_000;
        let draws = draws(MEAN, COUNT as usize);
        let mean = draws.iter().sum::<Duration>() / COUNT;
        // Six standard errors, of which one is the mean by the root of the count.
        assert!(mean.abs_diff(MEAN) < MEAN * 6 / 316, "{mean:?}");
        for (times, chance) in [(1, 0.367_879), (2, 0.135_335), (5, 0.006_738)] {
            let longer = draws.iter().filter(|draw| **draw > MEAN * times).count();
            let (wanted, count) = (f64::from(COUNT) * chance, f64::from(u32::try_from(longer).unwrap()));
            assert!((count - wanted).abs() < 6.0 * wanted.sqrt(), "{longer} of {COUNT} exceed {times} means");
        }
    }

    #[test]
    fn no_draw_exceeds_the_longest_work() {
        let draws = draws(WORK_MAX, 1000);
        assert_eq!(draws.iter().max(), Some(&WORK_MAX));
        assert!(draws.iter().any(|draw| *draw < WORK_MAX / 2));
    }

    #[test]
    fn pretended_computing_takes_cpu_time() {
        let before = sys::cpu_time();
        work(Work { cpu: Duration::from_millis(5), ..Work::default() });
        assert!(sys::cpu_time() >= before + Duration::from_millis(5));
    }
}
