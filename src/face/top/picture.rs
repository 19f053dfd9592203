//! The state as a picture: the pool, its queue and its workers on one screen of whatever size.

use std::collections::HashMap;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};
use ratatui::style::{Color, Modifier, Style as Look};
use ratatui::symbols::bar;
use ratatui::text::{Line as Text, Span};
use ratatui::widgets::{RenderDirection, Sparkline, Widget};

use super::history::{Level, STEP};
use super::state::{Extent, State};
use crate::face::line::{Line, Tone};
use crate::face::table::Laid;
use crate::face::{Style, human, tables};
use crate::snapshot::{ConnectionState, Ended, Refused, Status, WorkerState, WorkerStatus};

/// Below this height there are no curves.
const CURVES_MIN: u16 = 14;
/// From this height on they have two rows each, from twice this three.
const CURVES_TALL: u16 = 28;
/// The names of the curves.
const LABEL_WIDTH: u16 = 20;
/// Between the workers and their slots.
const GAP: u16 = 2;

/// Draws everything.
pub(super) fn draw(frame: &mut Frame<'_>, state: &State) {
    let area = frame.area();
    let buffer = frame.buffer_mut();
    let style = state.style.with_width(area.width.into());
    let (body, foot) = split_bottom(area, 1);
    match &state.status {
        Some(status) => draw_status(buffer, body, state, status, style),
        None => put(buffer, body, 0, &Line::new(Tone::Faint, "no answer yet").cut(style), style),
    }
    if state.error.is_some() {
        buffer.set_style(body, greyed(style));
    }
    put(buffer, foot, 0, &footer(state, style).cut(style), style);
}

/// How much of the workers there is on a screen of this size, and how much of it is shown.
pub(super) fn extent(size: Size, state: &State) -> Extent {
    let Some(status) = &state.status else { return Extent { all: 0, shown: 0 } };
    let (body, _) = split_bottom(Rect::new(0, 0, size.width, size.height), 1);
    let height = Grid::new(status, body.width, state.style).height(status);
    let rooms = Rooms::new(body, status, height);
    Extent { all: height, shown: usize::from(rooms.workers.height.saturating_sub(1)) }
}

fn draw_status(buffer: &mut Buffer, area: Rect, state: &State, status: &Status, style: Style) {
    let grid = Grid::new(status, area.width, style);
    let rooms = Rooms::new(area, status, grid.height(status));
    let bar_cells = usize::from(area.width / 2);
    let mut top = tables::master(status).rows(style);
    top.extend(tables::pool(&status.pool, bar_cells, style).rows(style));
    top.extend(tables::queues(status).rows(style).into_iter().take(rooms.queues.into()));
    top.extend(tables::refused(status).rows(style));
    top.extend(tables::ended(status).rows(style));
    top.extend(tables::log(&status.totals).rows(style));
    for (row, line) in (0..rooms.top.height).zip(&top) {
        put(buffer, rooms.top, row, line, style);
    }
    draw_curves(buffer, rooms.curves, state, status);
    draw_waiting(buffer, rooms.waiting, status, style);
    draw_workers(buffer, rooms.workers, state, status, &grid);
}

/// Where what goes.
struct Rooms {
    top: Rect,
    /// How many queues are shown in it.
    queues: u16,
    curves: Rect,
    waiting: Rect,
    workers: Rect,
}

impl Rooms {
    fn new(area: Rect, status: &Status, workers_height: usize) -> Self {
        let queues = rows(status.listeners.len()).min((area.height / 6).max(1));
        let log = u16::from(status.totals.log_lines_lost > 0 || status.totals.log_lines_left_out > 0);
        let told = log
            + u16::from(status.refused != Refused::default())
            + u16::from(status.ended != Ended::default());
        let (top, rest) = split_top(area, 2 + queues + told);
        let curve_rows = match area.height {
            height if height < CURVES_MIN => 0,
            height if height < CURVES_TALL => 1,
            height if height < 2 * CURVES_TALL => 2,
            _ => 3,
        };
        let (curves, rest) = split_top(rest, 2 * curve_rows);
        // Neither displaces the other, but what one does not need is the other's.
        let unneeded = rest.height.saturating_sub(rows(workers_height).saturating_add(1));
        let share = (rest.height * 2 / 5).max(2).max(unneeded);
        let waiting_rows = rows(status.waiting.len()).saturating_add(1);
        let (waiting, workers) = split_top(rest, waiting_rows.min(share));
        Self { top, queues, curves, waiting, workers }
    }
}

