//! The model: a pool of processes that do as they like, and the real table, plan and transitions as their master.
//!
//! Whatever happens in whatever order, the laws hold at each turn; and when nothing more happens but time, the pool gets
//! to where it is to be. A sequence that breaks a law is made as short as it can be.

mod back_off;
mod laws;
mod process;
mod step;
mod tally;
mod turn;
mod world;

use std::cell::RefCell;

use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};

use step::{Pace, Step};
use tally::Tally;
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

/// Plays the steps, and then lets time go by; what the master has done.
fn play(terms: Terms, steps: &[(Step, Pace)]) -> Result<Tally, TestCaseError> {
    let mut world = World::new(terms);
    world.begin()?;
    for (step, pace) in steps {
        if world.is_over {
            return Ok(world.tally);
        }
        world.take(*step);
        world.go_on(*pace)?;
    }
    world.come_to_rest()?;
    Ok(world.tally)
}

proptest! {
    #![proptest_config(so_many(400))]

    #[test]
    fn whatever_happens_the_laws_of_a_pool_hold(terms in Terms::any(), steps in step::life(60)) {
        play(terms, &steps)?;
    }
}

proptest! {
    #![proptest_config(so_many(12_000))]

    #[test]
    #[ignore = "it takes two minutes"]
    fn whatever_happens_for_long_the_laws_of_a_pool_hold(terms in Terms::any(), steps in step::life(200)) {
        play(terms, &steps)?;
    }
}

/// A law says nothing of what does not happen.
#[test]
fn pools_get_to_where_the_laws_are_about_something() {
    let config = ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let all = RefCell::new(Tally::default());
    let pools = (Terms::any(), step::life(60));
    runner
        .run(&pools, |(terms, steps)| {
            all.borrow_mut().add(&play(terms, &steps)?);
            Ok(())
        })
        .unwrap();
    let all = all.into_inner();
    let least = [
        ("opened", 100),
        ("given up", 5),
        ("committed", 150),
        ("abandoned", 70),
        ("aborted", 10),
        ("killed", 150),
        ("recycled", 30),
        ("resized", 20),
        ("relieved", 3),
        ("retired", 400),
        ("drained", 15),
        ("stopped", 40),
        ("had its grace", 3),
        ("poked", 1000),
        ("told in vain", 40),
        ("could not fork", 70),
        ("respawned late", 90),
        ("scaled in vain", 15),
    ];
    let rare = least.into_iter().find(|(deed, least)| all.count(deed) < *least);
    assert_eq!(rare, None, "{all:?}");
}
