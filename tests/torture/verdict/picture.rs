//! The pool as `status --json` shows it, as far as the oracle compares it.

use serde::Deserialize;

/// The pool at one moment.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Picture {
    pub(crate) master: Master,
    pub(crate) pool: Pool,
    pub(crate) listeners: Vec<Listener>,
    pub(crate) workers: Vec<Worker>,
    pub(crate) totals: Totals,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Master {
    pub(crate) pid: i32,
    pub(crate) generation: u64,
    pub(crate) state: String,
    pub(crate) uptime_seconds: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) struct Pool {
    pub(crate) workers: usize,
    pub(crate) capacity: usize,
    pub(crate) busy: usize,
    pub(crate) idle: usize,
    pub(crate) waiting: Option<u64>,
    pub(crate) draining: usize,
}

#[derive(Debug, Clone, Copy, Deserialize)]
pub(crate) struct Listener {
    pub(crate) backlog: Option<u64>,
    pub(crate) waiting: Option<u64>,
    pub(crate) dropped: Option<u64>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Worker {
    pub(crate) id: usize,
    pub(crate) pid: Option<i32>,
    pub(crate) generation: u64,
    pub(crate) state: String,
    pub(crate) busy: usize,
    pub(crate) accepted: u64,
    pub(crate) respawn_in_seconds: Option<f64>,
    pub(crate) connections: Vec<Connection>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Connection {
    pub(crate) peer: Option<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct Totals {
    pub(crate) accepted: u64,
    pub(crate) closed: u64,
    pub(crate) messages: u64,
    pub(crate) bytes_in: u64,
    pub(crate) bytes_out: u64,
    pub(crate) respawns: u64,
    pub(crate) reloads: u64,
    pub(crate) log_lines_lost: u64,
}

impl Worker {
    /// It accepts, or would with an idle slot.
    pub(crate) fn is_ready(&self) -> bool {
        self.state == "ready"
    }

    /// The ports of those whom it serves by its own account.
    pub(crate) fn peers(&self) -> impl Iterator<Item = u16> + '_ {
        let ports = self.connections.iter().filter_map(|connection| connection.peer.as_deref());
        ports.filter_map(|peer| peer.rsplit(':').next()?.parse().ok())
    }
}
