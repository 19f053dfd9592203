//! One worker as the master sees it: where it stands in its life, and what it has said.

use std::io;
use std::os::fd::BorrowedFd;
use std::time::{Duration, Instant};

use nix::unistd::Pid;

use super::{Action, Goal, Pulse};
use crate::channel::{Channel, Order};
use crate::scoreboard::{Effort, Lease, Standing};
use crate::wear::Wear;

/// How long a worker that was told to leave may take beyond its own deadline, before it is killed.
pub(super) const KILL_AFTER: Duration = Duration::from_secs(1);

/// How long a worker may take, by the configuration that it serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Patience {
    /// To get ready.
    pub(crate) start: Option<Duration>,
    /// To leave: for its connections, and to close what is left of them.
    pub(crate) leave: Option<Duration>,
}

/// How long after an order could not be sent it is tried again.
const SEND_AGAIN_AFTER: Duration = Duration::from_millis(100);

/// How long after a worker had no room for the log's file it is sent it again: until a connection of it has ended.
const LOG_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// Which worker is forked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Birth {
    pub(crate) id: usize,
    pub(crate) generation: u64,
    pub(crate) patience: Patience,
    /// The rows of the scoreboard that it writes.
    pub(crate) lease: Lease,
}

/// Where a worker stands in its life. Each stage holds what its deadline needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Forked; has not reported yet.
    Starting,
    /// Able to accept; waits for [`Order::Go`].
    Ready,
    /// Accepts, or would if it had a free slot.
    Accepting { since: Instant },
    /// Accepts until its replacement does: somebody sent it TERM.
    Outgoing,
    /// Was told to leave by this order.
    Leaving { order: Order, kill_at: Option<Instant> },
    /// Was sent SIGKILL; with what is lost by that.
    Killed { loss: Option<Loss> },
}

/// What is lost by an end that nobody wanted. It counts against the id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Loss {
    /// A worker that was not let in yet.
    Birth,
    /// A worker that had accepted for so long.
    Service(Duration),
}

impl Stage {
    /// The stage after a worker reported that it is able to accept.
    pub(crate) fn ready(self) -> Self {
        if self == Self::Starting { Self::Ready } else { self }
    }

    /// What is lost if it ends now; `None` if it was about to leave anyway.
    pub(super) fn loss(self, now: Instant) -> Option<Loss> {
        match self {
            Self::Starting | Self::Ready => Some(Loss::Birth),
            Self::Accepting { since } => Some(Loss::Service(now - since)),
            Self::Outgoing | Self::Leaving { .. } => None,
            Self::Killed { loss } => loss,
        }
    }

    /// The stage after a worker reported that somebody sent it TERM.
    pub(crate) fn outgoing(self) -> Self {
        if matches!(self, Self::Accepting { .. }) { Self::Outgoing } else { self }
    }
}

/// Whom the master tells something.
pub(crate) trait Addressee {
    /// Sends an order, without waiting until there is room for it.
    fn send(&self, order: Order) -> io::Result<()>;
}

impl Addressee for Channel {
    fn send(&self, order: Order) -> io::Result<()> {
        Self::send(self, order)
    }
}

/// A worker process from the perspective of the master.
#[derive(Debug)]
pub(crate) struct WorkerHandle<C = Channel> {
    pub(crate) pid: Pid,
    pub(crate) id: usize,
    pub(crate) generation: u64,
    pub(super) patience: Patience,
    pub(crate) spawned: Instant,
    pub(crate) stage: Stage,
    /// The line to it, until its end has been heard.
    pub(crate) channel: Option<C>,
    /// The rows of the scoreboard that it writes.
    pub(crate) lease: Lease,
    /// The last order that it has to obey and that could not be sent, and when to try again.
    pub(super) unsent: Option<(Order, Instant)>,
    /// It has not been sent where the log goes now, and when to try again.
    pub(super) log_unsent: Option<Instant>,
    /// It has said that it has no idle slot, and was not asked again since.
    pub(crate) told_full: bool,
    /// It no longer accepts where others do.
    pub(crate) retired: bool,
    /// Whether it gives signs of life.
    pub(crate) pulse: Pulse,
    /// When it was asked for a sign of life for the service manager, if it has not given it yet.
    pub(crate) asked: Option<Instant>,
    /// What it had done when it gave the last one.
    pub(super) effort: Effort,
    /// It has served long enough, and waits for a replacement.
    pub(crate) worn: Option<Wear>,
    /// A signal has stopped it: whatever it said, it takes no connection.
    pub(crate) stopped: bool,
    /// The number of departures up to which it has been poked.
    pub(super) poked: u64,
}

impl<C> WorkerHandle<C> {
    pub(super) fn told(&self, order: Order) -> Action {
        Action::Tell { pid: self.pid, order }
    }

    /// What it is told when it is no longer needed, while others serve the queue; `None` if it was told already.
    pub(super) fn sent_away(&self) -> Option<Action> {
        match self.stage {
            Stage::Accepting { .. } | Stage::Outgoing => Some(self.told(Order::Retire)),
            Stage::Starting | Stage::Ready => Some(self.told(Order::Stop)),
            Stage::Leaving { .. } | Stage::Killed { .. } => None,
        }
    }

    /// Where it stands, as far as others care.
    pub(crate) fn standing(&self) -> Standing {
        match self.stage {
            Stage::Starting | Stage::Ready => Standing::Starting,
            Stage::Accepting { .. } | Stage::Outgoing => Standing::Ready,
            Stage::Leaving { .. } | Stage::Killed { .. } => Standing::Draining,
        }
    }

