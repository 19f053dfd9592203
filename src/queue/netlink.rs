//! The kernel's list of sockets by netlink, see `sock_diag(7)`.
//!
//! The crates give the form of requests and headers; attributes are picked from the raw bytes, so that nothing is
//! copied, and one of an unknown length spoils no answer.

use std::fmt;
use std::io;
use std::time::Duration;

use netlink_packet_core::{
    Emitable, NLM_F_DUMP, NLM_F_MULTIPART, NLM_F_REQUEST, NLMSG_ALIGNTO, NLMSG_DONE, NLMSG_ERROR,
    NLMSG_OVERRUN, NetlinkBuffer, NetlinkMessage, NlasIterator, Parseable,
};
use netlink_packet_sock_diag::inet::{self, ExtensionFlags, InetResponseHeader, SocketId, StateFlags};
use netlink_packet_sock_diag::unix::{self, ShowFlags, UnixResponseHeader};
use netlink_packet_sock_diag::{
    AF_INET, AF_INET6, INET_DIAG_INFO, INET_DIAG_SKMEMINFO, IPPROTO_TCP, SOCK_DIAG_BY_FAMILY,
    SockDiagMessage, TCP_LISTEN, UNIX_DIAG_RQLEN,
};
use netlink_sys::protocols::NETLINK_SOCK_DIAG;
use netlink_sys::{Socket, SocketAddr};
use nix::libc;

use super::sockets::{Entry, Port, Sockets, socket_address};

/// The kernel fills a datagram of a dump up to the size of the buffer that it is received in, and up to this
/// (`netlink_recvmsg` in `net/netlink/af_netlink.c`).
const DATAGRAM_BYTES_MAX: usize = 32 * 1024;
/// More than the answer to any question has: a million sockets.
const DATAGRAMS_MAX: usize = 10_000;
/// Where `tcpi_last_data_sent` is in a `tcp_info`, see `include/uapi/linux/tcp.h`: milliseconds, and of a connection on
/// which nothing was sent, since the handshake. `sys::queue_wait` reads the same.
const LAST_DATA_SENT_OFFSET: usize = 44;
/// Where the ninth integer of a `SK_MEMINFO` is, `SK_MEMINFO_DROPS` in `include/uapi/linux/sock_diag.h`.
const DROPS_OFFSET: usize = 32;

/// A netlink socket, which asks one question at a time.
pub(super) struct Netlink {
    socket: Socket,
    sequence: u32,
    buffer: Vec<u8>,
    /// The last answer was given up: the rest of it may still come.
    is_astray: bool,
}

/// The queue of a unix listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct UnixQueue {
    pub(super) waiting: u32,
    pub(super) limit: u32,
}

/// Whether an answer has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    Goes,
    Ended,
}

impl Netlink {
    /// Opens a socket to the kernel.
    pub(super) fn open() -> io::Result<Self> {
        let mut socket = Socket::new(NETLINK_SOCK_DIAG)?;
        // What a dump has to say is there when it is asked for: a socket that has nothing is broken.
        socket.set_non_blocking(true)?;
        socket.bind_auto()?;
        // A connected socket takes nothing from others than the kernel, see netlink(7).
        socket.connect(&SocketAddr::new(0, 0))?;
        Ok(Self { socket, sequence: 0, buffer: vec![0; DATAGRAM_BYTES_MAX], is_astray: false })
    }

    /// Lists the sockets of a port.
    pub(super) fn tcp_sockets(&mut self, port: Port) -> io::Result<Sockets> {
        let mut sockets = Sockets::default();
        self.ask(tcp_request(port), NLM_F_DUMP, |answer| {
            let entry = parse_tcp(answer)?;
            // A kernel that does not filter by port lists all.
            if entry.local.port() == port.number {
                sockets.add(&entry);
            }
            Ok(())
        })?;
        Ok(sockets)
    }

