//! Where the server listens: `host:port`, or `unix:/path`.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use socket2::SockAddr;

use crate::Failure;

/// The address of a server, which may be a name that is not resolved yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// A TCP port on a host.
    Tcp {
        /// A name, or an IP address without brackets.
        host: String,
        /// The port.
        port: u16,
    },
    /// A unix stream socket in the file system.
    Unix(PathBuf),
}

impl Address {
    /// Resolves the name: the socket addresses, in the order in which they are to be tried.
    pub(crate) fn resolve(&self) -> Result<Vec<SockAddr>, Failure> {
        match self {
            Self::Tcp { host, port } => (host.as_str(), *port)
                .to_socket_addrs()
                .map(|addresses| addresses.map(SockAddr::from).collect())
                .map_err(|source| Failure::Unresolved { host: host.clone(), source }),
            Self::Unix(path) => Ok(vec![SockAddr::unix(path).map_err(Failure::Unreachable)?]),
        }
    }

    /// Whether the server is on this machine, as far as the address tells.
    pub(crate) fn is_local(&self) -> bool {
        match self {
            Self::Tcp { host, .. } => {
                host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
            }
            Self::Unix(_) => true,
        }
    }
}

impl Default for Address {
    /// The address that the server listens on unless it is told otherwise.
    fn default() -> Self {
        Self::Tcp { host: "127.0.0.1".to_owned(), port: 8080 }
    }
}

impl From<SocketAddr> for Address {
    fn from(address: SocketAddr) -> Self {
        Self::Tcp { host: address.ip().to_string(), port: address.port() }
    }
}

impl From<&Path> for Address {
    fn from(path: &Path) -> Self {
        Self::Unix(path.to_owned())
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { host, port } if host.contains(':') => write!(f, "[{host}]:{port}"),
            Self::Tcp { host, port } => write!(f, "{host}:{port}"),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

impl FromStr for Address {
    type Err = InvalidAddress;

    fn from_str(text: &str) -> Result<Self, InvalidAddress> {
        if let Some(path) = text.strip_prefix("unix:") {
            return if path.is_empty() { Err(InvalidAddress::NoPath) } else { Ok(Self::Unix(path.into())) };
        }
        if text.contains('/') {
            return Err(InvalidAddress::NotAnAddress(without_scheme(text)));
        }
        if text.parse::<Ipv6Addr>().is_ok() {
            return Err(InvalidAddress::NoBrackets(text.to_owned()));
        }
        let Some((host, port)) = text.rsplit_once(':') else {
            return Err(without_port(text));
        };
        let Some(port) = port.parse().ok().filter(|&port| port > 0) else {
            return Err(InvalidAddress::Port(port.to_owned()));
        };
        if host.is_empty() {
            return Err(InvalidAddress::NoHost(port));
        }
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        if host.contains([':', '[', ']']) && bare.parse::<Ipv6Addr>().is_err() {
            return Err(InvalidAddress::NotAnAddress(None));
        }
        Ok(Self::Tcp { host: bare.to_owned(), port })
    }
}

/// Says what a text lacks that has no port at all.
fn without_port(text: &str) -> InvalidAddress {
    match text.parse() {
        Ok(port) if port > 0 => InvalidAddress::NoHost(port),
        _ if text.is_empty() => InvalidAddress::NotAnAddress(None),
        _ => InvalidAddress::NoPort(text.to_owned()),
    }
}

/// What was meant by a path without `unix:`, or by a URL.
fn without_scheme(text: &str) -> Option<String> {
    if text.starts_with('/') || text.starts_with("./") {
        return Some(format!("unix:{text}"));
    }
    let (_, rest) = text.split_once("://")?;
    let authority = rest.split('/').next()?;
    authority.parse::<Address>().ok().map(|address| address.to_string())
}

/// Why a text is not an address, with a suggestion where one can be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAddress {
    /// A host alone, which may also be a misspelt command.
    #[error("it has no port, nor is it a command; did you mean `{0}:8080`?")]
    NoPort(String),
    /// A port alone.
    #[error("it has no host; did you mean `127.0.0.1:{0}`?")]
    NoHost(u16),
    /// An IPv6 address alone, whose colons hide where a port would begin.
    #[error("an IPv6 address needs brackets and a port; did you mean `[{0}]:8080`?")]
    NoBrackets(String),
    /// A port that is none.
    #[error("the port is a number from 1 to 65535, not `{0}`")]
    Port(String),
    /// `unix:` and nothing more.
    #[error("the path is missing; an example is `unix:/run/prefork-echo.sock`")]
    NoPath,
    /// Anything else, with what was meant by it.
    #[error("expected `host:port` or `unix:/path`{}", .0.as_ref().map(|meant| format!("; did you mean `{meant}`?")).unwrap_or_default())]
    NotAnAddress(Option<String>),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Address, String> {
        text.parse().map_err(|error: InvalidAddress| error.to_string())
    }

    #[test]
    fn an_address_is_printed_as_it_was_given() {
        for text in ["127.0.0.1:8080", "localhost:1", "[::1]:65535", "echo.example.org:80", "unix:/run/a b"] {
            assert_eq!(parse(text).map(|address| address.to_string()), Ok(text.to_owned()));
        }
    }

    #[test]
    fn brackets_are_no_part_of_the_host() {
        assert_eq!(parse("[::1]:80"), Ok(Address::Tcp { host: "::1".to_owned(), port: 80 }));
    }

    #[test]
    fn a_text_that_is_no_address_comes_with_a_suggestion() {
        for (text, suggestion) in [
            ("9000", "127.0.0.1:9000"),
            (":9000", "127.0.0.1:9000"),
            ("localhost", "localhost:8080"),
            ("::1", "[::1]:8080"),
            ("/tmp/echo.sock", "unix:/tmp/echo.sock"),
            ("http://localhost:8080/", "localhost:8080"),
            ("tcp://[::1]:7", "[::1]:7"),
            ("localhost:http", "from 1 to 65535, not `http`"),
            ("localhost:0", "from 1 to 65535"),
            ("localhost:65536", "from 1 to 65535"),
            ("unix:", "unix:/run/prefork-echo.sock"),
            ("a:b:1", "host:port"),
            ("[]:80", "host:port"),
            ("[localhost]:80", "host:port"),
            ("", "host:port"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(suggestion), "{text}: {error}");
        }
    }
}
