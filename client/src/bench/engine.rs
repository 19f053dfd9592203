//! The loop that drives all connections from one thread.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mio::event::Event;
use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};

use super::connection::{Connection, Limits, Request, Step};
use super::cpu::Meter;
use super::exchange::Readiness;
use super::measured::Measured;
use super::message::Messages;
use super::plan::Plan;
use super::progress::Progress;
use super::record::Record;
use super::route::Route;
use super::schedule::{Schedule, Start};
use super::stop::Stop;
use super::timer::Timer;
use crate::prediction::Observed;
use crate::{Failure, Kind};

/// A lane whose connection failed rests for so long, so that a server in trouble is not hammered.
const REST: Duration = Duration::from_millis(10);

/// The least time in which the requests under way may finish after the end.
const DRAIN_MIN: Duration = Duration::from_secs(1);

/// The time for that, in multiples of the longest that one has taken.
const DRAIN_FACTOR: u32 = 3;

/// For so long after the end an open loop sends what was due before it and waits for a connection.
const SEND_LATE: Duration = Duration::from_secs(1);

/// What has no urgent time is looked at that often.
const TICK_MAX: Duration = Duration::from_millis(50);

/// The most that is read at once.
const READ_MAX: usize = 64 * 1024;

/// The most events that are taken from the kernel at once.
const EVENTS_MAX: usize = 1024;

const TIMER: Token = Token(usize::MAX - 1);

/// The loop and all that it owns.
pub(super) struct Engine<'run> {
    plan: &'run Plan,
    route: &'run Route,
    messages: &'run Messages,
    limits: Limits,
    poll: Poll,
    timer: Timer,
    stop: Arc<Stop>,
    lanes: Vec<Option<Connection<'run>>>,
    /// Lanes that can take a request at once; the one that was used last comes first.
    free: Vec<usize>,
    /// Lanes whose connection failed, and when they go on.
    resting: VecDeque<(Instant, usize)>,
    buffer: Vec<u8>,
    schedule: Option<Schedule>,
    record: Record,
    progress: Progress,
    meter: Meter<'run>,
    window: Instant,
    window_end: Instant,
    stage: Stage,
    /// Whether requests may be started.
    is_sending: bool,
    in_flight: usize,
    started: u64,
    /// How many requests that count may still be started.
    remaining: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    WarmUp,
    /// In the window. The CPU time was this at its begin.
    Measuring {
        cpu: Duration,
    },
    /// After it, until at most then. What was due in the window may still be sent for a while.
    Draining {
        send_until: Instant,
        give_up: Instant,
    },
}

impl<'run> Engine<'run> {
    /// Nothing is connected yet, but time begins to run.
    pub(super) fn new(
        plan: &'run Plan,
        route: &'run Route,
        messages: &'run Messages,
        progress: Progress,
        meter: Meter<'run>,
        poll: Poll,
        stop: Arc<Stop>,
    ) -> io::Result<Self> {
        let timer = Timer::new(poll.registry(), TIMER)?;
        let began = Instant::now();
        let window = began + plan.warm_up;
        let window_end = window + plan.duration;
        let lanes = plan.connections.get();
        Ok(Self {
            plan,
            route,
            messages,
            limits: Limits { connect: plan.connect_timeout, silence: plan.timeout },
            timer,
            poll,
            stop,
            lanes: (0..lanes).map(|_| None).collect(),
            free: Vec::with_capacity(lanes),
            resting: VecDeque::with_capacity(lanes),
            buffer: vec![0; READ_MAX],
            schedule: plan.load.arrivals().map(|arrivals| Schedule::new(arrivals, began, window_end)),
            record: Record::new(window, window_end),
            progress,
            meter,
            window,
            window_end,
            stage: Stage::WarmUp,
            is_sending: true,
            in_flight: 0,
            started: 0,
            remaining: plan.requests.unwrap_or(u64::MAX),
        })
    }