    /// Finds the queue of the unix listener with this inode.
    pub(super) fn unix_queue(&mut self, inode: u64) -> io::Result<UnixQueue> {
        let inode = u32::try_from(inode).map_err(|_| io::ErrorKind::NotFound)?;
        let mut found = None;
        self.ask(unix_request(inode), 0, |answer| {
            found = parse_unix(answer, inode)?;
            Ok(())
        })?;
        found.ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn ask(
        &mut self,
        question: SockDiagMessage,
        flags: u16,
        mut each: impl FnMut(&[u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        if self.is_astray {
            self.forget()?;
        }
        self.is_astray = true;
        self.sequence = self.sequence.wrapping_add(1);
        self.socket.send(&serialize(question, flags, self.sequence), 0)?;
        loop {
            // Told the true length, one sees what did not fit.
            let length = self.socket.recv(&mut &mut self.buffer[..], libc::MSG_TRUNC)?;
            let datagram = self.buffer.get(..length).filter(|datagram| !datagram.is_empty());
            let datagram = datagram.ok_or_else(|| invalid("a datagram is empty or too long"))?;
            if read_datagram(datagram, self.sequence, &mut each)? == Progress::Ended {
                self.is_astray = false;
                return Ok(());
            }
        }
    }

    /// A dump of all that this machine has, of which nothing is taken.
    #[cfg(test)]
    pub(super) fn begin_and_give_up(&mut self) -> io::Result<()> {
        let everything = tcp_request(Port { number: 0, is_ipv6: false });
        self.ask(everything, NLM_F_DUMP, |_| Err(invalid("enough")))
    }

    /// Takes what is left of an answer that was given up. Before its end the kernel begins no other (`__netlink_dump_start`
    /// says EBUSY); and in a sandbox there is no other socket to be had.
    fn forget(&mut self) -> io::Result<()> {
        for _ in 0..DATAGRAMS_MAX {
            match self.socket.recv(&mut &mut self.buffer[..], libc::MSG_TRUNC) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                // An error that the socket kept is told once.
                Ok(_) | Err(_) => (),
            }
        }
        Err(invalid("an answer has no end"))
    }
}

impl fmt::Debug for Netlink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Netlink").field("socket", &self.socket).finish_non_exhaustive()
    }
}

fn tcp_request(port: Port) -> SockDiagMessage {
    let mut socket_id = if port.is_ipv6 { SocketId::new_v6() } else { SocketId::new_v4() };
    socket_id.source_port = port.number;
    SockDiagMessage::InetRequest(inet::InetRequest {
        family: if port.is_ipv6 { AF_INET6 } else { AF_INET },
        protocol: IPPROTO_TCP,
        extensions: ExtensionFlags::INFO | ExtensionFlags::SKMEMINFO,
        // Listeners are listed before connections (`inet_diag_dump_icsk` in `net/ipv4/inet_diag.c`).
        states: StateFlags::LISTEN | StateFlags::ESTABLISHED | StateFlags::CLOSE_WAIT,
        socket_id,
    })
}

fn unix_request(inode: u32) -> SockDiagMessage {
    SockDiagMessage::UnixRequest(unix::UnixRequest {
        state_flags: unix::StateFlags::LISTEN,
        inode,
        show_flags: ShowFlags::RQLEN,
        // No cookie, `INET_DIAG_NOCOOKIE`: the inode alone decides.
        cookie: [0xff; 8],
    })
}

fn serialize(question: SockDiagMessage, flags: u16, sequence: u32) -> Vec<u8> {
    let mut message = NetlinkMessage::from(question);
    message.header.flags = NLM_F_REQUEST | flags;
    message.header.sequence_number = sequence;
    message.finalize();
    let mut bytes = vec![0; message.buffer_len()];
    message.serialize(&mut bytes);
    bytes
}

