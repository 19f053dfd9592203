use std::mem;

use proptest::collection::vec;
use proptest::prelude::*;

use super::super::batch::count_lines;
use super::super::reader::Reader;
use super::*;

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

/// What a lane is doing.
#[derive(Clone)]
enum Acting {
    Connecting,
    Idle,
    Sending(Batch),
}

/// A run with lanes that do whatever they like.
struct Play<'a> {
    coordinator: Coordinator,
    reader: Option<Reader<&'a [u8]>>,
    lanes: Vec<Acting>,
    output: Vec<u8>,
    now: Duration,
}

impl<'a> Play<'a> {
    fn new(input: &'a [u8], order: Order, lanes: usize) -> Self {
        let limits = Limits { failures: u32::MAX, window_bytes: 1_000, ..limits() };
        Self {
            coordinator: Coordinator::new(lanes, order, limits),
            reader: Some(Reader::new(input, order, CHUNK)),
            lanes: vec![Acting::Connecting; lanes],
            output: Vec::new(),
            now: Duration::ZERO,
        }
    }

    fn read(&mut self) {
        let Some(reader) = self.reader.as_mut().filter(|_| self.coordinator.has_room()) else {
            return;
        };
        if let Some(batch) = reader.next().unwrap() {
            self.coordinator.add(batch, self.now);
        } else {
            self.coordinator.end_input();
            self.reader = None;
        }
    }

    fn write(&mut self) {
        let output = self.coordinator.take_output();
        self.output.extend(output.iter().flatten());
        self.coordinator.written(&output);
    }

    /// The lane connects, or asks, or has its echo.
    fn proceed(&mut self, lane: usize) {
        match &mut self.lanes[lane] {
            acting @ Acting::Connecting => {
                self.coordinator.connected(lane);
                *acting = Acting::Idle;
            }
            acting @ Acting::Idle => {
                if let Task::Send(batch) = self.coordinator.task(lane, self.now) {
                    *acting = Acting::Sending(batch);
                }
            }
            acting @ Acting::Sending(_) => {
                let Acting::Sending(batch) = mem::replace(acting, Acting::Idle) else { unreachable!() };
                self.coordinator.echoed(lane, batch.bytes().to_ascii_uppercase(), self.now);
            }
        }
    }

    fn lose(&mut self, lane: usize, failure: &Failure) {
        match mem::replace(&mut self.lanes[lane], Acting::Connecting) {
            Acting::Connecting => self.coordinator.not_connected(lane, Failure::Reset, self.now),
            _ => self.coordinator.failed(lane, failure, self.now),
        }
    }

    fn act(&mut self, action: u8, lane: usize) {
        self.now += Duration::from_millis(u64::from(action) * 3);
        match action % 10 {
            0 | 1 => self.read(),
            2 => self.write(),
            3 => self.lose(lane, &Failure::Reset),
            4 => self.lose(lane, &Failure::Closed),
            5 if matches!(self.lanes[lane], Acting::Sending(_)) => {
                self.coordinator.first_byte(lane, self.now);
            }
            _ => self.proceed(lane),
        }
        let coordinator = &self.coordinator;
        let costs = coordinator.unassigned.values().map(Batch::len);
        let costs = costs.chain(coordinator.held.values().map(|held| held.batch.len()));
        let costs = costs.chain(coordinator.ready.values().map(Vec::len)).map(cost);
        assert_eq!(coordinator.pending_bytes, costs.sum::<usize>(), "what is pending is what is there");
        let bytes = coordinator.held.values().map(|held| held.batch.len()).sum::<usize>();
        let bytes = bytes + coordinator.ready.values().map(Vec::len).sum::<usize>();
        assert!(bytes + coordinator.unassigned_bytes < 1_000 + CHUNK.max(200), "no more than the window");
    }

    /// From now on the first lanes are served, and the others wait in a queue in which nothing ever happens.
    fn finish(&mut self, slots: usize) {
        for round in 0..100_000 {
            if self.coordinator.is_complete() {
                return;
            }
            self.now += Duration::from_millis(50);
            self.read();
            self.write();
            for lane in 0..self.lanes.len() {
                let is_served = self.coordinator.lanes[lane].stage == Stage::Served;
                if lane >= slots && is_served {
                    self.lose(lane, &Failure::Reset);
                } else if lane < slots || !matches!(self.lanes[lane], Acting::Sending(_)) {
                    self.proceed(lane);
                }
            }
            assert!(round < 99_999, "it ends");
        }
    }
}

fn sorted_lines(text: &[u8]) -> Vec<&[u8]> {
    let mut lines: Vec<&[u8]> = text.split_inclusive(|&byte| byte == b'\n').collect();
    lines.sort_unstable();
    lines
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn whatever_happens_every_byte_leaves_once_and_every_line_whole(
        input in vec(prop_oneof![2 => Just(b'\n'), 9 => b'a'..=b'z'], 0..1500), any_order: bool,
        lanes in 1..7_usize, slots in 1..7_usize, actions in vec((any::<u8>(), 0..7_usize), 0..600),
    ) {
        let order = if any_order { Order::Any } else { Order::Input };
        let mut play = Play::new(&input, order, lanes);
        for (action, lane) in actions {
            play.act(action, lane % lanes);
        }
        play.finish(slots);
        let expected = input.to_ascii_uppercase();
        prop_assert_eq!(count_lines(&play.output), count_lines(&expected));
        if any_order {
            prop_assert_eq!(sorted_lines(&play.output), sorted_lines(&expected));
        } else {
            prop_assert_eq!(play.output, expected);
        }
    }
}
