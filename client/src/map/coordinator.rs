//! Who sends which lines, and which of those that came back are next: decisions only, which take the time.
//!
//! The input is cut into batches. Each is *unassigned*, *held* by one lane or more, or *ready*: it has come back as it
//! should. A lane gets a single line until it has echoed one: whoever waits in the server's queue holds no more than
//! that, and another lane may be given the same line. The first right echo counts, whatever else comes is thrown away.

#[cfg(any(test, fuzzing))]
pub(crate) mod play;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::batch::{Batch, cost, count_lines};
use super::unfinished::Unfinished;
use crate::{Failure, Kind, Tally};

/// After this time a line that a queued lane holds is given to a served one even if there are others to send.
const STUCK_FOR_LONG: Duration = Duration::from_secs(1);

/// After this time, lanes of which none has been served may send the same line: one of them may be served.
const STUCK: Duration = Duration::from_millis(100);

/// Whoever has not looked for so long was stopped, or starved, or kept by a blocked output: it cannot know what came.
const LOOK_IS_LATE: Duration = Duration::from_millis(300);

/// In which order the lines leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// As they came in.
    Input,
    /// As soon as they have come back; each line stays whole.
    Any,
}

/// What the coordinator may use up.
#[derive(Debug, Clone)]
pub(super) struct Limits {
    /// The cost of all that was read and has not been written; one chunk more may be read.
    pub(super) window_bytes: usize,
    /// The most that a lane gets at once, but for a single line that is longer.
    pub(super) batch_bytes: usize,
    /// So many times a batch may fail as the first on a connection.
    pub(super) failures: u32,
    /// How long nothing may come back while something is due.
    pub(super) silence: Duration,
    /// For how long a server that is not up is tried again.
    pub(super) retry: Duration,
}

/// What a lane does next.
#[derive(Debug)]
pub(super) enum Task {
    /// Send this, and read its echo.
    Send(Batch),
    /// Ask again when something has changed, or at this time.
    Wait(Option<Duration>),
}

/// What happened, in numbers.
#[derive(Debug, Clone, Default)]
pub(super) struct Counts {
    /// Line ends that were written.
    pub(super) lines: u64,
    /// Bytes that were written, all of them right.
    pub(super) bytes: u64,
    /// Connections that were made.
    pub(super) opened: u64,
    /// Batches that had to be sent again after a failure.
    pub(super) retries: u64,
    /// Lines that were given to another lane because the first one was queued.
    pub(super) handed_on: u64,
    /// How connections ended that were not to end.
    pub(super) failures: Tally,
    /// The first echo that was not what it should have been.
    pub(super) first_wrong: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Connecting,
    /// Connecting has failed at least once since the lane had a connection.
    Retrying,
    /// Connected, and not a byte has come back.
    Queued,
    Served,
}

#[derive(Debug)]
struct Lane {
    stage: Stage,
    /// The offset of what it has sent. It may have come back on another lane.
    holding: Option<u64>,
    /// Whether its connection has echoed something whole.
    has_echoed: bool,
    was_served: bool,
}

#[derive(Debug)]
struct Held {
    batch: Batch,
    lanes: Vec<usize>,
    since: Duration,
}

/// The state of the whole run.
#[derive(Debug)]
pub(super) struct Coordinator {
    order: Order,
    limits: Limits,
    input_ended: bool,
    unassigned: BTreeMap<u64, Batch>,
    unassigned_bytes: usize,
    held: BTreeMap<u64, Held>,
    /// Those of the held that no served lane holds.
    stuck: BTreeSet<u64>,
    ready: BTreeMap<u64, Vec<u8>>,
    /// Where in the input the next byte of the output is, if they are in order.
    next: u64,
    pending_bytes: usize,
    lanes: Vec<Lane>,
    /// When something last came back, or something to do came up.
    moved_at: Duration,
    looked_at: Duration,
    /// Since when no lane has had a connection.
    unreachable_since: Duration,
    unfinished: Option<Unfinished>,
    counts: Counts,
}

impl Coordinator {
    pub(super) fn new(lanes: usize, order: Order, limits: Limits) -> Self {
        let lane = || Lane { stage: Stage::Connecting, holding: None, has_echoed: false, was_served: false };
        Self {
            order,
            limits,
            input_ended: false,
            unassigned: BTreeMap::new(),
            unassigned_bytes: 0,
            held: BTreeMap::new(),
            stuck: BTreeSet::new(),
            ready: BTreeMap::new(),
            next: 0,
            pending_bytes: 0,
            lanes: (0..lanes).map(|_| lane()).collect(),
            moved_at: Duration::ZERO,
            looked_at: Duration::ZERO,
            unreachable_since: Duration::ZERO,
            unfinished: None,
            counts: Counts::default(),
        }
    }

    /// Whether more may be read.
    pub(super) fn has_room(&self) -> bool {
        self.pending_bytes < self.limits.window_bytes
    }

