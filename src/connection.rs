//! One client on one thread: read, answer, write, watch the clock, and close without destroying what is in flight.

use std::io::{self, ErrorKind, Read};
use std::net::Shutdown;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use nix::libc;
use socket2::Socket;

use crate::config::Work;
use crate::handler::{Handler, Reply};
use crate::parting::{Parting, Waited};
use crate::pretence;
use crate::scoreboard::{SlotRow, State};

/// What one read takes at most. Chosen by measurement, see docs/performance.md.
pub(crate) const BUFFER_BYTES: usize = 64 * 1024;
/// How long a connection that we close waits for its peer to close too. Closing earlier, with bytes of the peer still
/// to come, makes the kernel answer them with a reset, which may destroy what the peer has not read yet.
pub(crate) const LINGER: Duration = Duration::from_secs(1);

/// Why a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The peer sent its last byte and has got its last answer.
    PeerClosed,
    /// The handler closed it.
    HandlerClosed,
    /// The handler panicked.
    HandlerPanicked,
    /// The peer sent nothing for too long.
    IdleTimeout,
    /// The peer took nothing of its answer for too long.
    WriteTimeout,
    /// The peer reset it, or is gone.
    Reset,
    /// The worker leaves, and the peer sent nothing for as long as one may then.
    DrainIdle,
    /// The worker leaves, and its time was up.
    Cut,
}

impl Ending {
    /// The word for it in the log.
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Self::PeerClosed => "peer closed",
            Self::HandlerClosed => "handler closed",
            Self::HandlerPanicked => "handler panicked",
            Self::IdleTimeout => "idle timeout",
            Self::WriteTimeout => "write timeout",
            Self::Reset => "reset",
            Self::DrainIdle => "idle at a drain",
            Self::Cut => "cut",
        }
    }

    /// Whether it is as most connections end, by the will of the peer or of the handler. A flood of them is no news.
    pub(crate) fn is_ordinary(self) -> bool {
        match self {
            Self::PeerClosed | Self::HandlerClosed | Self::Reset => true,
            Self::HandlerPanicked | Self::IdleTimeout | Self::WriteTimeout | Self::DrainIdle | Self::Cut => {
                false
            }
        }
    }

    /// Whether the peer may still be sending, so that we have to linger.
    fn is_ours(self) -> bool {
        !matches!(self, Self::PeerClosed | Self::Reset)
    }
}

/// A connection in progress.
pub(crate) struct Connection<'a> {
    pub(crate) socket: &'a Socket,
    pub(crate) work: Work,
    /// How long the peer may send nothing.
    pub(crate) idle: Option<Duration>,
    /// How to wait, where silence ends a connection of a worker that drains.
    pub(crate) parting: Option<&'a Parting>,
    /// Set when the worker closes all that is left.
    pub(crate) cutting: &'a AtomicBool,
    /// Where it says what it does.
    pub(crate) row: &'a SlotRow,
    /// What to call when the connection turns out to last; `None` once it has. Until then nothing here may take long.
    pub(crate) lasts: Option<&'a dyn Fn()>,
}

