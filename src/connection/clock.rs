//! Keeps a connection to its terms by the timeouts of its socket, which are set anew only when they have to be.

use std::io;
use std::time::{Duration, Instant};

use socket2::Socket;

use crate::ending::Ending;
use crate::listener::BRIEF;
use crate::patience::{Patience, Wait, timeout_for};

/// How long a read of a socket waits at most: what is in force.
#[derive(Debug)]
pub(crate) struct ReadTimeout(Option<Duration>);

impl ReadTimeout {
    /// That of a socket that was just accepted.
    pub(crate) fn of_accepted() -> Self {
        Self(Some(BRIEF))
    }

    pub(super) fn set(&mut self, socket: &Socket, timeout: Option<Duration>) {
        if timeout != self.0 {
            note(socket.set_read_timeout(timeout));
            self.0 = timeout;
        }
    }

    /// Lets a read last as long as this wait may, or says what has ended it.
    pub(super) fn set_by(&mut self, socket: &Socket, wait: &Wait, now: Instant) -> Result<(), Ending> {
        self.set(socket, timeout_for(wait.left(now)?, self.0));
        Ok(())
    }
}

/// The clock of a connection, and which write timeout its socket has.
#[derive(Debug)]
pub(crate) struct Clock {
    pub(super) patience: Patience,
    write_timeout: Option<Duration>,
}

impl Clock {
    /// The clock of a socket that was just accepted, from a listener with this write timeout.
    pub(crate) fn new(patience: Patience, write_timeout: Option<Duration>) -> Self {
        Self { patience, write_timeout }
    }

    /// Lets a write last as long as this wait may, or says what has ended it.
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
