//! The pool's parts as tables: what each face shows of them, in which words.
//!
//! What the kernel does not tell is "unknown", never zero.

use super::bar::Bar;
use super::line::{Line, Tone};
use super::table::{Column, Table};
use super::{Style, human};
use crate::snapshot::{
    ConnectionState, ConnectionStatus, ListenerStatus, MasterState, PoolStatus, Status, Totals, WaitingPeer,
    WorkerState, WorkerStatus,
};

/// The program and its master.
pub(super) fn master(status: &Status) -> Table {
    const COLUMNS: [Column; 5] = [
        Column::left("", 0),
        Column::left("", 1),
        Column::left("", 3),
        Column::left("", 2),
        Column::left("", 4),
    ];
    let master = &status.master;
    let (state, tone) = match master.state {
        MasterState::Starting => ("starting", Tone::Lively),
        MasterState::Running => ("running", Tone::Good),
        MasterState::Reloading => ("reloading", Tone::Lively),
        MasterState::Upgrading => ("upgrading", Tone::Lively),
        MasterState::Draining if master.resting => ("resting", Tone::Lively),
        MasterState::Draining => ("draining", Tone::Lively),
        MasterState::Degraded => ("degraded", Tone::Bad),
    };
    let mut table = Table::new(&COLUMNS);
    table.row([
        Line::new(tone, state),
        Line::plain(&format!("pid {}", master.pid)),
        Line::plain(&format!("generation {}", master.generation)),
        Line::plain(&format!("up {}", human::time(master.uptime_seconds))),
        Line::new(Tone::Faint, &format!("prefork-echo {}", status.version)),
    ]);
    table
}

/// All slots together.
pub(super) fn pool(pool: &PoolStatus, bar_cells: usize, style: Style) -> Table {
    const COLUMNS: [Column; 5] = [
        Column::left("", 4),
        Column::left("", 3),
        Column::left("", 0),
        Column::left("", 1),
        Column::left("", 2),
    ];
    let busy = if pool.capacity == 0 {
        Line::new(Tone::Bad, "no worker is ready")
    } else {
        Line::plain(&format!("{}/{} busy", human::size(pool.busy), human::size(pool.capacity)))
    };
    let saturated = match pool.saturated_for_seconds {
        _ if !pool.saturated => Line::default(),
        Some(seconds) => Line::new(Tone::Waiting, &format!("saturated for {}", human::time(seconds))),
        None => Line::new(Tone::Waiting, "saturated"),
    };
    let draining = match pool.draining {
        0 => Line::default(),
        draining => Line::new(Tone::Lively, &format!("{} draining", human::size(draining))),
    };
    let bar = Bar { busy: pool.busy, idle: pool.idle, draining: pool.draining };
    let mut table = Table::new(&COLUMNS);
    table.row([Line::new(Tone::Faint, "pool "), bar.line(bar_cells, style), busy, saturated, draining]);
    table
}

/// The accept queues, a row for each.
pub(super) fn queues(status: &Status) -> Table {
    const COLUMNS: [Column; 6] = [
        Column::left("", 4),
        Column::left("", 0),
        Column::left("", 0),
        Column::left("", 1),
        Column::left("", 3),
        Column::left("", 2),
    ];
    let mut table = Table::new(&COLUMNS);
    for (index, listener) in status.listeners.iter().enumerate() {
        let [address, clauses @ ..] = queue(listener, longest(status, &listener.address));
        let label = if index == 0 { Line::new(Tone::Faint, "queue") } else { Line::default() };
        table.row([label, address].into_iter().chain(clauses));
    }
    table
}

