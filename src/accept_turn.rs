//! Who of a worker's threads accepts: the one that holds the [`Door`]. It waits, accepts one, hands the door on, and
//! serves what it accepted. When every slot is busy the door lies unused, and clients wait in the kernel's queue.
//!
//! Waking a sleeping thread to take the door costs as much as a short connection's own work. So while some connections
//! are [*brief*](brevity), that is, so young that they may end at once, the door is left for the thread that finishes first. A
//! connection that turns out to last calls a sleeping thread then, a few milliseconds after it was accepted.

mod brevity;
mod leaving;
mod life;
#[cfg(test)]
mod tests;

use std::io;
use std::os::fd::AsFd;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::Thread;
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, poll};
use nix::sys::eventfd::{EfdFlags, EventFd};

use crate::channel::Report;
use crate::door::{Accepted, Broken, Door, Entry, Woken};
use crate::listener::Listener;
use crate::scoreboard::WorkerRow;
use crate::sys::timeout_until;
use brevity::Brevity;
use life::Question;

/// How long a drain of a pool without connections waits for handshakes that were under way.
const SETTLE: Duration = Duration::from_millis(100);
/// How long a refused thread is not asked for again.
const GROW_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// What a master wants to be told at first, and when it has asked for it again.
const WANTED: [Report; 2] = [Report::Busy, Report::Full];

/// The stages of a worker's accepting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Not yet.
    Waiting,
    /// While slots are free.
    Accepting,
    /// At listeners alone where nobody else does: the others are about to be closed.
    Retiring,
    /// Until the queue of what nobody else serves is empty.
    Clearing,
    /// Until the queue is empty and the worker has no connection.
    Draining,
    /// No more; a thread still holds the door, and is about to drop it.
    Closing,
    /// No more, and the listeners are closed.
    Closed,
}

/// A connection that has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ended {
    /// How long it was open, if it never called [`Turn::last`].
    pub(crate) brief: Option<Duration>,
}

/// The door, in the hands of the thread that leads.
pub(crate) struct Lead {
    pub(crate) door: Door,
    /// As of when it was taken, or its holder last woken.
    mode: Mode,
}

/// The turn to accept, shared by the threads of a worker.
pub(crate) struct Turn {
    state: Mutex<State>,
    /// Wakes the thread that leads.
    wake: EventFd,
    /// Wakes the worker's first thread, when there is something new in [`Turn::status`], [`Turn::take_reports`],
    /// [`Turn::take_wanted_thread`] or [`Turn::call_at`].
    changed: EventFd,
    /// Where it says how many connections there are.
    row: &'static WorkerRow,
}

struct State {
    mode: Mode,
    /// Here while nobody leads.
    door: Option<Door>,
    /// Threads without a connection, the most recent last: it is called first, its memory being warm.
    idle: Vec<Thread>,
    /// Slots without a thread.
    unmanned: Vec<usize>,
    /// Slots whose thread the first thread is to start.
    wanted_threads: Vec<usize>,
    grow_not_before: Option<Instant>,
    /// What the first thread has to tell the master, each once.
    reports: Vec<Report>,
    /// What the master wants to be told once it is so: that a slot is taken, that no slot is idle.
    wanted: Vec<Report>,
    question: Question,
    slots: usize,
    /// Slots with a connection.
    busy: usize,
    /// The system lacks something at the moment: no slot can take a connection.
    short: bool,
    /// The system refused a thread: slots without one cannot take a connection.
    refused: bool,
    /// Whether the door may be left.
    brevity: Brevity,
}

impl Turn {
    /// A turn over so many slots, none of which has a thread yet. `quick` says that the service itself never waits.
    pub(crate) fn new(slots: usize, quick: bool, row: &'static WorkerRow) -> io::Result<Self> {
        let eventfd = || EventFd::from_value_and_flags(0, EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK);
        Ok(Self {
            state: Mutex::new(State {
                mode: Mode::Waiting,
                door: None,
                idle: Vec::new(),
                unmanned: (0..slots).rev().collect(),
                wanted_threads: Vec::new(),
                grow_not_before: None,
                reports: Vec::new(),
                wanted: WANTED.to_vec(),
                question: Question::None,
                slots,
                busy: 0,
                short: false,
                refused: false,
                brevity: Brevity::new(quick),
            }),
            wake: eventfd()?,
            changed: eventfd()?,
            row,
        })
    }

    /// The slot whose thread is to be started first.
    pub(crate) fn first_slot(&self) -> usize {
        self.state().unmanned.pop().expect("a worker has one slot at least")
    }

    /// Begins to accept.
    pub(crate) fn open(&self, listeners: Vec<Listener>) -> io::Result<()> {
        let door = Door::open(listeners, &self.wake)?;
        let mut state = self.state();
        state.mode = Mode::Accepting;
        state.door = Some(door);
        let first = state.idle.pop();
        drop(state);
        if let Some(thread) = first {
            thread.unpark();
        }
        Ok(())
    }