    /// Takes what was read: whole lines, or in order also pieces of one. The offsets follow each other.
    pub(super) fn add(&mut self, batch: Batch, now: Duration) {
        if self.unassigned.is_empty() && self.held.is_empty() {
            self.moved_at = now;
        }
        self.pending_bytes += cost(batch.len());
        self.put_back(batch);
    }

    /// Nothing more will be read.
    pub(super) fn end_input(&mut self) {
        self.input_ended = true;
    }

    /// Whether all that was read has been written, and nothing more will be.
    pub(super) fn is_complete(&self) -> bool {
        self.input_ended && self.pending_bytes == 0
    }

    /// A lane has got a connection.
    pub(super) fn connected(&mut self, lane: usize) {
        self.counts.opened += 1;
        let lane = &mut self.lanes[lane];
        (lane.stage, lane.has_echoed) = (Stage::Queued, false);
    }

    /// A lane has got none. It tries again, unless this is the end.
    pub(super) fn not_connected(&mut self, lane: usize, failure: Failure, now: Duration) {
        self.lanes[lane].stage = Stage::Retrying;
        let nobody_is_connected = self.lanes.iter().all(|lane| lane.stage == Stage::Retrying);
        let is_over = !failure.is_not_up_yet() || now >= self.unreachable_since + self.limits.retry;
        if nobody_is_connected && is_over {
            self.give_up(if self.counts.opened == 0 {
                Unfinished::NoConnection(failure)
            } else {
                Unfinished::Lost(failure)
            });
        }
    }

    /// What a lane that is connected, and that holds nothing, does next.
    pub(super) fn task(&mut self, lane: usize, now: Duration) -> Task {
        let is_served = self.lanes[lane].stage == Stage::Served;
        let stuck = self.stuck.first().copied();
        if let Some(offset) =
            stuck.filter(|&offset| is_served && self.is_held_since(offset, STUCK_FOR_LONG, now))
        {
            return self.hand_on(offset, lane);
        }
        let bytes_max = if is_served { self.share() } else { 1 };
        if let Some((_, batch)) = self.unassigned.pop_first() {
            return self.assign(batch, bytes_max, lane, now);
        }
        match stuck {
            Some(offset) if is_served => self.hand_on(offset, lane),
            Some(_) => self.try_the_same(lane, now),
            None => Task::Wait(None),
        }
    }

    /// The first byte of an echo has come: the lane is served.
    pub(super) fn first_byte(&mut self, lane: usize, now: Duration) {
        self.moved_at = now;
        let lane = &mut self.lanes[lane];
        (lane.stage, lane.was_served) = (Stage::Served, true);
        if let Some(offset) = lane.holding {
            self.stuck.remove(&offset);
        }
    }

    /// What the lane has sent has come back right. It counts if it is the first.
    pub(super) fn echoed(&mut self, lane: usize, echo: Vec<u8>, now: Duration) {
        self.first_byte(lane, now);
        self.lanes[lane].has_echoed = true;
        let offset = self.lanes[lane].holding.take();
        if let Some(offset) = offset
            && self.held.remove(&offset).is_some()
        {
            self.ready.insert(offset, echo);
        }
    }

    /// The lane has lost its connection, or has got something wrong on it.
    pub(super) fn failed(&mut self, lane: usize, failure: &Failure, now: Duration) {
        // A server that closes between two messages is about to leave, or finds us idle: that is its right.
        let was_sent = !matches!(failure, Failure::Closed);
        let was_served = self.lanes[lane].stage == Stage::Served;
        if was_sent || !was_served {
            self.counts.failures.record_failure(failure.kind());
        }
        if matches!(failure.kind(), Kind::Wrong | Kind::Extra) {
            self.counts.first_wrong.get_or_insert_with(|| failure.to_string());
        }
        self.lanes[lane].stage = Stage::Connecting;
        if let Some(offset) = self.lanes[lane].holding.take() {
            self.release(offset, lane, was_served, was_sent.then_some(failure));
        }
        if self.served_and_queued() == (0, 0) {
            self.unreachable_since = now;
        }
    }

    /// What may be written now. It counts as pending until it [has been](Self::written).
    pub(super) fn take_output(&mut self) -> Vec<Vec<u8>> {
        let mut output = Vec::new();
        while let Some(entry) = self.ready.first_entry() {
            let is_next = match self.order {
                Order::Input => *entry.key() == self.next,
                // A line without an end can only be the last one.
                Order::Any => {
                    entry.get().ends_with(b"\n") || (self.unassigned.is_empty() && self.held.is_empty())
                }
            };
            if !is_next {
                break;
            }
            let echo = entry.remove();
            self.next += echo.len() as u64;
            output.push(echo);
        }
        output
    }

    /// This has been written.
    pub(super) fn written(&mut self, output: &[Vec<u8>]) {
        for echo in output {
            self.pending_bytes -= cost(echo.len());
            self.counts.lines += count_lines(echo);
            self.counts.bytes += echo.len() as u64;
        }
    }

