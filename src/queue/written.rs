//! Sockets as the kernel writes them, for tests and fuzzers.

use std::net::{IpAddr, SocketAddr};

use netlink_packet_core::NLM_F_MULTIPART;
use netlink_packet_sock_diag::{AF_INET, AF_INET6, INET_DIAG_INFO, INET_DIAG_SKMEMINFO, SOCK_DIAG_BY_FAMILY};

use super::sockets::Entry;

/// A line of /proc/net/tcp or tcp6, of `get_tcp4_sock` in `net/ipv4/tcp_ipv4.c`.
pub(super) fn line(entry: &Entry) -> String {
    let Entry { local, peer, state, inode, received, .. } = *entry;
    let (local, peer) = (address(local), address(peer));
    format!(
        "   0: {local} {peer} {state:02X} 00000000:{received:08X} 00:00000000 00000000     0        0 {inode} 1 0 20 4\n"
    )
}

/// An address in such a line.
pub(super) fn address(address: SocketAddr) -> String {
    let octets = octets(address.ip());
    let words = octets.as_chunks().0.iter().map(|four| format!("{:08X}", u32::from_ne_bytes(*four)));
    format!("{}:{:04X}", words.collect::<String>(), address.port())
}

/// A datagram of netlink with one message, a part of the answer to this question: an `inet_diag_msg` of `linux/inet_diag.h`,
/// `tcpi_last_data_sent` in a `tcp_info` and `SK_MEMINFO_DROPS`. A link-local address is that of an interface.
pub(super) fn datagram(entry: &Entry, interface: u32, sequence: u32) -> Vec<u8> {
    let family = if entry.local.is_ipv4() { AF_INET } else { AF_INET6 };
    let mut payload = vec![family, entry.state, 0, 0];
    payload.extend([entry.local.port().to_be_bytes(), entry.peer.port().to_be_bytes()].concat());
    for address in [entry.local, entry.peer] {
        let mut sixteen = octets(address.ip());
        sixteen.resize(16, 0);
        payload.extend(sixteen);
    }
    let number = |number: u64| u32::try_from(number).expect("the kernel has no room for more").to_ne_bytes();
    let (cookie, expires, user) = ([0; 8], [0; 4], [0; 4]);
    payload.extend(interface.to_ne_bytes());
    payload.extend(cookie);
    payload.extend(expires);
    payload.extend(entry.received.to_ne_bytes());
    payload.extend(entry.limit.unwrap_or_default().to_ne_bytes());
    payload.extend(user);
    payload.extend(number(entry.inode));
    let waited = entry.waited.map_or(0, |waited| u64::try_from(waited.as_millis()).expect("it was 32 bits"));
    payload.extend(attribute(INET_DIAG_INFO, &[&[1; 44][..], &number(waited), &[1; 8]].concat()));
    let dropped = number(entry.dropped.unwrap_or_default());
    payload.extend(attribute(INET_DIAG_SKMEMINFO, &[&[2; 32][..], &dropped].concat()));
    let length = number(16 + payload.len() as u64);
    let kind = [SOCK_DIAG_BY_FAMILY.to_ne_bytes(), NLM_F_MULTIPART.to_ne_bytes()].concat();
    [&length[..], &kind, &sequence.to_ne_bytes(), &[0; 4], &payload].concat()
}

/// An attribute, padded: `linux/netlink.h`.
pub(super) fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(value.len() + 4).expect("an attribute is short");
    let mut bytes = [length.to_ne_bytes(), kind.to_ne_bytes()].concat();
    bytes.extend(value);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

fn octets(ip: IpAddr) -> Vec<u8> {
    match ip {
        IpAddr::V4(ip) => ip.octets().into(),
        IpAddr::V6(ip) => ip.octets().into(),
    }
}
