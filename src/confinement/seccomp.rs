//! The seccomp filters of workers and monitor, see seccomp(2): which system calls they may make, and with what.
//!
//! A filter has one answer for what it matches and one for the rest, and of several filters the kernel takes the
//! strictest answer. So there are four:
//! 1. who changes the action of SIGSYS is killed;
//! 2. `clone3`, whose flags no filter can see, does not exist: the C library falls back to `clone`, whose flags it can;
//! 3. what nobody harmless does raises SIGSYS: the handler notes what it was and changes the action of SIGSYS;
//! 4. everything that is not allowed is refused with EPERM.
//!
//! Calls that are allowed without a look at their arguments cost next to nothing: since Linux 5.11 the kernel keeps a bitmap
//! of them (`seccomp_cache_check_allow` in kernel/seccomp.c).

mod calls;

use std::collections::BTreeMap;

use nix::libc;
use seccompiler::{
    BackendError, BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch,
};

use super::Role;
use crate::sys;

/// What a filter matches: system calls, each with any arguments or with those that one of its rules lets through.
type Calls = BTreeMap<i64, Vec<SeccompRule>>;

/// The name of a system call that nobody harmless makes.
pub(crate) fn name_of_forbidden(call: u32) -> Option<&'static str> {
    calls::FORBIDDEN.iter().find(|(_, number)| *number == i64::from(call)).map(|(name, _)| *name)
}

/// Whether the kernel and this program can do it here; if not, why. Nothing is changed.
pub(super) fn support() -> Result<(), String> {
    architecture()?;
    sys::seccomp_support()
        .map_err(|error| format!("seccomp ({error}; Linux 4.14, and a container that allows it)"))
}

/// Confines the calling thread, and those that it starts from now on.
pub(super) fn enforce(role: Role) -> Result<(), String> {
    let filters = filters(role, std::process::id(), architecture()?);
    // All are made before the first is in force: it may forbid what it takes to make another.
    let filters = filters.map_err(|error| format!("seccomp: {error}"))?;
    filters
        .iter()
        .try_for_each(|filter| seccompiler::apply_filter(filter))
        .map_err(|error| format!("seccomp: {error}"))
}

fn architecture() -> Result<TargetArch, String> {
    match std::env::consts::ARCH {
        "x86_64" => Ok(TargetArch::x86_64),
        "aarch64" => Ok(TargetArch::aarch64),
        other => Err(format!("seccomp (this program has no filter for {other})")),
    }
}

/// All filters, in the order in which they can be installed: the last forbids to install more.
fn filters(role: Role, pid: u32, architecture: TargetArch) -> Result<Vec<BpfProgram>, BackendError> {
    use SeccompAction::{Allow, Errno, KillProcess, Trap};
    let filter = |calls: Calls, matched: SeccompAction, other: SeccompAction| {
        BpfProgram::try_from(SeccompFilter::new(calls, other, matched, architecture)?)
    };
    let survive = Calls::from([(libc::SYS_rt_sigaction, vec![rule(&[equal(0, libc::SIGSYS)?])?])]);
    let clone3 = Calls::from([(libc::SYS_clone3, vec![])]);
    let forbidden: Calls = calls::FORBIDDEN.iter().map(|(_, call)| (*call, vec![])).collect();
    Ok(vec![
        filter(survive, KillProcess, Allow)?,
        filter(clone3, Errno(libc::ENOSYS.unsigned_abs()), Allow)?,
        filter(forbidden, Trap, Allow)?,
        filter(calls::allowed(role, pid)?, Allow, Errno(libc::EPERM.unsigned_abs()))?,
    ])
}

fn rule(conditions: &[SeccompCondition]) -> Result<SeccompRule, BackendError> {
    SeccompRule::new(conditions.to_vec())
}

/// An argument is this number. The kernel reads an `int` from the lower half of the register.
fn equal(argument: u8, value: i32) -> Result<SeccompCondition, BackendError> {
    let value = value.cast_unsigned().into();
    SeccompCondition::new(argument, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, value)
}

/// An argument is no address.
fn null(argument: u8) -> Result<SeccompCondition, BackendError> {
    SeccompCondition::new(argument, SeccompCmpArgLen::Qword, SeccompCmpOp::Eq, 0)
}

/// Of these bits an argument has just those.
fn bits(argument: u8, of: i32, are: i32) -> Result<SeccompCondition, BackendError> {
    let compare = SeccompCmpOp::MaskedEq(of.cast_unsigned().into());
    SeccompCondition::new(argument, SeccompCmpArgLen::Dword, compare, are.cast_unsigned().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_call_is_both_allowed_and_forbidden() {
        for role in [Role::Worker, Role::Monitor] {
            let allowed = calls::allowed(role, 7).unwrap();
            for (name, call) in calls::FORBIDDEN {
                assert!(!allowed.contains_key(call), "{name}");
            }
        }
    }

    #[test]
    fn filters_are_made_for_each_architecture() {
        for architecture in [TargetArch::x86_64, TargetArch::aarch64] {
            for role in [Role::Worker, Role::Monitor] {
                let filters = filters(role, 4_000_000, architecture).unwrap();
                assert_eq!(filters.len(), 4);
                assert!(filters.iter().all(|filter| filter.len() < 4096), "a limit of the kernel");
            }
        }
    }

    #[test]
    fn what_is_forbidden_has_a_name() {
        assert_eq!(name_of_forbidden(u32::try_from(libc::SYS_ptrace).unwrap()), Some("ptrace"));
        assert_eq!(name_of_forbidden(u32::try_from(libc::SYS_read).unwrap()), None);
    }
}
