//! The picture: a moment of all lanes, in lines for a terminal of whatever size.

use std::sync::Arc;
use std::time::Duration;

use ratatui::layout::Size;
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};

use super::axis::Axis;
use super::choice::{Choice, Counts, Folded, choose, is_begun_at};
use super::header::{connections, footer, modified, pool};
use super::lane::{Detail, bar, lasted, look, remark, running, stage_at};
use crate::Address;
use crate::pool::Status;
use crate::terminal::Style;
use crate::watch::{History, LaneHistory, Stage};

/// The lines that are no lanes: two of the header, the axis, the keys.
const FIXED_LINES: usize = 4;

/// A line is left to what was on the terminal before, as a sign that it is still there.
const LINES_LEFT: usize = 1;

/// The longest name of a stage.
const STAGE_WIDTH: usize = 10;
/// The longest running time.
const TIME_WIDTH: usize = 7;
/// The fewest cells of a bar for which more is said of who serves, and the part of the width that it has then.
const BAR_MIN: usize = 16;
const BAR_PART: usize = 3;

/// All that the picture is made of.
pub(super) struct Scene<'a> {
    pub(super) address: &'a Address,
    pub(super) history: &'a History,
    pub(super) moment: &'a Moment,
    pub(super) style: Style,
    pub(super) is_paused: bool,
    /// Whether this picture stays as the last one.
    pub(super) is_over: bool,
}

/// What is shown: everything as it was at that time.
#[derive(Debug, Clone)]
pub(super) struct Moment {
    pub(super) now: Duration,
    pub(super) status: Option<Arc<Status>>,
    /// Whether the server was asked about itself.
    pub(super) is_asked: bool,
}

impl Moment {
    pub(super) fn of(now: Duration, history: &History) -> Self {
        let pool = history.pool();
        Self { now, status: pool.status.clone(), is_asked: pool.is_asked }
    }
}

/// Makes the lines; there are as many as the picture is to be high.
pub(super) fn lines(scene: &Scene<'_>, size: Size) -> Vec<Line<'static>> {
    let (width, height) = (usize::from(size.width), usize::from(size.height));
    let now = scene.moment.now;
    let all = scene.history.lanes();
    let rows = height.saturating_sub(FIXED_LINES + LINES_LEFT).max(1);
    let Choice { shown, folded } = choose(all, now, rows);
    let shown: Vec<(usize, &LaneHistory)> = shown.iter().map(|&index| (index + 1, &all[index])).collect();
    let columns = Columns::new(&shown, now, width);
    let axis = Axis::new(now, columns.bar);

    let begun = all.iter().filter(|lane| is_begun_at(lane, now));
    let mut lines = vec![
        connections(scene, Counts::of(begun.map(|lane| stage_at(lane, now))), width),
        pool(scene, width),
        Line::styled(
            format!("{:1$} {2}", "", columns.number, axis.ticks()),
            modified(Modifier::DIM, scene.style),
        ),
    ];
    lines.extend(shown.iter().map(|&(number, lane)| columns.line(number, lane, axis, scene)));
    if let Some(folded) = folded {
        lines.push(fold_line(&folded, scene.style, width));
    }
    lines.push(footer(scene, width));
    // Where not even this fits, the lanes are what matters.
    let surplus = lines.len().saturating_sub(height.max(1));
    lines.drain(..surplus.min(lines.len() - 1));
    lines.into_iter().map(|line| cut(line, width, scene.style)).collect()
}

/// What is not shown; less of it where there is little room.
fn fold_line(folded: &Folded, style: Style, width: usize) -> Line<'static> {
    let of = |more: &str, longest: &str| {
        let mut line = Line::raw(format!("{} {}{more}: ", style.ellipsis(), folded.counts.all()));
        for (index, (stage, count)) in folded.counts.named().enumerate() {
            line.push_span(if index > 0 { ", " } else { "" });
            line.push_span(Span::styled(format!("{count} {}", stage.name()), look(stage, style)));
            if let (Stage::Queued, Some(time)) = (stage, folded.longest_queued) {
                line.push_span(format!(" ({longest}{})", running(time)));
            }
        }
        line
    };
    let whole = of(" more", "longest ");
    if whole.width() <= width { whole } else { of("", "") }
}

