//! Why not every line came back as it should.

use std::io;
use std::time::Duration;

use crate::{Address, Error, Failure, human};

/// What kept `map` from its end, or spoiled it.
#[derive(Debug, thiserror::Error)]
pub enum Unfinished {
    /// Not a single connection was made.
    #[error("no connection: {0}")]
    NoConnection(Failure),
    /// All connections are lost, and no other one was made.
    #[error("all connections are lost and there is no new one: {0}")]
    Lost(Failure),
    /// Connections stand, but nothing came back.
    #[error("no echo on any connection within {}", human::limit(*.0))]
    Silence(Duration),
    /// A line failed again and again, each time as the first on its connection.
    #[error("line {line} (at byte {offset}) failed {failures} times, at last: {failure}")]
    Line {
        /// Its number, from 1.
        line: u64,
        /// Where it begins in the input.
        offset: u64,
        /// How often it failed.
        failures: u32,
        /// How it failed in the end.
        failure: String,
    },
    /// A line is longer than what is kept of one.
    #[error("line {line} is longer than {bytes_max} bytes; without --unordered any length is possible")]
    LongLine {
        /// Its number, from 1.
        line: u64,
        /// The longest that is possible.
        bytes_max: usize,
    },
    /// Standard input cannot be read.
    #[error("cannot read standard input: {}", human::os_error(.0))]
    Input(io::Error),
    /// Everything came back right in the end, but at first something did not.
    #[error("{count} wrong {}, not written but asked for again; the first: {first}", if *count == 1 { "echo" } else { "echoes" })]
    Wrong {
        /// How many.
        count: u64,
        /// What was wrong with the first one.
        first: String,
    },
}

impl Unfinished {
    /// What the user is told.
    pub(super) fn into_error(self, address: &Address) -> Error {
        match self {
            Self::NoConnection(failure) => Error::NoConnection { address: address.clone(), failure },
            other => Error::Unfinished(other),
        }
    }
}
