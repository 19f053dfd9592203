//! The pictures of the page: lines by the number of connections, and a row for each server.

use std::ops::Range;
use std::path::Path;

use plotters::prelude::*;

use crate::peer::Peer;
use crate::results::Results;
use crate::summary::Summary;
use crate::workload::Workload;

/// A picture, and what of the results is in it.
pub(crate) struct Plot {
    pub(crate) file: &'static str,
    pub(crate) title: &'static str,
    axis: &'static str,
    kind: Kind,
    /// What a figure is divided by.
    unit: f64,
}

enum Kind {
    /// A line for each server: this figure of ping-pong, by the number of connections.
    ByConnections(&'static str),
    /// A row for each server, a colour for each of these.
    ByServer(&'static [Series]),
}

type Series = (&'static str, Workload, &'static str);

pub(crate) const PLOTS: [Plot; 5] = [
    Plot {
        file: "cpu-per-message",
        title: "CPU per message of 64 bytes, by connections",
        axis: "µs",
        kind: Kind::ByConnections("cpu_us"),
        unit: 1.0,
    },
    Plot {
        file: "p99",
        title: "99 of 100 messages were back in, by connections",
        axis: "ms",
        kind: Kind::ByConnections("p99_us"),
        unit: 1e3,
    },
    Plot {
        file: "cpu-per-connection",
        title: "CPU per connection: connect, a message, close",
        axis: "µs",
        kind: Kind::ByServer(&[
            ("64 clients", Workload::ShortConnections { clients: 64, threads: 64 }, "cpu_us"),
            ("8 clients", Workload::ShortConnections { clients: 8, threads: 4 }, "cpu_us"),
        ]),
        unit: 1.0,
    },
    Plot {
        file: "saturation",
        title: "From connect to the first byte: 64 clients, 8 slots held for 20 ms each",
        axis: "ms",
        kind: Kind::ByServer(&[
            ("half of them", Workload::Saturation, "p50_us"),
            ("99 of 100", Workload::Saturation, "p99_us"),
            ("all", Workload::Saturation, "max_us"),
        ]),
        unit: 1e3,
    },
    Plot {
        file: "memory",
        title: "Memory for each of so many connections, open and quiet, without the kernel's",
        axis: "kB",
        kind: Kind::ByServer(&[
            ("more than without it", Workload::Memory, "open_kb"),
            ("whole ÷ number", Workload::Memory, "whole_kb"),
        ]),
        unit: 1.0,
    },
];

const SIZE: (u32, u32) = (860, 440);
/// Numbers at an axis, about.
const TICKS: usize = 14;
/// One for each server, told apart by those too who see few colours (Okabe and Ito, and brown).
const COLOURS: [RGBColor; 9] = [
    RGBColor(0x00, 0x00, 0x00),
    RGBColor(0xd5, 0x5e, 0x00),
    RGBColor(0x00, 0x72, 0xb2),
    RGBColor(0x99, 0x99, 0x99),
    RGBColor(0x8c, 0x56, 0x4b),
    RGBColor(0x00, 0x9e, 0x73),
    RGBColor(0xe6, 0x9f, 0x00),
    RGBColor(0x56, 0xb4, 0xe9),
    RGBColor(0xcc, 0x79, 0xa7),
];
const GRID: RGBColor = RGBColor(0xdd, 0xdd, 0xdd);

type Outcome = Result<(), Box<dyn std::error::Error>>;

impl Plot {
    /// Draws it into this folder, if there is anything to draw.
    pub(crate) fn write(&self, folder: &Path, results: &Results, peers: &[Peer]) -> Outcome {
        let path = folder.join(self.file).with_extension("svg");
        let area = SVGBackend::new(&path, SIZE).into_drawing_area();
        area.fill(&WHITE)?;
        match self.kind {
            Kind::ByConnections(figure) => self.lines(&area, figure, results, peers)?,
            Kind::ByServer(series) => self.rows(&area, series, results, peers)?,
        }
        area.present()?;
        Ok(())
    }

    fn lines(&self, area: &Area<'_>, figure: &str, results: &Results, peers: &[Peer]) -> Outcome {
        let line_of = |peer: Peer| -> Vec<(f64, Summary)> {
            let point = |workload| match workload {
                Workload::PingPong(connections) => {
                    let x = f64::from(u32::try_from(connections).ok()?);
                    Some((x, self.scaled(results.get(workload, peer, figure)?)))
                }
                _ => None,
            };
            Workload::ALL.into_iter().filter_map(point).collect()
        };
        let lines: Vec<_> = peers.iter().map(|&peer| (peer, line_of(peer))).collect();
        let Some(range) = range(lines.iter().flat_map(|(_, line)| line).map(|(_, summary)| *summary)) else {
            return Ok(());
        };
        let mut chart = ChartBuilder::on(area)
            .caption(self.title, ("sans-serif", 18))
            .margin(12)
            .margin_right(150)
            .x_label_area_size(44)
            .y_label_area_size(64)
            .build_cartesian_2d((0.9..6000.0).log_scale(), range.log_scale())?;
        chart
            .configure_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(GRID)
            .label_style(("sans-serif", 13))
            .x_desc("connections")
            .y_desc(self.axis)
            .y_labels(TICKS)
            .x_label_formatter(&|value| format!("{value}"))
            .y_label_formatter(&|value| format!("{value}"))
            .draw()?;
        for (index, (peer, line)) in lines.iter().filter(|(_, line)| !line.is_empty()).enumerate() {
            let colour = COLOURS[*peer as usize];
            chart.draw_series(LineSeries::new(
                line.iter().map(|(x, y)| (*x, y.median)),
                colour.stroke_width(2),
            ))?;
            chart.draw_series(line.iter().map(|(x, y)| Circle::new((*x, y.median), 3, colour.filled())))?;
            chart.draw_series(
                line.iter().map(|(x, y)| PathElement::new([(*x, y.least), (*x, y.most)], colour)),
            )?;
            legend(area, index, colour, peer.name())?;
        }
        Ok(())
    }

    fn rows(&self, area: &Area<'_>, series: &[Series], results: &Results, peers: &[Peer]) -> Outcome {
        // Such an axis has no place for nothing.
        let of = |peer: Peer, (_, workload, figure): Series| {
            results.get(workload, peer, figure).map(|it| self.scaled(it)).filter(|it| it.least > 0.0)
        };
        let shown: Vec<Peer> = peers
            .iter()
            .rev()
            .copied()
            .filter(|&peer| series.iter().any(|&one| of(peer, one).is_some()))
            .collect();
        let all = shown.iter().flat_map(|&peer| series.iter().filter_map(move |&one| of(peer, one)));
        let Some(range) = range(all) else { return Ok(()) };
        let mut chart = ChartBuilder::on(area)
            .caption(self.title, ("sans-serif", 18))
            .margin(12)
            .margin_right(150)
            .x_label_area_size(44)
            .y_label_area_size(130)
            .build_cartesian_2d(range.log_scale(), (0..shown.len() - 1).into_segmented())?;
        chart
            .configure_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(GRID)
            .label_style(("sans-serif", 13))
            .x_desc(self.axis)
            .x_labels(TICKS)
            .x_label_formatter(&|value| format!("{value}"))
            .y_label_formatter(&|row| match row {
                SegmentValue::CenterOf(row) => {
                    shown.get(*row).map_or(String::new(), |&peer| label(peer, series, results))
                }
                _ => String::new(),
            })
            .draw()?;
        for (index, &one) in series.iter().enumerate() {
            let colour = COLOURS[[2, 1, 4][index % 3]];
            let dots = || {
                shown
                    .iter()
                    .enumerate()
                    .filter_map(|(row, &peer)| Some((SegmentValue::CenterOf(row), of(peer, one)?)))
            };
            chart.draw_series(dots().map(|(row, it)| {
                PathElement::new([(it.least, row.clone()), (it.most, row)], colour.stroke_width(2))
            }))?;
            chart.draw_series(dots().map(|(row, it)| Circle::new((it.median, row), 5, colour.filled())))?;
            legend(area, index, colour, one.0)?;
        }
        Ok(())
    }

    fn scaled(&self, summary: Summary) -> Summary {
        let Summary { median, least, most } = summary;
        Summary { median: median / self.unit, least: least / self.unit, most: most / self.unit }
    }
}

type Area<'file> = DrawingArea<SVGBackend<'file>, plotters::coord::Shift>;

/// A name of a row, with the number of connections where figures are parts of it: only those of the same number compare.
fn label(peer: Peer, series: &[Series], results: &Results) -> String {
    let number = series.iter().find_map(|&(_, workload, _)| results.get(workload, peer, "connections"));
    number.map_or(peer.name().to_owned(), |number| format!("{}, {}", peer.name(), number.median))
}

/// A name beside the chart, with its colour.
fn legend(area: &Area<'_>, index: usize, colour: RGBColor, name: &str) -> Outcome {
    let (x, y) = (i32::try_from(SIZE.0)? - 138, 50 + 22 * i32::try_from(index)?);
    area.draw(&Circle::new((x, y), 5, colour.filled()))?;
    area.draw(&Text::new(name.to_owned(), (x + 12, y - 7), ("sans-serif", 13)))?;
    Ok(())
}

/// From where to where an axis goes: from a power of ten, where its numbers begin.
fn range(values: impl Iterator<Item = Summary>) -> Option<Range<f64>> {
    let ends =
        values.fold((f64::INFINITY, 0.0_f64), |(least, most), it| (least.min(it.least), most.max(it.most)));
    let (least, most) = ends;
    (least <= most).then(|| 10_f64.powf(least.log10().floor())..most * 1.25)
}
