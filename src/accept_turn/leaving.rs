//! How a worker stops accepting: what becomes of the door, whoever holds it.

use std::time::Instant;

use super::{Mode, Turn, signal};
use crate::channel::Report;
use crate::door::Door;

impl Turn {
    /// Drops the door for good.
    pub(crate) fn close_door(&self, door: Door) {
        drop(door);
        let mut state = self.state();
        state.mode = Mode::Closed;
        self.come_round(&mut state);
        signal(&self.changed);
    }

    /// Accepts until the queue is empty, then closes.
    pub(crate) fn drain(&self) {
        self.leave(Mode::Draining);
    }

    /// Closes the listeners that others serve, and drains the rest.
    pub(crate) fn retire(&self) {
        self.leave(Mode::Retiring);
        // A leader sees to it when it wakes.
        let door = self.state().door.take();
        if let Some(door) = door {
            self.lay_down(door);
        }
    }

    pub(super) fn leave(&self, mode: Mode) {
        let mut state = self.state();
        match state.mode {
            Mode::Accepting => state.mode = mode,
            Mode::Waiting => state.mode = Mode::Closed,
            Mode::Retiring | Mode::Clearing | Mode::Draining | Mode::Closing | Mode::Closed => (),
        }
        drop(state);
        signal(&self.wake);
        signal(&self.changed);
    }

    /// Puts the door down for whoever is next, after the worker was told to leave.
    pub(super) fn lay_down(&self, mut door: Door) {
        if self.retire_door(&mut door) != Mode::Clearing {
            return self.close_door(door);
        }
        let mut state = self.state();
        state.door = Some(door);
        self.call(state, Instant::now());
    }

    /// Leaves to others what they serve, and returns how to go on with the rest.
    pub(super) fn retire_door(&self, door: &mut Door) -> Mode {
        // The one who holds the door does so alone, without the lock, which others need meanwhile.
        let any_left = self.state().mode == Mode::Retiring && door.retire();
        let mut state = self.state();
        if state.mode == Mode::Retiring {
            state.mode = if any_left { Mode::Clearing } else { Mode::Closing };
            state.say(Report::Retired);
            signal(&self.changed);
        }
        state.mode
    }

    /// Accepts no more.
    pub(crate) fn close(&self) {
        let mut state = self.state();
        let door = state.door.take();
        state.mode = match state.mode {
            Mode::Accepting | Mode::Retiring | Mode::Clearing | Mode::Draining if door.is_none() => {
                Mode::Closing
            }
            Mode::Closing => Mode::Closing,
            _ => Mode::Closed,
        };
        self.settle(&mut state);
        drop(state);
        drop(door);
        signal(&self.wake);
        signal(&self.changed);
    }

    /// Wakes the first thread.
    pub(crate) fn call_first(&self) {
        signal(&self.changed);
    }
}
