//! One run: step after step, and after each the looks of the oracle.

use std::collections::HashSet;
use std::ops::RangeInclusive;
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rand::RngExt;
use rand::rngs::StdRng;

use crate::arguments::Arguments;
use crate::census;
use crate::clients::{CLIENTS_MAX, Crowd};
use crate::journal::Journal;
use crate::oracle::{LOOK_AGAIN_AFTER, Oracle};
use crate::seeds;
use crate::steps::{self, Step};
use crate::subject::Subject;
use crate::verdict::books::Size;
use crate::verdict::curve;
use crate::verdict::losses::Outcome;
use crate::verdict::picture::{Picture, Worker};
use crate::violation::{Invariant, Result, Violates};
use crate::world::World;

/// The pool as it is at first.
const SIZE: Size = Size { workers: 3, threads: 8 };
/// So many clients come at most for whom there is no slot.
const WAITING_MAX: usize = 16;
/// So much later the server is stopped.
const CROWD_COMES: Duration = Duration::from_millis(300);
/// How long clients may take to come to an end when they are asked to, whatever is done to the server.
const CLIENTS_END_WITHIN: Duration = Duration::from_secs(60);
/// A client that is there for so long is told.
const REMARKABLE: Duration = Duration::from_secs(25);
/// How long anything else may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A server under torture.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) world: World,
    pub(crate) subject: Subject,
    pub(crate) oracle: Oracle,
    pub(crate) crowd: Crowd,
    /// What chance decides in this step.
    pub(crate) random: StdRng,
    seed: u64,
    pub(crate) size: Size,
    pub(crate) began: Instant,
}

impl Run {
    /// Everything but the server is there.
    pub(crate) fn new(arguments: &Arguments, world: World, seed: u64) -> Result<Self> {
        let subject = Subject::new(arguments, &world)?;
        let began = Instant::now();
        let crowd = Crowd::new(subject.server, seed, began);
        let (oracle, random) = (Oracle::default(), seeds::random(seed, &[]));
        Ok(Self { world, subject, oracle, crowd, random, size: SIZE, began, seed })
    }

    /// Tortures the server, until the time is over or somebody says stop.
    pub(crate) fn go_on(
        &mut self,
        arguments: &Arguments,
        steps: &[Step],
        journal: &mut Journal,
        is_over: impl Fn() -> bool,
    ) -> Result<()> {
        journal.begin("start");
        self.subject.start(self.size)?;
        self.oracle.rest(&mut self.subject, self.size)?;
        journal.end("it serves");
        let mut round = steps::Round::new(steps, self.seed);
        let mut made = 0;
        // The first round is made whole, however long it takes.
        while (self.began.elapsed() < arguments.time() || !round.is_made_whole())
            && arguments.steps.is_none_or(|most| made < most)
            && !is_over()
        {
            let (step, random) = round.draw();
            self.random = random;
            self.make(step, journal)?;
            made += 1;
        }
        self.stop(journal)
    }

    fn make(&mut self, step: &Step, journal: &mut Journal) -> Result<()> {
        let most = self.clients_max();
        // Nobody is a case of its own for those of whose processes something is known.
        let is_possible_alone = self.subject.has_contract() && !step.needs_clients;
        let least = if is_possible_alone { 0 } else { most / 8 };
        let clients = [least, most / 4, most][self.random.random_range(0..3)];
        journal.begin(step.name);
        self.crowd.come(clients);
        let found = (step.act)(self)?;
        if self.subject.has_contract() {
            self.oracle.settle(&self.subject, self.size)?;
            self.rotate_log()?;
        }
        let clients = self.calm()?;
        journal.end(&format!("{found}; {clients}"));
        Ok(())
    }

    /// Some wait, but those who find the queue full come back ever later, and all would wait for them.
    fn clients_max(&self) -> usize {
        CLIENTS_MAX.min(self.size.workers * self.size.threads + WAITING_MAX)
    }

