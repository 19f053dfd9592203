//! Pools to draw, for the tests.

use proptest::prelude::*;

use crate::snapshot::{
    ConnectionState, ConnectionStatus, Distribution, Ended, ListenerStatus, MasterState, MasterStatus,
    PoolStatus, Refused, SCHEMA, Status, Totals, WaitingPeer, WorkerState, WorkerStatus,
};

/// A quiet pool of this many workers and slots each.
pub(super) fn idle(workers: usize, threads: usize) -> Status {
    let capacity = workers * threads;
    Status {
        schema: SCHEMA,
        version: "0.1.0".to_owned(),
        master: MasterStatus {
            pid: 8304,
            generation: 1,
            state: MasterState::Running,
            resting: false,
            crash_loop: false,
            uptime_seconds: 725.0,
        },
        pool: PoolStatus {
            workers,
            threads,
            capacity,
            busy: 0,
            idle: capacity,
            waiting: Some(0),
            saturated: false,
            saturated_for_seconds: None,
            draining: 0,
        },
        listeners: vec![listener("127.0.0.1:8080", Some(0))],
        waiting: Vec::new(),
        workers: (0..workers).map(|id| worker(id, threads)).collect(),
        totals: Totals::default(),
        refused: Refused::default(),
        ended: Ended::default(),
        queue_wait_seconds: Distribution::default(),
        connection_duration_seconds: Distribution::default(),
    }
}

/// The same with so many slots of each worker busy, and this many who wait.
pub(super) fn busy(workers: usize, threads: usize, busy: usize, waiting: usize) -> Status {
    let mut status = idle(workers, threads);
    for worker in &mut status.workers {
        worker.busy = busy;
        worker.accepted = 1_204;
        (worker.bytes_in, worker.bytes_out) = (12_340, 12_340);
        worker.connections = (0..busy).map(|slot| connection(worker.id, slot)).collect();
    }
    let pool = &mut status.pool;
    (pool.busy, pool.idle) = (workers * busy, pool.capacity - workers * busy);
    pool.saturated = pool.idle == 0;
    pool.saturated_for_seconds = pool.saturated.then_some(12.2);
    pool.waiting = Some(waiting as u64);
    status.waiting = (0..waiting.min(1000)).map(peer).collect();
    status.listeners = vec![listener("127.0.0.1:8080", Some(waiting as u64))];
    let (p50, p90, p99, max) = (Some(0.0), Some(1.25), Some(3.125), Some(3.4));
    status.queue_wait_seconds = Distribution { count: 2_408, sum: 700.0, p50, p90, p99, max };
    status
}

/// A queue.
pub(super) fn listener(address: &str, waiting: Option<u64>) -> ListenerStatus {
    let known = waiting.map(|_| 0);
    let backlog = Some(511);
    ListenerStatus { address: address.to_owned(), backlog, waiting, vanished: known, dropped: known }
}

fn worker(id: usize, threads: usize) -> WorkerStatus {
    WorkerStatus {
        id,
        pid: Some(8305 + u32::try_from(id).unwrap()),
        generation: 1,
        state: WorkerState::Ready,
        busy: 0,
        threads,
        accepted: 0,
        bytes_in: 0,
        bytes_out: 0,
        uptime_seconds: Some(724.0),
        respawn_in_seconds: None,
        connections: Vec::new(),
    }
}

fn connection(worker: usize, slot: usize) -> ConnectionStatus {
    let states = [
        ConnectionState::Reading,
        ConnectionState::Working,
        ConnectionState::Reading,
        ConnectionState::Writing,
        ConnectionState::Closing,
    ];
    ConnectionStatus {
        peer: Some(format!("127.0.0.1:{}", 40_000 + worker * 100 + slot)),
        slot,
        state: states[(worker + slot) % states.len()],
        queue_wait_seconds: Some(if slot.is_multiple_of(2) { 0.0 } else { 1.2 }),
        open_seconds: 3.2,
        messages: 1 + slot as u64,
        bytes_in: 12,
        bytes_out: 12,
    }
}

fn peer(place: usize) -> WaitingPeer {
    #[expect(clippy::cast_precision_loss, reason = "a few hundred")]
    let waited = 3.24 / (1.0 + place as f64 / 10.0);
    WaitingPeer {
        peer: format!("127.0.0.1:{}", 52_710 + place),
        listener: "127.0.0.1:8080".to_owned(),
        waited_seconds: Some(waited),
        bytes_queued: Some(6),
        half_closed: place % 4 == 1,
    }
}

/// One worker of two has died, and will be spawned again a little later.
pub(super) fn degraded() -> Status {
    let mut status = busy(2, 2, 2, 0);
    status.master.state = MasterState::Degraded;
    let dead = &mut status.workers[1];
    *dead = WorkerStatus {
        pid: None,
        state: WorkerState::Throttled,
        uptime_seconds: None,
        respawn_in_seconds: Some(1.6),
        ..worker(1, 2)
    };
    (status.pool.workers, status.pool.capacity, status.pool.busy) = (1, 2, 2);
    status
}

/// One worker on its way out, its replacement beside it.
pub(super) fn draining() -> Status {
    let mut status = busy(2, 4, 1, 0);
    status.master.generation = 2;
    let mut leaving = busy(1, 4, 3, 0).workers.remove(0);
    (leaving.state, leaving.pid) = (WorkerState::Draining, Some(7001));
    status.workers.insert(1, leaving);
    status.pool.draining = 3;
    status
}

