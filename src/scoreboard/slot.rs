//! The row of a connection slot: its thread writes, anybody reads.

use std::net::{IpAddr, Ipv6Addr, SocketAddr, SocketAddrV6};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use zerocopy::FromZeros;

use super::sequence::Sequence;
use crate::ending::Ending;
use crate::histogram::total;
use crate::listener::Peer;
use crate::refusal::Refusal;
use crate::sys::Moment;

/// Where the queue's wait is unknown.
const UNKNOWN: u64 = u64::MAX;

/// One slot. It has cache lines of its own, two of them because processors fetch them in pairs.
///
/// The counts only grow, each by one store, so they hold whatever becomes of the writer. The rest describes the
/// connection in the slot, and is guarded by the sequence number. Only the slot's thread writes.
#[derive(Debug, Default, FromZeros)]
#[repr(C, align(128))]
pub(crate) struct SlotRow {
    /// Connections that began, and those that ended, of which some were cut by us.
    accepted: AtomicU64,
    closed: AtomicU64,
    cut: AtomicU64,
    messages: AtomicU64,
    bytes_in: AtomicU64,
    bytes_out: AtomicU64,
    state: AtomicU64,
    sequence: Sequence,
    opened: AtomicU64,
    queue_wait_micros: AtomicU64,
    peer: [AtomicU64; 3],
    /// Messages and bytes of the slot's earlier connections.
    before: [AtomicU64; 3],
}

const _: () = assert!(size_of::<SlotRow>() == 128, "a slot has two cache lines");

/// What a slot, or a worker, has done since it was lent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) accepted: u64,
    pub(crate) closed: u64,
    /// Of the closed, those whose time was up.
    pub(crate) cut: u64,
    pub(crate) messages: u64,
    pub(crate) bytes_in: u64,
    pub(crate) bytes_out: u64,
    /// Those who were not let in, by reason: of a worker alone.
    pub(crate) refused: [u64; Refusal::ALL.len()],
    /// Those of them who are among the accepted and closed: a proxy told who they are in a slot.
    pub(crate) turned_away: u64,
    /// Those that a limit has ended, by limit: of a worker alone too.
    pub(crate) ended: [u64; Ending::COUNTED.len()],
}

impl Tally {
    /// The same of a worker that had so many slots. It held no more, whatever one that is not its own master any more has left.
    pub(super) fn of_slots(self, slots: usize) -> Self {
        let at_least = self.accepted.saturating_sub(slots as u64);
        Self { closed: self.closed.clamp(at_least, self.accepted), ..self }
    }

    /// What has come of all connections, if beside these so many were cut, and so many lost of those that are closed here.
    pub(crate) fn account(&self, cut: u64, lost: u64) -> Account {
        let cut = self.cut.saturating_add(cut);
        let served = self.closed.saturating_sub(total([cut, lost, self.turned_away]));
        Account { served, cut, lost, refused: total(self.refused), ended: total(self.ended) }
    }
}

impl std::ops::AddAssign for Tally {
    /// Without a panic, whatever numbers a worker that is not its own master any more has left.
    fn add_assign(&mut self, other: Self) {
        let Self { accepted, closed, cut, messages, bytes_in, bytes_out, turned_away, refused, ended } = self;
        let mine = [accepted, closed, cut, messages, bytes_in, bytes_out, turned_away].into_iter();
        let more = [other.accepted, other.closed, other.cut, other.messages, other.bytes_in, other.bytes_out];
        let theirs = more.into_iter().chain([other.turned_away]).chain(other.refused).chain(other.ended);
        for (mine, theirs) in mine.chain(refused).chain(ended).zip(theirs) {
            *mine = mine.wrapping_add(theirs);
        }
    }
}

/// What has come of all connections of a pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) served: u64,
    pub(crate) cut: u64,
    pub(crate) lost: u64,
    pub(crate) refused: u64,
    /// Of the served, those that a limit has ended.
    pub(crate) ended: u64,
}

/// What went over a connection.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Traffic {
    /// Reads that gave something.
    pub(crate) messages: u64,
    pub(crate) bytes_in: u64,
    pub(crate) bytes_out: u64,
}

/// What a connection's thread does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    /// It waits for the peer's next bytes.
    Reading,
    /// The handler has them.
    Working,
    /// It waits for the peer to take the answer.
    Writing,
    /// It waits for the peer to close too.
    Closing,
}

impl State {
    const ALL: [Self; 4] = [Self::Reading, Self::Working, Self::Writing, Self::Closing];
}

/// The connection in a slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Occupant {
    /// `None` if it was just changing.
    pub(crate) peer: Option<Peer>,
    pub(crate) state: State,
    pub(crate) queue_wait: Option<Duration>,
    pub(crate) opened: Moment,
    pub(crate) traffic: Traffic,
}

