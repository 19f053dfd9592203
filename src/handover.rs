//! The line between a master and its successor: what the one hands over, and the words by which they agree on when.
//!
//! The successor gets one descriptor by its environment, its end of the line. All else comes over the line as descriptors
//! of `SCM_RIGHTS`, unix(7), so a program that knows nothing of this inherits nothing else.

use std::io::{self, IoSlice, Read as _};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::path::PathBuf;
use std::{env, net::SocketAddr};

use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::libc;
use nix::sys::socket::{ControlMessage, MsgFlags, sendmsg};
use serde::{Deserialize, Serialize};
use socket2::{Domain, Socket, Type};

use crate::config::{Control, Place};
use crate::error::Error;
use crate::sys;
use crate::unix_socket::SocketFile;

/// The variable that names the successor's end of the line.
pub(crate) const VARIABLE: &str = "_PREFORK_ECHO_HANDOVER";
/// The most descriptors that one message takes: `SCM_MAX_FD` in include/net/scm.h.
const FILES_MAX: usize = 253;
/// The longest message: a handover of 64 addresses takes a few kilobytes.
const MESSAGE_BYTES_MAX: usize = 128 << 10;

/// What is handed over. The descriptors come in the same order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Offer {
    /// The generation that serves.
    pub(crate) generation: u64,
    /// The master that offers.
    pub(crate) pid: u32,
    pub(crate) listeners: Vec<OfferedListener>,
    pub(crate) control: Control,
    pub(crate) control_file: Option<SocketFile>,
    /// How many workers there are to be.
    pub(crate) workers: usize,
    pub(crate) monitor: Option<OfferedMonitor>,
    pub(crate) pid_file: Option<PathBuf>,
}

/// A listener of the pool: as the configuration has it, and where it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct OfferedListener {
    pub(crate) wanted: Place,
    pub(crate) place: Place,
    /// It is a service manager's.
    #[serde(default)]
    pub(crate) inherited: bool,
    /// A unix socket's file.
    pub(crate) file: Option<SocketFile>,
}

/// The same of the monitor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct OfferedMonitor {
    pub(crate) wanted: SocketAddr,
    pub(crate) address: SocketAddr,
    /// It is a service manager's.
    #[serde(default)]
    pub(crate) inherited: bool,
}

/// What a successor takes over of what was offered.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Adopted {
    /// For each listener whether it will serve there.
    pub(crate) listeners: Vec<bool>,
    pub(crate) control: bool,
    pub(crate) pid_file: bool,
}

/// What the two say to each other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Word {
    /// The first, from the master.
    Offer(Box<Offer>),
    /// The successor is able to serve, and takes over so much.
    Ready(Adopted),
    /// It may.
    Go,
    /// It does.
    Open,
    /// It cannot.
    Failed { cause: String },
}

/// What a look at the line found.
#[derive(Debug, PartialEq)]
pub(crate) enum Heard {
    Word(Word),
    Nothing,
    /// The other is gone.
    End,
}

/// One end of the line.
#[derive(Debug)]
pub(crate) struct Line {
    socket: Socket,
}

impl Line {
    /// Makes both ends.
    pub(crate) fn pair() -> io::Result<(Self, Self)> {
        let (one, other) = Socket::pair(Domain::UNIX, Type::SEQPACKET, None)?;
        one.set_nonblocking(true)?;
        other.set_nonblocking(true)?;
        Ok((Self { socket: one }, Self { socket: other }))
    }

