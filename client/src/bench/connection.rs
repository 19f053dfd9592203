//! One connection of the engine: connecting, idle, an exchange under way, closing.

use std::io::{self, Read};
use std::net::Shutdown;
use std::os::fd::{AsRawFd, RawFd};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::socket::setsockopt;
use nix::sys::socket::sockopt::IpBindAddressNoPort;
use socket2::{SockAddr, Socket, Type};

use crate::Failure;
use crate::connection::is_connected_to_itself;

use super::exchange::{Exchange, Progress, Readiness};
use super::message::Message;

/// One message that is to be sent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Request<'message> {
    /// When it was to be sent; from here its time counts.
    pub(super) due: Instant,
    /// How many others were under way when it was due; `None` if it had to wait here until one of them had ended.
    pub(super) open_at_arrival: Option<usize>,
    /// What is sent.
    pub(super) message: Message<'message>,
}

/// A request whose echo came back whole and right, with its moments in their order.
#[derive(Debug, Clone, Copy)]
pub(super) struct Finished {
    /// When it was to be sent.
    pub(super) due: Instant,
    /// When the connection stood, if it was made for this request.
    pub(super) connected: Option<Instant>,
    /// When sending began.
    pub(super) sent: Instant,
    /// When the first byte of the echo had come.
    pub(super) first_byte: Instant,
    /// When the last byte of the echo had come.
    pub(super) last_byte: Instant,
    /// When the server had closed too, if the connection was made for this request.
    pub(super) closed: Option<Instant>,
    /// How many others were under way when it was due; `None` if it had to wait in this program.
    pub(super) open_at_arrival: Option<usize>,
}

impl Finished {
    /// When it was over.
    pub(super) fn ended(&self) -> Instant {
        self.closed.unwrap_or(self.last_byte)
    }

    /// For how long it was in the server's queue and then in a slot, if it had a connection of its own.
    pub(super) fn visit(&self) -> Option<Duration> {
        Some(self.closed?.saturating_duration_since(self.connected?))
    }
}

/// What a call has led to.
#[derive(Debug)]
pub(super) enum Step {
    /// Nothing that concerns anybody else.
    Pending,
    /// It stands, and nothing was to be sent.
    Connected,
    /// Its request is finished. It is idle now, or closed if it was made for this request.
    Finished(Finished),
}

/// How long it may stay as it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Until it stands.
    pub(super) connect: Duration,
    /// Without a byte of an echo that is due, or the end.
    pub(super) silence: Duration,
}

/// A connection, and what goes on on it.
#[derive(Debug)]
pub(super) struct Connection<'message> {
    socket: Socket,
    phase: Phase<'message>,
    opened: Instant,
    connected: Option<Instant>,
    is_served: bool,
    /// The kernel has told that the server has closed; it does so once.
    is_ended: bool,
    /// When something happened on it for the last time.
    moved: Instant,
}

