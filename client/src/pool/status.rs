//! The part of a server's status that a client uses.
//!
//! The whole of it is described by `docs/status.schema.json`. Keys that are not known are passed over, and what may
//! be missing is `None`, so that an older or a newer server is understood too. Durations are seconds.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::ops::RangeInclusive;

use serde::Deserialize;

use crate::Address;

/// The version of the format that is understood.
pub const SCHEMA: u32 = 1;

/// The waits that are believed, in seconds: no clock is set back, and nobody waits for a year.
const WAITS: RangeInclusive<f64> = 0.0..=31_536_000.0;

/// The pool at one moment.
#[derive(Debug, Clone, Deserialize)]
pub struct Status {
    /// The version of the format.
    pub schema: u32,
    /// The master.
    pub master: Master,
    /// The ready workers together.
    pub pool: Pool,
    /// Where it listens.
    #[serde(default)]
    pub listeners: Vec<Listener>,
    /// The workers.
    #[serde(default)]
    pub workers: Vec<Worker>,
    /// The waits in the accept queue, of all connections since the start.
    pub queue_wait_seconds: Option<Distribution>,
    /// How long connections were open, of all that have ended; only newer servers tell.
    pub connection_duration_seconds: Option<Distribution>,
}

/// The master process.
#[derive(Debug, Clone, Deserialize)]
pub struct Master {
    /// `running`, `reloading`, `draining` …
    pub state: String,
    /// Its process.
    pub pid: Option<i32>,
}

/// The ready workers together.
#[derive(Debug, Clone, Deserialize)]
pub struct Pool {
    /// Their number.
    pub workers: usize,
    /// Slots of each.
    pub threads: usize,
    /// Slots that can take a connection.
    pub capacity: usize,
    /// Slots with a connection.
    pub busy: usize,
    /// Connections in the accept queues; `None` where the kernel does not tell.
    pub waiting: Option<u64>,
    /// Whether somebody waits, or no slot has been free for a while.
    pub saturated: bool,
    /// Connections of workers that leave.
    #[serde(default)]
    pub draining: usize,
}

/// An address at which the server listens.
#[derive(Debug, Clone, Deserialize)]
pub struct Listener {
    /// `127.0.0.1:8080`, `[::]:8080`, `unix:/path`.
    pub address: String,
}

/// A worker process.
#[derive(Debug, Clone, Deserialize)]
pub struct Worker {
    /// Its number, which its replacement inherits.
    pub id: u64,
    /// Its process; `None` while there is none.
    pub pid: Option<i32>,
    /// Whom it serves.
    #[serde(default)]
    pub connections: Vec<Connection>,
}

/// A connection that is served.
#[derive(Debug, Clone, Deserialize)]
pub struct Connection {
    /// The client's end; `None` on a unix socket.
    pub peer: Option<String>,
    /// The number of the slot in its worker.
    pub slot: usize,
    /// How long it waited in the accept queue.
    pub queue_wait_seconds: Option<f64>,
}

/// How long something took, over many times.
#[derive(Debug, Clone, Deserialize)]
pub struct Distribution {
    /// How often.
    pub count: u64,
    /// All together.
    pub sum: f64,
}

/// Who serves a connection.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Seat {
    /// The worker's number.
    pub worker: u64,
    /// Its process.
    pub pid: Option<i32>,
    /// The slot in the worker.
    pub slot: usize,
    /// How long the connection waited in the accept queue, in seconds.
    pub queue_wait_seconds: Option<f64>,
}

impl Seat {
    /// In words: `worker 1 (pid 4711) slot 0`.
    #[must_use]
    pub fn describe(&self) -> String {
        let pid = self.pid.map(|pid| format!(" (pid {pid})")).unwrap_or_default();
        format!("worker {}{pid} slot {}", self.worker, self.slot)
    }
}

impl Status {
    /// Whether this is about the server at the address, in a format that is understood.
    #[must_use]
    pub fn is_of(&self, address: &Address) -> bool {
        self.schema == SCHEMA && self.listeners.iter().any(|listener| listener.is_at(address))
    }

    /// Who serves whom, by the client's end.
    #[must_use]
    pub fn seats(&self) -> HashMap<SocketAddr, Seat> {
        let all = self.workers.iter().flat_map(|worker| {
            worker.connections.iter().filter_map(move |connection| {
                let peer = connection.peer.as_deref()?.parse().ok()?;
                let queue_wait_seconds = connection.queue_wait_seconds.filter(|wait| WAITS.contains(wait));
                let slot = connection.slot;
                Some((end(peer), Seat { worker: worker.id, pid: worker.pid, slot, queue_wait_seconds }))
            })
        });
        all.collect()
    }
}

