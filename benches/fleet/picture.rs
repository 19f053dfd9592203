//! The picture of `docs/fleet.md`: the wait that 99 of 100 do not exceed, by utilisation, for a small fleet.

use std::fmt::Write as _;
use std::{fs, io};

use crate::balancing::{BLIND, SEEING, SMALL, small_fleet};
use crate::simulation::Policy;
use crate::{SERVICE, Scale, row};

/// The measures in which it is drawn.
const SIZE: (f64, f64) = (720.0, 400.0);
const FRAME: Frame = Frame { left: 70.0, right: 550.0, top: 40.0, bottom: 350.0 };

/// From where to where the axes go: utilisations, and waits in seconds, by their logarithm.
const UTILISATIONS: (f64, f64) = (0.5, 1.0);
const WAITS: (f64, f64) = (0.001, 2.0);

/// Uncounted and counted mean service times of a point.
const TIMES: (f64, f64) = (300.0, 40_000.0);

/// One colour for each way, told apart by those too who see few.
const COLOURS: [&str; 5] = ["#d55e00", "#e69f00", "#009e73", "#0072b2", "#000000"];

struct Frame {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
}

impl Frame {
    fn x(&self, utilisation: f64) -> f64 {
        let part = (utilisation - UTILISATIONS.0) / (UTILISATIONS.1 - UTILISATIONS.0);
        self.left + part * (self.right - self.left)
    }

    fn y(&self, wait: f64) -> f64 {
        let part = (wait / WAITS.0).ln() / (WAITS.1 / WAITS.0).ln();
        self.bottom - part * (self.bottom - self.top)
    }
}

/// Plays what it shows, and writes it.
pub(crate) fn write(scale: Scale, path: &str) -> io::Result<()> {
    let ways = BLIND.into_iter().chain(SEEING);
    let lines: Vec<_> = ways.map(|policy| (policy, points(scale, policy))).collect();
    fs::write(path, draw(&lines))
}

/// Utilisations and waits.
fn points(scale: Scale, policy: Policy) -> Vec<(f64, f64)> {
    let utilisations = (50..=94).step_by(2).map(|percent| f64::from(percent) / 100.0);
    let p99 = |utilisation| {
        let waits = scale.play(small_fleet(utilisation, policy), TIMES.0, TIMES.1);
        (utilisation, waits.phase(1).quantile(0.99))
    };
    utilisations.map(p99).filter(|(_, wait)| (WAITS.0..WAITS.1).contains(wait)).collect()
}

fn draw(lines: &[(Policy, Vec<(f64, f64)>)]) -> String {
    let (width, height) = SIZE;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" font-size=\"13\">\n\
         <title>The wait that 99 of 100 do not exceed, by utilisation, for five ways to balance</title>\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>\n"
    );
    axes(&mut svg);
    for ((_, points), colour) in lines.iter().zip(COLOURS) {
        let path: Vec<String> =
            points.iter().map(|(x, y)| format!("{:.1},{:.1}", FRAME.x(*x), FRAME.y(*y))).collect();
        line(
            &mut svg,
            &format!(
                "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2.5\"/>",
                path.join(" ")
            ),
        );
    }
    for ((number, (policy, _)), colour) in (0_u8..).zip(lines).zip(COLOURS) {
        let (x, y) = (FRAME.right + 16.0, FRAME.top + 20.0 + 26.0 * f64::from(number));
        line(&mut svg, &format!("<path d=\"M{x:.1} {y:.1}h20\" stroke=\"{colour}\" stroke-width=\"2.5\"/>"));
        let name = row::name(*policy);
        line(&mut svg, &format!("<text x=\"{:.1}\" y=\"{:.1}\">{name}</text>", x + 26.0, y + 4.0));
    }
    svg + "</svg>\n"
}

/// The grid with its numbers, and what they are.
fn axes(svg: &mut String) {
    let Frame { left, right, top, bottom } = FRAME;
    for percent in (50..=100).step_by(10) {
        let x = FRAME.x(f64::from(percent) / 100.0);
        line(svg, &format!("<path d=\"M{x:.1} {top}V{bottom}\" stroke=\"#ddd\"/>"));
        line(
            svg,
            &format!(
                "<text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{percent} %</text>",
                bottom + 20.0
            ),
        );
    }
    for wait in [0.001, 0.01, 0.1, SERVICE, 1.0] {
        let y = FRAME.y(wait);
        line(svg, &format!("<path d=\"M{left} {y:.1}H{right}\" stroke=\"#ddd\"/>"));
        let name = format!("{} ms", (wait * 1e3).round());
        line(
            svg,
            &format!("<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{name}</text>", left - 8.0, y + 4.0),
        );
    }
    let (replicas, slots) = SMALL;
    let what = format!(
        "99 of 100 wait this long at most: {replicas} × {slots} slots, each held for {:.0} ms (exponential)",
        SERVICE * 1e3
    );
    line(svg, &format!("<text x=\"{left}\" y=\"{:.1}\">{what}</text>", top - 14.0));
    let (x, y) = (f64::midpoint(left, right), bottom + 42.0);
    line(svg, &format!("<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"middle\">utilisation</text>"));
}

fn line(svg: &mut String, text: &str) {
    writeln!(svg, "{text}").expect("a string takes everything");
}
