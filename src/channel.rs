//! The line between the master and one worker: orders down, reports up, and its end means that the other is gone.

use std::io::{self, IoSlice, Read as _};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use nix::libc;
use nix::sys::socket::{ControlMessage, MsgFlags, sendmsg};
use socket2::{Domain, Socket, Type};

use crate::sys::{self, Moment};
use crate::wear::Wear;

/// What the master tells a worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// Accept from now on.
    Go,
    /// A sibling died, perhaps with a wake-up in hand: look again whether somebody waits.
    Poke,
    /// Close the listeners at once, finish the connections that you hold, leave. Others serve the queue.
    Retire,
    /// Nothing new arrives any more: serve the queue until it is empty, then as `Retire`.
    Drain,
    /// Close every connection now and leave.
    Stop,
    /// Say when a slot is taken, and when no slot is idle.
    Arm,
    /// Give a sign of life.
    Ask,
    /// Others wait: end so many connections of peers that have been silent longest, and long enough. What was asked for a
    /// while ago is not true any more.
    MakeRoom { count: u32, asked: Moment },
}

/// What a worker tells the master.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Report {
    /// Able to accept; waits for [`Order::Go`].
    Ready,
    /// Somebody sent TERM to this worker: it wants a replacement.
    Leaving,
    /// It no longer accepts where others do.
    Retired,
    /// Its listeners are closed; perhaps it had been woken for somebody who is still in the queue.
    Closed,
    /// The system lacks what it takes to accept here: others have to.
    Short,
    /// It has a connection. It says so once after each [`Order::Arm`].
    Busy,
    /// Its last idle slot was taken. It says so once after each [`Order::Arm`].
    Full,
    /// Its sign of life, once for each [`Order::Ask`], or for several that come together.
    Alive,
    /// It has reached a limit, and goes on until it is replaced.
    Worn(Wear),
    /// It had no room for the descriptor of the log's file, and asks for it again.
    LogMissed,
}

/// A message of the line: one datagram.
pub(crate) trait Message: Copy {
    /// Whether the log's file comes this way too. Where it does not, nothing that is sent along is let in: a process that
    /// has taken leave of its senses could fill the other's table of descriptors.
    const WITH_LOG: bool;
    /// The datagram.
    fn encode(&self) -> Vec<u8>;
    /// Reads a datagram; `None` for one that no version of this program sends.
    fn decode(datagram: &[u8]) -> Option<Self>;
}

impl Message for Order {
    const WITH_LOG: bool = true;

    fn encode(&self) -> Vec<u8> {
        let letter = match self {
            Self::Go => b'g',
            Self::Poke => b'p',
            Self::Retire => b'r',
            Self::Drain => b'd',
            Self::Stop => b's',
            Self::Arm => b'a',
            Self::Ask => b'l',
            Self::MakeRoom { count, asked } => {
                return [&b"m"[..], &count.to_le_bytes(), &asked.nanos().to_le_bytes()].concat();
            }
        };
        vec![letter]
    }

    fn decode(datagram: &[u8]) -> Option<Self> {
        match datagram {
            b"g" => Some(Self::Go),
            b"p" => Some(Self::Poke),
            b"r" => Some(Self::Retire),
            b"d" => Some(Self::Drain),
            b"s" => Some(Self::Stop),
            b"a" => Some(Self::Arm),
            b"l" => Some(Self::Ask),
            [b'm', rest @ ..] => {
                let (count, asked) = rest.split_first_chunk()?;
                let asked = Moment::at(u64::from_le_bytes(asked.try_into().ok()?));
                Some(Self::MakeRoom { count: u32::from_le_bytes(*count), asked })
            }
            _ => None,
        }
    }
}

impl Message for Report {
    const WITH_LOG: bool = false;

    fn encode(&self) -> Vec<u8> {
        vec![match self {
            Self::Ready => b'R',
            Self::Leaving => b'L',
            Self::Retired => b'T',
            Self::Closed => b'C',
            Self::Short => b'S',
            Self::Busy => b'B',
            Self::Full => b'F',
            Self::Alive => b'A',
            Self::Worn(Wear::Connections) => b'1',
            Self::Worn(Wear::Age) => b'2',
            Self::Worn(Wear::Memory) => b'3',
            Self::LogMissed => b'M',
        }]
    }

