//! What happens to the pool, in the master's hands: what it is about, and its words.

use std::fmt;
use std::time::Duration;

use humantime::format_duration;

use super::event_kind::EventKind;
use crate::death::Death;
use crate::logging::counted;
use crate::wear::Wear;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Happening<'a> {
    /// A worker was forked.
    Spawned { id: usize, pid: u32 },
    /// A worker accepts from now on.
    Ready { id: usize, pid: u32 },
    /// A worker was told to finish its connections and leave.
    Draining { id: usize, pid: u32 },
    /// A worker has done so.
    Left { id: usize, pid: u32 },
    /// A worker died, and so many connections with it. Its next one comes after a wait.
    Died { id: usize, pid: u32, death: Death, lost: u64, wait: Option<Duration> },
    /// A worker has to go, and is replaced.
    Recycled { id: usize, pid: u32, why: Wear },
    /// A worker does not show that it lives.
    Stuck { id: usize, pid: u32 },
    /// No slot is idle any more.
    SaturationBegin { waiting: u64 },
    /// There are idle slots again, and nobody waits.
    SaturationEnd { lasted: Duration, peak: u64, longest: Option<Duration>, waited: Option<u64> },
    /// A new generation is made ready beside the one that serves.
    ReloadBegin { generation: u64 },
    /// It has taken over.
    Reloaded { generation: u64, workers: usize, took: Duration },
    /// It has not, and is gone.
    ReloadFailed { generation: u64, took: Duration, cause: &'a str },
    /// There shall be more workers, or fewer.
    Scaled { from: usize, to: usize, why: WhyScaled },
    /// Workers die too often for the pool to be as it should.
    CrashLoop { respawns: u64, per: Duration },
    /// They do not any more.
    CrashLoopEnd,
    /// Another master was started, which is to take over.
    Upgrading { pid: u32 },
    /// This master has taken over from another.
    Upgraded { from: u32 },
    /// The other master did not take over.
    UpgradeFailed { took: Duration, cause: &'a str },
    /// The workers end and the master stays.
    Resting,
    /// The pool says that it is going to stop, and still accepts for so long.
    Grace { lasts: Duration },
    /// The pool ends.
    Stopping { waiting: u64 },
}

/// Why there shall be another number of workers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WhyScaled {
    /// Somebody asked for it.
    Asked,
    /// Peers waited too long.
    Waiting,
    /// Slots stayed idle.
    Idle,
}

impl Happening<'_> {
    /// Its kind, the worker that it is about, and the process: the worker's, or that of the other master.
    pub(super) fn about(&self) -> (EventKind, Option<usize>, Option<u32>) {
        match *self {
            Self::Spawned { id, pid } => (EventKind::Spawned, Some(id), Some(pid)),
            Self::Ready { id, pid } => (EventKind::Ready, Some(id), Some(pid)),
            Self::Draining { id, pid } => (EventKind::Draining, Some(id), Some(pid)),
            Self::Left { id, pid } => (EventKind::Left, Some(id), Some(pid)),
            Self::Died { id, pid, .. } => (EventKind::Died, Some(id), Some(pid)),
            Self::Recycled { id, pid, .. } => (EventKind::Recycled, Some(id), Some(pid)),
            Self::Stuck { id, pid } => (EventKind::Stuck, Some(id), Some(pid)),
            Self::SaturationBegin { .. } => (EventKind::SaturationBegin, None, None),
            Self::SaturationEnd { .. } => (EventKind::SaturationEnd, None, None),
            Self::ReloadBegin { .. } => (EventKind::ReloadBegin, None, None),
            Self::Reloaded { .. } => (EventKind::Reloaded, None, None),
            Self::ReloadFailed { .. } => (EventKind::ReloadFailed, None, None),
            Self::Scaled { .. } => (EventKind::Scaled, None, None),
            Self::CrashLoop { .. } => (EventKind::CrashLoop, None, None),
            Self::CrashLoopEnd => (EventKind::CrashLoopEnd, None, None),
            Self::Upgrading { pid } => (EventKind::Upgrading, None, Some(pid)),
            Self::Upgraded { from } => (EventKind::Upgraded, None, Some(from)),
            Self::UpgradeFailed { .. } => (EventKind::UpgradeFailed, None, None),
            Self::Resting => (EventKind::Resting, None, None),
            Self::Grace { .. } => (EventKind::Grace, None, None),
            Self::Stopping { .. } => (EventKind::Stopping, None, None),
        }
    }
}

