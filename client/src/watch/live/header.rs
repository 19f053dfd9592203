//! The lines above and below the lanes: what goes on in all, the pool, and the keys.

use std::time::Duration;

use ratatui::style::{Color, Modifier, Style as Look};
use ratatui::text::{Line, Span};

use super::choice::Counts;
use super::lane::{cell, look, running};
use super::picture::Scene;
use crate::pool::Status;
use crate::terminal::Style;
use crate::watch::Stage;
use crate::{human, printable};

/// The most cells of the bar of slots.
const SLOTS_MAX: usize = 40;

/// Within this time a server that tells who serves a connection has told.
const SEATING_PATIENCE: Duration = Duration::from_secs(1);

/// Where to, for how long, and how many connections are how far; less of it where there is little room.
pub(super) fn connections(scene: &Scene<'_>, counts: Counts, width: usize) -> Line<'static> {
    let style = scene.style;
    let mut whole = Line::styled(scene.address.to_string(), modified(Modifier::BOLD, style));
    let time = running(scene.moment.now);
    whole.push_span(Span::styled(format!("  {time}  "), Look::new()));
    let number = human::count(counts.all(), "connection");
    let stages = counts.named().enumerate().flat_map(|(index, (stage, count))| {
        let separator = if index == 0 { "" } else { ", " };
        [Span::raw(separator), Span::styled(format!("{count} {}", stage.name()), look(stage, style))]
    });
    let stages: Line<'static> = stages.collect();
    let mut short = whole.clone();
    whole.push_span(format!("{number}: "));
    whole.extend(stages.spans.clone());
    short.extend(stages.spans.clone());
    let mut shortest = Line::raw(format!("{time}  "));
    shortest.extend(stages.spans);
    let mut all = [whole, short, shortest];
    if scene.is_paused {
        for line in &mut all {
            line.push_span("  ");
            line.push_span(Span::styled("paused", modified(Modifier::REVERSED, style)));
        }
    }
    first_that_fits(all, width)
}

/// The pool: capacity, busy, waiting; less of it where there is little room.
pub(super) fn pool(scene: &Scene<'_>, width: usize) -> Line<'static> {
    let style = scene.style;
    let Some(status) = scene.moment.status.as_deref() else {
        let text = if scene.moment.is_asked {
            "pool unknown: the server does not tell"
        } else {
            "pool not asked yet"
        };
        return Line::styled(text, modified(Modifier::DIM, style));
    };
    let pool = &status.pool;
    let times = if style.unicode { "×" } else { "x" };
    let slots = human::count(pool.capacity, "slot");
    let size = Line::raw(format!("pool {} {times} {}, {slots}", pool.workers, pool.threads));
    if scene.is_over {
        return size;
    }
    let bar = bar(status, style, width);
    let mut load = load(status, style);
    if is_seating_unknown(scene) {
        load.push(Span::styled("; who serves is unknown", modified(Modifier::DIM, style)));
    }
    let mut whole = size.clone();
    if !bar.is_empty() {
        whole.push_span(" ");
        whole.extend(bar);
    }
    let (mut short, mut shortest) = (size, Line::raw(slots));
    for line in [&mut whole, &mut short, &mut shortest] {
        line.push_span(" ");
        line.extend(load.clone());
    }
    first_that_fits([whole, short, shortest], width)
}

/// Whether somebody is served long enough to be told of, and the server tells of nobody: a unix socket has no names, and
/// what stands between the two may have changed them.
fn is_seating_unknown(scene: &Scene<'_>) -> bool {
    let lanes = scene.history.lanes();
    let told_by = |served_at: Duration| served_at + SEATING_PATIENCE <= scene.moment.now;
    lanes.iter().all(|lane| lane.seat.is_none())
        && lanes.iter().any(|lane| lane.served_at.is_some_and(told_by))
}

/// How many are busy and how many wait, and what else is notable.
fn load(status: &Status, style: Style) -> Vec<Span<'static>> {
    let pool = &status.pool;
    let waiting = pool.waiting.map_or("unknown".to_owned(), |waiting| waiting.to_string());
    let is_waiting = pool.waiting.is_some_and(|waiting| waiting > 0);
    let waiting_look = if is_waiting { look(Stage::Queued, style) } else { Look::new() };
    let mut load = vec![
        Span::raw(format!("{} busy, ", pool.busy)),
        Span::styled(format!("{waiting} waiting"), waiting_look),
    ];
    if pool.draining > 0 {
        load.push(Span::raw(format!(", {} draining", pool.draining)));
    }
    if status.master.state != "running" {
        load.push(Span::raw(", "));
        load.push(Span::styled(printable::line(&status.master.state), coloured(Color::Cyan, style)));
    }
    if pool.saturated {
        load.push(Span::raw(", "));
        load.push(Span::styled("saturated", look(Stage::Queued, style)));
    }
    load
}

/// The first of these for which there is room, or else the last.
fn first_that_fits<const COUNT: usize>(lines: [Line<'static>; COUNT], width: usize) -> Line<'static> {
    let mut last = Line::default();
    for line in lines {
        last = line;
        if last.width() <= width {
            break;
        }
    }
    last
}

/// A cell for each slot, as long as they fit.
fn bar(status: &Status, style: Style, width: usize) -> Vec<Span<'static>> {
    let pool = &status.pool;
    if pool.capacity == 0 || pool.capacity > SLOTS_MAX.min(width / 4) {
        return Vec::new();
    }
    let busy = pool.busy.min(pool.capacity);
    let idle = if style.unicode { "·" } else { "." };
    vec![
        Span::raw("["),
        Span::styled(cell(Stage::Served, style).repeat(busy), look(Stage::Served, style)),
        Span::styled(idle.repeat(pool.capacity - busy), modified(Modifier::DIM, style)),
        Span::raw("]"),
    ]
}

/// What the keys do, and what the cells of the bars mean if there is room.
pub(super) fn footer(scene: &Scene<'_>, width: usize) -> Line<'static> {
    if scene.is_over {
        return Line::default();
    }
    let style = scene.style;
    let pause = if scene.is_paused { "p go on" } else { "p pause" };
    let keys = ["a add", "r release", pause, "q quit"].map(|key| {
        let (letter, word) = key.split_at(1);
        [Span::styled(letter.to_owned(), modified(Modifier::BOLD, style)), Span::raw(word.to_owned())]
    });
    let mut line = Line::default();
    for (index, key) in keys.into_iter().enumerate() {
        if index > 0 {
            line.push_span("  ");
        }
        line.extend(key);
    }
    let mut legend = Line::default();
    for stage in [Stage::Connecting, Stage::Queued, Stage::Served, Stage::Failed] {
        legend.push_span(Span::raw("  "));
        legend.push_span(Span::styled(cell(stage, style), look(stage, style)));
        legend.push_span(Span::raw(format!(" {}", stage.name())));
    }
    if line.width() + legend.width() + 2 <= width {
        line.push_span(" ".repeat(width - line.width() - legend.width()));
        line.extend(legend);
    }
    line
}

pub(super) fn modified(modifier: Modifier, style: Style) -> Look {
    if style.colour { Look::new().add_modifier(modifier) } else { Look::new() }
}

fn coloured(colour: Color, style: Style) -> Look {
    if style.colour { Look::new().fg(colour) } else { Look::new() }
}
