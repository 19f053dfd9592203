//! A listening socket: bound by the master, inherited by every worker, with the kernel's accept queue behind it.

use std::fmt;
use std::fs;
use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use socket2::{Domain, Socket, TcpKeepalive, Type};

use crate::activation::Passed;
use crate::config::{Address, Config, Place};
use crate::error::Error;
use crate::handover::OfferedListener;
use crate::queue::Target;
use crate::sys::{self, IntegerOption, QueueInfo};
use crate::unix_socket::{self, SocketFile};

/// The read timeout with which an accepted connection begins: how long it is brief at most, see `accept_turn`.
///
/// It is the shortest that the kernel keeps, a jiffy or two. Listeners have it, so it costs no call per connection.
pub(crate) const BRIEF: Duration = Duration::from_millis(4);

/// How a peer is called in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Peer {
    /// By its address.
    Tcp(SocketAddr),
    /// A process of this machine: unix sockets of clients have no name.
    Unix,
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Unix => f.write_str("unix"),
        }
    }
}

/// A listening socket.
#[derive(Debug)]
pub(crate) struct Listener {
    socket: Socket,
    /// As the configuration has it, where a port may be 0.
    wanted: Place,
    place: Place,
    write_timeout: Option<Duration>,
    /// Whether the gate is closed, which every process that shares the socket has to know: shared memory.
    gate_is_closed: &'static AtomicBool,
    /// Another master's still: nothing is changed of it that others would notice.
    borrowed: bool,
    /// A service manager's, which has the queue before and after this pool: backlog, gate and file stay as they are.
    inherited: bool,
    /// A unix socket's file: another master may have put its own in the same place since.
    file: Option<SocketFile>,
}

/// Opens the listeners of a configuration. Those of `present` whose address it has too are shared, with all who wait
/// there, unless they do not listen any more; new ones let nobody in before [`Listener::open_gate`], unless it
/// `is_first`: nobody has served before. Those of a service manager take the place of all others.
pub(crate) fn open_all(
    config: &Config,
    present: &[Listener],
    is_first: bool,
    mut gate: impl FnMut() -> &'static AtomicBool,
) -> Result<Vec<Listener>, Error> {
    if is_inherited(present) {
        if let Some(deaf) = present.iter().find(|listener| listener.is_deaf()) {
            return Err(Error::Listen {
                address: deaf.to_string(),
                cause: "somebody has shut down the service manager's socket: restart its unit".to_owned(),
            });
        }
        let shared = present.iter().map(|listener| listener.share(config)).collect::<io::Result<_>>();
        return shared.map_err(Error::system("share the listeners of the service manager"));
    }
    let mut listeners: Vec<Listener> = Vec::new();
    for address in &config.listen {
        for place in &address.places {
            let listener = match present.iter().find(|listener| listener.wanted == *place) {
                Some(deaf) if deaf.is_deaf() => deaf.open_anew(config, gate()),
                Some(listener) => listener.share(config),
                None => Listener::open(place, config, is_first, gate()),
            };
            match listener {
                Ok(listener) => listeners.push(listener),
                Err(error) => {
                    discard(listeners, present);
                    return Err(refused(address, place, &error, present));
                }
            }
        }
    }
    Ok(listeners)
}

/// Whether these are a service manager's: all of a pool are, or none.
pub(crate) fn is_inherited(listeners: &[Listener]) -> bool {
    listeners.iter().any(|listener| listener.inherited)
}

/// Closes listeners that nobody is to find any more, except those that `present` shares.
pub(crate) fn discard(listeners: Vec<Listener>, present: &[Listener]) {
    for listener in listeners {
        if !present.iter().any(|other| other.is_shared_with(&listener)) {
            // It fails when the file is gone, which is as good.
            let _ = listener.close_gate();
        }
    }
}

