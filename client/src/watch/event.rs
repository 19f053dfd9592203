//! What happens on a lane, as told to whoever shows it.

use std::net::SocketAddr;
use std::time::Duration;

use crate::pool::{self, Seat};
use crate::{Exchange, Failure};

/// What a view is told.
#[derive(Debug)]
pub enum Update {
    /// Something happened on a lane.
    Event(Event),
    /// What the server tells of itself.
    Pool(pool::Answer),
    /// A signal asked for the end, and the flag says so already.
    Interrupted,
}

/// Something that happened on a lane.
#[derive(Debug)]
pub struct Event {
    /// The number of the lane, from 1.
    pub lane: usize,
    /// When, counted from the start of all lanes.
    pub at: Duration,
    /// What.
    pub what: Change,
}

/// A step in the life of a lane, in this order; `Retrying` and `Seated` may be missing, and `Closed` may come
/// at any time. `Seated` may also come before `Served`, or between two messages.
#[derive(Debug)]
pub enum Change {
    /// It tries to connect.
    Connecting,
    /// It failed to, as with a server that is not up yet, and tries again; told once for each reason.
    Retrying(Failure),
    /// It is connected and sends its first message; no echo yet.
    ///
    /// The connection may stand in the server's accept queue, or it may be served at this moment: a client cannot
    /// see `accept`.
    Queued {
        /// This end of the connection; `None` on a unix socket.
        local: Option<SocketAddr>,
    },
    /// The first byte of the first echo came.
    Served {
        /// The time since the connection stood: the wait in the queue *and* the service of the first message.
        first_echo: Duration,
    },
    /// The server told who serves it, at some time after it began to.
    Seated(Seat),
    /// A later message came back. Its time is service without any queue.
    Echoed {
        /// The number of the message, from 2.
        message: u32,
        /// Its times.
        exchange: Exchange,
    },
    /// It is over.
    Closed(Outcome),
}

/// How a lane ended.
#[derive(Debug)]
pub struct Outcome {
    /// The messages that came back whole and right.
    pub messages: u32,
    /// What went wrong, if anything.
    pub failure: Option<Failure>,
}
