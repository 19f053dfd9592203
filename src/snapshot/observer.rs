//! Takes the picture: the scoreboard as it is, and the queues as the kernel tells.

use std::time::{Duration, SystemTime};

use super::{
    ConnectionStatus, Distribution, Ended, Event, Events, ListenerStatus, MasterState, MasterStatus,
    PoolStatus, Refused, SCHEMA, Sample, Status, Totals, WAITING_MAX, WaitingPeer, WorkerState, WorkerStatus,
    WorkerTotals,
};
use crate::config::Place;
use crate::death::Cause;
use crate::histogram::{Counts, total};
use crate::queue::{self, Queue, Target};
use crate::scoreboard::{Board, Entry, Occupant, Phase, Picture, Standing, Tally, WorkerPicture};
use crate::sys::Moment;

/// Whoever may look at the pool: it reads, and changes nothing.
#[derive(Debug)]
pub(crate) struct Observer {
    board: &'static Board,
    queues: queue::Reader,
    targets: Vec<Target>,
}

impl Observer {
    /// An observer of a pool with these listeners.
    pub(crate) fn new(board: &'static Board, targets: Vec<Target>) -> Self {
        Self { board, queues: queue::Reader::new(queue::Source::Any), targets }
    }

    /// How many wait at each unix socket, which its listener does not tell.
    pub(crate) fn unix_queues(&mut self) -> Vec<Option<u64>> {
        let unix = self.targets.iter().filter(|target| matches!(target.place, Place::Unix { .. }));
        let targets: Vec<Target> = unix.cloned().collect();
        self.queues.read(&targets).into_iter().map(|queue| queue.waiting).collect()
    }

    /// How long whoever waits longest has waited, where the kernel tells.
    pub(crate) fn longest_wait(&mut self) -> Option<Duration> {
        let queues = self.queues.read(&self.targets);
        queues.iter().flat_map(|queue| &queue.peers).filter_map(|peer| peer.waited).max()
    }

    /// An observer of the same for another process.
    pub(crate) fn another(&self) -> Self {
        Self::new(self.board, self.targets.clone())
    }

    /// Opens what it may need later: in its sandbox a process opens no files.
    pub(crate) fn open(&mut self) {
        self.queues.open();
    }

    /// Looks, for those who want the status alone; `None` as in [`Observer::look`].
    pub(crate) fn status(&mut self) -> Option<Status> {
        let picture = self.board.read()?;
        let queues = self.queues.read(&self.targets);
        Some(status(&picture, &self.targets, &queues, Moment::now()))
    }

    /// What happened last; `None` as in [`Observer::look`].
    pub(crate) fn events(&self) -> Option<Events> {
        let events = self.board.read_events()?;
        Some(Events { schema: SCHEMA, events: events.into_iter().map(event).collect() })
    }

    /// Looks; `None` when the master was changing the scoreboard at every try. It takes a tenth of a millisecond for a
    /// small pool, and about three per thousand who wait.
    pub(crate) fn look(&mut self) -> Option<Sample> {
        let picture = self.board.read()?;
        let queues = self.queues.read(&self.targets);
        let at = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Some(Sample {
            at: at.as_secs_f64(),
            workers: totals_by_id(&picture),
            respawns: Cause::ALL.map(|cause| (cause.name(), picture.respawns[cause as usize])).to_vec(),
            reloads_failed: picture.reloads_failed,
            saturated_seconds: seconds(saturated(&picture, Moment::now())),
            events: self.events()?.events,
            status: status(&picture, &self.targets, &queues, Moment::now()),
            queue_wait: picture.queue_wait,
            connection_duration: picture.duration,
        })
    }
}

fn status(picture: &Picture, targets: &[Target], queues: &[Queue], now: Moment) -> Status {
    let workers = workers(picture, now);
    let done = done(picture);
    Status {
        schema: SCHEMA,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        master: MasterStatus {
            pid: picture.pid,
            generation: picture.generation,
            state: master_state(picture),
            resting: picture.phase == Phase::Resting,
            crash_loop: picture.crash_loop,
            uptime_seconds: seconds(now.since(picture.started)),
        },
        pool: pool(picture, &workers, queues, now),
        listeners: targets.iter().zip(queues).map(|(target, queue)| listener(target, queue)).collect(),
        waiting: waiting(targets, queues),
        totals: totals(picture, &done),
        refused: refused(&done),
        ended: ended(&done),
        queue_wait_seconds: Distribution::of(&picture.queue_wait),
        connection_duration_seconds: Distribution::of(&picture.duration),
        workers,
    }
}

