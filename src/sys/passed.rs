//! Descriptors that come with a message, unix(7): whatever comes is owned before anything can fail.

use std::io;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::ptr;

use nix::libc;

/// Receives a message with the descriptors that come with it, all close-on-exec. If more came than there is room for, or than
/// this process may have open, the error is ENOBUFS, and those that did come are closed: `nix` would tell nobody of them.
pub(crate) fn receive_with_files(
    socket: &impl AsFd,
    bytes_max: usize,
    files_max: usize,
) -> io::Result<(Vec<u8>, Vec<OwnedFd>)> {
    let mut bytes = vec![0_u8; bytes_max];
    // Room for the header, and for so many descriptors. Of integers as wide as a header has to be aligned, cmsg(3).
    let mut control = vec![0_usize; 8 + (files_max * size_of::<RawFd>()).div_ceil(size_of::<usize>())];
    let mut part = libc::iovec { iov_base: bytes.as_mut_ptr().cast(), iov_len: bytes.len() };
    let mut message = libc::msghdr {
        msg_name: ptr::null_mut(),
        msg_namelen: 0,
        msg_iov: &raw mut part,
        msg_iovlen: 1,
        msg_control: control.as_mut_ptr().cast(),
        msg_controllen: size_of_val(&*control),
        msg_flags: 0,
    };
    // SAFETY: all that the message points to is valid for the lengths that it says, for the time of the call.
    let length =
        unsafe { libc::recvmsg(socket.as_fd().as_raw_fd(), &raw mut message, libc::MSG_CMSG_CLOEXEC) };
    let length = usize::try_from(length).map_err(|_| io::Error::last_os_error())?;
    let files = owned(&message);
    if message.msg_flags & libc::MSG_CTRUNC != 0 {
        return Err(io::Error::from_raw_os_error(libc::ENOBUFS));
    }
    bytes.truncate(length);
    Ok((bytes, files))
}

/// Takes the descriptors out of a message that was just received.
fn owned(message: &libc::msghdr) -> Vec<OwnedFd> {
    let mut files = Vec::new();
    // SAFETY: `msg_control` is valid for the length that the kernel has put into the message, and aligned.
    let mut header = unsafe { libc::CMSG_FIRSTHDR(message) };
    // SAFETY: what these macros find lies within that length, whole headers alone.
    while let Some(part) = unsafe { header.as_ref() } {
        if (part.cmsg_level, part.cmsg_type) == (libc::SOL_SOCKET, libc::SCM_RIGHTS) {
            // SAFETY: it is arithmetic, from the header to what is behind it.
            let numbers: *const RawFd = unsafe { libc::CMSG_DATA(header) }.cast();
            let beside = numbers.addr() - header.addr();
            let count = part.cmsg_len.saturating_sub(beside) / size_of::<RawFd>();
            for index in 0..count {
                // SAFETY: it is one of the `count` that are there, by the length of this part.
                let place = unsafe { numbers.add(index) };
                // SAFETY: as above; nothing is asked of its alignment.
                let number = unsafe { place.read_unaligned() };
                // SAFETY: the kernel has just made this descriptor for this process, and nobody else knows it.
                files.push(unsafe { OwnedFd::from_raw_fd(number) });
            }
        }
        // SAFETY: as for the first.
        header = unsafe { libc::CMSG_NXTHDR(message, header) };
    }
    files
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::IoSlice;

    use nix::sys::socket::{ControlMessage, MsgFlags, sendmsg};
    use socket2::{Domain, Socket, Type};

    use super::*;

    /// How many descriptors of this process are this file. Other tests open others meanwhile.
    fn held(file: &tempfile::NamedTempFile) -> usize {
        let all = fs::read_dir("/proc/self/fd").unwrap().flatten();
        all.filter(|entry| fs::read_link(entry.path()).is_ok_and(|path| path == file.path())).count()
    }

    #[test]
    fn what_came_is_owned_or_closed_also_where_more_came_than_there_is_room_for() {
        let (ours, theirs) = Socket::pair(Domain::UNIX, Type::SEQPACKET, None).unwrap();
        let file = tempfile::NamedTempFile::new().unwrap();
        let send = |count| {
            let numbers = vec![file.as_file().as_raw_fd(); count];
            let rights = [ControlMessage::ScmRights(&numbers)];
            let bytes = [IoSlice::new(b"hello")];
            sendmsg::<()>(theirs.as_raw_fd(), &bytes, &rights, MsgFlags::empty(), None).unwrap();
        };
        send(3);
        let (bytes, files) = receive_with_files(&ours, 16, 3).unwrap();
        assert_eq!((&bytes[..], files.len(), held(&file)), (&b"hello"[..], 3, 4));
        drop(files);
        send(200);
        let error = receive_with_files(&ours, 16, 1).unwrap_err();
        assert_eq!((error.raw_os_error(), held(&file)), (Some(libc::ENOBUFS), 1));
    }
}