/// One accept queue: its address, who waits, the longest wait, the vanished, the dropped.
fn queue(listener: &ListenerStatus, longest: Option<f64>) -> [Line; 5] {
    let waiting = match (listener.waiting, listener.backlog) {
        (None, _) => Line::new(Tone::Faint, "waiting unknown"),
        (Some(waiting), backlog) => {
            let of =
                backlog.map_or_else(|| "an unknown limit".to_owned(), |backlog| human::count(backlog.into()));
            let tone = if waiting > 0 { Tone::Waiting } else { Tone::Plain };
            Line::new(tone, &format!("{} waiting", human::count(waiting)))
                .then(Tone::Plain, &format!(" of {of}"))
        }
    };
    let longest = match longest {
        Some(seconds) => Line::plain(&format!("longest {}", human::time(seconds))),
        None if listener.waiting.is_some_and(|waiting| waiting > 0) => {
            Line::new(Tone::Faint, "longest unknown")
        }
        None => Line::default(),
    };
    [
        Line::plain(&listener.address),
        waiting,
        longest,
        counted(listener.vanished, "vanished", Tone::Waiting),
        counted(listener.dropped, "dropped", Tone::Bad),
    ]
}

/// Who left a queue and got no slot, by reason, in one row; none if that was nobody.
pub(super) fn refused(status: &Status) -> Table {
    by_reason("refused", status.refused.named())
}

/// Whose connections a limit has ended, by limit, in one row; none if that was nobody.
pub(super) fn ended(status: &Status) -> Table {
    by_reason("ended", status.ended.named())
}

/// The numbers that are not zero, each with its reason.
fn by_reason<const N: usize>(label: &str, numbers: [(&str, u64); N]) -> Table {
    const COLUMNS: [Column; 2] = [Column::left("", 0), Column::left("", 0)];
    let some = numbers.into_iter().filter(|(_, number)| *number > 0);
    let clauses: Vec<String> =
        some.map(|(why, number)| format!("{} {}", human::count(number), why.replace('_', " "))).collect();
    let mut table = Table::new(&COLUMNS);
    if !clauses.is_empty() {
        table.row([Line::new(Tone::Faint, label), Line::plain(&clauses.join("  "))]);
    }
    table
}

/// What the log has lost or left out, in one row; none if that was nothing.
pub(super) fn log(totals: &Totals) -> Table {
    const COLUMNS: [Column; 2] = [Column::left("", 0), Column::left("", 1)];
    let mut table = Table::new(&COLUMNS);
    let (lost, left_out) = (totals.log_lines_lost, totals.log_lines_left_out);
    let clauses = [(lost, "lost"), (left_out, "left out")].into_iter().filter(|(number, _)| *number > 0);
    let clauses: Vec<String> =
        clauses.map(|(number, what)| format!("{} {what}", human::count(number))).collect();
    if !clauses.is_empty() {
        let noun = if lost.saturating_add(left_out) == 1 { "line" } else { "lines" };
        let said = Line::new(Tone::Waiting, &format!("{noun}: {}", clauses.join(", ")));
        table.row([Line::new(Tone::Faint, "log  "), said]);
    }
    table
}

/// The longest wait at an address that is known.
fn longest(status: &Status, address: &str) -> Option<f64> {
    let waits = status.waiting.iter().filter(|peer| peer.listener == address);
    waits.filter_map(|peer| peer.waited_seconds).max_by(f64::total_cmp)
}

/// "12 dropped", in a tone of its own if there are any.
fn counted(number: Option<u64>, what: &str, tone: Tone) -> Line {
    match number {
        None => Line::new(Tone::Faint, &format!("{what} unknown")),
        Some(0) => Line::new(Tone::Faint, &format!("0 {what}")),
        Some(number) => Line::new(tone, &format!("{} {what}", human::count(number))),
    }
}

/// A queue as the heading of those who wait in it.
pub(super) fn queue_heading(status: &Status, address: &str) -> Table {
    const COLUMNS: [Column; 5] = [
        Column::left("", 0),
        Column::left("", 0),
        Column::left("", 1),
        Column::left("", 3),
        Column::left("", 2),
    ];
    let mut table = Table::new(&COLUMNS);
    match status.listeners.iter().find(|listener| listener.address == address) {
        Some(listener) => table.row(queue(listener, longest(status, address))),
        None => table.row([Line::plain(address)]),
    }
    table
}