impl SlotRow {
    /// A connection begins.
    pub(crate) fn open(&self, peer: Peer, queue_wait: Option<Duration>) {
        self.sequence.write(|| {
            for (before, count) in self.before.iter().zip([&self.messages, &self.bytes_in, &self.bytes_out]) {
                before.store(count.load(Ordering::Relaxed), Ordering::Relaxed);
            }
            for (word, value) in self.peer.iter().zip(encode(peer)) {
                word.store(value, Ordering::Relaxed);
            }
            self.queue_wait_micros.store(queue_wait.map_or(UNKNOWN, micros), Ordering::Relaxed);
            self.opened.store(Moment::now().nanos(), Ordering::Relaxed);
            self.state.store(State::Reading as u64, Ordering::Relaxed);
            add(&self.accepted, 1);
        });
    }

    /// The peer of the connection is somebody else, as a proxy tells.
    pub(crate) fn rename(&self, peer: Peer) {
        self.sequence.write(|| {
            for (word, value) in self.peer.iter().zip(encode(peer)) {
                word.store(value, Ordering::Relaxed);
            }
        });
    }

    /// The connection is doing something else now.
    pub(crate) fn turn_to(&self, state: State) {
        self.state.store(state as u64, Ordering::Relaxed);
    }

    /// The peer has sent something, which the handler gets now.
    pub(crate) fn note_read(&self, bytes: usize) {
        add(&self.messages, 1);
        add(&self.bytes_in, bytes as u64);
        self.turn_to(State::Working);
    }

    /// Something was sent to the peer.
    pub(crate) fn note_written(&self, bytes: usize) {
        add(&self.bytes_out, bytes as u64);
    }

    /// The connection has ended.
    pub(crate) fn close(&self, cut: bool) {
        self.sequence.write(|| {
            if cut {
                add(&self.cut, 1);
            }
            add(&self.closed, 1);
        });
    }

    /// Whether its connection has ended but for its peer's end.
    pub(crate) fn is_closing(&self) -> bool {
        load(&self.state) == State::Closing as u64 && load(&self.accepted) > load(&self.closed)
    }

    /// What went over the connection that is, or was, in the slot.
    pub(crate) fn traffic(&self) -> Traffic {
        let counts = [&self.messages, &self.bytes_in, &self.bytes_out];
        let [messages, bytes_in, bytes_out] =
            [0, 1, 2].map(|at| load(counts[at]).saturating_sub(load(&self.before[at])));
        Traffic { messages, bytes_in, bytes_out }
    }

    /// Whether the handler has the slot's connection, if there is one. A glance, of which the parts may not be of one moment.
    pub(super) fn is_working(&self) -> Option<bool> {
        let is_taken = load(&self.accepted) > load(&self.closed);
        is_taken.then(|| load(&self.state) == State::Working as u64)
    }

    /// What the slot has done.
    pub(super) fn tally(&self) -> Tally {
        // In this order, so that a connection that ends meanwhile is not found closed before it was accepted.
        let (cut, closed) = (load(&self.cut), load(&self.closed));
        Tally {
            accepted: load(&self.accepted).max(closed),
            closed,
            cut,
            messages: load(&self.messages),
            bytes_in: load(&self.bytes_in),
            bytes_out: load(&self.bytes_out),
            ..Tally::default()
        }
    }

    /// What the slot has done, and its connection, if it has one.
    pub(super) fn read(&self) -> (Tally, Option<Occupant>) {
        let read = || {
            let tally = self.tally();
            let occupant = Occupant {
                peer: decode(self.peer.each_ref().map(load)),
                state: State::ALL
                    .into_iter()
                    .find(|state| *state as u64 == load(&self.state))
                    .unwrap_or(State::Reading),
                queue_wait: Some(load(&self.queue_wait_micros))
                    .filter(|micros| *micros != UNKNOWN)
                    .map(Duration::from_micros),
                opened: Moment::at(load(&self.opened)),
                traffic: self.traffic(),
            };
            (tally, (tally.accepted > tally.closed).then_some(occupant))
        };
        self.sequence.read(read).unwrap_or_else(|| {
            let (tally, occupant) = read();
            (tally, occupant.map(|occupant| Occupant { peer: None, ..occupant }))
        })
    }

    /// Makes the row ready for another worker.
    pub(super) fn clear(&self) {
        let counts =
            [&self.accepted, &self.closed, &self.cut, &self.messages, &self.bytes_in, &self.bytes_out];
        for word in counts.into_iter().chain(&self.before) {
            word.store(0, Ordering::Relaxed);
        }
        self.sequence.reset();
    }
}

