//! What the system must allow for the pool to reach its size, checked before anything is opened.

use std::fs;

use nix::sys::resource::{Resource, getrlimit, setrlimit};

use crate::cgroup;
use crate::config::Config;
use crate::confinement::Confinement;
use crate::error::Error;

/// What a process has open besides its connections: listeners, pipes, log, and room for what a handler opens.
const FILES_BESIDE: u64 = 64;
/// What a process has mapped besides its threads: libraries, heaps, stacks.
const MAPPINGS_BESIDE: u64 = 512;
/// Mappings of one thread: its stack, the stack's guard, its buffer while data flows, and the two of its heap arena.
const MAPPINGS_PER_THREAD: u64 = 5;

/// What a pool needs of the system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Need {
    /// Open files of the process that has most.
    files: u64,
    /// Processes and threads of the whole pool.
    tasks: u64,
    /// Memory mappings of one worker.
    mappings: u64,
}

impl Need {
    fn of(workers: usize, threads: usize, listeners: usize, monitors: u64) -> Self {
        let (workers, threads, listeners) = (workers as u64, threads as u64, listeners as u64);
        Self {
            // Twice the workers: while one is replaced, both are there.
            files: threads.max(2 * workers) + listeners + FILES_BESIDE,
            // Each worker has a thread that takes orders; the master is one more, and so is the monitor.
            tasks: workers * (threads + 1) + 1 + monitors,
            mappings: threads * MAPPINGS_PER_THREAD + MAPPINGS_BESIDE,
        }
    }
}

/// Raises the limit of open files to what the pool needs, and refuses a pool that the system cannot carry.
/// `workers` is its largest size: a pool that grows must not find out then.
/// `present` of them are there already.
pub(crate) fn prepare(
    config: &Config,
    confinement: &Confinement,
    workers: usize,
    present: usize,
) -> Result<(), Error> {
    let listeners = config.listen.iter().map(|address| address.places.len()).sum();
    let threads = config.threads.get();
    let need = Need::of(workers, threads, listeners, u64::from(config.monitor.is_some()));
    let refuse = |why: String| {
        Err(Error::Config(format!(
            "a pool of {workers} workers x {threads} threads is more than this system allows: {why}; \
             raise that, or lower pool.threads or pool.workers"
        )))
    };
    if let Err(hard) = raise_open_files(need.files) {
        return refuse(format!("a process needs {} open files, and `ulimit -Hn` is {hard}", need.files));
    }
    let most = if confinement.has_limited_tasks() { tasks_of_user() } else { None };
    if let Some(most) = most.filter(|most| *most < need.tasks) {
        return refuse(format!("it needs {} processes and threads, and `ulimit -u` is {most}", need.tasks));
    }
    let more = need.tasks - (present.min(workers) * (threads + 1)) as u64;
    if let Some(room) = cgroup::pids_room().filter(|room| room.free() < more) {
        let (most, used) = (room.limit, room.used);
        return refuse(format!(
            "it needs {more} processes and threads beside those that are there, and its cgroup has {most}, {used} of them used"
        ));
    }
    if let Some(most) = mappings_of_process().filter(|most| *most < need.mappings) {
        return refuse(format!(
            "a worker needs {} memory mappings, and vm.max_map_count is {most}",
            need.mappings
        ));
    }
    Ok(())
}

/// `Err` holds the limit that stands in the way.
fn raise_open_files(need: u64) -> Result<(), u64> {
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).map_err(|_| 0_u64)?;
    if soft >= need {
        return Ok(());
    }
    // Beyond the hard limit only CAP_SYS_RESOURCE may go.
    setrlimit(Resource::RLIMIT_NOFILE, need, hard.max(need)).map_err(|_| hard)
}

/// The limit of processes and threads of a user.
fn tasks_of_user() -> Option<u64> {
    getrlimit(Resource::RLIMIT_NPROC).ok().map(|(soft, _)| soft)
}

fn mappings_of_process() -> Option<u64> {
    fs::read_to_string("/proc/sys/vm/max_map_count").ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_needs_a_file_for_each_slot() {
        assert_eq!(Need::of(2, 2500, 1, 0).files, 2500 + 1 + FILES_BESIDE);
    }

    #[test]
    fn the_master_needs_a_line_to_each_worker_and_to_its_replacement() {
        assert_eq!(Need::of(1000, 1, 2, 0).files, 2000 + 2 + FILES_BESIDE);
    }

    #[test]
    fn a_pool_needs_a_task_for_each_slot_each_worker_and_the_master() {
        assert_eq!(Need::of(3, 4, 1, 0).tasks, 3 * 5 + 1);
        assert_eq!(Need::of(3, 4, 1, 1).tasks, 3 * 5 + 2);
    }
}
