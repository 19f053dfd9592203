//! Rows of cells in columns, the least important of which go when there is little room.

use super::Style;
use super::line::{Line, Tone};

/// Between two columns.
pub(crate) const GAP: usize = 2;

/// What is known of a column before it has cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Column {
    title: &'static str,
    /// Whether its cells end where it ends, as numbers do.
    is_right: bool,
    /// The greatest go first, together. Zero never goes, but may be cut.
    rank: u8,
}

impl Column {
    /// A column of text.
    pub(crate) const fn left(title: &'static str, rank: u8) -> Self {
        Self { title, is_right: false, rank }
    }

    /// A column of numbers.
    pub(crate) const fn right(title: &'static str, rank: u8) -> Self {
        Self { title, is_right: true, rank }
    }
}

/// Cells in rows and columns.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    columns: &'static [Column],
    rows: Vec<Vec<Line>>,
}

/// A table in lines.
#[derive(Debug, Clone)]
pub(crate) struct Laid {
    pub(crate) heading: Line,
    /// One for each row.
    pub(crate) rows: Vec<Line>,
}

impl Table {
    /// A table without rows.
    pub(crate) fn new(columns: &'static [Column]) -> Self {
        Self { columns, rows: Vec::new() }
    }

    /// Adds a row: a cell for each column, from the left; those that lack are empty.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = Line>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// The lines that fit.
    pub(crate) fn lay(&self, style: Style) -> Laid {
        let widths = self.widths(style.width);
        let titles: Vec<Line> =
            self.columns.iter().map(|column| Line::new(Tone::Faint, column.title)).collect();
        Laid {
            heading: self.line(&titles, &widths, style),
            rows: self.rows.iter().map(|row| self.line(row, &widths, style)).collect(),
        }
    }

    /// Just the rows that fit.
    pub(crate) fn rows(&self, style: Style) -> Vec<Line> {
        self.lay(style).rows
    }

    /// The width of its lines where there is room.
    pub(crate) fn width(&self) -> usize {
        total(&self.widths(usize::MAX))
    }

    /// The width of each column; of one that goes, or has nothing in it, none.
    fn widths(&self, room: usize) -> Vec<Option<usize>> {
        let width = |(index, column): (usize, &Column)| {
            let widest = self.rows.iter().filter_map(|row| row.get(index)).map(Line::width).max()?;
            (widest > 0).then(|| widest.max(Line::plain(column.title).width()))
        };
        let mut widths: Vec<Option<usize>> = self.columns.iter().enumerate().map(width).collect();
        while total(&widths) > room {
            let kept = self.columns.iter().zip(&widths).filter(|(_, width)| width.is_some());
            let Some(least) = kept.map(|(column, _)| column.rank).max().filter(|rank| *rank > 0) else {
                break;
            };
            for (column, width) in self.columns.iter().zip(&mut widths) {
                *width = width.filter(|_| column.rank < least);
            }
        }
        while total(&widths) > room {
            let Some(widest) = widths.iter_mut().flatten().max().filter(|width| **width > 1) else { break };
            *widest -= 1;
        }
        widths
    }

    fn line(&self, cells: &[Line], widths: &[Option<usize>], style: Style) -> Line {
        let mut line = Line::default();
        // Where the next cell may begin. Spaces are added only before something, so no line ends in any.
        let (mut start, mut end) = (0, 0);
        for ((cell, width), column) in cells.iter().zip(widths).zip(self.columns) {
            let Some(width) = *width else { continue };
            let cell = cell.clone().cut(style.with_width(width));
            let cell_width = cell.width();
            if cell_width > 0 {
                let shift = if column.is_right { width - cell_width } else { 0 };
                line.space(start + shift - end);
                line.append(cell);
                end = start + shift + cell_width;
            }
            start += width + GAP;
        }
        line.cut(style)
    }
}

/// The width of all columns, with what is between them.
fn total(widths: &[Option<usize>]) -> usize {
    widths.iter().flatten().map(|width| width + GAP).sum::<usize>().saturating_sub(GAP)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::face::Limits;

    const COLUMNS: [Column; 4] =
        [Column::left("peer", 0), Column::right("waited", 0), Column::right("sent", 2), Column::left("", 1)];

    fn text(width: usize) -> String {
        let style = Style { width, colour: false, unicode: true, limits: Limits::GLANCE };
        let mut table = Table::new(&COLUMNS);
        table.row(["127.0.0.1:9", "3.2 s", "6 B", ""].map(Line::plain));
        table.row(["127.0.0.1:10", "12 s", "600 B", "closed"].map(Line::plain));
        let laid = table.lay(style);
        std::iter::once(&laid.heading).chain(&laid.rows).map(|line| line.write(style)).collect()
    }

    #[test]
    fn with_room_all_columns_are_shown() {
        let lines = [
            "peer          waited   sent\n",
            "127.0.0.1:9    3.2 s    6 B\n",
            "127.0.0.1:10    12 s  600 B  closed\n",
        ];
        assert_eq!(text(35), lines.concat());
    }

    #[test]
    fn the_least_important_columns_go_first() {
        let lines = ["peer          waited\n", "127.0.0.1:9    3.2 s\n", "127.0.0.1:10    12 s  closed\n"];
        assert_eq!(text(34), lines.concat());
        let lines = ["peer          waited\n", "127.0.0.1:9    3.2 s\n", "127.0.0.1:10    12 s\n"];
        assert_eq!(text(27), lines.concat());
    }

    #[test]
    fn what_never_goes_is_cut() {
        assert_eq!(text(18), "peer        waited\n127.0.0.1…   3.2 s\n127.0.0.1…    12 s\n");
    }

    #[test]
    fn an_empty_column_takes_no_room() {
        let style = Style { width: 40, colour: false, unicode: true, limits: Limits::GLANCE };
        let mut table = Table::new(&COLUMNS);
        table.row([Line::plain("a"), Line::default(), Line::plain("b")]);
        assert_eq!(table.rows(style)[0].write(style), "a        b\n");
    }
}
