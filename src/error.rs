//! The errors that end the program, each with the exit code of the contract.

use std::fmt::Display;
use std::io;
use std::process::ExitCode;

/// What ends the program before its work is done. It is printed once, in `cli`.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The configuration, or an environment that cannot carry it. Exit code 78 (`EX_CONFIG`).
    #[error("{0}")]
    Config(String),
    /// A listener could not be opened. Exit code 69 (`EX_UNAVAILABLE`).
    #[error("cannot listen on {address}: {cause}")]
    Listen {
        /// The address as the user wrote it.
        address: String,
        /// The system's words, and what to do about it.
        cause: String,
    },
    /// The first workers never got ready. Exit code 70 (`EX_SOFTWARE`).
    #[error("the pool did not start: {0}")]
    Start(String),
    /// A worker could not get ready. Exit code 70; the master sees it, and tries again.
    #[error("worker {id} cannot start: {cause}")]
    Worker {
        /// The worker's number.
        id: usize,
        /// What stood in the way.
        cause: String,
    },
    /// The system refused something that the program cannot do without. Exit code 1.
    #[error("cannot {doing}: {source}")]
    System {
        /// What was being done, to what.
        doing: String,
        /// The system's answer.
        source: io::Error,
    },
}

impl Error {
    /// Names what was being done when the system refused.
    pub(crate) fn system<E: Into<io::Error>>(doing: impl Display) -> impl FnOnce(E) -> Self {
        move |source| Self::System { doing: doing.to_string(), source: source.into() }
    }

    /// The exit code: the numbers of sysexits.h where one fits.
    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::System { .. } => 1,
            Self::Listen { .. } => 69,
            Self::Start(_) | Self::Worker { .. } => 70,
            Self::Config(_) => 78,
        })
    }
}