    /// Waits until the calling thread leads; `None` when nobody does any more. `ended` is the connection that it
    /// served since it led.
    pub(crate) fn lead(&self, ended: Option<Ended>) -> Option<Lead> {
        let mut state = self.state();
        if let Some(ended) = ended {
            state.note(ended);
            self.publish(&mut state);
            match state.mode {
                Mode::Closed if state.busy == 0 => signal(&self.changed),
                // Whoever leads has nothing to wait for but the last handshakes.
                Mode::Draining if state.busy == 0 => signal(&self.wake),
                _ => (),
            }
        } else {
            // A thread that was refused before has started after all.
            state.refused = false;
            self.publish(&mut state);
        }
        loop {
            if let Some(door) = state.door.take() {
                self.come_round(&mut state);
                return Some(Lead { door, mode: state.mode });
            }
            if matches!(state.mode, Mode::Closing | Mode::Closed) {
                return None;
            }
            let me = std::thread::current();
            let id = me.id();
            state.idle.push(me);
            drop(state);
            std::thread::park();
            state = self.state();
            // Whoever calls a thread takes it off the list, but `park` may also return without a reason.
            if let Some(place) = state.idle.iter().rposition(|thread| thread.id() == id) {
                state.idle.remove(place);
            }
        }
    }

    /// Accepts the next connection that `admit` lets in; `None` when accepting is over. Whoever is refused costs the leader
    /// a moment and nobody a slot, and after each it looks up as after each wait.
    pub(crate) fn accept(
        &self,
        lead: &mut Lead,
        mut admit: impl FnMut(Accepted) -> Option<Accepted>,
    ) -> Result<Option<Accepted>, Broken> {
        let mut settled_at = None;
        loop {
            if lead.mode == Mode::Retiring {
                lead.mode = self.retire_door(&mut lead.door);
            }
            let time = match lead.mode {
                Mode::Closing | Mode::Closed | Mode::Waiting => return Ok(None),
                // The worker stays for its connections anyway, so handshakes may take as long.
                Mode::Draining if self.state().busy > 0 => None,
                Mode::Clearing | Mode::Draining => {
                    let now = Instant::now();
                    // Whoever calls meanwhile makes it no longer.
                    Some(settled_at.get_or_insert(now + SETTLE).saturating_duration_since(now))
                }
                Mode::Accepting | Mode::Retiring => None,
            };
            match lead.door.wait(time) {
                Woken::Late => return Ok(None),
                Woken::Called => {
                    quiet(&self.wake);
                    lead.door.look_again();
                }
                Woken::Knocked(listener) => match lead.door.accept(listener) {
                    Entry::Accepted(accepted) => {
                        if let Some(accepted) = admit(accepted) {
                            return Ok(Some(accepted));
                        }
                    }
                    Entry::Broken(broken) => return Err(broken),
                    Entry::Nobody => (),
                    Entry::Short(pause) => self.sit_out(&mut lead.door, lead.mode, pause),
                },
            }
            lead.mode = self.look_up();
        }
    }

    /// The leader comes round, and sees the mode.
    fn look_up(&self) -> Mode {
        let mut state = self.state();
        self.come_round(&mut state);
        state.mode
    }

    /// Leaves clients to the siblings while the system lacks something here, or until the mode is another one.
    fn sit_out(&self, door: &mut Door, mode: Mode, pause: Duration) {
        door.look_away();
        let mut state = self.state();
        state.short = true;
        state.say(Report::Short);
        self.publish(&mut state);
        drop(state);
        signal(&self.changed);
        let until = Instant::now() + pause;
        // A poke ends no pause: two workers that lack something would wake each other without end.
        while self.look_up() == mode && Instant::now() < until {
            let mut files = [PollFd::new(self.wake.as_fd(), PollFlags::POLLIN)];
            // It fails when a signal interrupts it, and then there is time left.
            let _ = poll(&mut files, timeout_until(Some(until), Instant::now()));
            quiet(&self.wake);
        }
        let mut state = self.state();
        state.short = false;
        self.publish(&mut state);
        drop(state);
        door.look_again();
    }

    /// What is new since this was last asked.
    pub(crate) fn take_reports(&self) -> Vec<Report> {
        std::mem::take(&mut self.state().reports)
    }

    /// From now on it is told, once, when a slot is taken, and when no slot is idle.
    pub(crate) fn arm(&self) {
        let mut state = self.state();
        state.wanted = WANTED.to_vec();
        self.publish(&mut state);
    }

    /// What did not reach the master is told again when there is something else to say.
    pub(crate) fn repeat(&self, report: Report) {
        self.state().say(report);
    }