impl Listener {
    /// Binds a place and listens on it, with its gate closed, as far as there is one, unless it is to be `open`.
    fn open(
        place: &Place,
        config: &Config,
        open: bool,
        gate_is_closed: &'static AtomicBool,
    ) -> io::Result<Self> {
        let backlog = i32::try_from(config.backlog.get()).unwrap_or(i32::MAX);
        let socket = match place {
            Place::Tcp(address) => tcp_socket(*address)?,
            // Nobody could tell one that does not listen yet from one that a dead server left behind.
            Place::Unix { path, mode } => unix_socket::listen(path, *mode, backlog)?,
        };
        // The queue of all workers is one, and a worker must find out without blocking that a sibling was faster.
        socket.set_nonblocking(true)?;
        let actual = match socket.local_addr()?.as_socket() {
            Some(address) => Place::Tcp(address),
            None => place.clone(),
        };
        let file = match &actual {
            Place::Unix { path, .. } => Some(SocketFile::of(path)?),
            Place::Tcp(_) => None,
        };
        let write_timeout = config.timeouts.write;
        let (wanted, place) = (place.clone(), actual);
        let (borrowed, inherited) = (false, false);
        let listener =
            Self { socket, wanted, place, write_timeout, gate_is_closed, borrowed, inherited, file };
        if let Place::Tcp(address) = listener.place
            && !open
        {
            set_minimum_ttl(&listener.socket, address, TTL_OF_NOBODY)?;
        }
        listener.adapt(config)?;
        Ok(listener)
    }

    /// One that a service manager has passed. Accepted connections inherit here too what is set; nobody else accepts.
    pub(crate) fn inherit(
        passed: Passed,
        config: &Config,
        gate_is_closed: &'static AtomicBool,
    ) -> io::Result<Self> {
        let Passed { socket, place, .. } = passed;
        socket.set_nonblocking(true)?;
        if let Place::Tcp(_) = place {
            prepare(&socket)?;
        }
        let listener = Self {
            socket,
            wanted: place.clone(),
            place,
            write_timeout: config.timeouts.write,
            gate_is_closed,
            borrowed: false,
            inherited: true,
            file: None,
        };
        listener.adapt(config)?;
        Ok(listener)
    }

    /// The same socket for another configuration.
    fn share(&self, config: &Config) -> io::Result<Self> {
        Ok(Self {
            socket: self.socket.try_clone()?,
            wanted: self.wanted.clone(),
            place: self.place.clone(),
            write_timeout: config.timeouts.write,
            gate_is_closed: self.gate_is_closed,
            borrowed: self.borrowed,
            inherited: self.inherited,
            file: self.file.clone(),
        })
    }

    /// In the place of one that does not listen any more. Another may be bound there beside it, socket(7): `SO_REUSEADDR`.
    fn open_anew(&self, config: &Config, gate_is_closed: &'static AtomicBool) -> io::Result<Self> {
        tracing::warn!("{self} does not listen any more, somebody has shut it down; opening it anew");
        Ok(Self { wanted: self.wanted.clone(), ..Self::open(&self.place, config, false, gate_is_closed)? })
    }

    /// Whether somebody who shares the socket has shut it down, by which it has stopped to listen.
    pub(crate) fn is_deaf(&self) -> bool {
        // TCP tells the first, unix the second too, also of one that was shut down for reading alone.
        let signs = PollFlags::POLLHUP | PollFlags::from_bits_retain(libc::POLLRDHUP);
        let mut look = [PollFd::new(self.socket.as_fd(), signs)];
        poll(&mut look, PollTimeout::ZERO).is_ok()
            // Nothing is an answer in which there is more than `nix` has names for: the second.
            && look[0].revents().is_none_or(|events| events.contains(PollFlags::POLLHUP))
    }

    /// The listener of another master, which offers it.
    pub(crate) fn borrow(
        socket: OwnedFd,
        offered: &OfferedListener,
        gate_is_closed: &'static AtomicBool,
    ) -> Self {
        Self {
            socket: socket.into(),
            wanted: offered.wanted.clone(),
            place: offered.place.clone(),
            write_timeout: None,
            gate_is_closed,
            borrowed: true,
            inherited: offered.inherited,
            file: offered.file.clone(),
        }
    }

