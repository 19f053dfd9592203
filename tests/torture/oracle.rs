//! The oracle: looks at the server from outside, and says what is not as it must be.

use std::collections::{BTreeMap, HashSet};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::wait::WaitStatus;
use prefork_client::Failure;

use crate::census::{self, Process};
use crate::clients::script;
use crate::monitor::Monitor;
use crate::stopwatch::Stopwatch;
use crate::subject::Subject;
use crate::verdict::books::{self, Books, Size};
use crate::verdict::growth::{Level, Levels};
use crate::verdict::ledger::Ledger;
use crate::verdict::losses::{End, Excuses, Outcome};
use crate::verdict::picture::Picture;
use crate::violation::{Invariant, Result, Violates};

/// Within this `status` answers, beside the time for which there was no processor for the command or the master.
const STATUS_WITHIN: Duration = Duration::from_secs(1);
/// Within this a client is served for whom there is a slot, beside the time for which there was no processor for the server.
const SERVED_WITHIN: Duration = Duration::from_secs(2);
/// Within this either happens on any machine.
pub(crate) const NEVER_BEYOND: Duration = Duration::from_secs(10);
/// Within this the pool is as it should be again, beside the waits that it announces.
const WHOLE_WITHIN: Duration = Duration::from_secs(20);
/// The longest such wait is thirty seconds.
const WAITS_WITHIN: Duration = Duration::from_secs(60);
/// A server whose processes are as many for so long has no others when nobody is there.
const STEADY_AFTER: Duration = Duration::from_secs(1);
/// Between two looks at something that cannot wake us.
pub(crate) const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(15);

/// What it knows.
#[derive(Debug, Default)]
pub(crate) struct Oracle {
    books: Books,
    monitor: Monitor,
    levels: Levels,
    pub(crate) ledger: Ledger,
    pub(crate) excuses: Excuses,
    /// The masters that the suite has killed, and their monitors.
    pub(crate) killed: HashSet<i32>,
    /// The longest time that `status` took.
    pub(crate) status_worst: Duration,
    pub(crate) looks: u64,
    /// How many clients ended how.
    pub(crate) ends: BTreeMap<&'static str, u64>,
    /// How many processes a server without contract has while nobody is there.
    processes_at_rest: Option<usize>,
}

impl Oracle {
    /// Looks at the pool. What it shows adds up, and no count goes back.
    pub(crate) fn look(&mut self, subject: &Subject) -> Result<Picture> {
        let watch = Stopwatch::start(self.books.master());
        let (picture, command_stalled) = subject.status()?;
        let (took, stalled) = (watch.elapsed(), watch.stalled() + command_stalled);
        self.looks += 1;
        self.status_worst = self.status_worst.max(took);
        if took.saturating_sub(stalled) > STATUS_WITHIN || took > NEVER_BEYOND {
            let text = format!("it took {took:.1?}; for {stalled:.1?} of them there was no processor for it");
            return Err(Invariant::Status.violated(text));
        }
        books::balance(&picture).violates(Invariant::Balance)?;
        self.books.check(&picture).violates(Invariant::Totals)?;
        Ok(picture)
    }

    /// Waits until the pool has its size.
    pub(crate) fn settle(&mut self, subject: &Subject, size: Size) -> Result<Picture> {
        self.wait_for(subject, |picture| books::whole(picture, size).violates(Invariant::Capacity))
    }

    /// Waits until a picture is as it should be.
    pub(crate) fn wait_for(
        &mut self,
        subject: &Subject,
        mut holds: impl FnMut(&Picture) -> Result<()>,
    ) -> Result<Picture> {
        let last = Instant::now() + WAITS_WITHIN;
        let mut deadline = Instant::now() + WHOLE_WITHIN;
        loop {
            let picture = self.look(subject)?;
            let Err(violation) = holds(&picture) else { return Ok(picture) };
            if Instant::now() > deadline {
                return Err(violation);
            }
            deadline = match books::announced(&picture) {
                Duration::ZERO => deadline,
                wait => deadline.max(Instant::now() + wait + WHOLE_WITHIN).min(last),
            };
            thread::sleep(LOOK_AGAIN_AFTER);
        }
    }

