//! Runs with lanes that do whatever they like, of which every byte must come back.

use std::mem;

use proptest::collection::vec;
use proptest::prelude::*;

use super::super::super::batch::count_lines;
use super::super::super::reader::Reader;
use super::*;

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
    fn new(input: &'a [u8], order: Order, lanes: usize, failures: u32) -> Self {
        let limits = Limits { failures, window_bytes: 1_000, ..limits() };
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

    /// From now on each connection echoes so many batches and is then reset, and at once where one has this text.
    fn finish_with_short_lives(&mut self, batches: usize, poison: &[u8]) -> Option<Unfinished> {
        let mut echoed = vec![0; self.lanes.len()];
        for _ in 0..100_000 {
            if self.coordinator.is_complete() {
                return None;
            }
            self.now += Duration::from_millis(50);
            self.read();
            self.write();
            for (lane, echoed) in echoed.iter_mut().enumerate() {
                let Acting::Sending(batch) = &self.lanes[lane] else {
                    self.proceed(lane);
                    continue;
                };
                let is_poisoned = batch.bytes().windows(poison.len()).any(|text| text == poison);
                if is_poisoned || *echoed == batches {
                    *echoed = 0;
                    self.lose(lane, &Failure::Reset);
                } else {
                    *echoed += 1;
                    self.proceed(lane);
                }
            }
            if let Some(unfinished) = self.coordinator.take_unfinished() {
                return Some(unfinished);
            }
        }
        panic!("it does not end");
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
        let mut play = Play::new(&input, order, lanes, u32::MAX);
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

    #[test]
    fn connections_of_a_short_life_are_enough_and_only_a_line_that_ends_them_all_is_too_much(
        count in 1..300_usize, any_order: bool, lanes in 1..7_usize, batches in 1..4_usize, poison in 0..600_usize,
    ) {
        let order = if any_order { Order::Any } else { Order::Input };
        let input: Vec<u8> = (0..count).flat_map(|line| format!("line {line}\n").into_bytes()).collect();
        let mut play = Play::new(&input, order, lanes, 3);
        match play.finish_with_short_lives(batches, format!(" {poison}\n").as_bytes()) {
            None => {
                prop_assert!(poison >= count);
                let expected = input.to_ascii_uppercase();
                prop_assert_eq!(sorted_lines(&play.output), sorted_lines(&expected));
                prop_assert!(any_order || play.output == expected);
            }
            Some(Unfinished::Line { line, failures, .. }) => {
                prop_assert_eq!((line, failures), (poison as u64 + 1, 3));
            }
            Some(other) => panic!("{other:?}"),
        }
    }
}
