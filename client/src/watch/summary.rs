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
    /// The part of it that was spent in the queue: as the server told it, else [as computed](Self::is_estimated).
    /// `None` if neither is possible: it was broken off before an echo came.
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
    /// Whether its wait is computed, and might be service in truth: all but short first echoes of which the server
    /// told nothing.
    #[must_use]
    pub fn is_estimated(&self) -> bool {
        let is_told = self.seat.is_some_and(|seat| seat.queue_wait_seconds.is_some());
        self.wait.is_some() && !is_told && self.first_echo.is_none_or(|first_echo| first_echo > NOTICEABLE)
    }

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
        match self.reckoning() {
            Some(reckoning) => format!("{waited} ({reckoning})"),
            None => waited,
        }
    }

    /// What has to be known of how the waits were found.
    fn reckoning(&self) -> Option<String> {
        let estimated = self.lanes.iter().any(LaneSummary::is_estimated).then(|| "estimated".to_owned());
        // Else somebody who sees a first echo after two seconds would look for a wait of two seconds.
        let service = self.service.filter(|&service| service > NOTICEABLE);
        let service = service.map(|service| format!("not counting {} of service", human::time(service)));
        let parts: Vec<String> = estimated.into_iter().chain(service).collect();
        (!parts.is_empty()).then(|| parts.join(", "))
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
    let mut wait = |lane: &LaneHistory, answers: &Option<Answers<'_>>| {
        let computed = answers.as_ref().and_then(|_| waits.next());
        told_wait(lane, now).or(computed)
    };
    let lanes = lanes.iter().zip(&answers).map(|(lane, answers)| LaneSummary {
        stage: stage(lane),
        local: lane.local,
        started_at: lane.started_at,
        connected_at: lane.connected_at,
        served_at: lane.served_at,
        closed_at: lane.closed_at,
        first_echo: lane.first_echo,
        wait: wait(lane, answers),
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

/// How long the lane stood in the queue, if the server told: no longer than until its first echo, as seen from here.
fn told_wait(lane: &LaneHistory, now: Duration) -> Option<Duration> {
    let until = lane.served_at.or(lane.closed_at).unwrap_or(now);
    Some(lane.queue_wait()?.min(until.saturating_sub(lane.connected_at?)))
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
mod tests;