fn master_state(picture: &Picture) -> MasterState {
    let is_ready = by_id(picture, |worker| worker.standing == Standing::Ready);
    match picture.phase {
        Phase::Starting => MasterState::Starting,
        Phase::Reloading => MasterState::Reloading,
        Phase::Upgrading => MasterState::Upgrading,
        Phase::Resting | Phase::Draining => MasterState::Draining,
        Phase::Running if picture.crash_loop => MasterState::Degraded,
        Phase::Running if is_ready.iter().take(picture.workers_wanted).all(|is_ready| *is_ready) => {
            MasterState::Running
        }
        Phase::Running => MasterState::Degraded,
    }
}

/// Which ids have a worker that is so.
fn by_id(picture: &Picture, is: impl Fn(&WorkerPicture) -> bool) -> Vec<bool> {
    let mut ids = vec![false; picture.ids.len()];
    for worker in picture.workers.iter().filter(|worker| is(worker)) {
        ids[worker.id] = true;
    }
    ids
}

fn pool(picture: &Picture, workers: &[WorkerStatus], queues: &[Queue], now: Moment) -> PoolStatus {
    let of = |state| workers.iter().filter(move |worker| worker.state == state);
    let ready = || of(WorkerState::Ready).filter(|worker| worker.generation == picture.generation);
    let lacking: usize = picture
        .workers
        .iter()
        .filter(|worker| worker.standing == Standing::Ready && worker.generation == picture.generation)
        .map(|worker| worker.lacking)
        .sum();
    let slots: usize = ready().map(|worker| worker.threads).sum();
    let capacity = slots.saturating_sub(lacking);
    let busy: usize = ready().map(|worker| worker.busy).sum();
    let saturated = capacity > 0 && busy >= capacity;
    PoolStatus {
        workers: ready().count(),
        threads: picture.threads,
        capacity,
        busy,
        idle: capacity.saturating_sub(busy),
        waiting: queues.iter().filter_map(|queue| queue.waiting).reduce(|one, two| one + two),
        saturated,
        // The master waits a while before it says that it is over.
        saturated_for_seconds: picture
            .saturated_since
            .filter(|_| saturated)
            .map(|since| seconds(now.since(since))),
        draining: of(WorkerState::Draining).map(|worker| worker.busy).sum(),
    }
}

fn listener(target: &Target, queue: &Queue) -> ListenerStatus {
    ListenerStatus {
        address: target.address.clone(),
        backlog: queue.limit,
        waiting: queue.waiting,
        vanished: queue.vanished,
        dropped: queue.dropped,
    }
}

fn waiting(targets: &[Target], queues: &[Queue]) -> Vec<WaitingPeer> {
    let peer = |(queue, waiting): (usize, &queue::Waiting)| WaitingPeer {
        peer: waiting.peer.to_string(),
        listener: targets[queue].address.clone(),
        waited_seconds: waiting.waited.map(seconds),
        bytes_queued: waiting.bytes_queued,
        half_closed: waiting.half_closed,
    };
    queue::longest(queues, WAITING_MAX).into_iter().map(peer).collect()
}

fn workers(picture: &Picture, now: Moment) -> Vec<WorkerStatus> {
    let mut workers: Vec<WorkerStatus> = picture.workers.iter().map(|one| worker(one, now)).collect();
    let is_manned = by_id(picture, |worker| worker.standing != Standing::Draining);
    for (id, (_, due)) in picture.ids.iter().enumerate().take(picture.workers_wanted) {
        if let Some(due) = due.filter(|_| !is_manned[id]) {
            workers.push(throttled(id, picture, due.since(now)));
        }
    }
    workers.sort_by_key(|worker| (worker.id, worker.state == WorkerState::Draining));
    workers
}

fn worker(worker: &WorkerPicture, now: Moment) -> WorkerStatus {
    let connection = |(slot, occupant): &(usize, Occupant)| ConnectionStatus {
        peer: occupant.peer.map(|peer| peer.to_string()),
        slot: *slot,
        state: occupant.state,
        queue_wait_seconds: occupant.queue_wait.map(seconds),
        open_seconds: seconds(now.since(occupant.opened)),
        messages: occupant.traffic.messages,
        bytes_in: occupant.traffic.bytes_in,
        bytes_out: occupant.traffic.bytes_out,
    };
    WorkerStatus {
        id: worker.id,
        // Between its birth and the stamp.
        pid: Some(worker.pid).filter(|pid| *pid > 0),
        generation: worker.generation,
        state: match worker.standing {
            Standing::Starting => WorkerState::Starting,
            Standing::Ready => WorkerState::Ready,
            Standing::Draining => WorkerState::Draining,
        },
        busy: worker.connections.len(),
        threads: worker.slots,
        accepted: worker.tally.accepted,
        bytes_in: worker.tally.bytes_in,
        bytes_out: worker.tally.bytes_out,
        uptime_seconds: Some(seconds(now.since(worker.spawned))),
        respawn_in_seconds: None,
        connections: worker.connections.iter().map(connection).collect(),
    }
}

