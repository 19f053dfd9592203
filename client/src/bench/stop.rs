//! Ends a run from another thread.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

use mio::{Poll, Token, Waker};

/// Of no lane.
const TOKEN: Token = Token(usize::MAX);

/// Tells the engine that the user has had enough.
#[derive(Debug)]
pub(super) struct Stop {
    is_asked: AtomicBool,
    waker: Waker,
}

impl Stop {
    /// Wakes the loop that waits on this.
    pub(super) fn new(poll: &Poll) -> io::Result<Self> {
        Ok(Self { is_asked: AtomicBool::new(false), waker: Waker::new(poll.registry(), TOKEN)? })
    }

    /// Ends the run now.
    pub(super) fn ask(&self) {
        self.is_asked.store(true, Ordering::Relaxed);
        // A loop that cannot be woken looks at every tick.
        let _ = self.waker.wake();
    }

    /// Whether it is to end.
    pub(super) fn is_asked(&self) -> bool {
        self.is_asked.load(Ordering::Relaxed)
    }
}
