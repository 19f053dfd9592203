//! A fleet of replicas behind its balancers, played event by event, with dice that can be thrown again.
//!
//! A replica is what this server is: slots, and before them an accept queue with a limit, first come, first served. The
//! core knows no formula of queueing theory, so that it can be held against them.

mod balancer;
pub(crate) mod calendar;
pub(crate) mod ranking;
mod service;
mod waits;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use rand_distr::{Distribution as _, Exp1};

pub(crate) use balancer::{Policy, Ties};
pub(crate) use service::Service;
pub(crate) use waits::{Counts, Waits};

use balancer::Balancer;
use calendar::{Calendar, Departure};

/// What is there, and who comes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fleet {
    pub(crate) replicas: usize,
    /// The slots of each.
    pub(crate) slots: u32,
    /// How many may wait in the accept queue of each.
    pub(crate) backlog: usize,
    /// Arrivals per second, of all.
    pub(crate) rate: f64,
    pub(crate) service: Service,
    pub(crate) policy: Policy,
    /// How many balancers share the arrivals at random. Each knows its own connections only.
    pub(crate) balancers: usize,
    /// Every so many replicas is one that takes so many times as long.
    pub(crate) slow: Option<(usize, f64)>,
    /// Who loses a connection, or gets none, comes again after this many seconds at most; else never.
    pub(crate) again: Option<f64>,
}

impl Fleet {
    /// So many slots of the whole fleet are busy on average, as a share.
    pub(crate) fn utilisation(&self) -> f64 {
        self.rate * self.service.mean() / self.capacity()
    }

    /// The slots of all.
    pub(crate) fn capacity(&self) -> f64 {
        float(self.replicas) * f64::from(self.slots)
    }
}

/// What happens to a replica, besides connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// The balancers send it nobody any more.
    Forget,
    /// The balancers send it connections.
    Learn,
    /// It accepts nobody any more; who is there is served.
    Stop,
    /// All who are there lose their connection, and who comes is refused at once.
    Crash,
    /// All who are there lose their connection, and nothing answers any more, which the balancers do not notice.
    Vanish,
    /// It accepts, and is empty.
    Start,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Accepting,
    Stopped,
    Refusing,
    Silent,
}

#[derive(Debug)]
struct Replica {
    busy: u32,
    state: State,
    /// Departures of an earlier life do not count.
    life: u16,
    slowness: f64,
    queue: VecDeque<Waiting>,
}

#[derive(Debug, Clone, Copy)]
struct Waiting {
    since: f64,
    balancer: u16,
}

/// The fleet while it is played.
pub(crate) struct Play {
    fleet: Fleet,
    random: StdRng,
    replicas: Vec<Replica>,
    balancers: Vec<Balancer>,
    /// Who waits at the balancer itself.
    central: VecDeque<Waiting>,
    departures: Calendar,
    /// When those come who come again; the bits of times are in the order of the times.
    again: BinaryHeap<Reverse<u64>>,
    waits: Waits,
}

/// Plays a fleet through the ends of these phases, in seconds, and what the script says meanwhile; who came in which
/// phase counts there. It begins with its mean load.
pub(crate) fn play(fleet: Fleet, phases: &[f64], script: &[(f64, usize, Change)], seed: u64) -> Waits {
    let mut script = script.to_vec();
    script.sort_by(|one, two| two.0.total_cmp(&one.0));
    let mut play = Play::new(fleet, phases, seed);
    play.fill();
    let end = phases.iter().copied().fold(0.0, f64::max);
    let mut arrival = play.pause();
    loop {
        let again = play.again.peek().map_or(f64::INFINITY, |bits| f64::from_bits(bits.0));
        let change = script.last().map_or(f64::INFINITY, |change| change.0);
        let now = arrival.min(again).min(change);
        if now > end {
            // Nobody comes any more, but who waits is served: otherwise the longest waits would be missing.
            play.depart_until(f64::INFINITY);
            for waiting in play.central {
                play.waits.count(waiting.since, |counts| counts.unreachable += 1);
            }
            return play.waits;
        }
        play.depart_until(now);
        if change <= arrival.min(again) {
            let (_, replica, change) = script.pop().expect("it was there");
            play.change(now, replica, change);
        } else if again <= arrival {
            play.again.pop();
            play.arrive(now);
        } else {
            play.arrive(now);
            arrival += play.pause();
        }
    }
}

impl Play {
    fn new(fleet: Fleet, phases: &[f64], seed: u64) -> Self {
        let slowness = |index: usize| match fleet.slow {
            Some((every, factor)) if index.is_multiple_of(every) => factor,
            _ => 1.0,
        };
        let replica = |index| Replica {
            busy: 0,
            state: State::Accepting,
            life: 0,
            slowness: slowness(index),
            queue: VecDeque::new(),
        };
        let mut random = StdRng::seed_from_u64(seed);
        Self {
            replicas: (0..fleet.replicas).map(replica).collect(),
            balancers: (0..fleet.balancers).map(|_| Balancer::new(&fleet, &mut random)).collect(),
            central: VecDeque::new(),
            departures: Calendar::new(fleet.replicas * fleet.slots as usize, fleet.service.mean()),
            again: BinaryHeap::new(),
            waits: Waits::new(phases),
            fleet,
            random,
        }
    }

