//! What is done to processes: they are killed, stopped, told to leave.

use std::collections::HashSet;
use std::time::Duration;

use nix::sys::signal::Signal;
use rand::RngExt;
use rand::seq::SliceRandom;

use super::changes;
use crate::census;
use crate::oracle::probe;
use crate::run::{PATIENCE, Run, eventually, hold, last, signal, within};
use crate::stopwatch::Stopwatch;
use crate::verdict::picture::Worker;
use crate::verdict::{books, curve};
use crate::violation::{Invariant, Result, Violates};

/// How long somebody is stopped.
const STOPPED: Duration = Duration::from_millis(800);
/// How often a worker is stopped if it was just about to accept somebody, or to let somebody go.
const STOPS: usize = 3;
/// Within this workers close the listeners of a master that is dead, beside the time for which there was no processor for them.
const FREE_WITHIN: Duration = Duration::from_millis(100);
/// A monitor that keeps dying young comes back as late as a worker, and nobody announces it.
const MONITOR_COMES_WITHIN: Duration = Duration::from_secs(30).saturating_add(PATIENCE);
/// How often a worker is killed in a row.
const DEATHS: usize = 5;

pub(super) fn kill_worker(run: &mut Run) -> Result<String> {
    let (worker, pid) = run.some_worker()?;
    let lost = run.end_worker(pid, Signal::SIGKILL)?;
    Ok(format!("worker {} held {lost}", worker.id))
}

/// Nobody is stopped before, so nothing but the deaths makes the others look after the queue. Whoever is connected, or waits, when the
/// dead are gone, has lost nothing.
pub(super) fn kill_without_notice(run: &mut Run) -> Result<String> {
    let picture = run.oracle.settle(&run.subject, run.size)?;
    let mut pids: Vec<i32> = books::serving(&picture).filter_map(|worker| worker.pid).collect();
    pids.shuffle(&mut run.random);
    pids.truncate(run.random.random_range(1..=2));
    let at = run.now();
    for pid in &pids {
        signal(*pid, Signal::SIGKILL)?;
    }
    run.oracle.ledger.happened.deaths += pids.len() as u64;
    // A process that somebody has waited for has closed all that it had.
    eventually(Invariant::Processes, "the end of workers", || {
        pids.iter().all(|pid| census::process(*pid).is_none())
    })?;
    let gone = run.now();
    let spared = census::peers_alive(run.subject.server.port);
    let count = spared.len();
    run.oracle.excuses.note_sudden_death(at, gone, spared);
    for pid in &pids {
        run.bury(*pid)?;
        run.obituary(*pid, 0..=run.size.threads)?;
    }
    Ok(format!("{pids:?} died, {count} were spared"))
}

pub(super) fn segv_worker(run: &mut Run) -> Result<String> {
    let (worker, pid) = run.some_worker()?;
    // Rust's runtime takes the first for the overflow of a stack, finds that it is none, and leaves it to the kernel from then on.
    signal(pid, Signal::SIGSEGV)?;
    eventually(Invariant::Suite, "the runtime's handler to be gone", || {
        !census::catches(pid, Signal::SIGSEGV)
    })?;
    let lost = run.end_worker(pid, Signal::SIGSEGV)?;
    Ok(format!("worker {} held {lost}", worker.id))
}

pub(super) fn term_worker(run: &mut Run) -> Result<String> {
    let (worker, pid) = run.some_worker()?;
    signal(pid, Signal::SIGTERM)?;
    run.wait_for(Invariant::Command, "a worker that was told to leave to be replaced", |picture| {
        let its = picture.workers.iter().find(|worker| worker.pid == Some(pid));
        its.is_none_or(|worker| !worker.is_ready())
    })?;
    Ok(format!("worker {} is replaced", worker.id))
}

