//! Whose connection is in each slot: a column of its own, from which the connections of a peer are counted.
//!
//! The slots' rows tell it too, but are two cache lines each; here whoever counts passes a slot without a connection by
//! four bytes, and one with a connection by twenty.

use std::net::IpAddr;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering, fence};

use zerocopy::FromZeros;

use super::SLOT_ROWS;

/// A place is empty, or it has an address of a family; while it is being decided whether the peer is let in, this is added.
const EMPTY: u32 = 0;
const IPV4: u32 = 1;
const IPV6: u32 = 2;
const DECIDING: u32 = 4;
/// The bits of a stage that say this. The others number the addresses that were in the place, so that whoever reads one
/// finds out that it was changed meanwhile.
const STAGE: u32 = 7;
const ADDRESS: u32 = 8;

/// One place for each slot row. A slot's threads write theirs; the master empties those of the dead.
#[derive(Debug, FromZeros)]
#[repr(C)]
pub(super) struct Column {
    /// Places from here on were never lent.
    used: AtomicU64,
    stages: [AtomicU32; SLOT_ROWS],
    /// The address as it is, and not a hash of the prefix that makes a peer: a reload may change how long that is.
    addresses: [[AtomicU64; 2]; SLOT_ROWS],
}

/// The places of one worker, among those of all.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peers {
    pub(super) column: &'static Column,
    pub(super) first: usize,
}

/// Addresses that count as one peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Network {
    family: u32,
    bits: [u64; 2],
    mask: [u64; 2],
}

/// The connections of a peer, one's own not among them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Crowd {
    /// That were let in.
    pub(crate) inside: u64,
    /// That are being decided on, in places before one's own, and behind it.
    pub(crate) before: u64,
    pub(crate) behind: u64,
}

impl Network {
    /// The peer that an address belongs to, where so many bits of an address of either family make one.
    pub(crate) fn of(address: IpAddr, ipv4_bits: u8, ipv6_bits: u8) -> Self {
        let (family, bits) = encode(address);
        let (width, wanted) = if family == IPV4 { (32, ipv4_bits) } else { (128, ipv6_bits) };
        let free = width - u32::from(wanted).min(width);
        Self { family, bits, mask: halves(u128::MAX.checked_shl(free).unwrap_or(0)) }
    }

    fn has(&self, family: u32, bits: [u64; 2]) -> bool {
        let differs = |half: usize| (bits[half] ^ self.bits[half]) & self.mask[half] != 0;
        family == self.family && !differs(0) && !differs(1)
    }
}

impl Peers {
    /// Says for all to see that it is being decided whether somebody gets a slot. Whoever is decided on at the same time
    /// either sees this, or is seen by whoever counts after this.
    pub(crate) fn announce(&self, slot: usize, address: IpAddr) {
        self.put(slot, address, DECIDING);
        // Of two who announce and then count, one at least finds the other: the fences have an order.
        fence(Ordering::SeqCst);
    }

    /// Somebody has the slot.
    pub(crate) fn enter(&self, slot: usize, address: IpAddr) {
        self.put(slot, address, 0);
    }

    /// Nobody has the slot.
    pub(crate) fn leave(&self, slot: usize) {
        empty(&self.column.stages[self.first + slot]);
    }

    /// Counts the connections of a peer, beside the one that is announced for a slot.
    pub(crate) fn crowd(&self, slot: usize, network: Network) -> Crowd {
        self.column.crowd(self.first + slot, network)
    }

    fn put(&self, slot: usize, address: IpAddr, more: u32) {
        let place = self.first + slot;
        let (family, bits) = encode(address);
        let stage = &self.column.stages[place];
        let number = (stage.load(Ordering::Relaxed) & !STAGE).wrapping_add(ADDRESS);
        // Whoever reads some of this address finds that the one before is no more.
        fence(Ordering::Release);
        for (word, half) in self.column.addresses[place].iter().zip(bits) {
            word.store(half, Ordering::Relaxed);
        }
        // Whoever reads the stage finds the address that belongs to it.
        stage.store(number | family | more, Ordering::Release);
    }
}

impl Column {
    /// There are places up to here.
    pub(super) fn extend(&self, end: usize) {
        self.used.fetch_max(end as u64, Ordering::Relaxed);
    }

    /// Empties the places of a worker that is no more.
    pub(super) fn clear(&self, first: usize, count: usize) {
        self.stages[first..first + count].iter().for_each(empty);
    }