    /// What another master needs to know to borrow it.
    pub(crate) fn offered(&self) -> OfferedListener {
        OfferedListener {
            wanted: self.wanted.clone(),
            place: self.place.clone(),
            inherited: self.inherited,
            file: self.file.clone(),
        }
    }

    /// It is this master's from now on; whether it was not.
    pub(crate) fn own(&mut self) -> bool {
        std::mem::replace(&mut self.borrowed, false)
    }

    /// Whether both are one socket, which has one gate.
    pub(crate) fn is_shared_with(&self, other: &Self) -> bool {
        std::ptr::eq(self.gate_is_closed, other.gate_is_closed)
    }

    /// Listens as a configuration says, and gives accepted sockets the timeouts that they inherit.
    pub(crate) fn adapt(&self, config: &Config) -> io::Result<()> {
        self.socket.set_write_timeout(config.timeouts.write)?;
        if self.inherited {
            return Ok(());
        }
        self.socket.listen(i32::try_from(config.backlog.get()).unwrap_or(i32::MAX))?;
        self.warn_of_clamped_backlog(config.backlog.get());
        Ok(())
    }

    /// Accepts the connection that waits longest. `WouldBlock` when nobody waits.
    pub(crate) fn accept(&self) -> io::Result<(Socket, Peer)> {
        let (socket, address) = self.socket.accept().map_err(|error| match self.place {
            // Without waiting, accept(2) says of a unix socket that was shut down that nobody is there.
            Place::Unix { .. } if self.is_deaf() => io::Error::from_raw_os_error(libc::EINVAL),
            _ => error,
        })?;
        if let Some(address) = address.as_socket() {
            if self.is_gate_closed() {
                // A connection whose handshake ended after that inherited the gate, and would be deaf.
                set_minimum_ttl(&socket, address, 0)?;
            }
            return Ok((socket, Peer::Tcp(address)));
        }
        // Unlike TCP's, unix sockets inherit nothing from their listener.
        socket.set_read_timeout(Some(BRIEF))?;
        socket.set_write_timeout(self.write_timeout)?;
        Ok((socket, Peer::Unix))
    }

    /// Where it listens.
    pub(crate) fn place(&self) -> &Place {
        &self.place
    }

    /// How long an accepted connection stood in the queue, before anything is sent on it; `None` where the kernel
    /// does not tell.
    pub(crate) fn queue_wait(&self, accepted: &Socket) -> Option<Duration> {
        match self.place {
            Place::Tcp(_) => sys::queue_wait(accepted).ok(),
            Place::Unix { .. } => None,
        }
    }

    /// The accept queue; `None` where the kernel does not tell.
    pub(crate) fn queue(&self) -> Option<QueueInfo> {
        match self.place {
            Place::Tcp(_) => sys::queue_info(self).ok(),
            Place::Unix { .. } => None,
        }
    }

    /// What finds this listener's queue once the socket is closed here.
    pub(crate) fn target(&self) -> io::Result<Target> {
        Target::of(self, self.place.clone())
    }

    /// Keeps new arrivals out, for every process that shares the socket; whoever is in the queue stays there.
    ///
    /// TCP: every new SYN is dropped, see [`TTL_OF_NOBODY`]. Unix: the file goes, so nobody finds the socket any more.
    pub(crate) fn close_gate(&self) -> io::Result<()> {
        if self.borrowed || self.inherited {
            return Ok(());
        }
        self.gate_is_closed.store(true, Ordering::SeqCst);
        match (&self.place, &self.file) {
            (Place::Tcp(address), _) => set_minimum_ttl(&self.socket, *address, TTL_OF_NOBODY),
            (Place::Unix { .. }, file) => file.as_ref().map_or(Ok(()), SocketFile::remove),
        }
    }

    /// Lets clients in for the first time, at an address that is new.
    pub(crate) fn open_gate(&self) -> io::Result<()> {
        match self.place {
            Place::Tcp(address) if !self.inherited => set_minimum_ttl(&self.socket, address, 0),
            Place::Tcp(_) | Place::Unix { .. } => Ok(()),
        }
    }

