//! Whether the pool's accounts balance: at any moment, when a change is over, and when nobody is there.

use std::collections::HashSet;
use std::time::Duration;

use super::picture::{Picture, Totals, Worker};

/// How large the pool is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) workers: usize,
    pub(crate) threads: usize,
}

/// How much older the master may be than in the picture before, in seconds: nobody looks away for longer.
const UPTIME_STEP_MAX: f64 = 120.0;

/// What the pictures before have said.
#[derive(Debug, Default)]
pub(crate) struct Books {
    /// The master whose picture it was. Each has totals of its own, "since the start".
    last: Option<(i32, f64, Totals)>,
}

impl Books {
    /// The master of the last picture.
    pub(crate) fn master(&self) -> Option<i32> {
        self.last.map(|(pid, ..)| pid)
    }

    /// What never holds, whatever is going on.
    pub(crate) fn check(&mut self, picture: &Picture) -> Result<(), String> {
        let (pid, uptime) = (picture.master.pid, picture.master.uptime_seconds);
        let before = self.last.replace((pid, uptime, picture.totals)).filter(|(before, ..)| *before == pid);
        if let Some((_, lived, before)) = before {
            if uptime < lived || uptime > lived + UPTIME_STEP_MAX {
                return Err(format!("the uptime of master {pid} went from {lived} s to {uptime} s"));
            }
            for (name, before, now) in counts(before, picture.totals) {
                if now < before {
                    return Err(format!("totals.{name} of master {pid} went back from {before} to {now}"));
                }
            }
        }
        Ok(())
    }
}

fn counts(before: Totals, now: Totals) -> [(&'static str, u64, u64); 8] {
    [
        ("accepted", before.accepted, now.accepted),
        ("closed", before.closed, now.closed),
        ("messages", before.messages, now.messages),
        ("bytes_in", before.bytes_in, now.bytes_in),
        ("bytes_out", before.bytes_out, now.bytes_out),
        ("respawns", before.respawns, now.respawns),
        ("reloads", before.reloads, now.reloads),
        ("log_lines_lost", before.log_lines_lost, now.log_lines_lost),
    ]
}

/// That the parts of one picture add up.
pub(crate) fn balance(picture: &Picture) -> Result<(), String> {
    let pool = picture.pool;
    if pool.busy + pool.idle != pool.capacity {
        let sum = format!("busy {} + idle {} is not capacity {}", pool.busy, pool.idle, pool.capacity);
        return Err(sum);
    }
    let busy = |wanted: fn(&Worker, u64) -> bool| -> usize {
        let workers = picture.workers.iter().filter(|worker| wanted(worker, picture.master.generation));
        workers.map(|worker| worker.busy).sum()
    };
    let serving = busy(|worker, generation| worker.is_ready() && worker.generation == generation);
    if serving != pool.busy {
        return Err(format!("the ready workers are busy with {serving}, the pool with {}", pool.busy));
    }
    let draining = busy(|worker, _| worker.state == "draining");
    if draining != pool.draining {
        return Err(format!("draining workers have {draining} connections, the pool says {}", pool.draining));
    }
    let (accepted, closed) = (picture.totals.accepted, picture.totals.closed);
    let open = picture.workers.iter().map(|worker| worker.busy as u64).sum();
    if accepted.checked_sub(closed) != Some(open) {
        return Err(format!("{accepted} accepted, {closed} closed, and the workers have {open}"));
    }
    Ok(())
}

/// That the pool is as large as it should be, and all of it serves.
pub(crate) fn whole(picture: &Picture, size: Size) -> Result<(), String> {
    let (master, pool) = (&picture.master, picture.pool);
    if master.state != "running" {
        return Err(format!("the master is {}", master.state));
    }
    let mut ready: Vec<usize> = serving(picture).map(|worker| worker.id).collect();
    ready.sort_unstable();
    if !ready.iter().copied().eq(0..size.workers) || pool.workers != size.workers {
        return Err(format!("of {} workers those with the ids {ready:?} are ready", size.workers));
    }
    if pool.capacity != size.workers * size.threads {
        return Err(format!("a capacity of {} for {} x {}", pool.capacity, size.workers, size.threads));
    }
    Ok(())
}

/// That nobody is left of those who were served, when all clients have gone.
pub(crate) fn quiet(picture: &Picture) -> Result<(), String> {
    let (pool, totals) = (picture.pool, picture.totals);
    if pool.busy + pool.draining != 0 || pool.waiting != Some(0) {
        let (busy, draining, waiting) = (pool.busy, pool.draining, pool.waiting);
        return Err(format!("without clients {busy} busy, {draining} draining, {waiting:?} waiting"));
    }
    if totals.accepted != totals.closed {
        return Err(format!("without clients {} accepted, {} closed", totals.accepted, totals.closed));
    }
    if let Some(worker) = picture.workers.iter().find(|worker| !worker.is_ready()) {
        return Err(format!("without clients worker {} is {}", worker.id, worker.state));
    }
    Ok(())
}

/// That two pictures show the same pool, between which nothing has changed.
pub(crate) fn same(one: &Picture, other: &Picture) -> Result<(), String> {
    let parts = |picture: &Picture| {
        (picture.master.pid, picture.master.generation, picture.pool, picture.totals, pids(picture))
    };
    let (one, other) = (parts(one), parts(other));
    if one == other { Ok(()) } else { Err(format!("it shows {one:?}, and there is {other:?}")) }
}

/// That an accept queue was full: it holds one more than its limit and dropped others.
pub(crate) fn overflowed(picture: &Picture, dropped_before: u64) -> Result<(), String> {
    let listener = picture.listeners.first().ok_or("there is no listener")?;
    let (waiting, limit) = (listener.waiting, listener.backlog);
    if limit.is_none() || waiting != limit.map(|limit| limit + 1) {
        return Err(format!("{waiting:?} wait in a queue with the limit {limit:?}"));
    }
    if listener.dropped.is_none_or(|dropped| dropped <= dropped_before) {
        return Err(format!("{dropped_before} were dropped before, and {:?} now", listener.dropped));
    }
    Ok(())
}

/// The workers that accept for the generation in force.
pub(crate) fn serving(picture: &Picture) -> impl Iterator<Item = &Worker> {
    let generation = picture.master.generation;
    picture.workers.iter().filter(move |worker| worker.is_ready() && worker.generation == generation)
}

/// The processes of all workers.
pub(crate) fn pids(picture: &Picture) -> HashSet<i32> {
    picture.workers.iter().filter_map(|worker| worker.pid).collect()
}

/// How long it takes at most until a worker comes back, as the pool says.
pub(crate) fn announced(picture: &Picture) -> Duration {
    let waits = picture.workers.iter().filter_map(|worker| worker.respawn_in_seconds);
    Duration::try_from_secs_f64(waits.fold(0.0, f64::max)).unwrap_or_default()
}