    /// The line to the master that has started this process as its successor, if one has.
    pub(crate) fn of_environment() -> io::Result<Option<Self>> {
        let Some(text) = env::var_os(VARIABLE) else { return Ok(None) };
        let number: Option<RawFd> = text.to_str().and_then(|text| text.parse().ok());
        let wrong = || {
            io::Error::other(format!(
                "the variable {VARIABLE} is \"{}\", which is no line to a master",
                text.display()
            ))
        };
        let socket = Socket::from(sys::inherited(number.ok_or_else(wrong)?).map_err(|_| wrong())?);
        if socket.r#type().ok() != Some(Type::SEQPACKET) {
            return Err(wrong());
        }
        socket.set_nonblocking(true)?;
        Ok(Some(Self { socket }))
    }

    /// Lets a program that is started from now on inherit this end, and returns its number there.
    pub(crate) fn bequeath(&self) -> io::Result<RawFd> {
        fcntl(&self.socket, FcntlArg::F_SETFD(FdFlag::empty()))?;
        Ok(self.socket.as_raw_fd())
    }

    /// The same end in other hands.
    pub(crate) fn try_clone(&self) -> io::Result<Self> {
        Ok(Self { socket: self.socket.try_clone()? })
    }

    /// Says something. Never blocks.
    pub(crate) fn send(&self, word: &Word) -> io::Result<()> {
        self.socket.send_with_flags(&serde_json::to_vec(word)?, libc::MSG_NOSIGNAL).map(drop)
    }

    /// Tells the master that has started this process, if one has, that this one cannot serve.
    pub(crate) fn tell_failure(line: Option<&Self>, error: &Error) {
        if let Some(line) = line {
            // It sees the end of this process too.
            let _ = line.send(&Word::Failed { cause: error.to_string() });
        }
    }

    /// Says what is handed over, and hands it over.
    pub(crate) fn offer(&self, offer: Offer, files: &[BorrowedFd<'_>]) -> io::Result<()> {
        if files.len() > FILES_MAX {
            return Err(io::Error::other(format!("{} sockets are more than {FILES_MAX}", files.len())));
        }
        let numbers: Vec<RawFd> = files.iter().map(AsRawFd::as_raw_fd).collect();
        let message = serde_json::to_vec(&Word::Offer(Box::new(offer)))?;
        let rights = [ControlMessage::ScmRights(&numbers)];
        sendmsg::<()>(
            self.socket.as_raw_fd(),
            &[IoSlice::new(&message)],
            &rights,
            MsgFlags::MSG_NOSIGNAL,
            None,
        )?;
        Ok(())
    }

    /// Takes what was offered before this process began.
    pub(crate) fn take_offer(&self) -> io::Result<(Offer, Vec<OwnedFd>)> {
        let (message, files) = sys::receive_with_files(&self.socket, MESSAGE_BYTES_MAX, FILES_MAX)?;
        match serde_json::from_slice(&message)? {
            Word::Offer(offer) => {
                let rest = [offer.monitor.is_some(), offer.pid_file.is_some()];
                let wanted =
                    offer.listeners.len() + 1 + rest.into_iter().filter(|is_there| *is_there).count();
                if files.len() != wanted {
                    return Err(io::Error::other(format!("{} descriptors came, not {wanted}", files.len())));
                }
                Ok((*offer, files))
            }
            other => Err(io::Error::other(format!("it said {other:?} and offered nothing"))),
        }
    }

    /// Takes the next word, without waiting for one.
    pub(crate) fn receive(&self) -> io::Result<Heard> {
        let mut message = vec![0; MESSAGE_BYTES_MAX];
        loop {
            return match (&self.socket).read(&mut message) {
                Ok(0) => Ok(Heard::End),
                Ok(length) => Ok(Heard::Word(serde_json::from_slice(&message[..length])?)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(Heard::Nothing),
                // It went with words of ours unread. The kernel says so once, before it gives what the other had sent.
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset => continue,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => Err(error),
            };
        }
    }
}

impl AsFd for Line {
    /// Readable when something was said or the other is gone.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::{Seek as _, Write as _};

    use super::*;

    fn offer() -> Offer {
        let place = |text: &str| Place::Tcp(text.parse().unwrap());
        Offer {
            generation: 3,
            pid: 17,
            listeners: vec![OfferedListener {
                wanted: place("127.0.0.1:0"),
                place: place("127.0.0.1:4242"),
                inherited: false,
                file: None,
            }],
            control: Control::Abstract("somewhere".into()),
            control_file: None,
            workers: 2,
            monitor: None,
            pid_file: Some("/run/pid".into()),
        }
    }

    #[test]
    fn what_is_offered_arrives_with_its_descriptors() {
        let (master, successor) = Line::pair().unwrap();
        let mut files: Vec<File> = (0..3).map(|_| tempfile::tempfile().unwrap()).collect();
        files[1].write_all(b"one").unwrap();
        master.offer(offer(), &files.iter().map(AsFd::as_fd).collect::<Vec<_>>()).unwrap();
        drop(files);
        let (taken, mut descriptors) = successor.take_offer().unwrap();
        assert_eq!((taken, descriptors.len()), (offer(), 3));
        let mut file = File::from(descriptors.remove(1));
        file.rewind().unwrap();
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        assert_eq!(text, "one");
    }

    #[test]
    fn words_arrive_as_they_were_said_and_the_end_after_them() {
        let (master, successor) = Line::pair().unwrap();
        let words = [
            Word::Ready(Adopted { listeners: vec![true, false], control: true, pid_file: false }),
            Word::Open,
            Word::Failed { cause: "no".into() },
        ];
        for word in &words {
            successor.send(word).unwrap();
        }
        assert_eq!(successor.receive().unwrap(), Heard::Nothing);
        master.send(&Word::Go).unwrap();
        drop(successor);
        for word in words {
            assert_eq!(master.receive().unwrap(), Heard::Word(word));
        }
        assert_eq!(master.receive().unwrap(), Heard::End);
    }

    #[test]
    fn the_last_word_of_one_who_heard_nothing_is_heard() {
        let (master, successor) = Line::pair().unwrap();
        master.send(&Word::Go).unwrap();
        successor.send(&Word::Open).unwrap();
        drop(successor);
        assert_eq!(master.receive().unwrap(), Heard::Word(Word::Open));
        assert_eq!(master.receive().unwrap(), Heard::End);
    }

    #[test]
    fn too_few_descriptors_are_no_offer() {
        let (master, successor) = Line::pair().unwrap();
        let file = tempfile::tempfile().unwrap();
        master.offer(offer(), &[file.as_fd()]).unwrap();
        assert!(successor.take_offer().unwrap_err().to_string().contains("1 descriptors came, not 3"));
    }
}
