//! The result of watching, for people and for programs.

use std::net::SocketAddr;
use std::time::Duration;

use super::wait::{self, Answers, NOTICEABLE};
use super::{LaneHistory, Spread};
use crate::pool::{Pool, Seat};
use crate::{Address, Kind, Tally, human};

/// What came out of it.
#[derive(Debug, Clone)]
pub struct Summary {
    /// Where the server listens.
    pub address: Address,
    /// Why it ended.
    pub end: End,
    /// How long it took.
    pub elapsed: Duration,
    /// How long the service of a message takes, without any queue; `None` if no echo came.
    pub service: Option<Duration>,
    /// The pool when it was largest, if the server told.
    pub pool: Option<Pool>,
    /// How long each step took, over all lanes.
    pub times: Times,
    /// The lanes, in the order of their numbers.
    pub lanes: Vec<LaneSummary>,
}

/// Why watching ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Every lane is closed.
    Complete,
    /// Somebody had seen enough, and pressed a key.
    Quit,
    /// A signal, or Ctrl-C.
    Interrupted,
}

/// How long each step took, over all lanes; `None` for a step that none took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// From the first attempt until the connection stood.
    pub connect: Option<Spread>,
    /// From then to the first byte of the first echo: the queue and the first service.
    pub first_echo: Option<Spread>,
    /// The part of it in the server's queue, of the lanes about which the server told.
    pub queue: Option<Spread>,
    /// The rest of it, of the same lanes.
    pub first_service: Option<Spread>,
    /// From each later message to the first byte of its echo.
    pub later_service: Option<Spread>,
    /// From the first attempt to the end of the lane.
    pub total: Option<Spread>,
}

/// What came out of one lane. Times that end in `at` are counted from the start of all lanes.
#[derive(Debug, Clone)]
pub struct LaneSummary {
    /// How far it came.
    pub stage: Stage,
    /// This end of the connection; `None` on a unix socket.
    pub local: Option<SocketAddr>,
    /// When it first tried to connect.
    pub started_at: Option<Duration>,
    /// When the connection stood.
    pub connected_at: Option<Duration>,
    /// When the first echo began.
    pub served_at: Option<Duration>,
    /// When it was over.
    pub closed_at: Option<Duration>,
    /// From the connection to the first echo, as measured.
    pub first_echo: Option<Duration>,
    /// The part of it that was spent in the queue, as computed; `None` if it ended otherwise before an echo came.
    pub wait: Option<Duration>,
    /// Who serves or served it, and how long it stood in the queue, if the server told.
    pub seat: Option<Seat>,
    /// Whether the user released it.
    pub is_released: bool,
    /// The messages that came back whole and right.
    pub messages: u32,
    /// What went wrong, with the details.
    pub failure: Option<(Kind, String)>,
}

/// How far a lane came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// It was never connected, and still tries.
    Connecting,
    /// It is connected and has no echo yet.
    Queued,
    /// It had an echo, and is not at its end.
    Served,
    /// It did all it was to do.
    Closed,
    /// It failed.
    Failed,
}

impl Stage {
    /// The name in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Queued => "queued",
            Self::Served => "served",
            Self::Closed => "closed",
            Self::Failed => "failed",
        }
    }
}

impl LaneSummary {
    /// Whether it waited in the queue for a noticeable time.
    #[must_use]
    pub fn waited(&self) -> bool {
        self.wait.is_some_and(|wait| wait > NOTICEABLE)
    }
}

impl Summary {
    /// How many lanes had an echo.
    #[must_use]
    pub fn served(&self) -> usize {
        self.lanes.iter().filter(|lane| lane.served_at.is_some()).count()
    }

    /// How many lanes were connected.
    #[must_use]
    pub fn connected(&self) -> usize {
        self.lanes.iter().filter(|lane| lane.connected_at.is_some()).count()
    }

    /// How many lanes waited in the queue, or still do.
    #[must_use]
    pub fn waited(&self) -> usize {
        self.lanes.iter().filter(|lane| lane.waited()).count()
    }

    /// The longest wait in the queue that counts as one.
    #[must_use]
    pub fn longest_wait(&self) -> Option<Duration> {
        self.lanes.iter().filter(|lane| lane.waited()).filter_map(|lane| lane.wait).max()
    }

