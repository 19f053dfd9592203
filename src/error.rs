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
    /// The file for the master's pid is not to be had. Exit code 69.
    #[error("cannot take the pid file {path}: {cause}")]
    PidFile {
        /// As the user wrote it.
        path: String,
        /// The system's words, or who has it.
        cause: String,
    },
    /// No master answers. Exit code 69.
    #[error("no master answers at {address}: {cause}")]
    NoMaster {
        /// Its control socket.
        address: String,
        /// What went wrong.
        cause: String,
    },
    /// The master answers that it will not. Exit code 1.
    #[error("the master at {address} refuses: {cause}")]
    Refused {
        /// Its control socket.
        address: String,
        /// Its words.
        cause: String,
    },
    /// What was asked of the master did not take effect. Exit code 1.
    #[error("{0}")]
    Failed(String),
    /// The pool is not ready. Exit code 1.
    #[error("not ready: {0}")]
    NotReady(String),
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
    /// The monitor could not begin. Exit code 70; the master sees it, and tries again.
    #[error("the monitor cannot start: {0}")]
    Monitor(String),
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
            Self::System { .. } | Self::Refused { .. } | Self::Failed(_) | Self::NotReady(_) => 1,
            Self::Listen { .. } | Self::PidFile { .. } | Self::NoMaster { .. } => 69,
            Self::Start(_) | Self::Worker { .. } | Self::Monitor(_) => 70,
            Self::Config(_) => 78,
        })
    }
}
