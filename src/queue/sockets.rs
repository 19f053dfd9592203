//! The sockets of one port, as the kernel lists them: the listeners, and the connections that nobody has accepted.

use std::net::{IpAddr, SocketAddr, SocketAddrV6};
use std::time::Duration;

use netlink_packet_sock_diag::{TCP_CLOSE_WAIT, TCP_ESTABLISHED, TCP_LISTEN};

use super::Waiting;

/// A port of one family. A listener of both families is an IPv6 socket, and so are its IPv4 connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Port {
    pub(super) is_ipv6: bool,
    pub(super) number: u16,
}

impl Port {
    pub(super) fn of(address: SocketAddr) -> Self {
        Self { is_ipv6: address.is_ipv6(), number: address.port() }
    }
}

/// One line of the kernel's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) local: SocketAddr,
    pub(super) peer: SocketAddr,
    /// As in the kernel's `include/net/tcp_states.h`.
    pub(super) state: u8,
    pub(super) inode: u64,
    /// Of a listener the depth of its queue, of a connection the sequence numbers that nobody has read.
    pub(super) received: u32,
    /// Of a listener.
    pub(super) limit: Option<u32>,
    /// Of a listener.
    pub(super) dropped: Option<u64>,
    /// Of a connection.
    pub(super) waited: Option<Duration>,
}

/// A listener.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listening {
    pub(super) inode: u64,
    pub(super) depth: u64,
    pub(super) limit: Option<u32>,
    pub(super) dropped: Option<u64>,
}

/// A connection that nobody has accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unaccepted {
    /// The address that its peer has called.
    pub(super) local: SocketAddr,
    pub(super) waiting: Waiting,
}

/// All of them.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Sockets {
    pub(super) listening: Vec<Listening>,
    pub(super) unaccepted: Vec<Unaccepted>,
}

impl Sockets {
    /// Adds an entry, if it is one of the two kinds.
    pub(super) fn add(&mut self, entry: &Entry) {
        let Entry { local, peer, state, inode, received, limit, dropped, waited } = *entry;
        let half_closed = state == TCP_CLOSE_WAIT;
        if state == TCP_LISTEN {
            self.listening.push(Listening { inode, depth: received.into(), limit, dropped });
        } else if inode == 0 && (half_closed || state == TCP_ESTABLISHED) {
            // The FIN has taken a sequence number, and `rcv_nxt` counts it (`tcp_fin` in net/ipv4/tcp_input.c).
            let bytes = received.saturating_sub(half_closed.into());
            let waiting = Waiting { peer, waited, bytes_queued: Some(bytes.into()), half_closed };
            self.unaccepted.push(Unaccepted { local, waiting });
        }
    }
}

/// An address as `accept` and `getsockname` give it: only a link-local one has a scope (`ipv6_iface_scope_id` in
/// include/net/ipv6.h), and an IPv4 peer of an IPv6 socket stays `::ffff:192.0.2.1`.
pub(super) fn socket_address(ip: IpAddr, port: u16, interface: u32) -> SocketAddr {
    match ip {
        IpAddr::V4(_) => SocketAddr::new(ip, port),
        IpAddr::V6(ip) => {
            let scope = if ip.is_unicast_link_local() { interface } else { 0 };
            SocketAddr::V6(SocketAddrV6::new(ip, port, 0, scope))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(state: u8, inode: u64, received: u32) -> Entry {
        Entry {
            local: "127.0.0.1:80".parse().unwrap(),
            peer: "127.0.0.1:4000".parse().unwrap(),
            state,
            inode,
            received,
            limit: Some(128),
            dropped: Some(3),
            waited: Some(Duration::from_millis(7)),
        }
    }

    fn of(entry: &Entry) -> Sockets {
        let mut sockets = Sockets::default();
        sockets.add(entry);
        sockets
    }

    #[test]
    fn a_listener_tells_the_depth_of_its_queue() {
        let listening = Listening { inode: 9, depth: 5, limit: Some(128), dropped: Some(3) };
        assert_eq!(
            of(&entry(TCP_LISTEN, 9, 5)),
            Sockets { listening: vec![listening], ..Sockets::default() }
        );
    }

    #[test]
    fn a_fin_is_no_byte() {
        let bytes = |state, received| of(&entry(state, 0, received)).unaccepted[0].waiting.bytes_queued;
        assert_eq!(bytes(TCP_ESTABLISHED, 5), Some(5));
        assert_eq!(bytes(TCP_CLOSE_WAIT, 5), Some(4));
        assert_eq!(bytes(TCP_CLOSE_WAIT, 0), Some(0));
    }

    #[test]
    fn what_is_accepted_or_closing_does_not_wait() {
        assert_eq!(of(&entry(TCP_ESTABLISHED, 9, 5)), Sockets::default());
        assert_eq!(of(&entry(netlink_packet_sock_diag::TCP_FIN_WAIT2, 0, 5)), Sockets::default());
    }

    #[test]
    fn only_a_link_local_address_has_a_scope() {
        let shown = |ip: &str| socket_address(ip.parse().unwrap(), 80, 4).to_string();
        assert_eq!(shown("fe80::1"), "[fe80::1%4]:80");
        assert_eq!(shown("fd00::1"), "[fd00::1]:80");
        assert_eq!(shown("::ffff:192.0.2.1"), "[::ffff:192.0.2.1]:80");
        assert_eq!(shown("192.0.2.1"), "192.0.2.1:80");
    }
}
