//! A worker process of the model: it obeys its line as a real one does, unless it is stopped, or does nothing any more.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io;
use std::rc::Rc;
use std::time::{Duration, Instant};

use nix::unistd::Pid;

use super::world::START;
use super::{Law, ensure};
use crate::channel::{Order, Report};
use crate::process_table::worker_handle::Addressee;

/// How long one who was told to leave may take beyond its time.
pub(super) const KILL_AFTER: Duration = Duration::from_secs(1);
/// How long one who was told to abort may take.
const ABORT_TIME: Duration = Duration::from_secs(2);

/// The line to a process.
#[derive(Debug, Clone, Default)]
pub(super) struct Line(Rc<RefCell<Wire>>);

#[derive(Debug, Default)]
struct Wire {
    orders: VecDeque<Order>,
    /// It takes no more.
    is_full: bool,
    /// When it last took no more.
    freed: Option<Instant>,
    /// An order to look at the queue found no room: those before it make the process look.
    lost_poke: bool,
}

impl Line {
    pub(super) fn has_orders(&self) -> bool {
        !self.0.borrow().orders.is_empty()
    }

    pub(super) fn is_full(&self) -> bool {
        self.0.borrow().is_full
    }

    /// Since when there is room in it again, if there was none once.
    pub(super) fn freed(&self) -> Option<Instant> {
        self.0.borrow().freed
    }

    /// Whether the process has not read such an order yet.
    pub(super) fn carries(&self, order: Order) -> bool {
        self.0.borrow().orders.contains(&order)
    }
}

impl Addressee for Line {
    fn send(&self, order: Order) -> io::Result<()> {
        let mut wire = self.0.borrow_mut();
        if wire.is_full {
            wire.lost_poke |= order == Order::Poke;
            return Err(io::ErrorKind::WouldBlock.into());
        }
        wire.orders.push_back(order);
        Ok(())
    }
}

/// Where a process stands, by its own account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Life {
    Starting,
    Ready,
    Accepting,
    /// It serves the queue still, if it `drains`.
    Leaving {
        drains: bool,
    },
    /// It waits to be reaped.
    Dead,
}

/// A process.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "none of them excludes another: a process that is stopped may hang too"
)]
pub(super) struct Process {
    pub(super) pid: Pid,
    pub(super) id: usize,
    pub(super) generation: u64,
    pub(super) forked: Instant,
    pub(super) line: Line,
    pub(super) life: Life,
    pub(super) reports: Vec<Report>,
    /// A signal has stopped it.
    pub(super) is_stopped: bool,
    /// It does nothing any more.
    pub(super) is_hung: bool,
    /// It has a connection.
    pub(super) is_busy: bool,
    /// What it says once after each order to.
    pub(super) armed: [bool; 2],
    pub(super) is_worn: bool,
    /// Somebody has sent it TERM.
    pub(super) wants_to_leave: bool,
    /// The master knows that it is to be replaced.
    pub(super) is_outgoing: bool,
    /// For how long it has given no sign of life since it was asked, or went on, in which no signal had stopped it.
    pub(super) silent: Duration,
    /// Somebody may be in the queue for whom another was woken, and it has not looked since.
    pub(super) has_to_look: bool,
    /// It lacks what it takes to accept, and looks again by itself.
    is_away: bool,
    /// What the master did to it: let it in, told it to leave, aborted it, killed it.
    pub(super) let_in: Option<Instant>,
    pub(super) sent_away: Option<Order>,
    /// When it has to have left.
    pub(super) gone_by: Option<Instant>,
    pub(super) aborted: Option<Instant>,
    pub(super) killed: Option<Instant>,
}

impl Process {
    pub(super) fn new(pid: Pid, id: usize, generation: u64, forked: Instant) -> Self {
        Self {
            pid,
            id,
            generation,
            forked,
            line: Line::default(),
            life: Life::Starting,
            reports: Vec::new(),
            is_stopped: false,
            is_hung: false,
            is_busy: false,
            armed: [true; 2],
            is_worn: false,
            wants_to_leave: false,
            is_outgoing: false,
            silent: Duration::ZERO,
            has_to_look: false,
            is_away: false,
            let_in: None,
            sent_away: None,
            gone_by: None,
            aborted: None,
            killed: None,
        }
    }

    pub(super) fn is_running(&self) -> bool {
        !self.is_stopped && !self.is_hung && self.life != Life::Dead
    }

    /// Whether it holds a place: nobody has told it to leave, or killed it.
    pub(super) fn is_kept(&self) -> bool {
        self.sent_away.is_none() && self.killed.is_none()
    }

    /// Whether it accepts, or will as soon as it hears that it may: that it does hear is another law. The master has not reaped
    /// yet whom it has aborted.
    pub(super) fn accepts(&self) -> bool {
        let is_in = match self.life {
            Life::Accepting => true,
            Life::Ready => self.let_in.is_some(),
            Life::Dead => self.let_in.is_some() && self.aborted.is_some(),
            Life::Starting | Life::Leaving { .. } => false,
        };
        is_in && self.is_kept()
    }

    /// Whether it holds a place, and is not about to be replaced.
    pub(super) fn stays(&self) -> bool {
        self.is_kept() && !self.is_outgoing
    }

    /// It is told to leave within this time.
    pub(super) fn send_away(&mut self, order: Order, time: Option<Duration>, now: Instant) {
        self.sent_away = Some(order);
        // Who is late already gets no more time.
        if self.gone_by.is_none_or(|end| end > now) {
            self.gone_by = time.map(|time| now + time);
        }
    }

    /// When its time to leave, to abort and to get ready is over.
    pub(super) fn ends(&self) -> [Option<Instant>; 3] {
        let to_abort = self.aborted.map(|at| at + ABORT_TIME);
        let to_start = (self.life == Life::Starting).then(|| self.forked + START);
        [self.gone_by, to_abort, to_start]
    }

