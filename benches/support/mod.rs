//! What the benchmarks share: a server in a process of its own, its CPU time, and medians.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// The middle and the ends of what several rounds gave.
pub(crate) struct Summary {
    pub(crate) median: f64,
    least: f64,
    most: f64,
}

impl Summary {
    pub(crate) fn of(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        Self { median: values[values.len() / 2], least: values[0], most: values[values.len() - 1] }
    }
}

impl std::fmt::Display for Summary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.1} ({:.1} to {:.1})", self.median, self.least, self.most)
    }
}

/// A server in a process of its own, which is ended with this value.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Server {
    /// A pool of this size, with what other flags say.
    pub(crate) fn prefork(workers: usize, threads: usize, flags: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_prefork-echo"));
        command.args(["--config", "/dev/null", "--listen", "127.0.0.1:0"]).args(flags);
        command.args(["--workers", &workers.to_string(), "--threads", &threads.to_string()]);
        Self::start(command)
    }

    /// Starts one that prints "listening on ADDRESS" when it is ready.
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().expect("the server starts");
        let mut line = String::new();
        BufReader::new(child.stderr.take().expect("it is piped"))
            .read_line(&mut line)
            .expect("the server speaks");
        let address = line.split("listening on ").nth(1).and_then(|rest| rest.split_whitespace().next());
        Self { child, address: address.and_then(|text| text.parse().ok()).expect("it names its address") }
    }

    /// The server's processes, the first one first.
    pub(crate) fn pids(&self) -> Vec<u32> {
        let master = self.child.id();
        let path = format!("/proc/{master}/task/{master}/children");
        let children = std::fs::read_to_string(path).unwrap_or_default();
        [master].into_iter().chain(children.split_whitespace().filter_map(|pid| pid.parse().ok())).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        let _ = self.child.wait();
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
