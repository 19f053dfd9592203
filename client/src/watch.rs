//! Many connections at once: which are served, which wait, and for how long.

mod event;
mod history;
mod json;
mod lane;
mod live;
mod plain;
mod report;
mod scale;
mod spread;
mod summary;
mod wait;

use std::io;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::time::{Duration, Instant};

use nix::libc;

pub use event::{Change, Event, Outcome, Update};
pub use history::{History, LaneHistory, PoolSeen};
pub use json::Json;
pub use live::is_possible as can_be_live;
pub use spread::Spread;
pub use summary::{End, LaneSummary, Stage, Summary, Times};
pub use wait::NOTICEABLE;

use self::lane::Lanes;
use self::live::Live;
#[cfg(any(test, fuzzing))]
pub(crate) use self::live::fuzz;
use self::plain::Plain;
use crate::output::Output;
use crate::pool::{Source, Watcher};
use crate::terminal::Style;
use crate::{Address, Error, Options, interrupt, open_files};

/// What every lane does.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Where the server listens.
    pub address: Address,
    /// How connections are made, and what is expected of them.
    pub options: Options,
    /// Where the server is asked about itself.
    pub source: Source,
    /// The number of lanes, each with a connection of its own.
    pub connections: NonZeroUsize,
    /// The message; `{lane}` stands for the number of the lane.
    pub message: String,
    /// How often the message is sent.
    pub count: u32,
    /// The pause between an echo and the next message.
    pub interval: Duration,
    /// How long the connection is kept open after the last echo.
    pub hold: Duration,
}

/// Shows what happens on the lanes.
///
/// Times are counted from the start of all lanes.
pub trait View {
    /// Takes an event, which the history does not have yet.
    fn show(&mut self, event: &Event, history: &History) -> io::Result<()>;

    /// When [`refresh`](Self::refresh) is wanted even if nothing happens.
    fn due(&self) -> Option<Duration> {
        None
    }

    /// Catches up with the time, and tells what the user wants; called after every event and when it is due.
    fn refresh(&mut self, now: Duration, history: &History) -> io::Result<Vec<Wish>> {
        let _ = (now, history);
        Ok(Vec::new())
    }

    /// Shows the summary, after everything that was held back.
    fn finish(&mut self, summary: &Summary, history: &History) -> io::Result<()>;
}

/// What the user wants while watching.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// One connection more.
    Add,
    /// That the connection which has been served for the longest time ends.
    Release,
    /// The end, with a summary.
    End(End),
}

/// How what happens is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Face {
    /// A picture that moves, where [the terminal allows it](can_be_live), else text.
    Live {
        /// Whether no more than ASCII is wanted.
        ascii: bool,
    },
    /// A line of text per change.
    Text {
        /// Whether no more than ASCII is wanted.
        ascii: bool,
    },
    /// A JSON object per line.
    Json,
}

/// How the watching ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Every echo was right and every connection was closed as it should be.
    Correct,
    /// Something failed on at least one lane.
    Failed,
    /// The user had enough before any connection was made.
    Unconnected,
    /// The user had enough.
    Interrupted,
}

/// So many updates may wait to be shown: more than a lane has that only connects and is served, and a limit. Beyond
/// that lanes wait for whoever reads, as in every pipe.
const UPDATES_MAX: usize = 1_024;
const UPDATES_PER_LANE: usize = 8;

/// Where the lanes, the server and the user tell what happens.
struct Feed {
    sender: SyncSender<Update>,
    updates: Receiver<Update>,
    /// Whether a signal asked for the end.
    interrupted: Arc<AtomicBool>,
}

/// Runs the plan, and shows on standard output what happens.
pub fn run(plan: &Plan, face: Face) -> Result<Ending, Error> {
    open_files::raise_limit();
    let feed = Feed::open(plan.connections).map_err(Error::local("cannot listen for signals"))?;
    let output = || Output(io::stdout());
    let ascii = match face {
        Face::Json => return follow(plan, &mut Json::new(output()), &feed),
        Face::Live { ascii } | Face::Text { ascii } => ascii,
    };
    let style = Style::of_stdout(ascii);
    // A terminal that does not tell where its cursor is gets text.
    let live = matches!(face, Face::Live { .. }).then(|| Live::open(plan, style).ok()).flatten();
    match live {
        Some(mut live) => follow(plan, &mut live, &feed),
        None => follow(plan, &mut Plain::new(output(), plan, style), &feed),
    }
}

