//! Whether a worker gives signs of life: when it is asked, and when its silence is too long.
//!
//! Nobody is asked in a quiet pool: a worker says once when it is busy, and is asked from then on until it is not. Silence
//! is counted in small steps while the master is awake itself, so that neither a stopped master nor a machine that was
//! suspended takes a worker for stuck.

use std::time::{Duration, Instant};

/// The longest step of silence that counts, and the time between two looks at one who is silent. It is half of the silence
/// that is too long, at most: no single moment in which nobody looked is enough.
const STEP: Duration = Duration::from_secs(1);
/// A worker is asked so many times within the silence that is too long.
const ASKS: u32 = 3;
/// How long a worker that was told to abort has for it.
const ABORT_TIME: Duration = Duration::from_secs(2);

/// Where the master stands with a worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pulse {
    /// There is no reason to ask.
    Calm,
    /// It is asked then, if it is busy still.
    Due { at: Instant },
    /// It was asked, and has been silent for so long.
    Asked { silent: Duration, looked: Instant },
    /// It was told to abort.
    Aborted { kill_at: Instant },
}

/// What is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Due {
    /// To ask, if it is busy.
    Ask,
    /// To end it.
    Abort,
    /// To end it for good.
    Kill,
}

impl Pulse {
    /// There is a reason to ask, sooner or later.
    pub(crate) fn wake(&mut self, patience: Option<Duration>, now: Instant) {
        if let (Self::Calm, Some(patience)) = (*self, patience) {
            *self = Self::Due { at: now + patience / ASKS };
        }
    }

    /// It has given a sign of life, or was stopped and goes on.
    pub(crate) fn beat(&mut self, patience: Option<Duration>, now: Instant) {
        if matches!(self, Self::Asked { .. }) {
            self.postpone(patience, now);
        }
    }

    /// It could not be asked.
    pub(crate) fn postpone(&mut self, patience: Option<Duration>, now: Instant) {
        *self = Self::Calm;
        self.wake(patience, now);
    }

    /// It was asked.
    pub(crate) fn note_asked(&mut self, now: Instant) {
        *self = Self::Asked { silent: Duration::ZERO, looked: now };
    }

    /// It was told to abort.
    pub(crate) fn note_aborted(&mut self, now: Instant) {
        *self = Self::Aborted { kill_at: now + ABORT_TIME };
    }

    /// Counts its silence; that of one whom a signal has stopped does not count.
    pub(crate) fn listen(&mut self, is_stopped: bool, patience: Option<Duration>, now: Instant) {
        if let Self::Asked { silent, looked } = self {
            if !is_stopped {
                *silent += (now - *looked).min(step(patience));
            }
            *looked = now;
        }
    }

    /// What is due now.
    pub(crate) fn due(&self, patience: Option<Duration>, now: Instant) -> Option<Due> {
        match *self {
            Self::Due { at } if at <= now => Some(Due::Ask),
            Self::Asked { silent, .. } if patience.is_some_and(|patience| silent >= patience) => {
                Some(Due::Abort)
            }
            Self::Aborted { kill_at } if kill_at <= now => Some(Due::Kill),
            _ => None,
        }
    }

    /// When something may be due although nothing happened.
    pub(crate) fn next(&self, patience: Option<Duration>) -> Option<Instant> {
        match *self {
            Self::Calm => None,
            Self::Due { at } => Some(at),
            Self::Asked { looked, .. } => Some(looked + step(patience)),
            Self::Aborted { kill_at } => Some(kill_at),
        }
    }
}

fn step(patience: Option<Duration>) -> Duration {
    patience.map_or(STEP, |patience| STEP.min(patience / 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Option<Duration> = Some(Duration::from_secs(30));

    fn asked(now: Instant) -> Pulse {
        let mut pulse = Pulse::Calm;
        pulse.note_asked(now);
        pulse
    }

    #[test]
    fn a_busy_worker_is_asked_and_asked_again() {
        let (mut pulse, start) = (Pulse::Calm, Instant::now());
        assert_eq!(pulse.next(PATIENCE), None, "nobody is asked in a quiet pool");
        pulse.wake(PATIENCE, start);
        let at = pulse.next(PATIENCE).unwrap();
        assert_eq!((at - start, pulse.due(PATIENCE, at)), (Duration::from_secs(10), Some(Due::Ask)));
        pulse.note_asked(at);
        pulse.beat(PATIENCE, at);
        assert_eq!(pulse, Pulse::Due { at: at + Duration::from_secs(10) });
    }

    #[test]
    fn silence_ends_in_an_abort_and_then_in_a_kill() {
        let start = Instant::now();
        let mut pulse = asked(start);
        for second in 1..=30 {
            assert_eq!(pulse.due(PATIENCE, start), None, "{second}");
            pulse.listen(false, PATIENCE, start + Duration::from_secs(second));
        }
        let now = start + Duration::from_secs(30);
        assert_eq!(pulse.due(PATIENCE, now), Some(Due::Abort));
        pulse.note_aborted(now);
        assert_eq!(pulse.due(PATIENCE, now + Duration::from_secs(1)), None);
        assert_eq!(pulse.due(PATIENCE, now + Duration::from_secs(2)), Some(Due::Kill));
    }

    #[test]
    fn a_time_in_which_nobody_looked_counts_little() {
        let start = Instant::now();
        let mut pulse = asked(start);
        pulse.listen(false, PATIENCE, start + Duration::from_secs(3600));
        assert_eq!(pulse.due(PATIENCE, start + Duration::from_secs(3600)), None);
        let (mut pulse, short) = (asked(start), Some(Duration::from_millis(100)));
        pulse.listen(false, short, start + Duration::from_secs(3600));
        assert_eq!(pulse.due(short, start + Duration::from_secs(3600)), None);
        let next = pulse.next(short).unwrap();
        pulse.listen(false, short, next);
        assert_eq!(pulse.due(short, next), Some(Due::Abort));
    }

    #[test]
    fn who_is_stopped_may_be_silent() {
        let start = Instant::now();
        let mut pulse = asked(start);
        for second in 1..=100 {
            pulse.listen(true, PATIENCE, start + Duration::from_secs(second));
        }
        assert_eq!(pulse.due(PATIENCE, start + Duration::from_secs(100)), None);
    }

    #[test]
    fn without_patience_nobody_is_asked() {
        let mut pulse = Pulse::Calm;
        pulse.wake(None, Instant::now());
        assert_eq!(pulse, Pulse::Calm);
    }
}
