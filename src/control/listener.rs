//! Where the control socket listens, and who is at the other end of a connection to it.

use std::fmt;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use nix::sys::socket::{UnixCredentials, getsockopt, sockopt::PeerCredentials};
use nix::unistd::geteuid;
use socket2::{Domain, SockAddr, Socket, Type};

use super::CLIENTS_MAX;
use crate::config::Control;
use crate::error::Error;
use crate::unix_socket::{self, SocketFile};

/// The listening socket, with its file if it has one.
#[derive(Debug)]
pub(crate) struct ControlListener {
    socket: Socket,
    address: Control,
    /// The file, which goes with the process that made it.
    file: Option<SocketFile>,
    owner: u32,
}

impl ControlListener {
    /// Opens it. An address that somebody has is refused, with who it is.
    pub(crate) fn open(address: &Control) -> Result<Self, Error> {
        let refused = |error: io::Error| {
            let taken = error.kind() == io::ErrorKind::AddrInUse;
            let cause = match owner(address).filter(|_| taken) {
                Some((pid, user)) => format!(
                    "the master with pid {pid}, of the user with uid {user}, has it; stop that, or choose another with --control"
                ),
                None => format!("{error}; choose another with --control"),
            };
            Error::Listen { address: format!("the control socket {address}"), cause }
        };
        let socket = bind(address).map_err(refused)?;
        let file = match address {
            Control::Path(path) => Some(SocketFile::of(path).map_err(refused)?),
            Control::Abstract(_) | Control::Auto => None,
        };
        Ok(Self { socket, address: address.clone(), file, owner: std::process::id() })
    }

    /// The listener of another master, which offers it. Its file stays the other's until [`ControlListener::own`].
    pub(crate) fn borrow(socket: OwnedFd, address: Control, file: Option<SocketFile>) -> Self {
        Self { socket: socket.into(), address, file, owner: 0 }
    }

    /// Its file, if it has one.
    pub(crate) fn file(&self) -> Option<&SocketFile> {
        self.file.as_ref()
    }

    /// Its file is this process' from now on.
    pub(crate) fn own(&mut self) {
        self.owner = std::process::id();
    }

    /// Its file is another master's from now on.
    pub(crate) fn disown(&mut self) {
        self.owner = 0;
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> &Control {
        &self.address
    }

    /// Accepts whoever is next; `WouldBlock` when nobody is.
    pub(super) fn accept(&self) -> io::Result<Socket> {
        self.socket.accept().map(|(socket, _)| socket)
    }
}

impl AsFd for ControlListener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl fmt::Display for ControlListener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address.fmt(f)
    }
}

impl Drop for ControlListener {
    fn drop(&mut self) {
        // A child drops it too, but the file is the master's.
        if let Some(file) = self.file.as_ref().filter(|_| self.owner == std::process::id()) {
            // It fails when it is gone, which is as good.
            let _ = file.remove();
        }
    }
}

fn bind(address: &Control) -> io::Result<Socket> {
    let backlog = i32::try_from(CLIENTS_MAX).unwrap_or(i32::MAX);
    let socket = match address {
        // The owner alone may use it.
        Control::Path(path) => unix_socket::listen(path, Some(0o600), backlog)?,
        Control::Abstract(_) | Control::Auto => {
            let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
            socket.bind(&socket_address(address)?)?;
            socket.listen(backlog)?;
            socket
        }
    };
    socket.set_nonblocking(true)?;
    Ok(socket)
}

pub(super) fn socket_address(address: &Control) -> io::Result<SockAddr> {
    match address {
        Control::Path(path) => SockAddr::unix(path),
        // A name that begins with NUL is an abstract one, unix(7).
        Control::Abstract(name) => SockAddr::unix(format!("\0{name}")),
        Control::Auto => Err(io::ErrorKind::InvalidInput.into()),
    }
}

/// Whether the process at the other end belongs to root or to this user: at the time of its connect or listen.
pub(super) fn is_welcome(socket: &Socket) -> bool {
    credentials(socket).is_some_and(|other| may_ask(other.uid(), geteuid().as_raw()))
}

fn may_ask(user: u32, own: u32) -> bool {
    user == 0 || user == own
}

pub(super) fn credentials(socket: &Socket) -> Option<UnixCredentials> {
    getsockopt(socket, PeerCredentials).ok()
}

/// Who listens at an address: pid and user.
fn owner(address: &Control) -> Option<(i32, u32)> {
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None).ok()?;
    socket.set_nonblocking(true).ok()?;
    socket.connect(&socket_address(address).ok()?).ok()?;
    // One in another pid namespace has no pid here.
    credentials(&socket).filter(|other| other.pid() > 0).map(|other| (other.pid(), other.uid()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_and_the_same_user_may_ask() {
        assert!(may_ask(0, 1000) && may_ask(1000, 1000));
        assert!(!may_ask(1001, 1000) && !may_ask(1000, 0));
    }
}
