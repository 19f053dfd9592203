//! A connection that is written and read at the same time by one thread, and hands out what came back.

use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use socket2::Socket;

use crate::echo::Echo;
use crate::{Connection, Failure, Options};

/// The connection. After a failure it is in an unknown state; drop it.
pub(super) struct Duplex<'run> {
    socket: Socket,
    options: &'run Options,
    /// Where the bytes that come are counted.
    received: &'run AtomicU64,
    /// Whether anything has ever come. Who is queued waits for as long as it takes.
    is_served: bool,
}

impl<'run> Duplex<'run> {
    pub(super) fn new(
        connection: Connection,
        options: &'run Options,
        received: &'run AtomicU64,
    ) -> Result<Self, Failure> {
        let socket = connection.into_socket();
        socket.set_nonblocking(true).map_err(Failure::Io)?;
        Ok(Self { socket, options, received, is_served: false })
    }

    /// Sends a message and returns its echo, all of which is right. Calls when the first byte ever has come.
    ///
    /// [`Failure::Closed`] means that the server had closed before anything was sent.
    pub(super) fn exchange(&mut self, message: &[u8], mut served: impl FnMut()) -> Result<Vec<u8>, Failure> {
        let mut echo = Echo::of(message, self.options.transform);
        // Room for one byte more than is due, so that a byte too many is noticed.
        let mut received = vec![0; message.len() + 1];
        let (mut sent, mut got) = (0, 0);
        loop {
            while got < message.len() {
                let length = match (&self.socket).read(&mut received[got..]) {
                    Ok(0) if sent == 0 => return Err(Failure::Closed),
                    Ok(0) => return Err(Failure::Short { got: echo.received(), expected: echo.expected() }),
                    Ok(length) => length,
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                    Err(error) => return Err(self.failure(error, &echo)),
                };
                echo.take(&received[got..got + length])?;
                if sent < got + length {
                    return Err(Failure::Extra { count: (got + length - sent) as u64 });
                }
                got += length;
                self.received.fetch_add(length as u64, Ordering::Relaxed);
                if !self.is_served {
                    self.is_served = true;
                    served();
                }
            }
            if got == message.len() {
                received.truncate(got);
                return Ok(received);
            }
            sent += self.send(&message[sent..], &echo)?;
            self.wait(sent < message.len(), &echo)?;
        }
    }

    /// Sends what the kernel takes.
    fn send(&self, bytes: &[u8], echo: &Echo<'_>) -> Result<usize, Failure> {
        let mut sent = 0;
        while sent < bytes.len() {
            match (&self.socket).write(&bytes[sent..]) {
                Ok(length) => sent += length,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.failure(error, echo)),
            }
        }
        Ok(sent)
    }

    /// Waits until something can be read, or written if that is wanted.
    fn wait(&self, wants_to_write: bool, echo: &Echo<'_>) -> Result<(), Failure> {
        let silence = self.options.echo_timeout;
        let timeout = if self.is_served { milliseconds(silence) } else { PollTimeout::NONE };
        let events = if wants_to_write { PollFlags::POLLIN | PollFlags::POLLOUT } else { PollFlags::POLLIN };
        let mut files = [PollFd::new(self.socket.as_fd(), events)];
        match poll(&mut files, timeout) {
            Ok(0) => Err(Failure::Timeout { silence, got: echo.received(), expected: echo.expected() }),
            Ok(_) | Err(Errno::EINTR) => Ok(()),
            Err(errno) => Err(Failure::Io(errno.into())),
        }
    }

    fn failure(&self, error: io::Error, echo: &Echo<'_>) -> Failure {
        Failure::of_transfer(error, self.options.echo_timeout, echo.received(), echo.expected())
    }
}

fn milliseconds(time: Duration) -> PollTimeout {
    let time = time.max(Duration::from_millis(1));
    PollTimeout::try_from(time).unwrap_or(PollTimeout::MAX)
}
