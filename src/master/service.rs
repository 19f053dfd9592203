//! What the service manager hears of the pool, and when its watchdog is fed.

use std::time::Instant;

use super::Master;
use crate::channel::Order;
use crate::handler::Handler;
use crate::notify::{Doing, Glance};
use crate::process_table::Aim;

impl<H: Handler> Master<H> {
    /// Tells the service manager what is due or new. The state of the pool is no reason to be awake, the watchdog is one.
    pub(super) fn tend_manager(&mut self, now: Instant) {
        if self.manager.beat(self.is_excused(), now) {
            self.ask_for_life(now);
        }
        if self.manager.wants_glance(now) {
            let glance = self.glance();
            self.manager.show(&glance, now);
        }
    }

    /// The pool in one line.
    pub(super) fn glance(&mut self) -> Glance {
        let doing = match self.goal.aim {
            Aim::Serve | Aim::Rest if self.changes.is_reloading() => Doing::Reloading,
            Aim::Serve | Aim::Rest if self.changes.is_upgrading() => Doing::Upgrading,
            Aim::Serve => Doing::Serving,
            Aim::Rest => Doing::Resting,
            Aim::Grace { .. } => Doing::Grace,
            Aim::Drain | Aim::Relieve | Aim::Yield | Aim::Stop => Doing::Draining,
        };
        let leases = self.table.workers.iter().map(|worker| worker.lease);
        Glance {
            doing,
            connections: leases.map(|lease| self.scoreboard.busy_of(lease)).sum(),
            busy: self.scoreboard.busy(),
            capacity: self.capacity(),
            waiting: self.queued(),
            saturated: self.saturation.since().map(|since| since.elapsed()),
            is_degraded: self.breaker.is_open(),
        }
    }

    /// Whether nobody has to give a sign of life: workers leave or have left, or the first ones after a rest have their time
    /// to start. In any other change those who serve go on accepting, so they can answer.
    fn is_excused(&self) -> bool {
        !matches!(self.goal.aim, Aim::Serve | Aim::Grace { .. }) || self.changes.is_waking_in_time()
    }

    /// Asks whoever accepts for a sign of life, once until it is given. It is not for being stuck that it is asked: what
    /// the process table knows of that stays as it is.
    fn ask_for_life(&mut self, now: Instant) {
        for worker in self.table.workers.iter_mut().filter(|worker| worker.is_to_answer()) {
            worker.asked = worker.send(Order::Ask, now).then_some(now);
        }
    }
}