/// Nothing is known that need not be.
pub(super) fn unknown() -> Status {
    let mut status = busy(2, 2, 2, 3);
    status.pool.waiting = None;
    status.pool.saturated_for_seconds = None;
    let nothing = ListenerStatus {
        address: "unix:/run/prefork.sock".to_owned(),
        backlog: None,
        waiting: None,
        vanished: None,
        dropped: None,
    };
    status.listeners.push(nothing);
    for peer in &mut status.waiting {
        (peer.waited_seconds, peer.bytes_queued) = (None, None);
    }
    for worker in &mut status.workers {
        (worker.pid, worker.uptime_seconds) = (None, None);
        for connection in &mut worker.connections {
            (connection.peer, connection.queue_wait_seconds) = (None, None);
        }
    }
    let waits = &mut status.queue_wait_seconds;
    (waits.p50, waits.p90, waits.p99, waits.max) = (None, None, None, None);
    status
}

/// Any pool, even one that cannot be.
pub(super) fn whatever() -> impl Strategy<Value = Status> {
    let master = (any::<u32>(), any::<u64>(), any_master_state(), any::<f64>());
    let pool = (any::<[usize; 5]>(), any::<Option<u64>>(), any::<bool>(), any::<Option<f64>>());
    let listeners = prop::collection::vec(any_listener(), 0..4);
    let waiting = prop::collection::vec(any_peer(), 0..30);
    let workers = prop::collection::vec(any_worker(), 0..12);
    let counts = (any::<u64>(), any::<[Option<f64>; 4]>(), any::<[u64; 4]>());
    let parts = (".{0,9}", master, pool, listeners, waiting, workers, counts);
    parts.prop_map(|(version, master, pool, listeners, waiting, workers, (count, quantiles, refused))| {
        let (pid, generation, state, uptime_seconds) = master;
        let ([workers_ready, capacity, busy, idle, draining], in_queue, saturated, saturated_for_seconds) =
            pool;
        let [p50, p90, p99, max] = quantiles;
        let [denied, per_peer, queue_wait, proxy_header] = refused;
        Status {
            schema: SCHEMA,
            version,
            master: MasterStatus {
                pid,
                generation,
                state,
                resting: false,
                crash_loop: false,
                uptime_seconds,
            },
            pool: PoolStatus {
                workers: workers_ready,
                threads: capacity,
                capacity,
                busy,
                idle,
                waiting: in_queue,
                saturated,
                saturated_for_seconds,
                draining,
            },
            listeners,
            waiting,
            workers,
            totals: Totals::default(),
            refused: Refused { denied, per_peer, queue_wait, proxy_header },
            ended: Ended { idle: denied, made_room: per_peer, ..Ended::default() },
            queue_wait_seconds: Distribution { count, sum: 0.0, p50, p90, p99, max },
            connection_duration_seconds: Distribution { count, sum: 0.0, p50, p90, p99, max },
        }
    })
}

fn any_master_state() -> impl Strategy<Value = MasterState> {
    prop::sample::select(vec![
        MasterState::Starting,
        MasterState::Running,
        MasterState::Reloading,
        MasterState::Upgrading,
        MasterState::Draining,
        MasterState::Degraded,
    ])
}

fn any_listener() -> impl Strategy<Value = ListenerStatus> {
    let parts = (".{0,60}", any::<Option<u32>>(), any::<[Option<u64>; 3]>());
    parts.prop_map(|(address, backlog, [waiting, vanished, dropped])| ListenerStatus {
        address,
        backlog,
        waiting,
        vanished,
        dropped,
    })
}

fn any_peer() -> impl Strategy<Value = WaitingPeer> {
    let parts = (".{0,60}", ".{0,9}", any::<Option<f64>>(), any::<Option<u64>>(), any::<bool>());
    parts.prop_map(|(peer, listener, waited_seconds, bytes_queued, half_closed)| WaitingPeer {
        peer,
        listener,
        waited_seconds,
        bytes_queued,
        half_closed,
    })
}

fn any_worker() -> impl Strategy<Value = WorkerStatus> {
    let states =
        vec![WorkerState::Starting, WorkerState::Ready, WorkerState::Draining, WorkerState::Throttled];
    let connections = prop::collection::vec(any_connection(), 0..12);
    let threads = prop_oneof![0..300_usize, any::<usize>()];
    let parts = (
        any::<[usize; 2]>(),
        any::<Option<u32>>(),
        prop::sample::select(states),
        threads,
        any::<[u64; 4]>(),
        any::<[Option<f64>; 2]>(),
        connections,
    );
    parts.prop_map(
        |([id, busy], pid, state, threads, numbers, [uptime_seconds, respawn_in_seconds], connections)| {
            let [generation, accepted, bytes_in, bytes_out] = numbers;
            WorkerStatus {
                id,
                pid,
                generation,
                state,
                busy,
                threads,
                accepted,
                bytes_in,
                bytes_out,
                uptime_seconds,
                respawn_in_seconds,
                connections,
            }
        },
    )
}

fn any_connection() -> impl Strategy<Value = ConnectionStatus> {
    let states = vec![
        ConnectionState::Reading,
        ConnectionState::Working,
        ConnectionState::Writing,
        ConnectionState::Closing,
    ];
    let peer = prop::option::of(".{0,60}");
    let slot = prop_oneof![0..300_usize, any::<usize>()];
    let parts =
        (peer, slot, prop::sample::select(states), any::<Option<f64>>(), any::<f64>(), any::<[u64; 3]>());
    parts.prop_map(
        |(peer, slot, state, queue_wait_seconds, open_seconds, [messages, bytes_in, bytes_out])| {
            ConnectionStatus {
                peer,
                slot,
                state,
                queue_wait_seconds,
                open_seconds,
                messages,
                bytes_in,
                bytes_out,
            }
        },
    )
}
