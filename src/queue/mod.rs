//! Who waits in the kernel's accept queues, found out from outside: the listening sockets may be closed here.
//!
//! The kernel lists its sockets by netlink, see `sock_diag(7)`, and where that is refused in /proc/net. One who waits is
//! a connected socket of a listener's port that no file has yet.

#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz;
mod look;
mod netlink;
mod procfs;
mod sockets;
#[cfg(any(test, fuzzing))]
mod written;

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use nix::sys::stat::fstat;

use crate::config::Place;
use crate::sys;
use look::{Bound, Look};
use netlink::Netlink;
use procfs::Texts;
use sockets::Port;

/// A listening socket, as it is found again without holding it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    /// As it is shown.
    pub(crate) address: String,
    /// Where it is bound.
    pub(crate) place: Place,
    /// Of the socket, not of a unix socket's file.
    pub(crate) inode: u64,
    /// The limit of its queue, if it was known when the socket was bound.
    pub(crate) limit: Option<u32>,
}

/// One accept queue. `None` is what the kernel does not tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Queue {
    /// The limit in force. One connection more than this fits.
    pub(crate) limit: Option<u32>,
    /// Connections in the queue, the vanished too.
    pub(crate) waiting: Option<u64>,
    /// Those of them whose peer has reset the connection, as far as it is proven: they have no address any more.
    pub(crate) vanished: Option<u64>,
    /// Handshakes that found the queue full, since the socket was bound. One client may count several times.
    pub(crate) dropped: Option<u64>,
    /// Who waits, in no order. While the queue moves this may not fit the number that wait.
    pub(crate) peers: Vec<Waiting>,
}

/// Somebody in an accept queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Waiting {
    /// The address that `accept` will give.
    pub(crate) peer: SocketAddr,
    /// Since the handshake. It moves in jiffies.
    pub(crate) waited: Option<Duration>,
    /// What it has sent already.
    pub(crate) bytes_queued: Option<u64>,
    /// It has sent its last byte.
    pub(crate) half_closed: bool,
}

/// Where queues are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// By netlink, and in /proc what netlink does not answer.
    Any,
    /// In /proc alone, which knows neither how long anybody waits nor what was dropped.
    Procfs,
}

/// Reads queues. It keeps one netlink socket and the texts in /proc, opened when they are first needed.
#[derive(Debug)]
pub(crate) struct Reader {
    source: Source,
    netlink: Option<Netlink>,
    texts: Texts,
}

impl Target {
    /// Takes down what finds a listening socket again.
    pub(crate) fn of(socket: &impl AsFd, place: Place) -> io::Result<Self> {
        let inode = fstat(socket)?.st_ino;
        let limit = match place {
            Place::Tcp(_) => sys::queue_info(socket).ok().map(|queue| queue.limit),
            Place::Unix { .. } => None,
        };
        Ok(Self { address: place.to_string(), place, inode, limit })
    }
}

impl Queue {
    /// A queue of which nothing is found.
    fn unknown(limit: Option<u32>) -> Self {
        Self { limit, waiting: None, vanished: None, dropped: None, peers: Vec::new() }
    }
}

impl Reader {
    /// Opens nothing yet.
    pub(crate) fn new(source: Source) -> Self {
        Self { source, netlink: None, texts: Texts::default() }
    }

    /// Opens all of it, for a process that is about to lose the right to.
    pub(crate) fn open(&mut self) {
        self.texts.open();
        // Without it there are the texts.
        self.netlink = Netlink::open().ok().filter(|_| self.source == Source::Any);
    }

    /// Reads the queues of listeners, in their order, without blocking.
    pub(crate) fn read(&mut self, targets: &[Target]) -> Vec<Queue> {
        let mut queues: Vec<Queue> = targets.iter().map(|target| Queue::unknown(target.limit)).collect();
        // The listeners of one port share a dump.
        let mut ports: BTreeMap<Port, Vec<(usize, Bound)>> = BTreeMap::new();
        for (index, target) in targets.iter().enumerate() {
            match target.place {
                Place::Tcp(address) => {
                    let bound = Bound { address, inode: target.inode, limit: target.limit };
                    ports.entry(Port::of(address)).or_default().push((index, bound));
                }
                Place::Unix { .. } => self.read_unix(target.inode, &mut queues[index]),
            }
        }
        for (port, members) in ports {
            let (indices, bound): (Vec<_>, Vec<_>) = members.into_iter().unzip();
            for (index, queue) in indices.into_iter().zip(self.read_tcp(port, &bound)) {
                queues[index] = queue;
            }
        }
        queues
    }