    /// As many connections as there are on average, who have been there for a while.
    fn fill(&mut self) {
        let load = (self.fleet.utilisation().min(1.0) * self.fleet.capacity()).round();
        let mut number = 0.0;
        'all: for _ in 0..self.fleet.slots {
            for replica in 0..self.replicas.len() {
                if number >= load {
                    break 'all;
                }
                number += 1.0;
                let balancer = self.any_balancer();
                self.balancers[usize::from(balancer)].opened(replica);
                self.replicas[replica].busy += 1;
                let rest = self.fleet.service.residual(&mut self.random);
                self.leave_after(0.0, replica, balancer, rest);
            }
        }
    }

    /// Until the next one comes.
    fn pause(&mut self) -> f64 {
        let share: f64 = Exp1.sample(&mut self.random);
        share / self.fleet.rate
    }

    fn any_balancer(&mut self) -> u16 {
        match self.balancers.len() {
            1 => 0,
            several => u16::try_from(self.random.random_range(0..several)).expect("they are few"),
        }
    }

    fn arrive(&mut self, now: f64) {
        let index = self.any_balancer();
        let waiting = Waiting { since: now, balancer: index };
        let balancer = &mut self.balancers[usize::from(index)];
        let chosen = balancer.choose(&mut self.random);
        let Some(chosen) = chosen else {
            return self.give_up(now, |counts| counts.unreachable += 1);
        };
        if self.fleet.policy == Policy::OneQueue && balancer.connections(chosen) >= self.fleet.slots {
            return self.central.push_back(waiting);
        }
        let replica = &mut self.replicas[chosen];
        match replica.state {
            State::Refusing => self.give_up(now, |counts| counts.unreachable += 1),
            State::Silent | State::Stopped => {
                balancer.opened(chosen);
                self.give_up(now, |counts| counts.unreachable += 1);
            }
            State::Accepting if replica.busy < self.fleet.slots => {
                balancer.opened(chosen);
                self.serve(now, chosen, waiting);
            }
            State::Accepting if replica.queue.len() < self.fleet.backlog => {
                balancer.opened(chosen);
                replica.queue.push_back(waiting);
            }
            State::Accepting => self.waits.count(now, |counts| counts.full += 1),
        }
    }

    /// Somebody has lost a connection or gets none.
    fn give_up(&mut self, now: f64, count: impl FnOnce(&mut Counts)) {
        self.waits.count(now, count);
        if let Some(most) = self.fleet.again {
            let time = now + most * self.random.random::<f64>();
            self.again.push(Reverse(time.to_bits()));
        }
    }

    fn serve(&mut self, now: f64, index: usize, waiting: Waiting) {
        self.waits.add(waiting.since, now - waiting.since);
        let replica = &mut self.replicas[index];
        replica.busy += 1;
        let slowness = replica.slowness;
        if slowness > 1.0 {
            self.waits.count(waiting.since, |counts| counts.slow += 1);
        }
        let time = self.fleet.service.sample(&mut self.random) * slowness;
        self.leave_after(now, index, waiting.balancer, time);
    }

    fn leave_after(&mut self, now: f64, replica: usize, balancer: u16, time: f64) {
        let life = self.replicas[replica].life;
        let replica = u32::try_from(replica).expect("they are fewer");
        self.departures.add(Departure { time: now + time, replica, balancer, life });
    }

    fn depart_until(&mut self, limit: f64) {
        while let Some(departure) = self.departures.pop_until(limit) {
            let Departure { time, replica: index, balancer, life } = departure;
            let index = index as usize;
            let replica = &mut self.replicas[index];
            if replica.life != life {
                continue;
            }
            replica.busy -= 1;
            self.balancers[usize::from(balancer)].closed(index);
            if let Some(next) = replica.queue.pop_front() {
                self.serve(time, index, next);
            } else if replica.state == State::Accepting
                && self.balancers[0].knows(index)
                && let Some(next) = self.central.pop_front()
            {
                self.balancers[usize::from(next.balancer)].opened(index);
                self.serve(time, index, next);
            }
        }
    }

    fn change(&mut self, now: f64, index: usize, change: Change) {
        match change {
            Change::Forget => self.balancers.iter_mut().for_each(|balancer| balancer.forget(index)),
            Change::Learn => self.learn(now, index),
            Change::Stop => self.replicas[index].state = State::Stopped,
            Change::Crash => {
                self.lose(now, index, State::Refusing);
                self.balancers.iter_mut().for_each(|balancer| balancer.all_closed(index));
            }
            Change::Vanish => self.lose(now, index, State::Silent),
            Change::Start => {
                self.lose(now, index, State::Accepting);
                self.balancers.iter_mut().for_each(|balancer| balancer.all_closed(index));
            }
        }
    }

    /// The balancers know a replica again; who waits at the balancer goes there.
    fn learn(&mut self, now: f64, index: usize) {
        self.balancers.iter_mut().for_each(|balancer| balancer.learn(index));
        while self.replicas[index].busy < self.fleet.slots
            && let Some(next) = self.central.pop_front()
        {
            self.balancers[usize::from(next.balancer)].opened(index);
            self.serve(now, index, next);
        }
    }

    /// Whoever is at a replica is not any more.
    fn lose(&mut self, now: f64, index: usize, state: State) {
        let replica = &mut self.replicas[index];
        let there = replica.busy as usize + replica.queue.len();
        replica.busy = 0;
        replica.queue.clear();
        replica.life += 1;
        replica.state = state;
        for _ in 0..there {
            self.give_up(now, |counts| counts.lost += 1);
        }
    }
}

/// A count that is far below 2^53.
#[expect(clippy::cast_precision_loss, reason = "counts of the simulation are far below 2^53")]
pub(crate) fn float(count: usize) -> f64 {
    count as f64
}