/// Takes the messages of a datagram that answer the question of this number.
pub(super) fn read_datagram(
    mut bytes: &[u8],
    sequence: u32,
    each: &mut impl FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<Progress> {
    while !bytes.is_empty() {
        let message = NetlinkBuffer::new_checked(bytes).map_err(invalid)?;
        if message.sequence_number() == sequence {
            match message.message_type() {
                NLMSG_DONE | NLMSG_ERROR => return end(message.payload()),
                NLMSG_OVERRUN => return Err(invalid("messages were lost")),
                SOCK_DIAG_BY_FAMILY => each(message.payload())?,
                _ => {}
            }
            if message.flags() & NLM_F_MULTIPART == 0 {
                // The only message of its answer, see netlink(7).
                return Ok(Progress::Ended);
            }
        }
        let length = message.length() as usize;
        bytes = bytes.get(length.next_multiple_of(NLMSG_ALIGNTO.into())..).unwrap_or_default();
    }
    Ok(Progress::Goes)
}

/// Both ways to end begin with an error number, negative or zero; old kernels leave it out where all went well.
fn end(payload: &[u8]) -> io::Result<Progress> {
    match integer(payload, 0).map(u32::cast_signed) {
        None | Some(0) => Ok(Progress::Ended),
        Some(code) => Err(io::Error::from_raw_os_error(code.saturating_neg())),
    }
}

/// Reads a socket of `inet_diag`.
pub(super) fn parse_tcp(answer: &[u8]) -> io::Result<Entry> {
    let header = InetResponseHeader::parse(answer).map_err(invalid)?;
    let id = &header.socket_id;
    let mut waited = None;
    let mut dropped = None;
    for attribute in NlasIterator::new(answer.get(header.buffer_len()..).unwrap_or_default()) {
        let attribute = attribute.map_err(invalid)?;
        match attribute.kind() {
            INET_DIAG_INFO => waited = integer(attribute.value(), LAST_DATA_SENT_OFFSET),
            INET_DIAG_SKMEMINFO => dropped = integer(attribute.value(), DROPS_OFFSET),
            _ => {}
        }
    }
    let is_listener = header.state == TCP_LISTEN;
    Ok(Entry {
        local: socket_address(id.source_address, id.source_port, id.interface_id),
        peer: socket_address(id.destination_address, id.destination_port, id.interface_id),
        state: header.state,
        inode: header.inode.into(),
        received: header.recv_queue,
        limit: is_listener.then_some(header.send_queue),
        dropped: dropped.filter(|_| is_listener).map(u64::from),
        waited: waited.filter(|_| !is_listener).map(|millis| Duration::from_millis(millis.into())),
    })
}

/// Reads the queue of a listener from an answer of `unix_diag`, see `sk_diag_show_rqlen` in `net/unix/diag.c`.
pub(super) fn parse_unix(answer: &[u8], inode: u32) -> io::Result<Option<UnixQueue>> {
    let header = UnixResponseHeader::parse(answer).map_err(invalid)?;
    if header.inode != inode || header.state != TCP_LISTEN {
        return Ok(None);
    }
    for attribute in NlasIterator::new(answer.get(header.buffer_len()..).unwrap_or_default()) {
        let attribute = attribute.map_err(invalid)?;
        if attribute.kind() == UNIX_DIAG_RQLEN {
            let (waiting, limit) = (integer(attribute.value(), 0), integer(attribute.value(), 4));
            return Ok(waiting.zip(limit).map(|(waiting, limit)| UnixQueue { waiting, limit }));
        }
    }
    Ok(None)
}

/// The integer at an offset, if the bytes reach so far.
fn integer(bytes: &[u8], offset: usize) -> Option<u32> {
    let four = bytes.get(offset..)?.first_chunk()?;
    Some(u32::from_ne_bytes(*four))
}

fn invalid(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

#[cfg(test)]
mod tests {
    use netlink_packet_core::NetlinkHeader;
    use netlink_packet_sock_diag::{TCP_ESTABLISHED, inet::InetResponseBuffer};
    use proptest::prelude::*;

    use super::super::written::attribute;
    use super::*;

    const SEQUENCE: u32 = 7;

    /// A message as the kernel writes it, padded.
    fn message(kind: u16, flags: u16, sequence: u32, payload: &[u8]) -> Vec<u8> {
        let mut header = NetlinkHeader::default();
        let length = header.buffer_len() + payload.len();
        header.length = u32::try_from(length).unwrap();
        header.message_type = kind;
        header.flags = flags;
        header.sequence_number = sequence;
        let mut bytes = vec![0; header.buffer_len()];
        header.emit(&mut bytes);
        bytes.extend(payload);
        bytes.resize(length.next_multiple_of(4), 0);
        bytes
    }

    fn part(payload: &[u8]) -> Vec<u8> {
        message(SOCK_DIAG_BY_FAMILY, NLM_F_MULTIPART, SEQUENCE, payload)
    }

    fn answer(state: u8, attributes: &[Vec<u8>]) -> Vec<u8> {
        let mut socket_id = SocketId::new_v4();
        (socket_id.source_port, socket_id.destination_port) = (80, 4000);
        let header = InetResponseHeader {
            family: AF_INET,
            state,
            timer: None,
            socket_id,
            recv_queue: 5,
            send_queue: 128,
            uid: 0,
            inode: 0,
        };
        let mut bytes = vec![0; size_of::<InetResponseBuffer>()];
        header.emit(&mut bytes);
        bytes.extend(attributes.concat());
        bytes
    }

    fn read(bytes: &[u8]) -> io::Result<(Progress, Vec<Vec<u8>>)> {
        let mut payloads = Vec::new();
        let progress = read_datagram(bytes, SEQUENCE, &mut |payload| {
            payloads.push(payload.to_vec());
            Ok(())
        })?;
        Ok((progress, payloads))
    }

    #[test]
    fn the_messages_of_a_datagram_are_aligned() {
        let datagram = [part(b"12345"), part(b"6"), part(b"7890")].concat();
        let payloads = vec![b"12345".to_vec(), b"6".to_vec(), b"7890".to_vec()];
        assert_eq!(read(&datagram).unwrap(), (Progress::Goes, payloads));
    }

    #[test]
    fn an_answer_ends_as_the_kernel_says() {
        let done = |code: &[u8]| message(NLMSG_DONE, NLM_F_MULTIPART, SEQUENCE, code);
        assert_eq!(read(&done(&[0; 4])).unwrap().0, Progress::Ended);
        assert_eq!(read(&done(&[])).unwrap().0, Progress::Ended);
        let refused = |code: i32| read(&done(&code.to_ne_bytes())).unwrap_err().raw_os_error();
        assert_eq!(refused(-libc::ENOENT), Some(libc::ENOENT));
        assert_eq!(refused(i32::MIN), Some(i32::MAX));
        let error = message(NLMSG_ERROR, 0, SEQUENCE, &(-libc::EPERM).to_ne_bytes());
        assert_eq!(read(&error).unwrap_err().raw_os_error(), Some(libc::EPERM));
        assert_eq!(read(&message(SOCK_DIAG_BY_FAMILY, 0, SEQUENCE, b"1")).unwrap().0, Progress::Ended);
    }

    #[test]
    fn the_answer_to_another_question_is_passed_over() {
        let stale = message(NLMSG_ERROR, 0, SEQUENCE - 1, &(-libc::EPERM).to_ne_bytes());
        let datagram = [stale, part(b"1")].concat();
        assert_eq!(read(&datagram).unwrap(), (Progress::Goes, vec![b"1".to_vec()]));
    }

    #[test]
    fn a_datagram_that_was_cut_is_refused() {
        let datagram = [part(b"1234"), part(b"5678")].concat();
        for length in (1..datagram.len()).filter(|length| length % 20 != 0) {
            assert!(read(&datagram[..length]).is_err(), "{length}");
        }
    }

    #[test]
    fn the_wait_and_the_drops_stand_where_they_stand() {
        let mut info = vec![0; 48];
        info[44..].copy_from_slice(&1500_u32.to_ne_bytes());
        let mut memory = vec![0; 36];
        memory[32..].copy_from_slice(&9_u32.to_ne_bytes());
        let attributes = [attribute(INET_DIAG_SKMEMINFO, &memory), attribute(INET_DIAG_INFO, &info)];
        let entry = parse_tcp(&answer(TCP_ESTABLISHED, &attributes)).unwrap();
        assert_eq!((entry.local.port(), entry.peer.port(), entry.received), (80, 4000, 5));
        assert_eq!(
            (entry.waited, entry.dropped, entry.limit),
            (Some(Duration::from_millis(1500)), None, None)
        );
        let entry = parse_tcp(&answer(TCP_LISTEN, &attributes)).unwrap();
        assert_eq!((entry.waited, entry.dropped, entry.limit), (None, Some(9), Some(128)));
    }

    #[test]
    fn a_shorter_attribute_of_an_older_kernel_is_not_known() {
        let attributes = [attribute(INET_DIAG_INFO, &[0; 47]), attribute(INET_DIAG_SKMEMINFO, &[0; 32])];
        assert_eq!(parse_tcp(&answer(TCP_ESTABLISHED, &attributes)).unwrap().waited, None);
        assert_eq!(parse_tcp(&answer(TCP_LISTEN, &attributes)).unwrap().dropped, None);
    }

    fn parse_all(bytes: &[u8]) {
        let _ = parse_tcp(bytes);
        let inode = integer(bytes, 4).unwrap_or_default();
        let _ = parse_unix(bytes, inode);
    }

    proptest! {
        #[test]
        fn no_datagram_makes_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let sequence = integer(&bytes, 8).unwrap_or_default();
            let _ = read_datagram(&bytes, sequence, &mut |payload| {
                parse_all(payload);
                Ok(())
            });
            parse_all(&bytes);
        }

        #[test]
        fn no_spoilt_answer_makes_it_panic(
            spoilt in prop::collection::vec((0..250_usize, any::<u8>()), 0..8),
            length in 0..250_usize,
        ) {
            let attributes = [attribute(INET_DIAG_INFO, &[1; 48]), attribute(INET_DIAG_SKMEMINFO, &[2; 36])];
            let mut datagram = part(&answer(TCP_LISTEN, &attributes));
            for (offset, byte) in spoilt {
                if let Some(place) = datagram.get_mut(offset) {
                    *place = byte;
                }
            }
            datagram.truncate(length);
            let _ = read_datagram(&datagram, SEQUENCE, &mut |payload| {
                parse_all(payload);
                Ok(())
            });
        }
    }
}
