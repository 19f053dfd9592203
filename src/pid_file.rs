//! The file that holds the master's pid: who may write it, and when it goes. Its lock says whether its master lives.

use std::fmt::Display;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process;

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, FdFlag, FlockArg, fcntl};
use nix::libc;

use crate::error::Error;

/// How often the file may be gone again as soon as it is locked.
const TRIES: usize = 16;
/// The longest text that may be a pid, with room for what a shell puts around it.
const PID_BYTES_MAX: usize = 32;

/// The file, locked.
///
/// The lock is that of flock(2): it belongs to the open file, so those to whom the descriptor is passed have it too, and it
/// ends when the last of them is gone. Nobody unlocks it, since that would unlock it for all of them.
#[derive(Debug)]
pub(crate) struct PidFile {
    path: PathBuf,
    file: File,
    /// The process whose pid is in it by this value, and who removes it.
    owner: Option<u32>,
}

impl PidFile {
    /// Opens or creates the file, locks it, and writes this process' pid. One that a dead master has left is taken over.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let refused = |cause: io::Error| refusal(path, cause);
        for _ in 0..TRIES {
            let file = open(path).map_err(refused)?;
            let lock = lock(&file);
            // Whoever had it may have removed it since it was opened: what is locked then is nobody's.
            if !is_at(&file, path) {
                continue;
            }
            match lock {
                Ok(()) => (),
                Err(Errno::EWOULDBLOCK) => return Err(refusal(path, held(&file))),
                Err(error) => return Err(refused(error.into())),
            }
            if !text(&file).map_err(refused)?.is_some_and(|text| may_be_overwritten(&text)) {
                return Err(refusal(
                    path,
                    "it holds something else than a pid; remove it, or choose another path",
                ));
            }
            let mut pid_file = Self { path: path.to_owned(), file, owner: None };
            pid_file.write_own_pid()?;
            return Ok(pid_file);
        }
        Err(refusal(path, "somebody keeps removing it"))
    }

    /// Takes over the open file of a predecessor, who holds the lock. Until [`Self::write_own_pid`] the file is the predecessor's.
    pub(crate) fn adopt(file: OwnedFd, path: &Path) -> Result<Self, Error> {
        let file = File::from(file);
        // Of the same open file a lock that is there already succeeds.
        lock(&file).map_err(|error| match error {
            Errno::EWOULDBLOCK => refusal(path, held(&file)),
            error => refusal(path, io::Error::from(error)),
        })?;
        fcntl(&file, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC))
            .map_err(|error| refusal(path, io::Error::from(error)))?;
        Ok(Self { path: path.to_owned(), file, owner: None })
    }

    /// Puts this process' pid into the file, which is this process' from now on.
    pub(crate) fn write_own_pid(&mut self) -> Result<(), Error> {
        let pid = process::id();
        // In this order: for a moment the file is empty, but at no time it holds a part of two pids.
        let written =
            self.file.set_len(0).and_then(|()| self.file.write_all_at(format!("{pid}\n").as_bytes(), 0));
        written.map_err(|error| refusal(&self.path, error))?;
        self.owner = Some(pid);
        Ok(())
    }

    /// Leaves the file to a successor, who has written its own pid.
    pub(crate) fn disown(&mut self) {
        self.owner = None;
    }
}

impl AsFd for PidFile {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

impl Drop for PidFile {
    fn drop(&mut self) {
        // A child drops it too, but the file is the master's. It goes while it is locked, so that nobody has taken it over.
        if self.owner == Some(process::id()) && is_at(&self.file, &self.path) {
            // If this fails, the file stays without a lock, which says that its master is dead.
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn open(path: &Path) -> io::Result<File> {
    // Close-on-exec is what the standard library always asks for.
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    let file = options.mode(0o644).custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK).open(path)?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(io::Error::other("it is no ordinary file")) }
}

#[expect(
    deprecated,
    reason = "`Flock` unlocks when it is dropped, and a child that drops it would unlock its master's file"
)]
fn lock(file: &File) -> nix::Result<()> {
    nix::fcntl::flock(file.as_raw_fd(), FlockArg::LockExclusiveNonblock)
}

/// Whether a path leads to this open file.
fn is_at(file: &File, path: &Path) -> bool {
    let identity = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
    match (file.metadata(), fs::symlink_metadata(path)) {
        (Ok(file), Ok(there)) => identity(file) == identity(there),
        _ => false,
    }
}

/// What the file holds; `None` when it is more than a pid, or no text.
fn text(file: &File) -> io::Result<Option<String>> {
    let mut bytes = [0; PID_BYTES_MAX];
    if file.metadata()?.len() > PID_BYTES_MAX as u64 {
        return Ok(None);
    }
    let length = file.read_at(&mut bytes, 0)?;
    Ok(String::from_utf8(bytes[..length].to_vec()).ok())
}

/// Whether a file with this text is one that a master has left, not one whose path was given by mistake.
fn may_be_overwritten(text: &str) -> bool {
    text.trim().bytes().all(|byte| byte.is_ascii_digit())
}

/// Why a locked file is not to be had.
fn held(file: &File) -> String {
    let pid = text(file).ok().flatten().and_then(|text| text.trim().parse::<u32>().ok());
    let holder = pid.map_or("another process".to_owned(), |pid| format!("the master with pid {pid}"));
    format!("{holder} has it; stop that, or choose another path")
}

