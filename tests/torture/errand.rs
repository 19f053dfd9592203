//! A command that the server was given, while it goes on and at its end.

use std::io::{self, Read};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::Pid;

use crate::census;
use crate::stopwatch::life_stalled;
use crate::violation::{Invariant, Result, Violates};

/// None takes longer: a drain has thirty seconds, and what is done to the server takes some.
const ENDS_WITHIN: Duration = Duration::from_secs(90);

/// A command that goes on.
#[derive(Debug)]
pub(crate) struct Errand {
    words: String,
    pid: i32,
    answer: Receiver<io::Result<Answer>>,
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: ExitStatus,
    pub(crate) output: Vec<u8>,
    pub(crate) complaint: String,
    /// For how long there was no processor for the command, or for us who waited for it.
    pub(crate) stalled: Duration,
}

impl Errand {
    /// Begins it. Who interrupts the suite does not interrupt the command.
    pub(crate) fn begin(mut command: Command, words: &[&str]) -> Result<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        let child = command.spawn().violates(Invariant::Suite)?;
        let pid = i32::try_from(child.id()).violates(Invariant::Suite)?;
        let (tell, answer) = mpsc::channel();
        // Nobody listens any more if it has taken too long.
        thread::spawn(move || drop(tell.send(follow(child, pid))));
        Ok(Self { words: words.join(" "), pid, answer })
    }

    /// Whether it still goes on.
    pub(crate) fn goes_on(&self) -> bool {
        census::lives(self.pid)
    }

    /// Waits for its end, however it ends.
    pub(crate) fn end(self) -> Result<Answer> {
        if let Ok(answer) = self.answer.recv_timeout(ENDS_WITHIN) {
            return answer.violates(Invariant::Suite);
        }
        // It may just have ended.
        let _ = kill(Pid::from_raw(self.pid), Signal::SIGKILL);
        Err(Invariant::Command.violated(format!("`{}` hangs, for {ENDS_WITHIN:?} already", self.words)))
    }
}

fn follow(mut child: Child, pid: i32) -> io::Result<Answer> {
    let (mut output, mut complaint) = (Vec::new(), Vec::new());
    child.stdout.take().expect("it is piped").read_to_end(&mut output)?;
    child.stderr.take().expect("it is piped").read_to_end(&mut complaint)?;
    // What it had of the processors is told until somebody has waited for it.
    waitid(Id::Pid(Pid::from_raw(pid)), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT)?;
    let stalled =
        life_stalled(Path::new(&format!("/proc/{pid}"))) + life_stalled(Path::new("/proc/thread-self"));
    let complaint = String::from_utf8_lossy(&complaint).trim().to_owned();
    Ok(Answer { status: child.wait()?, output, complaint, stalled })
}