    /// Takes down what a prediction is compared with.
    pub(super) fn observe(&mut self, observed: Observed) {
        self.record.observed = Some(observed);
    }

    /// Runs until everything is over.
    pub(super) fn run(mut self) -> io::Result<Measured> {
        let mut events = Events::with_capacity(EVENTS_MAX);
        let tick =
            (self.limits.connect.min(self.limits.silence) / 10).clamp(Duration::from_millis(1), TICK_MAX);
        let mut next_tick = Instant::now() + tick;
        if self.plan.reconnect && self.schedule.is_some() {
            self.free.extend(0..self.lanes.len());
        } else {
            (0..self.lanes.len()).for_each(|lane| self.revive(lane, Instant::now()));
        }
        let mut measured = None;
        loop {
            let now = Instant::now();
            if self.is_over(now, &mut measured)? {
                break;
            }
            if now >= next_tick {
                self.tick(now);
                next_tick = now + tick;
            }
            self.go_on(now);
            self.start_what_is_due(now);
            self.wait(&mut events, next_tick.saturating_duration_since(now), now)?;
            for event in &events {
                self.handle(event);
            }
        }
        self.progress.finish();
        let (window, cpu) = measured.expect("the window has ended before the run is over");
        Ok(self.into_measured(window, cpu))
    }

    /// Moves from one stage to the next when it is time, and tells whether it was the last.
    fn is_over(&mut self, now: Instant, measured: &mut Option<(Duration, Duration)>) -> io::Result<bool> {
        let is_asked = self.stop.is_asked();
        if self.stage == Stage::WarmUp && (now >= self.window || is_asked) {
            self.stage = Stage::Measuring { cpu: self.meter.begin(self.record.connections.served)? };
        }
        if let Stage::Measuring { cpu } = self.stage
            && (now >= self.window_end || is_asked || (self.remaining == 0 && self.in_flight == 0))
        {
            self.window_end = now.min(self.window_end);
            self.record.end_window(self.window_end);
            let window = self.window_end.saturating_duration_since(self.window);
            *measured = Some((window, self.meter.end(self.record.connections.served, cpu)?));
            self.is_sending = self.schedule.is_some();
            self.stage = Stage::Draining { send_until: now + SEND_LATE, give_up: now + self.drain_limit() };
        }
        let Stage::Draining { send_until, give_up } = self.stage else {
            return Ok(false);
        };
        let is_all_sent = self.schedule.as_ref().is_none_or(|schedule| schedule.next_due().is_none());
        self.is_sending &= self.remaining > 0 && now < send_until && !is_all_sent;
        Ok(is_asked || now >= give_up || (self.in_flight == 0 && !self.is_sending))
    }

    /// How long requests under way may take to finish: as the slowest did, and a bit more.
    fn drain_limit(&self) -> Duration {
        let timeout = self.plan.timeout;
        let total = self.record.total.histogram();
        if total.is_empty() {
            return timeout;
        }
        (Duration::from_nanos(total.max()) * DRAIN_FACTOR).max(DRAIN_MIN).min(timeout)
    }