impl fmt::Display for Happening<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Spawned { id, pid } => write!(f, "worker {id} (pid {pid}) was forked"),
            Self::Ready { id, pid } => write!(f, "worker {id} (pid {pid}) accepts"),
            Self::Draining { id, pid } => write!(f, "worker {id} (pid {pid}) finishes its connections"),
            Self::Left { id, pid } => write!(f, "worker {id} (pid {pid}) left"),
            Self::Died { id, pid, death, lost, wait } => {
                let (lost, next) = (counted(lost, "connection"), respawn(wait));
                write!(f, "worker {id} (pid {pid}) {death}; {lost} lost{next}")
            }
            Self::Recycled { id, pid, why } => write!(f, "worker {id} (pid {pid}) is replaced: it {why}"),
            Self::Stuck { id, pid } => write!(f, "worker {id} (pid {pid}) gives no sign of life"),
            Self::SaturationBegin { waiting } => write!(f, "no slot is idle, {waiting} wait"),
            Self::SaturationEnd { lasted, peak, longest, waited } => {
                let waits = waits(waited, longest);
                write!(f, "saturated for {lasted:.1?}, {peak} waiting at a time at most{waits}")
            }
            Self::ReloadBegin { generation } => write!(f, "generation {generation} is being prepared"),
            Self::Reloaded { generation, workers, took } => {
                let workers = counted(workers as u64, "worker");
                write!(f, "generation {generation} serves, {workers}; the reload took {took:.1?}")
            }
            Self::ReloadFailed { generation, took, cause } => {
                let why = because(cause);
                write!(f, "generation {generation} failed after {took:.1?}, the one before serves on{why}")
            }
            Self::Scaled { from, to, why } => {
                write!(f, "{} instead of {from}: {why}", counted(to as u64, "worker"))
            }
            Self::CrashLoop { respawns, per } => {
                let respawns = counted(respawns, "respawn");
                write!(f, "{respawns} within {}: degraded", format_duration(per))
            }
            Self::CrashLoopEnd => f.write_str("the workers stay alive again"),
            Self::Upgrading { pid } => write!(f, "another master (pid {pid}) is to take over"),
            Self::Upgraded { from } => write!(f, "this master has taken over from pid {from}"),
            Self::UpgradeFailed { took, cause } => {
                write!(f, "the upgrade failed after {took:.1?}, this master serves on{}", because(cause))
            }
            Self::Resting => f.write_str("the workers drain, the master stays"),
            Self::Grace { lasts } => {
                write!(f, "not ready any more, still accepting for {}", format_duration(lasts))
            }
            Self::Stopping { waiting } => write!(f, "the pool stops, {waiting} wait"),
        }
    }
}

fn respawn(wait: Option<Duration>) -> String {
    match wait {
        Some(wait) if !wait.is_zero() => format!("; respawning in {wait:?}"),
        Some(_) => "; respawning".to_owned(),
        None => String::new(),
    }
}

fn waits(waited: Option<u64>, longest: Option<Duration>) -> String {
    match (waited, longest) {
        (Some(waited), Some(longest)) => {
            format!("; {} waited, the longest {longest:.1?}", counted(waited, "connection"))
        }
        _ => String::new(),
    }
}

/// An error's first line: what follows it shows the place in the file, and is in the log.
fn because(cause: &str) -> String {
    cause.lines().next().map_or(String::new(), |cause| format!(": {cause}"))
}