    /// Waits until all is as it must be when nobody is there.
    pub(crate) fn rest(&mut self, subject: &mut Subject, size: Size) -> Result<()> {
        if subject.has_contract() {
            let picture = self.rest_with_contract(subject, size)?;
            if let Some(port) = subject.monitor_port() {
                self.monitor.look(port, &picture)?;
            }
            // Of a monitor that has served, as of workers.
            self.compare(subject, size)?;
        } else {
            self.rest_without_contract(subject)?;
        }
        probe(subject)
    }

    fn rest_with_contract(&mut self, subject: &Subject, size: Size) -> Result<Picture> {
        self.ledger.happened.reloads += subject.take_reloads();
        self.ledger.happened.opened += script::take_opened();
        let (ledger, mut ends) = (std::mem::take(&mut self.ledger), Vec::new());
        let mut first = None;
        let rested = self.wait_for(subject, |picture| {
            // One that was dear to make is shown again for a while, and may be of before.
            let made = (picture.master.pid, picture.master.uptime_seconds.to_bits());
            if *first.get_or_insert(made) == made {
                return Err(Invariant::Status.violated("it shows the same picture again and again"));
            }
            books::whole(picture, size).violates(Invariant::Capacity)?;
            books::quiet(picture).violates(Invariant::Balance)?;
            if census::is_awaited(subject.server.port) {
                return Err(Invariant::Clients.violated("a handshake that does not come to its end"));
            }
            ledger.check(picture).violates(Invariant::Totals)?;
            // The first master is waited for by the one that has started it.
            let first = subject.first_pid().filter(|first| *first == picture.master.pid);
            ends.extend(census::reap_orphans(first));
            count(picture, subject.monitor_port().is_some()).violates(Invariant::Processes)
        });
        self.ledger = ledger;
        self.in_order(&ends)?;
        let picture = rested?;
        self.ledger.turn(&picture);
        Ok(picture)
    }

    /// Waits until no process has more than the first of its kind had at rest.
    fn compare(&mut self, subject: &Subject, size: Size) -> Result<()> {
        let mut levels = std::mem::take(&mut self.levels);
        let compared = self.wait_for(subject, |picture| {
            let mut now = levels.clone();
            compare(&mut now, subject.first_pid(), picture, size)?;
            levels = now;
            Ok(())
        });
        self.levels = levels;
        compared.map(drop)
    }

    /// Nobody ends other than in order whom the suite has not killed: a master that was replaced, or a worker that has lost its own.
    pub(crate) fn in_order(&self, ends: &[WaitStatus]) -> Result<()> {
        let is_in_order = |end: &WaitStatus| {
            matches!(end, WaitStatus::Exited(_, 0))
                || end.pid().is_some_and(|pid| self.killed.contains(&pid.as_raw()))
        };
        match ends.iter().find(|end| !is_in_order(end)) {
            None => Ok(()),
            Some(end) => Err(Invariant::End.violated(format!("a process that nobody had killed: {end:?}"))),
        }
    }

    fn rest_without_contract(&mut self, subject: &mut Subject) -> Result<()> {
        let deadline = Instant::now() + WHOLE_WITHIN;
        let root = subject.first_pid().ok_or_else(|| Invariant::Processes.violated("there is no server"))?;
        loop {
            if let Some(status) = subject.ended() {
                return Err(Invariant::Processes.violated(format!("the server has ended: {status}")));
            }
            // How those of whom nothing is known end is for them to say.
            let _ = census::reap_orphans(Some(root));
            let found = census::all();
            let most = *self.processes_at_rest.get_or_insert_with(steady_processes);
            let level = census::level(root).ok_or_else(|| Invariant::Processes.violated("no server"))?;
            let many = if found.len() > most { Err(format!("{found:?} instead of {most}")) } else { Ok(()) };
            let mut grown = || self.levels.check("server", level, level.threads).violates(Invariant::Growth);
            let Err(violation) = many.violates(Invariant::Processes).and_then(|()| grown()) else {
                return Ok(());
            };
            if Instant::now() > deadline {
                return Err(violation);
            }
            thread::sleep(LOOK_AGAIN_AFTER);
        }
    }

