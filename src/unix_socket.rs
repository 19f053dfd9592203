//! A listening unix socket and its file: who may take the file of whom, and when it goes.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};
use nix::sys::stat::{Mode, umask};
use serde::{Deserialize, Serialize};
use socket2::{Domain, SockAddr, Socket, Type};

/// A socket's file, which is not another one that came to have its path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SocketFile {
    path: PathBuf,
    device: u64,
    inode: u64,
    /// A later file may have the number of one that is gone.
    created: Option<SystemTime>,
}

impl SocketFile {
    /// The file that is there now.
    pub(crate) fn of(path: &Path) -> io::Result<Self> {
        let metadata = fs::symlink_metadata(path)?;
        let (device, inode, created) = (metadata.dev(), metadata.ino(), metadata.created().ok());
        Ok(Self { path: path.to_owned(), device, inode, created })
    }

    /// Removes it, unless it is gone or another one is in its place: then there is nothing to do.
    pub(crate) fn remove(&self) -> io::Result<()> {
        match Self::of(&self.path) {
            Ok(there) if there == *self => fs::remove_file(&self.path),
            Ok(_) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// Listens at a path, with these permissions if any are named. A file that a dead server left behind is replaced; one that
/// somebody listens on is not.
pub(crate) fn listen(path: &Path, mode: Option<u32>, backlog: i32) -> io::Result<Socket> {
    // Between the look and the bind another server might do the same. Where the directory cannot be opened it may.
    let _lock = path.parent().map(lock).transpose()?;
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    let address = SockAddr::unix(path)?;
    if let Ok(metadata) = fs::symlink_metadata(path) {
        if !metadata.file_type().is_socket() {
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, "the file exists and is no socket"));
        }
        let probe = Socket::new(Domain::UNIX, Type::STREAM, None)?;
        probe.set_nonblocking(true)?;
        match probe.connect(&address) {
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => fs::remove_file(path)?,
            // Connected, or a full queue: somebody listens.
            _ => return Err(io::ErrorKind::AddrInUse.into()),
        }
    }
    // The file has its permissions from its first moment. The umask is the whole process', which has one thread.
    let before = mode.map(|mode| umask(Mode::from_bits_truncate(!mode & 0o777)));
    let bound = socket.bind(&address);
    before.map(umask);
    bound?;
    socket.listen(backlog)?;
    Ok(socket)
}

/// Holds a directory against others who are about to make a socket in it.
fn lock(directory: &Path) -> io::Result<Option<Flock<File>>> {
    /// Nobody needs it for longer than it takes to bind; but everybody may hold it who can open the directory.
    const PATIENCE: Duration = Duration::from_secs(1);
    let Ok(mut file) = File::open(directory) else { return Ok(None) };
    let deadline = Instant::now() + PATIENCE;
    loop {
        match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
            Ok(lock) => return Ok(Some(lock)),
            Err((_, Errno::EWOULDBLOCK)) if Instant::now() >= deadline => {
                let held =
                    format!("somebody holds a lock on the directory {}, see `lslocks`", directory.display());
                return Err(io::Error::new(io::ErrorKind::ResourceBusy, held));
            }
            // flock(2) has no call that waits for a time: this asks again until the deadline.
            Err((back, Errno::EWOULDBLOCK)) => {
                file = back;
                std::thread::sleep(Duration::from_millis(10));
            }
            Err(_) => return Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_removed_by_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let first = listen(&path, Some(0o600), 1).unwrap();
        let file = SocketFile::of(&path).unwrap();
        assert_eq!(listen(&path, None, 1).unwrap_err().kind(), io::ErrorKind::AddrInUse);
        let other = folder.path().join("other");
        let _second = listen(&other, None, 1).unwrap();
        fs::rename(other, &path).unwrap();
        drop(first);
        file.remove().unwrap();
        assert!(path.exists(), "it is another one's now");
        SocketFile::of(&path).unwrap().remove().unwrap();
        assert!(!path.exists());
        file.remove().unwrap();
    }

    #[test]
    fn of_many_who_start_at_once_on_a_dead_ones_file_one_gets_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        for _ in 0..100 {
            drop(listen(&path, None, 8).unwrap());
            let listeners: Vec<Socket> = std::thread::scope(|scope| {
                let threads: Vec<_> = (0..3).map(|_| scope.spawn(|| listen(&path, None, 8))).collect();
                threads.into_iter().filter_map(|thread| thread.join().unwrap().ok()).collect()
            });
            assert_eq!(listeners.len(), 1);
            let probe = Socket::new(Domain::UNIX, Type::STREAM, None).unwrap();
            probe.connect(&SockAddr::unix(&path).unwrap()).unwrap();
        }
    }
}
