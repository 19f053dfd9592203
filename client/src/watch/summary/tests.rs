//! What the summary makes of the lives of lanes.

use super::*;
use crate::Failure;
use crate::pool::example;

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn served(first: u64) -> LaneHistory {
    LaneHistory {
        connected_at: Some(ms(1)),
        served_at: Some(ms(1 + first)),
        closed_at: Some(ms(5_000)),
        first_echo: Some(ms(first)),
        later_echoes: vec![ms(1)],
        messages: 2,
        ..LaneHistory::default()
    }
}

fn queued() -> LaneHistory {
    LaneHistory { connected_at: Some(ms(2)), ..LaneHistory::default() }
}

fn broken(failure: Failure) -> LaneHistory {
    LaneHistory { closed_at: Some(ms(3_002)), failure: Some(failure), ..queued() }
}

fn summary(lanes: &[LaneHistory], pool: Option<&Pool>, end: End) -> Summary {
    sum_up(lanes, pool, &Address::default(), ms(4_002), end)
}

fn sentence(lanes: &[LaneHistory]) -> String {
    summary(lanes, None, End::Complete).sentence()
}

#[test]
fn the_sentence_says_how_many_waited_and_for_how_long() {
    let lanes = [served(1), served(2), served(2_311), served(1_001)];
    assert_eq!(sentence(&lanes), "2 of 4 connections waited; longest 2.31 s (estimated)");
    assert_eq!(sentence(&lanes[..2]), "none of 2 connections waited");
    assert_eq!(sentence(&lanes[..1]), "none of 1 connection waited");
}

#[test]
fn a_service_time_that_one_notices_is_mentioned() {
    let lane = LaneHistory { later_echoes: vec![ms(500)], ..served(2_000) };
    let expected = "1 of 1 connection waited; longest 1.50 s (estimated, not counting 500 ms of service)";
    assert_eq!(sentence(&[lane]), expected);
}

#[test]
fn failures_are_counted_by_kind() {
    let lanes = [served(1), broken(Failure::Reset), broken(Failure::Reset), broken(Failure::Refused)];
    let expected = "none of 4 connections waited; 3 failed: 1 refused, 2 reset";
    assert_eq!(sentence(&lanes), expected);
}

#[test]
fn who_was_broken_off_before_an_echo_may_have_waited() {
    let lanes = [broken(Failure::Reset), broken(Failure::Reset)];
    assert_eq!(sentence(&lanes), "none of 2 connections had an echo; 2 failed: 2 reset");
}

#[test]
fn whoever_waits_at_an_interrupt_has_waited_until_then() {
    let expected = "interrupted after 4.00 s: 1 of 2 connections waited; longest 4.00 s (estimated); \
                    1 still waiting";
    assert_eq!(summary(&[served(1), queued()], None, End::Interrupted).sentence(), expected);
}

#[test]
fn an_interrupt_before_any_connection_says_so() {
    let lanes = [LaneHistory::default(), LaneHistory::default()];
    assert_eq!(
        summary(&lanes, None, End::Interrupted).sentence(),
        "interrupted after 4.00 s: none of 2 connections was made"
    );
}

#[test]
fn a_timeout_was_a_wait_and_a_reset_was_none() {
    let timeout = Failure::Timeout { silence: ms(3_000), got: 0, expected: 5 };
    let summary = summary(&[broken(timeout), broken(Failure::Reset)], None, End::Complete);
    assert_eq!(summary.lanes[0].wait, Some(ms(3_000)));
    assert_eq!(summary.lanes[1].wait, None);
}

#[test]
fn the_sentence_says_why_if_the_server_tells() {
    let pool = example::status(&[], 0).pool;
    let sentence = |lanes: &[LaneHistory]| summary(lanes, Some(&pool), End::Complete).sentence();
    let lanes = [served(1), served(2), served(1), served(1), served(1_001)];
    let expected = "1 of 5 connections waited, since the pool has 4 slots; longest 1.00 s (estimated)";
    assert_eq!(sentence(&lanes), expected);
    assert_eq!(sentence(&lanes[..4]), "none of 4 connections waited: the pool has 4 slots");
    // With a slot for each, it was somebody else, or something else.
    assert_eq!(sentence(&lanes[3..]), "1 of 2 connections waited; longest 1.00 s (estimated)");
}

fn told(first: u64, queue_wait_seconds: f64) -> LaneHistory {
    let seat = Seat { worker: 0, pid: Some(9), slot: 1, queue_wait_seconds: Some(queue_wait_seconds) };
    LaneHistory { seat: Some(seat), ..served(first) }
}

#[test]
fn a_slow_first_service_is_no_wait_where_the_server_tells() {
    let lanes = [told(869, 0.0), told(640, 0.0)];
    assert_eq!(sentence(&lanes), "none of 2 connections waited");
    assert_eq!(sentence(&[told(2_000, 1.5), told(869, 0.0)]), "1 of 2 connections waited; longest 1.50 s");
    // The rest is estimated.
    let lanes = [told(869, 0.0), served(900), served(1)];
    assert_eq!(sentence(&lanes), "1 of 3 connections waited; longest 899 ms (estimated)");
}

#[test]
fn a_wait_that_the_server_tells_is_no_longer_than_the_time_to_the_echo() {
    let wait = |lane: LaneHistory| summary(&[lane], None, End::Interrupted).lanes[0].wait;
    assert_eq!(wait(told(400, 0.401)), Some(ms(400)));
    let unanswered = LaneHistory { served_at: None, closed_at: None, first_echo: None, ..told(0, 0.25) };
    assert_eq!(wait(unanswered), Some(ms(250)));
}

#[test]
fn the_first_echo_is_split_for_those_of_whom_the_server_told() {
    let lanes = [served(1), told(1_000, 0.9)];
    let times = summary(&lanes, None, End::Complete).times;
    let one = |spread: Option<Spread>| spread.map(|spread| (spread.count, spread.max));
    assert_eq!(one(times.queue), Some((1, ms(900))));
    assert_eq!(one(times.first_service), Some((1, ms(100))));
    assert_eq!(one(times.first_echo), Some((2, ms(1_000))));
    assert_eq!(one(times.later_service), Some((2, ms(1))));
    assert_eq!(one(times.connect), None);
}
