//! The master's picture of its workers, and the pure [`ProcessTable::plan`]: what to do next, given goal and time.

mod breaker;
mod monitor_seat;
mod pulse;

use std::time::{Duration, Instant};

use nix::unistd::Pid;

use crate::channel::{Channel, Order};
use crate::scoreboard::{Lease, Standing};
use crate::sizer::Resize;
use crate::wear::Wear;
pub(crate) use breaker::{Breaker, Tolerance, Turn};
use monitor_seat::MonitorSeat;
use pulse::Due;
pub(crate) use pulse::Pulse;

/// A worker that lived this long since it began to accept is healthy: its death is no reason to be slow.
const HEALTHY_AFTER: Duration = Duration::from_secs(10);
/// The wait before the second respawn of a worker that keeps dying young; it doubles from there.
const THROTTLE_MIN: Duration = Duration::from_millis(100);
/// The longest wait before a respawn.
const THROTTLE_MAX: Duration = Duration::from_secs(30);
/// How long a worker that was told to leave may take beyond its own deadline, before it is killed.
const KILL_AFTER: Duration = Duration::from_secs(1);

/// What the master wants. Signals and commands edit it, the plan closes the gap between it and the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Goal {
    /// The generation that serves.
    pub(crate) generation: u64,
    /// Its size.
    pub(crate) workers: usize,
    /// The generation that is to take its place.
    pub(crate) next: Option<Next>,
    /// Whether the first workers may accept as soon as all of them are able to.
    pub(crate) may_open: bool,
    /// Whether there is to be a monitor.
    pub(crate) monitor: bool,
    /// How long a worker may be silent that is asked for a sign of life.
    pub(crate) stuck_after: Option<Duration>,
    /// How long the first workers may take to get ready.
    pub(crate) start_timeout: Option<Duration>,
    /// What the pool is there for.
    pub(crate) aim: Aim,
}

/// A generation that gets ready. Until all of it is, it accepts nobody, so it can be given up without a loss.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Next {
    pub(crate) generation: u64,
    pub(crate) workers: usize,
    /// When it is given up.
    pub(crate) deadline: Option<Instant>,
    /// Why it cannot get ready: one of its workers died, or could not be forked.
    pub(crate) failed: Option<String>,
}

/// What the pool is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Aim {
    /// To serve.
    Serve,
    /// To wait without workers: the master stays, and keeps the listeners.
    Rest,
    /// To serve whoever still comes, until then, and to drain.
    Grace { until: Instant },
    /// To serve who is there, and to end.
    Drain,
    /// To finish the connections that are there, while another master serves the queue, and to end.
    Yield,
    /// To end.
    Stop,
}

impl Aim {
    /// Whether the pool is about to end.
    pub(crate) fn is_end(self) -> bool {
        matches!(self, Self::Grace { .. } | Self::Drain | Self::Yield | Self::Stop)
    }
}

/// How long a worker may take, by the configuration that it serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Patience {
    /// To get ready.
    pub(crate) start: Option<Duration>,
    /// To leave: for its connections, and to close what is left of them.
    pub(crate) leave: Option<Duration>,
}

/// Which worker is forked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Birth {
    pub(crate) id: usize,
    pub(crate) generation: u64,
    pub(crate) patience: Patience,
    /// The rows of the scoreboard that it writes.
    pub(crate) lease: Lease,
}

/// Where a worker stands in its life. Each stage holds what its deadline needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Forked; has not reported yet.
    Starting,
    /// Able to accept; waits for [`Order::Go`].
    Ready,
    /// Accepts, or would if it had a free slot.
    Accepting { since: Instant },
    /// Accepts until its replacement does: somebody sent it TERM.
    Outgoing,
    /// Was told to leave by this order.
    Leaving { order: Order, kill_at: Option<Instant> },
    /// Was sent SIGKILL.
    Killed,
}

impl Stage {
    /// The stage after a worker reported that it is able to accept.
    pub(crate) fn ready(self) -> Self {
        if self == Self::Starting { Self::Ready } else { self }
    }

    /// The stage after a worker reported that somebody sent it TERM.
    pub(crate) fn outgoing(self) -> Self {
        if matches!(self, Self::Accepting { .. }) { Self::Outgoing } else { self }
    }
}

