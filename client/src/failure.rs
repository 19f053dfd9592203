//! What can go wrong on a connection.

use std::fmt;
use std::io;
use std::time::Duration;

use nix::errno::Errno;

use crate::human;

/// Why a connection was not made, or did not do what it was to do.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Nobody listens there.
    #[error("connection refused")]
    Refused,
    /// The host has no address, or not yet.
    #[error("cannot resolve {host}: {}", reason(source))]
    Unresolved {
        /// The name.
        host: String,
        /// What the resolver said.
        source: io::Error,
    },
    /// The connection was not made, for any other reason: no route, no such socket, no file descriptor left.
    #[error("{}", unreachable(.0))]
    Unreachable(io::Error),
    /// The connection was not made in time. A full accept queue looks like this: the kernel drops the request.
    #[error("no connection within {}", human::limit(*.0))]
    ConnectTimeout(Duration),
    /// The connection stands, but for this long no byte of the echo came, or the server took no byte.
    #[error("{}", timeout(*silence, *got, *expected))]
    Timeout {
        /// How long nothing moved.
        silence: Duration,
        /// The bytes of the echo that came before.
        got: u64,
        /// The bytes of the whole echo; 0 where the server was to close.
        expected: u64,
    },
    /// The server, or something on the way, broke the connection off.
    #[error("connection reset by the server")]
    Reset,
    /// The server said that it has no time: `limits.queue_wait_answer = "busy"`.
    #[error("refused: the server is busy")]
    Busy,
    /// The server closed before the whole echo had come.
    #[error("the server closed after {got} of {expected} bytes")]
    Short {
        /// The bytes of the echo that came.
        got: u64,
        /// The bytes of the whole echo.
        expected: u64,
    },
    /// The server closed while nothing was due: this end was to close first.
    #[error("the server closed first")]
    Closed,
    /// A byte of the echo is not the one that it should be.
    #[error("wrong byte at offset {offset}: expected {}, got {}", byte(*expected), byte(*got))]
    Wrong {
        /// Where in the message, from 0.
        offset: u64,
        /// The right byte.
        expected: u8,
        /// The byte that came.
        got: u8,
    },
    /// Bytes came that nobody had sent; at least this many.
    #[error("{count} bytes more than were sent")]
    Extra {
        /// How many were seen.
        count: u64,
    },
    /// Anything else that the operating system says of an open connection.
    #[error("{}", human::os_error(.0))]
    Io(io::Error),
}

impl Failure {
    /// The kind of the failure, without its details.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Refused => Kind::Refused,
            Self::Unresolved { .. } => Kind::Unresolved,
            Self::Unreachable(_) => Kind::Unreachable,
            Self::ConnectTimeout(_) => Kind::ConnectTimeout,
            Self::Timeout { .. } => Kind::Timeout,
            Self::Reset => Kind::Reset,
            Self::Busy => Kind::Busy,
            Self::Short { .. } => Kind::Short,
            Self::Closed => Kind::Closed,
            Self::Wrong { .. } => Kind::Wrong,
            Self::Extra { .. } => Kind::Extra,
            Self::Io(_) => Kind::Io,
        }
    }

    /// Whether this is what a server looks like that is about to start.
    ///
    /// Its port refuses, its unix socket does not exist, or its name does not resolve, as in docker compose.
    #[must_use]
    pub fn is_not_up_yet(&self) -> bool {
        match self {
            Self::Refused | Self::Unresolved { .. } => true,
            Self::Unreachable(error) => error.kind() == io::ErrorKind::NotFound,
            _ => false,
        }
    }

    /// What an error of `connect` means.
    pub(crate) fn of_connect(error: io::Error, timeout: Duration) -> Self {
        match error.kind() {
            io::ErrorKind::ConnectionRefused => Self::Refused,
            io::ErrorKind::ConnectionReset => Self::Reset,
            // A unix socket whose queue is full says that it would block.
            io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => Self::ConnectTimeout(timeout),
            _ => Self::Unreachable(error),
        }
    }

    /// What an error of a read or a write means.
    pub(crate) fn of_transfer(error: io::Error, silence: Duration, got: u64, expected: u64) -> Self {
        match error.kind() {
            io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe | io::ErrorKind::NotConnected => {
                Self::Reset
            }
            io::ErrorKind::WouldBlock => Self::Timeout { silence, got, expected },
            _ => Self::Io(error),
        }
    }

    /// Whether this process has no file descriptor left.
    pub(crate) fn is_out_of_files(&self) -> bool {
        let (Self::Unreachable(error) | Self::Io(error)) = self else {
            return false;
        };
        error.raw_os_error() == Some(Errno::EMFILE as i32)
    }
}

