//! A lane: one connection on one thread, which tells what happens to it.

use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::{Change, Event, Outcome, Plan, Update};
use crate::connection::HalfCloser;
use crate::{Connection, Failure, Kind, Target};

/// What a lane's thread needs at most; ten thousand of them would take 20 GB of address space with the default.
const STACK_SIZE: usize = 256 * 1024;

/// All lanes, as whoever started them holds them.
pub(super) struct Lanes {
    plan: Arc<Plan>,
    target: Arc<Target>,
    started: Instant,
    updates: SyncSender<Update>,
    turns: Vec<Arc<Mutex<Turn>>>,
}

/// What a lane does at the moment, as far as it matters to whoever wants to release it.
enum Turn {
    /// It connects, or has a message under way.
    Working,
    /// Nothing is under way.
    Resting(HalfCloser),
    /// It is to end as soon as nothing is under way.
    Released,
}

impl Lanes {
    /// Without any lane. The plan's times count from `started`.
    pub(super) fn new(plan: &Plan, started: Instant, updates: &SyncSender<Update>) -> Self {
        Self {
            plan: Arc::new(plan.clone()),
            target: Arc::new(Target::new(plan.address.clone())),
            started,
            updates: updates.clone(),
            turns: Vec::new(),
        }
    }

    /// Starts one more; what there is to tell of it if it cannot be started.
    ///
    /// It is not told through the channel, which may be full, and whose reader calls this.
    pub(super) fn add(&mut self) -> Result<(), Event> {
        let turn = Arc::new(Mutex::new(Turn::Working));
        self.turns.push(Arc::clone(&turn));
        let number = self.turns.len();
        let lane = Lane {
            number,
            plan: Arc::clone(&self.plan),
            target: Arc::clone(&self.target),
            started: self.started,
            updates: self.updates.clone(),
            turn,
        };
        let spawned = thread::Builder::new()
            .name(format!("lane {number}"))
            .stack_size(STACK_SIZE)
            .spawn(move || lane.run());
        match spawned {
            Ok(_) => Ok(()),
            Err(error) => {
                let closed = Change::Closed(Outcome { messages: 0, failure: Some(Failure::Io(error)) });
                Err(Event { lane: number, at: self.started.elapsed(), what: closed })
            }
        }
    }

    /// Lets a lane end in order, after the message that it has under way.
    pub(super) fn release(&self, number: usize) {
        let mut turn = self.turns[number - 1].lock().unwrap_or_else(PoisonError::into_inner);
        if let Turn::Resting(half_closer) = &*turn {
            half_closer.half_close();
        }
        *turn = Turn::Released;
    }
}

/// How a rest came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rested {
    /// It lasted as long as it should.
    Whole,
    /// The lane is to end now.
    Released,
    /// Both sides have closed in order.
    Ended,
}

struct Lane {
    number: usize,
    plan: Arc<Plan>,
    target: Arc<Target>,
    started: Instant,
    updates: SyncSender<Update>,
    turn: Arc<Mutex<Turn>>,
}

impl Lane {
    fn run(&self) {
        let mut messages = 0;
        let failure = self.live(&mut messages).err();
        self.tell(Change::Closed(Outcome { messages, failure }));
    }

    /// The life of a lane; counts the messages that came back.
    fn live(&self, messages: &mut u32) -> Result<(), Failure> {
        let mut connection = self.connect()?;
        let connected = Instant::now();
        self.tell(Change::Queued { local: connection.local_addr() });

        let message = self.plan.message.replace("{lane}", &self.number.to_string());
        connection.exchange_noting(message.as_bytes(), || {
            self.tell(Change::Served { first_echo: connected.elapsed() });
        })?;
        *messages = 1;
        let mut rested = Rested::Whole;
        while *messages < self.plan.count && rested == Rested::Whole {
            rested = self.rest(&mut connection, self.plan.interval)?;
            if rested == Rested::Whole {
                let exchange = connection.exchange(message.as_bytes())?;
                *messages += 1;
                self.tell(Change::Echoed { message: *messages, exchange });
            }
        }
        if rested == Rested::Whole {
            rested = self.rest(&mut connection, self.plan.hold)?;
        }
        if rested == Rested::Ended { Ok(()) } else { connection.finish() }
    }

    fn connect(&self) -> Result<Connection, Failure> {
        self.tell(Change::Connecting);
        let mut told: Option<Kind> = None;
        Connection::open_retrying(&self.target, &self.plan.options, |failure| {
            if told.replace(failure.kind()) != Some(failure.kind()) {
                self.tell(Change::Retrying(failure));
            }
        })
    }

    /// Keeps the connection for a while, or until it is released.
    fn rest(&self, connection: &mut Connection, time: Duration) -> Result<Rested, Failure> {
        if self.turn_to(Turn::Resting(connection.half_closer())) {
            return Ok(Rested::Released);
        }
        let kept = connection.keep(time);
        let is_released = self.turn_to(Turn::Working);
        match kept {
            // The end that came is the one that was asked for.
            Err(Failure::Closed) if is_released => Ok(Rested::Ended),
            Err(failure) => Err(failure),
            Ok(()) if is_released => Ok(Rested::Released),
            Ok(()) => Ok(Rested::Whole),
        }
    }

    /// Goes on to what follows, unless it has been released: whether it has.
    fn turn_to(&self, next: Turn) -> bool {
        let mut turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let is_released = matches!(*turn, Turn::Released);
        if !is_released {
            *turn = next;
        }
        is_released
    }

    /// Waits where what was told before is not shown yet.
    fn tell(&self, what: Change) {
        let event = Event { lane: self.number, at: self.started.elapsed(), what };
        // Where nobody listens any more, the program is about to end.
        let _ = self.updates.send(Update::Event(event));
    }
}
