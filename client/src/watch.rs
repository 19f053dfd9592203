//! Many connections at once: which are served, which wait, and for how long.

mod event;
mod history;
mod json;
mod lane;
mod plain;
mod summary;
mod wait;

use std::io;
use std::num::NonZeroUsize;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

pub use event::{Change, Event, Outcome, Update};
pub use history::{History, LaneHistory};
pub use json::Json;
pub use plain::Plain;
pub use summary::{LaneSummary, Stage, Summary};
pub use wait::NOTICEABLE;

use crate::{Address, Error, Options, interrupt, open_files, terminal};

/// What every lane does.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Where the server listens.
    pub address: Address,
    /// How connections are made, and what is expected of them.
    pub options: Options,
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
    /// Takes an event.
    fn show(&mut self, event: &Event) -> io::Result<()>;

    /// When [`refresh`](Self::refresh) is wanted even if nothing happens.
    fn due(&self) -> Option<Duration> {
        None
    }

    /// Catches up with the time; called after every event and when it is due.
    fn refresh(&mut self, now: Duration) -> io::Result<()> {
        let _ = now;
        Ok(())
    }

    /// Shows the summary, after everything that was held back.
    fn finish(&mut self, summary: &Summary) -> io::Result<()>;
}

/// How the watching ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Every echo was right and every connection was closed as it should be.
    Correct,
    /// Something failed on at least one lane.
    Failed,
    /// The user had enough.
    Interrupted,
}

/// Runs the plan, and shows on standard output what happens: text, or a JSON object per line.
pub fn run(plan: &Plan, json: bool) -> Result<Ending, Error> {
    open_files::raise_limit();
    let (sender, updates) = mpsc::channel();
    let on_interrupt = sender.clone();
    interrupt::on_interrupt(move || {
        // Nobody listens any more where the end was near anyway.
        let _ = on_interrupt.send(Update::Interrupted);
    })
    .map_err(Error::local("cannot listen for signals"))?;

    let output = io::stdout().lock();
    let colour = terminal::wants_colour(&output);
    if json {
        follow(plan, &mut Json::new(output), sender, &updates)
    } else {
        follow(plan, &mut Plain::new(output, plan, colour), sender, &updates)
    }
}

/// Starts a thread for every lane, all at once. Each ends with [`Change::Closed`].
pub fn start(plan: &Plan, started: Instant, updates: &Sender<Update>) {
    lane::start_all(plan, started, updates);
}

fn follow(
    plan: &Plan,
    view: &mut dyn View,
    sender: Sender<Update>,
    updates: &Receiver<Update>,
) -> Result<Ending, Error> {
    let started = Instant::now();
    let mut history = History::new(plan.connections);
    start(plan, started, &sender);
    drop(sender);
    let shown = show_all(view, &mut history, started, updates).and_then(|interrupted| {
        view.finish(&history.summary(&plan.address, started.elapsed(), interrupted))?;
        Ok(interrupted)
    });
    match shown {
        Ok(true) => return Ok(Ending::Interrupted),
        // Without anybody who reads it, the verdict still stands.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(verdict(&history)),
        Err(error) => return Err(Error::local("cannot write to standard output")(error)),
        Ok(false) => {}
    }
    match history.into_connect_failure() {
        Ok(failure) => Err(Error::NoConnection { address: plan.address.clone(), failure }),
        Err(history) => Ok(verdict(&history)),
    }
}

/// Shows what happens until every lane is closed or the user interrupts; tells whether that was so.
fn show_all(
    view: &mut dyn View,
    history: &mut History,
    started: Instant,
    updates: &Receiver<Update>,
) -> io::Result<bool> {
    while !history.is_complete() {
        match next(updates, view.due().map(|due| started + due)) {
            Some(Update::Event(event)) => {
                view.show(&event)?;
                history.record(event);
            }
            Some(Update::Interrupted) => return Ok(true),
            None => {}
        }
        view.refresh(started.elapsed())?;
    }
    Ok(false)
}

/// The next update, or `None` when it is time to refresh the view.
fn next(updates: &Receiver<Update>, due: Option<Instant>) -> Option<Update> {
    let Some(due) = due else {
        return Some(updates.recv().expect("a lane that is not closed holds a sender"));
    };
    match updates.recv_timeout(due.saturating_duration_since(Instant::now())) {
        Ok(update) => Some(update),
        Err(RecvTimeoutError::Timeout) => None,
        Err(RecvTimeoutError::Disconnected) => unreachable!("a lane that is not closed holds a sender"),
    }
}

fn verdict(history: &History) -> Ending {
    if history.failed() == 0 { Ending::Correct } else { Ending::Failed }
}
