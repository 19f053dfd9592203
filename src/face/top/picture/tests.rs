//! What is drawn, in terminals of all sizes.

use std::time::Duration;

use proptest::prelude::*;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::*;
use crate::face::{Limits, example};

const STYLE: Style = Style { width: 80, colour: true, unicode: true, limits: Limits::GLANCE };

fn state(status: Status, style: Style) -> State {
    let mut state = State::new(style);
    state.take(Ok(status), Duration::ZERO);
    state
}

fn drawn(state: &State, width: u16, height: u16) -> Buffer {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| draw(frame, state)).unwrap();
    terminal.backend().buffer().clone()
}

/// The text of a picture, a line for each row.
fn text(state: &State, width: u16, height: u16) -> String {
    let buffer = drawn(state, width, height);
    let rows = buffer.content.chunks(usize::from(width.max(1)));
    let lines = rows.map(|row| row.iter().map(ratatui::buffer::Cell::symbol).collect::<String>());
    lines.fold(String::new(), |text, line| text + line.trim_end() + "\n")
}

#[test]
fn who_was_refused_or_ended_is_told_below_the_queues_however_many_these_are() {
    let mut status = example::busy(2, 2, 1, 0);
    status.listeners = vec![example::listener("127.0.0.1:8080", Some(0)); 9];
    status.refused.per_peer = 12;
    status.ended.idle = 3;
    let text = text(&state(status, STYLE), 80, 24);
    assert_eq!(text.lines().filter(|line| line.contains("127.0.0.1:8080")).count(), 3, "{text}");
    assert!(text.contains("\nrefused  12 per peer\nended  3 idle\n"), "{text}");
}

#[test]
fn a_saturated_pool() {
    let mut state = state(example::busy(2, 2, 1, 0), STYLE);
    state.take(Ok(example::busy(2, 2, 2, 6)), Duration::from_secs(3));
    let expected = "\
running  pid 8304  generation 1  up 12m 05s  prefork-echo 0.1.0
pool   [████]  4/4 busy  saturated for 12 s
queue  127.0.0.1:8080  6 waiting of 511  longest 3.2 s  0 vanished  0 dropped
busy, of 4                                                                  ▄··█
waiting, up to 6                                                             ··█
waiting          waited  sent
127.0.0.1:52710   3.2 s   6 B
127.0.0.1:52711   2.9 s   6 B  half-closed
127.0.0.1:52712   2.7 s   6 B
127.0.0.1:52713   2.5 s   6 B
127.0.0.1:52714   2.3 s   6 B
127.0.0.1:52715   2.2 s   6 B  half-closed
worker   pid  state  busy  accepted       in      out   uptime  slots
0       8305  ready  2/2      1,204  12.3 kB  12.3 kB  12m 04s  rx
1       8306  ready  2/2      1,204  12.3 kB  12.3 kB  12m 04s  xr








waits  p50 0 ms  p90 1.2 s  p99 3.1 s  max 3.4 s                  q quit  ? help
";
    assert_eq!(text(&state, 80, 24), expected);
}

#[test]
fn a_tiny_terminal_in_ascii() {
    let state = state(example::busy(2, 2, 2, 6), Style { unicode: false, colour: false, ..STYLE });
    let expected = "\
running  pid 8304
4/4 busy
127.0....  6 wait...
waiting       waited
127.0.0.1...   3.2 s
worker  busy  slots
0       2/2   rx
m...  q quit  ? help
";
    assert_eq!(text(&state, 20, 8), expected);
}

#[test]
fn slots_have_the_letter_and_the_colour_of_their_state() {
    let buffer = drawn(&state(example::busy(1, 6, 5, 0), STYLE), 80, 20);
    let row = (0..20).find(|row| buffer[(0, *row)].symbol() == "0").unwrap();
    let slots: Vec<(&str, Color)> = (0..80)
        .map(|column| &buffer[(column, row)])
        .skip_while(|cell| cell.bg == Color::Reset)
        .take(6)
        .map(|cell| (cell.symbol(), cell.bg))
        .collect();
    let (reading, working) = (("r", Color::Green), ("x", Color::Cyan));
    let (writing, closing) = (("w", Color::Yellow), ("c", Color::DarkGray));
    assert_eq!(slots, [reading, working, reading, writing, closing, ("·", Color::Reset)]);
}

#[test]
fn without_an_answer_the_last_picture_turns_grey() {
    let mut state = state(example::busy(2, 2, 2, 6), STYLE);
    state.take(Err("connection refused\x1b[2J".to_owned()), Duration::from_secs(1));
    let buffer = drawn(&state, 80, 24);
    let last_row = 80 * 23;
    assert!(buffer.content[..last_row].iter().all(|cell| cell.fg == Color::DarkGray));
    let text = text(&state, 80, 24);
    assert!(text.starts_with("running  pid 8304"));
    assert!(text.ends_with("no answer: connection refused\u{fffd}[2J; trying again\n"), "{text}");
}

#[test]
fn before_the_first_answer_there_is_an_error_alone() {
    let mut state = State::new(STYLE);
    state.take(Err("connection refused".to_owned()), Duration::ZERO);
    assert_eq!(text(&state, 60, 3), "no answer yet\n\nno answer: connection refused; trying again\n");
}

#[test]
fn many_slots_take_several_rows_and_all_can_be_reached() {
    let mut state = state(example::busy(8, 256, 100, 0), STYLE);
    let extent = extent(Size::new(80, 24), &state);
    assert!(extent.all > extent.shown);
    state.press(KeyEvent::new(KeyCode::End, KeyModifiers::NONE), extent);
    let text = text(&state, 80, 24);
    assert!(text.contains(&format!("-{0} of {0}\n", extent.all)), "{text}");
    assert!(text.contains("\n7 "), "{text}");
}

#[test]
fn help_and_pause_are_seen() {
    let mut state = state(example::idle(2, 2), STYLE);
    for (key, seen) in
        [('p', "\npaused  waits"), ('?', "\nq quit p pause arrows PgUp PgDn scroll  reading x working")]
    {
        state.press(KeyEvent::new(KeyCode::Char(key), KeyModifiers::NONE), Extent { all: 2, shown: 2 });
        assert!(text(&state, 80, 24).contains(seen));
    }
}

proptest! {
    #[test]
    fn any_pool_fits_any_terminal(
        pool in example::whatever(), width in 1..300_u16, height in 1..100_u16, unicode: bool, colour: bool,
        scrolled: usize, fails: bool, shows_help: bool
    ) {
        let mut state = state(pool, Style { colour, unicode, ..STYLE });
        (state.scrolled, state.shows_help) = (scrolled, shows_help);
        if fails {
            state.take(Err("\u{9b}no".to_owned()), Duration::MAX);
        }
        let extent = extent(Size::new(width, height), &state);
        prop_assert!(extent.shown < usize::from(height));
        let text = text(&state, width, height);
        prop_assert!(unicode || text.is_ascii());
        prop_assert!(!text.contains(|char: char| char.is_control() && char != '\n'));
    }
}
