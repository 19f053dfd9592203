//! The header by which a proxy tells whose connection it passes on: the PROXY protocol, version 1 and 2,
//! <https://www.haproxy.org/download/1.8/doc/proxy-protocol.txt>.
//!
//! Where a header ends is found out here, so that it may come in any number of pieces; what it says, by the crate `ppp`.

use std::net::SocketAddr;

use ppp::{v1, v2};

/// The longest header. The protocol allows 107 bytes of version 1, and 65,551 of version 2, whose own advice is to stay below
/// 536: addresses take 52, and the rest are notes of the proxy's, such as those on its TLS, which take hundreds at most.
pub(crate) const HEADER_BYTES_MAX: usize = 4096;
/// The longest header of version 1, its end of line included.
const TEXT_BYTES_MAX: usize = 107;
/// The begin of a header of version 1.
const TEXT_SIGNATURE: &[u8] = b"PROXY ";
/// The begin of one that tells nothing, whatever else is in it.
const TEXT_UNKNOWN: &[u8] = b"PROXY UNKNOWN";
/// The part of a header of version 2 that is always there, and the place of the length of the rest.
const BINARY_BYTES_MIN: usize = 16;
const BINARY_LENGTH_AT: usize = 14;
/// The place of version and command in it, and what is there where a proxy connects for itself.
const BINARY_COMMAND_AT: usize = 12;
const BINARY_LOCAL: u8 = 0x20;

/// A header that is whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ProxyHeader {
    /// What comes behind so many bytes is the peer's.
    pub(crate) length: usize,
    /// Who connected to the proxy; `None` if it does not tell, or connects for itself.
    pub(crate) peer: Option<SocketAddr>,
}

impl ProxyHeader {
    /// Reads the header at the begin of what has come so far; `None` if more has to come first. The error says what is
    /// wrong, in words that are ours: the bytes are somebody else's.
    pub(crate) fn read(bytes: &[u8]) -> Result<Option<Self>, &'static str> {
        if begins_as(bytes, v2::PROTOCOL_PREFIX) {
            read_binary(bytes)
        } else if begins_as(bytes, TEXT_SIGNATURE) {
            read_text(bytes)
        } else {
            Err("it begins with no PROXY header")
        }
    }
}

/// Whether it may be, as far as it has come.
fn begins_as(bytes: &[u8], signature: &[u8]) -> bool {
    let length = bytes.len().min(signature.len());
    bytes[..length] == signature[..length]
}

fn read_text(bytes: &[u8]) -> Result<Option<ProxyHeader>, &'static str> {
    let line = &bytes[..bytes.len().min(TEXT_BYTES_MAX)];
    let Some(end) = line.windows(2).position(|pair| pair == b"\r\n") else {
        let is_long = line.len() == TEXT_BYTES_MAX;
        return if is_long { Err("its line is longer than one of version 1 may be") } else { Ok(None) };
    };
    let (line, length) = (&line[..end + 2], end + 2);
    let says_nothing = line
        .strip_prefix(TEXT_UNKNOWN)
        .is_some_and(|rest| rest.starts_with(b"\r\n") || rest.starts_with(b" "));
    if says_nothing {
        return Ok(Some(ProxyHeader { length, peer: None }));
    }
    if line.contains(&b'+') {
        // No address has one, and as the sign of a port, which is digits alone, it would be taken.
        return Err("a port in it is none");
    }
    let header = v1::Header::try_from(line).map_err(|error| wrong_in_text(&error))?;
    let peer = match header.addresses {
        v1::Addresses::Unknown => None,
        v1::Addresses::Tcp4(told) => Some((told.source_address, told.source_port).into()),
        v1::Addresses::Tcp6(told) => Some((told.source_address, told.source_port).into()),
    };
    Ok(Some(ProxyHeader { length, peer }))
}

fn read_binary(bytes: &[u8]) -> Result<Option<ProxyHeader>, &'static str> {
    let Some(&[high, low]) = bytes.get(BINARY_LENGTH_AT..BINARY_BYTES_MIN) else { return Ok(None) };
    let length = BINARY_BYTES_MIN + usize::from(u16::from_be_bytes([high, low]));
    if length > HEADER_BYTES_MAX {
        return Err("it is longer than any header that is taken");
    }
    let Some(whole) = bytes.get(..length) else { return Ok(None) };
    if whole[BINARY_COMMAND_AT] == BINARY_LOCAL {
        // Whatever else it says is to be ignored, section 2.2.
        return Ok(Some(ProxyHeader { length, peer: None }));
    }
    let header = v2::Header::try_from(whole).map_err(|error| wrong_in_binary(&error))?;
    let is_told = header.protocol == v2::Protocol::Stream;
    let peer = match header.addresses {
        v2::Addresses::IPv4(told) => Some((told.source_address, told.source_port).into()),
        v2::Addresses::IPv6(told) => Some((told.source_address, told.source_port).into()),
        // Who came to the proxy by a unix socket has no address.
        v2::Addresses::Unix(_) | v2::Addresses::Unspecified => None,
    };
    Ok(Some(ProxyHeader { length, peer: peer.filter(|_| is_told) }))
}

