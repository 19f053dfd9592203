//! The model: a pool of processes that do as they like, and the real table, plan and transitions as their master.
//!
//! Whatever happens in whatever order, the laws hold at each turn; and when nothing more happens but time, the pool gets
//! to where it is to be. A sequence that breaks a law is made as short as it can be.

mod back_off;
mod laws;
mod process;
mod step;
mod turn;
mod world;

use proptest::collection::vec;
use proptest::prelude::*;

use step::{Pace, Step};
use world::{Terms, World};

/// What a law says of a world in which it does not hold.
type Law = Result<(), TestCaseError>;

fn ensure(holds: bool, law: impl FnOnce() -> String) -> Law {
    if holds { Ok(()) } else { Err(TestCaseError::fail(law())) }
}

/// So many pools, unless `PROPTEST_CASES` says how many.
fn so_many(cases: u32) -> ProptestConfig {
    let config =
        ProptestConfig { max_shrink_iters: 20_000, failure_persistence: None, ..ProptestConfig::default() };
    if std::env::var_os("PROPTEST_CASES").is_some() { config } else { ProptestConfig { cases, ..config } }
}

/// Plays the steps, and then lets time go by.
fn play(terms: Terms, steps: &[(Step, Pace)]) -> Law {
    let mut world = World::new(terms);
    for (step, pace) in steps {
        if world.is_over {
            return Ok(());
        }
        world.take(*step);
        world.go_on(*pace)?;
    }
    world.come_to_rest()
}

proptest! {
    #![proptest_config(so_many(400))]

    #[test]
    fn whatever_happens_the_laws_of_a_pool_hold(terms in Terms::any(), steps in vec(Step::any(), 0..60)) {
        play(terms, &steps)?;
    }
}

proptest! {
    #![proptest_config(so_many(12_000))]

    #[test]
    #[ignore = "it takes a minute"]
    fn whatever_happens_for_long_the_laws_of_a_pool_hold(terms in Terms::any(), steps in vec(Step::any(), 0..200)) {
        play(terms, &steps)?;
    }
}
