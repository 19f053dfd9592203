//! The last events as a table, the oldest first.

use std::time::Duration;

use super::line::{Line, Tone};
use super::table::{Column, GAP, Table};
use super::{Style, human};
use crate::snapshot::{Event, EventKind};
use crate::sys::WallTime;

/// Where a text would get less than this, the columns go that it repeats.
const TEXT_MIN: usize = 48;

const COLUMNS: [Column; 4] =
    [Column::right("time", 0), Column::left("event", 0), Column::right("worker", 0), Column::left("", 0)];

/// A row for each event, or more if its text is long. `now` and what `clock` takes are seconds since 1970; a time of
/// another day than today has its date.
pub(crate) fn events(
    events: &[Event],
    now: u64,
    clock: impl Fn(u64) -> Option<WallTime>,
    style: Style,
) -> String {
    if events.is_empty() {
        return Line::new(Tone::Faint, "nothing has happened yet").write(style);
    }
    let today = clock(now).map(WallTime::date);
    let time = |event: &Event| {
        let at = Duration::try_from_secs_f64(event.at).unwrap_or_default();
        clock(at.as_secs()).map_or_else(|| "unknown".to_owned(), |time| shown(time, today))
    };
    let mut facts: Vec<[Line; 3]> = events.iter().map(|event| facts(event, &time(event))).collect();
    if room_beside(&facts, style) < TEXT_MIN {
        for [_, kind, worker] in &mut facts {
            (*kind, *worker) = Default::default();
        }
    }
    let room = room_beside(&facts, style);
    let mut table = Table::new(&COLUMNS);
    let mut last = None;
    for (event, facts) in events.iter().zip(facts) {
        let forgotten = last.map_or(0, |last| event.number.saturating_sub(last).saturating_sub(1));
        last = Some(event.number);
        if forgotten > 0 {
            let words = format!("{} and {} more", style.ellipsis(), human::count(forgotten));
            table.row(beside_nothing(Line::new(Tone::Faint, &words)));
        }
        let tone = if tone(event.kind) == Tone::Bad { Tone::Bad } else { Tone::Plain };
        let mut lines = wrapped(&event.text, room).into_iter().map(|line| Line::new(tone, &line));
        table.row(facts.into_iter().chain(lines.next()));
        lines.for_each(|line| table.row(beside_nothing(line)));
    }
    let laid = table.lay(style);
    laid.rows.iter().fold(laid.heading.write(style), |text, line| text + &line.write(style))
}

/// What stands before the text.
fn facts(event: &Event, time: &str) -> [Line; 3] {
    let worker = event.worker.map_or(String::new(), human::size);
    [Line::new(Tone::Faint, time), Line::new(tone(event.kind), &event.kind.to_string()), Line::plain(&worker)]
}

/// How much room they leave for the text.
fn room_beside(facts: &[[Line; 3]], style: Style) -> usize {
    let mut table = Table::new(&COLUMNS);
    for facts in facts {
        table.row(facts.clone());
    }
    style.width.saturating_sub(table.width() + GAP)
}

fn beside_nothing(text: Line) -> [Line; 4] {
    [Line::default(), Line::default(), Line::default(), text]
}

fn shown(time: WallTime, today: Option<(i32, i32, i32)>) -> String {
    let WallTime { year, month, day, hour, minute, second } = time;
    let clock = format!("{hour:02}:{minute:02}:{second:02}");
    if today == Some(time.date()) { clock } else { format!("{year:04}-{month:02}-{day:02} {clock}") }
}

fn tone(kind: EventKind) -> Tone {
    match kind {
        EventKind::Died
        | EventKind::Stuck
        | EventKind::ReloadFailed
        | EventKind::UpgradeFailed
        | EventKind::CrashLoop => Tone::Bad,
        EventKind::SaturationBegin => Tone::Waiting,
        EventKind::Ready
        | EventKind::SaturationEnd
        | EventKind::Reloaded
        | EventKind::Upgraded
        | EventKind::CrashLoopEnd => Tone::Good,
        EventKind::Spawned
        | EventKind::Draining
        | EventKind::Recycled
        | EventKind::ReloadBegin
        | EventKind::Scaled
        | EventKind::Upgrading
        | EventKind::Resting
        | EventKind::Grace
        | EventKind::Stopping => Tone::Lively,
        EventKind::Left => Tone::Faint,
    }
}