/// A worker process from the perspective of the master.
#[derive(Debug)]
pub(crate) struct WorkerHandle<C = Channel> {
    pub(crate) pid: Pid,
    pub(crate) id: usize,
    pub(crate) generation: u64,
    patience: Patience,
    pub(crate) spawned: Instant,
    pub(crate) stage: Stage,
    /// The line to it, until its end has been heard.
    pub(crate) channel: Option<C>,
    /// The rows of the scoreboard that it writes.
    pub(crate) lease: Lease,
    /// It has said that it has no idle slot, and was not asked again since.
    pub(crate) told_full: bool,
    /// It no longer accepts where others do.
    pub(crate) retired: bool,
    /// Whether it gives signs of life.
    pub(crate) pulse: Pulse,
    /// It has served long enough, and waits for a replacement.
    pub(crate) worn: Option<Wear>,
    /// A signal has stopped it: whatever it said, it takes no connection.
    pub(crate) stopped: bool,
    /// The number of departures up to which it has been poked.
    poked: u64,
}

/// One step towards the goal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Action {
    /// Fork a worker with this id.
    Spawn { id: usize, generation: u64 },
    /// Fork the monitor.
    SpawnMonitor,
    /// Ask a worker for a sign of life, if it is busy.
    LookAfter { pid: Pid },
    /// End a worker that gives none.
    Abort { pid: Pid },
    /// Replace a worker that has served long enough.
    Recycle { pid: Pid, why: Wear },
    /// Have another number of workers.
    Resize(Resize),
    /// Tell a worker something.
    Tell { pid: Pid, order: Order },
    /// Every worker of the first generation is able to accept: let clients in.
    Open,
    /// A worker is beyond its deadline.
    Kill { pid: Pid, why: &'static str },
    /// The first workers did not get ready in time.
    GiveUp,
    /// The next generation serves from now on.
    Commit,
    /// The next generation failed, or is too late.
    Abandon,
    /// The time of grace is over.
    CloseGates,
}

/// How the respawn of one id is slowed down while it keeps dying young.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Throttle {
    young_deaths: u32,
    not_before: Option<Instant>,
}

impl Throttle {
    /// Notes a death, and returns the wait before the next spawn.
    fn note_death(&mut self, accepted_for: Duration, now: Instant) -> Duration {
        self.young_deaths =
            if accepted_for >= HEALTHY_AFTER { 0 } else { self.young_deaths.saturating_add(1) };
        let wait = match self.young_deaths {
            0 | 1 => Duration::ZERO,
            deaths => THROTTLE_MIN.saturating_mul(1 << (deaths - 2).min(20)).min(THROTTLE_MAX),
        };
        self.not_before = Some(now + wait);
        wait
    }

    /// Notes that not even a fork succeeded, and returns the wait before the next try.
    fn note_failed_spawn(&mut self, now: Instant) -> Duration {
        // The same as dying at once, but there is no first time that is free: the system has just said no.
        self.young_deaths = self.young_deaths.max(1);
        self.note_death(Duration::ZERO, now)
    }
}

/// All workers, living and leaving.
#[derive(Debug)]
pub(crate) struct ProcessTable<C = Channel> {
    pub(crate) workers: Vec<WorkerHandle<C>>,
    pub(crate) monitor: MonitorSeat,
    throttles: Vec<Throttle>,
    /// Whether the first generation has been let in, and since when the table exists.
    opened: bool,
    began: Instant,
    /// The size that the last look at the pool found right.
    pub(crate) resize: Option<Resize>,
    /// How often a worker stopped accepting, perhaps with a wake-up in hand that nobody else gets.
    departures: u64,
}

