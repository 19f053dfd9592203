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
    /// What each thread of a process had waited for a processor before.
    before: Waits,
}

/// By process and task; the calling thread is a process of its own.
type Waits = HashMap<(Option<i32>, PathBuf), Duration>;

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

    /// For how long, all in all, the processes that do it could have gone on and got no processor, of each the thread that waited
    /// longest; nothing where the kernel does not tell.
    pub(crate) fn stalled(&self) -> Duration {
        let mut longest: HashMap<Option<i32>, Duration> = HashMap::new();
        for (task, now) in waited(&self.pids) {
            let wait = now.saturating_sub(self.before.get(&task).copied().unwrap_or_default());
            let its = longest.entry(task.0).or_default();
            *its = wait.max(*its);
        }
        longest.into_values().sum()
    }
}

/// For how long a task has waited for a processor in its life: the second number.
pub(crate) fn life_stalled(task: &Path) -> Duration {
    let text = fs::read_to_string(task.join("schedstat")).unwrap_or_default();
    let nanoseconds = text.split_whitespace().nth(1).and_then(|number| number.parse().ok());
    Duration::from_nanos(nanoseconds.unwrap_or_default())
}

fn waited(pids: &[i32]) -> Waits {
    let tasks = pids.iter().flat_map(|pid| {
        let tasks = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
        tasks.map(|task| (Some(*pid), task.path()))
    });
    let tasks = tasks.chain([(None, PathBuf::from("/proc/thread-self"))]);
    tasks.map(|(pid, task)| ((pid, task.clone()), life_stalled(&task))).collect()
}