    /// Whether it died before it was let in, and nobody had told it to leave.
    pub(crate) fn is_stillborn(&self) -> bool {
        matches!(self.stage, Stage::Starting | Stage::Ready | Stage::Killed { loss: Some(Loss::Birth) })
    }

    /// Whether it was killed with a generation that was given up before it served. That is no failure of its own.
    pub(crate) fn is_given_up(&self, goal: &Goal) -> bool {
        self.generation > goal.generation && matches!(self.stage, Stage::Killed { .. })
    }

    /// Whether it has to give signs of life. One that leaves may have a deadline anyway.
    pub(super) fn is_watched(&self) -> bool {
        matches!(self.stage, Stage::Accepting { .. } | Stage::Outgoing | Stage::Leaving { kill_at: None, .. })
    }

    /// It has given a sign of life.
    pub(super) fn note_life(&mut self, stuck_after: Option<Duration>, now: Instant) {
        self.asked = None;
        self.pulse.beat(stuck_after, now);
    }

    /// Whether it goes on with its work, having done so much.
    pub(crate) fn goes_on(&mut self, effort: Effort) -> bool {
        effort.goes_on_from(std::mem::replace(&mut self.effort, effort))
    }

    /// Whether it can be asked for a sign of life. Nobody who cannot answer is asked twice: its line would fill.
    pub(crate) fn is_to_answer(&self) -> bool {
        matches!(self.stage, Stage::Accepting { .. } | Stage::Outgoing)
            && !self.stopped
            && self.asked.is_none()
    }

    /// It could not take where the log goes now.
    pub(super) fn note_log_missed(&mut self, now: Instant) {
        self.log_unsent = Some(now + LOG_AGAIN_AFTER);
    }

    /// Whether it takes connections from the queue.
    pub(super) fn serves_queue(&self) -> bool {
        matches!(
            self.stage,
            Stage::Accepting { .. } | Stage::Outgoing | Stage::Leaving { order: Order::Drain, .. }
        )
    }

    /// When it is killed, if it stays in this stage.
    pub(super) fn deadline(&self, goal: &Goal) -> Option<Instant> {
        match self.stage {
            // The next generation has one deadline for all of it.
            Stage::Starting if goal.next.as_ref().is_some_and(|next| next.generation == self.generation) => {
                None
            }
            Stage::Starting => Some(self.spawned + self.patience.start?),
            Stage::Leaving { kill_at, .. } => kill_at,
            Stage::Ready | Stage::Accepting { .. } | Stage::Outgoing | Stage::Killed { .. } => None,
        }
    }
}

impl<C: Addressee> WorkerHandle<C> {
    /// Sends an order. What the worker must not miss is sent again if that fails: its line is full when it has not read for
    /// long, being stopped, or the system lacks memory; or it is dead, and about to be reaped. Of several such orders the last stands for all.
    pub(crate) fn send(&mut self, order: Order, now: Instant) -> bool {
        let Some(channel) = &self.channel else {
            // It is dead, and about to be reaped.
            self.unsent = None;
            return false;
        };
        let is_due = !matches!(order, Order::Poke | Order::Arm | Order::Ask | Order::MakeRoom { .. });
        match channel.send(order) {
            Ok(()) => {
                if is_due {
                    self.unsent = None;
                }
                true
            }
            Err(error) => {
                let (worker, pid) = (self.id, self.pid.as_raw());
                tracing::debug!(worker, pid, "cannot tell the worker {order:?}: {error}");
                if is_due {
                    self.unsent = Some((order, now + SEND_AGAIN_AFTER));
                }
                false
            }
        }
    }
}

impl WorkerHandle {
    /// Sends where the log goes now; false if it has to be sent again.
    pub(crate) fn send_log(&mut self, file: BorrowedFd<'_>, now: Instant) -> bool {
        // Without a line it is dead, and about to be reaped.
        let Some(channel) = &self.channel else { return true };
        let error = channel.send_log(file).err().filter(|error| error.kind() != io::ErrorKind::BrokenPipe);
        self.log_unsent = error.map(|_| now + SEND_AGAIN_AFTER);
        self.log_unsent.is_none()
    }
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsFd;

    use super::*;
    use crate::channel::Received;
    use crate::process_table::ProcessTable;

    #[test]
    fn where_the_log_goes_is_sent_again_to_whoever_did_not_listen() {
        let (ours, theirs) = Channel::pair().unwrap();
        let (mut table, start, pid) = (ProcessTable::new(Instant::now()), Instant::now(), Pid::from_raw(100));
        let patience = Patience { start: None, leave: None };
        table.add(pid, Birth { id: 0, generation: 1, patience, lease: Lease::default() }, ours, start);
        let worker = table.find(pid).unwrap();
        while worker.channel.as_ref().unwrap().send(Order::Poke).is_ok() {}
        assert!(!worker.send_log(io::stderr().as_fd(), start), "its line is full");
        while let Received::Message(Order::Poke) = theirs.receive().unwrap() {}
        table.send_log_again(start);
        assert!(matches!(theirs.receive::<Order>().unwrap(), Received::Nothing), "it is not time yet");
        table.send_log_again(start + SEND_AGAIN_AFTER);
        assert!(matches!(theirs.receive::<Order>().unwrap(), Received::Log(Ok(_))));
        table.send_log_again(start + 2 * SEND_AGAIN_AFTER);
        assert!(matches!(theirs.receive::<Order>().unwrap(), Received::Nothing), "once is enough");
        drop(theirs);
        assert!(table.find(pid).unwrap().send_log(io::stderr().as_fd(), start), "the dead write nowhere");
    }
}
