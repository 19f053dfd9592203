//! What the benchmarks share: a server in a process of its own, its CPU time, and medians.

mod server;
mod summary;

use std::time::Duration;

pub(crate) use server::Server;
pub(crate) use summary::Summary;

impl Server {
    /// The server's processes, the first one first.
    pub(crate) fn pids(&self) -> Vec<u32> {
        let master = self.child.id();
        let path = format!("/proc/{master}/task/{master}/children");
        let children = std::fs::read_to_string(path).unwrap_or_default();
        [master].into_iter().chain(children.split_whitespace().filter_map(|pid| pid.parse().ok())).collect()
    }
}

/// User and system time of a process. schedstat counts nanoseconds; /proc/PID/stat counts ticks of 10 ms, too coarse for a short run.
pub(crate) fn cpu_of(pid: u32) -> Duration {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).expect("the process lives");
    let nanoseconds = |task: std::fs::DirEntry| {
        let text = std::fs::read_to_string(task.path().join("schedstat")).unwrap_or_default();
        text.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or(0)
    };
    Duration::from_nanos(tasks.flatten().map(nanoseconds).sum())
}
