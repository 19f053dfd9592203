//! What viewers see live: a stream of server-sent events, made once for all of them.
//!
//! A viewer who is slow finds the newest sample when it is ready for one; those in between are not kept for it.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use futures_util::Stream;
use futures_util::stream::unfold;
use serde::Serialize;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::histogram::Counts;
use crate::snapshot::{Distribution, Event, Sample, Status};

/// Between two samples.
const TICK: Duration = Duration::from_millis(250);
/// Between two samples that are large.
const TICK_OF_LARGE: Duration = Duration::from_secs(1);
/// A sample of more bytes is large.
const LARGE: usize = 64 * 1024;
/// How far back "recent" goes.
const RECENT: Duration = Duration::from_secs(10);
/// Tells the browser how many milliseconds after a lost connection it shall come back.
const RETRY: Bytes = Bytes::from_static(b"retry: 1000\n\n");
/// Says nothing: there is no sample yet.
const COMMENT: Bytes = Bytes::from_static(b":\n\n");

/// How long a sample of this size stays the newest.
fn tick_after(bytes: usize) -> Duration {
    if bytes > LARGE { TICK_OF_LARGE } else { TICK }
}

/// What all viewers see at one moment.
#[derive(Debug)]
struct Tick {
    sample: Bytes,
    events: Arc<[Entry]>,
}

/// An event, ready to be sent.
#[derive(Debug, Clone)]
struct Entry {
    number: u64,
    bytes: Bytes,
}

/// The side that shows.
#[derive(Debug)]
pub(crate) struct Live {
    ticks: watch::Sender<Option<Tick>>,
    next_tick: Instant,
    recent: Recent,
}

impl Live {
    pub(crate) fn new() -> Self {
        Self { ticks: watch::Sender::new(None), next_tick: Instant::now(), recent: Recent::default() }
    }

    /// Whether it shows anything, and there is a next tick.
    pub(crate) fn is_on(&self) -> bool {
        self.ticks.borrow().is_some()
    }

    pub(crate) fn has_viewers(&self) -> bool {
        self.ticks.receiver_count() > 0
    }

    pub(crate) fn next_tick(&self) -> Instant {
        self.next_tick
    }

    /// Somebody who has seen the events up to this one. Whatever is shown now is the first that it gets.
    pub(crate) fn viewer(&self, seen: Option<u64>) -> Viewer {
        let mut ticks = self.ticks.subscribe();
        ticks.mark_changed();
        Viewer { ticks, frames: VecDeque::from([RETRY]), seen }
    }

    /// Shows all viewers the pool as it is.
    pub(crate) fn show(&mut self, sample: Option<&Sample>) {
        let now = Instant::now();
        let tick = match sample {
            Some(sample) => {
                let recent = self.recent.waits(now, &sample.queue_wait);
                let shown = self.ticks.borrow().as_ref().map(|tick| Arc::clone(&tick.events));
                Tick {
                    sample: sample_frame(sample, &recent),
                    events: entries(&sample.events, shown.unwrap_or_default()),
                }
            }
            None => Tick { sample: COMMENT, events: Arc::default() },
        };
        self.next_tick = now + tick_after(tick.sample.len());
        self.ticks.send_replace(Some(tick));
    }

    /// Forgets what it has shown: nobody looks.
    pub(crate) fn turn_off(&mut self) {
        self.ticks.send_replace(None);
        self.recent = Recent::default();
    }
}

/// Somebody who looks.
#[derive(Debug)]
pub(crate) struct Viewer {
    ticks: watch::Receiver<Option<Tick>>,
    /// What is still to be sent of the last tick that it took.
    frames: VecDeque<Bytes>,
    /// The last event's number.
    seen: Option<u64>,
}

impl Viewer {
    /// What it gets, until the monitor ends.
    pub(crate) fn stream(self) -> impl Stream<Item = Result<Bytes, Infallible>> {
        unfold(self, async |mut viewer| {
            let frame = viewer.next().await?;
            Some((Ok(frame), viewer))
        })
    }

    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(frame) = self.frames.pop_front() {
                return Some(frame);
            }
            self.ticks.changed().await.ok()?;
            let ticks = self.ticks.borrow_and_update();
            if let Some(tick) = &*ticks {
                let unseen = unseen(&tick.events, self.seen);
                self.frames.extend(unseen.iter().map(|entry| entry.bytes.clone()));
                self.frames.push_back(tick.sample.clone());
                self.seen = unseen.last().map(|entry| entry.number).or(self.seen);
            }
        }
    }
}

