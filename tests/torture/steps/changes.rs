//! What an operator asks for: reload, scale, upgrade, drain.

use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use rand::RngExt;

use crate::monitor;
use crate::oracle::probe;
use crate::run::{PATIENCE, Run, eventually, signal};
use crate::verdict::books;
use crate::violation::{Invariant, Result, Violates};

/// For how long none of the next workers is ready. Longer than anybody for whom there is a slot may wait.
const SLOW: Duration = Duration::from_secs(3);
/// What no configuration has.
const BROKEN: &str = "\n[pool\nworkers = many\n";

pub(super) fn reload(run: &mut Run) -> Result<String> {
    run.size.threads = run.random.random_range(4..=8);
    run.subject.configure(run.size, "")?;
    let times = run.random.random_range(1..=3);
    for _ in 0..times {
        let before = run.look()?.master.generation;
        run.subject.order(&["reload"])?;
        let now = run.look()?.master.generation;
        if now <= before {
            return Err(Invariant::Command.violated(format!("generation {now} after {before}, and a reload")));
        }
    }
    Ok(format!("{times} x to {} threads", run.size.threads))
}

pub(super) fn reload_in_vain(run: &mut Run) -> Result<String> {
    let before = run.look()?;
    run.subject.configure(run.size, BROKEN)?;
    let answer = run.subject.ask(&["reload"])?;
    run.subject.configure(run.size, "")?;
    let now = run.look()?;
    // The master has refused it, and says which file it did not understand.
    let file = run.subject.config().display().to_string();
    let is_refused = answer.status.code() == Some(1) && answer.complaint.contains(&file);
    if !is_refused || now.master.generation != before.master.generation {
        let (status, complaint) = (answer.status, answer.complaint);
        let text =
            format!("a broken configuration: {status}, generation {}, {complaint}", now.master.generation);
        return Err(Invariant::Command.violated(text));
    }
    Ok(format!("refused, {}", answer.status))
}

/// Workers take their time to get ready. Until they do, the old ones serve, and as many when they take over.
pub(super) fn slow_reload(run: &mut Run) -> Result<String> {
    run.calm()?;
    // None is ready before it is told that it is enough.
    run.set_fork_delay(2 * SLOW)?;
    let reload = run.subject.begin(&["reload"])?;
    let began = Instant::now();
    let mut probes = 0;
    while began.elapsed() < SLOW {
        has_no_less(run)?;
        probe(&run.subject)?;
        probes += 1;
    }
    if !reload.goes_on() {
        return Err(Invariant::Suite.violated("a reload was over before its workers could be ready"));
    }
    run.set_fork_delay(Duration::ZERO)?;
    while reload.goes_on() && began.elapsed() < PATIENCE {
        has_no_less(run)?;
    }
    let answer = reload.end()?;
    if !answer.status.success() {
        return Err(Invariant::Command.violated(format!("a slow reload failed: {}", answer.complaint)));
    }
    run.oracle.ledger.happened.reloads += 1;
    Ok(format!("{probes} were served meanwhile"))
}

/// That a pool whose size stays has it, also while a generation takes the place of another one.
fn has_no_less(run: &mut Run) -> Result<()> {
    let capacity = run.look()?.pool.capacity;
    if capacity < run.size.workers * run.size.threads {
        return Err(Invariant::Capacity.violated(format!("{capacity} while another generation gets ready")));
    }
    Ok(())
}

pub(super) fn scale(run: &mut Run) -> Result<String> {
    let before = run.size.workers;
    let workers = (before + run.random.random_range(1..4) - 1) % 4 + 1;
    scale_to(run, workers)?;
    Ok(format!("from {before} to {workers}"))
}

/// Somebody else accepts while one worker is absent.
pub(super) fn have_two_at_least(run: &mut Run) -> Result<()> {
    if run.size.workers < 2 { scale_to(run, 2) } else { Ok(()) }
}

fn scale_to(run: &mut Run, workers: usize) -> Result<()> {
    run.size.workers = workers;
    run.subject.order(&["scale", &workers.to_string()])?;
    whole(run)?;
    // A reload or another server is to keep to it.
    run.subject.configure(run.size, "")
}

pub(super) fn upgrade(run: &mut Run) -> Result<String> {
    let before = run.look()?.master.pid;
    run.subject.order(&["upgrade"])?;
    let now = run.look()?.master.pid;
    if now == before {
        return Err(Invariant::Command.violated(format!("after an upgrade {now} is the master still")));
    }
    Ok(format!("{now} after {before}"))
}

pub(super) fn upgrade_by_signal(run: &mut Run) -> Result<String> {
    let before = run.look()?.master.pid;
    signal(before, Signal::SIGUSR2)?;
    let picture =
        run.wait_for(Invariant::Command, "another master", |picture| picture.master.pid != before)?;
    Ok(format!("{} after {before}", picture.master.pid))
}

/// The command ends when the last worker has left, or when the pool serves again before that.
pub(super) fn drain_and_reload(run: &mut Run) -> Result<String> {
    let drain = run.subject.begin(&["drain"])?;
    run.wait_for(Invariant::Command, "nobody to be served after a drain", |picture| {
        picture.pool.capacity == 0
    })?;
    if let Some(port) = run.subject.monitor_port() {
        let what = "the monitor to say that the pool is not ready";
        eventually(Invariant::Monitor, what, || monitor::says_not_ready(port))?;
    }
    run.subject.order(&["reload"])?;
    let ended = drain.end()?.status;
    if !matches!(ended.code(), Some(0 | 1)) {
        return Err(Invariant::Command.violated(format!("`drain` ended with {ended}")));
    }
    Ok(format!("nobody was served, and then all again; `drain`: {ended}"))
}

/// Changes are made one after the other, whoever asks for how many.
pub(super) fn all_at_once(run: &mut Run) -> Result<String> {
    let words: [&[&str]; 4] = [&["reload"], &["scale", "+1"], &["reload"], &["scale", "+1"]];
    let subject = &run.subject;
    let orders = thread::scope(|scope| {
        let orders = words.map(|words| scope.spawn(move || subject.order(words)));
        orders.map(|order| order.join().expect("it does not panic"))
    });
    orders.into_iter().collect::<Result<Vec<()>>>()?;
    // Of those that wait the last file counts.
    run.oracle.ledger.happened.merged += 1;
    // A reload goes back to the size of the file, whenever it was made.
    run.subject.order(&["scale", &run.size.workers.to_string()])?;
    whole(run)?;
    Ok(format!("{} orders", words.len()))
}

/// The pool has its size when a command says so, not some time later.
fn whole(run: &mut Run) -> Result<()> {
    books::whole(&run.look()?, run.size).violates(Invariant::Command)
}