    /// How many lanes did all they were to do, and how many failed in which way.
    #[must_use]
    pub fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        for lane in &self.lanes {
            match (&lane.failure, lane.stage) {
                (Some((kind, _)), _) => tally.record_failure(*kind),
                (None, Stage::Closed) => tally.record_ok(),
                (None, _) => {}
            }
        }
        tally
    }

    /// The one sentence at the end.
    #[must_use]
    pub fn sentence(&self) -> String {
        let mut parts = vec![self.waiting_part()];
        let queued = self.lanes.iter().filter(|lane| lane.stage == Stage::Queued).count();
        if queued > 0 {
            parts.push(format!("{queued} still waiting"));
        }
        let tally = self.tally();
        if tally.failed() > 0 {
            let kinds: Vec<String> =
                tally.failures().map(|(kind, count)| format!("{count} {kind}")).collect();
            parts.push(format!("{} failed: {}", tally.failed(), kinds.join(", ")));
        }
        let sentence = parts.join("; ");
        match self.end {
            End::Complete => sentence,
            End::Quit => format!("ended after {}: {sentence}", human::time(self.elapsed)),
            End::Interrupted => format!("interrupted after {}: {sentence}", human::time(self.elapsed)),
        }
    }

    fn waiting_part(&self) -> String {
        let total = self.lanes.len();
        let connections = if total == 1 { "connection" } else { "connections" };
        if self.connected() == 0 {
            return format!("none of {total} {connections} was made");
        }
        let Some(longest) = self.longest_wait().map(human::time) else {
            if self.served() == 0 {
                // Whether they waited before they were broken off, nobody knows.
                return format!("none of {total} {connections} had an echo");
            }
            let why = self.slots().filter(|&slots| slots >= total);
            let why = why.map(|slots| format!(": the pool has {}", human::count(slots, "slot")));
            return format!("none of {total} {connections} waited{}", why.unwrap_or_default());
        };
        let why = self.slots().filter(|&slots| slots < total);
        let why = why.map(|slots| format!(", since the pool has {}", human::count(slots, "slot")));
        let waited = self.waited();
        let waited =
            format!("{waited} of {total} {connections} waited{}; longest {longest}", why.unwrap_or_default());
        // Else somebody who sees a first echo after two seconds would look for a wait of two seconds.
        match self.service.filter(|&service| service > NOTICEABLE).map(human::time) {
            Some(service) => format!("{waited} (not counting {service} of service)"),
            None => waited,
        }
    }

    /// How many connections the pool serves at once, if the server told.
    fn slots(&self) -> Option<usize> {
        self.pool.as_ref().map(|pool| pool.capacity)
    }
}

/// Computes the summary from what happened until now.
pub(super) fn sum_up(
    lanes: &[LaneHistory],
    pool: Option<&Pool>,
    address: &Address,
    now: Duration,
    end: End,
) -> Summary {
    let times = times(lanes);
    let answers: Vec<Option<Answers<'_>>> = lanes.iter().map(|lane| answers(lane, now)).collect();
    let known: Vec<Answers<'_>> = answers.iter().copied().flatten().collect();
    let mut waits = wait::waits(&known).into_iter();
    let lanes = lanes.iter().zip(&answers).map(|(lane, answers)| LaneSummary {
        stage: stage(lane),
        local: lane.local,
        started_at: lane.started_at,
        connected_at: lane.connected_at,
        served_at: lane.served_at,
        closed_at: lane.closed_at,
        first_echo: lane.first_echo,
        wait: answers.and_then(|_| waits.next()),
        seat: lane.seat,
        is_released: lane.is_released,
        messages: lane.messages,
        failure: lane.failure.as_ref().map(|failure| (failure.kind(), failure.to_string())),
    });
    let (lanes, service) = (lanes.collect(), wait::service(&known));
    Summary { address: address.clone(), end, elapsed: now, service, pool: pool.cloned(), times, lanes }
}

fn times(lanes: &[LaneHistory]) -> Times {
    let between = |from: Option<Duration>, to: Option<Duration>| Some(to?.saturating_sub(from?));
    let split = || lanes.iter().filter_map(|lane| Some((lane.queue_wait()?, lane.first_echo?)));
    Times {
        connect: Spread::of(lanes.iter().filter_map(|lane| between(lane.started_at, lane.connected_at))),
        first_echo: Spread::of(lanes.iter().filter_map(|lane| lane.first_echo)),
        queue: Spread::of(split().map(|(queue, _)| queue)),
        first_service: Spread::of(split().map(|(queue, first_echo)| first_echo.saturating_sub(queue))),
        later_service: Spread::of(lanes.iter().flat_map(|lane| &lane.later_echoes).copied()),
        total: Spread::of(lanes.iter().filter_map(|lane| between(lane.started_at, lane.closed_at))),
    }
}

/// How far a lane has come.
pub(super) fn stage(lane: &LaneHistory) -> Stage {
    match lane {
        LaneHistory { failure: Some(_), .. } => Stage::Failed,
        LaneHistory { closed_at: Some(_), .. } => Stage::Closed,
        LaneHistory { served_at: Some(_), .. } => Stage::Served,
        LaneHistory { connected_at: Some(_), .. } => Stage::Queued,
        _ => Stage::Connecting,
    }
}

