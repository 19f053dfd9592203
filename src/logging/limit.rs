//! Warnings that repeat: of each place in the code a burst is logged, then one a second, and how many were left out.
//! So nobody who can cause a warning fills the disk by it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tracing::callsite::Identifier;
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

use super::output;

/// So many warnings of one place are logged at once.
const BURST: u32 = 50;
/// The same in the master. No peer makes it warn but by the death of a worker, and all workers that there may be, also those that
/// drain, can die at one moment: each death has its line.
const BURST_OF_MASTER: u32 = 4096;
/// After that one is in so long.
const INTERVAL: Duration = Duration::from_secs(1);

/// A layer that leaves out what repeats. It looks at warnings and errors alone.
pub(super) struct Limit;

impl<S: Subscriber> Layer<S> for Limit {
    fn event_enabled(&self, event: &Event<'_>, _context: Context<'_, S>) -> bool {
        let place = event.metadata();
        if *place.level() > Level::WARN {
            return true;
        }
        let is_logged = places().admit(place, Instant::now());
        if !is_logged {
            HAS_NEWS.store(true, Ordering::Relaxed);
            output::row().note_left_out();
        }
        is_logged
    }
}

/// What the threads of this process share.
static PLACES: Mutex<Places> = Mutex::new(Places { burst: BURST_OF_MASTER, places: Vec::new() });
/// Whether anything was left out that is not said yet.
static HAS_NEWS: AtomicBool = AtomicBool::new(false);

fn places() -> MutexGuard<'static, Places> {
    PLACES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What is to be said of warnings that were left out, where it is time for it; nearly always nothing.
pub(super) fn news() -> Vec<String> {
    if !HAS_NEWS.load(Ordering::Relaxed) {
        return Vec::new();
    }
    let mut places = places();
    let news = places.take_due(Instant::now());
    HAS_NEWS.store(places.has_left_out(), Ordering::Relaxed);
    news
}

/// Begins anew in a child of the master, which says itself what it has left out.
pub(super) fn begin_in_child() {
    *places() = Places { burst: BURST, places: Vec::new() };
    HAS_NEWS.store(false, Ordering::Relaxed);
}

/// The places of the code that have warned, of which there are as many as the code has.
#[derive(Debug)]
struct Places {
    burst: u32,
    places: Vec<(Identifier, Place)>,
}

impl Places {
    /// Whether a place may warn now.
    fn admit(&mut self, place: &'static Metadata<'static>, now: Instant) -> bool {
        let id = place.callsite();
        let at = self.places.iter().position(|(known, _)| *known == id).unwrap_or_else(|| {
            let name = format!("{}:{}", place.file().unwrap_or_default(), place.line().unwrap_or_default());
            self.places.push((id, Place::new(name, self.burst, now)));
            self.places.len() - 1
        });
        self.places[at].1.admit(now)
    }

    /// What to say of places that warn again, or are quiet again.
    fn take_due(&mut self, now: Instant) -> Vec<String> {
        self.places.iter_mut().filter_map(|(_, place)| place.take_due(now)).collect()
    }

    fn has_left_out(&self) -> bool {
        self.places.iter().any(|(_, place)| place.left_out > 0)
    }
}

/// One place: a bucket of tokens, one for each line.
#[derive(Debug)]
struct Place {
    name: String,
    burst: u32,
    tokens: u32,
    refilled: Instant,
    left_out: u64,
    /// It has warned again since, or not: how many were left out is said once there would be a token for it.
    last_left_out: Instant,
    warned_again: bool,
}

impl Place {
    fn new(name: String, burst: u32, now: Instant) -> Self {
        Self {
            name,
            burst,
            tokens: burst,
            refilled: now,
            left_out: 0,
            last_left_out: now,
            warned_again: false,
        }
    }

    fn admit(&mut self, now: Instant) -> bool {
        let intervals = now.saturating_duration_since(self.refilled).as_secs() / INTERVAL.as_secs();
        if let Some(gained) = u32::try_from(intervals).ok().filter(|gained| *gained < self.burst) {
            self.tokens = (self.tokens + gained).min(self.burst);
            self.refilled += INTERVAL * gained;
        } else {
            (self.tokens, self.refilled) = (self.burst, now);
        }
        let is_logged = self.tokens > 0;
        if is_logged {
            self.tokens -= 1;
            self.warned_again = self.left_out > 0;
        } else {
            self.left_out += 1;
            self.last_left_out = now;
        }
        is_logged
    }

    fn take_due(&mut self, now: Instant) -> Option<String> {
        let is_quiet = now.saturating_duration_since(self.last_left_out) >= INTERVAL;
        if self.left_out == 0 || !(self.warned_again || is_quiet) {
            return None;
        }
        let count = std::mem::take(&mut self.left_out);
        self.warned_again = false;
        Some(format!("{count} more like those of {} were left out", self.name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> (Place, Instant) {
        let now = Instant::now();
        (Place::new("here:1".to_owned(), BURST, now), now)
    }

    fn logged(place: &mut Place, count: usize, now: Instant) -> usize {
        (0..count).filter(|_| place.admit(now)).count()
    }

    #[test]
    fn a_burst_is_logged_and_then_one_a_second() {
        let (mut place, start) = place();
        assert_eq!(logged(&mut place, 1000, start), 50);
        for second in 1..=10 {
            let now = start + Duration::from_secs(second);
            assert_eq!(logged(&mut place, 1000, now), 1);
        }
        assert_eq!(logged(&mut place, 1000, start + Duration::from_secs(3600)), 50, "it was quiet for long");
    }

    #[test]
    fn what_was_left_out_is_said_once_with_the_next_or_when_it_is_quiet() {
        let (mut place, start) = place();
        logged(&mut place, 60, start);
        assert_eq!(place.take_due(start), None, "it goes on, most likely");
        let later = start + INTERVAL;
        assert!(place.admit(later));
        assert_eq!(place.take_due(later).unwrap(), "10 more like those of here:1 were left out");
        assert_eq!(place.take_due(later), None);
        logged(&mut place, 5, later);
        assert_eq!(place.take_due(later + INTERVAL / 2), None);
        assert!(place.take_due(later + INTERVAL).unwrap().starts_with("5 more"), "by any other line");
    }

    #[test]
    fn a_place_that_warns_now_and_then_loses_nothing() {
        let (mut place, start) = place();
        for minute in 0..10_000 {
            assert!(place.admit(start + Duration::from_secs(minute * 60)));
        }
        assert_eq!(place.take_due(start + Duration::from_secs(1_000_000)), None);
    }
}
