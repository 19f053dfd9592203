//! The torture suite: does to a server what can happen to one, under load, and looks after each step whether all is
//! as it should be. `docs/torture.md` says how to use it.

mod arguments;
mod census;
mod cgroup;
mod clients;
mod errand;
mod journal;
mod monitor;
mod oracle;
mod outside;
mod preload;
mod relay;
mod run;
mod seeds;
mod steps;
mod stopwatch;
mod subject;
mod verdict;
mod violation;
mod world;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::Parser;
use signal_hook::consts::SIGINT;

use arguments::Arguments;
use journal::Journal;
use outside::INTERRUPTED;
use run::Run;
use world::World;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let code = match world::folder() {
        Ok(None) => return outside::enter(&arguments),
        Ok(Some(folder)) => torture(&arguments, folder),
        Err(error) => Err(error),
    };
    code.unwrap_or_else(|error| {
        eprintln!("torture: {error}");
        ExitCode::FAILURE
    })
}

fn torture(arguments: &Arguments, folder: PathBuf) -> Result<ExitCode, String> {
    let interrupted = Arc::new(AtomicBool::new(false));
    let caught = signal_hook::flag::register(SIGINT, Arc::clone(&interrupted));
    caught.map_err(|error| error.to_string())?;
    let seed = arguments.seed.unwrap_or_else(|| rand::random::<u32>().into());
    println!("--seed {seed}");
    let world = World::set_up(folder)?;
    let mut run = Run::new(arguments, world, seed).map_err(|violation| violation.to_string())?;
    let steps = steps::possible(arguments, &run)?;
    let mut journal = Journal::new(&run.world.folder);
    let is_interrupted = || interrupted.load(Ordering::SeqCst);
    let result = run.go_on(arguments, &steps, &mut journal, is_interrupted);
    let code = match result {
        Err(violation) if !is_interrupted() => {
            journal.report(seed, &run, &violation);
            ExitCode::FAILURE
        }
        // What is left half done may look like anything.
        _ => {
            journal.summarise(&run);
            if is_interrupted() { ExitCode::from(INTERRUPTED) } else { ExitCode::SUCCESS }
        }
    };
    run.subject.kill();
    Ok(code)
}
