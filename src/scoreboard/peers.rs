//! Whose connection is in each slot: a column of its own, from which the connections of a peer are counted.
//!
//! The slots' rows tell it too, but are two cache lines each; here whoever counts passes a slot without a connection by
//! one byte, and one with a connection by seventeen.

use std::net::IpAddr;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering, fence};

use zerocopy::FromZeros;

use super::SLOT_ROWS;

/// A place is empty, or it has an address of a family; while it is being decided whether the peer is let in, this is added.
const EMPTY: u8 = 0;
const IPV4: u8 = 1;
const IPV6: u8 = 2;
const DECIDING: u8 = 4;

/// One place for each slot row. A slot's threads write theirs; the master empties those of the dead.
#[derive(Debug, FromZeros)]
#[repr(C)]
pub(super) struct Column {
    /// Places from here on were never lent.
    used: AtomicU64,
    stages: [AtomicU8; SLOT_ROWS],
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
    family: u8,
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

    fn has(&self, family: u8, bits: [u64; 2]) -> bool {
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
        self.column.stages[self.first + slot].store(EMPTY, Ordering::Release);
    }

    /// Counts the connections of a peer, beside the one that is announced for a slot.
    pub(crate) fn crowd(&self, slot: usize, network: Network) -> Crowd {
        self.column.crowd(self.first + slot, network)
    }

    fn put(&self, slot: usize, address: IpAddr, more: u8) {
        let place = self.first + slot;
        let (family, bits) = encode(address);
        for (word, half) in self.column.addresses[place].iter().zip(bits) {
            word.store(half, Ordering::Relaxed);
        }
        // Whoever reads the stage finds the address that belongs to it.
        self.column.stages[place].store(family | more, Ordering::Release);
    }
}

impl Column {
    /// There are places up to here.
    pub(super) fn extend(&self, end: usize) {
        self.used.fetch_max(end as u64, Ordering::Relaxed);
    }

    /// Empties the places of a worker that is no more.
    pub(super) fn clear(&self, first: usize, count: usize) {
        for stage in &self.stages[first..first + count] {
            stage.store(EMPTY, Ordering::Release);
        }
    }

    fn crowd(&self, own: usize, network: Network) -> Crowd {
        let used =
            usize::try_from(self.used.load(Ordering::Relaxed)).map_or(SLOT_ROWS, |used| used.min(SLOT_ROWS));
        let mut crowd = Crowd::default();
        for (place, (stage, address)) in self.stages.iter().zip(&self.addresses).take(used).enumerate() {
            let stage = stage.load(Ordering::Acquire);
            if stage == EMPTY || place == own {
                continue;
            }
            let bits = address.each_ref().map(|half| half.load(Ordering::Relaxed));
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

/// The family of an address, and its bits. One of IPv4 that comes mapped into IPv6 is of IPv4.
fn encode(address: IpAddr) -> (u8, [u64; 2]) {
    match address.to_canonical() {
        IpAddr::V4(address) => (IPV4, halves(u128::from(u32::from(address)))),
        IpAddr::V6(address) => (IPV6, halves(u128::from(address))),
    }
}

fn halves(bits: u128) -> [u64; 2] {
    let half = |bits: u128| u64::try_from(bits & u128::from(u64::MAX)).expect("the mask leaves 64 bits");
    [half(bits >> 64), half(bits)]
}