/// Those who wait, a row for each. The place in the queue is told for those of one queue; otherwise the queue is.
pub(super) fn waiting<'status>(
    peers: impl IntoIterator<Item = &'status WaitingPeer>,
    shows_place: bool,
    shows_listener: bool,
) -> Table {
    const COLUMNS: [Column; 6] = [
        Column::right("", 3),
        Column::left("waiting", 0),
        Column::right("waited", 0),
        Column::right("sent", 1),
        Column::left("", 2),
        Column::left("at", 4),
    ];
    let mut table = Table::new(&COLUMNS);
    for (index, peer) in peers.into_iter().enumerate() {
        let place = if shows_place { human::size(index + 1) } else { String::new() };
        table.row([
            Line::new(Tone::Faint, &place),
            Line::plain(&peer.peer),
            peer.waited_seconds.map_or_else(unknown, |waited| Line::new(Tone::Waiting, &human::time(waited))),
            peer.bytes_queued.map_or_else(unknown, |bytes| Line::plain(&human::bytes(bytes))),
            Line::new(Tone::Faint, if peer.half_closed { "half-closed" } else { "" }),
            Line::new(Tone::Faint, if shows_listener { &peer.listener } else { "" }),
        ]);
    }
    table
}

/// The workers, a row for each; a bar without cells is left out.
pub(super) fn workers(workers: &[WorkerStatus], bar_cells: usize, style: Style) -> Table {
    const COLUMNS: [Column; 8] = [
        Column::left("worker", 0),
        Column::right("pid", 3),
        Column::left("state", 1),
        Column::left("busy", 0),
        Column::right("accepted", 2),
        Column::right("in", 5),
        Column::right("out", 5),
        Column::right("uptime", 4),
    ];
    let mut table = Table::new(&COLUMNS);
    let newest = workers.iter().map(|worker| worker.generation).max().unwrap_or_default();
    for worker in workers {
        let id = Line::plain(&human::size(worker.id));
        let (state, tone) = state_of_worker(worker.state);
        let state = match worker.generation {
            // Beside those of a later one.
            number if number < newest => Line::new(tone, &format!("{state}, generation {number}")),
            _ => Line::new(tone, state),
        };
        if worker.state == WorkerState::Throttled {
            // There is no process, so there is nothing that it did.
            table.row([id, Line::default(), state, respawn(worker)]);
            continue;
        }
        table.row([
            id,
            worker.pid.map_or_else(unknown, |pid| Line::plain(&pid.to_string())),
            state,
            busy(worker, bar_cells, style),
            Line::plain(&human::count(worker.accepted)),
            Line::plain(&human::bytes(worker.bytes_in)),
            Line::plain(&human::bytes(worker.bytes_out)),
            worker.uptime_seconds.map_or_else(unknown, |uptime| Line::plain(&human::time(uptime))),
        ]);
    }
    table
}

/// The name of a worker's state, and its tone.
pub(super) fn state_of_worker(state: WorkerState) -> (&'static str, Tone) {
    match state {
        WorkerState::Starting => ("starting", Tone::Lively),
        WorkerState::Ready => ("ready", Tone::Good),
        WorkerState::Draining => ("draining", Tone::Lively),
        WorkerState::Throttled => ("throttled", Tone::Bad),
    }
}

fn respawn(worker: &WorkerStatus) -> Line {
    let when = worker
        .respawn_in_seconds
        .map_or_else(|| "unknown".to_owned(), |seconds| format!("in {}", human::time(seconds)));
    Line::plain(&format!("respawn {when}"))
}

fn busy(worker: &WorkerStatus, bar_cells: usize, style: Style) -> Line {
    let bar = match worker.state {
        WorkerState::Draining => Bar { busy: 0, idle: 0, draining: worker.busy },
        _ => Bar { busy: worker.busy, idle: worker.threads.saturating_sub(worker.busy), draining: 0 },
    };
    let mut line = Line::default();
    if bar_cells > 0 {
        line.append(bar.line(bar_cells, style));
        line.space(usize::from(line.width() > 0));
    }
    line.then(Tone::Plain, &format!("{}/{}", human::size(worker.busy), human::size(worker.threads)))
}

