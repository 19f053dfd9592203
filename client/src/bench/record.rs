//! What is measured: every request that finished or failed is handed in here, once.

use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use super::connection::{Connection, Finished};
use super::schedule::Start;
use crate::prediction::Observed;
use crate::{Failure, Kind, Tally};

/// Of the histograms: a value is known to a thousandth of itself.
const SIGNIFICANT_DIGITS: u8 = 3;

/// The longest time that a histogram holds; no run is longer.
const LONGEST: Duration = Duration::from_secs(2 * 24 * 60 * 60);

/// For each part of this length the throughput is told.
const INTERVAL: Duration = Duration::from_secs(1);

/// Times, in a resolution of nanoseconds.
#[derive(Debug, Clone)]
pub(super) struct Times(Histogram<u64>);

impl Times {
    fn new() -> Self {
        let histogram = Histogram::new_with_max(nanoseconds(LONGEST), SIGNIFICANT_DIGITS);
        Self(histogram.expect("three digits up to two days are possible"))
    }

    fn add(&mut self, time: Duration) {
        self.0.saturating_record(nanoseconds(time));
    }

    /// The histogram.
    pub(super) fn histogram(&self) -> &Histogram<u64> {
        &self.0
    }
}

/// A second of the run, or what is left of it at the end.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Interval {
    /// Its begin, from that of the window.
    pub(super) at: Duration,
    /// Its length.
    pub(super) length: Duration,
    /// The requests that finished in it, whenever they were due.
    pub(super) finished: u64,
    /// Those that failed in it.
    pub(super) failed: u64,
    /// Of those that finished, in nanoseconds: the median, the 99th percentile, the longest. `None` if none did.
    pub(super) times: Option<[u64; 3]>,
}

/// Everything that is measured in a run.
///
/// The window is the time in which it counts. Requests that were due in it go into the histograms and counts, even
/// if they finish later; the throughput is of those that finished in it, whenever they were due.
#[derive(Debug)]
pub(super) struct Record {
    window: Instant,
    window_end: Instant,
    interval: Instant,
    current: Times,
    interval_failed: u64,
    pub(super) intervals: Vec<Interval>,
    /// Of the requests that were due in the window.
    pub(super) tally: Tally,
    /// Of those before.
    pub(super) warm_up: Tally,
    /// What the first failure was, with its details.
    pub(super) first_failure: Option<String>,
    /// From when a request was due, or else from the begin of a connection, until the connection stood.
    pub(super) connect: Times,
    /// From when a request was due until the first byte of its echo.
    pub(super) first_byte: Times,
    /// From when a request was due until it was finished.
    pub(super) total: Times,
    /// From when sending began until the whole echo had come.
    pub(super) since_sent: Times,
    /// How many requests were under way when another one was due.
    pub(super) open_at_arrival: Histogram<u64>,
    /// From when a request was due until the loop came to send it, where a connection was free.
    pub(super) late: Times,
    /// From when a request was due until a connection was free.
    pub(super) waited: Times,
    /// The connections.
    pub(super) connections: Connections,
    /// What a prediction is compared with, if one is wanted.
    pub(super) observed: Option<Observed>,
}

/// What became of the connections, from the start on.
#[derive(Debug, Clone, Default)]
pub(super) struct Connections {
    /// Those that stood.
    pub(super) connected: u64,
    /// Those that got at least a byte.
    pub(super) served: u64,
    /// Those on which something was sent that never got a byte, until their timeout or the end.
    pub(super) never_served: u64,
    /// How long the one of these waited that waited longest.
    pub(super) longest_unserved: Duration,
    /// Those that did not stand in time.
    pub(super) unconnected: u64,
    /// Those that were not made, or ended, while no request was under way on them: how.
    pub(super) lost: Tally,
}

