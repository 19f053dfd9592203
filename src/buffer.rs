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
#[derive(Debug)]
pub(crate) struct Spares {
    kept: Mutex<Vec<MmapMut>>,
    /// The length of each.
    bytes: usize,
}

impl Default for Spares {
    fn default() -> Self {
        Self { kept: Mutex::default(), bytes: LARGE_BYTES }
    }
}

impl Spares {
    /// The one that was used last, its memory being warm, or a new one. It is mapped, so that it is gone when it is given
    /// back: malloc would keep it.
    fn take(&self) -> io::Result<MmapMut> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner).pop();
        kept.map_or_else(|| MmapMut::map_anon(self.bytes), Ok)
    }

    #[cfg(test)]
    pub(crate) fn kept(&self) -> usize {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    fn give_back(&self, large: MmapMut) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
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
        if self.large.is_none() && behind == self.small.len() {
            // There was no memory for it before. A read into nothing would be taken for the end.
            self.grow()?;
        }
        let mut length = socket.read(&mut self.bytes()[behind..])?;
        // Without memory it goes on in small steps.
        if self.large.is_none() && behind + length == self.small.len() && self.grow().is_ok() {
            // Without waiting, by a flag of the call: the sandbox lets nobody change a socket to that.
            match recv(socket.as_raw_fd(), &mut self.bytes()[behind + length..], MsgFlags::MSG_DONTWAIT) {
                Ok(more) => length += more,
                Err(Errno::EAGAIN) => (),
                Err(error) => self.failure = Some(error.into()),
            }
        }
        Ok(length)
    }

    /// Goes on in a large part, with what has filled the small one.
    fn grow(&mut self) -> io::Result<()> {
        let mut large = self.spares.take()?;
        large[..self.small.len()].copy_from_slice(self.small);
        self.large = Some(large);
        Ok(())
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

    use proptest::prelude::*;
    use socket2::{Domain, Type};

    use super::*;

    fn pair() -> (Socket, Socket) {
        Socket::pair(Domain::UNIX, Type::STREAM, None).unwrap()
    }

    #[derive(Debug, Clone)]
    enum Step {
        /// The peer sends so much.
        Send(usize),
        /// It is read, and stays for what comes behind it if it `goes_on`.
        Read { goes_on: bool },
        /// Nothing has come for a moment.
        Shrink,
    }

    fn step() -> impl Strategy<Value = Step> {
        let length = prop_oneof![0..2 * SMALL_BYTES, 0..6 * SMALL_BYTES, SMALL_BYTES - 1..SMALL_BYTES + 2];
        prop_oneof![
            2 => length.prop_map(Step::Send),
            3 => any::<bool>().prop_map(|goes_on| Step::Read { goes_on }),
            1 => Just(Step::Shrink),
        ]
    }

    /// Takes what is read, unless it stays for what comes behind it; whether there was something to read.
    fn read(
        buffer: &mut Buffer<'_>,
        socket: &Socket,
        stays: &mut usize,
        goes_on: bool,
        come: &mut Vec<u8>,
    ) -> bool {
        let length = buffer.read(socket, *stays).unwrap_or_default();
        *stays += length;
        if !goes_on || *stays == buffer.bytes().len() {
            come.extend_from_slice(&buffer.bytes()[..std::mem::take(stays)]);
        }
        length > 0
    }

    proptest! {
        #[test]
        fn every_byte_comes_once_and_in_order(steps in prop::collection::vec(step(), 0..40)) {
            let (ours, mut theirs) = pair();
            ours.set_nonblocking(true).unwrap();
            theirs.set_nonblocking(true).unwrap();
            // Large parts that are soon full.
            let spares = Spares { bytes: 4 * SMALL_BYTES, ..Spares::default() };
            let mut small = [0; SMALL_BYTES];
            let mut buffer = Buffer::new(&mut small, &spares);
            let (mut sent, mut come, mut stays) = (Vec::new(), Vec::new(), 0);
            for step in steps {
                match step {
                    Step::Send(length) => {
                        let bytes: Vec<u8> = (0..=250).cycle().skip(sent.len() % 251).take(length).collect();
                        let taken = theirs.write(&bytes).unwrap_or_default();
                        sent.extend_from_slice(&bytes[..taken]);
                    }
                    Step::Read { goes_on } => {
                        read(&mut buffer, &ours, &mut stays, goes_on, &mut come);
                    }
                    // A header that is not whole keeps what has come of it.
                    Step::Shrink if stays == 0 => buffer.shrink(),
                    Step::Shrink => (),
                }
            }
            while read(&mut buffer, &ours, &mut stays, false, &mut come) {}
            prop_assert_eq!(come, sent);
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
    fn what_has_come_of_a_header_without_memory_for_more_is_not_taken_for_the_end() {
        let (ours, mut theirs) = pair();
        let (spares, mut small) = (Spares { bytes: 1 << 60, ..Spares::default() }, [0; SMALL_BYTES]);
        let mut buffer = Buffer::new(&mut small, &spares);
        theirs.write_all(&[b'a'; SMALL_BYTES + 1]).unwrap();
        assert_eq!(buffer.read(&ours, 0).unwrap(), SMALL_BYTES);
        assert_eq!(buffer.read(&ours, SMALL_BYTES).unwrap_err().kind(), io::ErrorKind::OutOfMemory);
        assert_eq!(buffer.read(&ours, 0).unwrap(), 1, "data goes on in small steps");
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
