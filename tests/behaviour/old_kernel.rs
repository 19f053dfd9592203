//! Runs a program as on a kernel that lacks a system call, for the tests: `old_kernel landlock|seccomp PROGRAM ARGUMENT…`.

use std::env;
use std::error::Error;
use std::os::unix::process::CommandExt;
use std::process::Command;

use nix::libc;
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, apply_filter};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args_os().skip(1);
    let lacking = match arguments.next().as_deref().and_then(|name| name.to_str()) {
        Some("landlock") => libc::SYS_landlock_create_ruleset,
        Some("seccomp") => libc::SYS_seccomp,
        _ => return Err("landlock or seccomp?".into()),
    };
    let filter = SeccompFilter::new(
        [(lacking, vec![])].into(),
        SeccompAction::Allow,
        SeccompAction::Errno(libc::ENOSYS.unsigned_abs()),
        env::consts::ARCH.try_into()?,
    )?;
    apply_filter(&BpfProgram::try_from(filter)?)?;
    let program = arguments.next().ok_or("which program?")?;
    Err(Command::new(program).args(arguments).exec().into())
}
