use super::*;

mod play;

const WINDOW: usize = 4_000;
const CHUNK: usize = 64;

fn limits() -> Limits {
    Limits {
        window_bytes: WINDOW,
        batch_bytes: CHUNK,
        failures: 3,
        silence: Duration::from_secs(60),
        retry: Duration::from_secs(10),
    }
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn batch(text: &str) -> Batch {
    Batch::new(text.as_bytes().to_vec(), 0, 1)
}

/// A coordinator with this input, and lanes that are connected.
fn coordinator(text: &str, lanes: usize) -> Coordinator {
    let mut coordinator = Coordinator::new(lanes, Order::Input, limits());
    coordinator.add(batch(text), Duration::ZERO);
    coordinator.end_input();
    (0..lanes).for_each(|lane| coordinator.connected(lane));
    coordinator
}

/// What a lane is given, which must be something.
#[track_caller]
fn given(coordinator: &mut Coordinator, lane: usize, now: Duration) -> String {
    match coordinator.task(lane, now) {
        Task::Send(batch) => String::from_utf8(batch.bytes().to_vec()).unwrap(),
        Task::Wait(time) => panic!("lane {lane} waits: {time:?}"),
    }
}

fn echo(coordinator: &mut Coordinator, lane: usize, text: &str) {
    coordinator.echoed(lane, text.to_uppercase().into_bytes(), Duration::ZERO);
}

fn output(coordinator: &mut Coordinator) -> String {
    let output = coordinator.take_output();
    coordinator.written(&output);
    String::from_utf8(output.concat()).unwrap()
}

#[test]
fn a_lane_gets_a_line_and_more_only_once_that_has_come_back() {
    let mut coordinator = coordinator("a\nb\nc\nd\n", 1);
    assert_eq!(given(&mut coordinator, 0, Duration::ZERO), "a\n");
    echo(&mut coordinator, 0, "a\n");
    assert_eq!(given(&mut coordinator, 0, Duration::ZERO), "b\nc\nd\n");
}

#[test]
fn what_a_queued_lane_holds_goes_to_a_served_one_and_its_late_echo_is_thrown_away() {
    let mut coordinator = coordinator("a\nb\n", 2);
    assert_eq!(given(&mut coordinator, 0, Duration::ZERO), "a\n");
    assert_eq!(given(&mut coordinator, 1, Duration::ZERO), "b\n");
    echo(&mut coordinator, 1, "b\n");
    assert_eq!(output(&mut coordinator), "");
    assert_eq!(given(&mut coordinator, 1, Duration::ZERO), "a\n");
    echo(&mut coordinator, 1, "a\n");
    assert_eq!(output(&mut coordinator), "A\nB\n");
    assert!(coordinator.is_complete());
    echo(&mut coordinator, 0, "a\n");
    assert_eq!(output(&mut coordinator), "");
    assert_eq!(coordinator.counts().handed_on, 1);
}

#[test]
fn new_lines_come_first_until_the_queued_one_has_waited_for_long() {
    for (now, expected) in [(seconds(0), "b\n"), (seconds(2), "a\n")] {
        let mut coordinator = coordinator("a\nx\nb\n", 2);
        assert_eq!(given(&mut coordinator, 0, Duration::ZERO), "a\n");
        assert_eq!(given(&mut coordinator, 1, Duration::ZERO), "x\n");
        echo(&mut coordinator, 1, "x\n");
        assert_eq!(given(&mut coordinator, 1, now), expected);
    }
}

#[test]
fn among_lanes_of_which_none_is_served_the_same_line_is_tried_by_all() {
    let mut coordinator = coordinator("a\n", 2);
    assert_eq!(given(&mut coordinator, 0, Duration::ZERO), "a\n");
    assert!(matches!(coordinator.task(1, Duration::ZERO), Task::Wait(Some(STUCK))));
    assert_eq!(given(&mut coordinator, 1, STUCK), "a\n");
}

#[test]
fn what_a_served_lane_is_working_at_is_left_to_it() {
    let mut coordinator = coordinator("a\nb\n", 2);
    assert_eq!(given(&mut coordinator, 0, Duration::ZERO), "a\n");
    assert_eq!(given(&mut coordinator, 1, Duration::ZERO), "b\n");
    coordinator.first_byte(0, Duration::ZERO);
    echo(&mut coordinator, 1, "b\n");
    assert!(matches!(coordinator.task(1, seconds(5)), Task::Wait(None)));
}

#[test]
fn a_line_that_fails_too_often_ends_it_with_its_number() {
    let mut coordinator = coordinator("a\nb\n", 1);
    assert_eq!(given(&mut coordinator, 0, Duration::ZERO), "a\n");
    echo(&mut coordinator, 0, "a\n");
    coordinator.failed(0, &Failure::Closed, Duration::ZERO);
    coordinator.connected(0);
    for _ in 0..3 {
        assert!(coordinator.take_unfinished().is_none());
        assert_eq!(given(&mut coordinator, 0, Duration::ZERO), "b\n");
        coordinator.failed(0, &Failure::Reset, Duration::ZERO);
        coordinator.connected(0);
    }
    let unfinished = coordinator.take_unfinished().unwrap();
    assert!(matches!(unfinished, Unfinished::Line { line: 2, offset: 2, failures: 3, .. }), "{unfinished:?}");
    assert_eq!(coordinator.counts().retries, 3);
}

#[test]
fn a_line_that_is_lost_behind_another_one_has_not_failed() {
    let mut coordinator = coordinator("a\nb\n", 1);
    assert_eq!(given(&mut coordinator, 0, Duration::ZERO), "a\n");
    echo(&mut coordinator, 0, "a\n");
    assert_eq!(given(&mut coordinator, 0, Duration::ZERO), "b\n");
    coordinator.failed(0, &Failure::Reset, Duration::ZERO);
    assert_eq!((coordinator.counts().retries, coordinator.unassigned[&2].failures), (1, 0));
    coordinator.connected(0);
    assert_eq!(given(&mut coordinator, 0, Duration::ZERO), "b\n");
    // A part of an echo is none.
    coordinator.first_byte(0, Duration::ZERO);
    coordinator.failed(0, &Failure::Reset, Duration::ZERO);
    assert_eq!((coordinator.counts().retries, coordinator.unassigned[&2].failures), (2, 1));
}

#[test]
fn what_has_failed_is_tried_in_smaller_parts() {
    let mut coordinator = coordinator("a\nb\nc\nd\ne\n", 1);
    assert_eq!(given(&mut coordinator, 0, Duration::ZERO), "a\n");
    echo(&mut coordinator, 0, "a\n");
    for expected in ["b\nc\nd\ne\n", "b\nc\n", "b\n"] {
        assert_eq!(given(&mut coordinator, 0, Duration::ZERO), expected);
        coordinator.first_byte(0, Duration::ZERO);
        coordinator.failed(0, &Failure::Reset, Duration::ZERO);
        coordinator.connected(0);
        coordinator.first_byte(0, Duration::ZERO);
    }
}

#[test]
fn a_queue_that_is_reset_is_one_failure_of_its_line() {
    let mut coordinator = coordinator("a\n", 8);
    for (lane, now) in (0..8).zip(0..) {
        assert_eq!(given(&mut coordinator, lane, seconds(now)), "a\n");
    }
    (0..8).for_each(|lane| coordinator.failed(lane, &Failure::Reset, seconds(8)));
    assert_eq!((coordinator.counts().retries, coordinator.counts().failures.failed()), (1, 8));
    assert!(coordinator.take_unfinished().is_none());
}

#[test]
fn a_server_that_closes_between_two_messages_has_not_failed() {
    let mut coordinator = coordinator("a\nb\n", 1);
    assert_eq!(given(&mut coordinator, 0, Duration::ZERO), "a\n");
    echo(&mut coordinator, 0, "a\n");
    for _ in 0..10 {
        assert_eq!(given(&mut coordinator, 0, Duration::ZERO), "b\n");
        coordinator.first_byte(0, Duration::ZERO);
        coordinator.failed(0, &Failure::Closed, Duration::ZERO);
        coordinator.connected(0);
    }
    assert!(coordinator.take_unfinished().is_none());
    assert_eq!((coordinator.counts().retries, coordinator.counts().failures.failed()), (0, 0));
}

#[test]
fn nobody_gets_all_of_a_little() {
    let mut coordinator = coordinator("a\nb\nc\nd\ne\nf\n", 2);
    for (lane, line) in [(0, "a\n"), (1, "b\n")] {
        assert_eq!(given(&mut coordinator, lane, Duration::ZERO), line);
    }
    for (lane, line) in [(0, "a\n"), (1, "b\n")] {
        echo(&mut coordinator, lane, line);
    }
    assert_eq!(given(&mut coordinator, 0, Duration::ZERO), "c\nd\n");
    assert_eq!(given(&mut coordinator, 1, Duration::ZERO), "e\n");
}

#[test]
fn a_server_that_is_not_up_is_given_its_time() {
    let mut coordinator = Coordinator::new(2, Order::Input, limits());
    for (lane, now, is_over) in [(0, 0, false), (1, 5, false), (0, 9, false), (1, 10, true)] {
        coordinator.not_connected(lane, Failure::Refused, seconds(now));
        let unfinished = coordinator.take_unfinished();
        assert_eq!(matches!(unfinished, Some(Unfinished::NoConnection(Failure::Refused))), is_over);
    }
}

#[test]
fn a_lost_server_is_given_its_time_from_when_it_was_lost() {
    let mut coordinator = coordinator("a\n", 1);
    coordinator.failed(0, &Failure::Reset, seconds(100));
    coordinator.not_connected(0, Failure::Refused, seconds(109));
    assert!(coordinator.take_unfinished().is_none());
    coordinator.not_connected(0, Failure::Refused, seconds(110));
    assert!(matches!(coordinator.take_unfinished(), Some(Unfinished::Lost(Failure::Refused))));
}

#[test]
fn one_lane_without_a_connection_is_no_reason_to_give_up() {
    let mut coordinator = Coordinator::new(2, Order::Input, limits());
    coordinator.connected(0);
    coordinator.not_connected(1, Failure::Refused, seconds(100));
    assert!(coordinator.take_unfinished().is_none());
}

/// Looks at the clock as often as it should be done, from after one moment to another, and nothing comes.
fn listen(coordinator: &mut Coordinator, from: Duration, to: Duration) {
    let mut now = from;
    while now < to {
        now += Duration::from_millis(100);
        coordinator.tick(false, now);
    }
}

/// A coordinator that has looked at 1000 s, when a line was sent.
fn sent_at_1000() -> Coordinator {
    let mut coordinator = Coordinator::new(1, Order::Input, limits());
    coordinator.connected(0);
    coordinator.tick(false, seconds(1_000));
    coordinator.add(batch("a\n"), seconds(1_000));
    given(&mut coordinator, 0, seconds(1_000));
    coordinator
}

#[test]
fn silence_ends_it_only_while_something_is_due() {
    let mut coordinator = Coordinator::new(1, Order::Input, limits());
    coordinator.connected(0);
    listen(&mut coordinator, seconds(0), seconds(100));
    assert!(coordinator.take_unfinished().is_none());
    let mut coordinator = sent_at_1000();
    listen(&mut coordinator, seconds(1_000), seconds(1_049));
    coordinator.tick(true, seconds(1_049));
    listen(&mut coordinator, seconds(1_049), seconds(1_108));
    assert!(coordinator.take_unfinished().is_none());
    listen(&mut coordinator, seconds(1_108), seconds(1_109));
    assert!(matches!(coordinator.take_unfinished(), Some(Unfinished::Silence(_))));
}

#[test]
fn a_time_in_which_nobody_looked_was_not_silent() {
    let mut coordinator = sent_at_1000();
    listen(&mut coordinator, seconds(1_000), seconds(1_059));
    coordinator.tick(false, seconds(1_500));
    listen(&mut coordinator, seconds(1_500), Duration::from_millis(1_500_900));
    assert!(coordinator.take_unfinished().is_none());
    listen(&mut coordinator, Duration::from_millis(1_500_900), seconds(1_501));
    assert!(matches!(coordinator.take_unfinished(), Some(Unfinished::Silence(_))));
}