fn refusal(path: &Path, cause: impl Display) -> Error {
    Error::PidFile { path: path.display().to_string(), cause: cause.to_string() }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;

    use tempfile::TempDir;

    use super::*;

    fn place() -> (TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pid");
        (folder, path)
    }

    fn own_line() -> String {
        format!("{}\n", process::id())
    }

    fn refused(path: &Path) -> String {
        PidFile::open(path).unwrap_err().to_string()
    }

    #[test]
    fn it_holds_the_pid_and_goes_with_its_owner() {
        let (_folder, path) = place();
        let file = PidFile::open(&path).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), own_line());
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7133, 0, "at most rw-r--r--");
        assert_eq!(fcntl(&file, FcntlArg::F_GETFD).unwrap(), FdFlag::FD_CLOEXEC.bits());
        drop(file);
        assert!(!path.exists());
    }

    #[test]
    fn a_file_that_is_held_is_refused_with_who_holds_it() {
        let (_folder, path) = place();
        let _file = PidFile::open(&path).unwrap();
        let (message, pid) = (refused(&path), process::id());
        assert!(message.starts_with(&format!("cannot take the pid file {}: ", path.display())), "{message}");
        assert!(
            message
                .ends_with(&format!("the master with pid {pid} has it; stop that, or choose another path"))
        );
        assert_eq!(fs::read_to_string(&path).unwrap(), own_line());
        fs::write(&path, "").unwrap();
        assert!(refused(&path).contains("another process has it"));
    }

    #[test]
    fn what_a_dead_master_has_left_is_taken_over() {
        let (_folder, path) = place();
        for left in ["", "4194304999\n", "17", " 17 \n"] {
            fs::write(&path, left).unwrap();
            let file = PidFile::open(&path).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), own_line(), "{left:?}");
            drop(file);
            assert!(!path.exists());
        }
    }

    #[test]
    fn what_is_no_pid_file_stays_as_it_is() {
        let (folder, path) = place();
        for other in ["listen = []\n", "17 18\n", "\u{e9}", &"7".repeat(PID_BYTES_MAX + 1)] {
            fs::write(&path, other).unwrap();
            assert!(refused(&path).contains("something else than a pid"), "{other:?}");
            assert_eq!(fs::read_to_string(&path).unwrap(), other);
        }
        let link = folder.path().join("link");
        symlink(folder.path().join("nowhere"), &link).unwrap();
        refused(&link);
        assert!(!folder.path().join("nowhere").exists());
        refused(folder.path());
        assert!(refused(Path::new("/dev/null")).contains("no ordinary file"));
        refused(&folder.path().join("no/such/folder"));
    }

    #[test]
    fn another_file_in_its_place_is_not_removed() {
        let (folder, path) = place();
        let file = PidFile::open(&path).unwrap();
        let other = folder.path().join("other");
        fs::write(&other, "1\n").unwrap();
        fs::rename(&other, &path).unwrap();
        drop(file);
        assert_eq!(fs::read_to_string(&path).unwrap(), "1\n");
    }

    #[test]
    fn a_child_neither_removes_nor_unlocks_it() {
        let (_folder, path) = place();
        let file = PidFile::open(&path).unwrap();
        // As after a fork: the same open file, and the pid of the parent.
        let of_child = PidFile {
            path: path.clone(),
            file: file.file.try_clone().unwrap(),
            owner: Some(process::id().wrapping_add(1)),
        };
        drop(of_child);
        assert!(path.exists());
        assert!(refused(&path).contains("has it"));
    }

    #[test]
    fn a_successor_takes_it_over_with_its_lock() {
        let (_folder, path) = place();
        let mut old = PidFile::open(&path).unwrap();
        let pass = |old: &PidFile| PidFile::adopt(old.as_fd().try_clone_to_owned().unwrap(), &path).unwrap();
        drop(pass(&old));
        assert!(path.exists(), "a successor that fails leaves it");
        let mut new = pass(&old);
        fs::write(&path, "123456789\n").unwrap();
        new.write_own_pid().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), own_line());
        old.disown();
        drop(old);
        assert!(path.exists(), "the old master leaves it");
        assert!(refused(&path).contains("has it"), "the lock is the successor's too");
        drop(new);
        assert!(!path.exists());
    }

    #[test]
    fn a_file_that_another_master_holds_is_not_adopted() {
        let (_folder, path) = place();
        let _file = PidFile::open(&path).unwrap();
        let stranger = File::open(&path).unwrap();
        assert!(PidFile::adopt(stranger.into(), &path).unwrap_err().to_string().contains("has it"));
    }

    #[test]
    fn of_many_who_come_and_go_one_has_it_at_a_time() {
        let (_folder, path) = place();
        let (holders, taken) = (AtomicUsize::new(0), AtomicUsize::new(0));
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..500 {
                        match PidFile::open(&path) {
                            Ok(file) => {
                                assert_eq!(holders.fetch_add(1, Ordering::SeqCst), 0);
                                assert!(is_at(&file.file, &path));
                                taken.fetch_add(1, Ordering::SeqCst);
                                holders.fetch_sub(1, Ordering::SeqCst);
                            }
                            Err(error) => assert!(error.to_string().contains("has it"), "{error}"),
                        }
                    }
                });
            }
        });
        assert!(taken.into_inner() > 0);
        assert!(!path.exists());
    }
}
