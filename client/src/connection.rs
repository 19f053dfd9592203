//! The connection that checks what it gets: the only one that commands, benchmarks and tests use.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::{Arc, Weak};
use std::thread;
use std::time::{Duration, Instant};

use socket2::{SockAddr, Socket, Type};

use crate::echo::Echo;
use crate::{Address, Failure, Target, Transform};

/// Up to this size a message is written before its echo is read.
///
/// The kernel's buffers hold that much in each direction, so neither side can be stuck. A larger message needs a
/// thread that writes while this one reads.
const WRITTEN_AT_ONCE_MAX: usize = 16 * 1024;

/// The most that is read at once.
const READ_MAX: usize = 64 * 1024;

/// The pause before another attempt to connect to a server that is not up yet.
const RETRY_PAUSE: Duration = Duration::from_millis(50);

/// How a connection is made and what is expected of it.
#[derive(Debug, Clone)]
pub struct Options {
    /// How long `connect` may take, for each address of the host.
    pub connect_timeout: Duration,
    /// How long a connection may be silent while an echo is due. The time in the server's queue counts.
    pub echo_timeout: Duration,
    /// For how long a server that [is not up yet](Failure::is_not_up_yet) is tried again.
    pub retry: Duration,
    /// What the server does to what it echoes.
    pub transform: Transform,
}

impl Default for Options {
    /// A minute for everything, no second attempt, upper case.
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(60),
            echo_timeout: Duration::from_secs(60),
            retry: Duration::ZERO,
            transform: Transform::default(),
        }
    }
}

/// A connection to the server that compares every byte that comes back with the one that should.
///
/// After a [`Failure`] the connection is in an unknown state; drop it.
#[derive(Debug)]
pub struct Connection {
    socket: Arc<Socket>,
    echo_timeout: Duration,
    transform: Transform,
}

/// The times of one message and its echo, from the moment when sending began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exchange {
    /// Until the first byte of the echo had come.
    pub first_byte: Duration,
    /// Until its last byte had come.
    pub total: Duration,
}

/// Half-closes a connection that another thread keeps open, if it still does.
#[derive(Debug)]
pub(crate) struct HalfCloser(Weak<Socket>);

impl HalfCloser {
    /// Nothing more will be sent. A server that has echoed everything closes too, and whoever reads sees the end.
    pub(crate) fn half_close(&self) {
        if let Some(socket) = self.0.upgrade() {
            // It fails where nobody is connected any more, and then there is nothing to close.
            let _ = socket.shutdown(Shutdown::Write);
        }
    }
}

impl AsFd for Connection {
    /// Readable when a part of an echo, or the end, has come.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl Connection {
    /// Connects, trying each address of the host in turn.
    ///
    /// That this succeeds does not mean that anybody serves the connection: it may be in the server's accept queue.
    /// Looking up a name takes as long as the resolver takes; no timeout here limits it.
    pub fn open(address: &Address, options: &Options) -> Result<Self, Failure> {
        Self::open_retrying(&Target::new(address.clone()), options, drop)
    }

    /// As [`open`](Self::open), and hands out the failure of each attempt that is followed by another one.
    pub fn open_retrying(
        target: &Target,
        options: &Options,
        mut failed: impl FnMut(Failure),
    ) -> Result<Self, Failure> {
        let give_up = Instant::now() + options.retry;
        loop {
            match Self::attempt(target, options) {
                Err(failure) if failure.is_not_up_yet() && Instant::now() < give_up => failed(failure),
                outcome => return outcome,
            }
            // Nothing tells when a server has come up.
            thread::sleep(RETRY_PAUSE);
        }
    }

    /// Sends the message and reads its echo at the same time, so that a message of any size comes through.
    pub fn exchange(&mut self, message: &[u8]) -> Result<Exchange, Failure> {
        self.exchange_noting(message, || ())
    }