    /// Whether nobody new comes: whoever leaves serves those who wait here, since nobody comes after it.
    pub(crate) fn is_gate_closed(&self) -> bool {
        self.gate_is_closed.load(Ordering::SeqCst)
    }

    fn warn_of_clamped_backlog(&self, wanted: u32) {
        let limit = match &self.place {
            Place::Tcp(_) => self.queue().map(|queue| queue.limit),
            Place::Unix { .. } => fs::read_to_string("/proc/sys/net/core/somaxconn")
                .ok()
                .and_then(|text| text.trim().parse().ok()),
        };
        if let Some(limit) = limit.filter(|limit| *limit < wanted) {
            tracing::warn!(
                "backlog {wanted} of {self} is clamped to {limit} by the kernel: \
                 raise it with `sysctl -w net.core.somaxconn={wanted}`"
            );
        }
    }
}

impl fmt::Display for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.place.fmt(f)
    }
}

impl AsFd for Listener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// The minimum of a closed gate: no packet comes with a time-to-live above 254 unless its sender is on this link and chose
/// 255, so this drops every SYN, ip(7).
const TTL_OF_NOBODY: i32 = 255;

/// A bound TCP socket.
fn tcp_socket(address: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    if address.is_ipv6() {
        socket.set_only_v6(!address.ip().is_unspecified())?;
    }
    socket.set_reuse_address(true)?;
    prepare(&socket)?;
    socket.bind(&address.into())?;
    Ok(socket)
}

/// Accepted connections inherit what is set here (`tcp_create_openreq_child` clones the listener), which spares each of them
/// these calls.
fn prepare(socket: &Socket) -> io::Result<()> {
    /// A peer that is gone without a word is found out after two minutes, also where no idle timeout is set.
    const KEEPALIVE: TcpKeepalive = TcpKeepalive::new()
        .with_time(Duration::from_secs(60))
        .with_interval(Duration::from_secs(10))
        .with_retries(6);
    socket.set_tcp_nodelay(true)?;
    socket.set_tcp_keepalive(&KEEPALIVE)?;
    socket.set_read_timeout(Some(BRIEF))
}

fn set_minimum_ttl(socket: &Socket, address: SocketAddr, minimum: i32) -> io::Result<()> {
    // A socket of both families takes IPv4 packets too.
    sys::set_option(socket, IntegerOption::Ipv4MinimumTtl, minimum)?;
    if address.is_ipv6() {
        sys::set_option(socket, IntegerOption::Ipv6MinimumHops, minimum)?;
    }
    Ok(())
}

fn refused(address: &Address, place: &Place, error: &io::Error, present: &[Listener]) -> Error {
    let own = present.iter().find(|listener| listener.place.overlaps(place));
    let advice = match (error.kind(), place) {
        (io::ErrorKind::AddrInUse | io::ErrorKind::AlreadyExists, _) if own.is_some() => {
            let own = own.map(ToString::to_string).unwrap_or_default();
            format!(
                "; this pool listens on {own} itself: take that out with one reload, and add this with the next"
            )
        }
        (io::ErrorKind::AddrInUse, Place::Tcp(tcp)) => {
            format!("; `ss -ltnp 'sport = :{}'` shows who has the port", tcp.port())
        }
        (io::ErrorKind::AddrInUse, Place::Unix { .. }) => "; somebody listens on this socket".to_owned(),
        (io::ErrorKind::PermissionDenied, Place::Tcp(tcp)) if tcp.port() < 1024 => {
            "; a port below 1024 needs root or the capability CAP_NET_BIND_SERVICE".to_owned()
        }
        (io::ErrorKind::AddrNotAvailable, _) => "; no interface of this machine has this address".to_owned(),
        _ => String::new(),
    };
    let (text, place) = (address.to_string(), place.to_string());
    let address = if text.starts_with(&place) { place } else { format!("{place} ({text})") };
    Error::Listen { address, cause: format!("{error}{advice}") }
}
