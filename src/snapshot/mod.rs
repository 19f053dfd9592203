//! Scoreboard and queue → one serialisable picture of the pool, the same for every face.
//!
//! Durations are seconds; `null` is what the kernel does not tell. Keys are added, never renamed: `docs/status.schema.json`
//! holds them.

mod observer;

use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

pub(crate) use observer::Observer;

use crate::ending::Ending;
use crate::histogram::Counts;
use crate::refusal::Refusal;
pub(crate) use crate::scoreboard::{EventKind, State as ConnectionState};

/// The version of the form. It changes only if a key had to change its meaning.
pub(crate) const SCHEMA: u32 = 1;
/// How many waiting peers are listed: those who have waited longest.
pub(crate) const WAITING_MAX: usize = 1000;

/// The pool at one moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Status {
    pub(crate) schema: u32,
    /// Of the program.
    pub(crate) version: String,
    pub(crate) master: MasterStatus,
    pub(crate) pool: PoolStatus,
    pub(crate) listeners: Vec<ListenerStatus>,
    /// Who waits, the longest first, [`WAITING_MAX`] at most.
    pub(crate) waiting: Vec<WaitingPeer>,
    /// By id; of two with one id, the one that leaves comes after its replacement.
    pub(crate) workers: Vec<WorkerStatus>,
    pub(crate) totals: Totals,
    /// Who left a queue and got no slot, since the start, by reason. They are not among the accepted,
    /// except those of a proxy, which had one until its header was read.
    pub(crate) refused: Refused,
    /// Whose connections a limit of ours has ended, since the start, by limit.
    pub(crate) ended: Ended,
    /// Of all connections that were accepted or refused for it, since the start.
    pub(crate) queue_wait_seconds: Distribution,
    /// How long each connection that is closed held its slot, since the start: from its accept until the slot is about
    /// to accept again. What is left out is its line in the log, if there is one, and the call that closes the socket.
    pub(crate) connection_duration_seconds: Distribution,
}

/// Whether a pool takes connections, or why not.
pub(crate) fn readiness(
    state: MasterState,
    ready_workers: usize,
    crash_loop: bool,
) -> Result<(), &'static str> {
    match state {
        MasterState::Starting => Err("starting: the first workers are not ready yet"),
        MasterState::Draining => Err("draining: new clients should go elsewhere"),
        _ if ready_workers == 0 => Err("no worker is ready"),
        _ if crash_loop => Err("degraded: workers die again and again"),
        MasterState::Running | MasterState::Reloading | MasterState::Upgrading | MasterState::Degraded => {
            Ok(())
        }
    }
}

impl Status {
    /// Whether the pool takes connections, or why not.
    pub(crate) fn readiness(&self) -> Result<(), &'static str> {
        readiness(self.master.state, self.pool.workers, self.master.crash_loop)
    }
}

/// Who waits, and where: what `queue --json` prints of a [`Status`].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct QueueStatus {
    pub(crate) schema: u32,
    pub(crate) listeners: Vec<ListenerStatus>,
    pub(crate) waiting: Vec<WaitingPeer>,
    pub(crate) queue_wait_seconds: Distribution,
}

impl From<Status> for QueueStatus {
    fn from(status: Status) -> Self {
        let Status { schema, listeners, waiting, queue_wait_seconds, .. } = status;
        Self { schema, listeners, waiting, queue_wait_seconds }
    }
}

/// The master.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct MasterStatus {
    pub(crate) pid: u32,
    pub(crate) generation: u64,
    pub(crate) state: MasterState,
    /// It drains because its workers rest: it does not end.
    pub(crate) resting: bool,
    /// Workers die too often.
    pub(crate) crash_loop: bool,
    pub(crate) uptime_seconds: f64,
}

/// What the master is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum MasterState {
    /// The first workers are getting ready.
    Starting,
    /// All is as it should be.
    Running,
    /// Another generation gets ready.
    Reloading,
    /// Another master gets ready.
    Upgrading,
    /// It ends, or its workers rest.
    Draining,
    /// Fewer workers are ready than should be.
    Degraded,
}

