//! What the report looks like.

use std::num::NonZeroUsize;
use std::sync::Arc;

use super::*;
use crate::watch::{Change, End, Event, History, Outcome};
use crate::{Address, pool::example};

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Four lanes are served at once and two after a second; the server tells of those with these ports.
fn summary(told: &[&str]) -> Summary {
    let mut history = History::new(NonZeroUsize::new(6).unwrap());
    let mut event = |lane: usize, at: u64, what| history.record(Event { lane, at: ms(at), what });
    for lane in 1..=6 {
        let first_echo = if lane <= 4 { 1 } else { 1_000 };
        let local = Some(([127, 0, 0, 1], 40_000 + u16::try_from(lane).unwrap()).into());
        event(lane, 0, Change::Connecting);
        event(lane, 1, Change::Queued { local });
        event(lane, 1 + first_echo, Change::Served { first_echo: ms(first_echo) });
        event(lane, 1_001 + first_echo, Change::Closed(Outcome { messages: 1, failure: None }));
    }
    for (lane, seat) in history.look(Some(Arc::new(example::status(told, 0)))) {
        history.record(Event { lane, at: ms(5), what: Change::Seated(seat) });
    }
    history.summary(&Address::default(), ms(2_001), End::Complete)
}

fn report(told: &[&str], width: usize, unicode: bool) -> String {
    Report::new(&summary(told), Style { width, colour: false, unicode }).to_string()
}

#[test]
fn without_a_word_of_the_server_queue_and_service_are_one() {
    let expected = "                     \
                     n     min    mean     p50     p90     p99     max
connect              6 1.00 ms 1.00 ms 1.00 ms 1.00 ms 1.00 ms 1.00 ms
queue + service      6 1.00 ms  334 ms 1.00 ms  1.00 s  1.00 s  1.00 s
total                6  1.00 s  1.33 s  1.00 s  2.00 s  2.00 s  2.00 s
(the server did not tell how long each was queued)

time to the first echo
     0 – 200 ms 4 ████
200 ms – 400 ms 0
400 ms – 600 ms 0
600 ms – 800 ms 0
   800 ms – 1 s 0
    1 s – 1.2 s 2 ██

2 of 6 connections waited, since the pool has 4 slots; longest 999 ms
(estimated)
";
    assert_eq!(report(&[], 80, true), expected);
}

#[test]
fn where_the_server_tells_they_are_two() {
    let all: Vec<String> = (1..=6).map(|lane| format!("127.0.0.1:{}", 40_000 + lane)).collect();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    let text = report(&all[..2], 80, true);
    assert!(text.contains("(the server told of 2 of 6 how long they were queued)"), "{text}");
    assert!(text.contains("\nqueued ") && text.contains("\nqueue + service "), "{text}");
    let text = report(&all[..4], 80, true);
    assert!(text.contains("told of 4 of 6"), "{text}");
}

#[test]
fn no_line_is_longer_than_the_output_is_wide() {
    for width in [40, 60, 78, 200] {
        let text = report(&["127.0.0.1:40001"], width, true);
        assert!(text.lines().all(|line| line.chars().count() <= width), "{width}\n{text}");
    }
}

#[test]
fn ascii_is_enough() {
    assert!(report(&["127.0.0.1:40001"], 80, false).is_ascii());
}

#[test]
fn a_bar_has_a_cell_for_each_while_they_fit_and_everybody_is_counted() {
    let times: Vec<Duration> = (0..1_000).map(|index| ms(index * 3)).collect();
    let buckets = Buckets::of(&times);
    assert_eq!(buckets.step, ms(500));
    assert_eq!(buckets.counts.iter().sum::<usize>(), 1_000);
    assert!(buckets.counts.len() <= 10);
    assert_eq!(Buckets::of(&[Duration::ZERO]).counts, [1]);
}
