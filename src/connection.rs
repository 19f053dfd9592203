//! One client on one thread: read, answer, write, watch the clock, and close without destroying what is in flight.

mod clock;

use std::io::{self, ErrorKind, Read};
use std::net::{Shutdown, SocketAddr};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use nix::libc;
use socket2::Socket;

use crate::config::Work;
use crate::ending::Ending;
use crate::handler::{Handler, Reply};
use crate::parting::{Parting, Waited};
use crate::patience::Wait;
use crate::pretence;
use crate::proxy_header::ProxyHeader;
use crate::refusal::Refusal;
use crate::scoreboard::{Silence, SlotRow, State};
use crate::sys::Moment;
pub(crate) use clock::Clock;

/// What one read takes at most. Chosen by measurement, see docs/performance.md.
pub(crate) const BUFFER_BYTES: usize = 64 * 1024;
/// How long a connection that we close waits for its peer to close too. Closing earlier, with bytes of the peer still
/// to come, makes the kernel answer them with a reset, which may destroy what the peer has not read yet.
pub(crate) const LINGER: Duration = Duration::from_secs(1);

/// Takes whom a proxy has told, if it has told anybody, or what is wrong with its header, and says whether the connection
/// goes on.
pub(crate) type Introduce<'a> = &'a dyn Fn(Result<Option<SocketAddr>, &'static str>) -> Result<(), Refusal>;

/// A connection in progress.
pub(crate) struct Connection<'a> {
    pub(crate) socket: &'a Socket,
    pub(crate) work: Work,
    /// How long the peer may send nothing.
    pub(crate) idle: Option<Duration>,
    /// What else it may take, if there is more than the timeouts of its socket.
    pub(crate) clock: Option<Clock>,
    /// Where it comes from a proxy, whose header is no part of what the handler gets.
    pub(crate) introduce: Option<Introduce<'a>>,
    /// Where its silence is seen, if it may cost it the slot.
    pub(crate) silence: Option<&'a Silence>,
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
        let mut early = match self.introduce.map_or(Ok(0), |introduce| self.take_header(introduce, buffer)) {
            Ok(early) => early,
            Err(ending) => return ending,
        };
        let mut session = H::Session::default();
        let mut is_first = true;
        loop {
            let read = if early == 0 { self.read(buffer) } else { Ok(std::mem::take(&mut early)) };
            let length = match read {
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

    /// Takes the header of a proxy. What has come behind it is left at the begin of the buffer: how many bytes it is.
    fn take_header(&mut self, introduce: Introduce<'_>, buffer: &mut [u8]) -> Result<usize, Ending> {
        let mut come = 0;
        let header = loop {
            match self.read(&mut buffer[come..]) {
                // A check whether the port is open, most likely.
                Ok(0) if come == 0 => return Err(Ending::PeerClosed),
                Ok(0) => break Err("it ended within its header"),
                Err(Ending::FirstByteTimeout) => break Err("its header did not come in time"),
                Err(ending) => return Err(ending),
                Ok(length) => come += length,
            }
            match ProxyHeader::read(&buffer[..come]) {
                // Whoever sends it in pieces takes its time.
                Ok(None) => self.last(),
                Ok(Some(header)) => break Ok(header),
                Err(why) => break Err(why),
            }
        };
        if header.is_err() && self.is_cut() {
            // What it lacks was perhaps still to come.
            return Err(Ending::Cut);
        }
        introduce(header.map(|header| header.peer)).map_err(Ending::Refused)?;
        let length = header.map_or(come, |header| header.length);
        if let Some(clock) = &mut self.clock {
            clock.patience.note_header(come > length, Instant::now());
        }
        buffer.copy_within(length..come, 0);
        Ok(come - length)
    }

    /// The connection lasts: others are not to wait for its thread.
    fn last(&mut self) {
        if let Some(call) = self.lasts.take() {
            call();
            // A clock sets the timeout itself.
            if self.clock.is_none()
                && let Err(error) = self.socket.set_read_timeout(self.idle)
            {
                tracing::debug!("cannot set the idle timeout: {error}");
            }
        }
    }

    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Ending> {
        let read = self.wait_and_read(buffer);
        if let Some(silence) = self.silence {
            silence.end();
            if read == Ok(0) && silence.is_told() {
                return Err(Ending::MadeRoom);
            }
        }
        read
    }

    fn wait_and_read(&mut self, buffer: &mut [u8]) -> Result<usize, Ending> {
        let mut now = self.clock.as_ref().map(|_| Instant::now());
        let wait = self.clock.as_ref().zip(now).map(|(clock, now)| clock.patience.to_read(now));
        loop {
            self.await_bytes(wait.as_ref().zip(now))?;
            let mut socket = self.socket;
            let read = socket.read(buffer);
            now = now.map(|_| Instant::now());
            match read {
                // SIGSTOP and SIGCONT interrupt a call that has a timeout, see signal(7).
                Err(error) if error.kind() == ErrorKind::Interrupted => (),
                Err(error) if error.kind() == ErrorKind::WouldBlock && self.lasts.is_some() => self.last(),
                // Whether its time is up is found out above.
                Err(error) if error.kind() == ErrorKind::WouldBlock && wait.is_some() => (),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Err(Ending::IdleTimeout),
                Err(error) => return Err(lost(&error)),
                Ok(length) => {
                    self.note_moved(wait.zip(now), length);
                    return Ok(length);
                }
            }
        }
    }

    /// Waits for the peer, or lets the next read do so, as long as it may.
    fn await_bytes(&mut self, wait: Option<(&Wait, Instant)>) -> Result<(), Ending> {
        if let Some((wait, now)) = wait {
            // Over is over, whatever has come: who sends without a pause would be served for ever.
            wait.left(now)?;
        }
        if self.lasts.is_some() {
            return Ok(());
        }
        if let Some(silence) = self.silence {
            silence.begin(Moment::now());
        }
        match (self.parting, wait) {
            (Some(parting), _) => {
                let idle = || Wait::of(self.idle, Ending::IdleTimeout, Instant::now());
                match parting.wait(self.socket, &wait.map_or_else(idle, |(wait, _)| *wait)) {
                    Waited::Readable => Ok(()),
                    Waited::Over(ending) => Err(ending),
                    Waited::Parted => Err(Ending::DrainIdle),
                }
            }
            (None, Some((wait, now))) => {
                self.clock.as_mut().map_or(Ok(()), |clock| clock.let_read(self.socket, wait, now))
            }
            (None, None) => Ok(()),
        }
    }

    /// Sends all of it.
    fn write(&mut self, mut bytes: &[u8]) -> Result<(), Ending> {
        self.row.turn_to(State::Writing);
        while !bytes.is_empty() {
            let sent = self.send(bytes)?;
            self.row.note_written(sent);
            bytes = &bytes[sent..];
        }
        Ok(())
    }

    /// Sends some of it. Each call that makes some progress gives the peer the whole write timeout again.
    fn send(&mut self, bytes: &[u8]) -> Result<usize, Ending> {
        let mut now = self.clock.as_ref().map(|_| Instant::now());
        let wait = self.clock.as_ref().zip(now).map(|(clock, now)| clock.patience.to_write(now));
        loop {
            let sent = if self.lasts.is_some() {
                self.socket.send_with_flags(bytes, libc::MSG_NOSIGNAL | libc::MSG_DONTWAIT)
            } else {
                if let (Some(clock), Some(wait), Some(now)) = (&mut self.clock, &wait, now) {
                    clock.let_write(self.socket, wait, now)?;
                }
                // No filter has to look at what this is called with, as it has with `send`. SIGPIPE is ignored since
                // before `main`, by Rust's runtime.
                nix::unistd::write(self.socket, bytes).map_err(io::Error::from)
            };
            now = now.map(|_| Instant::now());
            match sent {
                Err(error) if error.kind() == ErrorKind::Interrupted => (),
                Err(error) if error.kind() == ErrorKind::WouldBlock && self.lasts.is_some() => self.last(),
                // Whether its time is up is found out above.
                Err(error) if error.kind() == ErrorKind::WouldBlock && wait.is_some() => (),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Err(Ending::WriteTimeout),
                Err(error) => return Err(lost(&error)),
                Ok(sent) => {
                    self.note_moved(wait.zip(now), sent);
                    return Ok(sent);
                }
            }
        }
    }

    fn note_moved(&mut self, wait: Option<(Wait, Instant)>, bytes: usize) {
        if let (Some(clock), Some((wait, now))) = (&mut self.clock, wait) {
            clock.patience.note_moved(&wait, bytes, now);
        }
    }

    /// Says that nothing more comes, and takes what the peer still sends until it has closed too.
    fn linger(&self, buffer: &mut [u8]) {
        let deadline = Instant::now() + LINGER;
        let mut open = self.socket.shutdown(Shutdown::Write).is_ok() || self.is_cut();
        while open {
            let left = deadline.saturating_duration_since(Instant::now());
            let mut socket = self.socket;
            // A timeout of less than a microsecond would be one of zero, which is without end.
            open = left >= Duration::from_micros(1)
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
    use crate::patience::{Awaited, Patience, Terms};
    use crate::scoreboard::Traffic;

    fn pair() -> (Socket, Socket) {
        Socket::pair(Domain::UNIX, Type::STREAM, None).unwrap()
    }

    fn serve<H: Handler>(socket: &Socket, handler: &H) -> (Ending, Traffic) {
        serve_by(socket, handler, None)
    }

    fn serve_by<H: Handler>(socket: &Socket, handler: &H, clock: Option<Clock>) -> (Ending, Traffic) {
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
            clock,
            introduce: None,
            silence: None,
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

    /// Answers with more than the socket takes at once.
    struct Lavish;

    impl Handler for Lavish {
        type Session = Vec<u8>;

        fn reply<'a>(&self, session: &'a mut Vec<u8>, _: &'a mut [u8]) -> Reply<'a> {
            session.resize(4 << 20, b'x');
            Reply::Send(session)
        }
    }

    /// What comes of an answer with a lifetime of 50 ms, and how many bytes of it are taken by a peer that reads, or does not.
    fn answer_beyond_the_lifetime(reads: bool) -> (Ending, usize) {
        let (ours, mut theirs) = pair();
        ours.set_read_timeout(Some(BRIEF)).unwrap();
        theirs.write_all(b"x").unwrap();
        let reader = thread::spawn(move || {
            let (mut taken, mut part) = (0, vec![0; 1 << 16]);
            // It takes its time: 64 times 5 ms at least.
            while reads
                && theirs.read(&mut part).is_ok_and(|length| {
                    taken += length;
                    length > 0
                })
            {
                thread::sleep(Duration::from_millis(5));
            }
            (taken, theirs)
        });
        let mut config = crate::config::Config::default();
        config.timeouts.lifetime = Some(Duration::from_millis(50));
        let patience = Patience::new(Terms::of(&config), Instant::now(), Awaited::FirstByte);
        let ending = serve_by(&ours, &Lavish, Some(Clock::new(patience, None))).0;
        drop(ours);
        (ending, reader.join().unwrap().0)
    }

    #[test]
    fn an_answer_that_is_taken_is_sent_to_its_end_and_one_that_is_not_ends_with_the_lifetime() {
        assert_eq!(answer_beyond_the_lifetime(true), (Ending::Lifetime, 4 << 20));
        assert_eq!(answer_beyond_the_lifetime(false), (Ending::Lifetime, 0));
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
