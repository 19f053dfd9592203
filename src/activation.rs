//! Sockets that a service manager has opened and passed to this process: socket activation, `sd_listen_fds(3)`.
//!
//! They have queues, names and files before this process and after it, so none of that is changed here or later.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use nix::libc;
use nix::sys::stat::fstat;
use socket2::{Domain, Protocol, SockAddr, Socket, Type};

use crate::config::Place;
use crate::error::Error;
use crate::sys;

/// The variables of the protocol. They are about one process and mean nothing to any that it starts.
pub(crate) const VARIABLES: [&str; 3] = ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"];
/// The name of the socket at which the monitor serves; all others are the pool's.
const MONITOR: &str = "monitor";
/// The most sockets: they fit into the open files that a process has beside its connections, see `limits`.
const SOCKETS_MAX: usize = 32;

/// What was passed, by whom it is for.
#[derive(Debug, Default)]
pub(crate) struct Activation {
    pub(crate) listeners: Vec<Passed>,
    pub(crate) monitor: Option<PassedToMonitor>,
}

/// A listening stream socket that was passed.
#[derive(Debug)]
pub(crate) struct Passed {
    pub(crate) socket: Socket,
    pub(crate) place: Place,
    /// `FileDescriptorName=` of its unit.
    name: String,
}

/// The one at which the monitor serves, which speaks HTTP over TCP alone.
#[derive(Debug)]
pub(crate) struct PassedToMonitor {
    pub(crate) socket: Socket,
    pub(crate) address: SocketAddr,
}

impl Activation {
    /// Takes what the environment names, if it names this process. To be called before anything else is opened, and by no
    /// successor of another master: that one has taken it, and hands it over.
    pub(crate) fn of_environment() -> Result<Self, Error> {
        let wrong = |error: io::Error| Error::Listen {
            address: "the sockets of the service manager".to_owned(),
            cause: format!("{error}; {} do not fit what was passed", VARIABLES.join(", ")),
        };
        let passed = sd_notify::listen_fds_with_names().map_err(wrong)?;
        if passed.len() > SOCKETS_MAX {
            return Err(wrong(io::Error::other(format!("{} are more than {SOCKETS_MAX}", passed.len()))));
        }
        let (mut activation, mut inodes) = (Self::default(), Vec::new());
        for (number, name) in passed {
            let refused = |cause: String| Error::Listen {
                address: format!("descriptor {number} ({name:?}) of the service manager"),
                cause: format!("{cause}; its .socket unit wants ListenStream= and Accept=no"),
            };
            let socket = sys::inherited(number).map(Socket::from);
            let socket = socket.map_err(|error| refused(format!("it cannot be taken: {error}")))?;
            let place = place_of(&socket).map_err(|error| refused(error.to_string()))?;
            // Each thread that accepts waits at all listeners, and a queue that it has twice wakes it twice.
            let inode = fstat(&socket).map_err(|error| refused(error.to_string()))?.st_ino;
            if inodes.contains(&inode) {
                return Err(refused(format!("{place} was passed twice")));
            }
            inodes.push(inode);
            match place {
                place if name != MONITOR => activation.listeners.push(Passed { socket, place, name }),
                Place::Tcp(address) if activation.monitor.is_none() => {
                    activation.monitor = Some(PassedToMonitor { socket, address });
                }
                _ => return Err(refused("the monitor serves at one TCP address".to_owned())),
            }
        }
        Ok(activation)
    }
}

impl fmt::Display for Passed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.place, self.name)
    }
}

/// Where a socket listens; an error says why it is none that could be served.
fn place_of(socket: &Socket) -> io::Result<Place> {
    let wrong = |what: &str| Err(io::Error::other(what.to_owned()));
    let kind = match socket.r#type() {
        Ok(kind) => kind,
        Err(error) if error.raw_os_error() == Some(libc::ENOTSOCK) => return wrong("it is no socket"),
        Err(error) => return Err(error),
    };
    if kind != Type::STREAM {
        return wrong("it is no stream socket");
    }
    if !socket.is_listener()? {
        return wrong("it does not listen, as one that is connected already");
    }
    let domain = socket.domain()?;
    if domain == Domain::UNIX {
        return Ok(Place::Unix { path: path_of(&socket.local_addr()?), mode: None });
    }
    match socket.local_addr()?.as_socket() {
        // What MPTCP and SCTP tell of their queues is not what TCP tells.
        Some(address) if socket.protocol()? == Some(Protocol::TCP) => Ok(Place::Tcp(address)),
        _ => wrong("it is neither TCP nor a unix socket"),
    }
}

/// As it is shown: nobody opens it by that. An abstract name begins with `@`, as systemd writes it.
fn path_of(address: &SockAddr) -> PathBuf {
    let (sign, name) = match (address.as_pathname(), address.as_abstract_namespace()) {
        (Some(path), _) => ("", path.to_string_lossy()),
        (None, Some(name)) => ("@", String::from_utf8_lossy(name)),
        (None, None) => ("@", "".into()),
    };
    PathBuf::from(format!("{sign}{name}"))
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::net::{TcpListener, TcpStream, UdpSocket};
    use std::os::linux::net::SocketAddrExt;
    use std::os::unix::net::{SocketAddr, UnixDatagram, UnixListener};

    use super::*;

    fn refused(socket: impl Into<Socket>) -> String {
        place_of(&socket.into()).unwrap_err().to_string()
    }

    #[test]
    fn a_listening_stream_socket_is_where_it_is_bound() {
        for text in ["127.0.0.1:0", "[::1]:0"] {
            let listener = TcpListener::bind(text).unwrap();
            let address = listener.local_addr().unwrap();
            assert_eq!(place_of(&listener.into()).unwrap(), Place::Tcp(address));
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("echo.sock");
        let place = place_of(&UnixListener::bind(&path).unwrap().into()).unwrap();
        assert_eq!(place, Place::Unix { path, mode: None });
        let name = format!("prefork-test-passed-{}", std::process::id());
        let address = SocketAddr::from_abstract_name(&name).unwrap();
        let place = place_of(&UnixListener::bind_addr(&address).unwrap().into()).unwrap();
        assert_eq!(place.to_string(), format!("unix:@{name}"));
    }

    #[test]
    fn anything_else_is_refused_by_what_it_is() {
        assert_eq!(refused(UdpSocket::bind("127.0.0.1:0").unwrap()), "it is no stream socket");
        assert_eq!(refused(UnixDatagram::unbound().unwrap()), "it is no stream socket");
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let connected = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        assert_eq!(refused(connected), "it does not listen, as one that is connected already");
        let bound = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        assert_eq!(refused(bound), "it does not listen, as one that is connected already");
        let file: std::os::fd::OwnedFd = File::open("/dev/null").unwrap().into();
        assert_eq!(refused(Socket::from(file)), "it is no socket");
    }
}