    /// Looks at the clock, and is told whether anything has come since the last look.
    ///
    /// It is silent for as long as somebody listens: what came while nobody looked is told by the next look.
    pub(super) fn tick(&mut self, has_moved: bool, now: Duration) {
        let unwatched = now.saturating_sub(self.looked_at);
        self.looked_at = now;
        if unwatched >= LOOK_IS_LATE {
            self.moved_at = now.min(self.moved_at + unwatched);
        }
        let is_due = !(self.unassigned.is_empty() && self.held.is_empty());
        let is_connected = self.served_and_queued() != (0, 0);
        if has_moved || !is_due {
            self.moved_at = now;
        } else if is_connected && now >= self.moved_at + self.limits.silence {
            self.give_up(Unfinished::Silence(self.limits.silence));
        }
    }

    /// Why the run cannot be finished, if that is so.
    pub(super) fn take_unfinished(&mut self) -> Option<Unfinished> {
        self.unfinished.take()
    }

    pub(super) fn counts(&self) -> &Counts {
        &self.counts
    }

    /// How many lanes are served now, and how many wait in the queue.
    pub(super) fn served_and_queued(&self) -> (usize, usize) {
        let count = |stage| self.lanes.iter().filter(|lane| lane.stage == stage).count();
        (count(Stage::Served), count(Stage::Queued))
    }

    /// How many lanes were served at some time.
    pub(super) fn were_served(&self) -> usize {
        self.lanes.iter().filter(|lane| lane.was_served).count()
    }

    /// A fair part of what is there, so that nobody gets all of a little.
    fn share(&self) -> usize {
        let (served, _) = self.served_and_queued();
        (self.unassigned_bytes / served.max(1)).clamp(1, self.limits.batch_bytes)
    }

    fn assign(&mut self, batch: Batch, bytes_max: usize, lane: usize, now: Duration) -> Task {
        self.unassigned_bytes -= batch.len();
        let length = batch.len();
        // Where connections do not last, less at a time has a better chance.
        let bytes_max = (bytes_max >> batch.losses.min(usize::BITS - 1)).max(1);
        let (head, rest) = batch.cut(bytes_max);
        if let Some(rest) = rest {
            self.pending_bytes += cost(head.len()) + cost(rest.len()) - cost(length);
            self.put_back(rest);
        }
        let offset = head.offset();
        if self.lanes[lane].stage != Stage::Served {
            self.stuck.insert(offset);
        }
        self.lanes[lane].holding = Some(offset);
        self.held.insert(offset, Held { batch: head.clone(), lanes: vec![lane], since: now });
        Task::Send(head)
    }

    /// Gives what is stuck to one more lane.
    fn hand_on(&mut self, offset: u64, lane: usize) -> Task {
        let held = self.held.get_mut(&offset).expect("what is stuck is held");
        held.lanes.push(lane);
        self.lanes[lane].holding = Some(offset);
        if self.lanes[lane].stage == Stage::Served {
            self.stuck.remove(&offset);
        }
        self.counts.handed_on += 1;
        Task::Send(held.batch.clone())
    }

    /// Lets a lane that nobody has served yet send what others of its kind have sent: who knows which is served?
    fn try_the_same(&mut self, lane: usize, now: Duration) -> Task {
        let fewest = self.stuck.iter().copied().min_by_key(|offset| self.held[offset].lanes.len());
        match fewest {
            Some(offset) if self.is_held_since(offset, STUCK, now) => self.hand_on(offset, lane),
            _ => Task::Wait(Some(STUCK)),
        }
    }

    fn is_held_since(&self, offset: u64, time: Duration, now: Duration) -> bool {
        now >= self.held[&offset].since + time
    }

    /// Takes a batch from a lane that has lost it by a failure, or that has not sent it.
    fn release(&mut self, offset: u64, lane: usize, was_served: bool, failure: Option<&Failure>) {
        let Some(held) = self.held.get_mut(&offset) else {
            return;
        };
        held.lanes.retain(|&other| other != lane);
        // That several lanes of a queue are lost together, with the same line, is one failure of this line.
        if let Some(failure) = failure.filter(|_| was_served || held.lanes.is_empty()) {
            self.counts.retries += 1;
            held.batch.losses += 1;
            // Some servers end a connection after a while, or after a message. What they leave is not to blame: it
            // comes again, in the end as the first on a connection.
            held.batch.failures += u32::from(!self.lanes[lane].has_echoed);
            if held.batch.failures >= self.limits.failures {
                self.unfinished.get_or_insert(Unfinished::Line {
                    line: held.batch.line(),
                    offset,
                    failures: held.batch.failures,
                    failure: failure.to_string(),
                });
            }
        }
        if held.lanes.is_empty() {
            self.stuck.remove(&offset);
            let held = self.held.remove(&offset).expect("it was there just now");
            self.put_back(held.batch);
        } else if !held.lanes.iter().any(|&lane| self.lanes[lane].stage == Stage::Served) {
            self.stuck.insert(offset);
        }
    }

    fn put_back(&mut self, batch: Batch) {
        self.unassigned_bytes += batch.len();
        self.unassigned.insert(batch.offset(), batch);
    }

    fn give_up(&mut self, unfinished: Unfinished) {
        self.unfinished.get_or_insert(unfinished);
    }
}

#[cfg(test)]
mod tests;