/// The current generation's ready workers, together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct PoolStatus {
    pub(crate) workers: usize,
    /// Of each worker.
    pub(crate) threads: usize,
    pub(crate) capacity: usize,
    pub(crate) busy: usize,
    pub(crate) idle: usize,
    /// In the accept queues that tell; `null` when none does.
    pub(crate) waiting: Option<u64>,
    /// No slot is idle.
    pub(crate) saturated: bool,
    /// For how long, if the master has taken notice.
    pub(crate) saturated_for_seconds: Option<f64>,
    /// Connections of workers that leave.
    pub(crate) draining: usize,
}

/// One accept queue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ListenerStatus {
    pub(crate) address: String,
    /// The limit in force. One connection more than this fits.
    pub(crate) backlog: Option<u32>,
    /// Connections in the queue.
    pub(crate) waiting: Option<u64>,
    /// Those of them whose peer has reset the connection.
    pub(crate) vanished: Option<u64>,
    /// Handshakes that found the queue full, or came during a stop. One client may count several times.
    pub(crate) dropped: Option<u64>,
}

/// Somebody in an accept queue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct WaitingPeer {
    pub(crate) peer: String,
    /// Its listener's address.
    pub(crate) listener: String,
    pub(crate) waited_seconds: Option<f64>,
    /// What it has sent already.
    pub(crate) bytes_queued: Option<u64>,
    /// It has sent its last byte.
    pub(crate) half_closed: bool,
}

/// One worker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct WorkerStatus {
    pub(crate) id: usize,
    /// `null` while there is none: throttled.
    pub(crate) pid: Option<u32>,
    pub(crate) generation: u64,
    pub(crate) state: WorkerState,
    /// Connections that it serves.
    pub(crate) busy: usize,
    /// Its connection slots.
    pub(crate) threads: usize,
    /// Connections, since it was forked.
    pub(crate) accepted: u64,
    pub(crate) bytes_in: u64,
    pub(crate) bytes_out: u64,
    pub(crate) uptime_seconds: Option<f64>,
    /// How long until its id is spawned again: throttled.
    pub(crate) respawn_in_seconds: Option<f64>,
    /// By slot.
    pub(crate) connections: Vec<ConnectionStatus>,
}

/// Where a worker stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum WorkerState {
    /// It gets ready.
    Starting,
    /// It accepts, or would if it had an idle slot.
    Ready,
    /// It finishes its connections and leaves.
    Draining,
    /// Its predecessors died young; the next one is spawned later.
    Throttled,
}

/// One connection in its slot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ConnectionStatus {
    /// Its address, or "unix"; `null` if it was just changing.
    pub(crate) peer: Option<String>,
    pub(crate) slot: usize,
    pub(crate) state: ConnectionState,
    pub(crate) queue_wait_seconds: Option<f64>,
    pub(crate) open_seconds: f64,
    pub(crate) messages: u64,
    pub(crate) bytes_in: u64,
    pub(crate) bytes_out: u64,
}

/// Counts since the start, of the dead too.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Totals {
    pub(crate) accepted: u64,
    pub(crate) closed: u64,
    pub(crate) messages: u64,
    pub(crate) bytes_in: u64,
    pub(crate) bytes_out: u64,
    pub(crate) respawns: u64,
    pub(crate) reloads: u64,
    /// Lines of the log that could not be written, and warnings that were too many.
    pub(crate) log_lines_lost: u64,
    pub(crate) log_lines_left_out: u64,
}

/// Connections that were refused, by reason.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Refused {
    /// The peer's address may not connect.
    pub(crate) denied: u64,
    /// The peer had as many connections as a peer may have.
    pub(crate) per_peer: u64,
    /// It had waited too long.
    pub(crate) queue_wait: u64,
    /// A proxy did not say for whom it connects.
    pub(crate) proxy_header: u64,
}