impl Connection<'_> {
    /// Serves the peer to the end, whatever end it is. The socket's timeouts are those of the configuration.
    pub(crate) fn serve<H: Handler>(&mut self, handler: &H, buffer: &mut [u8]) -> Ending {
        // What a panic leaves behind is this connection's alone: its session is dropped with it.
        let ending = catch_unwind(AssertUnwindSafe(|| self.converse(handler, buffer)));
        let ending = match ending.unwrap_or(Ending::HandlerPanicked) {
            // After our half-close writes fail, and a read may find an end that is ours.
            Ending::PeerClosed | Ending::Reset | Ending::WriteTimeout if self.is_cut() => Ending::Cut,
            ending => ending,
        };
        if ending.is_ours() {
            self.last();
            self.row.turn_to(State::Closing);
            self.linger(buffer);
        }
        ending
    }

    fn converse<H: Handler>(&mut self, handler: &H, buffer: &mut [u8]) -> Ending {
        let mut session = H::Session::default();
        let mut is_first = true;
        loop {
            let length = match self.read(buffer) {
                // Closing a socket on which nothing is unread ends it as a half-close does, so that call is spared.
                Ok(0) => return self.write(handler.finish(&mut session)).err().unwrap_or(Ending::PeerClosed),
                Ok(length) => length,
                Err(ending) => return ending,
            };
            if !is_first {
                // Whoever sends a second message may send a third.
                self.last();
            }
            is_first = false;
            self.row.note_read(length);
            pretence::work(self.work);
            let written = match handler.reply(&mut session, &mut buffer[..length]) {
                Reply::Send(bytes) => self.write(bytes),
                Reply::Close(bytes) => self.write(bytes).and(Err(Ending::HandlerClosed)),
            };
            if let Err(ending) = written {
                return ending;
            }
            self.row.turn_to(State::Reading);
        }
    }

    /// The connection lasts: others are not to wait for its thread.
    fn last(&mut self) {
        if let Some(call) = self.lasts.take() {
            call();
            if let Err(error) = self.socket.set_read_timeout(self.idle) {
                tracing::debug!("cannot set the idle timeout: {error}");
            }
        }
    }

    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Ending> {
        loop {
            if let Some(parting) = self.parting.filter(|_| self.lasts.is_none()) {
                match parting.wait(self.socket, self.idle) {
                    Waited::Readable => (),
                    Waited::Idle => return Err(Ending::IdleTimeout),
                    Waited::Parted => return Err(Ending::DrainIdle),
                }
            }
            let mut socket = self.socket;
            match socket.read(buffer) {
                // SIGSTOP and SIGCONT interrupt a call that has a timeout, see signal(7).
                Err(error) if error.kind() == ErrorKind::Interrupted => (),
                Err(error) if error.kind() == ErrorKind::WouldBlock && self.lasts.is_some() => self.last(),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Err(Ending::IdleTimeout),
                Err(error) => return Err(lost(&error)),
                Ok(length) => return Ok(length),
            }
        }
    }

    /// Sends all of it. Each call that makes some progress gives the peer the whole write timeout again.
    fn write(&mut self, mut bytes: &[u8]) -> Result<(), Ending> {
        self.row.turn_to(State::Writing);
        while !bytes.is_empty() {
            let patience = if self.lasts.is_some() { libc::MSG_DONTWAIT } else { 0 };
            match self.socket.send_with_flags(bytes, libc::MSG_NOSIGNAL | patience) {
                Err(error) if error.kind() == ErrorKind::Interrupted => (),
                Err(error) if error.kind() == ErrorKind::WouldBlock && self.lasts.is_some() => self.last(),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Err(Ending::WriteTimeout),
                Err(error) => return Err(lost(&error)),
                Ok(sent) => {
                    self.row.note_written(sent);
                    bytes = &bytes[sent..];
                }
            }
        }
        Ok(())
    }

    /// Says that nothing more comes, and takes what the peer still sends until it has closed too.
    fn linger(&self, buffer: &mut [u8]) {
        let deadline = Instant::now() + LINGER;
        let mut open = self.socket.shutdown(Shutdown::Write).is_ok() || self.is_cut();
        while open {
            let left = deadline.saturating_duration_since(Instant::now());
            let mut socket = self.socket;
            open = !left.is_zero()
                && self.socket.set_read_timeout(Some(left)).is_ok()
                && match socket.read(buffer) {
                    Ok(length) => length > 0,
                    Err(error) => error.kind() == ErrorKind::Interrupted,
                };
        }
    }

    fn is_cut(&self) -> bool {
        self.cutting.load(Ordering::SeqCst)
    }
}

