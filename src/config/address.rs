//! An address to listen on, as the user writes it: `host:port`, `[::]:port` or `unix:/path`.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Where to listen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    /// As the user wrote it.
    pub(crate) text: String,
    /// The sockets that it stands for: a name may have several addresses.
    pub(crate) places: Vec<Place>,
}

/// One socket to bind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Place {
    /// A TCP port.
    Tcp(SocketAddr),
    /// A unix socket.
    Unix {
        /// Its file.
        path: PathBuf,
        /// The file's permissions; `None` leaves them to the umask.
        mode: Option<u32>,
    },
}

/// The longest path of a unix socket: `sun_path` without its final NUL, see unix(7).
pub(crate) const UNIX_PATH_BYTES_MAX: usize = 107;

impl Address {
    /// Reads an address and resolves its name.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let places = match text.strip_prefix("unix:") {
            Some(path) => vec![unix_place(path)?],
            None => tcp_places(text)?,
        };
        Ok(Self { text: text.to_owned(), places })
    }

    /// What two addresses have in common that cannot be bound twice.
    pub(crate) fn overlap(&self, other: &Self) -> Option<String> {
        let both = |one| other.places.iter().map(move |two| (one, two));
        let shared = self.places.iter().flat_map(both).find(|(one, two)| one.overlaps(two));
        shared.map(|(_, two)| match two {
            Place::Unix { path, .. } => path.display().to_string(),
            Place::Tcp(address) => address.to_string(),
        })
    }
}

impl Place {
    /// Whether the two cannot be bound at the same time.
    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Unix { path: one, .. }, Self::Unix { path: two, .. }) => one == two,
            (Self::Tcp(one), Self::Tcp(two)) => covers(*one, *two),
            _ => false,
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Unix { path, .. } => write!(f, "unix:{}", path.display()),
        }
    }
}

/// Whether two TCP addresses claim the same port of the same host. Port 0 takes a free one each time.
fn covers(one: SocketAddr, two: SocketAddr) -> bool {
    let everything = |address: SocketAddr| address.ip() == Ipv6Addr::UNSPECIFIED;
    let every_ipv4 = |address: SocketAddr| address.ip() == Ipv4Addr::UNSPECIFIED;
    one.port() == two.port()
        && one.port() != 0
        && (one.ip() == two.ip()
            || everything(one)
            || everything(two)
            || (every_ipv4(one) && two.is_ipv4())
            || (every_ipv4(two) && one.is_ipv4()))
}

fn unix_place(text: &str) -> Result<Place, String> {
    let (path, mode) = match text.split_once("?mode=") {
        Some((path, digits)) => (path, Some(parse_mode(digits)?)),
        None => (text, None),
    };
    if let Some((_, wrong)) = path.split_once('?') {
        return Err(format!("expected \"?mode=0660\" or nothing after the path, found \"?{wrong}\""));
    }
    if !path.starts_with('/') {
        return Err(format!(
            "the path of a unix socket is absolute, \"unix:/run/echo.sock\", but here it is \"{path}\""
        ));
    }
    if path.len() > UNIX_PATH_BYTES_MAX {
        return Err(format!(
            "the path of a unix socket has {UNIX_PATH_BYTES_MAX} bytes at most, not {}",
            path.len()
        ));
    }
    if path.contains('\0') {
        return Err("a path holds no NUL byte".to_owned());
    }
    Ok(Place::Unix { path: PathBuf::from(path), mode })
}

fn parse_mode(digits: &str) -> Result<u32, String> {
    u32::from_str_radix(digits, 8).ok().filter(|mode| *mode <= 0o777).ok_or_else(|| {
        format!("a mode is an octal number up to 0777, such as \"?mode=0660\", not \"{digits}\"")
    })
}

fn tcp_places(text: &str) -> Result<Vec<Place>, String> {
    let Some((host, port)) = text.rsplit_once(':') else {
        let like =
            if text.parse::<u16>().is_ok() { format!("127.0.0.1:{text}") } else { format!("{text}:8080") };
        return Err(format!(
            "an address is \"host:port\", such as \"{like}\", or \"unix:/path\", not \"{text}\""
        ));
    };
    if host.is_empty() {
        return Err(format!(
            "\"{text}\" names no host: \"0.0.0.0{text}\" is every IPv4 address, \"[::]{text}\" both families"
        ));
    }
    if host.contains(':') && !host.starts_with('[') {
        return Err(format!(
            "an IPv6 address stands in brackets: \"[{host}]:{port}\", if {port} is the port"
        ));
    }
    if port.parse::<u16>().is_err() {
        return Err(format!("a port is a number from 0 to 65535, not \"{port}\""));
    }
    let mut places = Vec::new();
    for address in text.to_socket_addrs().map_err(|error| format!("cannot resolve \"{text}\": {error}"))? {
        let place = Place::Tcp(address);
        if !places.contains(&place) {
            places.push(place);
        }
    }
    if places.is_empty() { Err(format!("\"{text}\" resolves to no address")) } else { Ok(places) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        Address::parse(text).unwrap_err()
    }

    fn overlap(one: &str, two: &str) -> bool {
        Address::parse(one).unwrap().overlap(&Address::parse(two).unwrap()).is_some()
    }

    #[test]
    fn a_host_and_a_port_are_an_address() {
        let address = Address::parse("127.0.0.1:8080").unwrap();
        assert_eq!(address.places, [Place::Tcp("127.0.0.1:8080".parse().unwrap())]);
        assert_eq!(Address::parse("[::]:0").unwrap().places, [Place::Tcp("[::]:0".parse().unwrap())]);
    }

    #[test]
    fn a_unix_socket_may_name_its_mode() {
        let place = |mode| Place::Unix { path: PathBuf::from("/run/echo.sock"), mode };
        assert_eq!(Address::parse("unix:/run/echo.sock").unwrap().places, [place(None)]);
        assert_eq!(Address::parse("unix:/run/echo.sock?mode=0660").unwrap().places, [place(Some(0o660))]);
    }

    #[test]
    fn what_is_no_address_is_refused_with_a_proposal() {
        assert!(refused("8080").contains("\"127.0.0.1:8080\""));
        assert!(refused("localhost").contains("\"localhost:8080\""));
        assert!(refused(":8080").contains("\"0.0.0.0:8080\""));
        assert!(refused("::1:8080").contains("\"[::1]:8080\""));
        assert!(refused("127.0.0.1:99999").contains("0 to 65535"));
        assert!(refused("unix:echo.sock").contains("absolute"));
        assert!(refused("unix:/echo.sock?mode=888").contains("octal"));
        assert!(refused("unix:/echo.sock?mod=0600").contains("\"?mode=0660\""));
        assert!(refused(&format!("unix:/{}", "x".repeat(200))).contains("107"));
    }

    #[test]
    fn addresses_that_claim_one_port_overlap() {
        assert!(overlap("127.0.0.1:80", "127.0.0.1:80"));
        assert!(overlap("127.0.0.1:80", "0.0.0.0:80"));
        assert!(overlap("[::]:80", "10.1.1.1:80"));
        assert!(overlap("unix:/a", "unix:/a?mode=0600"));
        assert!(!overlap("127.0.0.1:80", "127.0.0.2:80"));
        assert!(!overlap("127.0.0.1:0", "127.0.0.1:0"));
        assert!(!overlap("[::1]:80", "0.0.0.0:80"));
        assert!(!overlap("unix:/a", "unix:/b"));
    }
}