/// What it holds while it stands still is what the pool says that it holds.
pub(super) fn stop_worker(run: &mut Run) -> Result<String> {
    let (worker, pid) = run.some_worker()?;
    let mut differed = Vec::new();
    for _ in 0..STOPS {
        let held = hold(pid, run.subject.server.port)?;
        // Those that were reset are closed only by the worker.
        let most =
            (run.size.workers - 1) * run.size.threads + census::peer_sockets(pid, run.subject.server.port);
        run.wait_for(Invariant::Capacity, "a stopped worker to be no capacity", |picture| {
            picture.pool.capacity <= most
        })?;
        last(STOPPED);
        let picture = run.look()?;
        signal(pid, Signal::SIGCONT)?;
        let its = picture.workers.iter().find(|worker| worker.pid == Some(pid));
        let its = its.ok_or_else(|| Invariant::Balance.violated("a stopped worker is not listed"))?;
        let listed: HashSet<u16> = its.peers().collect();
        if its.busy == listed.len() && listed == held {
            return Ok(format!("worker {} held {}", worker.id, held.len()));
        }
        differed.push(format!("{held:?}, and {listed:?} of {} are listed", its.busy));
        run.oracle.settle(&run.subject, run.size)?;
    }
    let text = format!("worker {pid}, each time it was stopped, held others: {}", differed.join("; "));
    Err(Invariant::Balance.violated(text))
}

/// The child of the master that is no worker.
fn monitor(run: &mut Run) -> Result<i32> {
    let picture = run.oracle.settle(&run.subject, run.size)?;
    let workers = books::pids(&picture);
    let mut monitor = None;
    within(MONITOR_COMES_WITHIN, Invariant::Processes, "a monitor", || {
        let all = census::all();
        let mut children = all.values().filter(|it| it.parent == picture.master.pid && it.state != 'Z');
        monitor = children.find(|it| !workers.contains(&it.pid)).map(|it| it.pid);
        monitor.is_some()
    })?;
    monitor.ok_or_else(|| Invariant::Processes.violated("there is no monitor"))
}

pub(super) fn kill_monitor(run: &mut Run) -> Result<String> {
    let old = monitor(run)?;
    let by = [Signal::SIGKILL, Signal::SIGABRT][run.random.random_range(0..2)];
    signal(old, by)?;
    eventually(Invariant::Processes, "the end of the monitor", || census::process(old).is_none())?;
    let new = monitor(run)?;
    Ok(format!("{new} after {old}, by {by}"))
}

pub(super) fn stop_monitor(run: &mut Run) -> Result<String> {
    let pid = monitor(run)?;
    signal(pid, Signal::SIGSTOP)?;
    last(STOPPED);
    run.look()?;
    signal(pid, Signal::SIGCONT)?;
    Ok("the pool went on".to_owned())
}

/// Those who are served stay with their workers; who waits or comes is refused until there is another server.
pub(super) fn kill_master(run: &mut Run) -> Result<String> {
    let picture = run.oracle.settle(&run.subject, run.size)?;
    let master = picture.master.pid;
    let port = run.subject.server.port;
    hold(master, port)?;
    let mut served = HashSet::new();
    let workers = books::pids(&picture);
    for pid in workers.iter().filter(|pid| census::lives(**pid)) {
        served.extend(hold(*pid, port)?);
    }
    let spared = served.len();
    let now = run.now();
    run.oracle.excuses.begin_outage(now, served);
    // A monitor dies with its master.
    let children = census::all().into_values().filter(|it| it.parent == master);
    let monitors = children.map(|it| it.pid).filter(|pid| !workers.contains(pid));
    run.oracle.killed.extend(monitors.chain([master]));
    signal(master, Signal::SIGKILL)?;
    eventually(Invariant::Processes, "the end of the master", || !census::lives(master))?;
    let watch = Stopwatch::start(workers.iter().copied());
    for pid in workers.iter().filter(|pid| census::lives(**pid)) {
        signal(*pid, Signal::SIGCONT)?;
    }
    let ports = || [port].into_iter().chain(run.subject.monitor_port());
    eventually(Invariant::Processes, "the ports of a dead master to be free", || {
        ports().all(|port| census::listeners(port).is_empty())
    })?;
    let took = free_in_time(&watch)?;
    // Who is first notices its end; the others' are noticed by the oracle.
    let _ = run.subject.ended();
    run.subject.start(run.size)?;
    let now = run.now();
    run.oracle.excuses.end_outage(now);
    Ok(format!("{spared} were served and went on; the port was free after {took:.0?}, for another server"))
}