    fn crowd(&self, own: usize, network: Network) -> Crowd {
        let used =
            usize::try_from(self.used.load(Ordering::Relaxed)).map_or(SLOT_ROWS, |used| used.min(SLOT_ROWS));
        let mut crowd = Crowd::default();
        for (place, (stage, address)) in self.stages.iter().zip(&self.addresses).take(used).enumerate() {
            let Some((stage, bits)) = occupant(stage, address).filter(|_| place != own) else { continue };
            if network.has(stage & !DECIDING, bits) {
                let counted = match (stage & DECIDING == 0, place < own) {
                    (true, _) => &mut crowd.inside,
                    (false, true) => &mut crowd.before,
                    (false, false) => &mut crowd.behind,
                };
                *counted += 1;
            }
        }
        crowd
    }
}

/// Empties a place, of which one is the only writer.
fn empty(stage: &AtomicU32) {
    stage.store(stage.load(Ordering::Relaxed) & !STAGE, Ordering::Release);
}

/// The stage of a place that is not empty, with the address that belongs to it.
fn occupant(stage: &AtomicU32, address: &[AtomicU64; 2]) -> Option<(u32, [u64; 2])> {
    loop {
        let before = stage.load(Ordering::Acquire);
        if before & STAGE == EMPTY {
            return None;
        }
        let bits = address.each_ref().map(|half| half.load(Ordering::Relaxed));
        fence(Ordering::Acquire);
        if stage.load(Ordering::Relaxed) == before {
            return Some((before & STAGE, bits));
        }
        // One turn for each step of the place's thread, which takes far longer than a turn.
    }
}

/// The family of an address, and its bits. One of IPv4 that comes mapped into IPv6 is of IPv4.
fn encode(address: IpAddr) -> (u32, [u64; 2]) {
    match address.to_canonical() {
        IpAddr::V4(address) => (IPV4, halves(u128::from(u32::from(address)))),
        IpAddr::V6(address) => (IPV6, halves(u128::from(address))),
    }
}