impl<C> ProcessTable<C> {
    /// A table without workers.
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            workers: Vec::new(),
            monitor: MonitorSeat::default(),
            throttles: Vec::new(),
            opened: false,
            began: now,
            resize: None,
            departures: 0,
        }
    }

    /// Notes that the first workers have been let in.
    pub(crate) fn note_open(&mut self) {
        self.opened = true;
    }

    /// Adds a worker that was just forked.
    pub(crate) fn add(&mut self, pid: Pid, birth: Birth, channel: C, now: Instant) {
        let Birth { id, generation, patience, lease } = birth;
        let worker = WorkerHandle {
            pid,
            id,
            generation,
            patience,
            spawned: now,
            stage: Stage::Starting,
            channel: Some(channel),
            lease,
            told_full: false,
            retired: false,
            worn: None,
            pulse: Pulse::Calm,
            stopped: false,
            poked: self.departures,
        };
        self.workers.push(worker);
    }

    /// Finds a worker by its pid.
    pub(crate) fn find(&mut self, pid: Pid) -> Option<&mut WorkerHandle<C>> {
        self.workers.iter_mut().find(|worker| worker.pid == pid)
    }

    /// Takes a dead worker out, with the wait before its id is spawned again; `None` for a stranger.
    pub(crate) fn remove(&mut self, pid: Pid, now: Instant) -> Option<(WorkerHandle<C>, Duration)> {
        let index = self.workers.iter().position(|worker| worker.pid == pid)?;
        let worker = self.workers.remove(index);
        let wait = match worker.stage {
            Stage::Leaving { .. } | Stage::Outgoing => Duration::ZERO,
            Stage::Accepting { since } => self.note_death(worker.id, now - since, now),
            Stage::Starting | Stage::Ready | Stage::Killed => self.note_death(worker.id, Duration::ZERO, now),
        };
        if !matches!(worker.stage, Stage::Starting | Stage::Ready) {
            self.departures += 1;
        }
        Some((worker, wait))
    }

    /// Notes that a worker closed its listeners.
    pub(crate) fn note_closed(&mut self, pid: Pid) {
        self.note_unable(pid);
        if let Some(worker) = self.find(pid) {
            // There is no queue at which it could look again.
            (worker.poked, worker.retired) = (u64::MAX, true);
        }
    }

    /// Notes that a worker no longer accepts where others do.
    pub(crate) fn note_retired(&mut self, pid: Pid) {
        self.note_unable(pid);
        if let Some(worker) = self.find(pid) {
            worker.retired = true;
        }
    }

    /// Notes that a worker, which may have been woken for somebody, does not accept at the moment.
    pub(crate) fn note_unable(&mut self, pid: Pid) {
        self.departures += 1;
        let departures = self.departures;
        if let Some(worker) = self.find(pid) {
            worker.poked = worker.poked.max(departures);
        }
    }

    /// Notes that a worker could not even be forked, and returns the wait before the next try.
    pub(crate) fn note_failed_spawn(&mut self, id: usize, now: Instant) -> Duration {
        self.throttle(id).note_failed_spawn(now)
    }

    fn note_death(&mut self, id: usize, accepted_for: Duration, now: Instant) -> Duration {
        self.throttle(id).note_death(accepted_for, now)
    }

    fn throttle(&mut self, id: usize) -> &mut Throttle {
        if self.throttles.len() <= id {
            self.throttles.resize(id + 1, Throttle::default());
        }
        &mut self.throttles[id]
    }

    /// Notes that a worker was told something.
    pub(crate) fn note_told(&mut self, pid: Pid, order: Order, now: Instant) {
        let departures = self.departures;
        let Some(worker) = self.find(pid) else { return };
        let kill_at = |wait: Option<Duration>| wait.map(|wait| now + wait + KILL_AFTER);
        match order {
            Order::Go => (worker.stage, worker.poked) = (Stage::Accepting { since: now }, departures),
            Order::Poke => worker.poked = departures,
            Order::Arm => worker.told_full = false,
            Order::Ask => worker.pulse.note_asked(now),
            Order::Retire | Order::Drain => {
                worker.stage = Stage::Leaving { order, kill_at: kill_at(worker.patience.leave) };
            }
            Order::Stop => worker.stage = Stage::Leaving { order, kill_at: kill_at(Some(Duration::ZERO)) },
        }
    }

    /// Whether every worker that accepts has said that it has no idle slot, or is stopped.
    pub(crate) fn is_full(&self) -> bool {
        let mut accepting =
            self.workers.iter().filter(|worker| worker.standing() == Standing::Ready).peekable();
        accepting.peek().is_some() && accepting.all(|worker| worker.told_full || worker.stopped)
    }

    /// Whether a worker that was told to retire accepts still, unless a signal has stopped it.
    pub(crate) fn is_letting_go(&self) -> bool {
        let is_told = |stage| matches!(stage, Stage::Leaving { order: Order::Retire, .. });
        self.workers.iter().any(|worker| is_told(worker.stage) && !worker.retired && !worker.stopped)
    }

    /// How many workers of the pool get ready.
    pub(crate) fn starting(&self, goal: &Goal) -> usize {
        let is_starting = |stage| matches!(stage, Stage::Starting | Stage::Ready);
        self.of(goal.generation).filter(|worker| is_starting(worker.stage)).count()
    }

    /// How many workers accept.
    pub(crate) fn accepting(&self) -> usize {
        self.workers.iter().filter(|worker| worker.standing() == Standing::Ready).count()
    }

    /// The lines to the workers.
    pub(crate) fn channels(&self) -> impl Iterator<Item = &C> {
        self.workers.iter().filter_map(|worker| worker.channel.as_ref())
    }

    /// Whether the first workers have been let in.
    pub(crate) fn is_open(&self) -> bool {
        self.opened
    }

    /// How many generations still finish their connections.
    pub(crate) fn draining_generations(&self, goal: &Goal) -> Vec<u64> {
        let mut numbers: Vec<u64> = self.workers.iter().map(|worker| worker.generation).collect();
        numbers.retain(|number| *number != goal.generation);
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }

    /// Notes that another generation serves: what the one before died of says nothing of it.
    pub(crate) fn note_commit(&mut self) {
        self.throttles.clear();
        self.opened = true;
    }

    /// What to do now. Pure: the same table, goal and time give the same plan.
    pub(crate) fn plan(&self, goal: &Goal, now: Instant) -> Vec<Action> {
        let mut plan = match goal.aim {
            Aim::Serve | Aim::Grace { .. } => [
                self.give_up(goal, now),
                self.spawn(goal, now),
                self.let_in(goal),
                self.shrink(goal),
                self.prepare(goal, now),
                self.look_after(goal, now),
                self.recycle(goal),
                self.resize(goal),
                self.poke(),
            ]
            .concat(),
            Aim::Rest => [self.rest(goal), self.prepare(goal, now)].concat(),
            Aim::Yield => self.rest(goal),
            Aim::Drain => [self.drain(), self.poke()].concat(),
            Aim::Stop => self.stop(),
        };
        plan.extend(self.kill(goal, now));
        if matches!(goal.aim, Aim::Grace { until } if until <= now) {
            plan.push(Action::CloseGates);
        }
        // It shows a drain too.
        if goal.monitor && self.monitor.is_due(now) {
            plan.push(Action::SpawnMonitor);
        }
        plan
    }

    /// When `plan` may have something new to do although nothing happened.
    pub(crate) fn next_deadline(&self, goal: &Goal) -> Option<Instant> {
        let is_serving = matches!(goal.aim, Aim::Serve | Aim::Grace { .. });
        let of_workers = self.workers.iter().filter_map(|worker| worker.deadline(goal));
        let of_spawns = (0..goal.workers).filter(|id| is_serving && !self.is_manned(goal, *id));
        let of_spawns = of_spawns.filter_map(|id| self.throttles.get(id)?.not_before);
        let of_start = self.start_deadline(goal).filter(|_| is_serving);
        let of_monitor = self.monitor.due_at().filter(|_| goal.monitor);
        let of_next = goal.next.as_ref().and_then(|next| next.deadline);
        let of_grace = match goal.aim {
            Aim::Grace { until } => Some(until),
            _ => None,
        };
        let others = [of_start, of_monitor, of_next, of_grace];
        let watched = self.workers.iter().filter(|worker| is_serving && worker.is_watched());
        let of_pulses = watched.filter_map(|worker| worker.pulse.next());
        of_workers.chain(of_spawns).chain(of_pulses).chain(others.into_iter().flatten()).min()
    }

    fn start_deadline(&self, goal: &Goal) -> Option<Instant> {
        if self.opened { None } else { Some(self.began + goal.start_timeout?) }
    }

    /// The pool never opened, and the time for it is over.
    fn give_up(&self, goal: &Goal, now: Instant) -> Vec<Action> {
        let over = self.start_deadline(goal).is_some_and(|deadline| deadline <= now);
        if over && !self.all_ready(goal) { vec![Action::GiveUp] } else { Vec::new() }
    }

    /// Ids without a worker get one, unless they are throttled.
    fn spawn(&self, goal: &Goal, now: Instant) -> Vec<Action> {
        let throttled =
            |id: usize| self.throttles.get(id).and_then(|it| it.not_before).is_some_and(|at| at > now);
        let vacant = (0..goal.workers).filter(|id| !self.is_manned(goal, *id) && !throttled(*id));
        vacant.map(|id| Action::Spawn { id, generation: goal.generation }).collect()
    }

    /// Brings the next generation to where it can take the place of the one that serves, and then lets it.
    fn prepare(&self, goal: &Goal, now: Instant) -> Vec<Action> {
        let Some(next) = &goal.next else { return Vec::new() };
        if next.failed.is_some() || next.deadline.is_some_and(|deadline| deadline <= now) {
            return vec![Action::Abandon];
        }
        let has = |id, is: fn(Stage) -> bool| {
            self.of(next.generation).any(|worker| worker.id == id && is(worker.stage))
        };
        let is_coming = |stage| matches!(stage, Stage::Starting | Stage::Ready);
        let vacant = (0..next.workers).filter(|id| !has(*id, is_coming));
        let mut plan: Vec<Action> =
            vacant.map(|id| Action::Spawn { id, generation: next.generation }).collect();
        if plan.is_empty() && (0..next.workers).all(|id| has(id, |stage| stage == Stage::Ready)) {
            plan.extend(self.of(next.generation).map(|worker| worker.told(Order::Go)));
            plan.push(Action::Commit);
            let old = self.workers.iter().filter(|worker| worker.generation != next.generation);
            plan.extend(old.filter_map(WorkerHandle::sent_away));
        }
        plan
    }

    /// Workers that give no sign of life are ended.
    fn look_after(&self, goal: &Goal, now: Instant) -> Vec<Action> {
        let due = |worker: &WorkerHandle<C>| {
            let pid = worker.pid;
            Some(match worker.pulse.due(goal.stuck_after, now).filter(|_| worker.is_watched())? {
                Due::Ask => Action::LookAfter { pid },
                Due::Abort => Action::Abort { pid },
                Due::Kill => Action::Kill { pid, why: "it did not even abort" },
            })
        };
        self.workers.iter().filter_map(due).collect()
    }

    /// Counts the silence of those who were asked for a sign of life.
    pub(crate) fn listen(&mut self, now: Instant) {
        for worker in &mut self.workers {
            worker.pulse.listen(worker.stopped, now);
        }
    }

    /// Somebody has no idle slot: those who have are to show that they live.
    pub(crate) fn wake_all(&mut self, goal: &Goal, now: Instant) {
        for worker in &mut self.workers {
            worker.pulse.wake(goal.stuck_after, now);
        }
    }

    /// One worker that has served long enough is replaced at a time, and none while all of them are.
    fn recycle(&self, goal: &Goal) -> Vec<Action> {
        let is_changing = |worker: &WorkerHandle<C>| {
            matches!(worker.stage, Stage::Outgoing | Stage::Starting | Stage::Ready)
        };
        if goal.next.is_some() || self.of(goal.generation).any(is_changing) {
            return Vec::new();
        }
        let accepts = |worker: &&WorkerHandle<C>| matches!(worker.stage, Stage::Accepting { .. });
        let mut worn = self.of(goal.generation).filter(accepts);
        let first = worn.find_map(|worker| Some(Action::Recycle { pid: worker.pid, why: worker.worn? }));
        first.into_iter().collect()
    }

    /// A pool that sizes itself has the size that was found right.
    fn resize(&self, goal: &Goal) -> Vec<Action> {
        let resize = self.resize.filter(|resize| goal.aim == Aim::Serve && resize.to != goal.workers);
        resize.map(Action::Resize).into_iter().collect()
    }

    /// Workers beyond the size of the pool leave.
    fn shrink(&self, goal: &Goal) -> Vec<Action> {
        let beyond = self.of(goal.generation).filter(|worker| worker.id >= goal.workers);
        beyond.filter_map(WorkerHandle::sent_away).collect()
    }

    /// All leave who serve, and nobody takes their place.
    fn rest(&self, goal: &Goal) -> Vec<Action> {
        self.of(goal.generation).filter_map(WorkerHandle::sent_away).collect()
    }

    fn of(&self, generation: u64) -> impl Iterator<Item = &WorkerHandle<C>> {
        self.workers.iter().filter(move |worker| worker.generation == generation)
    }

    /// Workers that are able to accept may: at first all together, later each at once, in place of its predecessor.
    fn let_in(&self, goal: &Goal) -> Vec<Action> {
        if !(self.opened || goal.may_open && self.all_ready(goal)) {
            return Vec::new();
        }
        let mut plan = Vec::new();
        for new in self.of(goal.generation).filter(|worker| worker.stage == Stage::Ready) {
            plan.push(new.told(Order::Go));
            let old = self.of(goal.generation).filter(|old| old.id == new.id && old.stage == Stage::Outgoing);
            plan.extend(old.map(|old| old.told(Order::Retire)));
        }
        if !self.opened {
            plan.push(Action::Open);
        }
        plan
    }

    /// After a departure, whoever accepts looks at the queue again: who left may have been woken for somebody there.
    fn poke(&self) -> Vec<Action> {
        let stale =
            self.workers.iter().filter(|worker| worker.serves_queue() && worker.poked < self.departures);
        stale.map(|worker| worker.told(Order::Poke)).collect()
    }

    /// The final stop: whoever accepts serves the queue, whoever holds nothing leaves.
    fn drain(&self) -> Vec<Action> {
        let order = |worker: &WorkerHandle<C>| match worker.stage {
            Stage::Accepting { .. } | Stage::Outgoing => Some(Order::Drain),
            Stage::Starting | Stage::Ready => Some(Order::Stop),
            Stage::Leaving { .. } | Stage::Killed => None,
        };
        self.tell(order)
    }

    /// A stop without mercy.
    fn stop(&self) -> Vec<Action> {
        let order = |worker: &WorkerHandle<C>| match worker.stage {
            Stage::Leaving { order: Order::Stop, .. } | Stage::Killed => None,
            _ => Some(Order::Stop),
        };
        self.tell(order)
    }

    fn tell(&self, order: impl Fn(&WorkerHandle<C>) -> Option<Order>) -> Vec<Action> {
        self.workers.iter().filter_map(|worker| Some(worker.told(order(worker)?))).collect()
    }

    /// Nobody outlives a deadline.
    fn kill(&self, goal: &Goal, now: Instant) -> Vec<Action> {
        let late = self
            .workers
            .iter()
            .filter(|worker| worker.deadline(goal).is_some_and(|deadline| deadline <= now));
        late.map(|worker| Action::Kill {
            pid: worker.pid,
            why: if worker.stage == Stage::Starting {
                "it did not get ready in time"
            } else {
                "it did not leave in time"
            },
        })
        .collect()
    }

    /// Whether an id of the pool has a worker that accepts, or will, and is not about to leave.
    pub(crate) fn is_manned(&self, goal: &Goal, id: usize) -> bool {
        let stays = |stage| matches!(stage, Stage::Starting | Stage::Ready | Stage::Accepting { .. });
        self.of(goal.generation).any(|worker| worker.id == id && stays(worker.stage))
    }

    /// Whether an id of the pool has a worker that accepts and stays.
    pub(crate) fn is_serving(&self, goal: &Goal, id: usize) -> bool {
        let accepts = |stage| matches!(stage, Stage::Accepting { .. });
        self.of(goal.generation).any(|worker| worker.id == id && accepts(worker.stage))
    }

    /// Whether all workers of the pool wait for their order to accept.
    pub(crate) fn all_ready(&self, goal: &Goal) -> bool {
        let ready = |id| self.of(goal.generation).any(|it| it.id == id && it.stage == Stage::Ready);
        (0..goal.workers).all(ready)
    }
}

