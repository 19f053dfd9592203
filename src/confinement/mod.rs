//! Whom workers and monitor run as, and what they are kept from. The master decides it for each generation; a child carries it
//! out, on itself, for good.

mod capabilities;
mod identity;
mod landlock;
mod seccomp;

use std::fmt;
use std::sync::atomic::AtomicU64;

use nix::sys::prctl::set_dumpable;
use nix::sys::resource::{Resource, getrlimit, setrlimit};

pub(crate) use capabilities::keep_those_of_master;
pub(crate) use seccomp::name_of_forbidden;

use crate::config::{Sandbox, Security};
use crate::error::Error;
use crate::logging::counted;
use crate::sys;
use identity::Identity;

/// What a confined process is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Worker,
    Monitor,
}

/// What is in force for the children of one generation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Confinement {
    identity: Identity,
    sandbox: Sandbox,
    kernel: Kernel,
}

/// What the kernel can do here.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Kernel {
    /// Zero is no Landlock.
    landlock_abi: i32,
    /// `Err` is what lacks.
    seccomp: Result<(), String>,
}

impl Kernel {
    fn lacking(&self) -> Vec<&str> {
        landlock::lacking(self.landlock_abi)
            .into_iter()
            .chain(self.seccomp.as_ref().err().map(String::as_str))
            .collect()
    }

    /// What a required sandbox cannot do without. What a newer Landlock would add is done where it is there.
    fn refusal(&self) -> Option<&str> {
        self.seccomp
            .as_ref()
            .err()
            .map(String::as_str)
            .or_else(|| landlock::lacking(self.landlock_abi).filter(|_| self.landlock_abi < 1))
    }
}

impl Confinement {
    /// What a configuration asks for, as far as it can be had here. An error is what stands against it.
    pub(crate) fn of(security: &Security) -> Result<Self, Error> {
        let identity = Identity::of(security)?;
        let kernel = Kernel { landlock_abi: landlock::abi(), seccomp: seccomp::support() };
        if let Some(what) = kernel.refusal().filter(|_| security.sandbox == Sandbox::Required) {
            return Err(Error::Config(format!(
                "security.sandbox = \"required\", and this system lacks {what}; \"preferred\" does without"
            )));
        }
        Ok(Self { identity, sandbox: security.sandbox, kernel })
    }

    /// Whether the limit of processes and threads of a user counts for those who run as this one.
    pub(crate) fn has_limited_tasks(&self) -> bool {
        !self.identity.is_system_root()
    }

    /// Takes the identity. It is the first thing that a child does.
    pub(crate) fn assume_identity(&self) -> Result<(), String> {
        self.identity.assume()
    }

    /// Goes into the sandbox, with all threads that are started later. A system call that breaks out of it is noted in
    /// `forbidden`, see [`sys::noted`]. Gives what is not in force though the kernel could; if the sandbox is required,
    /// that is an error.
    pub(crate) fn enter(&self, role: Role, forbidden: &'static AtomicU64) -> Result<Vec<String>, String> {
        if self.sandbox == Sandbox::Off {
            // Changing the user has taken this from those who debug.
            return set_dumpable(true)
                .map(|()| Vec::new())
                .map_err(|error| format!("cannot be dumpable: {error}"));
        }
        let mut failures = Vec::new();
        let mut note = |result: Result<(), String>| failures.extend(result.err());
        note(alone());
        note(lower_limits());
        note(set_dumpable(false).map_err(|error| format!("cannot be kept from being dumped: {error}")));
        if self.kernel.landlock_abi > 0 {
            note(landlock::enforce());
        }
        if self.kernel.seccomp.is_ok() {
            let prepared = sys::note_forbidden_calls(forbidden)
                .map_err(|error| format!("cannot handle SIGSYS: {error}"));
            note(prepared.and_then(|()| seccomp::enforce(role)));
        }
        match failures.first() {
            Some(failure) if self.sandbox == Sandbox::Required => {
                Err(format!("the sandbox is not whole: {failure}"))
            }
            _ => Ok(failures),
        }
    }

    /// Whether something that was asked for is not there.
    pub(crate) fn is_whole(&self) -> bool {
        self.identity.obstacle().is_none()
            && (self.sandbox == Sandbox::Off || self.kernel.lacking().is_empty())
    }
}