    /// Waits until the kernel has something to tell, but no longer than this.
    fn wait(&mut self, events: &mut Events, limit: Duration, now: Instant) -> io::Result<()> {
        let mut limit = limit;
        if let Some(&(moment, _)) = self.resting.front() {
            limit = limit.min(moment.saturating_duration_since(now));
        }
        let next_stage = match self.stage {
            Stage::WarmUp => self.window,
            Stage::Measuring { .. } => self.window_end,
            Stage::Draining { give_up, .. } => give_up,
        };
        limit = limit.min(next_stage.saturating_duration_since(now));
        if let Some(due) = self.schedule.as_ref().and_then(Schedule::next_due)
            && self.may_start()
            && !self.free.is_empty()
        {
            // What was done since then took its time.
            self.timer.wake_at(due, Instant::now())?;
        }
        match self.poll.poll(events, Some(limit)) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(()),
            outcome => outcome,
        }
    }

    /// Takes what the kernel tells of one descriptor.
    fn handle(&mut self, event: &Event) {
        let lane = event.token().0;
        let Some(Some(connection)) = self.lanes.get_mut(lane) else {
            return;
        };
        let ready = Readiness {
            readable: event.is_readable(),
            writable: event.is_writable(),
            ended: event.is_read_closed() || event.is_error(),
        };
        let (was_connected, was_served) = (connection.connected().is_some(), connection.is_served());
        let outcome = connection.advance(ready, &mut self.buffer);
        let is_ended = connection.is_ended();
        if !was_connected && let Some(connected) = connection.connected() {
            self.record.connected((!self.plan.reconnect).then(|| connected - connection.opened()));
        }
        if !was_served && connection.is_served() {
            self.record.served();
        }
        match outcome {
            Ok(Step::Pending) => {}
            Ok(Step::Connected) => self.next(lane, Instant::now()),
            Ok(Step::Finished(finished)) => {
                self.record.finished(&finished);
                self.in_flight -= 1;
                if self.plan.reconnect {
                    self.lanes[lane] = None;
                } else if is_ended {
                    self.give_up(lane, &Failure::Closed, None, finished.ended());
                    return;
                }
                self.next(lane, finished.ended());
            }
            Err(failure) => self.fail(lane, &failure, Instant::now()),
        }
        if self.schedule.is_some() {
            self.start_what_is_due(Instant::now());
        }
    }

    /// Gives up connections that take too long, and shows how far it is.
    fn tick(&mut self, now: Instant) {
        for lane in 0..self.lanes.len() {
            let Some(connection) = &self.lanes[lane] else {
                continue;
            };
            if let Some(failure) = connection.overdue(self.limits, now) {
                self.resting.retain(|&(_, resting)| resting != lane);
                self.fail(lane, &failure, now);
            }
        }
        if self.stage != Stage::WarmUp {
            self.record.pass(now.min(self.window_end));
        }
        // Also where nobody looks on: the schedule is followed step by step, not all of it at the end.
        let waiting = self.schedule.as_mut().map(|schedule| schedule.waiting(now));
        if self.progress.is_due(now) {
            self.progress.show(now, &self.record, self.in_flight, waiting);
        }
    }

    /// Lets the lanes go on that have rested.
    fn go_on(&mut self, now: Instant) {
        while let Some(&(_, lane)) = self.resting.front().filter(|(moment, _)| *moment <= now) {
            self.resting.pop_front();
            match &mut self.lanes[lane] {
                None => self.revive(lane, now),
                Some(connection) => match connection.knock(&self.route.address) {
                    Ok(()) => self.await_connection(lane, now),
                    Err(failure) => self.fail(lane, &failure, now),
                },
            }
        }
    }

    /// Starts the requests whose time has come, as far as there are lanes for them.
    fn start_what_is_due(&mut self, now: Instant) {
        while self.may_start()
            && !self.free.is_empty()
            && let Some(schedule) = &mut self.schedule
            && let Some(start) = schedule.start(now, None)
        {
            let lane = self.free.pop().expect("there is a free lane");
            self.start(lane, &start, now);
        }
    }

    /// A lane without a connection makes one, or is free if each request makes its own.
    fn revive(&mut self, lane: usize, now: Instant) {
        if self.plan.reconnect {
            self.next(lane, now);
        } else if self.may_start() {
            self.open(lane, None, now);
        }
    }

    /// A lane that can take a request does so, or is free.
    fn next(&mut self, lane: usize, now: Instant) {
        let may_start = self.may_start();
        let start = match &mut self.schedule {
            _ if !may_start => None,
            None => Some(Start { due: now, waited: false }),
            // Whatever is due now had no lane when its time came.
            Some(schedule) if self.free.is_empty() => schedule.start(now, Some(now)),
            Some(_) => None,
        };
        match start {
            Some(start) => self.start(lane, &start, now),
            None => self.free.push(lane),
        }
    }

    fn may_start(&self) -> bool {
        self.remaining > 0 && self.is_sending
    }

    fn start(&mut self, lane: usize, start: &Start, now: Instant) {
        self.record.started(start, now);
        let message = self.messages.get(self.started);
        let open_at_arrival = (!start.waited).then_some(self.in_flight);
        let request = Request { due: start.due, open_at_arrival, message };
        self.started += 1;
        self.in_flight += 1;
        if start.due >= self.window {
            self.remaining -= 1;
        }
        if self.plan.reconnect {
            self.open(lane, Some(request), now);
        } else if let Some(connection) = &mut self.lanes[lane]
            && let Err(failure) = connection.begin(request, now)
        {
            self.in_flight -= 1;
            self.give_up(lane, &failure, Some(start.due), now);
        }
    }

    fn open(&mut self, lane: usize, request: Option<Request<'run>>, now: Instant) {
        match Connection::open(&self.route.address, self.route.source(self.started), request, now) {
            Ok(connection) => {
                self.lanes[lane] = Some(connection);
                self.await_connection(lane, now);
            }
            Err(failure) => {
                self.in_flight -= usize::from(request.is_some());
                self.give_up(lane, &failure, request.map(|request| request.due), now);
            }
        }
    }

    /// Asks the kernel to tell what happens on the lane; or rests, if it does not even begin to connect.
    fn await_connection(&mut self, lane: usize, now: Instant) {
        let Some(connection) = &self.lanes[lane] else {
            return;
        };
        if connection.is_knocking() {
            self.resting.push_back((now + REST, lane));
            return;
        }
        let (descriptor, interest) = (connection.descriptor(), Interest::READABLE | Interest::WRITABLE);
        if let Err(error) = self.poll.registry().register(&mut SourceFd(&descriptor), Token(lane), interest) {
            self.fail(lane, &Failure::Io(error), now);
        }
    }

    /// A connection failed, and with it the request that was under way.
    fn fail(&mut self, lane: usize, failure: &Failure, now: Instant) {
        let Some(connection) = &self.lanes[lane] else {
            return;
        };
        let due = connection.due();
        if matches!(failure.kind(), Kind::Timeout | Kind::ConnectTimeout) {
            self.record.given_up(connection, now);
        }
        match due {
            Some(_) => self.in_flight -= 1,
            None => self.free.retain(|&free| free != lane),
        }
        self.give_up(lane, failure, due, now);
    }

    fn give_up(&mut self, lane: usize, failure: &Failure, due: Option<Instant>, now: Instant) {
        match due {
            Some(due) => self.record.failed(failure, due, now),
            None => self.record.lost(failure),
        }
        self.lanes[lane] = None;
        self.resting.push_back((now + REST, lane));
    }

    fn into_measured(mut self, window: Duration, cpu: Duration) -> Measured {
        let now = Instant::now();
        let begin = self.window;
        let waiting = self.schedule.as_mut().map_or(0, |schedule| {
            schedule.pass_over(begin);
            schedule.waiting(self.window_end)
        });
        let is_counted = |due: Instant| due >= begin;
        let under_way = self.lanes.iter().flatten().filter(|lane| lane.due().is_some_and(is_counted)).count();
        // Of who has just come when the user ends the run, nobody knows whether they would be served.
        let is_young = |connection: &Connection<'_>| now - connection.opened() < DRAIN_MIN;
        let is_asked = self.stop.is_asked();
        for connection in self.lanes.iter().flatten().filter(|connection| !(is_asked && is_young(connection)))
        {
            self.record.given_up(connection, now);
        }
        Measured {
            record: self.record,
            window,
            cpu,
            unfinished: under_way as u64,
            not_sent: waiting.min(self.remaining),
            interrupted: self.stop.is_asked(),
        }
    }
}
