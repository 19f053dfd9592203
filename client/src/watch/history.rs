//! What has happened on every lane so far.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::time::Duration;

use super::summary::{self, Summary};
use super::{Change, Event};
use crate::{Address, Failure};

/// So many later echoes of each lane are kept: enough for their median, and a limit.
const LATER_ECHOES_MAX: usize = 100;

/// The histories of all lanes.
#[derive(Debug)]
pub struct History {
    lanes: Vec<LaneHistory>,
    open: usize,
}

/// What has happened on one lane. Times are counted from the start of all lanes.
#[derive(Debug, Default)]
pub struct LaneHistory {
    /// This end of the connection; `None` on a unix socket.
    pub local: Option<SocketAddr>,
    /// When the connection stood.
    pub connected_at: Option<Duration>,
    /// When the first byte of the first echo came.
    pub served_at: Option<Duration>,
    /// When it was over.
    pub closed_at: Option<Duration>,
    /// What went wrong, if anything.
    pub failure: Option<Failure>,
    /// From the connection to the first byte of the first echo.
    pub first_echo: Option<Duration>,
    /// From each later message to the first byte of its echo, as long as there is room.
    pub later_echoes: Vec<Duration>,
    /// The messages that came back whole and right.
    pub messages: u32,
}

impl History {
    /// Begins with lanes on which nothing has happened yet.
    #[must_use]
    pub fn new(connections: NonZeroUsize) -> Self {
        let lanes = (0..connections.get()).map(|_| LaneHistory::default()).collect();
        Self { lanes, open: connections.get() }
    }

    /// Adds an event.
    pub fn record(&mut self, event: Event) {
        let Event { lane, at, what } = event;
        let lane = &mut self.lanes[lane - 1];
        match what {
            Change::Connecting | Change::Retrying(_) => {}
            Change::Queued { local } => {
                lane.connected_at = Some(at);
                lane.local = local;
            }
            Change::Served { first_echo } => {
                lane.served_at = Some(at);
                lane.first_echo = Some(first_echo);
                lane.messages = 1;
            }
            Change::Echoed { message, exchange } => {
                lane.messages = message;
                if lane.later_echoes.len() < LATER_ECHOES_MAX {
                    lane.later_echoes.push(exchange.first_byte);
                }
            }
            Change::Closed(outcome) => {
                lane.closed_at = Some(at);
                lane.messages = outcome.messages;
                lane.failure = outcome.failure;
                self.open -= 1;
            }
        }
    }

    /// The lanes, in the order of their numbers.
    #[must_use]
    pub fn lanes(&self) -> &[LaneHistory] {
        &self.lanes
    }

    /// Whether every lane is closed.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.open == 0
    }

    /// On how many lanes something failed.
    #[must_use]
    pub fn failed(&self) -> usize {
        self.lanes.iter().filter(|lane| lane.failure.is_some()).count()
    }

    /// Sums up what has happened until now.
    #[must_use]
    pub fn summary(&self, address: &Address, now: Duration, interrupted: bool) -> Summary {
        summary::sum_up(&self.lanes, address, now, interrupted)
    }

    /// Why there was no connection at all; the history itself if there was one.
    pub(super) fn into_connect_failure(mut self) -> Result<Failure, Self> {
        if self.lanes.iter().any(|lane| lane.connected_at.is_some()) {
            return Err(self);
        }
        let failure = self.lanes.iter_mut().find_map(|lane| lane.failure.take());
        failure.ok_or(self)
    }
}
