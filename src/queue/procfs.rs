//! The kernel's list of sockets as a text, /proc/net/tcp and tcp6, see `proc_pid_net(5)`: for want of netlink.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::sockets::{Entry, Port, Sockets, socket_address};

const TCP: &str = "/proc/net/tcp";
const TCP6: &str = "/proc/net/tcp6";
const SNMP: &str = "/proc/net/snmp";
const SNMP_BYTES_MAX: u64 = 64 * 1024;

/// The texts, each opened when it is first read, and read from its beginning each time.
#[derive(Debug, Default)]
pub(super) struct Texts {
    tcp: Text,
    tcp6: Text,
    snmp: Text,
}

/// One of them.
#[derive(Debug, Default)]
struct Text(Option<File>);

impl Texts {
    /// Opens all of them, as far as they are there: without IPv6 one is not.
    pub(super) fn open(&mut self) {
        for (text, path) in [(&mut self.tcp, TCP), (&mut self.tcp6, TCP6), (&mut self.snmp, SNMP)] {
            let _ = text.rewound(path);
        }
    }

    /// Lists the sockets of a port.
    pub(super) fn tcp_sockets(&mut self, port: Port) -> io::Result<Sockets> {
        let (text, path) = if port.is_ipv6 { (&mut self.tcp6, TCP6) } else { (&mut self.tcp, TCP) };
        list(BufReader::new(text.rewound(path)?), port)
    }

    /// How many connections have come to all listeners of this network namespace.
    pub(super) fn arrivals(&mut self) -> Option<u64> {
        let mut text = String::new();
        // With an end in sight the standard library does not ask how long it is, which a sandbox would refuse.
        self.snmp.rewound(SNMP).ok()?.take(SNMP_BYTES_MAX).read_to_string(&mut text).ok()?;
        parse_arrivals(&text)
    }
}

impl Text {
    fn rewound(&mut self, path: &str) -> io::Result<&mut File> {
        let file = match self.0.take() {
            Some(mut file) => file.rewind().map(|()| file)?,
            None => File::open(path)?,
        };
        Ok(self.0.insert(file))
    }
}

pub(super) fn list(mut lines: impl BufRead, port: Port) -> io::Result<Sockets> {
    let mut sockets = Sockets::default();
    let mut line = String::new();
    // The first line is a heading.
    lines.read_line(&mut line)?;
    loop {
        line.clear();
        if lines.read_line(&mut line)? == 0 {
            return Ok(sockets);
        }
        let entry = parse(&line).ok_or(io::ErrorKind::InvalidData)?;
        if entry.local.port() == port.number {
            sockets.add(&entry);
        }
    }
}

/// Reads `PassiveOpens`: counts of TCP are two lines, the names and the numbers.
pub(super) fn parse_arrivals(text: &str) -> Option<u64> {
    let mut lines = text.lines().filter(|line| line.starts_with("Tcp:"));
    let (names, numbers) = (lines.next()?, lines.next()?);
    let mut pairs = names.split_ascii_whitespace().zip(numbers.split_ascii_whitespace());
    pairs.find(|(name, _)| *name == "PassiveOpens")?.1.parse().ok()
}

/// Reads a line; `None` when it is none. Its fields are those of `get_tcp4_sock` in `net/ipv4/tcp_ipv4.c`.
fn parse(line: &str) -> Option<Entry> {
    let mut fields = line.split_ascii_whitespace().skip(1);
    let local = parse_address(fields.next()?)?;
    let peer = parse_address(fields.next()?)?;
    let state = u8::from_str_radix(fields.next()?, 16).ok()?;
    let (_sent, received) = fields.next()?.split_once(':')?;
    let received = u32::from_str_radix(received, 16).ok()?;
    // Between them: the timer, the retransmits, the user, the timeout.
    let inode = fields.nth(4)?.parse().ok()?;
    Some(Entry { local, peer, state, inode, received, limit: None, dropped: None, waited: None })
}