fn load(word: &AtomicU64) -> u64 {
    word.load(Ordering::Relaxed)
}

/// Adds to a word that only the caller writes: no locked instruction.
fn add(word: &AtomicU64, number: u64) {
    word.store(load(word).wrapping_add(number), Ordering::Relaxed);
}

pub(super) fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

const UNIX: u64 = 1;
const IPV4: u64 = 2;
const IPV6: u64 = 3;

/// A peer in three words: what kind it is with port and scope, and its address.
fn encode(peer: Peer) -> [u64; 3] {
    let address = match peer {
        Peer::Unix => return [UNIX, 0, 0],
        Peer::Tcp(address) => address,
    };
    let port = u64::from(address.port()) << 8;
    match address {
        SocketAddr::V4(address) => [IPV4 | port, 0, u64::from(u32::from(*address.ip()))],
        SocketAddr::V6(address) => {
            let bits = u128::from(*address.ip());
            let low = u64::try_from(bits & u128::from(u64::MAX)).expect("the mask leaves 64 bits");
            let high = u64::try_from(bits >> 64).expect("64 of 128 bits remain");
            [IPV6 | port | u64::from(address.scope_id()) << 32, high, low]
        }
    }
}

/// The peer that was encoded; `None` for what is none, since a torn row may hold anything.
fn decode([kind, high, low]: [u64; 3]) -> Option<Peer> {
    let port = u16::try_from(kind >> 8 & 0xffff).expect("the mask leaves 16 bits");
    match kind & 0xff {
        UNIX => Some(Peer::Unix),
        IPV4 => {
            let ip = u32::try_from(low).ok()?;
            Some(Peer::Tcp(SocketAddr::new(IpAddr::from(ip.to_be_bytes()), port)))
        }
        IPV6 => {
            let ip = Ipv6Addr::from(u128::from(high) << 64 | u128::from(low));
            let scope = u32::try_from(kind >> 32).expect("32 of 64 bits remain");
            Some(Peer::Tcp(SocketAddrV6::new(ip, port, 0, scope).into()))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tcp(text: &str) -> Peer {
        Peer::Tcp(text.parse().unwrap())
    }

    proptest! {
        #[test]
        fn a_peer_is_read_as_it_was_written(bits: u128, port: u16, scope: u32, kind in 0..3) {
            let ip = Ipv6Addr::from(bits);
            let peer = match kind {
                0 => Peer::Unix,
                1 => Peer::Tcp(SocketAddr::new(IpAddr::from([10, 0, 0, u8::try_from(bits & 0xff).unwrap()]), port)),
                _ => Peer::Tcp(SocketAddrV6::new(ip, port, 0, scope).into()),
            };
            prop_assert_eq!(decode(encode(peer)), Some(peer));
        }

        #[test]
        fn no_words_break_the_reader(words: [u64; 3]) {
            let _ = decode(words);
        }
    }

    #[test]
    fn a_slot_shows_its_connection_and_keeps_its_counts() {
        let row = SlotRow::default();
        assert_eq!(row.read(), (Tally::default(), None));
        row.open(tcp("127.0.0.1:5000"), Some(Duration::from_millis(8)));
        row.note_read(5);
        row.note_written(3);
        let (tally, occupant) = row.read();
        let occupant = occupant.unwrap();
        assert_eq!(tally, Tally { accepted: 1, messages: 1, bytes_in: 5, bytes_out: 3, ..Tally::default() });
        assert_eq!(occupant.peer, Some(tcp("127.0.0.1:5000")));
        assert_eq!((occupant.state, occupant.queue_wait), (State::Working, Some(Duration::from_millis(8))));
        assert!(!row.is_closing());
        row.turn_to(State::Closing);
        assert!(row.is_closing());
        row.close(true);
        assert!(!row.is_closing(), "it is closed");
        row.open(tcp("[::1]:6000"), None);
        let (tally, occupant) = row.read();
        assert_eq!((tally.accepted, tally.closed, tally.cut, tally.bytes_in), (2, 1, 1, 5));
        let occupant = occupant.unwrap();
        assert_eq!(occupant.traffic, Traffic::default(), "of this connection alone");
        assert_eq!((occupant.state, occupant.queue_wait), (State::Reading, None));
    }

    #[test]
    fn a_row_whose_writer_was_killed_is_still_counted() {
        let row = SlotRow::default();
        row.open(tcp("127.0.0.1:5000"), None);
        let killed =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| row.sequence.write(|| panic!())));
        assert!(killed.is_err());
        let (tally, occupant) = row.read();
        assert_eq!((tally.accepted, occupant.unwrap().peer), (1, None));
        row.clear();
        assert_eq!(row.read(), (Tally::default(), None));
    }
}
