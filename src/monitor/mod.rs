//! The monitor: a process of its own that shows the pool by HTTP. It reads the scoreboard and the kernel's queues, holds no
//! listener of the pool, and its death harms nobody.

#[cfg(any(test, fuzzing))]
mod fixture;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz;
mod host;
mod http;
mod live;
mod metrics;
mod sampler;

use std::convert::Infallible;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64};

use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::Signal;
use nix::unistd::{Pid, getppid};
use socket2::{Domain, Socket, Type};

use crate::activation::PassedToMonitor;
use crate::config::{Address, Place};
use crate::confinement::{Confinement, Role};
use crate::error::Error;
use crate::handover::OfferedMonitor;
use crate::logging;
use crate::signals::{self, Blocked};
use crate::snapshot::Observer;
use crate::title;

/// How many viewers may wait to be accepted.
const BACKLOG: i32 = 128;

/// Where the monitor serves. The master opens it, so that a monitor that takes a dead one's place needs nothing.
#[derive(Debug)]
pub(crate) struct Listener {
    socket: Socket,
    /// As the configuration has it, where the port may be 0.
    wanted: SocketAddr,
    address: SocketAddr,
    /// A service manager's: it is in the place of whatever the configuration has.
    inherited: bool,
}

impl Listener {
    /// Binds the first place that an address stands for.
    pub(crate) fn open(address: &Address) -> Result<Self, Error> {
        let refused = |error: io::Error| Error::Listen {
            address: format!("the monitor's address {address}"),
            cause: format!("{error}; choose another with --monitor-listen, or \"none\""),
        };
        let Some(Place::Tcp(wanted)) = address.places.first() else {
            return Err(refused(io::ErrorKind::Unsupported.into()));
        };
        Self::bind(*wanted).map_err(refused)
    }

    fn bind(wanted: SocketAddr) -> io::Result<Self> {
        let socket = Socket::new(Domain::for_address(wanted), Type::STREAM, None)?;
        socket.set_reuse_address(true)?;
        socket.set_tcp_nodelay(true)?;
        socket.set_nonblocking(true)?;
        socket.bind(&wanted.into())?;
        socket.listen(BACKLOG)?;
        let address = socket.local_addr()?.as_socket().unwrap_or(wanted);
        Ok(Self { socket, wanted, address, inherited: false })
    }

    /// One that a service manager has passed.
    pub(crate) fn inherit(passed: PassedToMonitor) -> io::Result<Self> {
        let PassedToMonitor { socket, address } = passed;
        socket.set_tcp_nodelay(true)?;
        socket.set_nonblocking(true)?;
        Ok(Self { socket, wanted: address, address, inherited: true })
    }

    /// The same socket for another holder.
    pub(crate) fn share(&self) -> io::Result<Self> {
        Ok(Self { socket: self.socket.try_clone()?, ..*self })
    }

    /// The listener of another master, which offers it.
    pub(crate) fn borrow(socket: OwnedFd, offered: &OfferedMonitor) -> Self {
        let OfferedMonitor { wanted, address, inherited } = *offered;
        Self { socket: socket.into(), wanted, address, inherited }
    }

    /// What another master needs to know to borrow it.
    pub(crate) fn offered(&self) -> OfferedMonitor {
        OfferedMonitor { wanted: self.wanted, address: self.address, inherited: self.inherited }
    }

    /// Whether this is what a configuration with this address gets.
    pub(crate) fn is_for(&self, address: Option<&Address>) -> bool {
        self.inherited
            || address.is_some_and(|address| address.places.first() == Some(&Place::Tcp(self.wanted)))
    }
}

impl AsFd for Listener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl fmt::Display for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address.fmt(f)
    }
}

/// What the monitor is born with. All else of the master is closed before it lives.
pub(crate) struct Monitor {
    pub(crate) listener: Listener,
    /// The process that forked it.
    pub(crate) master: Pid,
    pub(crate) observer: Observer,
    /// Whom it runs as, and what it is kept from.
    pub(crate) confinement: Confinement,
    /// Where its sandbox notes a system call.
    pub(crate) forbidden: &'static AtomicU64,
    pub(crate) blocked: Blocked,
}

impl Monitor {
    /// Lives, until the master ends it or dies, or somebody sends it TERM.
    pub(crate) fn run(mut self) -> Result<(), Error> {
        // Before all else: what comes after it, it does without the master's rights.
        self.confinement.assume_identity().map_err(Error::Monitor)?;
        title::show_monitor();
        set_pdeathsig(Signal::SIGKILL).map_err(Error::system("bind the monitor's life to the master's"))?;
        if getppid() != self.master {
            return Ok(());
        }
        // It holds nothing that would have to be brought to an end.
        signal_hook::flag::register_conditional_shutdown(
            signal_hook::consts::SIGTERM,
            0,
            Arc::new(AtomicBool::new(true)),
        )
        .map_err(Error::system("obey SIGTERM in the monitor"))?;
        self.blocked.unblock_all_but_ignored_and_term().map_err(Error::system("unblock signals"))?;
        signals::unblock_term().map_err(Error::system("unblock SIGTERM"))?;
        // One thread, made after the fork, so that none of it is the master's.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(Error::system("start the monitor's runtime"))?;
        self.observer.open();
        let failures = self.confinement.enter(Role::Monitor, self.forbidden).map_err(Error::Monitor)?;
        if !failures.is_empty() {
            tracing::warn!("the monitor is confined only in part: {}", failures.join("; "));
        }
        // It logs nothing from here on, and has no line by which the next file would come.
        logging::let_go();
        runtime
            .block_on(serve(self.listener, self.observer))
            .map(|never| match never {})
            .map_err(Error::system("serve the monitor's viewers"))
    }
}

async fn serve(listener: Listener, mut observer: Observer) -> io::Result<Infallible> {
    let listener = tokio::net::TcpListener::from_std(listener.socket.into())?;
    http::serve(listener, || observer.look()).await
}
