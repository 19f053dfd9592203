//! Where the kernel finds the command line of this process, which `ps` shows.

use std::fs;
use std::io;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU8, Ordering};

use nix::libc;
use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous};

/// As much as the kernel shows of a command line that was replaced: a page, `get_mm_proctitle` in fs/proc/base.c.
const BYTES: usize = 4096;

/// Gives this process, and those that it forks from now on, a place of its own for the command line, of which each process
/// has a copy once it writes there. What is in it is shown up to the first zero byte. Neither arguments nor environment
/// are touched.
///
/// The kernel shows text and not arguments since the last byte is not zero: `get_mm_cmdline` in fs/proc/base.c.
pub(crate) fn replace_command_line() -> io::Result<&'static [AtomicU8]> {
    let length = NonZeroUsize::new(BYTES).ok_or(io::ErrorKind::InvalidInput)?;
    let (protection, flags) = (ProtFlags::PROT_READ | ProtFlags::PROT_WRITE, MapFlags::MAP_PRIVATE);
    // SAFETY: no address is asked for, so nothing that exists is mapped over.
    let memory = unsafe { mmap_anonymous(None, length, protection, flags) }?;
    // SAFETY: the memory is fresh: `BYTES` zeroes, which are valid for atomics, never unmapped, and reached through shared
    // references alone.
    let place: &'static [AtomicU8; BYTES] = unsafe { memory.cast().as_ref() };
    place[BYTES - 1].store(1, Ordering::Relaxed);
    let begin = u64::try_from(memory.addr().get()).map_err(io::Error::other)?;
    set_command_line(begin, begin + BYTES as u64)?;
    Ok(place)
}

/// A memory map as the kernel is told of it, include/uapi/linux/prctl.h.
#[repr(C)]
struct MemoryMap {
    start_code: u64,
    end_code: u64,
    start_data: u64,
    end_data: u64,
    start_brk: u64,
    brk: u64,
    start_stack: u64,
    arg_start: u64,
    arg_end: u64,
    env_start: u64,
    env_end: u64,
    auxv: *const u64,
    auxv_size: u32,
    exe_fd: u32,
}

/// Tells the kernel, which wants to hear all of the memory map again, `PR_SET_MM_MAP` in prctl(2).
fn set_command_line(begin: u64, end: u64) -> io::Result<()> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let field = |number| field(&stat, number).ok_or_else(|| io::Error::other("/proc/self/stat is another"));
    // SAFETY: an increment of zero changes nothing.
    let brk = unsafe { libc::sbrk(0) };
    let map = MemoryMap {
        start_code: field(26)?,
        end_code: field(27)?,
        start_data: field(45)?,
        end_data: field(46)?,
        start_brk: field(47)?,
        brk: u64::try_from(brk.addr()).map_err(io::Error::other)?,
        start_stack: field(28)?,
        arg_start: begin,
        arg_end: end,
        env_start: field(50)?,
        env_end: field(51)?,
        // The vector and the program's file stay as they are.
        auxv: std::ptr::null(),
        auxv_size: 0,
        exe_fd: u32::MAX,
    };
    let size: libc::c_ulong = size_of::<MemoryMap>().try_into().map_err(io::Error::other)?;
    let unused: libc::c_ulong = 0;
    // SAFETY: the kernel reads `size` bytes of `map`, which lives for the time of the call. What it changes is what it tells
    // others of this process; the addresses are those that it has told itself, but for those of the command line, which
    // is memory that is never unmapped.
    let result = unsafe { libc::prctl(libc::PR_SET_MM, libc::PR_SET_MM_MAP, &raw const map, size, unused) };
    if result == -1 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// A field of /proc/PID/stat by its number in `proc_pid_stat(5)`. The second, a name, may hold anything.
fn field(stat: &str, number: usize) -> Option<u64> {
    let (_, after_name) = stat.rsplit_once(") ")?;
    after_name.split_whitespace().nth(number.checked_sub(3)?)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_field_is_found_behind_any_name() {
        let stat = "7 (a) (b 3) S 1 2 3";
        assert_eq!(
            (field(stat, 4), field(stat, 6), field(stat, 7), field(stat, 1)),
            (Some(1), Some(3), None, None)
        );
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_reader(text in ".{0,60}", number in 0_usize..60) {
            let _ = field(&text, number);
        }
    }
}