#[derive(Debug)]
enum Phase<'message> {
    /// The queue of the unix socket is full.
    Knocking(Option<Request<'message>>),
    /// The kernel is at it. What is to be sent then is there if the connection is made for one request alone.
    Connecting(Option<Request<'message>>),
    /// Nothing is under way.
    Idle,
    /// A message is.
    Exchanging(Underway<'message>),
    /// The echo is complete, this side has closed, the server has not yet.
    Closing(Finished),
}

#[derive(Debug)]
struct Underway<'message> {
    request: Request<'message>,
    exchange: Exchange<'message>,
    sent: Instant,
    first_byte: Option<Instant>,
    is_alone: bool,
}

impl<'message> Connection<'message> {
    /// Begins to connect. With a request, the connection is for this one alone and is closed after it.
    pub(super) fn open(
        address: &SockAddr,
        source: Option<&SockAddr>,
        request: Option<Request<'message>>,
        now: Instant,
    ) -> Result<Self, Failure> {
        let socket =
            Socket::new(address.domain(), Type::STREAM.nonblocking(), None).map_err(Failure::Unreachable)?;
        if !address.is_unix() {
            socket.set_tcp_nodelay(true).map_err(Failure::Unreachable)?;
        }
        if let Some(source) = source {
            // The port is chosen by `connect`, which knows that the same one serves for other destinations.
            setsockopt(&socket, IpBindAddressNoPort, &true)
                .map_err(|errno| Failure::Unreachable(errno.into()))?;
            socket.bind(source).map_err(Failure::Unreachable)?;
        }
        let phase = Phase::Knocking(request);
        let mut connection = Self {
            socket,
            phase,
            opened: now,
            connected: None,
            is_served: false,
            is_ended: false,
            moved: now,
        };
        connection.knock(address)?;
        Ok(connection)
    }

    /// Whether the kernel has not even begun to connect. Nothing tells when it would: [`knock`](Self::knock) again.
    pub(super) fn is_knocking(&self) -> bool {
        matches!(self.phase, Phase::Knocking(_))
    }

    /// Asks the kernel to connect, which it refuses while the queue of a unix socket is full.
    pub(super) fn knock(&mut self, address: &SockAddr) -> Result<(), Failure> {
        let Phase::Knocking(request) = self.phase else {
            return Ok(());
        };
        match self.socket.connect(address) {
            Ok(()) => {}
            Err(error) if error.raw_os_error() == Some(Errno::EINPROGRESS as i32) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(Failure::of_connect(error, Duration::ZERO)),
        }
        self.phase = Phase::Connecting(request);
        Ok(())
    }

    /// The file descriptor, to wait for.
    pub(super) fn descriptor(&self) -> RawFd {
        self.socket.as_raw_fd()
    }

    /// When it began to connect.
    pub(super) fn opened(&self) -> Instant {
        self.opened
    }

    /// When it stood.
    pub(super) fn connected(&self) -> Option<Instant> {
        self.connected
    }

    /// Since when a server that has never sent a byte lets it wait.
    pub(super) fn unserved_since(&self) -> Option<Instant> {
        let is_waiting = matches!(self.phase, Phase::Exchanging(_)) && !self.is_served;
        self.connected.filter(|_| is_waiting)
    }

    /// Whether the server has sent at least a byte.
    pub(super) fn is_served(&self) -> bool {
        self.is_served
    }

    /// Whether the server has closed.
    pub(super) fn is_ended(&self) -> bool {
        self.is_ended
    }

    /// When the request was due that is under way.
    pub(super) fn due(&self) -> Option<Instant> {
        match &self.phase {
            Phase::Knocking(request) | Phase::Connecting(request) => request.map(|request| request.due),
            Phase::Idle => None,
            Phase::Exchanging(underway) => Some(underway.request.due),
            Phase::Closing(finished) => Some(finished.due),
        }
    }

    /// Sends a message on a connection that stands and is idle.
    pub(super) fn begin(&mut self, request: Request<'message>, now: Instant) -> Result<(), Failure> {
        self.exchange(request, false, now)
    }

    /// Goes as far as it can, now that the kernel has told something.
    pub(super) fn advance(&mut self, ready: Readiness, buffer: &mut [u8]) -> Result<Step, Failure> {
        self.is_ended |= ready.ended;
        match &mut self.phase {
            Phase::Connecting(request) => {
                let request = *request;
                self.complete_connect(ready, request, buffer)
            }
            Phase::Knocking(_) => Ok(Step::Pending),
            Phase::Idle => self.expect_silence(buffer),
            Phase::Exchanging(underway) => {
                let progress = underway.exchange.advance(&mut self.socket, ready, buffer)?;
                let step = self.note(progress)?;
                // Who closed right behind the echo is not told of again.
                match self.phase {
                    Phase::Closing(finished) if self.is_ended => self.await_end(finished, buffer),
                    _ => Ok(step),
                }
            }
            Phase::Closing(finished) => {
                let finished = *finished;
                self.await_end(finished, buffer)
            }
        }
    }

    /// The failure of a connection that has been as it is for too long.
    pub(super) fn overdue(&self, limits: Limits, now: Instant) -> Option<Failure> {
        let elapsed = now.saturating_duration_since(self.moved);
        let silence = limits.silence;
        match &self.phase {
            Phase::Knocking(_) | Phase::Connecting(_) if elapsed >= limits.connect => {
                Some(Failure::ConnectTimeout(limits.connect))
            }
            Phase::Exchanging(underway) if elapsed >= silence => Some(underway.exchange.timeout(silence)),
            Phase::Closing(_) if elapsed >= silence => {
                Some(Failure::Timeout { silence, got: 0, expected: 0 })
            }
            _ => None,
        }
    }

    fn complete_connect(
        &mut self,
        ready: Readiness,
        request: Option<Request<'message>>,
        buffer: &mut [u8],
    ) -> Result<Step, Failure> {
        if let Some(error) = self.socket.take_error().map_err(Failure::Io)? {
            return Err(Failure::of_connect(error, Duration::from_secs(self.opened.elapsed().as_secs())));
        }
        if !ready.writable {
            return Ok(Step::Pending);
        }
        if is_connected_to_itself(&self.socket) {
            return Err(Failure::Refused);
        }
        let now = Instant::now();
        self.connected = Some(now);
        self.moved = now;
        match request {
            Some(request) => self.exchange(request, true, now)?,
            None => self.phase = Phase::Idle,
        }
        // What came by now, or the end, is not told of again.
        let step = if ready.readable || ready.ended { self.advance(ready, buffer)? } else { Step::Pending };
        Ok(if request.is_none() { Step::Connected } else { step })
    }

    fn exchange(&mut self, request: Request<'message>, is_alone: bool, now: Instant) -> Result<(), Failure> {
        let mut exchange = Exchange::of(request.message);
        let writable = Readiness { writable: true, ..Readiness::default() };
        exchange.advance(&mut self.socket, writable, &mut [])?;
        self.moved = now;
        self.phase = Phase::Exchanging(Underway { request, exchange, sent: now, first_byte: None, is_alone });
        Ok(())
    }

    /// Takes down how far the exchange is, and closes this side after the only one.
    fn note(&mut self, progress: Progress) -> Result<Step, Failure> {
        let Phase::Exchanging(underway) = &mut self.phase else {
            unreachable!("progress is made in an exchange");
        };
        if progress == Progress::None {
            return Ok(Step::Pending);
        }
        let now = Instant::now();
        self.moved = now;
        if progress == (Progress::Some { received: false }) {
            return Ok(Step::Pending);
        }
        self.is_served = true;
        let first_byte = *underway.first_byte.get_or_insert(now);
        if progress != Progress::Complete {
            return Ok(Step::Pending);
        }
        let Underway { request, sent, is_alone, .. } = *underway;
        let Request { due, open_at_arrival, .. } = request;
        let connected = self.connected.filter(|_| is_alone);
        let finished =
            Finished { due, connected, sent, first_byte, last_byte: now, closed: None, open_at_arrival };
        if is_alone {
            self.socket.shutdown(Shutdown::Write).map_err(broken)?;
            self.phase = Phase::Closing(finished);
            return Ok(Step::Pending);
        }
        self.phase = Phase::Idle;
        Ok(Step::Finished(finished))
    }

    /// Nothing may come on an idle connection; at its end there is no more of it.
    fn expect_silence(&mut self, buffer: &mut [u8]) -> Result<Step, Failure> {
        match self.read(buffer)? {
            None => Ok(Step::Pending),
            Some(0) => Err(Failure::Closed),
            Some(length) => Err(Failure::Extra { count: length as u64 }),
        }
    }

    /// Nothing but the end may come after the echo.
    fn await_end(&mut self, finished: Finished, buffer: &mut [u8]) -> Result<Step, Failure> {
        match self.read(buffer)? {
            None => Ok(Step::Pending),
            Some(0) => Ok(Step::Finished(Finished { closed: Some(Instant::now()), ..finished })),
            Some(length) => Err(Failure::Extra { count: length as u64 }),
        }
    }

    /// Reads once: how many bytes, or `None` if nothing is there.
    fn read(&mut self, buffer: &mut [u8]) -> Result<Option<usize>, Failure> {
        loop {
            match self.socket.read(buffer) {
                Ok(length) => return Ok(Some(length)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(broken(error)),
            }
        }
    }
}

/// What an error means while no echo is due.
fn broken(error: io::Error) -> Failure {
    Failure::of_transfer(error, Duration::ZERO, 0, 0)
}

#[cfg(test)]
mod tests;