/// That those who have lost their master have let go of its port in time.
fn free_in_time(watch: &Stopwatch) -> Result<Duration> {
    let (took, stalled) = (watch.elapsed(), watch.stalled());
    if took.saturating_sub(stalled) <= FREE_WITHIN {
        return Ok(took);
    }
    let text =
        format!("after {took:.1?} a dead master's port was free; for {stalled:.1?} there was no processor");
    Err(Invariant::Processes.violated(text))
}

pub(super) fn stop_master(run: &mut Run) -> Result<String> {
    let master = run.master()?;
    signal(master, Signal::SIGSTOP)?;
    let served = if run.has_room() { probe(&run.subject) } else { Ok(()) };
    last(STOPPED);
    signal(master, Signal::SIGCONT)?;
    served?;
    Ok("the pool went on".to_owned())
}

/// A worker dies again and again, as soon as it is there. After a reload nobody has died young yet.
pub(super) fn back_off(run: &mut Run) -> Result<String> {
    changes::have_two_at_least(run)?;
    run.subject.order(&["reload"])?;
    let id = run.random.random_range(0..run.size.workers);
    let watch = Stopwatch::start([run.master()?]);
    for _ in 0..DEATHS {
        let is_it = |worker: &&Worker| worker.id == id && worker.is_ready();
        let picture = run.wait_for(Invariant::Capacity, "a worker to come back", |picture| {
            picture.workers.iter().any(|worker| is_it(&worker))
        })?;
        let pid = picture.workers.iter().find(is_it).and_then(|worker| worker.pid);
        let pid = pid.ok_or_else(|| Invariant::Processes.violated("a ready worker without a pid"))?;
        run.end_worker(pid, Signal::SIGKILL)?;
    }
    run.oracle.settle(&run.subject, run.size)?;
    let waits = curve::waits(&run.subject.events()?, id);
    let waits = waits.get(waits.len().saturating_sub(DEATHS)..).unwrap_or_default();
    if waits.len() < DEATHS {
        return Err(
            Invariant::BackOff.violated(format!("worker {id} died {DEATHS} times, told are {waits:?}"))
        );
    }
    curve::fits(waits, watch.stalled()).violates(Invariant::BackOff)?;
    Ok(format!("worker {id} came back after {waits:.2?} s"))
}

/// A process of a server of which nothing is known, but not its first.
fn any(run: &mut Run) -> Option<i32> {
    let root = run.subject.first_pid()?;
    let all = census::descendants(&census::all(), root);
    let living: Vec<i32> = all.into_iter().filter(|pid| census::lives(*pid)).collect();
    (!living.is_empty()).then(|| living[run.random.random_range(0..living.len())])
}

/// Whose connection a process serves is not known, so all of its kin's may get lost: of those above it and below it. Any of them may
/// end meanwhile.
pub(super) fn kill_any(run: &mut Run) -> Result<String> {
    last(STOPPED);
    let Some(victim) = any(run) else { return Ok("there is but one process".to_owned()) };
    let root = run.subject.first_pid();
    let all = census::all();
    let above = std::iter::successors(Some(victim), |pid| all.get(pid).map(|process| process.parent));
    let above = above.take_while(|pid| Some(*pid) != root && *pid != census::INIT);
    let mut kin: Vec<i32> = above.collect();
    kin.extend(census::descendants(&all, victim));
    let port = run.subject.server.port;
    let mut held = HashSet::new();
    for pid in kin.iter().filter(|pid| census::lives(**pid)) {
        held.extend(hold(*pid, port).unwrap_or_default());
    }
    let at = run.now();
    let _ = signal(victim, Signal::SIGKILL);
    eventually(Invariant::Processes, "the end of a process", || !census::lives(victim))?;
    let spared = census::peers_alive(port).difference(&held).copied().collect();
    let gone = run.now();
    run.oracle.excuses.note_sudden_death(at, gone, spared);
    for pid in kin {
        let _ = signal(pid, Signal::SIGCONT);
    }
    Ok(format!("{victim} and its kin held {}", held.len()))
}

pub(super) fn stop_any(run: &mut Run) -> Result<String> {
    last(STOPPED);
    let Some(victim) = any(run).filter(|pid| signal(*pid, Signal::SIGSTOP).is_ok()) else {
        return Ok("there is but one process".to_owned());
    };
    last(STOPPED);
    signal(victim, Signal::SIGCONT)?;
    Ok(format!("{victim} was stopped"))
}
