//! What holds for whatever the kernel says of its sockets.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use netlink_packet_sock_diag::{TCP_ESTABLISHED, TCP_LISTEN};

use super::look::{self, Bound};
use super::netlink::{Progress, parse_tcp, parse_unix, read_datagram};
use super::procfs::{list, parse_arrivals};
use super::sockets::{Entry, Port, Sockets, socket_address};
use super::written;

/// The number of the question that is answered, and the port and the inodes that were asked for.
const SEQUENCE: u32 = 1;
const PORT: u16 = 8080;
const INODES: [u32; 2] = [1, 2];
/// Of link-local addresses.
const INTERFACE: u32 = 3;

/// What a socket takes at least in a datagram: the header of a message, `linux/netlink.h`, and what is said of it (`inet_diag_msg`,
/// `linux/inet_diag.h`).
const SOCKET_BYTES: usize = 16 + 72;

/// A datagram of netlink: it has no more sockets than bytes for them. A socket that is written as the kernel does is read as it was.
pub(crate) fn datagram(bytes: &[u8]) {
    let mut sockets = Sockets::default();
    let _ = read_datagram(bytes, SEQUENCE, &mut |answer| {
        for inode in INODES {
            let _ = parse_unix(answer, inode);
        }
        if let Ok(entry) = parse_tcp(answer) {
            sockets.add(&entry);
        }
        Ok(())
    });
    assert!(sockets.unaccepted.len() * SOCKET_BYTES <= bytes.len());
    are_queues(sockets);
    if let Some(entry) = entry(bytes, INTERFACE) {
        let mut read = Vec::new();
        let written = written::datagram(&entry, INTERFACE, SEQUENCE);
        let progress = read_datagram(&written, SEQUENCE, &mut |answer| {
            read.push(parse_tcp(answer)?);
            Ok(())
        });
        assert_eq!((progress.expect("it is whole"), read), (Progress::Goes, vec![entry]));
    }
}

/// The texts of /proc/net/tcp and tcp6, or that of /proc/net/snmp. A socket that is written as the kernel does is read as it was.
pub(crate) fn texts(bytes: &[u8]) {
    for is_ipv6 in [false, true] {
        if let Ok(sockets) = list(bytes, Port { is_ipv6, number: PORT }) {
            assert!(sockets.unaccepted.iter().all(|connection| connection.local.port() == PORT));
            are_queues(sockets);
        }
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = parse_arrivals(text);
    }
    if let Some(entry) = entry(bytes, 0) {
        let text = format!("  sl  local_address rem_address ...\n{}", written::line(&entry));
        let mut sockets = Sockets::default();
        sockets.add(&Entry { limit: None, dropped: None, waited: None, ..entry });
        assert_eq!(list(text.as_bytes(), Port::of(entry.local)).expect("it is a list"), sockets);
    }
}

/// A socket that bytes describe, if there are enough of them.
fn entry(mut bytes: &[u8], interface: u32) -> Option<Entry> {
    let is_ipv4 = *bytes.split_off_first()? % 2 == 0;
    let mut address = || {
        let (octets, port) = (*bytes.split_off(..16)?.first_chunk::<16>()?, bytes.split_off(..2)?);
        let [a, b, c, d, ..] = octets;
        let ip = if is_ipv4 { Ipv4Addr::new(a, b, c, d).into() } else { IpAddr::from(octets) };
        Some(socket_address(ip, u16::from_be_bytes(*port.first_chunk()?), interface))
    };
    let (local, peer) = (address()?, address()?);
    // One in two that listen, or wait.
    let state = *bytes.split_off_first()?;
    let state =
        if state % 2 == 0 { state } else { [TCP_LISTEN, TCP_ESTABLISHED][usize::from(state / 2 % 2)] };
    let mut number = || Some(u32::from_ne_bytes(*bytes.split_off(..4)?.first_chunk()?));
    let (inode, received, limit) = (number()?, number()?, number()?);
    let (dropped, waited) = (number()?, Duration::from_millis(number()?.into()));
    let is_listener = state == TCP_LISTEN;
    Some(Entry {
        local,
        peer,
        state,
        // No file is what matters.
        inode: if inode % 2 == 0 { 0 } else { inode.into() },
        received,
        limit: is_listener.then_some(limit),
        dropped: is_listener.then_some(dropped.into()),
        waited: (!is_listener).then_some(waited),
    })
}

/// Each connection is in one queue at most, and no more have vanished than are counted.
fn are_queues(sockets: Sockets) {
    let bound = [("127.0.0.1:8080", INODES[0]), ("[::]:8080", INODES[1])].map(|(address, inode)| Bound {
        address: address.parse().expect("it is an address"),
        inode: inode.into(),
        limit: None,
    });
    let unaccepted = sockets.unaccepted.len();
    let queues: Vec<_> = look::looks(&bound, sockets)
        .into_iter()
        .zip(&bound)
        .map(|(look, bound)| {
            let vanished = look.lacks_after(&look);
            look.into_queue(bound, vanished)
        })
        .collect();
    assert!(queues.iter().map(|queue| queue.peers.len()).sum::<usize>() <= unaccepted);
    for queue in queues {
        assert!(queue.vanished.unwrap_or_default() <= queue.waiting.unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_socket_is_read_as_the_kernel_writes_it(bytes in prop::collection::vec(any::<u8>(), 58..60)) {
            super::datagram(&bytes);
            super::texts(&bytes);
        }
    }
}
