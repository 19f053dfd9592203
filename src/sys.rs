//! The system calls that no crate wraps: the only room with `unsafe`.

pub(crate) mod command_line;
mod passed;
mod trap;

use std::fs;
use std::io;
use std::mem::MaybeUninit;
use std::num::NonZeroUsize;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::libc;
use nix::poll::PollTimeout;
use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous};
use nix::time::{ClockId, clock_gettime};
use nix::unistd::{ForkResult, Pid};
use zerocopy::FromZeros;

pub(crate) use passed::receive_with_files;
pub(crate) use trap::{note_forbidden_calls, noted};

/// Which side of a fork this process is on.
pub(crate) enum Fork {
    /// The process that called `fork`, with the pid of its new child.
    Parent(Pid),
    /// The new process.
    Child,
}

/// Forks. Refuses, with an error, when this process has more than one thread.
///
/// A child of a threaded process inherits the locks that the other threads held (malloc's, stderr's) with nobody
/// left to release them, see fork(2). A process of one thread has no such locks.
pub(crate) fn fork() -> io::Result<Fork> {
    let threads = threads()?;
    if threads != 1 {
        return Err(io::Error::other(format!("this process has {threads} threads, and only one may fork")));
    }
    // SAFETY: the count above is of this process' threads, and only a thread of this process could add to it: the
    // caller is the only one. So the child may run any code, not only what is async-signal-safe.
    match unsafe { nix::unistd::fork() }? {
        ForkResult::Parent { child } => Ok(Fork::Parent(child)),
        ForkResult::Child => Ok(Fork::Child),
    }
}

/// How many threads this process has.
pub(crate) fn threads() -> io::Result<usize> {
    Ok(fs::read_dir("/proc/self/task")?.count())
}

/// Whether the kernel takes seccomp filters from this process, and can kill one that breaks out. Nothing is changed.
pub(crate) fn seccomp_support() -> io::Result<()> {
    let kill: u32 = libc::SECCOMP_RET_KILL_PROCESS;
    // SAFETY: it reads an integer that lives for the time of the call, seccomp(2).
    let result =
        unsafe { libc::syscall(libc::SYS_seccomp, libc::SECCOMP_GET_ACTION_AVAIL, 0, &raw const kill) };
    if result == -1 {
        return Err(io::Error::last_os_error());
    }
    let nowhere = std::ptr::null::<libc::c_void>();
    // SAFETY: a filter at no address is refused, with EFAULT where one at a good address would be read.
    unsafe { libc::syscall(libc::SYS_seccomp, libc::SECCOMP_SET_MODE_FILTER, 0, nowhere) };
    match io::Error::last_os_error() {
        error if error.raw_os_error() == Some(libc::EFAULT) => Ok(()),
        error => Err(error),
    }
}

/// What happened to a child.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It died, and is reaped.
    Died(ExitStatus),
    /// A signal stopped it.
    Stopped,
    /// A signal made it go on.
    Continued,
}

/// Reaps a dead child, or notes one that was stopped or goes on, whoever it is; `None` when there is none.
///
/// Unlike `nix::sys::wait` it loses no child that died of a real-time signal, for which `nix` has no name.
pub(crate) fn reap() -> io::Result<Option<(Pid, Fate)>> {
    let mut raw: libc::c_int = 0;
    // SAFETY: `raw` is a valid place for an int, for the time of the call.
    let pid = unsafe { libc::waitpid(-1, &raw mut raw, libc::WNOHANG | libc::WUNTRACED | libc::WCONTINUED) };
    let status = ExitStatus::from_raw(raw);
    match pid {
        0 => Ok(None),
        -1 => match io::Error::last_os_error() {
            error if error.raw_os_error() == Some(libc::ECHILD) => Ok(None),
            error => Err(error),
        },
        pid if status.stopped_signal().is_some() => Ok(Some((Pid::from_raw(pid), Fate::Stopped))),
        pid if status.continued() => Ok(Some((Pid::from_raw(pid), Fate::Continued))),
        pid => Ok(Some((Pid::from_raw(pid), Fate::Died(status)))),
    }
}

/// A descriptor that this process was started with. It is close-on-exec from now on.
pub(crate) fn inherited(number: RawFd) -> io::Result<OwnedFd> {
    if number <= libc::STDERR_FILENO {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    fs::symlink_metadata(format!("/proc/self/fd/{number}"))?;
    // SAFETY: it is open, as the line above has shown, and nobody owns it: this is called at the start, when this process has
    // opened nothing that could have a number that its environment names, and once for each number: for that of a line to
    // another master, or, where there is none, for those of a service manager.
    let file = unsafe { OwnedFd::from_raw_fd(number) };
    fcntl(&file, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC))?;
    Ok(file)
}