    /// Says how many slots are taken, and how many cannot be, and what the master wants to be told.
    fn publish(&self, state: &mut State) {
        let lacking = state.lacking();
        self.row.set_busy(state.busy, lacking);
        let is_full = state.busy + lacking == state.slots;
        for (report, is_so) in [(Report::Busy, state.busy > 0), (Report::Full, is_full)] {
            if is_so && let Some(at) = state.wanted.iter().position(|wanted| *wanted == report) {
                state.wanted.swap_remove(at);
                state.say(report);
                signal(&self.changed);
            }
        }
    }

    /// Hands the door on: the calling thread has a connection to serve, which is brief until it calls [`Turn::last`].
    pub(crate) fn pass(&self, door: Door, now: Instant) {
        let mut state = self.state();
        state.busy += 1;
        state.brevity.begin();
        self.publish(&mut state);
        self.come_round(&mut state);
        if matches!(state.mode, Mode::Closing | Mode::Retiring) {
            drop(state);
            return self.lay_down(door);
        }
        state.door = Some(door);
        if !state.brevity.is_one_due() {
            self.call(state, now);
        }
    }

    /// Notes that a connection lasts, which was accepted then: who waited for its thread to come back waits for another one.
    pub(crate) fn last(&self, accepted: Instant, now: Instant) {
        let mut state = self.state();
        state.brevity.end(now.saturating_duration_since(accepted));
        if state.door.is_some() {
            self.call(state, now);
        }
    }

    /// Has a sleeping thread take the door, or a new one.
    fn call(&self, mut state: MutexGuard<'_, State>, now: Instant) {
        if let Some(thread) = state.idle.pop() {
            // It would only wait for the lock.
            drop(state);
            return thread.unpark();
        }
        if state.grow_not_before.is_none_or(|at| at <= now) {
            let Some(slot) = state.unmanned.pop() else { return };
            state.wanted_threads.push(slot);
        }
        // The first thread has to see to it, now or then.
        drop(state);
        signal(&self.changed);
    }

    /// A slot whose thread is to be started now.
    ///
    /// The first thread does that for all: to start a thread takes more stack than to serve, and what a stack has once
    /// taken it keeps.
    pub(crate) fn take_wanted_thread(&self) -> Option<usize> {
        self.state().wanted_threads.pop()
    }

    /// When a thread that was refused is to be asked for again, if the door waits for it.
    pub(crate) fn call_at(&self) -> Option<Instant> {
        let state = self.state();
        let wanted = state.door.is_some() && state.idle.is_empty() && !state.unmanned.is_empty();
        state.grow_not_before.filter(|_| wanted)
    }

    /// Has a thread take the door that was refused before.
    pub(crate) fn call_again(&self, now: Instant) {
        let state = self.state();
        if state.door.is_some() {
            self.call(state, now);
        }
    }

    /// Notes that the system refused the thread of a slot. It costs capacity, not a connection: the door waits for a
    /// thread that has finished.
    pub(crate) fn note_refused_thread(&self, slot: usize, now: Instant) {
        let mut state = self.state();
        state.unmanned.push(slot);
        state.grow_not_before = Some(now + GROW_AGAIN_AFTER);
        state.refused = true;
        self.publish(&mut state);
        self.settle(&mut state);
        signal(&self.changed);
    }

    /// Makes the leader look at the queue again.
    pub(crate) fn poke(&self) {
        signal(&self.wake);
    }

    /// Whether the listeners are closed, and how many connections there are.
    pub(crate) fn status(&self) -> (Mode, usize) {
        let state = self.state();
        (state.mode, state.busy)
    }

    /// Readable when there is something new in `status`; reading it is `quiet`.
    pub(crate) fn changed(&self) -> &EventFd {
        &self.changed
    }

    /// Takes the sign that something changed.
    pub(crate) fn quiet(&self) {
        quiet(&self.changed);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No code between lock and unlock leaves the state half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn say(&mut self, report: Report) {
        if !self.reports.contains(&report) {
            self.reports.push(report);
        }
    }

    /// How many slots have no connection and cannot get one at the moment.
    fn lacking(&self) -> usize {
        match (self.short, self.refused) {
            (true, _) => self.slots - self.busy,
            (false, true) => self.unmanned.len(),
            (false, false) => 0,
        }
    }

    fn note(&mut self, ended: Ended) {
        self.busy -= 1;
        if let Some(open) = ended.brief {
            self.brevity.end(open);
        }
    }
}

fn signal(eventfd: &EventFd) {
    // It fails only when the counter is at its end, and then the event is there already.
    let _ = eventfd.write(1);
}

fn quiet(eventfd: &EventFd) {
    // It fails only when the counter is at zero.
    let _ = eventfd.read();
}