/// How wide each part of a lane's line is.
struct Columns {
    number: usize,
    bar: usize,
    remark: usize,
    detail: Detail,
}

impl Columns {
    fn new(shown: &[(usize, &LaneHistory)], now: Duration, width: usize) -> Self {
        let number = shown.iter().map(|(number, _)| number.to_string().len() + 1).max().unwrap_or(2);
        let longest = |(detail, failed): (Detail, Detail)| {
            let of = |lane| if stage_at(lane, now) == Stage::Failed { failed } else { detail };
            let remarks = shown.iter().map(|(_, lane)| remark(lane, now, of(lane)).chars().count());
            remarks.max().unwrap_or(0)
        };
        // A blank between number and bar, two after the bar, one in the state, two before the remark.
        let room = width.saturating_sub(number + 1 + 2 + STAGE_WIDTH + 1 + TIME_WIDTH);
        let bar_beside = |remark: usize| room.saturating_sub(if remark == 0 { 0 } else { remark + 2 });
        let least_bar = BAR_MIN.max(width / BAR_PART);
        // What failed gets along with less, before others have to.
        let details = [
            (Detail::Whole, Detail::Whole),
            (Detail::Full, Detail::Full),
            (Detail::Full, Detail::Least),
            (Detail::Less, Detail::Least),
        ];
        let details = details.into_iter().find(|&details| bar_beside(longest(details)) >= least_bar);
        let details = details.unwrap_or((Detail::Least, Detail::Least));
        // Even the shortest remark takes no more than half of the room.
        let remark = longest(details).min(room / 2);
        Self { number, bar: bar_beside(remark), remark, detail: details.0 }
    }

    fn line(&self, number: usize, lane: &LaneHistory, axis: Axis, scene: &Scene<'_>) -> Line<'static> {
        let (now, style) = (scene.moment.now, scene.style);
        let stage = stage_at(lane, now);
        let mut text = Line::raw(format!("{:>1$} ", format!("#{number}"), self.number));
        text.extend(bar(lane, axis, now, style));
        let time = running(lasted(lane, now));
        let label = format!("  {:<STAGE_WIDTH$} {time:>TIME_WIDTH$}", stage.name());
        text.push_span(Span::styled(label, look(stage, style)));
        let details = [Detail::Whole, Detail::Full, Detail::Less, Detail::Least];
        let details =
            details.into_iter().skip_while(|&detail| stage != Stage::Failed && detail != self.detail);
        let mut remarks = details.map(|detail| remark(lane, now, detail));
        let shortest = remark(lane, now, Detail::Least);
        let remark = remarks.find(|remark| remark.chars().count() <= self.remark).unwrap_or(shortest);
        if !remark.is_empty() {
            text.push_span(format!("  {}", shortened(&remark, self.remark, style)));
        }
        text
    }
}

/// A text that is no longer than this.
fn shortened(text: &str, width: usize, style: Style) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let left = width.saturating_sub(style.ellipsis().chars().count());
    text.chars().take(left).chain(style.ellipsis().chars()).take(width).collect()
}

/// A line that is no longer than this.
fn cut(line: Line<'static>, width: usize, style: Style) -> Line<'static> {
    if line.width() <= width {
        return line;
    }
    let mut left = width;
    let mut cut = Line::default();
    for span in line.spans {
        let length = span.content.chars().count();
        if length > left || (length == left && cut.width() + length < width) {
            cut.push_span(Span::styled(shortened(&span.content, left, style), span.style));
            break;
        }
        left -= length;
        cut.push_span(span);
    }
    cut
}

#[cfg(test)]
mod tests;
