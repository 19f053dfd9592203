//! A server's processes as a whole, those that have ended too: what CPU they took, what memory they have.

use std::collections::HashMap;
use std::fs;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::time::{ClockId, clock_getcpuclockid};
use nix::unistd::{Pid, SysconfVar, sysconf};

/// A server's first process, and all that descend from it.
pub(crate) struct ProcessTree(pub(crate) u32);

/// A line of /proc/PID/stat: who the parent is, and what the children took that it has waited for, in ticks.
struct Stat {
    parent: u32,
    waited_for: u64,
}

impl ProcessTree {
    /// The processes that there are, the first one first.
    pub(crate) fn pids(&self) -> Vec<u32> {
        self.living().into_iter().map(|(pid, _)| pid).collect()
    }

    /// User and system time of them all, since they began.
    ///
    /// Of a living process its CPU clock tells it in nanoseconds, with the threads that have ended; /proc/PID/stat would
    /// tell it in ticks of 10 ms, /proc/PID/schedstat without those threads. What has ended, a forking server's every
    /// connection, is in its parent's account of the children that it waited for, with theirs. The kernel adds those up in
    /// nanoseconds too, but shows ticks: an error of one for each parent, and a window lasts for a hundred and more.
    pub(crate) fn cpu(&self) -> Duration {
        let ticks_per_second =
            sysconf(SysconfVar::CLK_TCK).ok().flatten().and_then(|ticks| u64::try_from(ticks).ok());
        let tick = Duration::from_secs(1) / u32::try_from(ticks_per_second.unwrap_or(100)).unwrap_or(100);
        let of_one = |(pid, stat): (u32, Stat)| {
            let dead = tick * u32::try_from(stat.waited_for).unwrap_or(u32::MAX);
            let clock = clock_getcpuclockid(pid_of(pid)).and_then(ClockId::now);
            // Who has ended since the list was made is counted by its parent, at the next look.
            clock.map_or(Duration::ZERO, Duration::from) + dead
        };
        self.living().into_iter().map(of_one).sum()
    }

    /// Resident memory in bytes, what is shared counted by parts: the proportional set size.
    pub(crate) fn memory(&self) -> u64 {
        let of_one = |pid| {
            let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
            let line = text.lines().find_map(|line| line.strip_prefix("Pss:")).unwrap_or_default();
            line.split_whitespace().next().and_then(|kilobytes| kilobytes.parse::<u64>().ok()).unwrap_or(0)
                * 1024
        };
        self.pids().into_iter().map(of_one).sum()
    }

    /// Sends a signal to these, of which some may have gone.
    pub(crate) fn signal(pids: &[u32], signal: Signal) {
        for &pid in pids {
            let _ = kill(pid_of(pid), signal);
        }
    }

    /// One look at all processes there are: of those that descend from ours, which and what they say.
    fn living(&self) -> Vec<(u32, Stat)> {
        let entries = fs::read_dir("/proc").expect("there is a /proc").flatten();
        let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
        let mut all: HashMap<u32, Stat> = pids.filter_map(|pid| Some((pid, Stat::of(pid)?))).collect();
        let mut found = Vec::new();
        let mut generation = vec![self.0];
        while !generation.is_empty() {
            let next: Vec<u32> = all
                .iter()
                .filter(|(_, stat)| generation.contains(&stat.parent))
                .map(|(pid, _)| *pid)
                .collect();
            found.extend(generation.iter().filter_map(|pid| all.remove_entry(pid)));
            generation = next;
        }
        found
    }
}

impl Stat {
    /// What stands behind the name, which is in parentheses and may be anything (`proc_pid_stat(5)`).
    fn of(pid: u32) -> Option<Self> {
        let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
        let number = |index: usize| fields.get(index)?.parse::<u64>().ok();
        Some(Self { parent: u32::try_from(number(1)?).ok()?, waited_for: number(13)? + number(14)? })
    }
}

fn pid_of(pid: u32) -> Pid {
    Pid::from_raw(i32::try_from(pid).expect("the kernel's pids fit"))
}