    /// When it has to be gone, whatever it does. One that is to leave has the time for that.
    pub(super) fn last_moment(&self) -> Option<Instant> {
        self.ends().into_iter().flatten().next()
    }

    /// What it has to do that it was told, and does not do yet.
    pub(super) fn owed(&self) -> Option<Order> {
        match (self.sent_away, self.life) {
            (_, Life::Dead) => None,
            (Some(order), Life::Leaving { .. }) => Some(order).filter(|order| *order == Order::Stop),
            (Some(order), _) => Some(order),
            (None, Life::Ready) => self.let_in.map(|_| Order::Go),
            (None, _) => None,
        }
    }

    /// Whether it has said that it is able to accept, and waits for its order.
    pub(super) fn is_ready(&self) -> bool {
        self.life == Life::Ready && self.let_in.is_none()
    }

    /// Whether it may be woken for somebody in the queue.
    pub(super) fn serves_queue(&self) -> bool {
        matches!(self.life, Life::Accepting | Life::Leaving { drains: true })
    }

    /// Whether somebody may wait beside it although it is idle.
    pub(super) fn is_forgotten(&self) -> bool {
        // One that has not heard yet that it is to leave says so when it has, and then others look, if there are any.
        let is_leaving = matches!(self.sent_away, Some(Order::Retire | Order::Stop));
        let is_deaf = is_leaving || self.is_away || self.line.0.borrow().lost_poke;
        self.has_to_look && self.serves_queue() && self.is_running() && !is_deaf
    }

    pub(super) fn set_line_full(&mut self, is_full: bool, now: Instant) {
        let mut wire = self.line.0.borrow_mut();
        if std::mem::replace(&mut wire.is_full, is_full) {
            wire.freed = Some(now);
        }
        if !is_full && std::mem::take(&mut wire.lost_poke) {
            self.has_to_look = false;
        }
    }

    /// Its start has succeeded.
    pub(super) fn get_ready(&mut self) {
        if self.is_running() && self.life == Life::Starting {
            self.life = Life::Ready;
            self.reports.push(Report::Ready);
        }
    }

    /// It gets a connection; perhaps its last idle slot is taken.
    pub(super) fn get_busy(&mut self, is_full: bool) {
        if self.is_running() && self.serves_queue() {
            self.is_busy = true;
            self.say_once(0, Report::Busy);
            if is_full {
                self.say_once(1, Report::Full);
            }
        }
    }

    /// Its connections have ended. One that leaves has left then.
    pub(super) fn get_idle(&mut self) {
        if self.is_running() {
            self.is_busy = false;
            if let Life::Leaving { drains } = self.life {
                if drains {
                    self.reports.push(Report::Closed);
                }
                self.life = Life::Dead;
            }
        }
    }

    /// It lacks what it takes to accept; whether it was about to.
    pub(super) fn run_short(&mut self) -> bool {
        let was_about_to = self.is_running() && self.serves_queue();
        if was_about_to {
            self.is_away = true;
            self.reports.push(Report::Short);
        }
        was_about_to
    }

    /// Time goes by. Whoever lacked what it takes to accept looks again.
    pub(super) fn wait(&mut self, time: Duration) {
        if !self.is_stopped {
            self.silent += time;
        }
        if self.is_running() && std::mem::take(&mut self.is_away) {
            self.has_to_look = false;
        }
    }

    /// It has served long enough.
    pub(super) fn wear(&mut self) {
        if self.is_running() && self.life == Life::Accepting && !std::mem::replace(&mut self.is_worn, true) {
            self.reports.push(Report::Worn(crate::wear::Wear::Age));
        }
    }

    /// Somebody sends it TERM.
    pub(super) fn terminate(&mut self) {
        if self.is_running() {
            self.wants_to_leave = true;
            if !matches!(self.life, Life::Starting | Life::Ready) {
                self.reports.push(Report::Leaving);
            }
        }
    }

    /// Obeys what it was told; whether it has stopped to serve the queue.
    pub(super) fn run(&mut self) -> Result<bool, super::TestCaseError> {
        let served = self.serves_queue();
        while self.is_running() {
            let Some(order) = self.line.0.borrow_mut().orders.pop_front() else { break };
            self.obey(order)?;
        }
        Ok(served && !self.serves_queue())
    }

    fn obey(&mut self, order: Order) -> Law {
        match order {
            Order::Go => {
                ensure(self.life == Life::Ready, || {
                    format!("{} is told GO and is {:?}", self.pid, self.life)
                })?;
                (self.life, self.has_to_look) = (Life::Accepting, false);
                if self.wants_to_leave {
                    self.reports.push(Report::Leaving);
                }
            }
            Order::Poke => self.has_to_look = false,
            Order::Retire => self.leave(false),
            Order::Drain => self.leave(true),
            Order::Stop => self.life = Life::Dead,
            Order::Arm => {
                self.armed = [true; 2];
                if self.is_busy {
                    self.say_once(0, Report::Busy);
                }
            }
            Order::Ask => self.reports.push(Report::Alive),
            Order::MakeRoom { .. } => (),
        }
        Ok(())
    }

    fn leave(&mut self, drains: bool) {
        if matches!(self.life, Life::Leaving { .. }) {
            return;
        }
        self.life = Life::Leaving { drains };
        if !drains {
            self.reports.extend([Report::Retired, Report::Closed]);
            if !self.is_busy {
                self.life = Life::Dead;
            }
        }
    }

    fn say_once(&mut self, place: usize, report: Report) {
        if std::mem::take(&mut self.armed[place]) {
            self.reports.push(report);
        }
    }
}