/// What a lane tells about the queue. Nothing, if it was broken off while it waited for its first echo.
fn answers(lane: &LaneHistory, now: Duration) -> Option<Answers<'_>> {
    let connected_at = lane.connected_at?;
    let later = lane.later_echoes.as_slice();
    match (lane.first_echo, &lane.failure) {
        (Some(first), _) => Some(Answers { first, answered: true, later }),
        (None, Some(failure)) if failure.kind() != Kind::Timeout => None,
        (None, _) => {
            let first = lane.closed_at.unwrap_or(now).saturating_sub(connected_at);
            Some(Answers { first, answered: false, later })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Failure;
    use crate::pool::example;

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn served(first: u64) -> LaneHistory {
        LaneHistory {
            connected_at: Some(ms(1)),
            served_at: Some(ms(1 + first)),
            closed_at: Some(ms(5_000)),
            first_echo: Some(ms(first)),
            later_echoes: vec![ms(1)],
            messages: 2,
            ..LaneHistory::default()
        }
    }

    fn queued() -> LaneHistory {
        LaneHistory { connected_at: Some(ms(2)), ..LaneHistory::default() }
    }

    fn broken(failure: Failure) -> LaneHistory {
        LaneHistory { closed_at: Some(ms(3_002)), failure: Some(failure), ..queued() }
    }

    fn summary(lanes: &[LaneHistory], pool: Option<&Pool>, end: End) -> Summary {
        sum_up(lanes, pool, &Address::default(), ms(4_002), end)
    }

    fn sentence(lanes: &[LaneHistory]) -> String {
        summary(lanes, None, End::Complete).sentence()
    }

    #[test]
    fn the_sentence_says_how_many_waited_and_for_how_long() {
        let lanes = [served(1), served(2), served(2_311), served(1_001)];
        assert_eq!(sentence(&lanes), "2 of 4 connections waited; longest 2.31 s");
        assert_eq!(sentence(&lanes[..2]), "none of 2 connections waited");
        assert_eq!(sentence(&lanes[..1]), "none of 1 connection waited");
    }

    #[test]
    fn a_service_time_that_one_notices_is_mentioned() {
        let lane = LaneHistory { later_echoes: vec![ms(500)], ..served(2_000) };
        let expected = "1 of 1 connection waited; longest 1.50 s (not counting 500 ms of service)";
        assert_eq!(sentence(&[lane]), expected);
    }

    #[test]
    fn failures_are_counted_by_kind() {
        let lanes = [served(1), broken(Failure::Reset), broken(Failure::Reset), broken(Failure::Refused)];
        let expected = "none of 4 connections waited; 3 failed: 1 refused, 2 reset";
        assert_eq!(sentence(&lanes), expected);
    }

    #[test]
    fn who_was_broken_off_before_an_echo_may_have_waited() {
        let lanes = [broken(Failure::Reset), broken(Failure::Reset)];
        assert_eq!(sentence(&lanes), "none of 2 connections had an echo; 2 failed: 2 reset");
    }

    #[test]
    fn whoever_waits_at_an_interrupt_has_waited_until_then() {
        let expected = "interrupted after 4.00 s: 1 of 2 connections waited; longest 4.00 s; 1 still waiting";
        assert_eq!(summary(&[served(1), queued()], None, End::Interrupted).sentence(), expected);
    }

    #[test]
    fn an_interrupt_before_any_connection_says_so() {
        let lanes = [LaneHistory::default(), LaneHistory::default()];
        assert_eq!(
            summary(&lanes, None, End::Interrupted).sentence(),
            "interrupted after 4.00 s: none of 2 connections was made"
        );
    }

    #[test]
    fn a_timeout_was_a_wait_and_a_reset_was_none() {
        let timeout = Failure::Timeout { silence: ms(3_000), got: 0, expected: 5 };
        let summary = summary(&[broken(timeout), broken(Failure::Reset)], None, End::Complete);
        assert_eq!(summary.lanes[0].wait, Some(ms(3_000)));
        assert_eq!(summary.lanes[1].wait, None);
    }
    #[test]
    fn the_sentence_says_why_if_the_server_tells() {
        let pool = example::status(&[], 0).pool;
        let sentence = |lanes: &[LaneHistory]| summary(lanes, Some(&pool), End::Complete).sentence();
        let lanes = [served(1), served(2), served(1), served(1), served(1_001)];
        assert_eq!(sentence(&lanes), "1 of 5 connections waited, since the pool has 4 slots; longest 1.00 s");
        assert_eq!(sentence(&lanes[..4]), "none of 4 connections waited: the pool has 4 slots");
        // With a slot for each, it was somebody else, or something else.
        assert_eq!(sentence(&lanes[3..]), "1 of 2 connections waited; longest 1.00 s");
    }

    #[test]
    fn the_first_echo_is_split_for_those_of_whom_the_server_told() {
        let seat = Seat { worker: 0, pid: Some(9), slot: 1, queue_wait_seconds: Some(0.9) };
        let lanes = [served(1), LaneHistory { seat: Some(seat), ..served(1_000) }];
        let times = summary(&lanes, None, End::Complete).times;
        let one = |spread: Option<Spread>| spread.map(|spread| (spread.count, spread.max));
        assert_eq!(one(times.queue), Some((1, ms(900))));
        assert_eq!(one(times.first_service), Some((1, ms(100))));
        assert_eq!(one(times.first_echo), Some((2, ms(1_000))));
        assert_eq!(one(times.later_service), Some((2, ms(1))));
        assert_eq!(one(times.connect), None);
    }
}
