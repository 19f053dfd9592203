//! Samples for the tests.

use crate::histogram::{BUCKETS, Counts, bucket_of};
use crate::snapshot::{
    ConnectionState, ConnectionStatus, Distribution, Ended, ListenerStatus, MasterState, MasterStatus,
    PoolStatus, Refused, SCHEMA, Sample, Status, Totals, WaitingPeer, WorkerState, WorkerStatus,
    WorkerTotals,
};

/// Durations in microseconds, counted.
pub(crate) fn counts(micros: &[u64]) -> Counts {
    let mut buckets = vec![0; BUCKETS];
    for micros in micros {
        buckets[bucket_of(*micros)] += 1;
    }
    Counts::of(buckets, micros.iter().sum(), micros.iter().copied().max().unwrap_or_default())
}

/// The `number`th event.
#[cfg(test)]
pub(crate) fn event(number: u64) -> crate::snapshot::Event {
    use crate::snapshot::{Event, EventKind};

    let text = format!("worker {number} accepts");
    Event { number, at: 1.5, kind: EventKind::Ready, worker: Some(0), pid: Some(101), text }
}

/// A pool of two workers with two slots each, one of them busy; two peers wait. There are no events.
pub(crate) fn sample() -> Sample {
    Sample {
        at: 4_000_000_000.25,
        status: status(),
        workers: vec![totals(0), totals(1)],
        queue_wait: counts(&[40, 4_000, 2_000_000]),
        connection_duration: counts(&[900, 3_000_000]),
        respawns: vec![("exit", 0), ("signal", 3), ("out-of-memory", 0)],
        reloads_failed: 2,
        saturated_seconds: 12.5,
        events: Vec::new(),
    }
}

/// Like [`sample`], with so many peers that wait: each is more than 100 bytes of JSON.
#[cfg(test)]
pub(crate) fn crowded(waiting: usize) -> Sample {
    let mut sample = sample();
    sample.status.waiting = (0..waiting).map(peer).collect();
    sample
}

fn status() -> Status {
    let state = MasterState::Running;
    Status {
        schema: SCHEMA,
        version: "0.1.0".into(),
        master: MasterStatus {
            pid: 100,
            generation: 1,
            state,
            resting: false,
            crash_loop: false,
            uptime_seconds: 60.5,
        },
        pool: PoolStatus {
            workers: 2,
            threads: 2,
            capacity: 4,
            busy: 2,
            idle: 2,
            waiting: Some(2),
            saturated: false,
            saturated_for_seconds: None,
            draining: 0,
        },
        listeners: vec![listener("127.0.0.1:8080", Some(0)), listener("unix:/run/echo", None)],
        waiting: vec![peer(0), peer(1)],
        workers: vec![worker(0), worker(1)],
        totals: Totals { accepted: 21, reloads: 4, ..Totals::default() },
        ended: Ended { idle: 9, min_rate: 3, ..Ended::default() },
        refused: Refused { denied: 5, per_peer: 7, queue_wait: 0, proxy_header: 0 },
        queue_wait_seconds: Distribution::default(),
        connection_duration_seconds: Distribution::default(),
    }
}

fn listener(address: &str, dropped: Option<u64>) -> ListenerStatus {
    ListenerStatus {
        address: address.into(),
        backlog: Some(511),
        waiting: Some(2),
        vanished: dropped,
        dropped,
    }
}

fn peer(number: usize) -> WaitingPeer {
    WaitingPeer {
        peer: format!("127.0.0.1:{number}"),
        listener: "127.0.0.1:8080".into(),
        waited_seconds: Some(1.25),
        bytes_queued: Some(6),
        half_closed: false,
    }
}

fn worker(id: usize) -> WorkerStatus {
    WorkerStatus {
        id,
        pid: Some(101),
        generation: 1,
        state: WorkerState::Ready,
        busy: 1,
        threads: 2,
        accepted: 10,
        bytes_in: 130,
        bytes_out: 140,
        uptime_seconds: Some(60.0),
        respawn_in_seconds: None,
        connections: vec![ConnectionStatus {
            peer: Some("127.0.0.1:50000".into()),
            slot: 0,
            state: ConnectionState::Reading,
            queue_wait_seconds: Some(0.004),
            open_seconds: 2.0,
            messages: 1,
            bytes_in: 6,
            bytes_out: 6,
        }],
    }
}

fn totals(id: usize) -> WorkerTotals {
    let extra = id as u64;
    WorkerTotals {
        id,
        accepted: 10 + extra,
        messages: 120 + extra,
        bytes_in: 130 + extra,
        bytes_out: 140 + extra,
        refused: [2 + extra, 3 + extra, 0, 0],
        ended: [4 + extra, 0, 0, 0, 1 + extra, 0],
        active: 1,
        capacity: 2,
    }
}