/// The events after the last one seen. A number that there is not yet is another pool's: then nothing was seen.
fn unseen(events: &[Entry], seen: Option<u64>) -> &[Entry] {
    let newest = events.last().map_or(0, |entry| entry.number);
    match seen.filter(|seen| *seen <= newest) {
        Some(seen) => &events[events.partition_point(|entry| entry.number <= seen)..],
        None => events,
    }
}

/// All events, ready to be sent; those that were shown before are as they were.
fn entries(events: &[Event], shown: Arc<[Entry]>) -> Arc<[Entry]> {
    if events.iter().map(|event| event.number).eq(shown.iter().map(|entry| entry.number)) {
        return shown;
    }
    let entry = |event: &Event| match shown.binary_search_by_key(&event.number, |entry| entry.number) {
        Ok(index) => shown[index].clone(),
        Err(_) => Entry { number: event.number, bytes: frame("event", Some(event.number), event) },
    };
    events.iter().map(entry).collect()
}

/// The data of a sample, to the letter.
#[derive(Serialize)]
struct SampleData<'a> {
    at: f64,
    status: &'a Status,
    recent: RecentData,
}

#[derive(Serialize)]
struct RecentData {
    window_seconds: u64,
    queue_wait_seconds: Distribution,
}

fn sample_frame(sample: &Sample, recent: &Counts) -> Bytes {
    let recent =
        RecentData { window_seconds: RECENT.as_secs(), queue_wait_seconds: Distribution::of(recent) };
    frame("sample", None, &SampleData { at: sample.at, status: &sample.status, recent })
}

/// A server-sent event, by HTML's section 9.2. JSON has no line breaks outside of strings, and escapes them there.
fn frame(name: &str, id: Option<u64>, data: &impl Serialize) -> Bytes {
    let mut text = String::new();
    if let Some(id) = id {
        writeln!(text, "id: {id}").expect("a string takes everything");
    }
    let data = serde_json::to_string(data).expect("its maps have string keys only");
    write!(text, "event: {name}\ndata: {data}\n\n").expect("a string takes everything");
    text.into()
}

/// The waits that were counted at the last ticks, back to [`RECENT`].
#[derive(Debug, Default)]
struct Recent {
    earlier: VecDeque<(Instant, Counts)>,
}

