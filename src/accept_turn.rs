//! Who of a worker's threads accepts: the one that holds the [`Door`]. It waits, accepts one, hands the door on, and
//! serves what it accepted. When every slot is busy the door lies unused, and clients wait in the kernel's queue.
//!
//! Waking a sleeping thread to take the door costs more than a short connection's own work. So while a few connections
//! are *brief*, that is, so young that they may end at once, the door is left for the thread that finishes first. A
//! connection that turns out to last calls a sleeping thread then, a few milliseconds after it was accepted.

use std::io;
use std::os::fd::AsFd;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::Thread;
use std::time::{Duration, Instant};

use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::eventfd::{EfdFlags, EventFd};
use socket2::Socket;

use crate::listener::{Listener, Peer};

/// How long a drain waits, after the queue has been seen empty, for handshakes that were under way.
const SETTLE: Duration = Duration::from_millis(20);
/// The first and the longest pause after an accept for which the system lacked something.
const PAUSE: (Duration, Duration) = (Duration::from_millis(10), Duration::from_millis(500));
/// How long a refused thread is not asked for again.
const GROW_AGAIN_AFTER: Duration = Duration::from_secs(1);
/// While more connections than this are brief, no sleeping thread is called. Measured, see docs/performance.md.
const BRIEF_MIN: usize = 4;
/// The `data` of the wake-up's event; a listener's is its index.
const WAKE: u64 = u64::MAX;

/// A connection that was just accepted.
#[derive(Debug)]
pub(crate) struct Accepted {
    pub(crate) socket: Socket,
    pub(crate) peer: Peer,
    /// Its time in the accept queue; `None` where the kernel does not tell.
    pub(crate) queue_wait: Option<Duration>,
    pub(crate) at: Instant,
}

/// The stages of a worker's accepting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Not yet.
    Waiting,
    /// While slots are free.
    Accepting,
    /// Until the queue is empty.
    Draining,
    /// No more; a thread still holds the door, and is about to drop it.
    Closing,
    /// No more, and the listeners are closed.
    Closed,
}

/// How a connection ended, as far as the turn is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ended {
    /// We closed it because the time was up.
    pub(crate) cut: bool,
    /// It never called [`Turn::last`].
    pub(crate) brief: bool,
}

/// The worker's connections, counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) busy: u64,
    pub(crate) served: u64,
    pub(crate) cut: u64,
}

/// What the thread that hands the door on has to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// Nothing: another thread leads, or all slots are busy.
    Nothing,
    /// Start the thread of this slot.
    Grow(usize),
}

/// The turn to accept, shared by the threads of a worker.
pub(crate) struct Turn {
    state: Mutex<State>,
    /// Wakes the thread that leads.
    wake: EventFd,
    /// Wakes the worker's first thread, when the listeners are closed and when the last connection has ended.
    changed: EventFd,
}

struct State {
    mode: Mode,
    /// Here while nobody leads.
    door: Option<Door>,
    /// Threads without a connection, the most recent last: it is called first, its memory being warm.
    idle: Vec<Thread>,
    /// Slots without a thread.
    unmanned: Vec<usize>,
    grow_not_before: Option<Instant>,
    count: Count,
    /// Connections that may end at once.
    brief: usize,
    /// How many brief connections there may be before no sleeping thread is called. It doubles with each that lasts
    /// after all, and halves with each that does not.
    brief_max: usize,
    /// What `brief_max` is at least: all slots, for a service that may take its time.
    brief_min: usize,
}

