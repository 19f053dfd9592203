//! How much of what was written to a connection its peer has taken: what is written only lies in a buffer of the kernel.

/// What a peer has taken so far, as far as was asked.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Delivery {
    taken: u64,
}

/// What has come of one question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Progress {
    /// Bytes that the peer has taken since the question before.
    pub(super) taken: u64,
    /// How much it has still to take.
    unsent: u64,
}

impl Progress {
    /// Whether an answer is on its way, and the peer takes it.
    pub(super) fn is_under_way(self) -> bool {
        self.taken > 0 && self.unsent > 0
    }
}

impl Delivery {
    /// So much was written since the connection began, and so much of it is not taken.
    ///
    /// Of unix sockets that is memory, of which a short message takes far more than its length: then less may seem to be taken
    /// than before, and no byte counts twice.
    pub(super) fn progress(&mut self, written: u64, unsent: u64) -> Progress {
        let before = self.taken;
        self.taken = before.max(written.saturating_sub(unsent));
        Progress { taken: self.taken - before, unsent }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_lies_in_the_buffer_is_not_taken() {
        let mut delivery = Delivery::default();
        assert!(!delivery.progress(1000, 1000).is_under_way());
        let some = delivery.progress(1000, 400);
        assert_eq!((some.taken, some.is_under_way()), (600, true));
        assert!(!delivery.progress(2000, 1400).is_under_way(), "more was written, nothing was taken");
        let rest = delivery.progress(2000, 0);
        assert_eq!((rest.taken, rest.is_under_way()), (1400, false), "there is nothing left to take");
    }

    proptest! {
        #[test]
        fn no_byte_counts_twice(steps in prop::collection::vec((0..9_u64, 0..99_u64), 0..50)) {
            let (mut delivery, mut written, mut taken) = (Delivery::default(), 0, 0);
            for (more, unsent) in steps {
                written += more;
                taken += delivery.progress(written, unsent).taken;
                prop_assert!(taken <= written);
            }
            delivery.progress(written, 0);
            prop_assert_eq!(delivery.taken, written);
        }
    }
}
