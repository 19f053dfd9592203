//! What happens, as one line per change that is worth reading.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};
use std::time::Duration;

use super::report::Report;
use super::{Change, End, Event, History, NOTICEABLE, Outcome, Plan, Summary, View, Wish};
use crate::human;
use crate::pool::Seat;
use crate::terminal::{DIM, RESET, Style};

/// Writes a line per change of state, in the order in which the changes occurred.
///
/// Every lane is `connecting` and then `queued` before it is served, most of them for less than a millisecond. Such
/// a state gets a line only if it lasts for a [noticeable](NOTICEABLE) time, and the line tells when it began. Until
/// that is known, what happened later on other lanes is held back: the lines of a run are in the order of their
/// times.
#[derive(Debug)]
pub(super) struct Plain<W> {
    output: W,
    style: Style,
    lane_width: usize,
    retry: Duration,
    count: u32,
    /// Lines that will be written, once nothing earlier is passing any more.
    pending: BTreeMap<Moment, String>,
    /// States that may be over before they are noticeable.
    passing: BTreeMap<Moment, String>,
    /// When the passing state of each lane began.
    passing_since: HashMap<usize, Moment>,
    shown: usize,
}

/// The length of `connecting`, the longest name of a state.
const STATE_WIDTH: usize = 10;

/// When an event occurred; the second number tells events of the same time apart.
type Moment = (Duration, usize);

impl<W: Write> Plain<W> {
    /// Writes to this output, which understands this much.
    pub(super) fn new(output: W, plan: &Plan, style: Style) -> Self {
        let lane_width = format!("#{}", plan.connections).len();
        Self {
            output,
            style,
            lane_width,
            retry: plan.options.retry,
            count: plan.count,
            pending: BTreeMap::new(),
            passing: BTreeMap::new(),
            passing_since: HashMap::new(),
            shown: 0,
        }
    }

    /// Makes a line: time, lane, state and what there is to say about it.
    fn line(&self, event: &Event, state: State, details: &str) -> String {
        let (name, colour) = state.name_and_colour();
        // Padded before it is coloured: a terminal does not count the colour.
        let name = format!("{name:<STATE_WIDTH$}");
        let name = if self.style.colour { format!("{colour}{name}{RESET}") } else { name };
        let lane = format!("#{}", event.lane);
        format!("{:>8.3}s  {lane:>1$}  {name}  {details}", event.at.as_secs_f64(), self.lane_width)
    }

    /// What there is to say about a change.
    fn describe(&self, change: &Change, seat: Option<Seat>) -> Line {
        match change {
            Change::Connecting => Line::Passing(State::Connecting, "no answer yet".to_owned()),
            Change::Retrying(failure) => {
                let details = format!("{failure}; trying again for up to {}", human::limit(self.retry));
                Line::Lasting(State::Connecting, details)
            }
            Change::Queued { local } => {
                let from = local.map(|local| format!(" from {local}")).unwrap_or_default();
                Line::Passing(State::Queued, format!("connected{from}, no echo yet"))
            }
            Change::Served { first_echo } => {
                Line::Lasting(State::Served, format!("first echo after {}", human::time(*first_echo)))
            }
            Change::Echoed { .. } | Change::Seated(_) => Line::None,
            Change::Closed(outcome) => self.describe_end(outcome, seat),
        }
    }

    fn describe_end(&self, outcome: &Outcome, seat: Option<Seat>) -> Line {
        let messages = outcome.messages;
        let by = seat.map(|seat| format!("; {}", seat.describe())).unwrap_or_default();
        match &outcome.failure {
            None if messages == 1 => Line::Lasting(State::Closed, format!("1 message, correct{by}")),
            None => Line::Lasting(State::Closed, format!("{messages} messages, all correct{by}")),
            Some(failure) if messages == 0 => Line::Lasting(State::Failed, format!("{failure}{by}")),
            Some(failure) if messages == self.count => {
                Line::Lasting(State::Failed, format!("{failure}, after the last message{by}"))
            }
            Some(failure) => Line::Lasting(State::Failed, format!("message {}: {failure}{by}", messages + 1)),
        }
    }

    /// Writes what has lasted until now.
    fn catch_up(&mut self, now: Duration) -> io::Result<()> {
        while let Some(state) = self.passing.first_entry() {
            if now.saturating_sub(state.key().0) < NOTICEABLE {
                break;
            }
            let (moment, line) = state.remove_entry();
            self.pending.insert(moment, line);
        }
        self.write_ready()
    }

    /// Writes what nothing earlier can precede any more.
    fn write_ready(&mut self) -> io::Result<()> {
        let earliest_passing = self.passing.keys().next().copied();
        while let Some(line) = self.pending.first_entry() {
            if earliest_passing.is_some_and(|passing| passing < *line.key()) {
                break;
            }
            writeln!(self.output, "{}", line.remove())?;
        }
        self.output.flush()
    }
}

