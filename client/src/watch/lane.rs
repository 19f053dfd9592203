//! A lane: one connection on one thread, which tells what happens to it.

use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::thread;
use std::time::Instant;

use super::{Change, Event, Outcome, Plan, Update};
use crate::{Connection, Failure, Kind};

/// What a lane's thread needs at most; ten thousand of them would take 20 GB of address space with the default.
const STACK_SIZE: usize = 256 * 1024;

struct Lane {
    number: usize,
    plan: Arc<Plan>,
    started: Instant,
    updates: Sender<Update>,
}

/// Starts all lanes of the plan.
pub(super) fn start_all(plan: &Plan, started: Instant, updates: &Sender<Update>) {
    let plan = Arc::new(plan.clone());
    for number in 1..=plan.connections.get() {
        let lane = Lane { number, plan: Arc::clone(&plan), started, updates: updates.clone() };
        let spawned = thread::Builder::new()
            .name(format!("lane {number}"))
            .stack_size(STACK_SIZE)
            .spawn(move || lane.run());
        if let Err(error) = spawned {
            let closed = Change::Closed(Outcome { messages: 0, failure: Some(Failure::Io(error)) });
            tell(updates, number, started, closed);
        }
    }
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
        while *messages < self.plan.count {
            connection.keep(self.plan.interval)?;
            let exchange = connection.exchange(message.as_bytes())?;
            *messages += 1;
            self.tell(Change::Echoed { message: *messages, exchange });
        }
        connection.keep(self.plan.hold)?;
        connection.finish()
    }

    fn connect(&self) -> Result<Connection, Failure> {
        self.tell(Change::Connecting);
        let mut told: Option<Kind> = None;
        Connection::open_retrying(&self.plan.address, &self.plan.options, |failure| {
            if told.replace(failure.kind()) != Some(failure.kind()) {
                self.tell(Change::Retrying(failure));
            }
        })
    }

    fn tell(&self, what: Change) {
        tell(&self.updates, self.number, self.started, what);
    }
}

fn tell(updates: &Sender<Update>, lane: usize, started: Instant, what: Change) {
    // Where nobody listens any more, the program is about to end.
    let _ = updates.send(Update::Event(Event { lane, at: started.elapsed(), what }));
}
