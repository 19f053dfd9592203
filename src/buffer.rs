//! The memory that a connection's bytes pass through: little while its peer is quiet, much while data flows.
//!
//! A thread that waits for its peer holds the small part alone, which is its own. What has filled it is moved to a large part,
//! with what has come behind it, and the large part is given back when nothing has come for a moment. So large parts are as
//! many as there are connections whose data flows, however many are open.

use std::io::{self, Read};
use std::os::fd::AsRawFd;
use std::sync::{Mutex, PoisonError};

use memmap2::MmapMut;
use nix::errno::Errno;
use nix::sys::socket::{MsgFlags, recv};
use socket2::Socket;

/// What a connection reads into while its peer is quiet: what one packet of an Ethernet brings.
pub(crate) const SMALL_BYTES: usize = 1536;
/// What one read takes at most. Chosen by measurement, see PERFORMANCE.md.
pub(crate) const LARGE_BYTES: usize = 64 * 1024;
/// Large parts that are kept for the next who needs one. Those beyond go back to the system.
const KEPT: usize = 4;

/// The large parts that nobody uses, for all connections of a worker.
#[derive(Debug, Default)]
pub(crate) struct Spares(Mutex<Vec<MmapMut>>);

impl Spares {
    /// The one that was used last, its memory being warm, or a new one. It is mapped, so that it is gone when it is given
    /// back: malloc would keep it.
    fn take(&self) -> io::Result<MmapMut> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        kept.map_or_else(|| MmapMut::map_anon(LARGE_BYTES), Ok)
    }

    #[cfg(test)]
    pub(crate) fn kept(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    fn give_back(&self, large: MmapMut) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < KEPT {
            kept.push(large);
        }
    }
}

/// The buffer of one connection.
pub(crate) struct Buffer<'a> {
    small: &'a mut [u8],
    /// What is used instead while data flows.
    large: Option<MmapMut>,
    spares: &'a Spares,
    /// What went wrong behind bytes that were read: it is told when those are through.
    failure: Option<io::Error>,
}

impl<'a> Buffer<'a> {
    pub(crate) fn new(small: &'a mut [u8], spares: &'a Spares) -> Self {
        Self { small, large: None, spares, failure: None }
    }

    /// What was read.
    pub(crate) fn bytes(&mut self) -> &mut [u8] {
        self.large.as_deref_mut().unwrap_or(self.small)
    }

    /// Whether data flows.
    pub(crate) fn is_large(&self) -> bool {
        self.large.is_some()
    }

    /// Reads behind so many bytes, and waits for it as long as the socket does. If it is much, all that is there is read.
    pub(crate) fn read(&mut self, mut socket: &Socket, behind: usize) -> io::Result<usize> {
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        let mut length = socket.read(&mut self.bytes()[behind..])?;
        if self.large.is_none() && behind + length == self.small.len() {
            // Without memory it goes on in small steps.
            let Ok(large) = self.spares.take() else { return Ok(length) };
            let large = self.large.insert(large);
            large[..self.small.len()].copy_from_slice(self.small);
            // Without waiting, by a flag of the call: the sandbox lets nobody change a socket to that.
            match recv(socket.as_raw_fd(), &mut large[self.small.len()..], MsgFlags::MSG_DONTWAIT) {
                Ok(more) => length += more,
                Err(Errno::EAGAIN) => (),
                Err(error) => self.failure = Some(error.into()),
            }
        }
        Ok(length)
    }

    /// Gives back what only data that flows needs.
    pub(crate) fn shrink(&mut self) {
        if let Some(large) = self.large.take() {
            self.spares.give_back(large);
        }
    }
}

impl Drop for Buffer<'_> {
    fn drop(&mut self) {
        self.shrink();
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::Shutdown;

    use proptest::prelude::*;
    use socket2::{Domain, Type};

    use super::*;

    fn pair() -> (Socket, Socket) {
        Socket::pair(Domain::UNIX, Type::STREAM, None).unwrap()
    }

    /// What a thread reads until the end, and how many parts it was.
    fn read_all(socket: &Socket, buffer: &mut Buffer<'_>) -> Vec<Vec<u8>> {
        let mut parts = Vec::new();
        loop {
            match buffer.read(socket, 0).unwrap() {
                0 => return parts,
                length => parts.push(buffer.bytes()[..length].to_vec()),
            }
        }
    }

    proptest! {
        #[test]
        fn every_byte_comes_once_and_in_order(messages in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..4000), 0..8)) {
            let (ours, mut theirs) = pair();
            for message in &messages {
                theirs.write_all(message).unwrap();
            }
            theirs.shutdown(Shutdown::Write).unwrap();
            let (spares, mut small) = (Spares::default(), [0; SMALL_BYTES]);
            let parts = read_all(&ours, &mut Buffer::new(&mut small, &spares));
            prop_assert_eq!(parts.concat(), messages.concat());
        }
    }

    #[test]
    fn a_message_that_is_there_is_read_at_once_whatever_its_length() {
        let (ours, mut theirs) = pair();
        let (spares, mut small) = (Spares::default(), [0; SMALL_BYTES]);
        let mut buffer = Buffer::new(&mut small, &spares);
        for length in [1, SMALL_BYTES - 1, SMALL_BYTES, SMALL_BYTES + 1, 16 * 1024] {
            let message: Vec<u8> = (0_u8..=255).cycle().take(length).collect();
            theirs.write_all(&message).unwrap();
            assert_eq!(buffer.read(&ours, 0).unwrap(), length);
            assert_eq!(buffer.bytes()[..length], message);
            assert_eq!(buffer.is_large(), length >= SMALL_BYTES);
            buffer.shrink();
        }
        assert_eq!(spares.kept(), 1, "it was the same each time");
    }

    #[test]
    fn what_has_come_of_a_header_stays_before_what_comes_behind_it() {
        let (ours, mut theirs) = pair();
        let (spares, mut small) = (Spares::default(), [0; SMALL_BYTES]);
        let mut buffer = Buffer::new(&mut small, &spares);
        let mut come = 0;
        for piece in [[b'a'; 1000], [b'b'; 1000], [b'c'; 1000]] {
            theirs.write_all(&piece).unwrap();
            come += buffer.read(&ours, come).unwrap();
        }
        let expected = [[b'a'; 1000], [b'b'; 1000], [b'c'; 1000]].concat();
        assert_eq!(&buffer.bytes()[..come], expected);
    }

    #[test]
    fn a_reset_behind_bytes_is_told_after_them() {
        let (ours, mut theirs) = tcp_pair();
        theirs.write_all(&[b'x'; SMALL_BYTES]).unwrap();
        theirs.set_linger(Some(std::time::Duration::ZERO)).unwrap();
        drop(theirs);
        let (spares, mut small) = (Spares::default(), [0; SMALL_BYTES]);
        let mut buffer = Buffer::new(&mut small, &spares);
        assert_eq!(buffer.read(&ours, 0).unwrap(), SMALL_BYTES);
        assert_eq!(buffer.read(&ours, 0).unwrap_err().kind(), io::ErrorKind::ConnectionReset);
    }

    #[test]
    fn no_more_is_kept_than_the_next_few_need() {
        let spares = Spares::default();
        let taken: Vec<_> = (0..3 * KEPT).map(|_| spares.take().unwrap()).collect();
        for large in taken {
            spares.give_back(large);
        }
        assert_eq!(spares.kept(), KEPT);
    }

    fn tcp_pair() -> (Socket, Socket) {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let theirs = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        (listener.accept().unwrap().0.into(), theirs.into())
    }
}
