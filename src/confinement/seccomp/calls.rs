//! The tables of system calls: what each role may do, and what nobody harmless does.

use nix::libc;
use seccompiler::{BackendError, SeccompRule};

use super::{Calls, bits, equal, null, rule};
use crate::confinement::Role;

/// What a service or its libraries have no business with: who tries is killed, and it is said for which of them.
pub(super) const FORBIDDEN: &[(&str, i64)] = &[
    // Other processes' memory and files.
    ("ptrace", libc::SYS_ptrace),
    ("process_vm_readv", libc::SYS_process_vm_readv),
    ("process_vm_writev", libc::SYS_process_vm_writev),
    ("process_madvise", libc::SYS_process_madvise),
    ("pidfd_getfd", libc::SYS_pidfd_getfd),
    ("kcmp", libc::SYS_kcmp),
    // Much of the kernel for the asking.
    ("bpf", libc::SYS_bpf),
    ("perf_event_open", libc::SYS_perf_event_open),
    ("userfaultfd", libc::SYS_userfaultfd),
    ("io_uring_setup", libc::SYS_io_uring_setup),
    ("io_uring_enter", libc::SYS_io_uring_enter),
    ("io_uring_register", libc::SYS_io_uring_register),
    ("keyctl", libc::SYS_keyctl),
    ("add_key", libc::SYS_add_key),
    ("request_key", libc::SYS_request_key),
    // Another view of the system.
    ("mount", libc::SYS_mount),
    ("umount2", libc::SYS_umount2),
    ("pivot_root", libc::SYS_pivot_root),
    ("chroot", libc::SYS_chroot),
    ("setns", libc::SYS_setns),
    ("unshare", libc::SYS_unshare),
    ("open_tree", libc::SYS_open_tree),
    ("move_mount", libc::SYS_move_mount),
    ("fsopen", libc::SYS_fsopen),
    ("fsconfig", libc::SYS_fsconfig),
    ("fsmount", libc::SYS_fsmount),
    ("fspick", libc::SYS_fspick),
    ("mount_setattr", libc::SYS_mount_setattr),
    ("open_by_handle_at", libc::SYS_open_by_handle_at),
    // The machine itself.
    ("init_module", libc::SYS_init_module),
    ("finit_module", libc::SYS_finit_module),
    ("delete_module", libc::SYS_delete_module),
    ("kexec_load", libc::SYS_kexec_load),
    #[cfg(target_arch = "x86_64")]
    ("kexec_file_load", libc::SYS_kexec_file_load),
    ("reboot", libc::SYS_reboot),
    ("swapon", libc::SYS_swapon),
    ("swapoff", libc::SYS_swapoff),
    ("acct", libc::SYS_acct),
    ("quotactl", libc::SYS_quotactl),
    ("syslog", libc::SYS_syslog),
    ("sethostname", libc::SYS_sethostname),
    ("setdomainname", libc::SYS_setdomainname),
    ("settimeofday", libc::SYS_settimeofday),
    ("clock_settime", libc::SYS_clock_settime),
    ("vhangup", libc::SYS_vhangup),
    #[cfg(target_arch = "x86_64")]
    ("ioperm", libc::SYS_ioperm),
    #[cfg(target_arch = "x86_64")]
    ("iopl", libc::SYS_iopl),
    #[cfg(target_arch = "x86_64")]
    ("modify_ldt", libc::SYS_modify_ldt),
];

/// What every role may do with any arguments.
const PLAIN: &[i64] = &[
    // Bytes, through what is open already. To close it gives nothing that was not there.
    libc::SYS_read,
    libc::SYS_readv,
    libc::SYS_pread64,
    libc::SYS_write,
    libc::SYS_writev,
    libc::SYS_lseek,
    libc::SYS_recvfrom,
    libc::SYS_shutdown,
    libc::SYS_close,
    libc::SYS_fstat,
    // Clients, at listeners that are open already.
    libc::SYS_accept4,
    libc::SYS_getsockname,
    libc::SYS_getpeername,
    libc::SYS_getsockopt,
    // Waiting.
    libc::SYS_epoll_create1,
    libc::SYS_epoll_ctl,
    libc::SYS_epoll_pwait,
    libc::SYS_ppoll,
    libc::SYS_eventfd2,
    libc::SYS_futex,
    libc::SYS_nanosleep,
    libc::SYS_clock_nanosleep,
    libc::SYS_restart_syscall,
    libc::SYS_sched_yield,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_poll,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_epoll_wait,
    // Memory; what may be executed is below.
    libc::SYS_brk,
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_madvise,
    // Threads, their ends, and signals that are handled.
    libc::SYS_set_robust_list,
    libc::SYS_set_tid_address,
    libc::SYS_rseq,
    libc::SYS_sched_getaffinity,
    libc::SYS_sigaltstack,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_exit,
    libc::SYS_exit_group,
    // What it is anyway, what time it is, and chance.
    libc::SYS_getpid,
    libc::SYS_getppid,
    libc::SYS_gettid,
    libc::SYS_getuid,
    libc::SYS_geteuid,
    libc::SYS_getgid,
    libc::SYS_getegid,
    libc::SYS_getrusage,
    libc::SYS_clock_gettime,
    libc::SYS_clock_getres,
    libc::SYS_gettimeofday,
    libc::SYS_getcpu,
    libc::SYS_getrandom,
    // It does not exist, by a filter of its own, which EPERM here would hide.
    libc::SYS_clone3,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_time,
];