    /// Nobody is there any more, and all is as it must be then; says who has ended since.
    pub(crate) fn calm(&mut self) -> Result<String> {
        let outcomes = self.send_away()?;
        self.oracle.rest(&mut self.subject, self.size)?;
        self.oracle.excuses.clear();
        let longest = outcomes.iter().max_by_key(|outcome| outcome.ended.saturating_sub(outcome.began));
        let longest = longest.filter(|it| it.ended.saturating_sub(it.began) > REMARKABLE);
        let longest = longest.map(|it| format!(", the longest: {it}")).unwrap_or_default();
        Ok(format!("{} clients came and went{longest}", outcomes.len()))
    }

    /// All clients come to their end, and rightly.
    fn send_away(&mut self) -> Result<Vec<Outcome>> {
        let left = self.crowd.leave(CLIENTS_END_WITHIN);
        let outcomes = self.crowd.outcomes();
        self.oracle.judge(&outcomes)?;
        if left > 0 {
            let text = format!("{left} clients are neither served nor told that they are lost");
            return Err(Invariant::Clients.violated(text));
        }
        Ok(outcomes)
    }

    /// The server ends in order, and nothing is left of it. Who is served then is served to the end.
    fn stop(&mut self, journal: &mut Journal) -> Result<()> {
        journal.begin("stop");
        let has_contract = self.subject.has_contract();
        if has_contract {
            self.crowd.come(self.clients_max());
            last(CROWD_COMES);
        }
        let master = self.master()?;
        let served =
            census::all().into_keys().flat_map(|pid| census::peers_held(pid, self.subject.server.port));
        let served: HashSet<u16> = served.collect();
        let spared = served.len();
        self.oracle.excuses.begin_outage(self.now(), served);
        signal(master, Signal::SIGTERM)?;
        let outcomes = self.send_away()?;
        let mut ends = Vec::new();
        eventually(Invariant::End, "the end of all of its processes", || {
            ends.extend(census::reap_orphans(None));
            census::all().is_empty()
        })?;
        let end = ends.iter().find(|end| end.pid() == Some(Pid::from_raw(master)));
        if has_contract {
            self.oracle.in_order(&ends)?;
            end.ok_or_else(|| Invariant::End.violated(format!("how master {master} ended is not known")))?;
        }
        let end = end.map_or("it has ended".to_owned(), |end| format!("{end:?}"));
        journal.end(&format!("{end}; {spared} of {} clients were served", outcomes.len()));
        Ok(())
    }

    /// The process that is the server.
    pub(crate) fn master(&self) -> Result<i32> {
        if self.subject.has_contract() {
            return Ok(self.subject.status()?.0.master.pid);
        }
        self.subject.first_pid().ok_or_else(|| Invariant::Suite.violated("no server was started"))
    }

    /// Looks at the pool.
    pub(crate) fn look(&mut self) -> Result<Picture> {
        self.oracle.look(&self.subject)
    }

    /// Waits until the pool shows something.
    pub(crate) fn wait_for(
        &mut self,
        invariant: Invariant,
        what: &str,
        holds: impl Fn(&Picture) -> bool,
    ) -> Result<Picture> {
        let found = |picture: &Picture| {
            if holds(picture) {
                Ok(())
            } else {
                Err(invariant.violated(format!("in vain waited for {what}")))
            }
        };
        self.oracle.wait_for(&self.subject, found)
    }

    /// One of the workers that accept.
    pub(crate) fn some_worker(&mut self) -> Result<(Worker, i32)> {
        let picture = self.oracle.settle(&self.subject, self.size)?;
        let mut ready: Vec<Worker> = crate::verdict::books::serving(&picture).cloned().collect();
        let worker = ready.swap_remove(self.random.random_range(0..ready.len()));
        let pid = worker.pid.ok_or_else(|| Invariant::Processes.violated("a ready worker without a pid"))?;
        Ok((worker, pid))
    }

    /// Each process that the server forks stands still for so long at first, or until this is taken back.
    pub(crate) fn set_fork_delay(&self, delay: Duration) -> Result<()> {
        let preload = self.world.preload.as_ref().violates(Invariant::Suite)?;
        preload.set_fork_delay(delay).violates(Invariant::Suite)
    }

