//! The log's file: opened by the master alone, and held by all of its processes.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::Path;

use nix::libc;

use crate::error::Error;

/// Its owner writes, its group may read.
const MODE: u32 = 0o640;

/// The log's file, open.
#[derive(Debug)]
pub(crate) struct LogFile(pub(super) File);

impl LogFile {
    /// Opens it, and makes it if it is not there. A symbolic link in its place is not followed: who may write to the folder
    /// could have root write to any file. A pipe is refused: `open` would wait for its reader.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        Self::try_open(path).map(Self).map_err(|error| {
            let cause = if error.raw_os_error() == Some(libc::ELOOP) {
                "it is a symbolic link, which is not followed: name the file itself".to_owned()
            } else {
                error.to_string()
            };
            Error::Config(format!("cannot open the log's file {}: {cause} (log.file)", path.display()))
        })
    }

    fn try_open(path: &Path) -> io::Result<File> {
        let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_NOCTTY;
        let file =
            match OpenOptions::new().append(true).create(true).mode(MODE).custom_flags(flags).open(path) {
                // A pipe that nobody reads, or a socket: open(2).
                Err(error) if error.raw_os_error() == Some(libc::ENXIO) => return Err(no_file()),
                opened => opened?,
            };
        let kind = file.metadata()?.file_type();
        if kind.is_file() || kind.is_char_device() { Ok(file) } else { Err(no_file()) }
    }
}

fn no_file() -> io::Error {
    io::Error::other("it is no regular file; for a pipe let the log go to \"stderr\"")
}

impl AsFd for LogFile {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// One that came over a line from the master.
impl From<OwnedFd> for LogFile {
    fn from(file: OwnedFd) -> Self {
        Self(file.into())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    #[test]
    fn a_file_is_made_and_appended_to() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        for line in ["one\n", "two\n"] {
            LogFile::open(&path).unwrap().0.write_all(line.as_bytes()).unwrap();
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "one\ntwo\n");
        let mode = path.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o137, 0, "others have nothing to read: {mode:o}");
    }

    #[test]
    fn what_is_no_plain_file_is_refused_and_nothing_waits() {
        let folder = tempfile::tempdir().unwrap();
        let (pipe, link) = (folder.path().join("pipe"), folder.path().join("link"));
        nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
        symlink("/dev/null", &link).unwrap();
        let refusal = |path: &Path| LogFile::open(path).unwrap_err().to_string();
        assert!(refusal(&pipe).contains("no regular file"));
        assert!(refusal(&link).contains("symbolic link"));
        assert!(refusal(folder.path()).contains("Is a directory"));
        // With somebody who reads it the pipe opens, and is none the less no file.
        let reader = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(&pipe).unwrap();
        assert!(refusal(&pipe).contains("no regular file"));
        drop(reader);
    }
}
