//! What CPU the processes of a group took, those that have ended too.

use std::time::Duration;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;
use nix::unistd::{Pid, SysconfVar, sysconf};

use crate::process_group::ProcessGroup;
use crate::processes::{cpu_of, stat};

impl ProcessGroup {
    /// User and system time of all processes. This program's earlier children are in it too: only differences mean something.
    ///
    /// What has ended, a forking server's every connection, is in the account of its parent, or in ours if it has outlived
    /// that. The kernel adds up in nanoseconds, but shows a parent's account in ticks of 10 ms: an error of one for each
    /// parent, and a window lasts for a hundred and more.
    pub(crate) fn cpu(&self) -> Duration {
        // Who is waited for between this look and the next is in neither: of many, one or two.
        let adopted = children();
        let tick = tick();
        let ended = |pid| {
            let ticks = |index| u32::try_from(stat(pid, index).unwrap_or(0)).unwrap_or(0);
            tick * (ticks(13) + ticks(14))
        };
        self.pids().into_iter().map(|pid: Pid| cpu_of(pid) + ended(pid)).sum::<Duration>() + adopted
    }
}

/// What our own children took, that have ended, and theirs.
pub(crate) fn children() -> Duration {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).expect("everybody may ask for their own");
    duration(usage.user_time()) + duration(usage.system_time())
}

/// What this program took itself.
pub(crate) fn own() -> Duration {
    let usage = getrusage(UsageWho::RUSAGE_SELF).expect("everybody may ask for their own");
    duration(usage.user_time()) + duration(usage.system_time())
}

/// The unit of times in /proc.
pub(crate) fn tick() -> Duration {
    let per_second = sysconf(SysconfVar::CLK_TCK).ok().flatten().and_then(|ticks| u32::try_from(ticks).ok());
    Duration::from_secs(1) / per_second.unwrap_or(100)
}

fn duration(time: TimeVal) -> Duration {
    Duration::from_micros(u64::try_from(time.tv_sec() * 1_000_000 + time.tv_usec()).unwrap_or(0))
}
