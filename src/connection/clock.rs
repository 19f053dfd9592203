//! Keeps a connection to its terms by the timeouts of its socket, which are set anew only when they have to be.

use std::io;
use std::time::{Duration, Instant};

use socket2::Socket;

use crate::ending::Ending;
use crate::listener::BRIEF;
use crate::patience::{Patience, Wait, timeout_for};

/// The clock of a connection, and which timeouts its socket has.
#[derive(Debug)]
pub(crate) struct Clock {
    pub(super) patience: Patience,
    read_timeout: Option<Duration>,
    write_timeout: Option<Duration>,
}

impl Clock {
    /// The clock of a socket that was just accepted, from a listener with this write timeout.
    pub(crate) fn new(patience: Patience, write_timeout: Option<Duration>) -> Self {
        Self { patience, read_timeout: Some(BRIEF), write_timeout }
    }

    /// Lets a read last as long as this wait may, or says what has ended it.
    pub(super) fn let_read(&mut self, socket: &Socket, wait: &Wait, now: Instant) -> Result<(), Ending> {
        let timeout = timeout_for(wait.left(now)?, self.read_timeout);
        if timeout != self.read_timeout {
            note(socket.set_read_timeout(timeout));
            self.read_timeout = timeout;
        }
        Ok(())
    }

    /// The same of a write.
    pub(super) fn let_write(&mut self, socket: &Socket, wait: &Wait, now: Instant) -> Result<(), Ending> {
        let timeout = timeout_for(wait.left(now)?, self.write_timeout);
        if timeout != self.write_timeout {
            note(socket.set_write_timeout(timeout));
            self.write_timeout = timeout;
        }
        Ok(())
    }
}

fn note(set: io::Result<()>) {
    if let Err(error) = set {
        tracing::debug!("cannot set the timeout of a connection: {error}");
    }
}
