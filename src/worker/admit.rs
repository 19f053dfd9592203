//! Who is let in by a worker, and how it parts with the others. The thread that leads does both, so neither ever waits.

use std::cell::Cell;
use std::net::{Shutdown, SocketAddr};
use std::os::fd::AsRawFd;
use std::time::Duration;

use nix::libc;
use nix::sys::socket::{MsgFlags, recv};
use socket2::Socket;

use super::slots::Shared;
use crate::buffer::SMALL_BYTES;
use crate::config::Refused;
use crate::door::Accepted;
use crate::listener::Peer;
use crate::logging::seconds;
use crate::refusal::Refusal;

/// What somebody gets who has waited too long, where it is not a reset.
const BUSY: &[u8] = b"busy\n";
/// How often a read takes what such a peer has sent already: enough for 256 KiB, of which a queued connection holds a
/// quarter where nobody has changed the system's limits, and not without end for one that goes on sending.
const READS: usize = 256 * 1024 / SMALL_BYTES;

impl<H> Shared<H> {
    /// Gives somebody who was just accepted the slot of this thread, or ends the connection.
    pub(super) fn admit(&self, accepted: Accepted, slot: usize, buffer: &mut [u8]) -> Option<Accepted> {
        match self.decide(&accepted, slot) {
            Ok(()) => Some(accepted),
            Err(why) => {
                self.refuse(&accepted, why, buffer);
                None
            }
        }
    }

    fn decide(&self, accepted: &Accepted, slot: usize) -> Result<(), Refusal> {
        self.admission.check_wait(accepted.queue_wait)?;
        match accepted.peer {
            // It is for the peer that its header tells to be let in.
            peer if self.proxy(peer).is_some() => Ok(()),
            Peer::Tcp(address) => self.admission.enter(address.ip(), self.rows.peers, slot),
            Peer::Unix => Ok(()),
        }
    }

    /// The address of a peer that is a proxy.
    pub(super) fn proxy(&self, peer: Peer) -> Option<SocketAddr> {
        match peer {
            Peer::Tcp(address) => Some(address).filter(|it| self.config.proxy_from.contains(it.ip())),
            Peer::Unix => None,
        }
    }

    /// Gives this slot, which a proxy's connection has, to whom its header tells, who is the peer from then on, let in or
    /// not; if it tells nobody, the proxy is.
    pub(super) fn introduce(
        &self,
        proxy: SocketAddr,
        told: Result<Option<SocketAddr>, &'static str>,
        slot: usize,
        peer: &Cell<Peer>,
    ) -> Result<(), Refusal> {
        match told {
            Ok(None) => Ok(()),
            Ok(Some(address)) => {
                peer.set(Peer::Tcp(address));
                self.admission.enter(address.ip(), self.rows.peers, slot)?;
                self.rows.slots[slot].rename(Peer::Tcp(address));
                Ok(())
            }
            Err(why) => {
                tracing::debug!(%proxy, worker = self.id, slot, "the connection of a proxy is refused: {why}");
                Err(Refusal::ProxyHeader)
            }
        }
    }

    /// Ends a connection that gets no slot. Its socket is closed when the caller drops it.
    fn refuse(&self, accepted: &Accepted, why: Refusal, buffer: &mut [u8]) {
        self.rows.worker.note_refused(why);
        if why == Refusal::QueueWait
            && let Some(wait) = accepted.queue_wait
        {
            // How long people wait is told of those too who waited in vain. It is not told of the others: they may be a
            // flood, beside which nobody else would be seen.
            self.rows.worker.queue_wait.record(wait);
        }
        match (why, self.config.limits.queue_wait_answer) {
            (Refusal::QueueWait, Refused::Busy) => say_busy(&accepted.socket, buffer),
            _ => reset_at_close(&accepted.socket),
        }
        self.log_refused((accepted.peer, None), accepted.queue_wait, why);
    }

    /// Writes the line of a connection that was refused, of this peer, and of this proxy if it came through one.
    pub(super) fn log_refused(
        &self,
        (peer, proxy): (Peer, Option<SocketAddr>),
        queue_wait: Option<Duration>,
        why: Refusal,
    ) {
        let Some(line) = self.access.line_of_refused() else { return };
        tracing::info!(
            target: "access",
            %peer,
            proxy = proxy.map(display),
            worker = self.id,
            generation = self.generation,
            queue_wait = queue_wait.map(seconds),
            reason = format!("refused: {}", why.name()),
            sample = line.sample(),
            "connection refused"
        );
    }
}

/// Has the kernel reset the connection when it is closed, so that the peer knows at once and nothing of it remains here,
/// socket(7).
pub(super) fn reset_at_close(socket: &Socket) {
    if let Err(error) = socket.set_linger(Some(Duration::ZERO)) {
        tracing::debug!("cannot have a refused connection reset: {error}; it ends in order");
    }
}

/// Says that nobody has time, and takes what the peer has sent already: bytes that nobody has read would make the close a
/// reset, which may destroy the answer on its way. A peer that goes on sending meets one.
fn say_busy(socket: &Socket, buffer: &mut [u8]) {
    // Whatever fails here, the connection ends.
    let _ = socket.send_with_flags(BUSY, libc::MSG_NOSIGNAL | libc::MSG_DONTWAIT);
    let _ = socket.shutdown(Shutdown::Write);
    for _ in 0..READS {
        // Without waiting, by a flag of the call: the sandbox lets nobody change a socket to that.
        if !recv(socket.as_raw_fd(), buffer, MsgFlags::MSG_DONTWAIT).is_ok_and(|length| length > 0) {
            return;
        }
    }
}
