//! Runs a program as on a kernel that lacks a system call, or under a service manager that forbids one, for the tests:
//! `old_kernel landlock|seccomp|setresuid|setresgid PROGRAM ARGUMENT…`.

use std::env;
use std::error::Error;
use std::os::unix::process::CommandExt;
use std::process::Command;

use nix::libc;
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, apply_filter};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args_os().skip(1);
    let (lacking, answer) = match arguments.next().as_deref().and_then(|name| name.to_str()) {
        Some("landlock") => (libc::SYS_landlock_create_ruleset, libc::ENOSYS),
        Some("seccomp") => (libc::SYS_seccomp, libc::ENOSYS),
        // `SystemCallFilter=~@privileged` and `SystemCallErrorNumber=EPERM`.
        Some("setresuid") => (libc::SYS_setresuid, libc::EPERM),
        Some("setresgid") => (libc::SYS_setresgid, libc::EPERM),
        _ => return Err("landlock, seccomp, setresuid or setresgid?".into()),
    };
    let filter = SeccompFilter::new(
        [(lacking, vec![])].into(),
        SeccompAction::Allow,
        SeccompAction::Errno(answer.unsigned_abs()),
        env::consts::ARCH.try_into()?,
    )?;
    apply_filter(&BpfProgram::try_from(filter)?)?;
    let program = arguments.next().ok_or("which program?")?;
    Err(Command::new(program).args(arguments).exec().into())
}