fn halves(bits: u128) -> [u64; 2] {
    let half = |bits: u128| u64::try_from(bits & u128::from(u64::MAX)).expect("the mask leaves 64 bits");
    [half(bits >> 64), half(bits)]
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;
    use std::thread;

    use ipnet::IpNet;
    use proptest::prelude::*;

    use super::*;
    use crate::scoreboard::{Board, Scoreboard};

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn any_address() -> impl Strategy<Value = IpAddr> {
        // Some that have much in common.
        let ipv6 = prop_oneof![any::<u128>(), (0..64_u128).prop_map(|low| 0xfe80 << 112 | low)];
        let ipv4 = prop_oneof![any::<u32>(), (0..64_u32).prop_map(|low| 10 << 24 | low)];
        prop_oneof![
            ipv6.prop_map(|bits| IpAddr::from(bits.to_be_bytes())),
            ipv4.prop_map(|bits| IpAddr::from(bits.to_be_bytes()))
        ]
    }

    proptest! {
        #[test]
        fn a_peer_is_all_addresses_of_its_prefix(one in any_address(), other in any_address(), ipv4 in 1..=32_u8, ipv6 in 1..=128_u8) {
            let (one, other) = (one.to_canonical(), other.to_canonical());
            let prefix = IpNet::new(one, if one.is_ipv4() { ipv4 } else { ipv6 }).unwrap();
            let network = Network::of(one, ipv4, ipv6);
            let (family, bits) = encode(other);
            prop_assert_eq!(network.has(family, bits), prefix.contains(&other));
            let (family, bits) = encode(one);
            prop_assert!(network.has(family, bits));
        }
    }

    #[test]
    fn a_crowd_is_who_is_of_the_peer_in_other_places() {
        let board = Board::map().unwrap();
        let mut scoreboard = Scoreboard::new(board);
        let leases = [0, 1].map(|id| scoreboard.lend(id, 1, 3).unwrap());
        let [one, other] = leases.map(|lease| board.rows(lease).peers);
        let network = Network::of(address("10.0.0.1"), 24, 64);
        one.enter(0, address("10.0.0.9"));
        one.announce(1, address("::ffff:10.0.0.8"));
        one.enter(2, address("10.0.1.1"));
        other.announce(0, address("10.0.0.1"));
        other.announce(1, address("10.0.0.7"));
        other.enter(2, address("10.0.0.7"));
        assert_eq!(other.crowd(0, network), Crowd { inside: 2, before: 1, behind: 1 });
        other.leave(2);
        assert_eq!(other.crowd(0, network), Crowd { inside: 1, before: 1, behind: 1 });
        scoreboard.take_back(leases[0]);
        assert_eq!(
            other.crowd(0, network),
            Crowd { inside: 0, before: 0, behind: 1 },
            "the dead have nobody"
        );
    }

    #[test]
    fn nobody_is_counted_by_the_family_of_one_and_the_address_of_the_next() {
        let board = Board::map().unwrap();
        let peers = board.rows(Scoreboard::new(board).lend(0, 1, 2).unwrap()).peers;
        // Two who take turns in a slot; the bits of the second would be the third if it were of the first's family.
        let (first, second, third) = (address("10.0.0.1"), address("::a00:2"), address("10.0.0.2"));
        let done = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                for _ in 0..200_000 {
                    for one in [first, second] {
                        peers.announce(0, one);
                        peers.enter(0, one);
                        peers.leave(0);
                    }
                }
                done.store(true, Ordering::Relaxed);
            });
            let network = Network::of(third, 32, 128);
            while !done.load(Ordering::Relaxed) {
                assert_eq!(peers.crowd(1, network), Crowd::default());
            }
        });
    }

    #[test]
    fn the_families_have_nothing_in_common() {
        let board = Board::map().unwrap();
        let peers = board.rows(Scoreboard::new(board).lend(0, 1, 4).unwrap()).peers;
        peers.enter(0, address("::1"));
        peers.enter(1, address("0.0.0.1"));
        peers.enter(2, address("::ffff:0.0.0.1"));
        assert_eq!(peers.crowd(3, Network::of(address("::9"), 32, 64)).inside, 1);
        assert_eq!(peers.crowd(3, Network::of(address("0.0.0.1"), 32, 64)).inside, 2);
    }

    /// What docs/limits.md says of the column: run it with --ignored --nocapture.
    #[test]
    #[ignore = "prints figures, and asserts nothing"]
    fn what_it_costs_to_say_whose_a_slot_is() {
        const TIMES: u32 = 10_000_000;
        let board = Board::map().unwrap();
        let peers = board.rows(Scoreboard::new(board).lend(0, 1, 64).unwrap()).peers;
        let turns = |slot| {
            let began = std::time::Instant::now();
            for _ in 0..TIMES {
                peers.enter(std::hint::black_box(slot), address("10.0.0.1"));
                peers.leave(slot);
            }
            began.elapsed() / TIMES
        };
        println!("one thread: {:?}", turns(0));
        for (apart, other) in [("in places side by side", 1), ("in places far apart", 63)] {
            let both = thread::scope(|scope| {
                [0, other].map(|slot| scope.spawn(move || turns(slot))).map(|it| it.join().unwrap())
            });
            println!("two threads, {apart}: {both:?}");
        }
    }

    /// What docs/hostile-peers.md says of a decision: run it with --release --ignored --nocapture.
    #[test]
    #[ignore = "prints figures, and asserts nothing"]
    fn what_it_costs_to_count_a_peer() {
        let board = Board::map().unwrap();
        let mut scoreboard = Scoreboard::new(board);
        for (worker, slots) in [4, 508, 7_680, 57_344].into_iter().enumerate() {
            let peers = board.rows(scoreboard.lend(worker, 1, slots).unwrap()).peers;
            let places = peers.first + slots;
            for busy in [false, true] {
                for place in 0..slots {
                    let bits = u32::try_from(place).unwrap();
                    if busy {
                        peers.enter(place, IpAddr::from(bits.to_be_bytes()));
                    } else {
                        peers.leave(place);
                    }
                }
                let network = Network::of(address("10.0.0.1"), 32, 64);
                let rounds = 20_000_000 / places / 4 + 1;
                let began = std::time::Instant::now();
                for _ in 0..rounds {
                    peers.announce(0, address("10.0.0.1"));
                    std::hint::black_box(peers.crowd(0, network));
                    peers.leave(0);
                }
                let each = began.elapsed() / u32::try_from(rounds).unwrap();
                println!("{places} slots, {}: {each:?}", if busy { "all busy" } else { "these idle" });
            }
        }
    }
}