/// Reads an address: one 32-bit word, or four of them, each a number of this machine's byte order, and a port.
fn parse_address(text: &str) -> Option<SocketAddr> {
    let (ip, port) = text.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let word = |index: usize| {
        let digits = ip.get(index * 8..index * 8 + 8)?;
        u32::from_str_radix(digits, 16).ok().map(u32::to_ne_bytes)
    };
    let ip = match ip.len() {
        8 => IpAddr::V4(Ipv4Addr::from(word(0)?)),
        32 => {
            let mut octets = [0; 16];
            for (index, four) in octets.chunks_exact_mut(4).enumerate() {
                four.copy_from_slice(&word(index)?);
            }
            IpAddr::V6(Ipv6Addr::from(octets))
        }
        _ => return None,
    };
    Some(socket_address(ip, port, 0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::written;
    use super::*;

    const PORT: Port = Port { is_ipv6: false, number: 0x1F90 };

    fn line(local: &str, state: u8, received: u32, inode: u64) -> String {
        let (local, peer) = (local.parse().unwrap(), "192.0.2.1:4000".parse().unwrap());
        written::line(&Entry {
            local,
            peer,
            state,
            inode,
            received,
            limit: None,
            dropped: None,
            waited: None,
        })
    }

    fn text(lines: &[String]) -> String {
        format!("  sl  local_address rem_address   st tx_queue rx_queue ...\n{}", lines.concat())
    }

    #[test]
    fn listeners_and_unaccepted_connections_of_the_port_are_listed() {
        let text = text(&[
            line("127.0.0.1:8080", 10, 1, 77),
            line("127.0.0.1:8081", 10, 1, 78),
            line("127.0.0.1:8080", 1, 6, 0),
            line("127.0.0.1:8080", 1, 6, 79),
        ]);
        let sockets = list(text.as_bytes(), PORT).unwrap();
        assert_eq!(sockets.listening.len(), 1);
        assert_eq!((sockets.listening[0].inode, sockets.listening[0].depth), (77, 1));
        assert_eq!(sockets.unaccepted.len(), 1);
        assert_eq!(sockets.unaccepted[0].waiting.peer, "192.0.2.1:4000".parse().unwrap());
        assert_eq!(sockets.unaccepted[0].waiting.bytes_queued, Some(6));
    }

    #[test]
    fn a_line_that_is_none_is_an_error() {
        assert!(list(text(&["wrong\n".to_owned()]).as_bytes(), PORT).is_err());
        assert_eq!(list(text(&[]).as_bytes(), PORT).unwrap(), Sockets::default());
    }

    #[test]
    fn arrivals_stand_below_their_name() {
        let text =
            "Ip: Forwarding\nIp: 1\nTcp: MaxConn ActiveOpens PassiveOpens\nTcp: -1 5 12\nUdp: X\nUdp: 1\n";
        assert_eq!(parse_arrivals(text), Some(12));
        assert_eq!(parse_arrivals("Tcp: PassiveOpens\n"), None);
        let mut texts = Texts::default();
        let first = texts.arrivals().unwrap();
        assert!(texts.arrivals().unwrap() >= first, "it is read again from its beginning");
    }

    proptest! {
        #[test]
        fn an_address_is_read_as_the_kernel_writes_it(ip in any::<IpAddr>(), port in any::<u16>()) {
            let address = SocketAddr::new(ip, port);
            prop_assert_eq!(parse_address(&written::address(address)), Some(address));
        }

        #[test]
        fn no_line_makes_it_panic(line in ".*", address in "[0-9A-F+é]{0,33}:[0-9A-F]{0,5}") {
            let _ = parse_arrivals(&format!("Tcp: {line}\nTcp: {line}"));
            let _ = parse(&line);
            let _ = parse(&format!("0: {address} {address} {line}"));
        }
    }
}