    /// Looks at the queues of a port, again where somebody lacks. Nothing when they cannot be looked at.
    fn read_tcp(&mut self, port: Port, bound: &[Bound]) -> Vec<Queue> {
        self.try_tcp(port, bound)
            .unwrap_or_else(|| bound.iter().map(|bound| Queue::unknown(bound.limit)).collect())
    }

    fn try_tcp(&mut self, port: Port, bound: &[Bound]) -> Option<Vec<Queue>> {
        let began = Instant::now();
        let arrivals = self.texts.arrivals();
        let first = self.look(port, bound)?;
        if first.iter().all(|look| look.lacks() == 0) {
            return Some(queues(bound, first, |_| 0));
        }
        let second = self.look(port, bound)?;
        let lacking: Vec<u64> =
            second.iter().zip(&first).map(|(second, first)| second.lacks_after(first)).collect();
        let nobody_came = arrivals.is_some() && self.texts.arrivals() == arrivals;
        if nobody_came || lacking.iter().all(|lacking| *lacking == 0) {
            return Some(queues(bound, second, |index| lacking[index]));
        }
        let third = self.look(port, bound)?;
        let time = began.elapsed();
        let proven: Vec<u64> = third
            .iter()
            .zip(lacking)
            .map(|(third, lacking)| if third.has_waited(time) { lacking } else { 0 })
            .collect();
        Some(queues(bound, third, |index| proven[index]))
    }

    fn look(&mut self, port: Port, bound: &[Bound]) -> Option<Vec<Look>> {
        let sockets = match self.ask(|netlink| netlink.tcp_sockets(port)) {
            Ok(sockets) => sockets,
            Err(_) => self.texts.tcp_sockets(port).ok()?,
        };
        Some(look::looks(bound, sockets))
    }

    fn read_unix(&mut self, inode: u64, queue: &mut Queue) {
        if let Ok(unix) = self.ask(|netlink| netlink.unix_queue(inode)) {
            queue.waiting = Some(unix.waiting.into());
            queue.limit = Some(unix.limit);
        }
    }

    /// Asks by netlink.
    fn ask<T>(&mut self, question: impl FnOnce(&mut Netlink) -> io::Result<T>) -> io::Result<T> {
        if self.source == Source::Procfs {
            return Err(io::ErrorKind::Unsupported.into());
        }
        if self.netlink.is_none() {
            self.netlink = Some(Netlink::open()?);
        }
        self.netlink.as_mut().map_or_else(|| Err(io::ErrorKind::NotConnected.into()), question)
    }
}

fn queues(bound: &[Bound], looks: Vec<Look>, vanished: impl Fn(usize) -> u64) -> Vec<Queue> {
    let queue = |(index, (look, bound)): (usize, (Look, &Bound))| look.into_queue(bound, vanished(index));
    looks.into_iter().zip(bound).enumerate().map(queue).collect()
}

/// The peers of several queues that wait longest, the longest first, each with the index of its queue; those of whom
/// it is not known come last. All of them are never sorted.
pub(crate) fn longest(queues: &[Queue], count: usize) -> Vec<(usize, &Waiting)> {
    let order = |(queue, waiting): &(usize, &Waiting)| (Reverse(waiting.waited), *queue, waiting.peer);
    let mut all: Vec<(usize, &Waiting)> = Vec::new();
    for (index, queue) in queues.iter().enumerate() {
        all.extend(queue.peers.iter().map(|waiting| (index, waiting)));
    }
    if count < all.len() {
        all.select_nth_unstable_by_key(count, order);
        all.truncate(count);
    }
    all.sort_unstable_by_key(order);
    all
}

#[cfg(test)]
mod tests;
