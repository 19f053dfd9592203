//! Why a worker died, in words for the log.

use std::fmt;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use nix::libc;
use nix::sys::signal::Signal;

use crate::confinement;
use crate::sys;

/// The cause of a worker's death.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Death {
    /// It ended by itself.
    Exited { code: i32 },
    /// A signal ended it.
    Signaled { signal: i32, core_dumped: bool },
    /// The kernel killed it for want of memory.
    OutOfMemory,
    /// Its sandbox killed it for a system call.
    Forbidden { call: u32 },
}

impl Death {
    /// Reads the status that the kernel gave. It does not tell an out-of-memory kill from another SIGKILL: the cgroup
    /// does. Nor does it tell for what a sandbox killed: that is in the word in which it was `noted`.
    pub(crate) fn of(status: ExitStatus, out_of_memory: bool, noted: u64) -> Self {
        // Who is in the sandbox can write the word too, but not die of SIGSYS for nothing.
        let call = noted.checked_sub(sys::noted(0)).and_then(|call| u32::try_from(call).ok());
        match (status.code(), status.signal()) {
            (Some(code), _) => Self::Exited { code },
            (None, Some(9)) if out_of_memory => Self::OutOfMemory,
            (None, signal) => match call.filter(|_| signal == Some(libc::SIGSYS)) {
                Some(call) => Self::Forbidden { call },
                None => {
                    Self::Signaled { signal: signal.unwrap_or_default(), core_dumped: status.core_dumped() }
                }
            },
        }
    }
}

/// The kinds of death that are counted apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    Exit,
    Signal,
    OutOfMemory,
}

impl Cause {
    /// All of them, in the order of their numbers.
    pub(crate) const ALL: [Self; 3] = [Self::Exit, Self::Signal, Self::OutOfMemory];

    /// The word for it in the metrics.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Exit => "exit",
            Self::Signal => "signal",
            Self::OutOfMemory => "out-of-memory",
        }
    }
}

impl Death {
    /// Its kind.
    pub(crate) fn cause(self) -> Cause {
        match self {
            Self::Exited { .. } => Cause::Exit,
            Self::Signaled { .. } | Self::Forbidden { .. } => Cause::Signal,
            Self::OutOfMemory => Cause::OutOfMemory,
        }
    }
}

impl fmt::Display for Death {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited { code } => write!(f, "exited with code {code}"),
            Self::OutOfMemory => f.write_str("was killed by the kernel: out of memory"),
            Self::Forbidden { call } => {
                f.write_str("was killed by its sandbox for the forbidden system call ")?;
                match confinement::name_of_forbidden(*call) {
                    Some(name) => f.write_str(name),
                    None => write!(f, "{call}"),
                }
            }
            Self::Signaled { signal, core_dumped } => {
                match Signal::try_from(*signal) {
                    Ok(signal) => write!(f, "was killed by {signal}")?,
                    Err(_) => write!(f, "was killed by signal {signal}")?,
                }
                if *signal == libc::SIGSYS {
                    f.write_str(", most likely by its sandbox for a system call that is not known")?;
                }
                if *core_dumped { f.write_str(" (core dumped)") } else { Ok(()) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(raw: i32, out_of_memory: bool) -> String {
        Death::of(ExitStatus::from_raw(raw), out_of_memory, 0).to_string()
    }

    #[test]
    fn a_sandbox_says_for_what_it_has_killed() {
        let words = |raw, noted| Death::of(ExitStatus::from_raw(raw), false, noted).to_string();
        let ptrace = sys::noted(u32::try_from(libc::SYS_ptrace).unwrap());
        let text = "was killed by its sandbox for the forbidden system call ptrace";
        assert_eq!(words(libc::SIGSYS, ptrace), text);
        assert!(words(libc::SIGSYS, sys::noted(9999)).ends_with(" the forbidden system call 9999"));
        let unknown = "was killed by SIGSYS, most likely by its sandbox for a system call that is not known";
        assert_eq!(words(libc::SIGSYS, 0), unknown);
        assert_eq!(words(libc::SIGSYS, u64::MAX), unknown);
        assert_eq!(
            words(libc::SIGABRT, ptrace),
            "was killed by SIGABRT",
            "it was no such call that ended it"
        );
    }

    #[test]
    fn each_cause_has_its_words() {
        assert_eq!(words(3 << 8, false), "exited with code 3");
        assert_eq!(words(9, false), "was killed by SIGKILL");
        assert_eq!(words(9, true), "was killed by the kernel: out of memory");
        assert_eq!(words(0x80 | 0x0b, false), "was killed by SIGSEGV (core dumped)");
        assert_eq!(words(40, false), "was killed by signal 40");
    }
}
