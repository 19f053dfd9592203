//! What has happened on every lane so far.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::time::Duration;

use super::summary::{self, Summary};
use super::{Change, End, Event};
use crate::pool::{self, Pool, Seat, Status};
use crate::{Address, Failure};

/// So many later echoes of each lane are kept: enough for their median, and a limit.
const LATER_ECHOES_MAX: usize = 100;

/// The histories of all lanes, and what the server told of its pool.
#[derive(Debug)]
pub struct History {
    lanes: Vec<LaneHistory>,
    open: usize,
    /// The lane that had each local end last.
    by_end: HashMap<SocketAddr, usize>,
    pool: PoolSeen,
}

/// What the server told of its pool.
#[derive(Debug, Default)]
pub struct PoolSeen {
    /// The last answer; `None` if nobody answered the last question.
    pub status: pool::Answer,
    /// Whether anybody was asked.
    pub is_asked: bool,
    /// The pool when it was largest: a worker may be missing at the end.
    pub largest: Option<Pool>,
}

/// What has happened on one lane. Times are counted from the start of all lanes.
#[derive(Debug, Default)]
pub struct LaneHistory {
    /// When it first tried to connect.
    pub started_at: Option<Duration>,
    /// Why it has to try again, while it does.
    pub retrying: Option<String>,
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
    /// Who serves or served it, if the server told.
    pub seat: Option<Seat>,
    /// Whether the user has released it.
    pub is_released: bool,
}

impl LaneHistory {
    /// How long the lane stood in the server's queue, if the server told.
    #[must_use]
    pub fn queue_wait(&self) -> Option<Duration> {
        Duration::try_from_secs_f64(self.seat?.queue_wait_seconds?).ok()
    }
}

impl History {
    /// Begins with lanes on which nothing has happened yet.
    #[must_use]
    pub fn new(connections: NonZeroUsize) -> Self {
        let lanes = (0..connections.get()).map(|_| LaneHistory::default()).collect();
        Self { lanes, open: connections.get(), by_end: HashMap::new(), pool: PoolSeen::default() }
    }

    /// Adds an event.
    pub fn record(&mut self, event: Event) {
        let Event { lane: number, at, what } = event;
        let lane = &mut self.lanes[number - 1];
        match what {
            Change::Connecting => lane.started_at = Some(at),
            Change::Seated(seat) => lane.seat = Some(seat),
            Change::Retrying(failure) => lane.retrying = Some(failure.to_string()),
            Change::Queued { local } => {
                lane.connected_at = Some(at);
                lane.retrying = None;
                lane.local = local;
                if let Some(local) = local {
                    self.by_end.insert(pool::end(local), number);
                }
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

    /// Adds a lane; its number.
    pub fn add_lane(&mut self) -> usize {
        self.lanes.push(LaneHistory::default());
        self.open += 1;
        self.lanes.len()
    }

    /// Takes what the server tells of itself: the lanes of which it was not known until now who serves them.
    pub fn look(&mut self, answer: pool::Answer) -> Vec<(usize, Seat)> {
        let seated = answer.as_deref().map_or(Vec::new(), |status| self.newly_seated(status));
        if let Some(status) = answer.as_deref() {
            let largest = self.pool.largest.as_ref().map_or(0, |pool| pool.capacity);
            if status.pool.capacity >= largest {
                self.pool.largest = Some(status.pool.clone());
            }
        }
        self.pool.status = answer;
        self.pool.is_asked = true;
        seated
    }

    fn newly_seated(&self, status: &Status) -> Vec<(usize, Seat)> {
        let known =
            status.seats().into_iter().filter_map(|(end, seat)| Some((*self.by_end.get(&end)?, seat)));
        let mut seated: Vec<(usize, Seat)> =
            known.filter(|(number, _)| self.lanes[number - 1].seat.is_none()).collect();
        seated.sort_unstable_by_key(|(number, _)| *number);
        seated
    }

    /// What the server told of its pool.
    #[must_use]
    pub fn pool(&self) -> &PoolSeen {
        &self.pool
    }

    /// Marks the lane that has been served for the longest time as released; its number, if there is one.
    pub fn release(&mut self) -> Option<usize> {
        let served = self
            .lanes
            .iter_mut()
            .enumerate()
            .filter(|(_, lane)| lane.closed_at.is_none() && !lane.is_released);
        let (index, lane) =
            served.filter(|(_, lane)| lane.served_at.is_some()).min_by_key(|(_, lane)| lane.served_at)?;
        lane.is_released = true;
        Some(index + 1)
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

    /// Whether no lane was ever connected.
    #[must_use]
    pub fn is_unconnected(&self) -> bool {
        self.lanes.iter().all(|lane| lane.connected_at.is_none())
    }

    /// On how many lanes something failed.
    #[must_use]
    pub fn failed(&self) -> usize {
        self.lanes.iter().filter(|lane| lane.failure.is_some()).count()
    }

    /// Sums up what has happened until now.
    #[must_use]
    pub fn summary(&self, address: &Address, now: Duration, end: End) -> Summary {
        summary::sum_up(&self.lanes, self.pool.largest.as_ref(), address, now, end)
    }

    /// Why there was no connection at all, if there was none; the lane forgets it.
    pub(super) fn take_connect_failure(&mut self) -> Option<Failure> {
        if !self.is_unconnected() {
            return None;
        }
        self.lanes.iter_mut().find_map(|lane| lane.failure.take())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::pool::example;

    fn event(lane: usize, millis: u64, what: Change) -> Event {
        Event { lane, at: Duration::from_millis(millis), what }
    }

    fn queued(port: u16) -> Change {
        Change::Queued { local: Some(([127, 0, 0, 1], port).into()) }
    }

    #[test]
    fn the_server_tells_who_serves_a_lane_and_that_stays_when_it_tells_no_more() {
        let mut history = History::new(NonZeroUsize::new(2).unwrap());
        history.record(event(1, 1, queued(40001)));
        history.record(event(2, 1, queued(40002)));
        let answer = || Some(Arc::new(example::status(&["127.0.0.1:9", "127.0.0.1:40002"], 1)));
        let seated = history.look(answer());
        assert_eq!(seated.iter().map(|(lane, seat)| (*lane, seat.slot)).collect::<Vec<_>>(), [(2, 1)]);
        history.record(event(2, 2, Change::Seated(seated[0].1)));
        assert!(history.look(answer()).is_empty(), "it is known already");
        history.look(None);
        assert_eq!(history.lanes()[1].seat, Some(seated[0].1));
        assert_eq!(history.pool().largest.as_ref().map(|pool| pool.capacity), Some(4));
    }

    #[test]
    fn who_was_served_first_is_released_first_and_once() {
        let mut history = History::new(NonZeroUsize::new(3).unwrap());
        assert_eq!(history.release(), None);
        for (lane, at) in [(1, 5), (2, 3), (3, 4)] {
            history.record(event(lane, 1, queued(1)));
            history.record(event(lane, at, Change::Served { first_echo: Duration::ZERO }));
        }
        assert_eq!([history.release(), history.release(), history.release()], [Some(2), Some(3), Some(1)]);
        assert_eq!(history.release(), None);
    }

    #[test]
    fn a_lane_may_come_later() {
        let mut history = History::new(NonZeroUsize::new(1).unwrap());
        assert_eq!(history.add_lane(), 2);
        for lane in [1, 2] {
            assert!(!history.is_complete());
            history.record(event(
                lane,
                1,
                Change::Closed(super::super::Outcome { messages: 0, failure: None }),
            ));
        }
        assert!(history.is_complete());
    }
}
