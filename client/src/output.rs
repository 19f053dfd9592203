//! Standard output, of which another thread can tell whether it takes what is written.

use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread;
use std::time::{Duration, Instant};

/// Held by whoever writes, for as long as it takes.
static WRITING: Mutex<()> = Mutex::new(());

/// How many writes were begun.
static BEGUN: AtomicU64 = AtomicU64::new(0);

/// The most that is written at once: a slow reader takes as much in less time than it is waited for.
const WRITTEN_AT_ONCE_MAX: usize = 4 * 1024;

/// From one look at whether a write is over to the next.
const LOOK_EVERY: Duration = Duration::from_millis(1);

/// A way to standard output.
#[derive(Debug)]
pub(crate) struct Output<W>(pub(crate) W);

impl<W: Write> Write for Output<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let _writing = begin();
        self.0.write(&bytes[..bytes.len().min(WRITTEN_AT_ONCE_MAX)])
    }

    fn flush(&mut self) -> io::Result<()> {
        let _writing = begin();
        self.0.flush()
    }
}

fn begin() -> MutexGuard<'static, ()> {
    // Before the lock: whoever finds it taken finds another number than the time before.
    BEGUN.fetch_add(1, Ordering::SeqCst);
    WRITING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The number of the write that is under way: the same again if nobody reads.
pub(crate) fn under_way() -> Option<u64> {
    match WRITING.try_lock() {
        Err(TryLockError::WouldBlock) => Some(BEGUN.load(Ordering::SeqCst)),
        Ok(_) | Err(TryLockError::Poisoned(_)) => None,
    }
}

/// Lets nobody write any more while this is held; `None` if a write that is under way lasts longer than that.
pub(crate) fn stop(patience: Duration) -> Option<MutexGuard<'static, ()>> {
    let give_up = Instant::now() + patience;
    loop {
        match WRITING.try_lock() {
            Ok(stopped) => return Some(stopped),
            Err(TryLockError::Poisoned(poisoned)) => return Some(poisoned.into_inner()),
            // A mutex of the standard library has no wait that ends at a time.
            Err(TryLockError::WouldBlock) if Instant::now() < give_up => thread::sleep(LOOK_EVERY),
            Err(TryLockError::WouldBlock) => return None,
        }
    }
}