/// The options of a socket that a connection may have.
const OPTIONS: &[(i32, i32)] = &[
    (libc::SOL_SOCKET, libc::SO_LINGER),
    (libc::SOL_SOCKET, libc::SO_RCVTIMEO),
    (libc::SOL_SOCKET, libc::SO_SNDTIMEO),
    (libc::SOL_SOCKET, libc::SO_KEEPALIVE),
    (libc::SOL_SOCKET, libc::SO_RCVLOWAT),
    (libc::SOL_SOCKET, libc::SO_SNDBUF),
    (libc::IPPROTO_TCP, libc::TCP_NODELAY),
    (libc::IPPROTO_TCP, libc::TCP_CORK),
    (libc::IPPROTO_TCP, libc::TCP_QUICKACK),
    (libc::IPPROTO_TCP, libc::TCP_KEEPIDLE),
    (libc::IPPROTO_TCP, libc::TCP_KEEPINTVL),
    (libc::IPPROTO_TCP, libc::TCP_KEEPCNT),
    (libc::IPPROTO_TCP, libc::TCP_USER_TIMEOUT),
    // A connection may have inherited a closed gate.
    (libc::IPPROTO_IP, libc::IP_MINTTL),
    (libc::IPPROTO_IPV6, libc::IPV6_MINHOPCOUNT),
];

/// `clone` for a thread, and nothing else: no process, no namespace, nobody who traces.
const CLONE_OF_THREAD: i32 = libc::CLONE_VM | libc::CLONE_SIGHAND | libc::CLONE_THREAD;
const CLONE_LOOKED_AT: i32 = CLONE_OF_THREAD
    | libc::CLONE_NEWCGROUP
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWNET
    | libc::CLONE_NEWNS
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWUSER
    | libc::CLONE_NEWUTS
    | libc::CLONE_PIDFD
    | libc::CLONE_PTRACE
    | libc::CLONE_UNTRACED
    | libc::CLONE_VFORK;

/// What a role may do, in the process with this pid.
pub(super) fn allowed(role: Role, pid: u32) -> Result<Calls, BackendError> {
    let pid = pid.cast_signed();
    let mut calls: Calls = PLAIN.iter().map(|call| (*call, vec![])).collect();
    // Nothing that is mapped can be executed, unless it was before.
    for call in [libc::SYS_mmap, libc::SYS_mprotect] {
        calls.insert(call, vec![rule(&[bits(2, libc::PROT_EXEC, 0)?])?]);
    }
    // To nobody but the peer that a socket has. A listener that was shut down is a socket without a peer, and a call with an
    // address and this flag would connect it, past Landlock (`tcp_sendmsg_fastopen` in net/ipv4/tcp.c); sendmsg, whose
    // address no filter can see, is not there at all.
    calls.insert(libc::SYS_sendto, vec![rule(&[bits(3, libc::MSG_FASTOPEN, 0)?, null(4)?])?]);
    // `abort`, and a panic that ends the process.
    for call in [libc::SYS_kill, libc::SYS_tgkill] {
        calls.insert(call, vec![rule(&[equal(0, pid)?])?]);
    }
    // O_NONBLOCK of a listener belongs to all who share it, so F_SETFL is not there.
    let duplicates = [libc::F_GETFD, libc::F_SETFD, libc::F_GETFL, libc::F_DUPFD_CLOEXEC];
    calls.insert(libc::SYS_fcntl, either(1, &duplicates)?);
    // The name of a thread, and whether a process ends with its master.
    calls.insert(libc::SYS_prctl, either(0, &[libc::PR_SET_NAME, libc::PR_SET_PDEATHSIG])?);
    let option = |(level, name): &(i32, i32)| rule(&[equal(1, *level)?, equal(2, *name)?]);
    calls.insert(libc::SYS_setsockopt, OPTIONS.iter().map(option).collect::<Result<_, _>>()?);
    // Whether the log goes to a terminal: with glibc the first, with musl the second.
    let mut requests = vec![request(libc::TCGETS), request(libc::TIOCGWINSZ)];
    if role == Role::Worker {
        // How much of an answer its peer has not taken: SIOCOUTQ, by its other name.
        requests.push(request(libc::TIOCOUTQ));
    }
    calls.insert(libc::SYS_ioctl, either(1, &requests)?);
    if role == Role::Worker {
        // The log's next file, from the master. And threads.
        calls.insert(libc::SYS_recvmsg, vec![]);
        calls.insert(libc::SYS_clone, vec![rule(&[bits(0, CLONE_LOOKED_AT, CLONE_OF_THREAD)?])?]);
    }
    Ok(calls)
}

/// An argument is one of these numbers.
fn either(argument: u8, values: &[i32]) -> Result<Vec<SeccompRule>, BackendError> {
    values.iter().map(|value| rule(&[equal(argument, *value)?])).collect()
}

/// A request of ioctl(2), which the kernel reads as 32 bits whatever the C library calls it.
fn request(number: libc::Ioctl) -> i32 {
    i32::try_from(number).expect("the requests above are below 2^16")
}
