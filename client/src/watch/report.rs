//! The summary as text: a table of times, a histogram, and the sentence that says what happened.

use std::fmt;
use std::time::Duration;

use super::scale::{label, round_up};
use super::{Spread, Summary};
use crate::human;
use crate::terminal::Style;

/// The most rows of the histogram.
const HISTOGRAM_ROWS: u32 = 8;

/// From here on there is room for all columns of the table, or for most.
const WIDTH_ALL: usize = 78;
const WIDTH_MOST: usize = 60;

/// A summary, made for an output.
pub(super) struct Report<'a> {
    summary: &'a Summary,
    style: Style,
}

/// A column of the table: its heading, and what it shows of a row.
type Column = (&'static str, fn(&Spread) -> String);

const COUNT: Column = ("n", |spread| spread.count.to_string());
const MIN: Column = ("min", |spread| human::time(spread.min));
const MEAN: Column = ("mean", |spread| human::time(spread.mean));
const P50: Column = ("p50", |spread| human::time(spread.p50));
const P90: Column = ("p90", |spread| human::time(spread.p90));
const P99: Column = ("p99", |spread| human::time(spread.p99));
const MAX: Column = ("max", |spread| human::time(spread.max));

impl<'a> Report<'a> {
    pub(super) fn new(summary: &'a Summary, style: Style) -> Self {
        Self { summary, style }
    }

    /// The rows of the table, with what each is called.
    fn rows(&self) -> Vec<(&'static str, Spread)> {
        let times = &self.summary.times;
        let together = if self.is_split() { None } else { times.first_echo };
        [
            ("connect", times.connect),
            ("queued", times.queue),
            ("first service", times.first_service),
            ("queue + service", together),
            ("later service", times.later_service),
            ("total", times.total),
        ]
        .into_iter()
        .filter_map(|(name, spread)| Some((name, spread?)))
        .collect()
    }

    /// Whether the server told of every lane that was served how long it was queued.
    fn is_split(&self) -> bool {
        let count = |spread: Option<Spread>| spread.map_or(0, |spread| spread.count);
        count(self.summary.times.queue) == count(self.summary.times.first_echo)
    }

    fn write_table(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = self.rows();
        let columns: &[Column] = match self.style.width {
            WIDTH_ALL.. => &[COUNT, MIN, MEAN, P50, P90, P99, MAX],
            WIDTH_MOST.. => &[MIN, MEAN, P50, P99, MAX],
            _ => &[P50, P99, MAX],
        };
        let name_width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        let width = |column: &Column| if column.0 == COUNT.0 { 7 } else { 8 };
        write!(f, "{:name_width$}", "")?;
        columns.iter().try_for_each(|column| write!(f, "{:>1$}", column.0, width(column)))?;
        writeln!(f)?;
        for (name, spread) in rows {
            write!(f, "{name:name_width$}")?;
            columns.iter().try_for_each(|column| write!(f, "{:>1$}", column.1(&spread), width(column)))?;
            writeln!(f)?;
        }
        Ok(())
    }

    /// What has to be known to read the table.
    fn note(&self) -> Option<String> {
        let echoed = self.summary.times.first_echo?.count;
        match self.summary.times.queue.map_or(0, |queue| queue.count) {
            0 => Some("(the server did not tell how long each was queued)".to_owned()),
            told if told < echoed => {
                Some(format!("(the server told of {told} of {echoed} how long they were queued)"))
            }
            _ => None,
        }
    }

    fn write_histogram(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let times: Vec<Duration> = self.summary.lanes.iter().filter_map(|lane| lane.first_echo).collect();
        if times.len() < 2 {
            return Ok(());
        }
        let buckets = Buckets::of(&times);
        let labels: Vec<String> =
            (0..buckets.counts.len()).map(|index| buckets.label(index, self.style)).collect();
        let label_width = labels.iter().map(|label| label.chars().count()).max().unwrap_or(0);
        let most = buckets.counts.iter().max().copied().unwrap_or(1).max(1);
        let number_width = most.to_string().len();
        let room = self.style.width.saturating_sub(label_width + number_width + 3).min(60);
        writeln!(f, "time to the first echo")?;
        for (label, &count) in labels.iter().zip(&buckets.counts) {
            // Whatever there is one of is seen.
            let cells = (count * room).div_ceil(most).min(room);
            let bar =
                if self.style.unicode { "█" } else { "#" }.repeat(if most <= room { count } else { cells });
            let padding = label_width - label.chars().count();
            let line = format!("{:padding$}{label} {count:>number_width$} {bar}", "");
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.summary.connected() > 0 {
            self.write_table(f)?;
            if let Some(note) = self.note() {
                writeln!(f, "{}", human::wrapped(&note, self.style.width, 0))?;
            }
            writeln!(f)?;
            self.write_histogram(f)?;
            if self.summary.served() > 1 {
                writeln!(f)?;
            }
        }
        writeln!(f, "{}", human::wrapped(&self.summary.sentence(), self.style.width, 0))
    }
}

/// Counts of times in steps of the same round length, from zero to the longest.
struct Buckets {
    step: Duration,
    counts: Vec<usize>,
}

impl Buckets {
    fn of(times: &[Duration]) -> Self {
        let longest = times.iter().max().copied().unwrap_or_default();
        let step = round_up((longest / HISTOGRAM_ROWS).max(Duration::from_micros(1)));
        let index =
            |time: &Duration| usize::try_from(time.as_nanos() / step.as_nanos()).unwrap_or(usize::MAX);
        let mut counts = vec![0; index(&longest) + 1];
        for time in times {
            counts[index(time)] += 1;
        }
        Self { step, counts }
    }

    /// What a bucket holds: `200 – 400 ms`.
    fn label(&self, index: usize, style: Style) -> String {
        let edge = |index: usize| label(self.step * u32::try_from(index).unwrap_or(u32::MAX));
        let (from, to) = (edge(index), edge(index + 1));
        let dash = if style.unicode { "–" } else { "-" };
        format!("{from} {dash} {to}")
    }
}

#[cfg(test)]
mod tests;
