//! What is done to the accept queue.

use std::collections::HashSet;
use std::os::fd::AsFd;
use std::thread;
use std::time::Duration;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::Signal;
use prefork_client::{Connection, Failure};
use rand::RngExt;

use super::changes;
use crate::census;
use crate::clients::script::{PATIENCE, open};
use crate::oracle::{NEVER_BEYOND, in_time, probe};
use crate::run::{Run, eventually, signal};
use crate::stopwatch::Stopwatch;
use crate::verdict::picture::{Picture, Worker};
use crate::verdict::{books, order};
use crate::violation::{Invariant, Result, Violates};

/// How many wait for their turn.
const WAITING: usize = 12;
/// How many come to a queue that is full.
const TOO_MANY: usize = 8;
/// How often it is tried to have a worker killed that was just woken, how often if it is always too late, and how long the next one
/// takes to come.
const TRIES: usize = 6;
const TRIES_MAX: usize = 24;
const ABSENT: Duration = Duration::from_secs(4);
const MESSAGE: &[u8] = b"who is next?";

/// As many connections as there are slots, each of which has one.
fn hold_all(run: &mut Run) -> Result<Vec<Connection>> {
    run.calm()?;
    let slots = run.size.workers * run.size.threads;
    let mut holders = Vec::with_capacity(slots);
    for _ in 0..slots {
        let mut holder = open(run.subject.server, PATIENCE).violates(Invariant::Clients)?;
        holder.exchange(MESSAGE).violates(Invariant::Clients)?;
        holders.push(holder);
    }
    let held: HashSet<u16> = holders.iter().filter_map(Connection::local_port).collect();
    // A picture that was dear to make is shown again for a moment.
    run.oracle.wait_for(&run.subject, |picture| {
        let listed: HashSet<u16> = picture.workers.iter().flat_map(Worker::peers).collect();
        if listed == held {
            return Ok(());
        }
        Err(Invariant::Balance.violated(format!("{held:?} are served, and listed are {listed:?}")))
    })?;
    Ok(holders)
}

/// Slots are given up one by one; who came first gets each.
pub(super) fn order(run: &mut Run) -> Result<String> {
    let mut holders = hold_all(run)?;
    let mut waiting = Vec::new();
    for _ in 0..WAITING {
        let mut client = open(run.subject.server, PATIENCE).violates(Invariant::Clients)?;
        client.send(MESSAGE).violates(Invariant::Clients)?;
        waiting.push(client);
    }
    let mut served = Vec::new();
    while served.len() < waiting.len().min(holders.len() + served.len()) {
        let holder = holders.swap_remove(run.random.random_range(0..holders.len()));
        let watch = Stopwatch::start(census::all().into_keys());
        holder.finish().violates(Invariant::Clients)?;
        let before = served.len();
        eventually(Invariant::Liveness, "somebody who waits to be served", || {
            let next = (0..waiting.len()).filter(|client| !served.contains(client));
            let next: Vec<usize> = next.filter(|client| has_answer(&waiting[*client])).collect();
            served.extend(next);
            served.len() > before
        })?;
        in_time(&watch, Ok(()))?;
        order::in_turn(&served).violates(Invariant::Order)?;
    }
    drop(holders);
    for mut client in waiting {
        client.receive(MESSAGE).violates(Invariant::Clients)?;
        client.finish().violates(Invariant::Clients)?;
    }
    Ok(format!("{} served in their order", served.len()))
}

