//! A word of the shared memory, and what is put into one.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

pub(super) fn since_1970() -> Duration {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}

pub(super) fn get(word: &AtomicU64) -> u64 {
    word.load(Ordering::Relaxed)
}

pub(super) fn set(word: &AtomicU64, value: u64) {
    word.store(value, Ordering::Relaxed);
}

pub(super) fn size(word: &AtomicU64) -> usize {
    usize::try_from(get(word)).unwrap_or(usize::MAX)
}

pub(super) fn one_of<T: Copy>(all: &[T], number: u64) -> Option<T> {
    all.get(usize::try_from(number).ok()?).copied()
}