fn draw_curves(buffer: &mut Buffer, area: Rect, state: &State, status: &Status) {
    let (upper, lower) = split_top(area, area.height / 2);
    let levels: Vec<Option<Level>> = state.history.levels().take(area.width.into()).collect();
    let busy = levels.iter().map(|level| level.map(|level| level.busy)).collect();
    let capacity = status.pool.capacity as u64;
    let tone = if status.pool.saturated { Tone::Waiting } else { Tone::Good };
    let label = format!("busy, of {}", human::count(capacity));
    draw_curve(buffer, upper, &label, (busy, capacity), tone, state.style);
    let waiting: Vec<Option<u64>> =
        levels.iter().map(|level| level.and_then(|level| level.waiting)).collect();
    let most = waiting.iter().flatten().max().copied();
    let label =
        most.map_or("waiting unknown".to_owned(), |most| format!("waiting, up to {}", human::count(most)));
    draw_curve(buffer, lower, &label, (waiting, most.unwrap_or(0)), Tone::Waiting, state.style);
}

/// Values from the latest to the earliest, and what the full height means.
fn draw_curve(
    buffer: &mut Buffer,
    area: Rect,
    label: &str,
    (values, full): (Vec<Option<u64>>, u64),
    tone: Tone,
    style: Style,
) {
    let (left, room) = split_left(area, LABEL_WIDTH.min(area.width / 3));
    let label = Line::new(Tone::Faint, label).cut(style.with_width(left.width.into()));
    put(buffer, left, 0, &label, style);
    let (set, absent) = if style.unicode { (bar::NINE_LEVELS, "·") } else { (ASCII_BARS, " ") };
    Sparkline::default()
        .data(values)
        .max(full.max(1))
        .direction(RenderDirection::RightToLeft)
        .bar_set(set)
        .absent_value_symbol(absent)
        .absent_value_style(look(Tone::Faint, style))
        .style(look(tone, style))
        .render(room, buffer);
}

const ASCII_BARS: bar::Set<'static> = bar::Set {
    full: "#",
    seven_eighths: "#",
    three_quarters: "+",
    five_eighths: "+",
    half: "=",
    three_eighths: "=",
    one_quarter: "-",
    one_eighth: "-",
    empty: " ",
};

/// The first of those who wait, and how many there are.
fn draw_waiting(buffer: &mut Buffer, area: Rect, status: &Status, style: Style) {
    let listed = status.waiting.len();
    let all = status.pool.waiting.map_or(listed as u64, |waiting| waiting.max(listed as u64));
    let shown = listed.min(area.height.saturating_sub(1).into());
    let table = tables::waiting(&status.waiting[..shown], false, status.listeners.len() > 1).lay(style);
    let heading = match (all, status.pool.waiting) {
        (0, None) => Line::plain("who waits is unknown"),
        (0, _) => Line::plain("nobody waits"),
        _ if shown == 0 => Line::plain(&format!("{} wait", human::count(all))),
        _ => table.heading,
    };
    let count = if all > shown as u64 && shown > 0 {
        format!("{} of {}", human::size(shown), human::count(all))
    } else {
        String::new()
    };
    draw_heading(buffer, area, heading, &count, style);
    for (row, line) in (1..area.height).zip(&table.rows) {
        put(buffer, area, row, line, style);
    }
}

