//! How a connection waits for its peer so that it can end early when its worker drains and the peer says nothing.

use std::io;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, poll};
use nix::sys::eventfd::{EfdFlags, EventFd};
use socket2::Socket;

use crate::ending::Ending;
use crate::patience::Wait;
use crate::sys::timeout_until;

/// A worker's parting from silent peers. All its connections wait by it.
///
/// A thread that waits in read(2) learns of a drain only by a shutdown of its socket, and none is of use: after one for
/// writing an answer that is due could not be sent, and after one for reading the kernel answers what still comes with a
/// reset (`tcp_rcv_state_process` in `net/ipv4/tcp_input.c`). So it waits in poll(2), for its peer and for this.
#[derive(Debug)]
pub(crate) struct Parting {
    /// How long a peer may be silent during a drain.
    silence: Duration,
    /// Readable from the begin of the drain on.
    begun: EventFd,
}

/// What ended a wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Waited {
    /// There is something to read: bytes, the end, or an error.
    Readable,
    /// It has lasted as long as it may.
    Over(Ending),
    /// It was silent for as long as one may be during a drain.
    Parted,
}

impl Parting {
    pub(crate) fn new(silence: Duration) -> io::Result<Self> {
        let begun = EventFd::from_value_and_flags(0, EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK)?;
        Ok(Self { silence, begun })
    }

    /// The drain begins.
    pub(crate) fn begin(&self) {
        // It fails only when the counter is at its end, and then it has begun.
        let _ = self.begun.write(1);
    }

    /// Waits until there is something to read, or the peer was silent for too long.
    pub(crate) fn wait(&self, socket: &Socket, wait: &Wait) -> Waited {
        let mut part_at = None;
        loop {
            let until = wait.until().into_iter().chain(part_at).min();
            let mut files =
                [socket.as_fd(), self.begun.as_fd()].map(|file| PollFd::new(file, PollFlags::POLLIN));
            // Once it has begun it stays readable.
            let watched = if part_at.is_none() { &mut files[..] } else { &mut files[..1] };
            match poll(watched, timeout_until(until, Instant::now())) {
                Ok(0) if until.is_none_or(|until| until > Instant::now()) => (),
                Ok(0) if until == part_at => return Waited::Parted,
                Ok(0) => {
                    if let Err(ending) = wait.left(Instant::now()) {
                        return Waited::Over(ending);
                    }
                }
                Ok(_) if files[0].any() == Some(false) => part_at = Some(wait.since() + self.silence),
                Err(Errno::EINTR) => (),
                // Whatever stands in the way of a wait, a read has it too.
                Ok(_) | Err(_) => return Waited::Readable,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::net::Shutdown;
    use std::thread;

    use socket2::{Domain, Type};

    use super::*;
    use crate::ending::Ending::IdleTimeout;

    const SHORT: Duration = Duration::from_millis(20);
    const LONG: Duration = Duration::from_secs(3600);

    /// A silence that begins now.
    fn silence(idle: Option<Duration>) -> Wait {
        Wait::of(idle, IdleTimeout, Instant::now())
    }

    fn pair() -> (Socket, Socket) {
        Socket::pair(Domain::UNIX, Type::STREAM, None).unwrap()
    }

    #[test]
    fn bytes_and_the_end_are_there_to_read() {
        let (ours, mut theirs) = pair();
        let parting = Parting::new(Duration::ZERO).unwrap();
        parting.begin();
        theirs.write_all(b"x").unwrap();
        assert_eq!(
            parting.wait(&ours, &silence(Some(Duration::ZERO))),
            Waited::Readable,
            "what is there comes first"
        );
        let (ours, theirs) = pair();
        theirs.shutdown(Shutdown::Write).unwrap();
        assert_eq!(parting.wait(&ours, &silence(None)), Waited::Readable);
    }

    #[test]
    fn without_a_drain_the_idle_timeout_alone_counts() {
        let (ours, _theirs) = pair();
        let parting = Parting::new(Duration::ZERO).unwrap();
        let begin = Instant::now();
        assert_eq!(parting.wait(&ours, &silence(Some(SHORT))), Waited::Over(IdleTimeout));
        assert!(begin.elapsed() >= SHORT);
    }

    #[test]
    fn a_drain_finds_who_has_been_silent_before_it() {
        let (ours, _theirs) = pair();
        let parting = Parting::new(SHORT).unwrap();
        thread::scope(|scope| {
            let waiting = scope.spawn(|| (parting.wait(&ours, &silence(Some(LONG))), Instant::now()));
            // The silence itself is what is tested.
            thread::sleep(2 * SHORT);
            let begin = Instant::now();
            parting.begin();
            let (waited, at) = waiting.join().unwrap();
            assert_eq!(waited, Waited::Parted);
            assert!(at >= begin);
        });
    }

    #[test]
    fn during_a_drain_the_shorter_time_counts() {
        let (ours, _theirs) = pair();
        let parting = Parting::new(SHORT).unwrap();
        parting.begin();
        assert_eq!(parting.wait(&ours, &silence(None)), Waited::Parted);
        assert_eq!(parting.wait(&ours, &silence(Some(LONG))), Waited::Parted);
        assert_eq!(parting.wait(&ours, &silence(Some(SHORT / 2))), Waited::Over(IdleTimeout));
    }
}