    fn decode(datagram: &[u8]) -> Option<Self> {
        match datagram {
            b"R" => Some(Self::Ready),
            b"L" => Some(Self::Leaving),
            b"T" => Some(Self::Retired),
            b"C" => Some(Self::Closed),
            b"S" => Some(Self::Short),
            b"B" => Some(Self::Busy),
            b"F" => Some(Self::Full),
            b"A" => Some(Self::Alive),
            b"1" => Some(Self::Worn(Wear::Connections)),
            b"2" => Some(Self::Worn(Wear::Age)),
            b"3" => Some(Self::Worn(Wear::Memory)),
            b"M" => Some(Self::LogMissed),
            _ => None,
        }
    }
}

/// The longest message.
const MESSAGE_BYTES_MAX: usize = 32;

/// The message that comes with the log's file.
const LOG: &[u8] = b"f";

fn no_descriptor() -> io::Error {
    io::Error::from_raw_os_error(libc::EMFILE)
}

/// What a look at the line found.
#[derive(Debug)]
pub(crate) enum Received<M> {
    /// A message.
    Message(M),
    /// Where the log goes from now on, or why it did not come: a process may have no room for a descriptor.
    Log(io::Result<OwnedFd>),
    /// Nothing yet.
    Nothing,
    /// The other end is closed: that process is gone.
    Closed,
}

/// One end of the line.
#[derive(Debug)]
pub(crate) struct Channel {
    socket: Socket,
}

impl Channel {
    /// Makes both ends.
    pub(crate) fn pair() -> io::Result<(Self, Self)> {
        let (one, other) = Socket::pair(Domain::UNIX, Type::SEQPACKET, None)?;
        one.set_nonblocking(true)?;
        other.set_nonblocking(true)?;
        Ok((Self { socket: one }, Self { socket: other }))
    }

    /// Sends a message. Never blocks: an error of kind `WouldBlock` says that the other end does not listen.
    pub(crate) fn send(&self, message: impl Message) -> io::Result<()> {
        self.socket.send_with_flags(&message.encode(), libc::MSG_NOSIGNAL).map(drop)
    }

    /// Sends where the log goes from now on: who has dropped its privileges cannot open it. Never blocks either.
    pub(crate) fn send_log(&self, file: BorrowedFd<'_>) -> io::Result<()> {
        let (file, flags) = ([file.as_raw_fd()], MsgFlags::MSG_NOSIGNAL);
        let files = [ControlMessage::ScmRights(&file)];
        sendmsg::<()>(self.socket.as_raw_fd(), &[IoSlice::new(LOG)], &files, flags, None)?;
        Ok(())
    }

    /// Takes the next message, without waiting for one.
    pub(crate) fn receive<M: Message>(&self) -> io::Result<Received<M>> {
        loop {
            let received = if M::WITH_LOG {
                sys::receive_with_files(&self.socket, MESSAGE_BYTES_MAX, 1)
            } else {
                self.receive_bytes().map(|datagram| (datagram, Vec::new()))
            };
            return match received {
                Ok((datagram, _)) if datagram.is_empty() => Ok(Received::Closed),
                Ok((datagram, mut files)) if M::WITH_LOG && datagram == LOG => {
                    Ok(Received::Log(files.pop().ok_or_else(no_descriptor)))
                }
                Ok((datagram, _)) => M::decode(&datagram)
                    .map(Received::Message)
                    .ok_or_else(|| io::Error::other(format!("unknown message {datagram:?}"))),
                // This process has no room for a descriptor, unix(7).
                Err(error) if error.raw_os_error() == Some(libc::ENOBUFS) => {
                    Ok(Received::Log(Err(no_descriptor())))
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(Received::Nothing),
                // The other end went with messages of ours unread. The kernel says so once, before it gives what the
                // other end had sent (`unix_release_sock` in net/unix/af_unix.c).
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset => continue,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => Err(error),
            };
        }
    }

    /// A message without what comes along: given no place for it, the kernel closes it (`scm_recv` in include/net/scm.h).
    fn receive_bytes(&self) -> io::Result<Vec<u8>> {
        let mut datagram = vec![0; MESSAGE_BYTES_MAX];
        let length = (&self.socket).read(&mut datagram)?;
        datagram.truncate(length);
        Ok(datagram)
    }
}

impl AsFd for Channel {
    /// Readable when a message has come or the other end is closed.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Seek as _, Write as _};