/// One end of a connection, in the form in which both sides write it: a listener of both families names an IPv4 peer
/// as an IPv6 one, and an interface has another number on each side.
#[must_use]
pub fn end(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

impl Listener {
    /// Whether who connects to the address may come out here, as far as port or path tell.
    fn is_at(&self, address: &Address) -> bool {
        match (self.address.parse(), address) {
            (Ok(Address::Tcp { port, .. }), Address::Tcp { port: wanted, .. }) => port == *wanted,
            (Ok(Address::Unix(path)), Address::Unix(wanted)) => {
                path == *wanted || wanted.canonicalize().is_ok_and(|wanted| path == wanted)
            }
            _ => false,
        }
    }
}

#[cfg(test)]
pub(crate) mod example {
    use serde_json::{Value, json};

    use super::Status;

    /// A pool of two workers with two slots each, all of them busy.
    pub(crate) fn saturated(peers: &[&str], waiting: u64) -> Value {
        let connection = |(slot, peer): (usize, &&str)| json!({ "peer": peer, "slot": slot, "queue_wait_seconds": 0.25, "open_seconds": 1.0 });
        let workers: Vec<Value> = peers
            .chunks(2)
            .enumerate()
            .map(|(id, peers)| {
                let connections: Vec<Value> = peers.iter().enumerate().map(connection).collect();
                json!({ "id": id, "pid": 4711 + id, "state": "ready", "connections": connections })
            })
            .collect();
        json!({
            "schema": 1,
            "master": { "state": "running", "pid": 4710 },
            "pool": { "workers": 2, "threads": 2, "capacity": 4, "busy": peers.len(),
                      "waiting": waiting, "saturated": waiting > 0, "draining": 0 },
            "listeners": [{ "address": "127.0.0.1:8080" }, { "address": "unix:/run/echo.sock" }],
            "workers": workers,
            "queue_wait_seconds": { "count": 4, "sum": 1.0 },
        })
    }

    pub(crate) fn status(peers: &[&str], waiting: u64) -> Status {
        serde_json::from_value(saturated(peers, waiting)).unwrap()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_is_found_in_its_seat_also_where_the_listener_takes_both_families() {
        let status = example::status(&["127.0.0.1:40001", "[::ffff:127.0.0.1]:40002", "127.0.0.1:40003"], 0);
        let seats = status.seats();
        let seat = |port| seats.get(&SocketAddr::from(([127, 0, 0, 1], port))).copied();
        let expected = Seat { worker: 0, pid: Some(4711), slot: 1, queue_wait_seconds: Some(0.25) };
        assert_eq!(seat(40002), Some(expected));
        assert_eq!(seat(40003).map(|seat| (seat.worker, seat.slot)), Some((1, 0)));
        assert_eq!(seat(40004), None);
    }

    #[test]
    fn a_wait_that_cannot_be_is_unknown() {
        for (told, believed) in [(0.0, true), (3600.0, true), (-1.0, false), (1e19, false)] {
            let mut status = example::saturated(&["127.0.0.1:40001"], 0);
            status["workers"][0]["connections"][0]["queue_wait_seconds"] = told.into();
            let status: Status = serde_json::from_value(status).unwrap();
            let seat = status.seats().into_values().next().unwrap();
            assert_eq!(seat.queue_wait_seconds, Some(told).filter(|_| believed));
        }
    }

    #[test]
    fn a_status_is_believed_if_it_is_of_this_server_and_understood() {
        let status = example::status(&[], 0);
        for (address, is_believed) in [
            ("127.0.0.1:8080", true),
            ("server:8080", true),
            ("127.0.0.1:8081", false),
            ("unix:/run/echo.sock", true),
            ("unix:/run/other.sock", false),
        ] {
            assert_eq!(status.is_of(&address.parse().unwrap()), is_believed, "{address}");
        }
        let newer = Status { schema: 2, ..status };
        assert!(!newer.is_of(&Address::default()));
    }

    #[test]
    fn what_is_missing_is_none_and_what_is_new_is_passed_over() {
        let mut status = example::saturated(&[], 0);
        status["tomorrow"] = 1.into();
        status["connection_duration_seconds"] = status["queue_wait_seconds"].clone();
        let status: Status = serde_json::from_value(status).unwrap();
        assert!(status.connection_duration_seconds.is_some());
    }
}
