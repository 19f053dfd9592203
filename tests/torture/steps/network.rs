//! What is done to the packets.

use std::thread;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::clients::Server;
use crate::clients::script::{Play, Script};
use crate::relay::Relay;
use crate::run::{Run, last};
use crate::verdict::losses::Outcome;
use crate::violation::{Invariant, Result, Violates};
use crate::world;

/// How long it is like that.
const LASTS: Duration = Duration::from_millis(2500);
/// How long the relay keeps each piece back.
const DELAY: Duration = Duration::from_millis(30);

/// Of any packets so many in a hundred get lost.
pub(super) fn loss(run: &mut Run) -> Result<String> {
    let percent = run.random.random_range(2..20);
    world::set_loss(percent).violates(Invariant::Suite)?;
    last(LASTS);
    world::clear_loss().violates(Invariant::Suite)?;
    Ok(format!("{percent} % lost"))
}

pub(super) fn netem(run: &mut Run) -> Result<String> {
    let _ = run;
    world::set_netem(&["delay", "20ms", "10ms", "duplicate", "5%", "reorder", "25%"])
        .violates(Invariant::Suite)?;
    last(LASTS);
    world::clear_netem().violates(Invariant::Suite)?;
    Ok("delayed, doubled and disordered".to_owned())
}

/// Some clients come by way of a relay that takes its time.
pub(super) fn delay(run: &mut Run) -> Result<String> {
    let scripts =
        [Script::Fast, Script::Slow, Script::HalfOpen, Script::Pipelining, Script::OneByte, Script::Empty];
    let relay = Relay::start(run.subject.server.port, DELAY).violates(Invariant::Suite)?;
    let server = Server { port: relay.port, ..run.subject.server };
    let (began, seed) = (run.began, run.random.random());
    let outcomes: Vec<Outcome> = thread::scope(|scope| {
        let play = |script| {
            let mut random = StdRng::seed_from_u64(seed);
            Play { server, began, hurry: &|| true }.run(script, &mut random)
        };
        let plays = scripts.map(|script| scope.spawn(move || play(script)));
        plays.map(|play| play.join().expect("it does not panic")).into()
    });
    run.oracle.judge(&outcomes)?;
    drop(relay);
    Ok(format!("{} by a relay", outcomes.len()))
}
