//! A place where lines go, which is written to without waiting, wherever the kernel lets us.

use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal as _};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::sync::OnceLock;
use std::time::Duration;

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{MsgFlags, send};
use nix::unistd::{Whence, lseek, write};
use socket2::SockRef;

/// Standard error.
struct Stderr {
    /// Nobody closes this one: what is opened later would take its number, and get what is meant for people.
    handle: io::Stderr,
    own: Option<OwnedFd>,
}

static STDERR: OnceLock<Stderr> = OnceLock::new();

/// Standard error, as this process has it: where it is a terminal or a pipe, opened once more, such that a write does not wait.
/// That is a property of what was opened, and what we were given belongs to the shell too. The first call decides: it comes
/// before a sandbox in which nothing is opened.
pub(super) fn stderr() -> BorrowedFd<'static> {
    let stderr = STDERR.get_or_init(|| {
        let handle = io::stderr();
        let own = open_again(handle.as_fd());
        Stderr { handle, own }
    });
    stderr.own.as_ref().map_or_else(|| stderr.handle.as_fd(), AsFd::as_fd)
}

/// `None` where that is no use, or refused: who has become another user may not open what is still open.
fn open_again(given: BorrowedFd<'_>) -> Option<OwnedFd> {
    let kind = File::from(given.try_clone_to_owned().ok()?).metadata().ok()?.file_type();
    if !kind.is_fifo() && !given.is_terminal() {
        return None;
    }
    let path = format!("/proc/self/fd/{}", given.as_raw_fd());
    let flags = libc::O_NONBLOCK | libc::O_NOCTTY;
    OpenOptions::new().write(true).custom_flags(flags).open(path).map(OwnedFd::from).ok()
}

/// What has to be known of a place before something is written to it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Nature {
    manner: Manner,
    pub(super) is_terminal: bool,
}

/// How a write is kept from waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manner {
    /// It never waits: a regular file, or one that was opened so.
    Plain,
    /// By a flag of the call. `O_NONBLOCK` would be that of whoever gave us the socket too.
    Socket,
    /// By a look before it, which is true most of the time: a terminal or a pipe that could not be opened again.
    Shared,
}

impl Nature {
    pub(super) fn of(place: BorrowedFd<'_>) -> Self {
        // In its sandbox a process may not ask what kind of file it is. What has no place to write at is a pipe, a socket or a
        // terminal, lseek(2).
        let manner = if lseek(place, 0, Whence::SeekCur).is_ok() || is_nonblocking(place) {
            Manner::Plain
        } else if SockRef::from(&place).r#type().is_ok() {
            Manner::Socket
        } else {
            Manner::Shared
        };
        Self { manner, is_terminal: place.is_terminal() }
    }

    /// Writes what fits at once; EAGAIN if that is nothing.
    pub(super) fn write(self, place: BorrowedFd<'_>, bytes: &[u8]) -> nix::Result<usize> {
        match self.manner {
            Manner::Plain => write(place, bytes),
            Manner::Socket => send(place.as_raw_fd(), bytes, MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_NOSIGNAL),
            // A pipe says so while `PIPE_BUF` bytes fit, see pipe(7).
            Manner::Shared if is_writable(place, Duration::ZERO) => {
                write(place, &bytes[..bytes.len().min(libc::PIPE_BUF)])
            }
            Manner::Shared => Err(Errno::EAGAIN),
        }
    }
}

fn is_nonblocking(place: BorrowedFd<'_>) -> bool {
    fcntl(place, FcntlArg::F_GETFL).is_ok_and(|flags| flags & OFlag::O_NONBLOCK.bits() != 0)
}

/// Whether something may be written, after a wait of this length at most.
pub(super) fn is_writable(place: BorrowedFd<'_>, patience: Duration) -> bool {
    let mut files = [PollFd::new(place, PollFlags::POLLOUT)];
    // A closed one counts as writable: the write fails at once. A signal makes nobody lose a line.
    match poll(&mut files, PollTimeout::try_from(patience).unwrap_or(PollTimeout::MAX)) {
        Ok(ready) => ready > 0,
        Err(error) => error == Errno::EINTR && !patience.is_zero(),
    }
}
