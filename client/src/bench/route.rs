//! The server, found before the run begins.

use std::net::{Ipv4Addr, SocketAddrV4};

use socket2::SockAddr;

use super::plan::Plan;
use crate::{Address, Connection, Error, Options};

/// From so many addresses of this machine a server on it is reached, where each request has a connection.
///
/// A closed connection keeps its port for a minute, or a second on the loopback interface (`tcp_tw_reuse` in
/// [ip-sysctl]), and `connect` looks at every second port first: from one address no more than 14,000 connections
/// were made in a second, and the benchmark measured the search for a port.
///
/// [ip-sysctl]: https://www.kernel.org/doc/html/latest/networking/ip-sysctl.html
const SOURCES: u8 = 16;

/// Where all connections of the run go.
#[derive(Debug)]
pub(super) struct Route {
    /// As people write it.
    pub(super) name: String,
    /// As the kernel wants it.
    pub(super) address: SockAddr,
    /// The addresses that connections come from, in turn; none where the kernel is to choose.
    pub(super) sources: Vec<SockAddr>,
    /// What TCP limits itself by on the way there; `None` on a unix socket.
    pub(super) congestion_control: Option<String>,
}

impl Route {
    /// Resolves the address and makes one connection, which sends nothing: which of several addresses answers?
    pub(super) fn find(plan: &Plan) -> Result<Self, Error> {
        let options = Options {
            connect_timeout: plan.connect_timeout,
            echo_timeout: plan.timeout,
            retry: plan.retry,
            transform: plan.transform,
        };
        let socket = Connection::open(&plan.address, &options)
            .map_err(|failure| Error::NoConnection { address: plan.address.clone(), failure })?
            .into_socket();
        let address = match &plan.address {
            // The server may know its socket by another path.
            Address::Unix(path) => SockAddr::unix(path),
            Address::Tcp { .. } => socket.peer_addr(),
        };
        let address = address.map_err(Error::local("cannot tell the address of the server"))?;
        let congestion_control = socket.tcp_congestion().ok().filter(|_| !address.is_unix()).map(|name| {
            let name = String::from_utf8_lossy(&name);
            name.trim_end_matches('\0').to_owned()
        });
        let sources = if plan.reconnect { sources(&address) } else { Vec::new() };
        Ok(Self { name: plan.address.to_string(), address, sources, congestion_control })
    }

    /// The address that the connection with this number comes from.
    pub(super) fn source(&self, number: u64) -> Option<&SockAddr> {
        let index = number.checked_rem(self.sources.len() as u64)?;
        self.sources.get(usize::try_from(index).ok()?)
    }
}

/// All of 127.0.0.0/8 is this machine; IPv6 has a single such address.
fn sources(server: &SockAddr) -> Vec<SockAddr> {
    match server.as_socket_ipv4() {
        Some(server) if server.ip().is_loopback() => {
            (1..=SOURCES).map(|last| SocketAddrV4::new(Ipv4Addr::new(127, 0, 0, last), 0).into()).collect()
        }
        _ => Vec::new(),
    }
}
