//! How far it is, on stderr, for whoever watches.

use std::io::{self, IsTerminal, Seek};
use std::os::fd::AsFd;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::coordinator::Coordinator;

/// A bar if the length of the input is known, else only what has been done. Nothing where stderr is no terminal, or
/// the lines themselves go to one.
pub(super) struct Progress(Option<ProgressBar>);

impl Progress {
    pub(super) fn start() -> Self {
        if !io::stderr().is_terminal() || io::stdout().is_terminal() {
            return Self(None);
        }
        let left = bytes_left();
        let template = if left.is_some() {
            "{bar:12} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left{wide_msg}"
        } else {
            "{spinner} {bytes}, {bytes_per_sec}{wide_msg}"
        };
        let style = ProgressStyle::with_template(template).expect("the template is right");
        let bar = left.map_or_else(ProgressBar::new_spinner, ProgressBar::new).with_style(style);
        Self(Some(bar))
    }

    /// Shows the state of things.
    pub(super) fn show(&self, look: impl FnOnce() -> Glance) {
        let Some(bar) = &self.0 else {
            return;
        };
        let Glance { served, queued, retries, lines, bytes } = look();
        let retries = if retries == 0 { String::new() } else { format!(", {retries} retries") };
        bar.set_message(format!("; {served} served, {queued} queued{retries}; {lines} lines"));
        bar.set_position(bytes);
    }

    /// Takes the bar away, since a summary or an error follows.
    pub(super) fn end(&self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}

/// What the bar shows of the coordinator.
pub(super) struct Glance {
    served: usize,
    queued: usize,
    retries: u64,
    lines: u64,
    bytes: u64,
}

impl Glance {
    pub(super) fn at(coordinator: &Coordinator) -> Self {
        let (served, queued) = coordinator.served_and_queued();
        let counts = coordinator.counts();
        Self { served, queued, retries: counts.retries, lines: counts.lines, bytes: counts.bytes }
    }
}

/// How long the input is, if it is a file.
fn bytes_left() -> Option<u64> {
    let mut input: std::fs::File = io::stdin().as_fd().try_clone_to_owned().ok()?.into();
    let metadata = input.metadata().ok().filter(std::fs::Metadata::is_file)?;
    metadata.len().checked_sub(input.stream_position().ok()?)
}

/// How often the bar, and the clock, are looked at.
pub(super) const LOOK_EVERY: Duration = Duration::from_millis(100);