impl Turn {
    /// A turn over so many slots, none of which has a thread yet. `quick` says that the service itself never waits.
    pub(crate) fn new(slots: usize, quick: bool) -> io::Result<Self> {
        let brief_min = if quick { BRIEF_MIN } else { slots };
        let eventfd = || EventFd::from_value_and_flags(0, EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK);
        Ok(Self {
            state: Mutex::new(State {
                mode: Mode::Waiting,
                door: None,
                idle: Vec::new(),
                unmanned: (0..slots).rev().collect(),
                grow_not_before: None,
                count: Count { busy: 0, served: 0, cut: 0 },
                brief: 0,
                brief_max: brief_min,
                brief_min,
            }),
            wake: eventfd()?,
            changed: eventfd()?,
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
    pub(crate) fn lead(&self, ended: Option<Ended>) -> Option<Door> {
        let mut state = self.state();
        if let Some(ended) = ended {
            state.note(ended);
            if state.mode == Mode::Closed && state.count.busy == 0 {
                signal(&self.changed);
            }
        }
        loop {
            if let Some(mut door) = state.door.take() {
                door.mode = state.mode;
                return Some(door);
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

    /// Hands the door on: the calling thread has a connection to serve, which is brief until it calls [`Turn::last`].
    pub(crate) fn pass(&self, door: Door, now: Instant) -> Next {
        let mut state = self.state();
        state.count.busy += 1;
        state.brief += 1;
        if state.mode == Mode::Closing {
            drop(state);
            self.close_door(door);
            return Next::Nothing;
        }
        state.door = Some(door);
        if state.brief > state.brief_max { Next::Nothing } else { call(state, now) }
    }

    /// Notes that a connection lasts: who waited for its thread to come back waits for another one.
    pub(crate) fn last(&self, now: Instant) -> Next {
        let mut state = self.state();
        state.brief -= 1;
        state.brief_max = state.brief_max.saturating_mul(2);
        if state.door.is_some() { call(state, now) } else { Next::Nothing }
    }

    /// Notes that the system refused the thread of a slot. It costs capacity, not a connection: the door waits for a
    /// thread that has finished.
    pub(crate) fn note_refused_thread(&self, slot: usize, now: Instant) {
        let mut state = self.state();
        state.unmanned.push(slot);
        state.grow_not_before = Some(now + GROW_AGAIN_AFTER);
    }

    /// Drops the door for good.
    pub(crate) fn close_door(&self, door: Door) {
        drop(door);
        self.state().mode = Mode::Closed;
        signal(&self.changed);
    }

    /// Makes the leader look at the queue again.
    pub(crate) fn poke(&self) {
        signal(&self.wake);
    }

    /// Accepts until the queue is empty, then closes.
    pub(crate) fn drain(&self) {
        let mut state = self.state();
        match state.mode {
            Mode::Accepting => state.mode = Mode::Draining,
            Mode::Waiting => state.mode = Mode::Closed,
            Mode::Draining | Mode::Closing | Mode::Closed => (),
        }
        drop(state);
        signal(&self.wake);
        signal(&self.changed);
    }

    /// Accepts no more.
    pub(crate) fn close(&self) {
        let mut state = self.state();
        let door = state.door.take();
        state.mode = match state.mode {
            Mode::Accepting | Mode::Draining if door.is_none() => Mode::Closing,
            Mode::Closing => Mode::Closing,
            _ => Mode::Closed,
        };
        drop(state);
        drop(door);
        signal(&self.wake);
        signal(&self.changed);
    }

    /// Whether the listeners are closed, and what the connections have come to.
    pub(crate) fn status(&self) -> (Mode, Count) {
        let state = self.state();
        (state.mode, state.count)
    }

    /// Readable when there is something new in `status`; reading it is `quiet`.
    pub(crate) fn changed(&self) -> &EventFd {
        &self.changed
    }

    /// Takes the sign that something changed.
    pub(crate) fn quiet(&self) {
        quiet(&self.changed);
    }

    fn mode(&self) -> Mode {
        self.state().mode
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No code between lock and unlock leaves the state half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn note(&mut self, ended: Ended) {
        self.count.busy -= 1;
        if ended.cut {
            self.count.cut += 1;
        } else {
            self.count.served += 1;
        }
        if ended.brief {
            self.brief -= 1;
            self.brief_max = (self.brief_max / 2).max(self.brief_min);
        }
    }
}

/// Has a sleeping thread take the door, or a new one.
fn call(mut state: MutexGuard<'_, State>, now: Instant) -> Next {
    if let Some(thread) = state.idle.pop() {
        // It would only wait for the lock.
        drop(state);
        thread.unpark();
        return Next::Nothing;
    }
    if state.grow_not_before.is_some_and(|at| at > now) {
        return Next::Nothing;
    }
    state.unmanned.pop().map_or(Next::Nothing, Next::Grow)
}

/// The listeners, with all that it takes to wait for a client.
pub(crate) struct Door {
    /// As of when it was taken, or its holder last woken.
    mode: Mode,
    epoll: Epoll,
    listeners: Vec<Listener>,
    rotation: Rotation,
    shortage: Shortage,
}

impl Door {
    fn open(listeners: Vec<Listener>, wake: &EventFd) -> io::Result<Self> {
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        epoll.add(wake, EpollEvent::new(EpollFlags::EPOLLIN, WAKE))?;
        let rotation = Rotation::new(Instant::now());
        let door = Self { mode: Mode::Accepting, epoll, listeners, rotation, shortage: Shortage::default() };
        door.register()?;
        Ok(door)
    }

    /// Accepts the next connection; `None` when accepting is over.
    ///
    /// # Panics
    ///
    /// When the kernel refuses what it cannot refuse to a sound program: that ends the worker, not the pool.
    pub(crate) fn accept(&mut self, turn: &Turn) -> Option<Accepted> {
        loop {
            let timeout = match self.mode {
                Mode::Closing | Mode::Closed | Mode::Waiting => return None,
                Mode::Draining => EpollTimeout::try_from(SETTLE).expect("it is short"),
                Mode::Accepting => EpollTimeout::NONE,
            };
            let mut events = [EpollEvent::empty()];
            match self.epoll.wait(&mut events, timeout) {
                Ok(0) => return None,
                Ok(_) => (),
                // A debugger or SIGSTOP was here.
                Err(nix::errno::Errno::EINTR) => continue,
                Err(error) => panic!("cannot wait for connections: {error}"),
            }
            if events[0].data() == WAKE {
                quiet(&turn.wake);
                self.mode = turn.mode();
                self.reregister();
                continue;
            }
            let index =
                usize::try_from(events[0].data()).expect("the data of a listener's event is its index");
            if let Some(accepted) = self.accept_from(index, turn) {
                return Some(accepted);
            }
        }
    }

    fn accept_from(&mut self, index: usize, turn: &Turn) -> Option<Accepted> {
        let listener = &self.listeners[index];
        let (socket, peer) = match listener.accept() {
            Ok(accepted) => accepted,
            Err(error) => {
                match verdict(&error) {
                    Verdict::Again => (),
                    Verdict::Short => self.shortage.pause(&error, listener, &turn.wake),
                    Verdict::Broken => panic!("cannot accept on {listener}: {error}"),
                }
                return None;
            }
        };
        if self.mode == Mode::Draining
            && let Err(error) = listener.open_gate_of(&socket)
        {
            tracing::debug!(%peer, "cannot reset the least time-to-live: {error}");
        }
        let accepted =
            Accepted { queue_wait: listener.queue_wait(&socket), socket, peer, at: Instant::now() };
        self.shortage = Shortage::default();
        if self.rotation.is_due(accepted.at) {
            self.reregister();
        }
        Some(accepted)
    }

    fn register(&self) -> nix::Result<()> {
        for (listener, index) in self.listeners.iter().zip(0..) {
            // Of all workers that wait, one is woken for one connection: the first in the listener's list.
            let event = EpollEvent::new(EpollFlags::EPOLLIN | EpollFlags::EPOLLEXCLUSIVE, index);
            self.epoll.add(listener, event)?;
        }
        Ok(())
    }

    /// Goes to the end of each listener's list. Adding also looks whether somebody waits.
    fn reregister(&self) {
        let removed: nix::Result<()> =
            self.listeners.iter().try_for_each(|listener| self.epoll.delete(listener));
        removed.and_then(|()| self.register()).expect("what was registered can be registered again");
    }
}

/// When a worker goes to the end of the listeners' lists, so that the next connection is a sibling's.
///
/// The kernel wakes the first in the list each time. Going to its end at every accept is strictly round robin, and
/// dear when accepts come thick; going at every sixteenth is cheap, and gives sixteen in a row to one worker when they
/// come slowly. So each turn takes a token, of which there are sixteen at most and a new one every ten milliseconds;
/// without one it is the sixteenth accept again.
#[derive(Debug)]
struct Rotation {
    tokens: u32,
    refilled: Instant,
    accepts: u32,
}

impl Rotation {
    const TOKENS: u32 = 16;
    const ACCEPTS: u32 = 16;
    const REFILL_MILLIS: u128 = 10;

    fn new(now: Instant) -> Self {
        Self { tokens: Self::TOKENS, refilled: now, accepts: 0 }
    }

    /// Whether it is time, after one more accept.
    fn is_due(&mut self, now: Instant) -> bool {
        let gained =
            u32::try_from((now - self.refilled).as_millis() / Self::REFILL_MILLIS).unwrap_or(u32::MAX);
        if gained > 0 {
            self.tokens = self.tokens.saturating_add(gained).min(Self::TOKENS);
            self.refilled = now;
        }
        self.accepts += 1;
        if self.tokens == 0 && self.accepts < Self::ACCEPTS {
            return false;
        }
        self.tokens = self.tokens.saturating_sub(1);
        self.accepts = 0;
        true
    }
}

/// A lack of files or memory, since the last accept that went well.
#[derive(Debug, Default)]
struct Shortage {
    failures: u32,
}

impl Shortage {
    /// Waits a while, or until the turn wakes the leader. The wake-up stays for the next look.
    fn pause(&mut self, error: &io::Error, listener: &Listener, wake: &EventFd) {
        let (first, longest) = PAUSE;
        let pause = first.saturating_mul(1 << self.failures.min(16)).min(longest);
        self.failures = self.failures.saturating_add(1);
        if self.failures.is_power_of_two() {
            tracing::warn!(
                failures = self.failures,
                "cannot accept on {listener}: {error}; clients wait in the queue, trying again in {pause:?}"
            );
        }
        let mut files = [PollFd::new(wake.as_fd(), PollFlags::POLLIN)];
        // An interruption only makes the pause shorter.
        let _ = poll(&mut files, PollTimeout::try_from(pause).expect("a pause is short"));
    }
}

/// What to do after an accept that failed.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    /// Nobody waits, or a peer is gone: look again.
    Again,
    /// The system lacks something.
    Short,
    /// A bug of ours.
    Broken,
}

/// Sorts the errors of accept(2). Linux passes a new socket's pending network errors through it.
fn verdict(error: &io::Error) -> Verdict {
    match error.raw_os_error().unwrap_or_default() {
        libc::EMFILE | libc::ENFILE | libc::ENOBUFS | libc::ENOMEM => Verdict::Short,
        libc::EBADF | libc::EFAULT | libc::EINVAL | libc::ENOTSOCK => Verdict::Broken,
        _ => Verdict::Again,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slow_connections_are_handed_out_strictly_in_turn() {
        let mut now = Instant::now();
        let mut rotation = Rotation::new(now);
        for _ in 0..100 {
            now += Duration::from_millis(10);
            assert!(rotation.is_due(now));
        }
    }

    #[test]
    fn a_burst_is_handed_out_strictly_in_turn_at_first() {
        let now = Instant::now();
        let mut rotation = Rotation::new(now);
        assert_eq!((0..16).filter(|_| rotation.is_due(now)).count(), 16);
    }

    #[test]
    fn thick_connections_change_hands_at_every_sixteenth() {
        let now = Instant::now();
        let mut rotation = Rotation::new(now);
        let turns = (0..16 + 1600).filter(|_| rotation.is_due(now)).count();
        assert_eq!(turns, 16 + 100);
    }

    #[test]
    fn a_shortage_pauses_and_a_vanished_peer_does_not() {
        let of = |errno| verdict(&io::Error::from_raw_os_error(errno));
        assert_eq!(of(libc::EMFILE), Verdict::Short);
        assert_eq!(of(libc::ECONNABORTED), Verdict::Again);
        assert_eq!(of(libc::EAGAIN), Verdict::Again);
        assert_eq!(of(libc::EBADF), Verdict::Broken);
    }
}