impl fmt::Display for WhyScaled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Asked => "somebody asked for it",
            Self::Waiting => "peers waited too long",
            Self::Idle => "slots stayed idle",
        })
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;
    use std::process::ExitStatus;

    use super::*;

    const MILLIS: Duration = Duration::from_millis(12);

    #[test]
    fn a_death_has_its_cause_and_what_comes_after() {
        let died = |raw, wait| {
            let death = Death::of(ExitStatus::from_raw(raw), false, 0);
            Happening::Died { id: 3, pid: 40, death, lost: 2, wait }.to_string()
        };
        let words = "worker 3 (pid 40) was killed by SIGKILL; 2 connections lost";
        assert_eq!(died(9, None), words);
        assert_eq!(died(9, Some(Duration::ZERO)), format!("{words}; respawning"));
        assert_eq!(died(9, Some(MILLIS)), format!("{words}; respawning in 12ms"));
        assert!(died(3 << 8, None).contains(" exited with code 3; "));
    }

    #[test]
    fn saturation_tells_what_is_known_of_the_waits() {
        let end = |longest, waited| {
            Happening::SaturationEnd { lasted: Duration::from_secs(5), peak: 7, longest, waited }.to_string()
        };
        assert_eq!(end(None, None), "saturated for 5.0s, 7 waiting at a time at most");
        assert!(end(Some(MILLIS), Some(1)).ends_with("; 1 connection waited, the longest 12.0ms"));
    }

    #[test]
    fn a_worker_is_replaced_for_a_reason() {
        let recycled = |why| Happening::Recycled { id: 1, pid: 12, why }.to_string();
        let words = "worker 1 (pid 12) is replaced: it has served its number of connections (limits.connections_per_worker)";
        assert_eq!(recycled(Wear::Connections), words);
        assert!(recycled(Wear::Age).ends_with(": it is old (limits.worker_age)"));
        assert!(recycled(Wear::Memory).ends_with(": it takes too much memory (limits.worker_memory)"));
        let words = "worker 1 (pid 12) gives no sign of life";
        assert_eq!(Happening::Stuck { id: 1, pid: 12 }.to_string(), words);
    }

    #[test]
    fn a_reload_ends_in_one_of_two_ways() {
        let generation = 4;
        let begin = Happening::ReloadBegin { generation };
        assert_eq!(begin.to_string(), "generation 4 is being prepared");
        let reloaded = Happening::Reloaded { generation, workers: 2, took: MILLIS };
        assert_eq!(reloaded.to_string(), "generation 4 serves, 2 workers; the reload took 12.0ms");
        let failed = |cause| Happening::ReloadFailed { generation, took: MILLIS, cause }.to_string();
        let words = "generation 4 failed after 12.0ms, the one before serves on";
        assert_eq!(failed(""), words);
        assert_eq!(
            failed("config.toml:3:1: unknown key `workrs`\n  |\n3 | workrs = 2\n  | ^^^^^^"),
            format!("{words}: config.toml:3:1: unknown key `workrs`")
        );
    }

    #[test]
    fn a_pool_that_changes_its_size_says_why() {
        let scaled = |from, to, why| Happening::Scaled { from, to, why }.to_string();
        assert_eq!(scaled(2, 4, WhyScaled::Asked), "4 workers instead of 2: somebody asked for it");
        assert_eq!(scaled(4, 5, WhyScaled::Waiting), "5 workers instead of 4: peers waited too long");
        assert_eq!(scaled(2, 1, WhyScaled::Idle), "1 worker instead of 2: slots stayed idle");
        let minute = Duration::from_secs(60);
        let crash_loop = Happening::CrashLoop { respawns: 17, per: minute };
        assert_eq!(crash_loop.to_string(), "17 respawns within 1m: degraded");
        assert_eq!(Happening::CrashLoopEnd.to_string(), "the workers stay alive again");
    }

    #[test]
    fn the_end_of_a_master_and_its_successor_have_words() {
        let failed = Happening::UpgradeFailed { took: MILLIS, cause: "it exited with code 78" };
        let words = "the upgrade failed after 12.0ms, this master serves on: it exited with code 78";
        assert_eq!(failed.to_string(), words);
        let upgrading = Happening::Upgrading { pid: 812 };
        assert_eq!(upgrading.to_string(), "another master (pid 812) is to take over");
        assert_eq!(Happening::Upgraded { from: 7 }.to_string(), "this master has taken over from pid 7");
        assert_eq!(Happening::Resting.to_string(), "the workers drain, the master stays");
        let grace = Happening::Grace { lasts: Duration::from_secs(5) };
        assert_eq!(grace.to_string(), "not ready any more, still accepting for 5s");
        assert_eq!(Happening::Stopping { waiting: 1 }.to_string(), "the pool stops, 1 wait");
    }
}
