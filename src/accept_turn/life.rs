//! The sign of life that the master asks for. It is given by who comes round: not by the first thread, which hears the
//! question, but by the thread that leads or is about to. Where nobody has to come, the first thread's word is enough.

use std::time::Instant;

use crate::channel::Report;

use super::{Mode, State, Turn, signal};

/// Whether the master waits for a sign of life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Question {
    None,
    Open,
}

impl Turn {
    /// Asks for a sign of life, which [`Turn::take_reports`] then has.
    pub(crate) fn ask(&self, now: Instant) {
        let mut state = self.state();
        state.question = Question::Open;
        let is_unused = state.door.is_some() && state.coming() == 0;
        if is_unused {
            // It is left for a thread that will be free at once, unless its handler is not as quick as it says.
            self.call(state, now);
        } else {
            drop(state);
            signal(&self.wake);
        }
        self.settle(&mut self.state());
    }

    /// The thread that leads has come round.
    pub(super) fn come_round(&self, state: &mut State) {
        if state.question == Question::Open {
            state.question = Question::None;
            state.say(Report::Alive);
            signal(&self.changed);
        }
    }

    /// Nobody may be there any more who could come round.
    pub(super) fn settle(&self, state: &mut State) {
        let is_awaited = match state.mode {
            Mode::Waiting | Mode::Closed => false,
            Mode::Accepting | Mode::Retiring | Mode::Clearing | Mode::Draining | Mode::Closing => {
                state.door.is_none() || state.coming() > 0
            }
        };
        if !is_awaited {
            self.come_round(state);
        }
    }
}

impl State {
    /// Threads that were called, or started, and have not taken the door yet, which nobody else has.
    fn coming(&self) -> usize {
        self.slots - self.busy - self.idle.len() - self.unmanned.len()
    }
}
