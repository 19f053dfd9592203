//! The pool in one line, as `systemctl status` shows it.

use std::fmt;
use std::time::Duration;

/// What the pool is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Doing {
    Serving,
    Reloading,
    Upgrading,
    /// It is told to stop, and still accepts.
    Grace,
    /// Its workers have left or are about to, and the master stays.
    Resting,
    Draining,
}

/// The pool at a glance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Glance {
    pub(crate) doing: Doing,
    /// Connections that workers have, those that leave too.
    pub(crate) connections: u64,
    /// Slots that are taken, and all.
    pub(crate) busy: u64,
    pub(crate) capacity: usize,
    /// Connections in the queue.
    pub(crate) waiting: u64,
    /// For how long no slot has been idle.
    pub(crate) saturated: Option<Duration>,
    /// Workers die too often.
    pub(crate) is_degraded: bool,
}

impl fmt::Display for Glance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { connections, busy, capacity, waiting, .. } = self;
        let slots = format_args!("{busy} of {capacity} slots busy, {waiting} waiting");
        match (self.doing, self.saturated) {
            (Doing::Serving, None) => slots.fmt(f),
            (Doing::Serving, Some(time)) => write!(f, "saturated for {}s: {slots}", time.as_secs()),
            (Doing::Reloading, _) => write!(f, "reloading: {slots}"),
            (Doing::Upgrading, _) => write!(f, "upgrading: {slots}"),
            (Doing::Grace, _) => write!(f, "stopping, and still accepting: {slots}"),
            (Doing::Resting, _) => write!(f, "at rest, {connections} connections left, {waiting} waiting"),
            (Doing::Draining, _) => write!(f, "draining, {connections} connections left"),
        }?;
        if self.is_degraded { f.write_str("; degraded: workers die again and again") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_what_matters_in_one_line() {
        let calm = Glance {
            doing: Doing::Serving,
            connections: 5,
            busy: 4,
            capacity: 8,
            waiting: 3,
            saturated: None,
            is_degraded: false,
        };
        assert_eq!(calm.to_string(), "4 of 8 slots busy, 3 waiting");
        let full = Glance { busy: 8, saturated: Some(Duration::from_millis(12_900)), ..calm };
        assert_eq!(full.to_string(), "saturated for 12s: 8 of 8 slots busy, 3 waiting");
        let draining = Glance { doing: Doing::Draining, ..full };
        assert_eq!(draining.to_string(), "draining, 5 connections left");
        let ill = Glance { is_degraded: true, ..calm };
        assert!(ill.to_string().ends_with("3 waiting; degraded: workers die again and again"), "{ill}");
    }
}
