//! The watch over saturation: when to look, what is said when it begins and when it ends.

use std::time::{Duration, Instant};

use super::Master;
use crate::channel::Order;
use crate::handler::Handler;
use crate::listener::Listener;
use crate::logging::seconds;
use crate::process_table::{Aim, WorkerHandle};
use crate::saturation::{Edge, Sight};
use crate::scoreboard::{Happening, Standing};
use crate::silence;
use crate::sys::Moment;

impl<H: Handler> Master<H> {
    pub(super) fn look_for_saturation(&mut self, now: Instant) {
        // Of the whole look: an order of it is void before the next one.
        let asked = Moment::now();
        let waits = (!self.saturation.is_on()).then(|| self.scoreboard.queue_waits());
        // In this order: whoever leaves, and makes room for somebody meanwhile counts twice, and not at all the other way round.
        let leaving = self.leaving();
        let sight = Sight { idle: self.scoreboard.idle(), waiting: self.queued() };
        if self.goal.aim == Aim::Serve {
            self.make_room(sight, leaving, asked);
        }
        let edge = self.saturation.look(sight, now);
        if let Some(Edge::Begin { .. }) = edge {
            self.waits_before = waits.unwrap_or_default();
        }
        if let Some(edge) = edge {
            self.note_saturation(edge, sight.waiting);
        }
        if !self.saturation.is_on() {
            self.arm();
        }
    }

    /// How many connections leave in a moment, because they were told to, or anyway.
    fn leaving(&self) -> u64 {
        if self.serving.config.timeouts.idle_saturated.is_none() {
            return 0;
        }
        let leaving = |worker: &WorkerHandle| {
            let rows = self.scoreboard.used_by(worker.lease);
            let slots = rows.slots.iter().zip(rows.silences);
            slots.filter(|(slot, silence)| silence.is_told() || slot.is_closing()).count() as u64
        };
        self.serving_workers().map(leaving).sum()
    }

    /// Has those who say nothing end whose slots others wait for, if they may.
    fn make_room(&mut self, sight: Sight, leaving: u64, asked: Moment) {
        let Some(least) = self.serving.config.timeouts.idle_saturated else { return };
        let count = self.demand.look(sight, leaving);
        // Another worker has room for them without anybody's end.
        if count == 0 || self.sizer.may_grow(self.serving_workers().count()) {
            return;
        }
        let mut silent = Vec::new();
        for worker in self.serving_workers() {
            let silences = self.scoreboard.used_by(worker.lease).silences;
            silent.extend(silence::long(silences, least, asked).map(|(since, _)| (since, worker.pid)));
        }
        for (pid, count) in silence::shares(silent, usize::try_from(count).unwrap_or(usize::MAX)) {
            self.tell(pid, Order::MakeRoom { count, asked });
        }
    }

    /// Those whose slots are for who waits, and who can obey.
    fn serving_workers(&self) -> impl Iterator<Item = &WorkerHandle> {
        self.table.workers.iter().filter(|worker| {
            worker.standing() == Standing::Ready
                && worker.generation == self.serving.number
                && !worker.stopped
        })
    }

    /// Whoever has idle slots again, although it was said to have none, is to say when that is over.
    fn arm(&mut self) {
        let idle = |lease| self.scoreboard.idle_of(lease) > 0;
        let told = self.table.workers.iter().filter(|worker| worker.told_full && idle(worker.lease));
        for pid in told.map(|worker| worker.pid).collect::<Vec<_>>() {
            self.tell(pid, Order::Arm);
        }
    }

    /// How many wait in the accept queues that tell.
    pub(super) fn queued(&mut self) -> u64 {
        let tcp: u64 = self
            .serving
            .listeners
            .iter()
            .filter_map(Listener::queue)
            .map(|queue| u64::from(queue.waiting))
            .sum();
        let unix: u64 = self.observer.unix_queues().into_iter().flatten().sum();
        tcp + unix
    }

    pub(super) fn note_saturation(&mut self, edge: Edge, waiting: u64) {
        match edge {
            Edge::Begin { ago } => {
                let since = Moment::at(Moment::now().nanos().saturating_sub(nanos(ago)));
                self.scoreboard.begin_saturation(since);
                self.scoreboard.note(Happening::SaturationBegin { waiting });
                let capacity = self.capacity();
                tracing::warn!(waiting, capacity, "saturation begin: no slot is idle, whoever comes waits");
            }
            Edge::End { lasted, peak } => {
                // Unix sockets do not tell how long anybody waited.
                let is_told = self.serving.listeners.iter().any(|listener| listener.queue().is_some());
                let waits = self.scoreboard.queue_waits().since(&self.waits_before);
                let waited = is_told.then(|| waits.noticeable());
                let longest = is_told.then(|| self.scoreboard.longest_wait());
                self.scoreboard.end_saturation(Moment::now());
                self.scoreboard.note(Happening::SaturationEnd { lasted, peak, longest, waited });
                tracing::info!(
                    lasted = seconds(lasted),
                    peak_queue = peak,
                    longest_wait = longest.map(seconds),
                    waited,
                    "saturation end: {}",
                    if self.goal.aim == Aim::Serve { "slots are idle again" } else { "the pool stops" }
                );
            }
        }
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
