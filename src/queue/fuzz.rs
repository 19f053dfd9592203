//! What holds for whatever the kernel says of its sockets.

use super::look::{self, Bound};
use super::netlink::{parse_tcp, parse_unix, read_datagram};
use super::procfs::{list, parse_arrivals};
use super::sockets::{Port, Sockets};

/// The number of the question that is answered, and the port and the inodes that were asked for.
const SEQUENCE: u32 = 1;
const PORT: u16 = 8080;
const INODES: [u32; 2] = [1, 2];

/// What a socket takes at least in a datagram: the header of a message, `linux/netlink.h`, and what is said of it (`inet_diag_msg`,
/// `linux/inet_diag.h`).
const SOCKET_BYTES: usize = 16 + 72;

/// A datagram of netlink: it has no more sockets than bytes for them.
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
}

/// The texts of /proc/net/tcp and tcp6, or that of /proc/net/snmp.
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
