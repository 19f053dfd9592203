//! The torture suite: does to a server what can happen to one, under load, and looks after each step whether all is
//! as it should be. `docs/torture.md` says how to use it.

mod arguments;
mod census;
mod cgroup;
mod clients;
mod journal;
mod oracle;
mod preload;
mod relay;
mod run;
mod steps;
mod subject;
mod verdict;
mod violation;
mod world;

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::Parser;
use signal_hook::consts::SIGINT;

use arguments::Arguments;
use journal::Journal;
use run::Run;
use world::World;

/// As a shell has it.
const INTERRUPTED: u8 = 130;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if !world::is_inside() {
        return world::enter(&arguments);
    }
    torture(&arguments).unwrap_or_else(|error| {
        eprintln!("torture: {error}");
        ExitCode::FAILURE
    })
}

fn torture(arguments: &Arguments) -> Result<ExitCode, String> {
    let interrupted = Arc::new(AtomicBool::new(false));
    let caught = signal_hook::flag::register(SIGINT, Arc::clone(&interrupted));
    caught.map_err(|error| error.to_string())?;
    let seed = arguments.seed.unwrap_or_else(|| rand::random::<u32>().into());
    println!("--seed {seed}");
    let world = World::set_up()?;
    let steps = steps::possible(arguments, &world)?;
    let mut journal = Journal::new();
    let mut run = Run::new(arguments, world, seed).map_err(|violation| violation.to_string())?;
    let result = run.go_on(arguments, &steps, &mut journal, || interrupted.load(Ordering::SeqCst));
    let code = match result {
        Ok(()) => {
            journal.summarise(&run);
            if interrupted.load(Ordering::SeqCst) { ExitCode::from(INTERRUPTED) } else { ExitCode::SUCCESS }
        }
        Err(violation) => {
            journal.report(seed, &run, &violation);
            ExitCode::FAILURE
        }
    };
    run.subject.kill();
    Ok(code)
}