fn wrong_in_text(error: &v1::BinaryParseError) -> &'static str {
    use v1::ParseError as Wrong;
    let v1::BinaryParseError::Parse(error) = error else { return "its line is no text" };
    match error {
        Wrong::MissingProtocol | Wrong::InvalidProtocol => "its protocol is none of TCP4, TCP6 and UNKNOWN",
        Wrong::MissingSourceAddress
        | Wrong::MissingDestinationAddress
        | Wrong::InvalidSourceAddress(_)
        | Wrong::InvalidDestinationAddress(_) => "an address in it is none of its family",
        Wrong::MissingSourcePort
        | Wrong::MissingDestinationPort
        | Wrong::InvalidSourcePort(_)
        | Wrong::InvalidDestinationPort(_) => "a port in it is none",
        _ => "its line is not as version 1 has it",
    }
}

fn wrong_in_binary(error: &v2::ParseError) -> &'static str {
    match error {
        v2::ParseError::Version(_) => "its version is not 2",
        v2::ParseError::Command(_) => "its command is neither LOCAL nor PROXY",
        v2::ParseError::AddressFamily(_) => "its family of addresses is unknown",
        v2::ParseError::Protocol(_) => "its protocol is unknown",
        v2::ParseError::InvalidAddresses(..) => "it is too short for its addresses",
        _ => "it is not as version 2 has it",
    }
}