    /// As [`exchange`](Self::exchange), and calls when the first byte of the echo has come.
    pub fn exchange_noting(
        &mut self,
        message: &[u8],
        first_byte: impl FnOnce(),
    ) -> Result<Exchange, Failure> {
        let start = Instant::now();
        if message.len() > WRITTEN_AT_ONCE_MAX {
            return self.exchange_large(message, start, first_byte);
        }
        let sent = (&*self.socket).write_all(message);
        match sent {
            // The server has closed, perhaps after a part of the echo: reading tells.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
            Err(error) => return Err(self.failure(error, &Echo::of(message, self.transform))),
            Ok(()) => {}
        }
        self.read_echo(message, start, first_byte)
    }

    /// Sends bytes and reads nothing; [`receive`](Self::receive) reads their echo later.
    ///
    /// More than the buffers of kernel and server hold is not taken until somebody reads, and then this fails with
    /// [`Failure::Timeout`].
    pub fn send(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        (&*self.socket)
            .write_all(bytes)
            .map_err(|error| self.failure(error, &Echo::of(bytes, self.transform)))
    }

    /// Reads the echo of a message that was sent before. The times count from this call.
    pub fn receive(&mut self, message: &[u8]) -> Result<Exchange, Failure> {
        self.read_echo(message, Instant::now(), || ())
    }

    /// Keeps the connection open for a while, in which nothing may come: neither bytes nor the end.
    pub fn keep(&mut self, time: Duration) -> Result<(), Failure> {
        let end = Instant::now() + time;
        let nothing = Echo::of(&[], self.transform);
        loop {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return self.socket.set_read_timeout(Some(self.echo_timeout)).map_err(Failure::Io);
            }
            self.socket.set_read_timeout(Some(left)).map_err(Failure::Io)?;
            match (&*self.socket).read(&mut [0]) {
                Ok(0) => return Err(Failure::Closed),
                Ok(_) => return Err(Failure::Extra { count: 1 }),
                Err(error)
                    if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {}
                Err(error) => return Err(self.failure(error, &nothing)),
            }
        }
    }

    /// Half-closes, reads to the end, and fails if anything but the end comes.
    pub fn finish(self) -> Result<(), Failure> {
        let nothing = Echo::of(&[], self.transform);
        self.socket.shutdown(Shutdown::Write).map_err(|error| self.failure(error, &nothing))?;
        let mut buffer = [0; 1024];
        loop {
            match (&*self.socket).read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(length) => return Err(Failure::Extra { count: length as u64 }),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.failure(error, &nothing)),
            }
        }
    }

    /// The address of this end; `None` on a unix socket, where it has no name.
    #[must_use]
    pub fn local_addr(&self) -> Option<SocketAddr> {
        self.socket.local_addr().ok()?.as_socket()
    }

    /// The port of this end, by which the server's log and status name the connection.
    #[must_use]
    pub fn local_port(&self) -> Option<u16> {
        self.local_addr().map(|address| address.port())
    }

    /// The socket, blocking, with the timeouts still set; for whoever wants to misbehave, or to check nothing.
    #[must_use]
    pub fn into_socket(self) -> Socket {
        let mut shared = self.socket;
        loop {
            match Arc::try_unwrap(shared) {
                Ok(socket) => return socket,
                // A half-closer has it for the length of one system call.
                Err(busy) => shared = busy,
            }
            thread::yield_now();
        }
    }

    /// What lets another thread end the connection in order.
    pub(crate) fn half_closer(&self) -> HalfCloser {
        HalfCloser(Arc::downgrade(&self.socket))
    }

    fn attempt(target: &Target, options: &Options) -> Result<Self, Failure> {
        let mut failed: Option<Failure> = None;
        let addresses = target.resolve()?;
        for address in addresses.iter() {
            match connect(address, options) {
                Ok(socket) => {
                    let Options { echo_timeout, transform, .. } = *options;
                    return Ok(Self { socket: Arc::new(socket), echo_timeout, transform });
                }
                // One of several addresses that may yet answer is a reason to try them all again.
                Err(_) if failed.as_ref().is_some_and(Failure::is_not_up_yet) => {}
                Err(failure) => failed = Some(failure),
            }
        }
        target.forget(&addresses);
        Err(failed.unwrap_or_else(|| Failure::Unreachable(io::ErrorKind::AddrNotAvailable.into())))
    }

    fn exchange_large(
        &self,
        message: &[u8],
        start: Instant,
        first_byte: impl FnOnce(),
    ) -> Result<Exchange, Failure> {
        thread::scope(|scope| {
            let sender = thread::Builder::new()
                .name("sender".to_owned())
                .spawn_scoped(scope, || (&*self.socket).write_all(message))
                .map_err(Failure::Io)?;
            let read = self.read_echo(message, start, first_byte);
            if read.is_err() {
                // The sender may be blocked for ever in a write; this wakes it. It fails where nobody is connected
                // any more, and then nobody is blocked either.
                let _ = self.socket.shutdown(Shutdown::Both);
            }
            let sent = sender.join().expect("writing to a socket does not panic");
            match (read, sent) {
                // The kernel reports a reset once; the writer may have got it, and the reader a mere end.
                (Err(Failure::Short { .. }), Err(error))
                    if error.kind() == io::ErrorKind::ConnectionReset =>
                {
                    Err(Failure::Reset)
                }
                (read, _) => read,
            }
        })
    }

    fn read_echo(
        &self,
        message: &[u8],
        start: Instant,
        first_byte: impl FnOnce(),
    ) -> Result<Exchange, Failure> {
        let mut echo = Echo::of(message, self.transform);
        let mut first_byte = Some(first_byte);
        let mut first_byte_after = Duration::ZERO;
        // Room for one byte more than is due, so that a byte too many is noticed at once.
        let mut buffer = vec![0; READ_MAX.min(message.len() + 1)];
        while !echo.is_complete() {
            let length = match (&*self.socket).read(&mut buffer) {
                Ok(0) => return Err(Failure::Short { got: echo.received(), expected: echo.expected() }),
                Ok(length) => length,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(self.failure(error, &echo)),
            };
            // What is no echo is no service: of a refusal nobody was served.
            echo.take(&buffer[..length])?;
            if let Some(first_byte) = first_byte.take() {
                first_byte_after = start.elapsed();
                first_byte();
            }
        }
        Ok(Exchange { first_byte: first_byte_after, total: start.elapsed() })
    }

    fn failure(&self, error: io::Error, echo: &Echo<'_>) -> Failure {
        Failure::of_transfer(error, self.echo_timeout, echo.received(), echo.expected())
    }
}