/// Threads that exist already would stand outside.
fn alone() -> Result<(), String> {
    match sys::threads() {
        Ok(1) => Ok(()),
        Ok(threads) => {
            let others = counted(threads.saturating_sub(1) as u64, "thread");
            Err(format!("`Handler::start` has left {others} running, outside of it"))
        }
        Err(error) => Err(format!("cannot count the threads of this process: {error}")),
    }
}

/// Limits that a service has no use for; and what is open at a time is not to grow.
fn lower_limits() -> Result<(), String> {
    let nothing = [
        Resource::RLIMIT_CORE,
        Resource::RLIMIT_MEMLOCK,
        Resource::RLIMIT_MSGQUEUE,
        Resource::RLIMIT_NICE,
        Resource::RLIMIT_RTPRIO,
    ];
    let zero = nothing.into_iter().try_for_each(|resource| setrlimit(resource, 0, 0));
    let files = getrlimit(Resource::RLIMIT_NOFILE)
        .and_then(|(soft, _)| setrlimit(Resource::RLIMIT_NOFILE, soft, soft));
    zero.and(files).map_err(|error| format!("cannot lower its limits: {error}"))
}

/// In one line, what is in force, and what is not though it was asked for.
impl fmt::Display for Confinement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "workers and monitor run as {}", self.identity)?;
        if let Some(obstacle) = self.identity.obstacle() {
            write!(f, " ({obstacle})")?;
        }
        f.write_str(", without capabilities, ")?;
        if self.sandbox == Sandbox::Off {
            return f.write_str("and are not confined (security.sandbox = \"off\")");
        }
        match (self.kernel.landlock_abi, &self.kernel.seccomp) {
            (1.., Ok(())) => {
                write!(f, "confined by Landlock (ABI {}) and seccomp", self.kernel.landlock_abi)?;
            }
            (1.., Err(_)) => write!(f, "confined by Landlock (ABI {})", self.kernel.landlock_abi)?,
            (_, Ok(())) => f.write_str("confined by seccomp")?,
            (_, Err(_)) => f.write_str("not confined")?,
        }
        match self.kernel.lacking().as_slice() {
            [] => Ok(()),
            lacking => write!(f, "; this system lacks {}", lacking.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn confinement(sandbox: Sandbox, landlock_abi: i32, seccomp: Result<(), &str>) -> Confinement {
        let identity =
            Identity::of(&Security { user: crate::config::User::None, ..Security::default() }).unwrap();
        Confinement {
            identity,
            sandbox,
            kernel: Kernel { landlock_abi, seccomp: seccomp.map_err(str::to_owned) },
        }
    }

    #[test]
    fn the_line_says_what_is_in_force_and_what_lacks() {
        let line = |sandbox, abi, seccomp| {
            let confinement = confinement(sandbox, abi, seccomp);
            let text = confinement.to_string();
            let (_, rest) = text.split_once(", without capabilities, ").unwrap();
            (rest.to_owned(), confinement.is_whole())
        };
        let preferred = |abi, seccomp| line(Sandbox::Preferred, abi, seccomp);
        assert_eq!(preferred(7, Ok(())), ("confined by Landlock (ABI 7) and seccomp".to_owned(), true));
        let (text, is_whole) = preferred(3, Ok(()));
        assert!(
            text.starts_with("confined by Landlock (ABI 3) and seccomp; this system lacks Landlock for TCP"),
            "{text}"
        );
        assert!(!is_whole);
        assert!(
            preferred(0, Ok(())).0.starts_with("confined by seccomp; this system lacks Landlock (Linux 5.13")
        );
        assert_eq!(
            preferred(6, Err("seccomp (no)")).0,
            "confined by Landlock (ABI 6); this system lacks seccomp (no)"
        );
        assert!(preferred(0, Err("seccomp (no)")).0.starts_with("not confined; this system lacks Landlock"));
        let off = "and are not confined (security.sandbox = \"off\")".to_owned();
        assert_eq!(line(Sandbox::Off, 0, Err("seccomp")), (off, true));
    }

    #[test]
    fn a_required_sandbox_takes_any_landlock_and_all_of_seccomp() {
        let refusal =
            |abi, seccomp| confinement(Sandbox::Required, abi, seccomp).kernel.refusal().map(str::to_owned);
        assert_eq!(refusal(1, Ok(())), None);
        assert!(refusal(0, Ok(())).unwrap().starts_with("Landlock"));
        assert_eq!(refusal(7, Err("seccomp (no)")).unwrap(), "seccomp (no)");
    }
}
