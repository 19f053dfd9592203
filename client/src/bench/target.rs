//! The server, found before the run begins.

use socket2::SockAddr;

use super::plan::Plan;
use crate::{Connection, Error, Options};

/// Where all connections of the run go.
#[derive(Debug)]
pub(super) struct Target {
    /// As people write it.
    pub(super) name: String,
    /// As the kernel wants it.
    pub(super) address: SockAddr,
    /// What TCP limits itself by on the way there; `None` on a unix socket.
    pub(super) congestion_control: Option<String>,
}

impl Target {
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
        let address = socket.peer_addr().map_err(Error::local("cannot tell the address of the server"))?;
        let congestion_control = socket.tcp_congestion().ok().filter(|_| !address.is_unix()).map(|name| {
            let name = String::from_utf8_lossy(&name);
            name.trim_end_matches('\0').to_owned()
        });
        Ok(Self { name: plan.address.to_string(), address, congestion_control })
    }
}
