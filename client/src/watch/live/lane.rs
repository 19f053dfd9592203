//! One lane as a line: its number, its bar, how far it is and for how long, and who serves it.

use std::time::Duration;

use ratatui::style::{Color, Modifier, Style as Look};
use ratatui::text::Span;

use super::axis::Axis;
use crate::Kind;
use crate::pool::Seat;
use crate::terminal::Style;
use crate::watch::{LaneHistory, Stage, summary};

/// How far a lane was at that time.
pub(super) fn stage_at(lane: &LaneHistory, now: Duration) -> Stage {
    let is_past = |time: Option<Duration>| time.is_some_and(|time| time <= now);
    match summary::stage(lane) {
        over @ (Stage::Failed | Stage::Closed) if is_past(lane.closed_at) => over,
        _ if is_past(served_since(lane)) => Stage::Served,
        _ if is_past(lane.connected_at) => Stage::Queued,
        _ => Stage::Connecting,
    }
}

/// Since when the lane is served: since the server accepted it if it told, else since the first echo.
pub(super) fn served_since(lane: &LaneHistory) -> Option<Duration> {
    let accepted_at = || Some(lane.connected_at? + lane.queue_wait()?);
    // The server's clock ticks in milliseconds: an echo may come before what it calls the accept.
    match (accepted_at(), lane.served_at) {
        (Some(accepted_at), Some(served_at)) => Some(accepted_at.min(served_at)),
        (accepted_at, served_at) => accepted_at.or(served_at),
    }
}

/// Whether the lane was there by then and not over.
pub(super) fn is_open_at(lane: &LaneHistory, now: Duration) -> bool {
    lane.started_at.is_none_or(|started_at| started_at <= now)
        && lane.closed_at.is_none_or(|closed_at| now < closed_at)
}

/// For how long the lane has been as it is; how long it lasted if it is over.
pub(super) fn lasted(lane: &LaneHistory, now: Duration) -> Duration {
    let (since, until) = match stage_at(lane, now) {
        Stage::Connecting => (lane.started_at, now),
        Stage::Queued => (lane.connected_at, now),
        Stage::Served => (served_since(lane), now),
        Stage::Closed | Stage::Failed => (lane.started_at, lane.closed_at.unwrap_or(now)),
    };
    until.saturating_sub(since.unwrap_or(until))
}

/// A time that runs, in steps that one can follow: `0.3 s`, `12.3 s`, `2m 05s`, `1h 02m`.
pub(super) fn running(time: Duration) -> String {
    let tenths = time.as_millis() / 100;
    let seconds = time.as_secs();
    match seconds {
        0..100 => format!("{}.{} s", tenths / 10, tenths % 10),
        100..3_600 => format!("{}m {:02}s", seconds / 60, seconds % 60),
        _ => format!("{}h {:02}m", seconds / 3_600, seconds / 60 % 60),
    }
}

/// The colour of a stage, which is never all that tells it.
pub(super) fn look(stage: Stage, style: Style) -> Look {
    let look = match stage {
        Stage::Connecting | Stage::Closed => Look::new().add_modifier(Modifier::DIM),
        Stage::Queued => Look::new().fg(Color::Yellow),
        Stage::Served => Look::new().fg(Color::Green),
        Stage::Failed => Look::new().fg(Color::Red),
    };
    if style.colour { look } else { Look::new() }
}

/// The cell of a bar in a stage; of one that failed, the cell in which it did.
pub(super) fn cell(stage: Stage, style: Style) -> &'static str {
    let (unicode, ascii) = match stage {
        Stage::Connecting => ("░", "."),
        Stage::Queued => ("▒", "="),
        Stage::Served => ("█", "#"),
        Stage::Failed => ("×", "x"),
        Stage::Closed => (" ", " "),
    };
    if style.unicode { unicode } else { ascii }
}

/// The life of a lane until now, on the axis.
pub(super) fn bar(lane: &LaneHistory, axis: Axis, now: Duration, style: Style) -> Vec<Span<'static>> {
    let mut spans: Vec<(Option<Stage>, usize)> = Vec::new();
    for (from, to) in axis.cells() {
        let stage = stage_in(lane, from, to, now);
        match spans.last_mut() {
            Some((last, cells)) if *last == stage => *cells += 1,
            _ => spans.push((stage, 1)),
        }
    }
    let span = |(stage, cells): (Option<Stage>, usize)| match stage {
        Some(stage) => Span::styled(cell(stage, style).repeat(cells), look(stage, style)),
        None => Span::raw(" ".repeat(cells)),
    };
    spans.into_iter().map(span).collect()
}

/// What a cell shows that is from then to then: the stage at its middle, or at the end that the lane or the present has
/// within it. However short a lane is, it has a cell.
fn stage_in(lane: &LaneHistory, from: Duration, to: Duration, now: Duration) -> Option<Stage> {
    let begin = lane.started_at?;
    let closed_at = lane.closed_at.filter(|&closed_at| closed_at <= now);
    let end = closed_at.unwrap_or(now);
    if to <= begin || from > end {
        return None;
    }
    if lane.failure.is_some() && closed_at.is_some() && end < to {
        return Some(Stage::Failed);
    }
    let middle = (from + to) / 2;
    // An instant before the end, a lane is not over.
    let last = if closed_at.is_some() { end.saturating_sub(Duration::from_nanos(1)) } else { end };
    Some(stage_at(lane, middle.min(last).max(begin.min(last))))
}

/// How much is said of who serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Detail {
    /// As below, and a failure in full.
    Whole,
    /// `worker 1 (pid 4711) slot 0`
    Full,
    /// `worker 1 slot 0`
    Less,
    /// `w1/0`
    Least,
}

/// What there is to say beside the stage: who serves, or why it failed or tries again.
pub(super) fn remark(lane: &LaneHistory, now: Duration, detail: Detail) -> String {
    let seat = lane.seat.map(|seat| describe(seat, detail));
    let stage = stage_at(lane, now);
    let failure = lane.failure.as_ref().filter(|_| stage == Stage::Failed);
    match (failure, seat, detail) {
        (Some(failure), None, Detail::Whole | Detail::Full) => failure.to_string(),
        (Some(failure), Some(seat), Detail::Whole) => format!("{failure}; {seat}"),
        (Some(failure), Some(seat), Detail::Full | Detail::Less) => {
            format!("{}; {seat}", cause(failure.kind()))
        }
        (Some(failure), _, _) => cause(failure.kind()),
        (None, _, _) if stage == Stage::Connecting => lane.retrying.clone().unwrap_or_default(),
        (None, Some(seat), Detail::Whole | Detail::Full) if lane.is_released && stage == Stage::Served => {
            format!("{seat}; released")
        }
        (None, seat, _) => seat.unwrap_or_default(),
    }
}

/// Why a lane failed, in a word or two.
fn cause(kind: Kind) -> String {
    match kind {
        // What happened is that the server closed, before an echo was whole or while none was due.
        Kind::Short | Kind::Closed => "closed".to_owned(),
        kind => kind.to_string(),
    }
}

fn describe(seat: Seat, detail: Detail) -> String {
    match detail {
        Detail::Whole | Detail::Full => seat.describe(),
        Detail::Less => format!("worker {} slot {}", seat.worker, seat.slot),
        Detail::Least => format!("w{}/{}", seat.worker, seat.slot),
    }
}