impl Record {
    /// Nothing yet; the window is from the first moment to the second.
    pub(super) fn new(window: Instant, window_end: Instant) -> Self {
        Self {
            window,
            window_end,
            interval: window,
            current: Times::new(),
            interval_failed: 0,
            intervals: Vec::new(),
            tally: Tally::default(),
            warm_up: Tally::default(),
            first_failure: None,
            connect: Times::new(),
            first_byte: Times::new(),
            total: Times::new(),
            since_sent: Times::new(),
            open_at_arrival: Histogram::new(SIGNIFICANT_DIGITS).expect("three digits are possible"),
            late: Times::new(),
            waited: Times::new(),
            connections: Connections::default(),
            observed: None,
        }
    }

    /// A request is about to be sent.
    pub(super) fn started(&mut self, start: &Start, now: Instant) {
        if start.due < self.window {
            return;
        }
        if let Some(observed) = &mut self.observed {
            observed.arrive(start.due);
        }
        let times = if start.waited { &mut self.waited } else { &mut self.late };
        times.add(now.saturating_duration_since(start.due));
    }

    /// A connection stands. How long that took counts here if it is not made for a request, which counts it itself.
    pub(super) fn connected(&mut self, took: Option<Duration>) {
        self.connections.connected += 1;
        if let Some(took) = took {
            self.connect.add(took);
        }
    }

    /// A request came back whole and right.
    pub(super) fn finished(&mut self, request: &Finished) {
        let ended = request.ended();
        let total = ended.saturating_duration_since(request.due);
        if request.due >= self.window {
            self.tally.record_ok();
            self.total.add(total);
            self.first_byte.add(request.first_byte.saturating_duration_since(request.due));
            self.since_sent.add(request.last_byte.saturating_duration_since(request.sent));
            if let Some(connected) = request.connected {
                self.connect.add(connected.saturating_duration_since(request.due));
            }
            if let (Some(observed), Some(visit)) = (&mut self.observed, request.visit()) {
                observed.add(visit, request.open_at_arrival);
            }
            if let Some(open) = request.open_at_arrival {
                self.open_at_arrival.saturating_record(open as u64);
            }
        } else {
            self.warm_up.record_ok();
        }
        if self.is_in_window(ended) {
            self.pass(ended);
            self.current.add(total);
        }
    }

    /// A request failed that was due then.
    pub(super) fn failed(&mut self, failure: &Failure, due: Instant, now: Instant) {
        self.first_failure.get_or_insert_with(|| failure.to_string());
        let tally = if due >= self.window { &mut self.tally } else { &mut self.warm_up };
        tally.record_failure(failure.kind());
        if self.is_in_window(now) {
            self.pass(now);
            self.interval_failed += 1;
        }
    }

    /// A connection was not made or has ended, and no request with it.
    pub(super) fn lost(&mut self, failure: &Failure) {
        self.connections.lost.record_failure(failure.kind());
        // A server may close a connection on which it has nothing to do.
        if failure.kind() != Kind::Closed {
            self.first_failure.get_or_insert_with(|| failure.to_string());
        }
    }

    /// A connection got its first byte.
    pub(super) fn served(&mut self) {
        self.connections.served += 1;
    }

    /// A connection is given up. If it waited for its first byte, it was never served.
    pub(super) fn given_up(&mut self, connection: &Connection<'_>, now: Instant) {
        let connections = &mut self.connections;
        if connection.connected().is_none() {
            connections.unconnected += 1;
        }
        if let Some(since) = connection.unserved_since() {
            connections.never_served += 1;
            let waited = now.saturating_duration_since(since);
            connections.longest_unserved = connections.longest_unserved.max(waited);
        }
    }

    /// Ends the intervals that are over.
    pub(super) fn pass(&mut self, now: Instant) {
        while now.saturating_duration_since(self.interval) >= INTERVAL {
            self.end_interval(INTERVAL);
        }
    }

    /// Ends the last interval with the window. What finishes later is in no interval.
    pub(super) fn end_window(&mut self, end: Instant) {
        self.pass(end);
        let rest = end.saturating_duration_since(self.interval);
        if !rest.is_zero() {
            self.end_interval(rest);
        }
        self.window_end = end;
    }