fn connect(address: &SockAddr, options: &Options) -> Result<Socket, Failure> {
    let timeout = options.connect_timeout.max(Duration::from_millis(1));
    let socket = Socket::new(address.domain(), Type::STREAM, None).map_err(Failure::Unreachable)?;
    let connected = if address.is_unix() {
        // A non-blocking connect to a unix socket whose queue is full fails at once, and nothing tells when to try
        // again; a blocking one waits for as long as a write may.
        socket.set_write_timeout(Some(timeout)).and_then(|()| socket.connect(address))
    } else {
        socket.connect_timeout(address, timeout)
    };
    connected.map_err(|error| Failure::of_connect(error, timeout))?;
    if is_connected_to_itself(&socket) {
        return Err(Failure::Refused);
    }
    prepare(&socket, address, options).map_err(Failure::Io)?;
    Ok(socket)
}

/// Whether the kernel chose the very port that we connect to for this end.
///
/// It happens where nobody listens on a port of the ephemeral range and somebody tries often enough. Such a
/// socket echoes to itself and keeps the server from binding the port.
pub(crate) fn is_connected_to_itself(socket: &Socket) -> bool {
    let ends = (socket.local_addr(), socket.peer_addr());
    matches!(ends, (Ok(local), Ok(peer)) if !local.is_unix() && local == peer)
}

fn prepare(socket: &Socket, address: &SockAddr, options: &Options) -> io::Result<()> {
    let timeout = options.echo_timeout.max(Duration::from_millis(1));
    socket.set_read_timeout(Some(timeout))?;
    socket.set_write_timeout(Some(timeout))?;
    if address.is_unix() { Ok(()) } else { socket.set_tcp_nodelay(true) }
}
