//! A sequence number, by which a reader finds out that what it read was changed meanwhile.

use std::sync::atomic::{AtomicU64, Ordering, fence};

use zerocopy::FromZeros;

/// How often a reader tries. A writer may have been killed in the middle, so it gives up at last.
const TRIES: usize = 64;

/// Odd while the one writer is at it. Neither side ever waits for the other.
#[derive(Debug, Default, FromZeros)]
#[repr(transparent)]
pub(super) struct Sequence(AtomicU64);

impl Sequence {
    /// Changes what the number guards. One writer at a time.
    pub(super) fn write<T>(&self, change: impl FnOnce() -> T) -> T {
        // Odd is one who was killed in the middle, or a worker that writes where it has no business.
        let before = self.0.load(Ordering::Relaxed) & !1;
        self.0.store(before.wrapping_add(1), Ordering::Relaxed);
        fence(Ordering::Release);
        let result = change();
        self.0.store(before.wrapping_add(2), Ordering::Release);
        result
    }

    /// Reads what the number guards; `None` if it was being changed at every try.
    pub(super) fn read<T>(&self, read: impl Fn() -> T) -> Option<T> {
        for _ in 0..TRIES {
            let before = self.0.load(Ordering::Acquire);
            if before.is_multiple_of(2) {
                let result = read();
                fence(Ordering::Acquire);
                if self.0.load(Ordering::Relaxed) == before {
                    return Some(result);
                }
            }
            std::hint::spin_loop();
        }
        None
    }

    /// Forgets a writer that was killed in the middle.
    pub(super) fn reset(&self) {
        self.0.store(0, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;
    use std::thread;

    use super::*;

    #[test]
    fn what_is_read_was_there_at_one_moment() {
        let (sequence, pair) = (Sequence::default(), [AtomicU64::new(0), AtomicU64::new(0)]);
        let done = AtomicBool::new(false);
        let read = || sequence.read(|| pair.each_ref().map(|word| word.load(Ordering::Relaxed)));
        thread::scope(|scope| {
            scope.spawn(|| {
                for number in 0..200_000 {
                    sequence.write(|| pair.each_ref().map(|word| word.store(number, Ordering::Relaxed)));
                }
                done.store(true, Ordering::Relaxed);
            });
            while !done.load(Ordering::Relaxed) {
                if let Some([one, two]) = read() {
                    assert_eq!(one, two);
                }
            }
        });
        assert_eq!(read(), Some([199_999, 199_999]));
    }

    #[test]
    fn the_next_writer_puts_right_what_was_left_odd() {
        let sequence = Sequence(AtomicU64::new(7));
        sequence.write(|| ());
        assert_eq!(sequence.read(|| ()), Some(()));
    }

    #[test]
    fn a_reader_gives_up_on_a_writer_that_was_killed() {
        let sequence = Sequence(AtomicU64::new(7));
        assert_eq!(sequence.read(|| ()), None);
        sequence.reset();
        assert_eq!(sequence.read(|| ()), Some(()));
    }
}
