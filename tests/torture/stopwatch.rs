//! How long something takes, without the time for which the machine had no processor for it, by the kernel's
//! `scheduler/sched-stats.rst`.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Runs from its start on.
#[derive(Debug)]
pub(crate) struct Stopwatch {
    began: Instant,
    pids: Vec<i32>,
    /// What each of their threads had waited for a processor before.
    before: HashMap<PathBuf, Duration>,
}

impl Stopwatch {
    /// For something that the calling thread does, and these processes for it.
    pub(crate) fn start(pids: impl IntoIterator<Item = i32>) -> Self {
        let pids: Vec<i32> = pids.into_iter().collect();
        let before = waited(&pids);
        Self { began: Instant::now(), pids, before }
    }

    /// By any clock.
    pub(crate) fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    /// For how long, all in all, those who do it could have gone on and got no processor; nothing where the kernel does not tell.
    pub(crate) fn stalled(&self) -> Duration {
        let grown = |(task, now): (PathBuf, Duration)| {
            now.saturating_sub(self.before.get(&task).copied().unwrap_or_default())
        };
        waited(&self.pids).into_iter().map(grown).sum()
    }
}

/// For how long a task has waited for a processor in its life: the second number.
pub(crate) fn life_stalled(task: &Path) -> Duration {
    let text = fs::read_to_string(task.join("schedstat")).unwrap_or_default();
    let nanoseconds = text.split_whitespace().nth(1).and_then(|number| number.parse().ok());
    Duration::from_nanos(nanoseconds.unwrap_or_default())
}

fn waited(pids: &[i32]) -> HashMap<PathBuf, Duration> {
    let folders = pids.iter().filter_map(|pid| fs::read_dir(format!("/proc/{pid}/task")).ok());
    let tasks = folders.flatten().flatten().map(|task| task.path());
    let tasks = tasks.chain([PathBuf::from("/proc/thread-self")]);
    tasks.map(|task| (task.clone(), life_stalled(&task))).collect()
}