/// Who sent a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sender {
    Kernel,
    /// A process, by kill(2) or one of its kin.
    Process,
    /// A process that is not seen from here: in a container, one outside of it.
    Outsider,
}

/// Who sent a signal, by sigaction(2). Who is in no PID namespace of ours has the number 0, `pid_namespaces(7)`.
pub(crate) fn sender(info: &libc::siginfo_t) -> Sender {
    if !matches!(info.si_code, libc::SI_USER | libc::SI_QUEUE | libc::SI_TKILL) {
        return Sender::Kernel;
    }
    // SAFETY: the field is there for signals that a process has sent, which was just seen.
    match unsafe { info.si_pid() } {
        0 => Sender::Outsider,
        _ => Sender::Process,
    }
}

/// Zeroed memory that this process shares with those that it forks from now on. It lives as long as they do.
///
/// Only the pages that somebody touches take memory. What is in it is changed by all of them at any time, so `T` is made
/// of atomics: `Sync` is what says so.
pub(crate) fn shared<T: FromZeros + Sync>() -> io::Result<&'static T> {
    const { assert!(align_of::<T>() <= 4096, "a mapping begins at a page") };
    let length = NonZeroUsize::new(size_of::<T>()).ok_or(io::ErrorKind::InvalidInput)?;
    let (protection, flags) =
        (ProtFlags::PROT_READ | ProtFlags::PROT_WRITE, MapFlags::MAP_SHARED | MapFlags::MAP_NORESERVE);
    // SAFETY: no address is asked for, so nothing that exists is mapped over.
    let memory = unsafe { mmap_anonymous(None, length, protection, flags) }?;
    // SAFETY: the memory is fresh: aligned, as long as a `T`, zeroed, which `FromZeros` says is a valid `T`, never
    // unmapped, and reached through shared references alone.
    Ok(unsafe { memory.cast::<T>().as_ref() })
}

/// A time that processes of one machine can compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment {
    nanos: u64,
}

impl Moment {
    /// Now, by the monotonic clock, `clock_gettime(2)`.
    pub(crate) fn now() -> Self {
        let time = clock_gettime(ClockId::CLOCK_MONOTONIC).map_or(Duration::ZERO, Duration::from);
        Self { nanos: u64::try_from(time.as_nanos()).unwrap_or(u64::MAX) }
    }

    /// The time that was so many nanoseconds after the clock's start.
    pub(crate) fn at(nanos: u64) -> Self {
        Self { nanos }
    }

    /// Nanoseconds since the clock's start.
    pub(crate) fn nanos(self) -> u64 {
        self.nanos
    }

    /// How much later this is, or zero.
    pub(crate) fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.nanos.saturating_sub(earlier.nanos))
    }
}

/// What the clock on the wall shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WallTime {
    pub(crate) year: i32,
    pub(crate) month: i32,
    pub(crate) day: i32,
    pub(crate) hour: i32,
    pub(crate) minute: i32,
    pub(crate) second: i32,
}

impl WallTime {
    /// What it shows so many seconds after the beginning of 1970, in the time zone of this process, `localtime_r(3)`;
    /// `None` when the year is out of reach.
    pub(crate) fn at(seconds: u64) -> Option<Self> {
        let seconds = seconds.try_into().ok()?;
        let mut time = MaybeUninit::<libc::tm>::zeroed();
        // SAFETY: both are valid places for the time of the call. It reads the environment, which nothing in this program
        // changes: that would be `unsafe`, and this room alone has any.
        let result = unsafe { libc::localtime_r(&raw const seconds, time.as_mut_ptr()) };
        if result.is_null() {
            return None;
        }
        // SAFETY: a `tm` is made of integers and a pointer, for which the zeroes that it began with are valid values too.
        let time = unsafe { time.assume_init() };
        Some(Self {
            year: 1900 + time.tm_year,
            month: 1 + time.tm_mon,
            day: time.tm_mday,
            hour: time.tm_hour,
            minute: time.tm_min,
            second: time.tm_sec,
        })
    }

    /// Year, month and day.
    pub(crate) fn date(self) -> (i32, i32, i32) {
        (self.year, self.month, self.day)
    }
}

/// What `TCP_INFO` tells of a listening socket's accept queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct QueueInfo {
    /// Connections that wait to be accepted.
    pub(crate) waiting: u32,
    /// The backlog in force, after the clamp by `net.core.somaxconn`. One connection more than this fits.
    pub(crate) limit: u32,
}

/// Reads the accept queue of a listening TCP socket.
///
/// On a listener the kernel puts `sk_ack_backlog` into `tcpi_unacked` and `sk_max_ack_backlog` into `tcpi_sacked`
/// (`tcp_get_info` in net/ipv4/tcp.c).
pub(crate) fn queue_info(listener: &impl AsFd) -> io::Result<QueueInfo> {
    let info = tcp_info(listener)?;
    Ok(QueueInfo { waiting: info.tcpi_unacked, limit: info.tcpi_sacked })
}

