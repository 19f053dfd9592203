//! Why a command ended without doing what it was asked for, and the exit code that says so.

use std::io;

use crate::map::Unfinished;
use crate::{Address, Failure, human};

/// What is told to the user in the end, on stderr.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Not a single connection was made.
    #[error("cannot connect to {address}: {failure}{}", hint(address, failure))]
    NoConnection {
        /// Where to.
        address: Address,
        /// Why not.
        failure: Failure,
    },
    /// Nobody says how many slots the server has.
    #[error(
        "a prediction needs the number of slots, and the server at {address} does not tell it: say it with --slots"
    )]
    SlotsUnknown {
        /// Where it was asked for.
        address: Address,
    },
    /// A prediction of waits is wanted where nobody could wait at the server.
    #[error(
        "a prediction needs more connections than the server has slots: with -c {connections} and {slots} slots \
         requests would wait here, not there; leave -c away, or raise it well above {slots}"
    )]
    TooFewToWait {
        /// The most that would be open at a time.
        connections: usize,
        /// How many the server serves at once.
        slots: u32,
    },
    /// The server closed while there was more to send.
    #[error("the server closed the connection before the input ended, after {received} bytes")]
    ClosedEarly {
        /// The bytes that came until then.
        received: u64,
    },
    /// The server closed after the half-close, but before all had come back.
    #[error("the answer is too short: {received} of {sent} bytes came back")]
    Short {
        /// The bytes that came.
        received: u64,
        /// The bytes that were sent.
        sent: u64,
    },
    /// The connection broke.
    #[error("{failure}, after {received} bytes")]
    Broken {
        /// How.
        failure: Failure,
        /// The bytes that came until then.
        received: u64,
    },
    /// Not every line came back as it should.
    #[error(transparent)]
    Unfinished(Unfinished),
    /// Standard input or output, or something else on this side.
    #[error("{what}: {}", human::os_error(source))]
    Local {
        /// What was being done.
        what: &'static str,
        /// Why it failed.
        source: io::Error,
    },
}

impl Error {
    /// The exit code of a program that made no connection at all.
    pub(crate) const NO_CONNECTION: u8 = 3;

    /// Names what was being done when the operating system refused; made for `map_err`.
    pub(crate) fn local(what: &'static str) -> impl Fn(io::Error) -> Self {
        move |source| Self::Local { what, source }
    }

    /// Whether the reader of our output has had enough, as in `| head`. There is nothing to complain about then.
    pub(crate) fn is_closed_output(&self) -> bool {
        matches!(self, Self::Local { source, .. } if source.kind() == io::ErrorKind::BrokenPipe)
    }

    /// The exit code.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::NoConnection { .. } => Self::NO_CONNECTION,
            Self::SlotsUnknown { .. } | Self::TooFewToWait { .. } => 2,
            _ => 1,
        }
    }
}

/// What may help against a connection that was not made.
fn hint(address: &Address, failure: &Failure) -> String {
    if failure.is_out_of_files() {
        return " (raise the limit with `ulimit -n`)".to_owned();
    }
    match failure {
        Failure::Unresolved { .. } => " (is the name right?)".to_owned(),
        failure if !failure.is_not_up_yet() => String::new(),
        _ if !address.is_local() => " (is the server running there?)".to_owned(),
        _ if *address == Address::default() => {
            " (is the server running? start it with `prefork-echo`)".to_owned()
        }
        _ => format!(" (is the server running? start it with `prefork-echo --listen {address}`)"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(address: &str) -> String {
        let address = address.parse().unwrap();
        Error::NoConnection { address, failure: Failure::Refused }.to_string()
    }

    #[test]
    fn a_refused_connection_says_how_to_start_the_server() {
        assert_eq!(
            refused("127.0.0.1:8080"),
            "cannot connect to 127.0.0.1:8080: connection refused \
             (is the server running? start it with `prefork-echo`)"
        );
        assert!(refused("localhost:9000").ends_with("start it with `prefork-echo --listen localhost:9000`)"));
        assert!(refused("echo.example.org:80").ends_with("(is the server running there?)"));
    }
}
