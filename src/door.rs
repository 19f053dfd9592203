//! The listeners of a worker, with all that it takes to wait for a client and to take turns with other workers.

use std::io;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::libc;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use socket2::Socket;

use crate::listener::{Listener, Peer};

/// The first and the longest pause after an accept for which the system lacked something.
const PAUSE: (Duration, Duration) = (Duration::from_millis(10), Duration::from_millis(500));
/// Accepts that come closer together than this come thick: somebody waits already, most likely.
const THICK: Duration = Duration::from_micros(200);
/// The `data` of the call's event; a listener's is its index.
const CALL: u64 = u64::MAX;

/// A connection that was just accepted.
#[derive(Debug)]
pub(crate) struct Accepted {
    pub(crate) socket: Socket,
    pub(crate) peer: Peer,
    /// Its time in the accept queue; `None` where the kernel does not tell.
    pub(crate) queue_wait: Option<Duration>,
    pub(crate) at: Instant,
}

/// What ended a wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Woken {
    /// The time was up.
    Late,
    /// The call is readable.
    Called,
    /// Somebody waits at this listener, unless a sibling is faster.
    Knocked(usize),
}

/// What came of an accept.
#[derive(Debug)]
pub(crate) enum Entry {
    /// A connection.
    Accepted(Accepted),
    /// Nobody was there.
    Nobody,
    /// The system lacks something; it is of no use to try again before this time has gone by.
    Short(Duration),
    /// Nobody will come here any more.
    Broken(Broken),
}

/// Why a worker cannot accept any more.
#[derive(Debug, thiserror::Error)]
#[error("cannot accept on {place}: {cause}")]
pub(crate) struct Broken {
    place: String,
    cause: String,
}

/// The listeners. Whoever holds the door accepts.
pub(crate) struct Door {
    epoll: Epoll,
    listeners: Vec<Listener>,
    registered: bool,
    rotation: Rotation,
    /// The listener at which to try before waiting, while accepts come thick.
    eager: Option<usize>,
    last_accept: Instant,
    /// Failures since the last accept that went well.
    failures: u32,
}

impl Door {
    /// A door at which one can be called by what makes `call` readable.
    pub(crate) fn open(listeners: Vec<Listener>, call: &impl AsFd) -> io::Result<Self> {
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        epoll.add(call, EpollEvent::new(EpollFlags::EPOLLIN, CALL))?;
        let now = Instant::now();
        let rotation = Rotation::new(now);
        let mut door = Self {
            epoll,
            listeners,
            registered: false,
            rotation,
            eager: None,
            last_accept: now,
            failures: 0,
        };
        door.watch()?;
        Ok(door)
    }

    /// Waits for a client or a call.
    ///
    /// # Panics
    ///
    /// When the kernel refuses what it cannot refuse to a sound program: that ends the worker, not the pool.
    pub(crate) fn wait(&mut self, time: Option<Duration>) -> Woken {
        if let Some(listener) = self.eager.take() {
            return Woken::Knocked(listener);
        }
        let timeout =
            time.map_or(EpollTimeout::NONE, |time| EpollTimeout::try_from(time).unwrap_or(EpollTimeout::MAX));
        let mut events = [EpollEvent::empty()];
        loop {
            return match self.epoll.wait(&mut events, timeout) {
                Ok(0) => Woken::Late,
                Ok(_) if events[0].data() == CALL => Woken::Called,
                Ok(_) => Woken::Knocked(
                    usize::try_from(events[0].data()).expect("a listener's event carries its index"),
                ),
                // A debugger or SIGSTOP was here.
                Err(Errno::EINTR) => continue,
                Err(error) => panic!("cannot wait for connections: {error}"),
            };
        }
    }

