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

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;
    use crate::scoreboard::{Board, Scoreboard};

    fn limits(per_peer: u64) -> Limits {
        Limits { per_peer: Some(per_peer), ..Limits::default() }
    }

    #[test]
    fn who_has_waited_longer_than_one_may_is_refused() {
        let most = Duration::from_secs(1);
        let admission = Admission::new(&Limits { queue_wait: Some(most), ..Limits::default() });
        assert_eq!(admission.check_wait(Some(most)), Ok(()));
        assert_eq!(admission.check_wait(Some(most + Duration::from_millis(4))), Err(Refusal::QueueWait));
        assert_eq!(admission.check_wait(None), Ok(()), "what is not known is not too long");
        assert_eq!(Admission::new(&Limits::default()).check_wait(Some(Duration::MAX)), Ok(()));
    }

    /// Where somebody stands who is decided on, in steps that others may come between.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    enum At {
        Outside,
        /// It has announced itself, and has looked at so many places.
        Looking {
            places: usize,
            inside: u64,
            before: u64,
            behind: u64,
        },
        Inside,
        Left,
    }

    /// All that `one` may do next.
    fn step(most: u64, all: &[At], one: usize) -> Option<At> {
        let (places, mut crowd) = match all[one] {
            At::Outside => return Some(At::Looking { places: 0, inside: 0, before: 0, behind: 0 }),
            At::Looking { places, inside, before, behind } => (places, Crowd { inside, before, behind }),
            At::Inside | At::Left => return None,
        };
        if places == all.len() {
            return Some(match verdict(most, crowd) {
                Verdict::Enter => At::Inside,
                Verdict::Leave => At::Left,
                Verdict::LookAgain => At::Looking { places: 0, inside: 0, before: 0, behind: 0 },
            });
        }
        match all[places] {
            _ if places == one => (),
            At::Outside | At::Left => (),
            At::Inside => crowd.inside += 1,
            At::Looking { .. } if places < one => crowd.before += 1,
            At::Looking { .. } => crowd.behind += 1,
        }
        let Crowd { inside, before, behind } = crowd;
        Some(At::Looking { places: places + 1, inside, before, behind })
    }

    #[test]
    fn in_whatever_order_they_look_as_many_enter_as_there_is_room_for() {
        for most in 1..=3 {
            let (mut seen, mut left) = (HashSet::new(), vec![vec![At::Outside; 4]]);
            while let Some(all) = left.pop() {
                let inside = all.iter().filter(|at| **at == At::Inside).count() as u64;
                assert!(inside <= most, "{all:?}");
                let nexts: Vec<Vec<At>> = (0..all.len())
                    .filter_map(|one| {
                        let mut next = all.clone();
                        next[one] = step(most, &all, one)?;
                        Some(next)
                    })
                    .collect();
                if nexts.is_empty() {
                    assert_eq!(inside, most, "{all:?}");
                }
                left.extend(nexts.into_iter().filter(|next| seen.insert(next.clone())));
            }
            assert!(seen.len() > 10_000, "{}", seen.len());
        }
    }

    #[test]
    fn threads_that_enter_at_the_same_moment_are_never_too_many() {
        const MOST: u64 = 3;
        let board = Board::map().unwrap();
        let mut scoreboard = Scoreboard::new(board);
        let peers = [0, 1].map(|id| board.rows(scoreboard.lend(id, 1, 4).unwrap()).peers);
        let (admission, inside, entered) =
            (Admission::new(&limits(MOST)), AtomicU64::new(0), AtomicU64::new(0));
        let address = IpAddr::from([192, 0, 2, 1]);
        thread::scope(|scope| {
            for (peers, slot) in peers.into_iter().flat_map(|peers| (0..4).map(move |slot| (peers, slot))) {
                let (admission, inside, entered) = (&admission, &inside, &entered);
                scope.spawn(move || {
                    for _ in 0..20_000 {
                        if admission.enter(address, peers, slot).is_ok() {
                            assert!(inside.fetch_add(1, Ordering::SeqCst) < MOST);
                            entered.fetch_add(1, Ordering::Relaxed);
                            inside.fetch_sub(1, Ordering::SeqCst);
                            peers.leave(slot);
                        }
                    }
                });
            }
        });
        assert!(entered.into_inner() > 0);
        assert!(admission.enter(address, peers[0], 0).is_ok(), "and all have left");
    }
}
