//! Runs with lanes that do whatever they like, of which every byte must come back.

use std::mem;

use super::super::batch::count_lines;
use super::super::reader::Reader;
use super::*;

const WINDOW: usize = 1_000;
const CHUNK: usize = 64;

/// Whatever lanes do first, at last every byte has left once, and every line whole.
pub(crate) fn whatever_happens(any_order: bool, lanes: usize, slots: usize, input: &[u8], actions: &[u8]) {
    let (order, lanes, slots) =
        (if any_order { Order::Any } else { Order::Input }, 1 + lanes % 6, 1 + slots % 6);
    let mut play = Play::new(input, order, lanes, u32::MAX);
    for action in actions {
        play.act(action / 6, usize::from(action % 6) % lanes);
    }
    play.finish(slots);
    let expected = input.to_ascii_uppercase();
    assert_eq!(count_lines(&play.output), count_lines(&expected));
    if any_order {
        assert_eq!(sorted_lines(&play.output), sorted_lines(&expected));
    } else {
        assert_eq!(play.output, expected);
    }
}

/// What a lane is doing.
#[derive(Clone)]
enum Acting {
    Connecting,
    Idle,
    Sending(Batch),
}

/// A run with lanes that do whatever they like.
pub(super) struct Play<'a> {
    coordinator: Coordinator,
    reader: Option<Reader<&'a [u8]>>,
    lanes: Vec<Acting>,
    pub(super) output: Vec<u8>,
    now: Duration,
    longest_line: usize,
}

impl<'a> Play<'a> {
    pub(super) fn new(input: &'a [u8], order: Order, lanes: usize, failures: u32) -> Self {
        let limits = Limits {
            window_bytes: WINDOW,
            batch_bytes: CHUNK,
            failures,
            silence: Duration::from_secs(60),
            retry: Duration::from_secs(10),
        };
        Self {
            coordinator: Coordinator::new(lanes, order, limits),
            reader: Some(Reader::new(input, order, CHUNK)),
            lanes: vec![Acting::Connecting; lanes],
            output: Vec::new(),
            now: Duration::ZERO,
            longest_line: input.split(|&byte| byte == b'\n').map(<[u8]>::len).max().unwrap_or_default(),
        }
    }

    fn read(&mut self) {
        let Some(reader) = self.reader.as_mut().filter(|_| self.coordinator.has_room()) else {
            return;
        };
        if let Some(batch) = reader.next().expect("a slice has no errors, and its lines are short") {
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
        assert!(
            bytes + coordinator.unassigned_bytes < WINDOW + CHUNK.max(2 * self.longest_line),
            "no more than the window"
        );
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
    #[cfg(test)]
    pub(super) fn finish_with_short_lives(&mut self, batches: usize, poison: &[u8]) -> Option<Unfinished> {
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

pub(super) fn sorted_lines(text: &[u8]) -> Vec<&[u8]> {
    let mut lines: Vec<&[u8]> = text.split_inclusive(|&byte| byte == b'\n').collect();
    lines.sort_unstable();
    lines
}
