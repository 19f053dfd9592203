//! A thread of a server's process that does nothing any more, while the rest of the process goes on: one that is stuck.
//!
//! No signal does that, since a stop is the whole process'. A tracer can stop one thread, see ptrace(2), and the process'
//! parent does not hear of it.

use std::fs;
use std::path::PathBuf;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use nix::sys::ptrace;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use crate::support::{TestServer, eventually, lives, wait_for_service};

/// The held thread. It goes on when this is dropped.
pub(crate) struct Held {
    release: Option<Sender<()>>,
    tracer: Option<JoinHandle<()>>,
}

impl Held {
    /// Holds a process' first thread.
    pub(crate) fn first_thread(process: Pid) -> Self {
        Self::thread(process)
    }

    /// Holds the thread of a name, which is its own among those of the process.
    pub(crate) fn named_thread(process: Pid, name: &str) -> Self {
        let has_name =
            |task: &PathBuf| fs::read_to_string(task.join("comm")).is_ok_and(|comm| comm.trim_end() == name);
        // A thread gives itself its name, when it has begun.
        let task = eventually("a thread with this name", || {
            let tasks = fs::read_dir(format!("/proc/{process}/task")).unwrap();
            tasks.map(|task| task.unwrap().path()).find(has_name)
        });
        Self::thread(Pid::from_raw(task.file_name().unwrap().to_str().unwrap().parse().unwrap()))
    }

    fn thread(id: Pid) -> Self {
        let (release, released) = mpsc::channel();
        let (report, held) = mpsc::channel();
        // All requests of a tracer come from one thread.
        let tracer = thread::spawn(move || {
            ptrace::seize(id, ptrace::Options::empty()).expect("a test may trace what it has started");
            ptrace::interrupt(id).expect("it is traced");
            waitpid(id, Some(WaitPidFlag::__WALL)).expect("it stops");
            report.send(()).expect("somebody waits for it");
            // If it is killed its tracer has to take notice first, and its parent comes after.
            while released.recv_timeout(Duration::from_millis(3)) == Err(RecvTimeoutError::Timeout) {
                match waitpid(id, Some(WaitPidFlag::__WALL | WaitPidFlag::WNOHANG)) {
                    Ok(WaitStatus::Exited(..) | WaitStatus::Signaled(..)) | Err(_) => return,
                    Ok(_) => (),
                }
            }
            let _ = ptrace::detach(id, None);
        });
        held.recv().expect("the tracer does not fail");
        Self { release: Some(release), tracer: Some(tracer) }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        drop(self.release.take());
        if let Some(tracer) = self.tracer.take() {
            let _ = tracer.join();
        }
    }
}

#[test]
fn a_worker_whose_first_thread_is_held_serves_and_takes_no_orders_until_it_is_released() {
    let server = TestServer::start(&["--workers", "1", "--threads", "2"]);
    // It has obeyed its order to accept.
    server.served().finish().unwrap();
    let worker = server.workers()[0];
    let held = Held::first_thread(worker);
    kill(worker, Signal::SIGTERM).unwrap();
    for _ in 0..3 {
        server.served().finish().unwrap();
    }
    let asked = |line: &String| line.contains("asked to leave by SIGTERM");
    assert!(!server.log().iter().any(asked));
    assert_eq!(server.status()["workers"][0]["state"], "ready", "nobody sees it from outside");
    drop(held);
    server.wait_for_log("asked to leave by SIGTERM");
    eventually("its replacement", || (!server.workers().contains(&worker)).then_some(()));
}

#[test]
fn a_worker_whose_leader_is_held_accepts_nobody_until_it_is_released() {
    let server = TestServer::start(&["--workers", "1", "--threads", "2"]);
    let held = Held::named_thread(server.workers()[0], "slot-0");
    let mut waiting = server.connect();
    waiting.send(b"hello").unwrap();
    server.wait_for_status("somebody who waits beside idle slots", |status| {
        (&status["pool"]["waiting"], &status["pool"]["idle"]) == (&1.into(), &2.into())
    });
    drop(held);
    wait_for_service("who waits", [&waiting]);
}

#[test]
fn a_held_worker_that_is_killed_is_buried_and_replaced() {
    let server = TestServer::start(&["--workers", "1", "--threads", "2"]);
    // It has obeyed its order to accept.
    server.served().finish().unwrap();
    let worker = server.workers()[0];
    let _held = Held::first_thread(worker);
    kill(worker, Signal::SIGKILL).unwrap();
    server.wait_for_log("worker died");
    assert!(!lives(worker));
    server.served().finish().unwrap();
}