/// Reads how long a just accepted TCP connection stood in the accept queue.
///
/// The kernel stamps `lsndtime` when the handshake ends (`tcp_create_openreq_child`), and `tcpi_last_data_sent` counts
/// from it. So this is right until the first send, and moves in jiffies (4 ms at HZ 250).
pub(crate) fn queue_wait(accepted: &impl AsFd) -> io::Result<Duration> {
    Ok(Duration::from_millis(tcp_info(accepted)?.tcpi_last_data_sent.into()))
}

/// How much of what was written to a socket its peer has not taken.
///
/// Of TCP these are bytes that the peer's kernel has not acknowledged, and an end that was sent is one more, tcp(7). Of a unix
/// socket it is the memory of the messages that are not read to their ends, each of 48 KiB at most (`unix_stream_sendmsg`).
pub(crate) fn unsent(socket: &impl AsFd) -> io::Result<u64> {
    let mut unsent: libc::c_int = 0;
    // SAFETY: TIOCOUTQ, which is SIOCOUTQ, writes an int, which lives for the time of the call.
    let result = unsafe { libc::ioctl(socket.as_fd().as_raw_fd(), libc::TIOCOUTQ, &raw mut unsent) };
    if result == -1 {
        return Err(io::Error::last_os_error());
    }
    Ok(u64::try_from(unsent).unwrap_or(0))
}

fn tcp_info(socket: &impl AsFd) -> io::Result<libc::tcp_info> {
    let mut info = MaybeUninit::<libc::tcp_info>::zeroed();
    let mut length = length_of::<libc::tcp_info>();
    // SAFETY: `info` is a valid place for `length` bytes, which the kernel does not exceed, for the time of the call.
    let result = unsafe {
        libc::getsockopt(
            socket.as_fd().as_raw_fd(),
            libc::IPPROTO_TCP,
            libc::TCP_INFO,
            info.as_mut_ptr().cast(),
            &raw mut length,
        )
    };
    if result == -1 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: a `tcp_info` is made of integers alone, for which the zeroes that it began with are valid values too.
    Ok(unsafe { info.assume_init() })
}

/// What the calling thread has spent of the CPU, user and system, `clock_gettime(2)`.
pub(crate) fn cpu_time() -> Duration {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).map_or(Duration::MAX, Duration::from)
}

/// The timeout of a poll that returns at a time, or a little later.
pub(crate) fn timeout_until(until: Option<Instant>, now: Instant) -> PollTimeout {
    let Some(until) = until else { return PollTimeout::NONE };
    // Rounded up, or the last fraction of a millisecond would be spent awake.
    let wait = until.saturating_duration_since(now) + Duration::from_micros(999);
    PollTimeout::try_from(wait).unwrap_or(PollTimeout::MAX)
}

/// An option of a socket that is one integer.
#[derive(Debug, Clone, Copy)]
pub(crate) enum IntegerOption {
    /// The lowest time-to-live of IPv4 packets that the socket takes, ip(7).
    Ipv4MinimumTtl,
    /// The same of IPv6 packets.
    Ipv6MinimumHops,
}

/// Sets an option of a socket that is one integer.
pub(crate) fn set_option(socket: &impl AsFd, option: IntegerOption, value: libc::c_int) -> io::Result<()> {
    let (level, name) = match option {
        IntegerOption::Ipv4MinimumTtl => (libc::IPPROTO_IP, libc::IP_MINTTL),
        IntegerOption::Ipv6MinimumHops => (libc::IPPROTO_IPV6, libc::IPV6_MINHOPCOUNT),
    };
    // SAFETY: the pointer is to an int that lives for the time of the call, and the length is that of an int.
    let result = unsafe {
        libc::setsockopt(
            socket.as_fd().as_raw_fd(),
            level,
            name,
            (&raw const value).cast(),
            length_of::<libc::c_int>(),
        )
    };
    if result == -1 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

fn length_of<T>() -> libc::socklen_t {
    libc::socklen_t::try_from(size_of::<T>()).expect("a socket option is a few hundred bytes at most")
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::{process, thread};

    use super::*;

    #[test]
    fn a_process_of_two_threads_does_not_fork() {
        let (stay, until) = mpsc::channel::<()>();
        let second = thread::spawn(move || until.recv().is_err());
        match fork() {
            Err(error) => assert!(error.to_string().contains("only one may fork"), "{error}"),
            // What else it did might wait for a lock that nobody releases.
            Ok(Fork::Child) => process::abort(),
            Ok(Fork::Parent(child)) => panic!("{child} has come of a process with several threads"),
        }
        drop(stay);
        assert!(second.join().unwrap());
    }
}
