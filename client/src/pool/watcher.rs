//! A thread that keeps asking the server about itself, beside whatever else goes on.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use super::{Source, Status};

/// From the end of one question to the next.
const PERIOD: Duration = Duration::from_millis(250);

/// A question that took long is asked again after so many times as long: a busy server has better things to do.
const PAUSE_PER_QUESTION: u32 = 4;

/// But not later than this: it may be up again.
const PAUSE_MAX: Duration = Duration::from_secs(1);

/// What came of a question: `None` where nobody answers.
pub type Answer = Option<Arc<Status>>;

/// Asks until it is dropped.
#[derive(Debug)]
pub struct Watcher {
    /// The thread sees that this is gone.
    _life: Sender<()>,
}

impl Watcher {
    /// Begins to ask, and hands over each answer. A thread that waits for one when this is dropped ends by itself,
    /// within a second or so.
    pub fn start(source: Source, mut hand_over: impl FnMut(Answer) + Send + 'static) -> io::Result<Self> {
        let (life, end) = mpsc::channel();
        thread::Builder::new().name("pool".to_owned()).spawn(move || {
            if source.is_empty() {
                return hand_over(None);
            }
            loop {
                let asked = Instant::now();
                hand_over(source.ask().map(Arc::new));
                let pause = (asked.elapsed() * PAUSE_PER_QUESTION).clamp(PERIOD, PAUSE_MAX);
                if end.recv_timeout(pause) != Err(RecvTimeoutError::Timeout) {
                    return;
                }
            }
        })?;
        Ok(Self { _life: life })
    }
}

/// Asks once, and waits no longer than that for the answer, whatever the resolver does.
#[must_use]
pub fn ask_once(source: Source, patience: Duration) -> Answer {
    let (sender, answer) = mpsc::channel();
    let asking = thread::Builder::new().name("pool".to_owned()).spawn(move || {
        // Nobody listens any more where it took too long.
        let _ = sender.send(source.ask().map(Arc::new));
    });
    asking.ok().and_then(|_| answer.recv_timeout(patience).ok().flatten())
}