/// Busy slots, a row for each.
pub(super) fn connections<'status>(
    connections: impl IntoIterator<Item = &'status ConnectionStatus>,
) -> Table {
    const COLUMNS: [Column; 8] = [
        Column::right("", 5),
        Column::left("", 0),
        Column::left("", 0),
        Column::left("", 1),
        Column::left("", 2),
        Column::left("", 3),
        Column::right("", 4),
        Column::right("", 4),
    ];
    let mut table = Table::new(&COLUMNS);
    for connection in connections {
        let (state, tone) = state_of_connection(connection.state);
        let peer = connection.peer.as_deref().map_or_else(|| Line::new(Tone::Faint, "changing"), Line::plain);
        let waited = connection.queue_wait_seconds.map_or_else(|| "unknown".to_owned(), human::time);
        let messages = match connection.messages {
            1 => "1 message".to_owned(),
            messages => format!("{} messages", human::count(messages)),
        };
        table.row([
            Line::new(Tone::Faint, &human::size(connection.slot)),
            peer,
            Line::new(tone, state),
            Line::new(Tone::Faint, "waited ").then(Tone::Plain, &waited),
            Line::new(Tone::Faint, "open ").then(Tone::Plain, &human::time(connection.open_seconds)),
            Line::plain(&messages),
            Line::plain(&human::bytes(connection.bytes_in)).then(Tone::Faint, " in"),
            Line::plain(&human::bytes(connection.bytes_out)).then(Tone::Faint, " out"),
        ]);
    }
    table
}

/// The name of a connection's state, and its tone.
pub(super) fn state_of_connection(state: ConnectionState) -> (&'static str, Tone) {
    match state {
        ConnectionState::Reading => ("reading", Tone::Good),
        ConnectionState::Working => ("working", Tone::Lively),
        ConnectionState::Writing => ("writing", Tone::Waiting),
        ConnectionState::Closing => ("closing", Tone::Faint),
    }
}

/// How long the accepted had waited.
pub(super) fn waits(status: &Status) -> Table {
    const COLUMNS: [Column; 7] = [
        Column::left("", 2),
        Column::left("", 1),
        Column::left("", 4),
        Column::left("", 3),
        Column::left("", 0),
        Column::left("", 5),
        Column::left("", 6),
    ];
    let label = Line::new(Tone::Faint, "waits");
    let mut table = Table::new(&COLUMNS);
    let waits = &status.queue_wait_seconds;
    if waits.count == 0 {
        // Unix sockets do not tell.
        let words = if status.totals.accepted == 0 { "no connection yet" } else { "unknown" };
        table.row([label, Line::plain(words)]);
        return table;
    }
    let part = |name: &str, seconds: Option<f64>| {
        let time = seconds.map_or_else(|| "unknown".to_owned(), human::time);
        Line::new(Tone::Faint, name).then(Tone::Plain, &time)
    };
    let connections = if waits.count == 1 { "connection" } else { "connections" };
    table.row([
        label,
        part("p50 ", waits.p50),
        part("p90 ", waits.p90),
        part("p99 ", waits.p99),
        part("max ", waits.max),
        Line::new(Tone::Faint, &format!("of {} {connections}", human::count(waits.count))),
        Line::new(Tone::Faint, "since start"),
    ]);
    table
}

/// How many workers are in which state, as "1,006 ready, 1 throttled".
pub(super) fn states(workers: &[WorkerStatus]) -> String {
    let all = [WorkerState::Ready, WorkerState::Starting, WorkerState::Draining, WorkerState::Throttled];
    let counts = all.map(|state| (workers.iter().filter(|worker| worker.state == state).count(), state));
    let clauses: Vec<String> = counts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, state)| format!("{} {}", human::size(*count), state_of_worker(*state).0))
        .collect();
    clauses.join(", ")
}

fn unknown() -> Line {
    Line::new(Tone::Faint, "unknown")
}