/// A text in lines that are as wide as the room, if their words are not wider.
fn wrapped(text: &str, room: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if Line::plain(line).width() + 1 + Line::plain(word).width() <= room => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::face::Limits;
    use crate::printable::tests::any_text;

    const PLAIN: Style = Style { width: 80, colour: false, unicode: true, limits: Limits::NONE };
    const DAY: u64 = 86_400;
    /// 16:27:55 of the second day.
    const NOW: u64 = DAY + 59_275;

    /// A clock of the November in which the time begins.
    fn clock(seconds: u64) -> Option<WallTime> {
        let part = |unit, of| i32::try_from(seconds / unit % of).unwrap();
        let (hour, minute, second) = (part(3600, 24), part(60, 60), part(1, 60));
        let day = 20 + part(DAY, 10);
        (seconds < 10 * DAY).then_some(WallTime { year: 2026, month: 11, day, hour, minute, second })
    }

    fn event(number: u64, kind: EventKind, worker: Option<usize>, text: &str) -> Event {
        #[expect(clippy::cast_precision_loss, reason = "the numbers of the tests are small")]
        let at = (NOW + number) as f64;
        Event { number, at, kind, worker, pid: None, text: text.to_owned() }
    }

    fn life() -> Vec<Event> {
        let died = "worker 0 (pid 8305) was killed by SIGKILL; 2 connections lost; respawning";
        let reload = "generation 2 failed after 1.1ms, the one before serves on: config.toml:3:1: unknown key `workrs`";
        vec![
            event(1, EventKind::Spawned, Some(0), "worker 0 (pid 8305) was forked"),
            event(4, EventKind::Died, Some(0), died),
            event(5, EventKind::ReloadFailed, None, reload),
        ]
    }

    fn shows(life: &[Event], style: Style) -> String {
        events(life, NOW + DAY / 8, clock, style)
    }

    #[test]
    fn the_oldest_is_first_and_nothing_is_cut() {
        let expected = "    time  event          worker
16:27:56  spawned             0  worker 0 (pid 8305) was forked
                                 … and 2 more
16:27:59  died                0  worker 0 (pid 8305) was killed by SIGKILL; 2
                                 connections lost; respawning
16:28:00  reload-failed          generation 2 failed after 1.1ms, the one before
                                 serves on: config.toml:3:1: unknown key `workrs`
";
        assert_eq!(shows(&life(), Style { width: 81, ..PLAIN }), expected);
    }

    #[test]
    fn a_narrow_terminal_gets_time_and_text() {
        let expected = "    time
16:27:59  worker 0 (pid 8305) was killed
          by SIGKILL; 2 connections
          lost; respawning
";
        assert_eq!(shows(&life()[1..2], Style { width: 40, ..PLAIN }), expected);
    }

    #[test]
    fn an_event_of_another_day_has_its_date() {
        let text = events(&life(), NOW + DAY, clock, Style { width: 200, ..PLAIN });
        assert!(text.contains("\n2026-11-21 16:27:56  spawned  "), "{text}");
        let text = events(&life(), NOW, |_| None, PLAIN);
        assert!(text.contains("\nunknown  spawned  "), "{text}");
    }

    #[test]
    fn a_death_is_red() {
        let text = shows(&life(), Style { colour: true, width: 200, ..PLAIN });
        assert!(text.contains("\x1b[36mspawned\x1b[0m"), "{text:?}");
        assert!(text.contains("\x1b[31mdied\x1b[0m") && text.contains("\x1b[31mworker 0 (pid"), "{text:?}");
    }

    #[test]
    fn a_pool_without_events_says_so() {
        assert_eq!(shows(&[], PLAIN), "nothing has happened yet\n");
    }

    proptest! {
        #[test]
        fn no_line_is_too_long_or_steers_the_terminal(
            texts in prop::collection::vec(any_text(), 0..5), width in 40..=200_usize, unicode: bool
        ) {
            let life: Vec<Event> = (1..).zip(&texts).map(|(number, text)| event(2 * number, EventKind::SaturationBegin, Some(1023), text)).collect();
            for line in shows(&life, Style { width, unicode, ..PLAIN }).lines() {
                prop_assert!(Line::plain(line).width() <= width, "{}", line);
                prop_assert!(!line.contains(char::is_control), "{:?}", line);
            }
        }
    }
}
