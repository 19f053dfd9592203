//! The last moment of a process that breaks out of its sandbox: it says for which system call it dies.

use std::io;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use nix::libc;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, raise, sigaction};

/// Where it is said. A word of memory that outlives the process.
static WORD: OnceLock<&'static AtomicU64> = OnceLock::new();

/// What is in a word in which a system call is noted: zero stands for none.
pub(crate) fn noted(call: u32) -> u64 {
    1 + u64::from(call)
}

/// From now on, when seccomp sends SIGSYS, the number of the system call is put into a word, as [`noted`], and the
/// process dies.
pub(crate) fn note_forbidden_calls(word: &'static AtomicU64) -> io::Result<()> {
    // Of several calls in one process the first counts: there is one sandbox.
    let _ = WORD.set(word);
    // The stack may be the one that has overflowed.
    let flags = SaFlags::SA_ONSTACK | SaFlags::SA_SIGINFO;
    let action = SigAction::new(SigHandler::SigAction(die), flags, SigSet::empty());
    // SAFETY: the handler calls nothing that signal-safety(7) does not allow, and touches nothing that the code which it
    // interrupts could hold: an atomic that is set before it is installed, and another that nobody else writes.
    unsafe { sigaction(Signal::SIGSYS, &action) }?;
    Ok(())
}

/// What the kernel tells with SIGSYS: `_sigsys` in include/uapi/asm-generic/siginfo.h, which the crate `libc` does not show.
#[repr(C)]
struct ForbiddenCall {
    signal: libc::c_int,
    errno: libc::c_int,
    code: libc::c_int,
    address: *const libc::c_void,
    call: libc::c_int,
    architecture: libc::c_uint,
}

const _: () = assert!(size_of::<ForbiddenCall>() <= size_of::<libc::siginfo_t>());
const _: () = assert!(align_of::<ForbiddenCall>() <= align_of::<libc::siginfo_t>());

/// `si_code` of a signal that seccomp sent, and no process: `SYS_SECCOMP`.
const OF_SECCOMP: libc::c_int = 1;

extern "C" fn die(_signal: libc::c_int, info: *mut libc::siginfo_t, _context: *mut libc::c_void) {
    // SAFETY: the kernel gives a handler with SA_SIGINFO a whole `siginfo_t`, for the time of the call, and it is as large
    // and as aligned as what it is read as, which is made of integers and a pointer that is not followed.
    let info = unsafe { &*info.cast::<ForbiddenCall>() };
    if let (Some(word), true, Ok(call)) = (WORD.get(), info.code == OF_SECCOMP, u32::try_from(info.call)) {
        word.store(noted(call), Ordering::Relaxed);
    }
    let default = SigAction::new(SigHandler::SigDfl, SaFlags::empty(), SigSet::empty());
    // In a whole sandbox this call is the end: see `confinement::seccomp`.
    // SAFETY: it sets no handler.
    let _ = unsafe { sigaction(Signal::SIGSYS, &default) };
    let _ = raise(Signal::SIGSYS);
}
