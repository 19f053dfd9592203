//! Since when the peer of a slot has said nothing, where silence may cost it the slot while others wait.

use std::sync::atomic::{AtomicU64, Ordering};

use zerocopy::FromZeros;

use crate::sys::Moment;

/// The silence in one slot: none, or since when, or that its connection was told to go.
///
/// The slot's thread begins and ends a silence, the worker's first thread turns one into a farewell, and the master reads.
/// A slot that was told stays so until its next connection: until then there is room, or about to be.
///
/// All agree on the order of the changes of one word, whatever their ordering, and an exchange finds the last of them. What
/// it has to agree with besides is the socket in the slot: a lock is around that one. So a plain store at the begin of a
/// wait is enough, and no other word needs to be seen in one order with this.
#[derive(Debug, Default, FromZeros)]
#[repr(transparent)]
pub(crate) struct Silence(AtomicU64);

/// A connection that does not wait for its peer, or no connection.
const NONE: u64 = 0;
/// No moment: it is 584 years after the clock's start.
const TOLD: u64 = u64::MAX;

impl Silence {
    /// The slot has another connection.
    pub(crate) fn clear(&self) {
        self.0.store(NONE, Ordering::Release);
    }

    /// The slot's thread waits for its peer from now on.
    pub(crate) fn begin(&self, now: Moment) {
        // Nobody else changes it as long as there is no silence.
        if self.0.load(Ordering::Acquire) == NONE {
            self.0.store(now.nanos(), Ordering::Release);
        }
    }

    /// The wait is over.
    pub(crate) fn end(&self) {
        let since = self.0.load(Ordering::Acquire);
        if since != TOLD {
            // It fails if it is told at this moment.
            let _ = self.0.compare_exchange(since, NONE, Ordering::AcqRel, Ordering::Acquire);
        }
    }

    /// Tells the connection to go, if it is silent since then, and whether it was. Its thread has to be woken.
    pub(crate) fn tell(&self, since: Moment) -> bool {
        self.0.compare_exchange(since.nanos(), TOLD, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    /// The peer was found not to be silent since then: its silence begins now, if it has not ended.
    pub(crate) fn put_off(&self, since: Moment, now: Moment) {
        // It fails if it speaks at this moment.
        let _ = self.0.compare_exchange(since.nanos(), now.nanos(), Ordering::AcqRel, Ordering::Acquire);
    }

    /// Whether the connection was told to go.
    pub(crate) fn is_told(&self) -> bool {
        self.0.load(Ordering::Acquire) == TOLD
    }

    /// Since when the peer is silent, if it is, and its connection was not told to go.
    pub(crate) fn since(&self) -> Option<Moment> {
        let since = self.0.load(Ordering::Acquire);
        (since != NONE && since != TOLD).then(|| Moment::at(since))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_speaks_before_it_is_told_stays_and_who_was_told_goes() {
        let silence = Silence::default();
        assert_eq!(silence.since(), None);
        let (early, late) = (Moment::at(5), Moment::at(9));
        silence.begin(early);
        assert_eq!(silence.since(), Some(early));
        silence.end();
        assert!(!silence.tell(early), "it has spoken");
        silence.begin(late);
        assert!(!silence.tell(early), "that is another silence");
        assert!(silence.tell(late));
        silence.end();
        silence.begin(late);
        assert!(silence.is_told(), "nothing that it says now changes that");
        assert_eq!(silence.since(), None, "nobody is told twice");
        silence.put_off(late, Moment::at(20));
        assert!(silence.is_told());
        silence.clear();
        assert!(!silence.is_told(), "the next connection was not told");
    }
    #[test]
    fn who_is_found_not_to_be_silent_begins_anew() {
        let silence = Silence::default();
        let (early, late) = (Moment::at(5), Moment::at(9));
        silence.put_off(early, late);
        assert_eq!(silence.since(), None, "who has spoken is not silent");
        silence.begin(early);
        silence.put_off(early, late);
        assert_eq!(silence.since(), Some(late));
        silence.end();
        assert_eq!(silence.since(), None);
    }
}