    fn is_in_window(&self, moment: Instant) -> bool {
        (self.window..self.window_end).contains(&moment)
    }

    /// The last second that is over, to be shown meanwhile.
    pub(super) fn last_interval(&self) -> Option<&Interval> {
        self.intervals.last()
    }

    fn end_interval(&mut self, length: Duration) {
        let times = &self.current.0;
        let finished = times.len();
        let values = [times.value_at_quantile(0.5), times.value_at_quantile(0.99), times.max()];
        self.intervals.push(Interval {
            at: self.interval - self.window,
            length,
            finished,
            failed: self.interval_failed,
            times: (finished > 0).then_some(values),
        });
        self.current.0.reset();
        self.interval_failed = 0;
        self.interval += length;
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    /// A window of 2.5 s after a warm-up of 10 s, and a request that was due and over at these times from the start.
    fn record(due_and_over: &[(u64, u64)]) -> Record {
        let began = Instant::now();
        let window = began + ms(10_000);
        let mut record = Record::new(window, window + ms(2_500));
        for &(due, over) in due_and_over {
            let (due, over) = (began + ms(due), began + ms(over));
            record.finished(&Finished {
                due,
                connected: None,
                sent: due,
                first_byte: over,
                last_byte: over,
                closed: None,
                open_at_arrival: None,
            });
        }
        record.end_window(window + ms(2_500));
        record
    }

    #[test]
    fn throughput_counts_what_finished_in_the_window_and_latency_what_was_due_in_it() {
        let record = record(&[(9_900, 10_100), (10_000, 10_200), (12_000, 12_499), (12_400, 12_600)]);
        assert_eq!((record.warm_up.ok(), record.tally.ok()), (1, 3));
        let finished: Vec<u64> = record.intervals.iter().map(|interval| interval.finished).collect();
        assert_eq!(finished, [2, 0, 1], "the last one came too late for that");
        assert_eq!(record.total.histogram().len(), 3);
    }

    #[test]
    fn every_second_has_its_interval_also_where_nothing_happened() {
        let record = record(&[(10_000, 12_300)]);
        let places: Vec<_> = record.intervals.iter().map(|interval| (interval.at, interval.length)).collect();
        assert_eq!(places, [(ms(0), ms(1000)), (ms(1000), ms(1000)), (ms(2000), ms(500))]);
        assert_eq!(record.intervals[0].times, None);
        let [p50, p99, max] = record.intervals[2].times.unwrap();
        assert!(p50 == p99 && p99 == max && max.abs_diff(2_300_000_000) < 2_300_000, "{max}");
    }

    #[test]
    fn a_failure_belongs_to_the_time_when_its_request_was_due() {
        let warm_up = Instant::now();
        let window = warm_up + ms(10_000);
        let mut record = Record::new(window, window + ms(1_000));
        record.failed(&Failure::Reset, warm_up, window + ms(1));
        record.failed(&Failure::Refused, window, window + ms(2));
        record.end_window(window + ms(500));
        assert_eq!((record.warm_up.failed(), record.tally.failed()), (1, 1));
        assert_eq!((record.intervals.len(), record.intervals[0].failed), (1, 2));
        assert_eq!(record.first_failure.as_deref(), Some("connection reset by the server"));
    }

    #[test]
    fn a_connection_that_ends_without_a_request_is_no_failed_request() {
        let window = Instant::now();
        let mut record = Record::new(window, window + ms(1_000));
        record.lost(&Failure::Closed);
        assert_eq!(record.first_failure, None, "that is the server's right");
        record.lost(&Failure::Refused);
        record.end_window(window + ms(500));
        assert_eq!((record.tally.failed(), record.intervals[0].failed), (0, 0));
        assert_eq!(record.connections.lost.to_string(), "0 ok, 1 refused, 1 closed");
        assert_eq!(record.first_failure.as_deref(), Some("connection refused"));
    }
}
