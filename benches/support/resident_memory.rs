//! What memory processes have.

use std::fs;
use std::io;

use nix::errno::Errno;
use nix::unistd::Pid;

/// Resident memory in bytes, what is shared counted by parts: the proportional set size. What the kernel keeps is not in it.
///
/// Fails if a process does not let us look: a sandboxed one lets only root.
pub(crate) fn resident_memory(pids: &[Pid]) -> io::Result<u64> {
    pids.iter().copied().map(of).sum()
}

fn of(pid: Pid) -> io::Result<u64> {
    let path = format!("/proc/{pid}/smaps_rollup");
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if has_ended(&error) => return Ok(0),
        Err(error) => return Err(io::Error::new(error.kind(), format!("{path}: {error}"))),
    };
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    let bytes = kilobytes.map(|kilobytes| kilobytes * 1024);
    bytes.ok_or_else(|| io::Error::other(format!("{path} says nothing of Pss")))
}

/// Whether that is what one reads of a process that has ended, waited for or not.
fn has_ended(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound || error.raw_os_error() == Some(Errno::ESRCH as i32)
}
