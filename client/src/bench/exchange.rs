//! One message and its echo on a stream that never blocks.

use std::io::{self, Read, Write};
use std::time::Duration;

use crate::echo::Echo;
use crate::{Failure, Transform};

use super::message::Message;

/// What the kernel said of a stream since it was asked before.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Readiness {
    /// There is something to read.
    pub(super) readable: bool,
    /// There is room to write.
    pub(super) writable: bool,
    /// The other side has closed, or the connection is broken: behind what there is to read comes the end.
    pub(super) ended: bool,
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    /// Nothing moved.
    None,
    /// Some bytes moved; some of them are of the echo, or none.
    Some {
        /// Whether bytes came.
        received: bool,
    },
    /// The whole echo has come.
    Complete,
}

/// A message under way: it is sent and its echo received at the same time, so that neither side can be stuck.
///
/// The kernel tells only once that a stream is ready ([epoll(7)], edge-triggered). So each call reads and writes
/// until nothing more goes.
///
/// [epoll(7)]: https://man7.org/linux/man-pages/man7/epoll.7.html
#[derive(Debug)]
pub(super) struct Exchange<'message> {
    unsent: &'message [u8],
    echo: Echo<'message>,
}

impl<'message> Exchange<'message> {
    /// Nothing is sent yet.
    pub(super) fn of(message: Message<'message>) -> Self {
        Self { unsent: message.sent, echo: Echo::of(message.expected, Transform::None) }
    }

    /// Goes as far as the stream lets it.
    pub(super) fn advance(
        &mut self,
        stream: &mut (impl Read + Write),
        ready: Readiness,
        buffer: &mut [u8],
    ) -> Result<Progress, Failure> {
        let sent = ready.writable && self.send(stream)?;
        let received = (ready.readable || ready.ended) && self.receive(stream, ready.ended, buffer)?;
        Ok(if self.echo.is_complete() {
            Progress::Complete
        } else if sent || received {
            Progress::Some { received }
        } else {
            Progress::None
        })
    }

    /// What a silence of this length is.
    pub(super) fn timeout(&self, silence: Duration) -> Failure {
        Failure::Timeout { silence, got: self.echo.received(), expected: self.echo.expected() }
    }

    /// Writes until all is sent or no more is taken; tells whether anything was.
    fn send(&mut self, stream: &mut impl Write) -> Result<bool, Failure> {
        let before = self.unsent.len();
        while !self.unsent.is_empty() {
            match stream.write(self.unsent) {
                Ok(length) => self.unsent = &self.unsent[length..],
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // The server has closed, perhaps after a part of the echo: reading tells.
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => self.unsent = &[],
                Err(error) => return Err(self.failure(error)),
            }
        }
        Ok(self.unsent.len() < before)
    }

    /// Reads until the echo is complete or nothing more is there; tells whether anything was.
    fn receive(&mut self, stream: &mut impl Read, ended: bool, buffer: &mut [u8]) -> Result<bool, Failure> {
        let mut received = false;
        while !self.echo.is_complete() {
            // Room for one byte more than is due, so that a byte too many is noticed at once.
            let due = usize::try_from(self.echo.expected() - self.echo.received()).unwrap_or(usize::MAX);
            let room = buffer.len().min(due.saturating_add(1));
            match stream.read(&mut buffer[..room]) {
                Ok(0) => {
                    let (got, expected) = (self.echo.received(), self.echo.expected());
                    return Err(Failure::Short { got, expected });
                }
                Ok(length) => {
                    self.echo.take(&buffer[..length])?;
                    received = true;
                    // Less than there was room for: nothing is left, and what comes later is told anew. Only the
                    // end, if it was told already, is not told again.
                    if length < room && !ended {
                        break;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.failure(error)),
            }
        }
        Ok(received)
    }

    fn failure(&self, error: io::Error) -> Failure {
        Failure::of_transfer(error, Duration::ZERO, self.echo.received(), self.echo.expected())
    }
}

#[cfg(test)]
mod tests;