/// The kernel calls it an address, and means the port of this end.
fn unreachable(error: &io::Error) -> String {
    if error.raw_os_error() == Some(Errno::EADDRNOTAVAIL as i32) {
        return "no local port is free: closed connections keep theirs for up to a minute (TIME_WAIT); make fewer in \
                a second, or widen net.ipv4.ip_local_port_range"
            .to_owned();
    }
    human::os_error(error)
}

fn timeout(silence: Duration, got: u64, expected: u64) -> String {
    let silence = human::limit(silence);
    match (got, expected) {
        (_, 0) => format!("the server did not close within {silence}"),
        (0, _) => format!("no echo within {silence}"),
        _ => format!("silence for {silence} after {got} of {expected} bytes"),
    }
}

/// What the resolver said, without the standard library's introduction.
fn reason(error: &io::Error) -> String {
    let text = human::os_error(error);
    text.rsplit(": ").next().unwrap_or(&text).to_lowercase()
}

fn byte(byte: u8) -> String {
    if byte.is_ascii_graphic() {
        format!("{byte:#04x} '{}'", char::from(byte))
    } else {
        format!("{byte:#04x}")
    }
}

/// A [`Failure`] without its details, to be counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// See [`Failure::Refused`].
    Refused,
    /// See [`Failure::Unresolved`].
    Unresolved,
    /// See [`Failure::Unreachable`].
    Unreachable,
    /// See [`Failure::ConnectTimeout`].
    ConnectTimeout,
    /// See [`Failure::Timeout`].
    Timeout,
    /// See [`Failure::Reset`].
    Reset,
    /// See [`Failure::Busy`].
    Busy,
    /// See [`Failure::Short`].
    Short,
    /// See [`Failure::Closed`].
    Closed,
    /// See [`Failure::Wrong`].
    Wrong,
    /// See [`Failure::Extra`].
    Extra,
    /// See [`Failure::Io`].
    Io,
}

impl Kind {
    /// The name in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Unresolved => "unresolved",
            Self::Unreachable => "unreachable",
            Self::ConnectTimeout => "connect_timeout",
            Self::Timeout => "timeout",
            Self::Reset => "reset",
            Self::Busy => "busy",
            Self::Short => "short",
            Self::Closed => "closed",
            Self::Wrong => "wrong",
            Self::Extra => "extra",
            Self::Io => "io",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name().replace('_', " "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_byte_is_shown_as_a_letter_where_it_is_one() {
        let failure = Failure::Wrong { offset: 5, expected: b'A', got: 0xff };
        assert_eq!(failure.to_string(), "wrong byte at offset 5: expected 0x41 'A', got 0xff");
    }

    #[test]
    fn a_missing_unix_socket_may_yet_appear_but_a_missing_route_will_not() {
        let failure = |errno: Errno| Failure::of_connect(errno.into(), Duration::ZERO);
        assert!(failure(Errno::ENOENT).is_not_up_yet());
        assert!(failure(Errno::ECONNREFUSED).is_not_up_yet());
        assert!(!failure(Errno::EHOSTUNREACH).is_not_up_yet());
        assert!(!failure(Errno::ETIMEDOUT).is_not_up_yet());
    }

    #[test]
    fn a_timeout_says_what_did_not_come() {
        let failure = |got, expected| Failure::Timeout { silence: Duration::from_secs(60), got, expected };
        assert_eq!(failure(0, 9).to_string(), "no echo within 1m");
        assert_eq!(failure(4, 9).to_string(), "silence for 1m after 4 of 9 bytes");
        assert_eq!(failure(0, 0).to_string(), "the server did not close within 1m");
    }
}
