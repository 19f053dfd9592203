//! The picture of some moments, on terminals of some sizes.

use std::num::NonZeroUsize;

use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::*;
use crate::Failure;
use crate::pool::example;
use crate::watch::{Change, Event, Outcome};

const STYLE: Style = Style { width: 80, colour: false, unicode: true };

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn local(lane: usize) -> std::net::SocketAddr {
    ([127, 0, 0, 1], 40_000 + u16::try_from(lane).unwrap()).into()
}

/// So many lanes, of which the first ones are served after 5 ms; the server tells of the first four.
fn saturated(lanes: usize, served: usize) -> History {
    let mut history = History::new(NonZeroUsize::new(lanes).unwrap());
    for lane in 1..=lanes {
        history.record(Event { lane, at: ms(0), what: Change::Connecting });
        history.record(Event { lane, at: ms(1), what: Change::Queued { local: Some(local(lane)) } });
        if lane <= served {
            history.record(Event { lane, at: ms(5), what: Change::Served { first_echo: ms(4) } });
        }
    }
    let peers: Vec<String> = (1..=served.min(4)).map(|lane| local(lane).to_string()).collect();
    let peers: Vec<&str> = peers.iter().map(String::as_str).collect();
    for (lane, seat) in history.look(Some(Arc::new(example::status(&peers, (lanes - served) as u64)))) {
        history.record(Event { lane, at: ms(5), what: Change::Seated(seat) });
    }
    history
}

fn close(history: &mut History, lane: usize, at: u64, failure: Option<Failure>) {
    let what = Change::Closed(Outcome { messages: 1, failure });
    history.record(Event { lane, at: ms(at), what });
}

/// What a terminal of this size shows.
fn picture(history: &History, now: u64, (width, height): (u16, u16), style: Style) -> Vec<String> {
    let moment = Moment::of(ms(now), history);
    let address = Address::default();
    let scene =
        Scene { address: &address, history, moment: &moment, style, is_paused: false, is_over: false };
    let lines = lines(&scene, Size::new(width, height));
    assert!(lines.len() <= usize::from(height), "{} lines in {height}", lines.len());
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal
        .draw(|frame| {
            for (row, line) in frame.area().rows().zip(&lines) {
                frame.render_widget(line, row);
            }
        })
        .unwrap();
    let text = terminal.backend().to_string();
    let rows = text.lines().map(|row| row.trim_matches('"').trim_end().to_owned());
    rows.take(lines.len()).collect()
}

#[test]
fn a_saturated_pool_shows_who_is_served_by_whom_and_who_waits() {
    let history = saturated(6, 4);
    let expected = [
        "127.0.0.1:8080  2.0 s  6 connections: 2 queued, 4 served",
        "pool 2 × 2, 4 slots [████] 4 busy, 2 waiting, saturated",
    ];
    let rows = picture(&history, 2_000, (80, 24), STYLE);
    assert_eq!(rows.len(), 10);
    assert_eq!(rows[..2], expected);
    assert!(rows[3].starts_with("#1 ██") && rows[3].contains("served       1.9 s  worker 0 "), "{rows:#?}");
    assert!(rows[8].starts_with("#6 ▒▒▒") && rows[8].ends_with("queued       1.9 s"), "{rows:#?}");
    assert!(rows[9].starts_with("a add  r release  p pause  q quit"), "{rows:#?}");
    let wide = picture(&history, 2_000, (120, 24), STYLE);
    assert!(wide[6].ends_with("worker 1 (pid 4712) slot 1"), "{wide:#?}");
}

#[test]
fn a_narrow_terminal_has_everything_in_short() {
    let rows = picture(&saturated(6, 4), 2_000, (40, 12), STYLE);
    assert_eq!(rows[0], "2.0 s  2 queued, 4 served");
    assert_eq!(rows[1], "4 slots 4 busy, 2 waiting, saturated");
    assert!(rows[3].ends_with("  w0/0"), "{rows:#?}");
    assert!(rows.iter().all(|row| row.chars().count() <= 40));
}

