//! How often the master of the model has done what the laws are about.

use std::collections::BTreeMap;

use crate::channel::Order;
use crate::process_table::Action;

/// How often each of it was done.
#[derive(Debug, Default)]
pub(super) struct Tally(BTreeMap<&'static str, usize>);

impl Tally {
    pub(super) fn note_action(&mut self, action: &Action) {
        self.note(match action {
            Action::Open => "opened",
            Action::GiveUp => "given up",
            Action::Commit => "committed",
            Action::Abandon => "abandoned",
            Action::Abort { .. } => "aborted",
            Action::Kill { .. } => "killed",
            Action::Recycle { .. } => "recycled",
            Action::Resize(_) => "resized",
            Action::Relieved => "relieved",
            Action::CloseGates => "had its grace",
            Action::Tell { order: Order::Retire, .. } => "retired",
            Action::Tell { order: Order::Drain, .. } => "drained",
            Action::Tell { order: Order::Stop, .. } => "stopped",
            Action::Tell { order: Order::Poke, .. } => "poked",
            _ => return,
        });
    }

    pub(super) fn note(&mut self, deed: &'static str) {
        *self.0.entry(deed).or_default() += 1;
    }

    pub(super) fn add(&mut self, other: &Self) {
        for (deed, count) in &other.0 {
            *self.0.entry(deed).or_default() += count;
        }
    }

    pub(super) fn count(&self, deed: &str) -> usize {
        self.0.get(deed).copied().unwrap_or_default()
    }
}
