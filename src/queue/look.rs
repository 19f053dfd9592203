//! One look at an accept queue, and what several looks together prove, for the queue moves while it is looked at.
//!
//! A look takes the depth first and lists the peers then. Whoever the depth counts and the list lacks has vanished, or
//! was accepted in between. A second look tells them apart: those who were in the queue when it began are in one of the
//! two lists, unless they came and were accepted within the two looks. That did not happen if nobody came, or if
//! somebody from before the first look still waits, for a queue is served in order.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::time::Duration;

use super::sockets::{Listening, Sockets};
use super::{Queue, Waiting};

/// By how much the kernel's clock of waits may lag: two of its coarsest ticks, at HZ 100.
const WAIT_ERROR_MAX: Duration = Duration::from_millis(20);

/// A listener of the port that is looked at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bound {
    pub(super) address: SocketAddr,
    pub(super) inode: u64,
    pub(super) limit: Option<u32>,
}

/// What one look has seen of one queue.
#[derive(Debug)]
pub(super) struct Look {
    /// `None` when the listener is gone.
    listener: Option<Listening>,
    peers: Vec<Waiting>,
}

/// Sorts the sockets of a port to its listeners.
pub(super) fn looks(bound: &[Bound], sockets: Sockets) -> Vec<Look> {
    let mut looks: Vec<Look> = bound
        .iter()
        .map(|bound| {
            let listener = sockets.listening.iter().find(|listener| listener.inode == bound.inode);
            Look { listener: listener.cloned(), peers: Vec::new() }
        })
        .collect();
    for connection in sockets.unaccepted {
        if let Some(owner) = owner(bound, connection.local) {
            looks[owner].peers.push(connection.waiting);
        }
    }
    looks
}

/// Whose connection it is: the kernel prefers a listener of just this address to one of every address
/// (`compute_score` in `net/ipv4/inet_hashtables.c`).
fn owner(bound: &[Bound], local: SocketAddr) -> Option<usize> {
    let exact = |bound: &Bound| bound.address.ip() == local.ip() && scopes_agree(bound.address, local);
    bound
        .iter()
        .position(exact)
        .or_else(|| bound.iter().position(|bound| bound.address.ip().is_unspecified()))
}

/// /proc does not tell the scope of a link-local address, so none agrees with each.
fn scopes_agree(one: SocketAddr, two: SocketAddr) -> bool {
    match (one, two) {
        (SocketAddr::V6(one), SocketAddr::V6(two)) => {
            one.scope_id() == two.scope_id() || one.scope_id() == 0 || two.scope_id() == 0
        }
        _ => true,
    }
}

impl Look {
    /// How many the list lacks.
    pub(super) fn lacks(&self) -> u64 {
        self.depth_beyond(self.peers.len())
    }

    /// How many were in the queue when this look began, and are neither in its list nor in that of the look before.
    pub(super) fn lacks_after(&self, before: &Self) -> u64 {
        if self.lacks() == 0 {
            return 0;
        }
        let both: HashSet<SocketAddr> =
            before.peers.iter().chain(&self.peers).map(|waiting| waiting.peer).collect();
        self.depth_beyond(both.len())
    }

    /// Whether somebody is in the list who has waited for longer than a time.
    pub(super) fn has_waited(&self, time: Duration) -> bool {
        self.peers.iter().any(|waiting| waiting.waited >= Some(time + WAIT_ERROR_MAX))
    }

    /// The queue as this look has seen it, with those of whom it is proven that they have vanished.
    pub(super) fn into_queue(self, bound: &Bound, vanished: u64) -> Queue {
        let vanished = vanished.min(self.lacks());
        let Some(listener) = self.listener else { return Queue::unknown(bound.limit) };
        Queue {
            limit: listener.limit.or(bound.limit),
            waiting: Some(listener.depth),
            vanished: Some(vanished),
            dropped: listener.dropped,
            peers: self.peers,
        }
    }

    fn depth_beyond(&self, listed: usize) -> u64 {
        let depth = self.listener.as_ref().map_or(0, |listener| listener.depth);
        depth.saturating_sub(u64::try_from(listed).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bound(address: &str) -> Bound {
        Bound { address: address.parse().unwrap(), inode: 1, limit: Some(7) }
    }

    fn look(depth: u64, ports: &[u16]) -> Look {
        let peer = |port: &u16| Waiting {
            peer: SocketAddr::from(([127, 0, 0, 1], *port)),
            waited: Some(Duration::from_millis((*port).into())),
            bytes_queued: None,
            half_closed: false,
        };
        let listener = Listening { inode: 1, depth, limit: None, dropped: Some(4) };
        Look { listener: Some(listener), peers: ports.iter().map(peer).collect() }
    }

    #[test]
    fn a_list_may_lack_some_and_may_have_too_many() {
        assert_eq!(look(2, &[1, 2]).lacks(), 0);
        assert_eq!(look(2, &[1]).lacks(), 1);
        assert_eq!(look(0, &[1]).lacks(), 0);
    }

    #[test]
    fn who_lacks_in_one_list_alone_does_not_lack() {
        assert_eq!(look(2, &[1]).lacks_after(&look(2, &[1])), 1);
        assert_eq!(look(2, &[3]).lacks_after(&look(2, &[1])), 0);
        assert_eq!(look(3, &[]).lacks_after(&look(2, &[1])), 2);
        assert_eq!(look(1, &[2]).lacks_after(&look(9, &[1])), 0);
    }

    #[test]
    fn who_has_waited_longer_is_a_witness() {
        assert!(look(2, &[5, 30]).has_waited(Duration::from_millis(10)));
        assert!(!look(2, &[5, 29]).has_waited(Duration::from_millis(10)));
        let mut unknown = look(1, &[30]);
        unknown.peers[0].waited = None;
        assert!(!unknown.has_waited(Duration::ZERO));
    }

    #[test]
    fn the_vanished_are_no_more_than_the_look_has_room_for() {
        let queue = look(3, &[1]).into_queue(&bound("0.0.0.0:80"), 5);
        assert_eq!((queue.waiting, queue.vanished, queue.dropped), (Some(3), Some(2), Some(4)));
        assert_eq!(queue.limit, Some(7), "the limit of the time of the bind, where no other is told");
        assert_eq!(look(3, &[1]).into_queue(&bound("0.0.0.0:80"), 0).vanished, Some(0));
    }

    #[test]
    fn of_a_listener_that_is_gone_nothing_is_known() {
        let gone = Look { listener: None, ..look(0, &[1]) };
        assert_eq!(gone.lacks(), 0);
        assert_eq!(gone.into_queue(&bound("0.0.0.0:80"), 0), Queue::unknown(Some(7)));
    }

    #[test]
    fn a_connection_belongs_to_the_listener_of_its_address() {
        let owner = |bound: &[Bound], local: &str| owner(bound, local.parse().unwrap());
        let both = [bound("0.0.0.0:80"), bound("127.0.0.1:80")];
        assert_eq!(owner(&both, "127.0.0.1:80"), Some(1));
        assert_eq!(owner(&both, "127.0.0.2:80"), Some(0));
        assert_eq!(owner(&both[1..], "127.0.0.2:80"), None);
        assert_eq!(owner(&[bound("[::]:80")], "[::ffff:127.0.0.1]:80"), Some(0));
        let links = [bound("[fe80::1%2]:80"), bound("[fe80::1%3]:80")];
        assert_eq!(owner(&links, "[fe80::1%3]:80"), Some(1));
        assert_eq!(owner(&links[1..], "[fe80::1]:80"), Some(0));
    }
}