fn follow(plan: &Plan, view: &mut dyn View, feed: &Feed) -> Result<Ending, Error> {
    let started = Instant::now();
    let mut history = History::new(plan.connections);
    let mut lanes = Lanes::new(plan, started, &feed.sender);
    let watcher = watch_pool(plan, &feed.sender)?;
    let shown = show_all(view, &mut history, &mut lanes, started, feed).and_then(|end| {
        let summary = history.summary(&plan.address, started.elapsed(), end);
        view.finish(&summary, &history)?;
        Ok(end)
    });
    drop(watcher);
    match shown {
        Ok(End::Interrupted) => return Ok(Ending::Interrupted),
        Ok(End::Quit) if history.is_unconnected() => return Ok(Ending::Unconnected),
        // With the terminal, the summary is gone too.
        Err(error) if feed.is_interrupted() && is_gone(&error) => return Ok(Ending::Interrupted),
        // Without anybody who reads it, the verdict still stands.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(verdict(&history)),
        Err(error) => return Err(Error::local("cannot write to standard output")(error)),
        Ok(End::Quit | End::Complete) => {}
    }
    match history.take_connect_failure() {
        Some(failure) => Err(Error::NoConnection { address: plan.address.clone(), failure }),
        None => Ok(verdict(&history)),
    }
}

/// Whether nobody is there any more who could read: no process, or no terminal.
fn is_gone(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::BrokenPipe || error.raw_os_error() == Some(libc::EIO)
}

/// Keeps asking the server about itself.
fn watch_pool(plan: &Plan, sender: &SyncSender<Update>) -> Result<Watcher, Error> {
    let sender = sender.clone();
    let watcher = Watcher::start(plan.source.clone(), move |answer| {
        // It asks less often where nobody reads. Nobody listens any more where the end was near anyway.
        let _ = sender.send(Update::Pool(answer));
    });
    watcher.map_err(Error::local("cannot start a thread"))
}

/// Shows what happens until every lane is closed or the user has seen enough; tells which of these it was.
fn show_all(
    view: &mut dyn View,
    history: &mut History,
    lanes: &mut Lanes,
    started: Instant,
    feed: &Feed,
) -> io::Result<End> {
    for _ in 0..history.lanes().len() {
        add_lane(view, history, lanes)?;
    }
    while !history.is_complete() {
        let update = feed.next(view.due().map(|due| started + due));
        if feed.is_interrupted() {
            return Ok(End::Interrupted);
        }
        match update {
            Some(Update::Event(event)) => {
                view.show(&event, history)?;
                history.record(event);
            }
            Some(Update::Pool(answer)) => {
                for (lane, seat) in history.look(answer) {
                    let event = Event { lane, at: started.elapsed(), what: Change::Seated(seat) };
                    view.show(&event, history)?;
                    history.record(event);
                }
            }
            Some(Update::Interrupted) | None => {}
        }
        for wish in view.refresh(started.elapsed(), history)? {
            match wish {
                Wish::Add => {
                    history.add_lane();
                    add_lane(view, history, lanes)?;
                }
                Wish::Release => {
                    if let Some(lane) = history.release() {
                        lanes.release(lane);
                    }
                }
                Wish::End(end) => return Ok(end),
            }
        }
    }
    Ok(End::Complete)
}

/// Starts one more of the lanes that the history has.
fn add_lane(view: &mut dyn View, history: &mut History, lanes: &mut Lanes) -> io::Result<()> {
    if let Err(event) = lanes.add() {
        view.show(&event, history)?;
        history.record(event);
    }
    Ok(())
}

impl Feed {
    /// Listens for signals from here on.
    fn open(connections: NonZeroUsize) -> io::Result<Self> {
        let capacity = connections.get().saturating_mul(UPDATES_PER_LANE).max(UPDATES_MAX);
        let (sender, updates) = mpsc::sync_channel(capacity);
        let on_interrupt = sender.clone();
        let interrupted = interrupt::on_interrupt(move || {
            // Where there is no room, there is something to wake up for already.
            let _ = on_interrupt.try_send(Update::Interrupted);
        })?;
        Ok(Self { sender, updates, interrupted })
    }

    fn is_interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }

    /// The next update, or `None` when it is time to refresh the view.
    fn next(&self, due: Option<Instant>) -> Option<Update> {
        let Some(due) = due else {
            return Some(self.updates.recv().expect("there is a sender as long as this is"));
        };
        match self.updates.recv_timeout(due.saturating_duration_since(Instant::now())) {
            Ok(update) => Some(update),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => unreachable!("there is a sender as long as this is"),
        }
    }
}

fn verdict(history: &History) -> Ending {
    if history.failed() == 0 { Ending::Correct } else { Ending::Failed }
}