    /// Judges those who have ended.
    pub(crate) fn judge(&mut self, outcomes: &[Outcome]) -> Result<()> {
        for outcome in outcomes {
            let end = match outcome.end {
                End::Right => "right",
                End::Lost => "lost",
                End::Refused => "refused",
                End::Late => "late",
                End::Wrong => "wrong",
                End::Failed => "failed",
            };
            *self.ends.entry(end).or_default() += 1;
            self.ledger.note(outcome, self.excuses.concern(outcome));
        }
        outcomes.iter().try_for_each(|outcome| self.excuses.judge(outcome)).violates(Invariant::Clients)
    }
}

/// How many processes there are when all have come, and those have gone who served the last client: of whom nothing is known.
fn steady_processes() -> usize {
    let (mut count, mut since) = (census::all().len(), Instant::now());
    let deadline = since + WHOLE_WITHIN;
    while since.elapsed() < STEADY_AFTER && Instant::now() < deadline {
        thread::sleep(LOOK_AGAIN_AFTER);
        let now = census::all().len();
        if now != count {
            (count, since) = (now, Instant::now());
        }
    }
    count
}

/// That there is the master, its workers and its monitor, and nobody else.
fn count(picture: &Picture, has_monitor: bool) -> std::result::Result<(), String> {
    let found = census::all();
    let master = picture.master.pid;
    let workers = books::pids(picture);
    let is_ours = |process: &Process| process.pid == master || process.parent == master;
    if let Some(stranger) = found.values().find(|process| !is_ours(process) || process.state == 'Z') {
        return Err(format!("{stranger:?} is no part of the pool of master {master}"));
    }
    let monitors = found.keys().filter(|pid| **pid != master && !workers.contains(pid)).count();
    if found.len() != 1 + workers.len() + monitors || monitors != usize::from(has_monitor) {
        let count = workers.len();
        return Err(format!(
            "a master, {count} workers and {} monitor are to be there: {found:?}",
            u8::from(has_monitor)
        ));
    }
    Ok(())
}

/// That no process has more than the first of its kind.
fn compare(levels: &mut Levels, first: Option<i32>, picture: &Picture, size: Size) -> Result<()> {
    let master = picture.master.pid;
    let workers = books::pids(picture);
    for pid in census::all().into_keys() {
        let Some(level) = census::level(pid) else {
            return Err(Invariant::Suite.violated(format!("what process {pid} has cannot be told")));
        };
        let (kind, level, threads) = if pid == master {
            let kind = if Some(pid) == first { "master" } else { "successor" };
            // A line to each worker.
            (kind, Level { files: level.files.saturating_sub(workers.len()), ..level }, 1)
        } else if workers.contains(&pid) {
            ("worker", level, size.threads + 1)
        } else {
            ("monitor", level, 1)
        };
        let grown = levels.check(kind, level, threads);
        grown.map_err(|what| Invariant::Growth.violated(format!("{kind} {pid} has {what}")))?;
    }
    Ok(())
}

/// Somebody comes, for whom there is a slot.
pub(crate) fn probe(subject: &Subject) -> Result<()> {
    let watch = Stopwatch::start(census::all().into_keys());
    let served = script::open(subject.server, NEVER_BEYOND).and_then(|mut connection| {
        connection.exchange(b"probe")?;
        connection.finish()
    });
    in_time(&watch, served)
}

/// That somebody was served in time, for whom there was a slot.
pub(crate) fn in_time(watch: &Stopwatch, served: std::result::Result<(), Failure>) -> Result<()> {
    let (took, stalled) = (watch.elapsed(), watch.stalled());
    let what = match served {
        Ok(()) if took.saturating_sub(stalled) <= SERVED_WITHIN => return Ok(()),
        Ok(()) => "somebody is served".to_owned(),
        Err(failure) => failure.to_string(),
    };
    let text =
        format!("slots are idle, and after {took:.1?}: {what}; for {stalled:.1?} there was no processor");
    Err(Invariant::Liveness.violated(text))
}