#[test]
fn what_does_not_fit_is_folded_into_a_line() {
    let rows = picture(&saturated(300, 32), 4_201, (80, 20), STYLE);
    assert_eq!(rows.len(), 19);
    assert!(rows[17].starts_with("… 286 more: 261 queued (longest 4.2 s), 25 served"), "{rows:#?}");
}

#[test]
fn a_lane_that_failed_stays_and_says_why() {
    let mut history = saturated(6, 4);
    close(&mut history, 2, 1_000, Some(Failure::Reset));
    close(&mut history, 3, 1_500, None);
    let rows = picture(&history, 2_000, (100, 24), STYLE);
    assert!(
        rows[4].contains("█×  ")
            && rows[4].ends_with("failed       1.0 s  reset; worker 0 (pid 4711) slot 1"),
        "{rows:#?}"
    );
    assert!(rows[5].contains("closed       1.5 s"), "{rows:#?}");
    assert!(rows[0].ends_with("6 connections: 2 queued, 2 served, 1 closed, 1 failed"), "{rows:#?}");
}

#[test]
fn a_picture_of_the_past_does_not_know_what_came_later() {
    let mut history = saturated(6, 4);
    let before = picture(&history, 2_000, (80, 24), STYLE);
    close(&mut history, 2, 2_500, Some(Failure::Reset));
    history.record(Event { lane: 5, at: ms(2_501), what: Change::Served { first_echo: ms(2_500) } });
    assert_eq!(picture(&history, 2_000, (80, 24), STYLE), before);
}

#[test]
fn a_server_that_tells_nothing_is_unknown_once() {
    let mut history = saturated(6, 0);
    history.look(None);
    let text = picture(&history, 2_000, (80, 24), STYLE).join("\n");
    assert_eq!(text.matches("unknown").count(), 1, "{text}");
}

#[test]
fn a_server_that_tells_nothing_of_who_serves_is_known_by_its_pool_alone() {
    let mut history = saturated(6, 0);
    history.record(Event { lane: 1, at: ms(500), what: Change::Served { first_echo: ms(499) } });
    let pool = |now| picture(&history, now, (120, 24), STYLE)[1].clone();
    assert_eq!(pool(1_000), "pool 2 × 2, 4 slots [····] 0 busy, 6 waiting, saturated");
    assert_eq!(pool(2_000), "pool 2 × 2, 4 slots [····] 0 busy, 6 waiting, saturated; who serves is unknown");
}

#[test]
fn ascii_is_enough_where_the_locale_knows_no_more() {
    let style = Style { unicode: false, ..STYLE };
    let mut history = saturated(300, 32);
    close(&mut history, 2, 1_000, Some(Failure::Reset));
    let text = picture(&history, 2_000, (80, 20), style).join("\n");
    assert!(text.is_ascii(), "{text}");
    assert!(text.contains("####") && text.contains("===="), "{text}");
}

#[test]
fn no_colour_means_no_attribute_at_all() {
    let history = saturated(6, 4);
    let moment = Moment::of(ms(2_000), &history);
    let address = Address::default();
    let looks = |colour| {
        let style = Style { colour, ..STYLE };
        let scene = Scene {
            address: &address,
            history: &history,
            moment: &moment,
            style,
            is_paused: true,
            is_over: false,
        };
        let lines = lines(&scene, Size::new(80, 24));
        let plain = ratatui::style::Style::new();
        lines
            .iter()
            .flat_map(|line| line.spans.iter().map(|span| line.style.patch(span.style)))
            .any(|it| it != plain)
    };
    assert!(looks(true) && !looks(false));
}

#[test]
fn ten_thousand_lanes_make_a_picture_of_the_size_of_the_terminal() {
    let history = saturated(10_000, 4);
    for size in [(40, 12), (80, 24), (200, 50), (10, 3), (1, 1)] {
        let rows = picture(&history, 60_000, size, STYLE);
        assert!(rows.iter().all(|row| row.chars().count() <= usize::from(size.0)), "{rows:#?}");
    }
}