/// More come than fit into slots and queue. All of them are served in the end.
pub(super) fn overflow(run: &mut Run) -> Result<String> {
    let holders = hold_all(run)?;
    let listener = run.look()?.listeners.first().copied();
    let listener = listener.ok_or_else(|| Invariant::Suite.violated("there is no listener"))?;
    let fits = listener.backlog.unwrap_or_default() + 1;
    let mut queued = Vec::new();
    for _ in 0..fits {
        queued.push(open(run.subject.server, PATIENCE).violates(Invariant::Clients)?);
    }
    let server = run.subject.server;
    thread::scope(|scope| {
        let come = || open(server, PATIENCE).and_then(|mut client| client.exchange(MESSAGE).map(drop));
        let late: Vec<_> = (0..TOO_MANY).map(|_| scope.spawn(come)).collect();
        run.oracle.wait_for(&run.subject, |picture| {
            books::overflowed(picture, listener.dropped.unwrap_or_default()).violates(Invariant::Balance)
        })?;
        drop(holders);
        for mut client in queued {
            client.exchange(MESSAGE).violates(Invariant::Clients)?;
            client.finish().violates(Invariant::Clients)?;
        }
        late.into_iter()
            .try_for_each(|client| client.join().expect("it does not panic"))
            .violates(Invariant::Clients)
    })?;
    Ok(format!("{fits} in the queue, {TOO_MANY} too many"))
}

/// A worker is killed that was just woken for somebody. One of those who sleep has to look after it, since the next worker takes
/// its time to come.
pub(super) fn lost_wake_up(run: &mut Run) -> Result<String> {
    run.calm()?;
    changes::have_two_at_least(run)?;
    // Another master does not know how often workers have died young, and does not wait for that.
    run.subject.order(&["upgrade"])?;
    let (mut tries, mut lost) = (0, 0);
    while tries < TRIES || (lost == tries && tries < TRIES_MAX) {
        tries += 1;
        lost += usize::from(kill_who_was_woken(run)?);
    }
    Ok(format!("{tries} times, {lost} were lost with it"))
}

/// Whether the worker had accepted before it died: only then its client is lost.
fn kill_who_was_woken(run: &mut Run) -> Result<bool> {
    let (victim, server) = (next_in_turn(run)?, run.subject.server);
    run.set_fork_delay(ABSENT)?;
    let watch = Stopwatch::start(census::all().into_keys());
    let mut client = open(server, NEVER_BEYOND).violates(Invariant::Liveness)?;
    run.oracle.ledger.happened.deaths += 1;
    signal(victim, Signal::SIGKILL)?;
    eventually(Invariant::Processes, "the end of a worker", || census::process(victim).is_none())?;
    let is_spared = client.local_port().is_some_and(|port| census::peers_alive(server.port).contains(&port));
    let echo = client.exchange(MESSAGE).map(drop);
    let is_lost = !is_spared && matches!(echo, Err(Failure::Reset | Failure::Short { .. } | Failure::Closed));
    if !is_lost {
        in_time(&watch, echo)?;
    }
    run.bury(victim)?;
    run.set_fork_delay(Duration::ZERO)?;
    Ok(is_lost)
}

/// The worker that is woken for whoever comes next: the one that has not been for the longest time.
fn next_in_turn(run: &mut Run) -> Result<i32> {
    let mut picture = run.oracle.settle(&run.subject, run.size)?;
    let mut turns: Vec<usize> = (0..run.size.workers).collect();
    for _ in 0..run.size.workers {
        probe(&run.subject)?;
        let now = run.look()?;
        let accepted = |picture: &Picture, id| {
            books::serving(picture).find(|worker| worker.id == id).map(|worker| worker.accepted)
        };
        // In stable order, so those who have just served come last.
        turns.sort_by_key(|id| accepted(&picture, *id) != accepted(&now, *id));
        picture = now;
    }
    let pid = books::serving(&picture).find(|worker| worker.id == turns[0]).and_then(|worker| worker.pid);
    pid.ok_or_else(|| Invariant::Processes.violated("a ready worker without a pid"))
}

fn has_answer(connection: &Connection) -> bool {
    let mut files = [PollFd::new(connection.as_fd(), PollFlags::POLLIN)];
    poll(&mut files, PollTimeout::ZERO).is_ok_and(|ready| ready > 0)
}
