//! Which processes are in a group, and what CPU one took.

use std::fs;
use std::time::Duration;

use nix::time::{ClockId, clock_getcpuclockid};
use nix::unistd::Pid;

use super::process_group::ProcessGroup;

impl ProcessGroup {
    /// The processes that there are, in the order in which they began.
    pub(crate) fn pids(&self) -> Vec<Pid> {
        let entries = fs::read_dir("/proc").expect("there is a /proc").flatten();
        let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).map(Pid::from_raw);
        let mut ours: Vec<Pid> =
            pids.filter(|pid| stat(*pid, 2) == Some(self.leader.as_raw().into())).collect();
        ours.sort_unstable();
        ours
    }
}

/// User and system time of a process and its threads, those that have ended too, in nanoseconds; nothing if it has gone.
///
/// /proc/PID/stat would tell it in ticks of 10 ms, /proc/PID/schedstat without the threads that have ended.
pub(crate) fn cpu_of(pid: Pid) -> Duration {
    clock_getcpuclockid(pid).and_then(ClockId::now).map_or(Duration::ZERO, Duration::from)
}

/// A number in /proc/PID/stat, counted from behind the name, which is in parentheses and may be anything (`proc_pid_stat(5)`).
pub(crate) fn stat(pid: Pid, index: usize) -> Option<i64> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    text.rsplit_once(')')?.1.split_whitespace().nth(index)?.parse().ok()
}