    /// Whether there are slots to spare.
    pub(crate) fn has_room(&self) -> bool {
        self.crowd.size() < self.size.workers * self.size.threads
    }

    /// For how long this run goes on.
    pub(crate) fn now(&self) -> Duration {
        self.began.elapsed()
    }

    /// Ends a worker by a signal, such that it is known who loses: it holds still before. How many those are.
    pub(crate) fn end_worker(&mut self, pid: i32, by: Signal) -> Result<usize> {
        let held = self.doom(pid)?;
        let lost = *held.start();
        signal(pid, by)?;
        if by != Signal::SIGKILL {
            signal(pid, Signal::SIGCONT)?;
        }
        self.bury(pid)?;
        self.obituary(pid, held).map(|_| lost)
    }

    /// Stops a worker that is about to be killed. How many connections it has: at least those that live.
    pub(crate) fn doom(&mut self, pid: i32) -> Result<RangeInclusive<usize>> {
        let port = self.subject.server.port;
        let held = hold(pid, port)?;
        let count = held.len()..=census::peer_sockets(pid, port);
        self.oracle.excuses.note_death(self.now(), held);
        self.oracle.ledger.happened.deaths += 1;
        Ok(count)
    }

    /// What the pool tells of the death of a worker that had so many connections.
    pub(crate) fn obituary(&self, pid: i32, held: RangeInclusive<usize>) -> Result<String> {
        let events = self.subject.events()?;
        let obituary = curve::obituary(&events, pid).unwrap_or("nothing").to_owned();
        // One may have been accepted, and not counted yet.
        let told = curve::connections_lost(&obituary);
        if told.is_none_or(|told| told + 1 < *held.start() || told > *held.end()) {
            let text =
                format!("worker {pid} held {held:?} connections when it was killed, and told is: {obituary}");
            return Err(Invariant::Totals.violated(text));
        }
        Ok(obituary)
    }

    /// Waits until the end of a worker is noticed.
    pub(crate) fn bury(&mut self, pid: i32) -> Result<()> {
        let what = "the end of a worker to be noticed";
        let is_gone = |picture: &Picture| picture.workers.iter().all(|worker| worker.pid != Some(pid));
        self.wait_for(Invariant::Processes, what, is_gone).map(drop)
    }

    fn rotate_log(&self) -> Result<()> {
        const LOG_BYTES_MAX: u64 = 300_000;
        let file = self.subject.log_file();
        if file.metadata().is_ok_and(|metadata| metadata.len() > LOG_BYTES_MAX) {
            std::fs::rename(&file, file.with_extension("log.1")).violates(Invariant::Suite)?;
            self.subject.order(&["reopen"])?;
        }
        Ok(())
    }
}

/// Stops a process, and says whose connections it holds.
pub(crate) fn hold(pid: i32, port: u16) -> Result<HashSet<u16>> {
    signal(pid, Signal::SIGSTOP)?;
    eventually(Invariant::Suite, "a process to stand still", || census::is_stopped(pid))?;
    Ok(census::peers_held(pid, port))
}

/// Sends a signal to a process that is there.
pub(crate) fn signal(pid: i32, signal: Signal) -> Result<()> {
    let sent = kill(Pid::from_raw(pid), signal);
    sent.map_err(|error| Invariant::Processes.violated(format!("{signal} to {pid}: {error}")))
}

/// Waits until something holds.
pub(crate) fn eventually(invariant: Invariant, what: &str, holds: impl FnMut() -> bool) -> Result<()> {
    within(PATIENCE, invariant, what, holds)
}

/// Waits for so long until something holds.
pub(crate) fn within(
    limit: Duration,
    invariant: Invariant,
    what: &str,
    mut holds: impl FnMut() -> bool,
) -> Result<()> {
    let deadline = Instant::now() + limit;
    while !holds() {
        if Instant::now() > deadline {
            return Err(invariant.violated(format!("in vain waited for {what}")));
        }
        thread::sleep(LOOK_AGAIN_AFTER);
    }
    Ok(())
}

/// How long a fault lasts: nothing is waited for, clients meet it.
pub(crate) fn last(time: Duration) {
    thread::sleep(time);
}