impl<W: Write> View for Plain<W> {
    fn show(&mut self, event: &Event, history: &History) -> io::Result<()> {
        // The last line of the lane tells by whom it was served.
        if matches!(event.what, Change::Seated(_)) {
            return Ok(());
        }
        self.shown += 1;
        let moment = (event.at, self.shown);
        if let Some(since) = self.passing_since.remove(&event.lane) {
            self.passing.remove(&since);
        }
        match self.describe(&event.what, history.lanes()[event.lane - 1].seat) {
            Line::Lasting(state, details) => {
                self.pending.insert(moment, self.line(event, state, &details));
            }
            Line::Passing(state, details) => {
                self.passing.insert(moment, self.line(event, state, &details));
                self.passing_since.insert(event.lane, moment);
            }
            Line::None => {}
        }
        Ok(())
    }

    fn due(&self) -> Option<Duration> {
        self.passing.keys().next().map(|&(since, _)| since + NOTICEABLE)
    }

    fn refresh(&mut self, now: Duration, _: &History) -> io::Result<Vec<Wish>> {
        self.catch_up(now)?;
        Ok(Vec::new())
    }

    fn finish(&mut self, summary: &Summary, _: &History) -> io::Result<()> {
        self.catch_up(Duration::MAX)?;
        // Without any connection there is an error to follow that says it all.
        if summary.connected() > 0 || summary.end == End::Interrupted {
            write!(self.output, "\n{}", Report::new(summary, self.style))?;
        }
        self.output.flush()
    }
}

enum Line {
    Lasting(State, String),
    Passing(State, String),
    None,
}

#[derive(Clone, Copy)]
enum State {
    Connecting,
    Queued,
    Served,
    Closed,
    Failed,
}

impl State {
    fn name_and_colour(self) -> (&'static str, &'static str) {
        match self {
            Self::Connecting => ("connecting", "\x1b[36m"),
            Self::Queued => ("queued", "\x1b[33m"),
            Self::Served => ("served", "\x1b[32m"),
            Self::Closed => ("closed", DIM),
            Self::Failed => ("failed", "\x1b[31m"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;

    use super::*;
    use crate::pool::{Choice, Source};
    use crate::{Address, Failure, Options};

    fn view(colour: bool) -> Plain<Vec<u8>> {
        let style = Style { width: 80, colour, unicode: true };
        let plan = Plan {
            address: Address::default(),
            source: Source::of(&Address::default(), &Choice::Nobody),
            options: Options { retry: Duration::from_secs(10), ..Options::default() },
            connections: NonZeroUsize::new(10).unwrap(),
            message: "hello".to_owned(),
            count: 3,
            interval: Duration::ZERO,
            hold: Duration::ZERO,
        };
        Plain::new(Vec::new(), &plan, style)
    }

    fn history() -> History {
        History::new(NonZeroUsize::new(10).unwrap())
    }

    /// Shows a change on a lane, and what is due at that time: the lines until now.
    fn show(view: &mut Plain<Vec<u8>>, millis: u64, lane: usize, what: Change) -> String {
        let at = Duration::from_millis(millis);
        view.show(&Event { lane, at, what }, &history()).unwrap();
        view.refresh(at, &history()).unwrap();
        String::from_utf8(view.output.clone()).unwrap()
    }

    fn queued() -> Change {
        Change::Queued { local: Some("127.0.0.1:40112".parse().unwrap()) }
    }

    fn served() -> Change {
        Change::Served { first_echo: Duration::from_micros(350) }
    }

    #[test]
    fn a_passing_state_gets_no_line() {
        let mut view = view(false);
        show(&mut view, 0, 1, Change::Connecting);
        show(&mut view, 1, 1, queued());
        assert_eq!(show(&mut view, 2, 1, served()), "   0.002s   #1  served      first echo after 0.35 ms\n");
        assert_eq!(view.due(), None);
    }

    #[test]
    fn a_lasting_wait_gets_its_line_before_what_happened_later() {
        let mut view = view(false);
        show(&mut view, 3, 10, queued());
        assert_eq!(show(&mut view, 4, 1, served()), "");
        assert_eq!(view.due(), Some(Duration::from_millis(103)));
        view.refresh(Duration::from_millis(103), &history()).unwrap();
        let lines = "   0.003s  #10  queued      connected from 127.0.0.1:40112, no echo yet\n   \
                     0.004s   #1  served      first echo after 0.35 ms\n";
        assert_eq!(String::from_utf8(view.output).unwrap(), lines);
    }

    #[test]
    fn a_retry_is_told_once_and_then_the_lane_is_quiet_until_it_is_served() {
        let mut view = view(false);
        show(&mut view, 0, 2, Change::Connecting);
        let lines = show(&mut view, 1, 2, Change::Retrying(Failure::Refused));
        assert_eq!(lines, "   0.001s   #2  connecting  connection refused; trying again for up to 10s\n");
        assert_eq!(view.due(), None);
    }

    #[test]
    fn a_failure_names_the_message() {
        let end = |messages| {
            let closed = Change::Closed(Outcome { messages, failure: Some(Failure::Reset) });
            show(&mut view(false), 9, 1, closed).split_once("failed      ").unwrap().1.to_owned()
        };
        assert_eq!(end(0), "connection reset by the server\n");
        assert_eq!(end(1), "message 2: connection reset by the server\n");
        assert_eq!(end(3), "connection reset by the server, after the last message\n");
    }

    #[test]
    fn a_colour_does_not_move_the_columns() {
        let line = show(&mut view(true), 2, 1, served());
        assert_eq!(line, "   0.002s   #1  \x1b[32mserved    \x1b[0m  first echo after 0.35 ms\n");
    }
}
