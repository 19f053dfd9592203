//! A server's processes as a whole: a process group, which ends with this value, and with this program, unless SIGKILL ends that.
//!
//! Those of its processes whose parents end before them become children of this program, which is their subreaper. So
//! every one of them is waited for, by its parent or here, and what it took is accounted for.

use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::{ChildStderr, Command};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};
use std::thread;
use std::time::Duration;

use nix::sys::prctl::set_child_subreaper;
use nix::sys::signal::{Signal, killpg};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::Pid;
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

/// How long the kernel may take to end processes that are killed.
const END_MAX: Duration = Duration::from_secs(10);

pub(crate) struct ProcessGroup {
    /// The first process, whose pid is the group's.
    pub(crate) leader: Pid,
    /// What it says, if the command says that this is to be read.
    pub(crate) stderr: Option<ChildStderr>,
    /// How the first process ended, when all have.
    ended: Receiver<WaitStatus>,
}

/// The groups that there are. Whoever holds it knows that no other begins.
static GROUPS: Mutex<Vec<Pid>> = Mutex::new(Vec::new());

impl ProcessGroup {
    /// Starts a command in a group of its own.
    pub(crate) fn start(command: &mut Command) -> io::Result<Self> {
        static PREPARED: Once = Once::new();
        PREPARED.call_once(|| prepare().expect("this program may adopt processes and hear signals"));
        let mut groups = groups();
        // The thread waits for it, with the whole group.
        let mut child = command.process_group(0).spawn()?;
        let leader = Pid::from_raw(i32::try_from(child.id()).expect("the kernel's pids fit"));
        groups.push(leader);
        let (all_ended, ended) = mpsc::channel();
        thread::spawn(move || {
            if let Some(status) = reap(leader) {
                // Who dropped the group does not ask how it ended.
                let _ = all_ended.send(status);
            }
        });
        Ok(Self { leader, stderr: child.stderr.take(), ended })
    }

    /// How its first process ended, if all of the group end within this time.
    pub(crate) fn wait(&self, at_most: Duration) -> Result<WaitStatus, RecvTimeoutError> {
        self.ended.recv_timeout(at_most)
    }
}

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        // A process that forks just then has either its child in the group or no child.
        if matches!(self.wait(Duration::ZERO), Err(RecvTimeoutError::Timeout)) {
            let _ = killpg(self.leader, Signal::SIGKILL);
            let _ = self.wait(END_MAX);
        }
        groups().retain(|group| *group != self.leader);
    }
}

/// Adopts those whose parents end, and ends all groups before a signal ends this program.
fn prepare() -> io::Result<()> {
    set_child_subreaper(true)?;
    let mut signals = Signals::new([SIGHUP, SIGINT, SIGQUIT, SIGTERM])?;
    thread::spawn(move || {
        for signal in &mut signals {
            // It is never given back: no other group begins.
            let groups = groups();
            for group in groups.iter() {
                let _ = killpg(*group, Signal::SIGKILL);
            }
            // It ends this process too.
            let _ = emulate_default_handler(signal);
        }
    });
    Ok(())
}

/// Waits for all processes of a group that are our children, or become so when their parents end.
///
/// A process whose parent has ended is our child before that parent can be waited for: so none is left where there is
/// no child in the group any more.
fn reap(leader: Pid) -> Option<WaitStatus> {
    let mut first = None;
    while let Ok(status) = waitpid(Pid::from_raw(-leader.as_raw()), None) {
        first = if status.pid() == Some(leader) { Some(status) } else { first };
    }
    first
}

fn groups() -> MutexGuard<'static, Vec<Pid>> {
    GROUPS.lock().unwrap_or_else(PoisonError::into_inner)
}
