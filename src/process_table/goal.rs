//! What the master wants of its workers.

use std::time::{Duration, Instant};

/// What the master wants. Signals and commands edit it, the plan closes the gap between it and the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Goal {
    /// The generation that serves.
    pub(crate) generation: u64,
    /// Its size.
    pub(crate) workers: usize,
    /// The generation that is to take its place.
    pub(crate) next: Option<Next>,
    /// Whether the first workers may accept as soon as all of them are able to.
    pub(crate) may_open: bool,
    /// Whether there is to be a monitor.
    pub(crate) monitor: bool,
    /// How long a worker may be silent that is asked for a sign of life.
    pub(crate) stuck_after: Option<Duration>,
    /// How long the first workers may take to get ready.
    pub(crate) start_timeout: Option<Duration>,
    /// Whether a service manager has the queue when the pool ends: whoever waits is the next one's.
    pub(crate) leaves_queue: bool,
    /// What the pool is there for.
    pub(crate) aim: Aim,
}

/// A generation that gets ready. Until all of it is, it accepts nobody, so it can be given up without a loss.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Next {
    pub(crate) generation: u64,
    pub(crate) workers: usize,
    /// When it is given up.
    pub(crate) deadline: Option<Instant>,
    /// Why it cannot get ready: one of its workers died, or could not be forked.
    pub(crate) failed: Option<String>,
}

impl Goal {
    /// Notes that a worker did not get as far as to accept: the generation for which it was forked fails with it.
    pub(crate) fn note_failed_birth(&mut self, generation: u64, cause: String) {
        if let Some(next) = self.next.as_mut().filter(|next| next.generation == generation) {
            next.failed.get_or_insert(cause);
        }
    }
}

/// What the pool is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Aim {
    /// To serve.
    Serve,
    /// To wait without workers: the master stays, and keeps the listeners.
    Rest,
    /// To serve whoever still comes, until then, and to drain.
    Grace { until: Instant },
    /// To serve who is there, and to end.
    Drain,
    /// To have workers once more for a drain: there are none, and somebody waits.
    Relieve,
    /// To finish the connections that are there, while another master serves the queue, and to end.
    Yield,
    /// To end.
    Stop,
}

impl Aim {
    /// Whether the pool is about to end.
    pub(crate) fn is_end(self) -> bool {
        matches!(self, Self::Grace { .. } | Self::Drain | Self::Relieve | Self::Yield | Self::Stop)
    }
}