#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz {
    use super::*;

    /// Read in pieces or as a whole it says the same, and who it tells of is who a header of ours would tell of.
    pub(crate) fn header(bytes: &[u8]) {
        let mut decided = None;
        for end in 0..=bytes.len().min(HEADER_BYTES_MAX + 1) {
            let read = ProxyHeader::read(&bytes[..end]);
            if let Ok(Some(header)) = read {
                assert!(header.length <= end.min(HEADER_BYTES_MAX));
            }
            match decided {
                None if read == Ok(None) => {
                    assert!(end < HEADER_BYTES_MAX, "nobody is waited for without an end");
                }
                None => decided = Some(read),
                Some(before) => assert_eq!(read, before),
            }
        }
        if let Some(Ok(Some(ProxyHeader { peer: Some(peer), .. }))) = decided {
            let (family, ip) = (if peer.is_ipv4() { "TCP4" } else { "TCP6" }, peer.ip());
            let line = format!("PROXY {family} {ip} {ip} {} 1\r\n", peer.port());
            let told = ProxyHeader { length: line.len(), peer: Some(peer) };
            assert_eq!(ProxyHeader::read(line.as_bytes()), Ok(Some(told)));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

    use proptest::prelude::*;

    use super::*;

    /// A header of version 2, written by hand.
    fn binary(command: u8, family: u8, body: &[u8]) -> Vec<u8> {
        let length = u16::try_from(body.len()).unwrap().to_be_bytes();
        [v2::PROTOCOL_PREFIX, &[0x20 | command, family], &length, body].concat()
    }

    fn of_address(version: u8, peer: SocketAddr, notes: &[u8]) -> Vec<u8> {
        let port = peer.port().to_be_bytes();
        match (version, peer.ip()) {
            (1, IpAddr::V4(ip)) => format!("PROXY TCP4 {ip} 192.0.2.1 {} 80\r\n", peer.port()).into(),
            (1, IpAddr::V6(ip)) => format!("PROXY TCP6 {ip} 2001:db8::1 {} 80\r\n", peer.port()).into(),
            (_, IpAddr::V4(ip)) => {
                let body = [&ip.octets()[..], &[192, 0, 2, 1], &port, &[0, 80], notes];
                binary(1, 0x11, &body.concat())
            }
            (_, IpAddr::V6(ip)) => {
                binary(1, 0x21, &[&ip.octets()[..], &[0; 16], &port, &[0, 80], notes].concat())
            }
        }
    }

    fn address() -> impl Strategy<Value = SocketAddr> {
        let ip = prop_oneof![
            any::<u32>().prop_map(|bits| IpAddr::V4(Ipv4Addr::from(bits))),
            any::<u128>().prop_map(|bits| IpAddr::V6(Ipv6Addr::from(bits))),
        ];
        (ip, any::<u16>()).prop_map(SocketAddr::from)
    }

    proptest! {
        #[test]
        fn a_header_is_read_wherever_it_is_split(version in 1_u8..3, peer in address(), notes in prop::collection::vec(any::<u8>(), 0..300), data: Vec<u8>) {
            let header = of_address(version, peer, &notes);
            let all = [&header[..], &data].concat();
            let read = ProxyHeader { length: header.len(), peer: Some(peer) };
            for end in 0..=all.len() {
                let expected = (end >= header.len()).then_some(read);
                prop_assert_eq!(ProxyHeader::read(&all[..end]), Ok(expected), "{} of {} bytes", end, header.len());
            }
        }

        #[test]
        fn no_bytes_break_the_reader_and_what_is_wrong_stays_so(start in 0_usize..4, garbage in prop::collection::vec(any::<u8>(), 0..200)) {
            let start = [&b""[..], b"PROXY ", b"PROXY TCP4 ", v2::PROTOCOL_PREFIX][start];
            let all = [start, &garbage].concat();
            let mut decided = None;
            for end in 0..=all.len() {
                match (ProxyHeader::read(&all[..end]), &decided) {
                    (Ok(None), None) => (),
                    (Ok(Some(header)), None) => {
                        prop_assert!(header.length <= end);
                        decided = Some(Ok(header));
                    }
                    (Err(_), None) => decided = Some(Err(())),
                    (now, Some(before)) => {
                        prop_assert_eq!(now.map(|header| header.unwrap()).map_err(drop), *before);
                    }
                }
            }
        }
    }

    fn read(bytes: &[u8]) -> Result<Option<ProxyHeader>, &'static str> {
        ProxyHeader::read(bytes)
    }

    #[test]
    fn a_proxy_that_connects_for_itself_or_does_not_know_tells_nobody() {
        let longest =
            format!("PROXY UNKNOWN {0} {0} 65535 65535\r\n", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
        assert_eq!(longest.len(), 104 + 1 + 2, "as the protocol counts it");
        let ipv4 = [192, 0, 2, 7, 192, 0, 2, 1, 0, 7, 0, 80];
        let silent = [
            b"PROXY UNKNOWN\r\n".to_vec(),
            b"PROXY UNKNOWN whatever it says, it says nothing\r\n".to_vec(),
            longest.into_bytes(),
            binary(0, 0x00, &[]),
            binary(0, 0x11, &ipv4),
            binary(0, 0x11, &[]),
            binary(0, 0xff, b"whatever it says"),
            binary(1, 0x00, &[1, 2, 3]),
            binary(1, 0x12, &ipv4),
            binary(1, 0x31, &[b'a'; 216]),
        ];
        for header in silent {
            let text = String::from_utf8_lossy(&header).into_owned();
            assert_eq!(read(&header), Ok(Some(ProxyHeader { length: header.len(), peer: None })), "{text:?}");
        }
    }

    #[test]
    fn what_is_no_header_or_too_long_is_refused() {
        let too_long = [b"PROXY TCP4 ".to_vec(), vec![b'1'; 107]].concat();
        let wrong = [
            b"GET / HTTP/1.1\r\n".to_vec(),
            b"PROXX".to_vec(),
            b"proxy TCP4 1.2.3.4 1.2.3.4 1 2\r\n".to_vec(),
            b"PROXY \r\n".to_vec(),
            b"PROXY TCP4\r\n".to_vec(),
            b"PROXY TCP4 1.2.3.4 1.2.3.4 1 65536\r\n".to_vec(),
            b"PROXY TCP4 1.2.3.4 1.2.3.4 +1 2\r\n".to_vec(),
            b"PROXY TCP6 ::1 ::1 1 +2\r\n".to_vec(),
            b"PROXY TCP4 1.2.3.4 1.2.3.4 01 2\r\n".to_vec(),
            b"PROXY TCP4 1.2.3.4 1.2.3.4 1 2 3\r\n".to_vec(),
            b"PROXY TCP4 1.2.3.4  1.2.3.4 1 2\r\n".to_vec(),
            b"PROXY TCP4 ::1 ::1 1 2\r\n".to_vec(),
            b"PROXY TCP6 1.2.3.4 1.2.3.4 1 2\r\n".to_vec(),
            b"PROXY UNKNOWNS\r\n".to_vec(),
            b"PROXY TCP4 \xff 1.2.3.4 1 2\r\n".to_vec(),
            too_long,
            binary(2, 0x11, &[0; 12]),
            binary(1, 0x11, &[0; 11]),
            binary(1, 0x51, &[0; 12]),
            binary(1, 0x11, &vec![0; HEADER_BYTES_MAX]),
            b"\r\n\r\n\0\r\nQUIT\n\x31\x11\0\x0c............".to_vec(),
            b"\r\nhello".to_vec(),
        ];
        for bytes in wrong {
            assert!(read(&bytes).is_err(), "{:?}", String::from_utf8_lossy(&bytes));
        }
        assert!(read(&binary(1, 0x11, &vec![0; HEADER_BYTES_MAX - 16])).unwrap().is_some(), "the longest");
    }
}