/// The lines of the workers that are scrolled to.
fn draw_workers(buffer: &mut Buffer, area: Rect, state: &State, status: &Status, grid: &Grid) {
    let style = state.style.with_width(area.width.into());
    let (height, shown) = (grid.height(status), usize::from(area.height.saturating_sub(1)));
    let first = state.scrolled.min(height.saturating_sub(shown));
    let place = if height > shown && shown > 0 {
        format!("{}-{} of {}", human::size(first + 1), human::size(first + shown), human::size(height))
    } else {
        String::new()
    };
    let mut heading = grid.table.heading.clone();
    heading.space(usize::from(grid.left).saturating_sub(heading.width()));
    draw_heading(buffer, area, heading.then(Tone::Plain, "slots"), &place, style);
    let (mut line, mut row) = (0_usize, 1);
    for (worker, text) in status.workers.iter().zip(&grid.table.rows) {
        let end = line.saturating_add(grid.rows_of(worker));
        if end > first && row < area.height {
            let slots = slots_by_number(worker);
            for part in first.saturating_sub(line)..end - line {
                if row >= area.height {
                    break;
                }
                if part == 0 {
                    put(buffer, area, row, text, style);
                }
                grid.draw_slots(buffer, (area, row), worker, &slots, part);
                row += 1;
            }
        }
        line = end;
    }
}

/// The workers at the left, and the slots of each at the right, in as many rows as they need.
struct Grid {
    table: Laid,
    /// Where the slots begin.
    left: u16,
    /// Slots in a row.
    columns: usize,
    style: Style,
}

impl Grid {
    fn new(status: &Status, width: u16, style: Style) -> Self {
        let most = status.workers.iter().map(|worker| worker.threads).max().unwrap_or(0);
        let least_columns = rows(most).min(width / 2);
        let table_width = usize::from(width.saturating_sub(least_columns + GAP));
        let table = tables::workers(&status.workers, 0, style).lay(style.with_width(table_width));
        let widest = table.rows.iter().chain([&table.heading]).map(Line::width).max().unwrap_or(0);
        let left = rows(widest).saturating_add(GAP).min(width);
        Self { table, left, columns: usize::from(width - left).max(1), style }
    }

    /// How many rows a worker takes.
    fn rows_of(&self, worker: &WorkerStatus) -> usize {
        worker.threads.div_ceil(self.columns).max(1)
    }

    fn height(&self, status: &Status) -> usize {
        status.workers.iter().fold(0, |height, worker| height.saturating_add(self.rows_of(worker)))
    }

    /// Draws one row of a worker's slots.
    fn draw_slots(
        &self,
        buffer: &mut Buffer,
        (area, row): (Rect, u16),
        worker: &WorkerStatus,
        slots: &HashMap<usize, ConnectionState>,
        part: usize,
    ) {
        if worker.state == WorkerState::Throttled {
            return;
        }
        let first = part * self.columns;
        for (column, slot) in (self.left..area.width).zip(first..worker.threads) {
            let (letter, look) = slot_look(slots.get(&slot).copied(), self.style);
            buffer.set_string(area.x + column, area.y + row, letter, look);
        }
    }
}

fn slots_by_number(worker: &WorkerStatus) -> HashMap<usize, ConnectionState> {
    worker.connections.iter().map(|connection| (connection.slot, connection.state)).collect()
}

/// The letter of what a slot does, and how it looks.
fn slot_look(state: Option<ConnectionState>, style: Style) -> (&'static str, Look) {
    let idle = if style.unicode { "·" } else { "." };
    let Some(state) = state else { return (idle, look(Tone::Faint, style)) };
    let (letter, colour) = match state {
        ConnectionState::Reading => ("r", Color::Green),
        ConnectionState::Working => ("x", Color::Cyan),
        ConnectionState::Writing => ("w", Color::Yellow),
        ConnectionState::Closing => ("c", Color::DarkGray),
    };
    (letter, if style.colour { Look::new().fg(Color::Black).bg(colour) } else { Look::new() })
}

