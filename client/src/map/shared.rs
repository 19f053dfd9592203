//! The coordinator among its threads: who has nothing to do sleeps until there is something.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use super::batch::Batch;
use super::coordinator::{Coordinator, Task};
use super::unfinished::Unfinished;
use crate::Failure;

/// What the threads share.
pub(super) struct Shared {
    state: Mutex<State>,
    started: Instant,
    /// Something to send may have come.
    work: Condvar,
    /// More may be read.
    room: Condvar,
    /// Something to write has come, or the end.
    output: Condvar,
    /// The writer has been told of the end.
    over: Condvar,
    /// The bytes that came back, whether they count or not.
    pub(super) received: AtomicU64,
}

struct State {
    coordinator: Coordinator,
    /// Why the input could not be read.
    input_failure: Option<Unfinished>,
    interrupted: bool,
    is_over: bool,
    received_before: u64,
}

/// What the writer does next.
pub(super) enum Step {
    /// Write this.
    Write(Vec<Vec<u8>>),
    /// Look again; nothing has happened for a while.
    Look,
    /// All that was read is written.
    Complete,
    Interrupted,
    Unfinished(Unfinished),
}

impl Shared {
    pub(super) fn new(coordinator: Coordinator) -> Self {
        Self {
            state: Mutex::new(State {
                coordinator,
                input_failure: None,
                interrupted: false,
                is_over: false,
                received_before: 0,
            }),
            started: Instant::now(),
            work: Condvar::new(),
            room: Condvar::new(),
            output: Condvar::new(),
            over: Condvar::new(),
            received: AtomicU64::new(0),
        }
    }

    /// The time that has passed.
    pub(super) fn now(&self) -> Duration {
        self.started.elapsed()
    }

    /// Looks at the coordinator.
    pub(super) fn with<T>(&self, look: impl FnOnce(&Coordinator) -> T) -> T {
        look(&self.lock().coordinator)
    }

    /// The user has had enough. Whether the writer takes note of it within this time.
    pub(super) fn interrupt(&self, patience: Duration) -> bool {
        let mut state = self.lock();
        state.interrupted = true;
        self.output.notify_one();
        let waited = self.over.wait_timeout_while(state, patience, |state| !state.is_over);
        let (state, _) = waited.expect("nobody panics with the state in hand");
        state.is_over
    }

    /// Waits until there is room, and takes what was read.
    pub(super) fn add(&self, batch: Batch) {
        let mut state = self
            .room
            .wait_while(self.lock(), |state| !state.coordinator.has_room())
            .expect("nobody panics with the state in hand");
        state.coordinator.add(batch, self.now());
        self.work.notify_all();
    }

    /// The input has ended, as it should or not.
    pub(super) fn end_input(&self, failure: Option<Unfinished>) {
        let mut state = self.lock();
        state.coordinator.end_input();
        state.input_failure = failure;
        self.output.notify_one();
    }

    pub(super) fn connected(&self, lane: usize) {
        self.lock().coordinator.connected(lane);
    }

    pub(super) fn not_connected(&self, lane: usize, failure: Failure) {
        self.lock().coordinator.not_connected(lane, failure, self.now());
        self.output.notify_one();
    }

    /// Waits until there is something to send on a lane.
    pub(super) fn task(&self, lane: usize) -> Batch {
        let mut state = self.lock();
        loop {
            match state.coordinator.task(lane, self.now()) {
                Task::Send(batch) => {
                    // A queued lane may have taken what a served one, which sleeps, could send as well.
                    self.work.notify_all();
                    return batch;
                }
                Task::Wait(None) => {
                    state = self.work.wait(state).expect("nobody panics with the state in hand");
                }
                Task::Wait(Some(time)) => {
                    let waited = self.work.wait_timeout(state, time);
                    (state, _) = waited.expect("nobody panics with the state in hand");
                }
            }
        }
    }

    pub(super) fn first_byte(&self, lane: usize) {
        self.lock().coordinator.first_byte(lane, self.now());
    }

    pub(super) fn echoed(&self, lane: usize, echo: Vec<u8>) {
        self.lock().coordinator.echoed(lane, echo, self.now());
        self.output.notify_one();
    }

    pub(super) fn failed(&self, lane: usize, failure: &Failure) {
        self.lock().coordinator.failed(lane, failure, self.now());
        self.work.notify_all();
        self.output.notify_one();
    }

    /// Waits for something to write, but not longer than this; and says that the last has been written.
    pub(super) fn step(&self, written: &[Vec<u8>], time: Duration) -> Step {
        let mut state = self.lock();
        state.coordinator.written(written);
        self.room.notify_one();
        let mut step = self.next(&mut state);
        if step.is_none() {
            let waited = self.output.wait_timeout(state, time);
            (state, _) = waited.expect("nobody panics with the state in hand");
            step = self.next(&mut state);
        }
        let step = step.unwrap_or(Step::Look);
        if !matches!(step, Step::Write(_) | Step::Look) {
            state.is_over = true;
            self.over.notify_one();
        }
        step
    }

    fn next(&self, state: &mut State) -> Option<Step> {
        if state.interrupted {
            return Some(Step::Interrupted);
        }
        let received = self.received.load(Ordering::Relaxed);
        state.coordinator.tick(received != state.received_before, self.now());
        state.received_before = received;
        if let Some(unfinished) = state.coordinator.take_unfinished() {
            return Some(Step::Unfinished(unfinished));
        }
        let output = state.coordinator.take_output();
        if !output.is_empty() {
            return Some(Step::Write(output));
        }
        // What could be read is done, even if not all could.
        let is_complete = state.coordinator.is_complete();
        is_complete.then(|| state.input_failure.take().map_or(Step::Complete, Step::Unfinished))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nobody panics with the state in hand")
    }
}