    /// Accepts the connection that waits longest at a listener.
    ///
    /// # Panics
    ///
    /// As [`Door::wait`].
    pub(crate) fn accept(&mut self, index: usize) -> Entry {
        let listener = &self.listeners[index];
        let (socket, peer) = match listener.accept() {
            Ok(accepted) => accepted,
            Err(error) => match verdict(&error) {
                Verdict::Again => return Entry::Nobody,
                Verdict::Short => return self.note_shortage(index, &error),
                Verdict::Broken => return Entry::Broken(self.broken(index, &error)),
            },
        };
        let accepted =
            Accepted { queue_wait: listener.queue_wait(&socket), socket, peer, at: Instant::now() };
        self.failures = 0;
        let gap = accepted.at.saturating_duration_since(self.last_accept);
        self.last_accept = accepted.at;
        if self.rotation.is_due(accepted.at) {
            // At every sixteenth accept at least, the other listeners and the call have their turn.
            self.look_again();
        } else if gap < THICK {
            self.eager = Some(index);
        }
        Entry::Accepted(accepted)
    }

    fn broken(&self, index: usize, error: &io::Error) -> Broken {
        let cause = match error.raw_os_error() {
            // accept(2): that is what it says of a socket that does not listen.
            Some(libc::EINVAL) => format!(
                "{error}: the socket does not listen any more, somebody who shares it has shut it down; a reload opens it anew"
            ),
            _ => error.to_string(),
        };
        Broken { place: self.listeners[index].to_string(), cause }
    }

    /// Goes to the end of each listener's list. Adding also looks whether somebody waits.
    ///
    /// # Panics
    ///
    /// As [`Door::wait`].
    pub(crate) fn look_again(&mut self) {
        self.look_away();
        self.watch().expect("what was registered can be registered again");
    }

    /// Takes no more wake-ups, which are then a sibling's.
    ///
    /// # Panics
    ///
    /// As [`Door::wait`].
    pub(crate) fn look_away(&mut self) {
        if self.registered {
            let removed = self.listeners.iter().try_for_each(|listener| self.epoll.delete(listener));
            removed.expect("what was registered can be removed");
            self.registered = false;
        }
    }

    /// Closes the listeners that others serve, and says whether any is left: one whose gate is closed, where whoever
    /// waits has nobody else.
    ///
    /// # Panics
    ///
    /// As [`Door::wait`].
    pub(crate) fn retire(&mut self) -> bool {
        self.look_away();
        self.eager = None;
        self.listeners.retain(Listener::is_gate_closed);
        self.watch().expect("what was registered can be registered again");
        !self.listeners.is_empty()
    }

    fn watch(&mut self) -> nix::Result<()> {
        for (listener, index) in self.listeners.iter().zip(0..) {
            // Of all workers that wait, one is woken for one connection: the first in the listener's list.
            let event = EpollEvent::new(EpollFlags::EPOLLIN | EpollFlags::EPOLLEXCLUSIVE, index);
            self.epoll.add(listener, event)?;
        }
        self.registered = true;
        Ok(())
    }

    fn note_shortage(&mut self, index: usize, error: &io::Error) -> Entry {
        let (first, longest) = PAUSE;
        let pause = first.saturating_mul(1 << self.failures.min(16)).min(longest);
        self.failures = self.failures.saturating_add(1);
        if self.failures.is_power_of_two() {
            let (failures, listener) = (self.failures, &self.listeners[index]);
            tracing::warn!(
                failures,
                "cannot accept on {listener}: {error}; clients wait in the queue, trying again in {pause:?}"
            );
        }
        Entry::Short(pause)
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

/// Sorts the errors of accept(2). Linux passes a new socket's pending network errors through it. A security module, or a
/// firewall, refuses before the connection leaves the queue, so it would be there again at once.
fn verdict(error: &io::Error) -> Verdict {
    match error.raw_os_error().unwrap_or_default() {
        libc::EMFILE | libc::ENFILE | libc::ENOBUFS | libc::ENOMEM | libc::EACCES | libc::EPERM => {
            Verdict::Short
        }
        libc::EBADF | libc::EFAULT | libc::EINVAL | libc::ENOTSOCK => Verdict::Broken,
        _ => Verdict::Again,
    }
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