/// A row in reverse, with a note at its right end if there is room.
fn draw_heading(buffer: &mut Buffer, area: Rect, heading: Line, note: &str, style: Style) {
    if area.is_empty() {
        return;
    }
    let mut line = heading;
    let room = style.width.saturating_sub(line.width());
    if room > note.len() {
        line.space(room - note.len());
        line.append(Line::plain(note));
    }
    put(buffer, area, 0, &line.cut(style), style);
    let row = Rect { height: 1, ..area };
    // One look for the whole row: its pieces' tones would differ in reverse.
    buffer.set_style(row, Look::reset().add_modifier(Modifier::REVERSED));
}

/// The last row: an error, or what the keys and letters mean.
fn footer(state: &State, style: Style) -> Line {
    if let Some(error) = &state.error {
        return Line::new(Tone::Bad, &format!("no answer: {error}; trying again"));
    }
    if state.shows_help {
        return help();
    }
    let keys = Line::new(Tone::Strong, "q")
        .then(Tone::Faint, " quit  ")
        .then(Tone::Strong, "?")
        .then(Tone::Faint, " help");
    let mut line = Line::default();
    if state.is_paused {
        line = line.then(Tone::Waiting, "paused  ");
    }
    if let Some(status) = &state.status {
        let room = style.width.saturating_sub(line.width() + keys.width() + usize::from(GAP));
        let waits = tables::waits(status).rows(style.with_width(room));
        for waits in waits {
            line.append(waits);
        }
    }
    line.space(style.width.saturating_sub(line.width() + keys.width()));
    line.append(keys);
    line
}

/// What the keys and the letters mean.
fn help() -> Line {
    let step = format!("  curves: {} s a column", STEP.as_secs());
    let entries = [
        ("q", " quit "),
        ("p", " pause "),
        ("arrows PgUp PgDn", " scroll  "),
        ("r", "eading "),
        ("x", " working "),
        ("w", "riting "),
        ("c", "losing"),
        ("", &step),
    ];
    entries.iter().fold(Line::default(), |line, (strong, faint)| {
        line.then(Tone::Strong, strong).then(Tone::Faint, faint)
    })
}

/// Writes a line into a row of an area, if there is such a row.
fn put(buffer: &mut Buffer, area: Rect, row: u16, line: &Line, style: Style) {
    if row >= area.height {
        return;
    }
    let ascii = |text: &str| text.chars().map(|char| if char.is_ascii() { char } else { '?' }).collect();
    let spans = line.pieces().map(|(tone, text)| {
        let text = if style.unicode { text.to_owned() } else { ascii(text) };
        Span::styled(text, look(tone, style))
    });
    let text: Text<'_> = spans.collect();
    buffer.set_line(area.x, area.y + row, &text, area.width);
}

fn look(tone: Tone, style: Style) -> Look {
    let look = Look::new();
    match tone {
        Tone::Strong => look.add_modifier(Modifier::BOLD),
        Tone::Faint => look.add_modifier(Modifier::DIM),
        _ if !style.colour => look,
        Tone::Plain => look,
        Tone::Good => look.fg(Color::Green),
        Tone::Lively => look.fg(Color::Cyan),
        Tone::Waiting => look.fg(Color::Yellow),
        Tone::Bad => look.fg(Color::Red),
    }
}

/// What is no longer certain.
fn greyed(style: Style) -> Look {
    let look = Look::reset();
    if style.colour { look.fg(Color::DarkGray) } else { look.add_modifier(Modifier::DIM) }
}

fn split_top(area: Rect, height: u16) -> (Rect, Rect) {
    let height = height.min(area.height);
    let rest = Rect { y: area.y + height, height: area.height - height, ..area };
    (Rect { height, ..area }, rest)
}

fn split_bottom(area: Rect, height: u16) -> (Rect, Rect) {
    split_top(area, area.height.saturating_sub(height))
}

fn split_left(area: Rect, width: u16) -> (Rect, Rect) {
    let width = width.min(area.width);
    let rest = Rect { x: area.x + width, width: area.width - width, ..area };
    (Rect { width, ..area }, rest)
}

/// A number of rows or columns, as terminals count.
fn rows(number: usize) -> u16 {
    u16::try_from(number).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests;