fn throttled(id: usize, picture: &Picture, wait: Duration) -> WorkerStatus {
    WorkerStatus {
        id,
        pid: None,
        generation: picture.generation,
        state: WorkerState::Throttled,
        busy: 0,
        threads: picture.threads,
        accepted: 0,
        bytes_in: 0,
        bytes_out: 0,
        uptime_seconds: None,
        respawn_in_seconds: Some(seconds(wait)),
        connections: Vec::new(),
    }
}

/// What the living and the dead have done.
fn done(picture: &Picture) -> Tally {
    let mut all = Tally::default();
    let living = picture.workers.iter().map(|worker| worker.tally);
    for tally in living.chain(picture.ids.iter().map(|(tally, _)| *tally)) {
        all += tally;
    }
    all
}

fn refused(done: &Tally) -> Refused {
    let [denied, per_peer, queue_wait, proxy_header] = done.refused;
    Refused { denied, per_peer, queue_wait, proxy_header }
}

fn ended(done: &Tally) -> Ended {
    let [idle, write, first_byte, lifetime, min_rate, made_room] = done.ended;
    Ended { idle, write, first_byte, lifetime, min_rate, made_room }
}

fn totals(picture: &Picture, all: &Tally) -> Totals {
    Totals {
        accepted: all.accepted,
        closed: all.closed,
        messages: all.messages,
        bytes_in: all.bytes_in,
        bytes_out: all.bytes_out,
        respawns: total(picture.respawns),
        reloads: picture.reloads,
        log_lines_lost: picture.log.lost,
        log_lines_left_out: picture.log.left_out,
    }
}

fn totals_by_id(picture: &Picture) -> Vec<WorkerTotals> {
    let mut all: Vec<WorkerTotals> = (0..picture.ids.len()).map(WorkerTotals::none).collect();
    for (totals, (dead, _)) in all.iter_mut().zip(&picture.ids) {
        totals.add(*dead);
    }
    for worker in &picture.workers {
        let totals = &mut all[worker.id];
        totals.add(worker.tally);
        totals.active += worker.connections.len();
        if worker.standing == Standing::Ready {
            totals.capacity += worker.slots.saturating_sub(worker.lacking);
        }
    }
    all
}

impl WorkerTotals {
    fn none(id: usize) -> Self {
        Self {
            id,
            accepted: 0,
            messages: 0,
            bytes_in: 0,
            bytes_out: 0,
            refused: Default::default(),
            ended: Default::default(),
            active: 0,
            capacity: 0,
        }
    }

    fn add(&mut self, tally: Tally) {
        let Self { accepted, messages, bytes_in, bytes_out, refused, ended, id: _, active: _, capacity: _ } =
            self;
        let theirs = [tally.accepted, tally.messages, tally.bytes_in, tally.bytes_out];
        let theirs = theirs.into_iter().chain(tally.refused).chain(tally.ended);
        let mine = [accepted, messages, bytes_in, bytes_out].into_iter().chain(refused).chain(ended);
        for (mine, theirs) in mine.zip(theirs) {
            // As a `Tally` is added.
            *mine = mine.wrapping_add(theirs);
        }
    }
}

fn saturated(picture: &Picture, now: Moment) -> Duration {
    picture.saturated + picture.saturated_since.map_or(Duration::ZERO, |since| now.since(since))
}

fn event(entry: Entry) -> Event {
    let Entry { number, at, kind, worker, pid, text } = entry;
    Event { number, at: at.as_secs_f64(), kind, worker, pid, text }
}

impl Distribution {
    /// Of what was counted.
    pub(crate) fn of(counts: &Counts) -> Self {
        let quantile = |part| counts.quantile(part).map(seconds);
        Self {
            count: counts.count(),
            sum: seconds(counts.sum()),
            p50: quantile(0.5),
            p90: quantile(0.9),
            p99: quantile(0.99),
            max: counts.max().map(seconds),
        }
    }
}

/// Seconds, to a microsecond: more digits are noise.
#[expect(clippy::cast_precision_loss, reason = "it begins after 285 years")]
fn seconds(duration: Duration) -> f64 {
    duration.as_micros() as f64 / 1e6
}
