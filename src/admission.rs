//! Who is let in: the rules of one configuration, applied to whoever has just left the accept queue.

use std::net::IpAddr;
use std::thread;
use std::time::Duration;

use crate::config::{Limits, Prefixes};
use crate::refusal::Refusal;
use crate::scoreboard::{Crowd, Network, Peers};

/// How often it is looked whether those who are being decided on beside one are decided on. Each takes a microsecond, but
/// one may be a process that was stopped in the middle.
const LOOKS: usize = 64;

/// The rules.
#[derive(Debug)]
pub(crate) struct Admission {
    allow: Prefixes,
    deny: Prefixes,
    per_peer: Option<u64>,
    ipv4_bits: u8,
    ipv6_bits: u8,
    queue_wait: Option<Duration>,
}

/// What comes of one look at the peer's other connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Enter,
    Leave,
    LookAgain,
}

impl Admission {
    /// The rules of a configuration.
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            allow: limits.allow.clone(),
            deny: limits.deny.clone(),
            per_peer: limits.per_peer,
            ipv4_bits: limits.per_peer_ipv4,
            ipv6_bits: limits.per_peer_ipv6,
            queue_wait: limits.queue_wait,
        }
    }

    /// Whether somebody who stood so long in the accept queue is still served. Where the kernel does not tell, it is.
    pub(crate) fn check_wait(&self, waited: Option<Duration>) -> Result<(), Refusal> {
        match (waited, self.queue_wait) {
            (Some(waited), Some(most)) if waited > most => Err(Refusal::QueueWait),
            _ => Ok(()),
        }
    }

    /// Whether a peer gets a slot. If so, the slot is its own from now on, until [`Peers::leave`]; if not, it is as it was:
    /// nobody's.
    pub(crate) fn enter(&self, address: IpAddr, peers: Peers, slot: usize) -> Result<(), Refusal> {
        if self.is_denied(address) {
            return Err(Refusal::Denied);
        }
        if let Some(most) = self.per_peer {
            peers.announce(slot, address);
            let network = Network::of(address, self.ipv4_bits, self.ipv6_bits);
            if !is_decided_for(most, || peers.crowd(slot, network)) {
                peers.leave(slot);
                return Err(Refusal::PerPeer);
            }
        }
        // Without a limit too: a reload may bring one, and then they count who are here already.
        peers.enter(slot, address);
        Ok(())
    }

    fn is_denied(&self, address: IpAddr) -> bool {
        self.deny.contains(address) || !(self.allow.is_empty() || self.allow.contains(address))
    }
}

/// Looks until it is clear whether there is room for one more.
fn is_decided_for(most: u64, crowd: impl Fn() -> Crowd) -> bool {
    for _ in 0..LOOKS {
        match verdict(most, crowd()) {
            Verdict::Enter => return true,
            Verdict::Leave => return false,
            // Whoever is decided on beside us may wait for this processor.
            Verdict::LookAgain => thread::yield_now(),
        }
    }
    false
}

/// Whether there is room for one more, among `most`.
///
/// All who are being decided on may be let in, so one enters only if there is room with all of them; of any number who
/// enter, the last to announce itself has counted the others, and so they are never too many. If there is room with those
/// before one, but not with those behind, these leave or enter in a moment. The first of those that are being decided on
/// has nobody before it, so they never all leave while there is room.
fn verdict(most: u64, crowd: Crowd) -> Verdict {
    let ahead = crowd.inside.saturating_add(crowd.before);
    if ahead >= most {
        Verdict::Leave
    } else if ahead.saturating_add(crowd.behind) < most {
        Verdict::Enter
    } else {
        Verdict::LookAgain
    }
}