impl Recent {
    /// Those of about the last [`RECENT`], or since it began to look. It keeps a copy of what is counted now.
    fn waits(&mut self, now: Instant, counts: &Counts) -> Counts {
        self.earlier.push_back((now, counts.clone()));
        while self.earlier.get(1).is_some_and(|(at, _)| now - *at >= RECENT) {
            self.earlier.pop_front();
        }
        let (_, oldest) = self.earlier.front().expect("it holds at least what is counted now");
        counts.since(oldest)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::fixture;
    use super::*;

    fn numbers(entries: &[Entry]) -> Vec<u64> {
        entries.iter().map(|entry| entry.number).collect()
    }

    fn shown(range: std::ops::Range<u64>) -> Arc<[Entry]> {
        entries(&range.map(fixture::event).collect::<Vec<_>>(), Arc::default())
    }

    /// What is ready for a viewer, as text.
    fn read(viewer: &mut Viewer) -> String {
        let waker = std::task::Waker::noop();
        let mut context = std::task::Context::from_waker(waker);
        let mut text = Vec::new();
        while let std::task::Poll::Ready(Some(frame)) = std::pin::pin!(viewer.next()).poll(&mut context) {
            text.extend_from_slice(&frame);
        }
        String::from_utf8(text).unwrap()
    }

    proptest! {
        #[test]
        fn no_event_is_repeated_and_none_left_out(first in 1..50_u64, count in 0..50_u64, seen in prop::option::of(0..120_u64)) {
            let events = shown(first..first + count);
            let newest = if count == 0 { 0 } else { first + count - 1 };
            let from = seen.filter(|seen| *seen <= newest).map_or(first, |seen| first.max(seen + 1));
            prop_assert_eq!(numbers(unseen(&events, seen)), (from..first + count).collect::<Vec<_>>());
        }

        #[test]
        fn recent_is_what_came_in_the_last_ten_seconds(waits in prop::collection::vec(0..5_000_000_u64, 1..100)) {
            let start = Instant::now();
            let mut recent = Recent::default();
            for tick in 0..waits.len() {
                let now = start + TICK * u32::try_from(tick).unwrap();
                let found = recent.waits(now, &fixture::counts(&waits[..=tick]));
                prop_assert_eq!(found.count(), tick.min(40) as u64);
                prop_assert!(recent.earlier.len() <= 41);
            }
        }
    }

    #[test]
    fn a_large_sample_comes_less_often() {
        assert_eq!(tick_after(LARGE), Duration::from_millis(250));
        assert_eq!(tick_after(LARGE + 1), Duration::from_secs(1));
    }

    #[test]
    fn an_event_is_made_once() {
        let before = shown(1..4);
        let after = entries(&(2..6).map(fixture::event).collect::<Vec<_>>(), Arc::clone(&before));
        assert_eq!(numbers(&after), [2, 3, 4, 5]);
        assert_eq!(before[1].bytes.as_ptr(), after[0].bytes.as_ptr());
        let same = entries(&(2..6).map(fixture::event).collect::<Vec<_>>(), Arc::clone(&after));
        assert!(Arc::ptr_eq(&after, &same));
    }

    #[test]
    fn a_line_break_in_a_text_does_not_end_the_event() {
        let mut event = fixture::event(7);
        event.text = "one\ntwo\r\n\nid: 9".into();
        let text = String::from_utf8(frame("event", Some(7), &event).to_vec()).unwrap();
        assert_eq!(text.lines().count(), 4, "{text}");
        assert!(text.starts_with("id: 7\nevent: event\ndata: {") && text.ends_with("}\n\n"));
        assert_eq!(
            serde_json::from_str::<Event>(text.lines().nth(2).unwrap().strip_prefix("data: ").unwrap())
                .unwrap(),
            event
        );
    }

    #[test]
    fn a_viewer_who_is_slow_gets_the_newest_sample_and_every_event() {
        let mut live = Live::new();
        let mut sample = fixture::sample();
        sample.events = vec![fixture::event(1)];
        live.show(Some(&sample));
        let (mut slow, mut quick) = (live.viewer(None), live.viewer(Some(1)));
        let first = read(&mut slow);
        assert!(first.starts_with("retry: 1000\n\nid: 1\nevent: event\ndata: "), "{first}");
        assert!(!read(&mut quick).contains("event: event"));
        for number in 2..100 {
            sample.events.push(fixture::event(number));
            sample.at = 1000.5 + f64::from(u32::try_from(number).unwrap());
            live.show(Some(&sample));
            assert_eq!(read(&mut quick).matches("event: sample").count(), 1);
        }
        let rest = read(&mut slow);
        assert_eq!(rest.matches("event: event").count(), 98);
        assert_eq!(rest.matches("event: sample").count(), 1);
        assert!(rest.contains("data: {\"at\":1099.5,\"status\":{"));
    }

    #[test]
    fn viewers_share_the_bytes() {
        let mut live = Live::new();
        live.show(Some(&fixture::sample()));
        let viewers = [live.viewer(None), live.viewer(None)];
        let [one, other] = viewers.map(|mut viewer| {
            let mut context = std::task::Context::from_waker(std::task::Waker::noop());
            let mut next = || match std::pin::pin!(viewer.next()).poll(&mut context) {
                std::task::Poll::Ready(frame) => frame.unwrap(),
                std::task::Poll::Pending => unreachable!("it is shown already"),
            };
            next();
            next()
        });
        assert_eq!(one.as_ptr(), other.as_ptr());
    }

    #[test]
    fn nothing_is_kept_when_nobody_looks() {
        let mut live = Live::new();
        assert!(!live.is_on());
        live.show(Some(&fixture::sample()));
        drop(live.viewer(None));
        assert!(live.is_on() && !live.has_viewers());
        live.turn_off();
        assert!(!live.is_on() && live.recent.earlier.is_empty());
    }

    #[test]
    fn the_distribution_of_nothing_has_no_quantiles() {
        assert_eq!(Distribution::of(&Counts::default()), Distribution::default());
        let one = Distribution::of(&fixture::counts(&[2_000_000]));
        assert_eq!((one.count, one.p50, one.max), (1, Some(2.0), Some(2.0)));
    }
}
