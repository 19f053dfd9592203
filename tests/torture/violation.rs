//! What the oracle finds: an invariant that does not hold.

use std::fmt;

/// What must always hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Invariant {
    /// Every byte comes back, and only those lose a connection whose server was killed.
    Clients,
    /// Who waits is served in order.
    Order,
    /// Who finds an idle slot is served at once.
    Liveness,
    /// The numbers of one picture add up.
    Balance,
    /// The pool comes back to its size.
    Capacity,
    /// Counts do not go back.
    Totals,
    /// The monitor shows what `status` shows.
    Monitor,
    /// No process too many, no zombie, no orphan.
    Processes,
    /// No file, thread, mapping or memory too much.
    Growth,
    /// Workers that die young come back ever later.
    BackOff,
    /// `status` answers in time.
    Status,
    /// A command does what it says.
    Command,
    /// The server ends in order.
    End,
    /// Not an invariant: the suite could not do what it was to do.
    Suite,
}

impl fmt::Display for Invariant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Clients => "clients",
            Self::Order => "order",
            Self::Liveness => "liveness",
            Self::Balance => "balance",
            Self::Capacity => "capacity",
            Self::Totals => "totals",
            Self::Monitor => "monitor",
            Self::Processes => "processes",
            Self::Growth => "growth",
            Self::BackOff => "back-off",
            Self::Status => "status",
            Self::Command => "command",
            Self::End => "end",
            Self::Suite => "suite",
        })
    }
}

/// An invariant that does not hold.
#[derive(Debug, thiserror::Error)]
#[error("{invariant}: {text}")]
pub(crate) struct Violation {
    pub(crate) invariant: Invariant,
    pub(crate) text: String,
}

impl Invariant {
    /// It does not hold, for this reason.
    pub(crate) fn violated(self, text: impl fmt::Display) -> Violation {
        Violation { invariant: self, text: text.to_string() }
    }
}

/// What a step or a look comes to.
pub(crate) type Result<T> = std::result::Result<T, Violation>;

/// Says which invariant an error violates.
pub(crate) trait Violates<T> {
    fn violates(self, invariant: Invariant) -> Result<T>;
}

impl<T, E: fmt::Display> Violates<T> for std::result::Result<T, E> {
    fn violates(self, invariant: Invariant) -> Result<T> {
        self.map_err(|error| invariant.violated(error))
    }
}