fn lost(error: &io::Error) -> Ending {
    tracing::debug!("connection lost: {error}");
    Ending::Reset
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::io::Write as _;
    use std::thread;

    use socket2::{Domain, Type};

    use super::*;
    use crate::config::Transform;
    use crate::handler::Echo;
    use crate::listener::{BRIEF, Peer};
    use crate::scoreboard::Traffic;

    fn pair() -> (Socket, Socket) {
        Socket::pair(Domain::UNIX, Type::STREAM, None).unwrap()
    }

    fn serve<H: Handler>(socket: &Socket, handler: &H) -> (Ending, Traffic) {
        let cutting = AtomicBool::new(false);
        let calls = Cell::new(0);
        let lasts = || calls.set(calls.get() + 1);
        let idle = Some(Duration::from_millis(20));
        let row = SlotRow::default();
        row.open(Peer::Unix, None);
        let mut connection = Connection {
            socket,
            work: Work::default(),
            idle,
            parting: None,
            cutting: &cutting,
            row: &row,
            lasts: Some(&lasts),
        };
        let ending = connection.serve(handler, &mut [0; 64]);
        let brief = connection.lasts.is_some();
        assert_eq!(calls.get(), i32::from(!brief), "who lasts says so once");
        (ending, row.traffic())
    }

    #[test]
    fn what_was_sent_before_the_end_is_answered() {
        let (ours, mut theirs) = pair();
        theirs.write_all("héllo\r\n\0".as_bytes()).unwrap();
        theirs.shutdown(Shutdown::Write).unwrap();
        let (ending, traffic) = serve(&ours, &Echo::new(Transform::Uppercase));
        assert_eq!(ending, Ending::PeerClosed);
        assert_eq!(traffic, Traffic { messages: 1, bytes_in: 9, bytes_out: 9 });
        drop(ours);
        let mut answer = Vec::new();
        theirs.read_to_end(&mut answer).unwrap();
        assert_eq!(answer, "HéLLO\r\n\0".as_bytes());
    }

    #[test]
    fn a_silent_peer_meets_the_idle_timeout() {
        let (ours, theirs) = pair();
        ours.set_read_timeout(Some(BRIEF)).unwrap();
        let reader = thread::spawn(move || (&theirs).read(&mut [0]).unwrap());
        assert_eq!(serve(&ours, &Echo::new(Transform::None)).0, Ending::IdleTimeout);
        assert_eq!(reader.join().unwrap(), 0, "the peer sees an orderly end");
    }

    #[test]
    fn a_peer_that_never_reads_meets_the_write_timeout() {
        let (ours, theirs) = pair();
        ours.set_write_timeout(Some(Duration::from_millis(5))).unwrap();
        let writer = thread::spawn(move || while (&theirs).write(&[b'x'; 4096]).is_ok() {});
        assert_eq!(serve(&ours, &Echo::new(Transform::None)).0, Ending::WriteTimeout);
        drop(ours);
        writer.join().unwrap();
    }

    struct Faulty;

    impl Handler for Faulty {
        type Session = ();

        fn reply<'a>(&self, (): &'a mut (), input: &'a mut [u8]) -> Reply<'a> {
            assert_ne!(input, b"panic");
            Reply::Close(input)
        }
    }

    #[test]
    fn a_panic_ends_the_connection_in_order() {
        let (ours, mut theirs) = pair();
        theirs.write_all(b"panic").unwrap();
        theirs.shutdown(Shutdown::Write).unwrap();
        assert_eq!(serve(&ours, &Faulty).0, Ending::HandlerPanicked);
        assert_eq!(theirs.read(&mut [0]).unwrap(), 0);
    }

    #[test]
    fn a_handler_may_close() {
        let (ours, mut theirs) = pair();
        theirs.write_all(b"bye").unwrap();
        theirs.shutdown(Shutdown::Write).unwrap();
        assert_eq!(
            serve(&ours, &Faulty),
            (Ending::HandlerClosed, Traffic { messages: 1, bytes_in: 3, bytes_out: 3 })
        );
    }
}