impl Refused {
    /// Each number with the name of its reason.
    pub(crate) fn named(self) -> [(&'static str, u64); Refusal::ALL.len()] {
        let Self { denied, per_peer, queue_wait, proxy_header } = self;
        let numbers = [denied, per_peer, queue_wait, proxy_header];
        std::array::from_fn(|reason| (Refusal::ALL[reason].name(), numbers[reason]))
    }
}

/// Connections that we ended, by the limit that was reached.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ended {
    /// The peer sent nothing.
    pub(crate) idle: u64,
    /// The peer took nothing of its answer.
    pub(crate) write: u64,
    /// The peer sent nothing at all.
    pub(crate) first_byte: u64,
    /// It has lasted as long as it may.
    pub(crate) lifetime: u64,
    /// The peer sent and took too little.
    pub(crate) min_rate: u64,
    /// Others waited for the slot of a silent peer.
    pub(crate) made_room: u64,
}

impl Ended {
    /// Each number with the name of its limit.
    pub(crate) fn named(self) -> [(&'static str, u64); Ending::COUNTED.len()] {
        let Self { idle, write, first_byte, lifetime, min_rate, made_room } = self;
        let numbers = [idle, write, first_byte, lifetime, min_rate, made_room];
        std::array::from_fn(|limit| (Ending::COUNTED[limit].1, numbers[limit]))
    }
}

/// A distribution of durations; what is not defined without any is `null`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Distribution {
    pub(crate) count: u64,
    pub(crate) sum: f64,
    pub(crate) p50: Option<f64>,
    pub(crate) p90: Option<f64>,
    pub(crate) p99: Option<f64>,
    /// Exact; the others are up to 6.25 % too high.
    pub(crate) max: Option<f64>,
}

/// The last events: what `events --json` prints. `docs/events.schema.json` holds its keys.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Events {
    pub(crate) schema: u32,
    /// The oldest first.
    pub(crate) events: Vec<Event>,
}

/// What happened to the pool.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Event {
    /// One more than that of the event before. Where numbers lack, events were forgotten: workers' routine goes first.
    pub(crate) number: u64,
    /// Seconds since 1970.
    pub(crate) at: f64,
    pub(crate) kind: EventKind,
    pub(crate) worker: Option<usize>,
    /// The worker's process, or the other master's.
    pub(crate) pid: Option<u32>,
    /// It in words, for a person.
    pub(crate) text: String,
}

/// The pool at one moment, with what only some faces show.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sample {
    /// Seconds since 1970.
    pub(crate) at: f64,
    pub(crate) status: Status,
    /// By id, of the living and the dead.
    pub(crate) workers: Vec<WorkerTotals>,
    pub(crate) queue_wait: Counts,
    pub(crate) connection_duration: Counts,
    /// Respawns by cause: "exit", "signal", "out-of-memory".
    pub(crate) respawns: Vec<(&'static str, u64)>,
    /// Reloads that failed; `status.totals` has the others.
    pub(crate) reloads_failed: u64,
    pub(crate) saturated_seconds: f64,
    /// The last few hundred, the oldest first.
    pub(crate) events: Vec<Event>,
}

impl Sample {
    /// How old it is.
    pub(crate) fn age(&self) -> Duration {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Duration::try_from_secs_f64(now.as_secs_f64() - self.at).unwrap_or_default()
    }
}

/// What all workers of one id have done since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WorkerTotals {
    pub(crate) id: usize,
    pub(crate) accepted: u64,
    pub(crate) messages: u64,
    pub(crate) bytes_in: u64,
    pub(crate) bytes_out: u64,
    /// Whom they did not let in, by reason.
    pub(crate) refused: [u64; Refusal::ALL.len()],
    /// Whose connections they ended, by limit.
    pub(crate) ended: [u64; Ending::COUNTED.len()],
    /// Connections that are open now.
    pub(crate) active: usize,
    /// Slots that take connections now.
    pub(crate) capacity: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_number_has_the_name_that_it_has_in_json() {
        let refused = Refused { denied: 1, per_peer: 2, queue_wait: 3, proxy_header: 4 };
        let ended = Ended { idle: 1, write: 2, first_byte: 3, lifetime: 4, min_rate: 5, made_room: 6 };
        let (as_json, ended_as_json) =
            (serde_json::to_value(refused).unwrap(), serde_json::to_value(ended).unwrap());
        for (name, number) in refused.named() {
            assert_eq!(as_json[name], number);
        }
        for (name, number) in ended.named() {
            assert_eq!(ended_as_json[name], number);
        }
    }
}
