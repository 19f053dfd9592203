//! Wakes the loop at a moment, to the microsecond.

use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::time::{Duration, Instant};

use mio::unix::SourceFd;
use mio::{Interest, Registry, Token};
use nix::sys::time::TimeSpec;
use nix::sys::timerfd::{ClockId, Expiration, TimerFd, TimerFlags, TimerSetTimeFlags};

/// A timer of the kernel: the timeout of `epoll_wait` counts in milliseconds, and a request that is sent a
/// millisecond late is a wrong measurement where an echo takes 20 µs.
#[derive(Debug)]
pub(super) struct Timer {
    timer: TimerFd,
    set_to: Option<Instant>,
}

impl Timer {
    /// Not set yet. It wakes with this token, which there is no need to look at.
    pub(super) fn new(registry: &Registry, token: Token) -> io::Result<Self> {
        let timer =
            TimerFd::new(ClockId::CLOCK_MONOTONIC, TimerFlags::TFD_NONBLOCK | TimerFlags::TFD_CLOEXEC)?;
        let descriptor = timer.as_fd().as_raw_fd();
        registry.register(&mut SourceFd(&descriptor), token, Interest::READABLE)?;
        Ok(Self { timer, set_to: None })
    }

    /// Wakes at that moment, or at once if it has passed.
    pub(super) fn wake_at(&mut self, moment: Instant, now: Instant) -> io::Result<()> {
        if self.set_to == Some(moment) {
            return Ok(());
        }
        // A time of 0 would stop the timer.
        let wait = moment.saturating_duration_since(now).max(Duration::from_nanos(1));
        self.timer.set(Expiration::OneShot(TimeSpec::from(wait)), TimerSetTimeFlags::empty())?;
        self.set_to = Some(moment);
        Ok(())
    }
}