    use proptest::prelude::*;

    use super::*;

    fn next<M: Message>(channel: &Channel) -> Option<M> {
        match channel.receive().unwrap() {
            Received::Message(message) => Some(message),
            Received::Log(_) | Received::Nothing | Received::Closed => None,
        }
    }

    #[test]
    fn the_log_comes_with_its_descriptor() {
        let (master, worker) = Channel::pair().unwrap();
        let mut file = tempfile::tempfile().unwrap();
        master.send_log(file.as_fd()).unwrap();
        master.send(Order::Go).unwrap();
        let Received::Log(Ok(taken)) = worker.receive::<Order>().unwrap() else { panic!("it is the log") };
        std::fs::File::from(taken).write_all(b"there").unwrap();
        file.rewind().unwrap();
        assert_eq!(io::read_to_string(file).unwrap(), "there");
        assert_eq!(next(&worker), Some(Order::Go));
    }

    #[test]
    fn a_report_brings_no_descriptor() {
        let (worker, master) = Channel::pair().unwrap();
        let file = tempfile::NamedTempFile::new().unwrap();
        worker.send_log(file.as_file().as_fd()).unwrap();
        worker.send(Report::Ready).unwrap();
        assert!(master.receive::<Report>().is_err(), "no worker says that");
        let held = std::fs::read_dir("/proc/self/fd").unwrap().flatten();
        let held = held.filter(|entry| std::fs::read_link(entry.path()).is_ok_and(|it| it == file.path()));
        assert_eq!(held.count(), 1);
        assert_eq!(next(&master), Some(Report::Ready));
    }

    proptest! {
        #[test]
        fn no_datagram_breaks_the_reader(datagram in prop::collection::vec(any::<u8>(), 0..40)) {
            let _ = Report::decode(&datagram);
            let _ = Order::decode(&datagram);
        }
    }

    #[test]
    fn a_report_arrives_as_it_was_sent() {
        let (worker, master) = Channel::pair().unwrap();
        let worn = [Wear::Connections, Wear::Age, Wear::Memory].map(Report::Worn);
        let others = [
            Report::Ready,
            Report::Leaving,
            Report::Closed,
            Report::Short,
            Report::Busy,
            Report::Full,
            Report::Alive,
            Report::LogMissed,
        ];
        for report in others.into_iter().chain(worn) {
            worker.send(report).unwrap();
            assert_eq!(next(&master), Some(report));
            assert_eq!(next::<Report>(&master), None);
        }
    }

    #[test]
    fn an_order_arrives_as_it_was_sent() {
        let (master, worker) = Channel::pair().unwrap();
        let room = Order::MakeRoom { count: 70_000, asked: Moment::at(u64::MAX - 7) };
        let others =
            [Order::Go, Order::Poke, Order::Retire, Order::Drain, Order::Stop, Order::Arm, Order::Ask];
        for order in others.into_iter().chain([room]) {
            master.send(order).unwrap();
            assert_eq!(next(&worker), Some(order));
        }
    }

    #[test]
    fn the_end_of_the_other_side_is_seen_after_its_last_word() {
        let (worker, master) = Channel::pair().unwrap();
        worker.send(Report::Ready).unwrap();
        // It leaves without reading this.
        master.send(Order::Poke).unwrap();
        drop(worker);
        assert_eq!(next(&master), Some(Report::Ready));
        assert!(matches!(master.receive::<Report>().unwrap(), Received::Closed));
    }
}