impl<C> WorkerHandle<C> {
    fn told(&self, order: Order) -> Action {
        Action::Tell { pid: self.pid, order }
    }

    /// What it is told when it is no longer needed, while others serve the queue; `None` if it was told already.
    fn sent_away(&self) -> Option<Action> {
        match self.stage {
            Stage::Accepting { .. } | Stage::Outgoing => Some(self.told(Order::Retire)),
            Stage::Starting | Stage::Ready => Some(self.told(Order::Stop)),
            Stage::Leaving { .. } | Stage::Killed => None,
        }
    }

    /// Where it stands, as far as others care.
    pub(crate) fn standing(&self) -> Standing {
        match self.stage {
            Stage::Starting | Stage::Ready => Standing::Starting,
            Stage::Accepting { .. } | Stage::Outgoing => Standing::Ready,
            Stage::Leaving { .. } | Stage::Killed => Standing::Draining,
        }
    }

    /// Whether it has to give signs of life. One that leaves has a deadline anyway.
    fn is_watched(&self) -> bool {
        matches!(self.stage, Stage::Accepting { .. } | Stage::Outgoing)
    }

    /// Whether it takes connections from the queue.
    fn serves_queue(&self) -> bool {
        matches!(
            self.stage,
            Stage::Accepting { .. } | Stage::Outgoing | Stage::Leaving { order: Order::Drain, .. }
        )
    }

    /// When it is killed, if it stays in this stage.
    fn deadline(&self, goal: &Goal) -> Option<Instant> {
        match self.stage {
            // The next generation has one deadline for all of it.
            Stage::Starting if goal.next.as_ref().is_some_and(|next| next.generation == self.generation) => {
                None
            }
            Stage::Starting => Some(self.spawned + self.patience.start?),
            Stage::Leaving { kill_at, .. } => kill_at,
            Stage::Ready | Stage::Accepting { .. } | Stage::Outgoing | Stage::Killed => None,
        }
    }
}

#[cfg(test)]
mod tests;
