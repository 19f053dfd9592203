//! Whatever system call fails in the master while it changes the pool: whoever asked is told, somebody serves, and a change
//! that is said to have failed has changed nothing.
//!
//! `cargo test --test behaviour -- --ignored --nocapture fault_injection` fails all of them, one after the other.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Output};
use std::thread;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use prefork_client::Connection;
use serde_json::{Value, json};
use tempfile::{NamedTempFile, TempDir};

use crate::support::{TestServer, children, eventually, program};

/// How each system call of the master may fail, the likeliest first.
const FAILURES: &[(&str, &[&str])] = &[
    ("accept4", &["EMFILE", "ENOBUFS", "ECONNABORTED"]),
    ("bind", &["EADDRINUSE", "EADDRNOTAVAIL", "EACCES"]),
    ("capget", &["EPERM"]),
    ("chmod", &["EPERM"]),
    ("clone", &["EAGAIN", "ENOMEM"]),
    ("clone3", &["EAGAIN", "ENOMEM"]),
    ("connect", &["ECONNREFUSED", "EAGAIN"]),
    ("dup", &["EMFILE"]),
    ("epoll_create1", &["EMFILE"]),
    ("epoll_ctl", &["ENOMEM"]),
    ("eventfd2", &["EMFILE"]),
    ("fcntl", &["EMFILE"]),
    ("flock", &["ENOLCK", "EINTR"]),
    ("fstat", &["EIO"]),
    ("getdents64", &["EIO"]),
    ("getsockname", &["ENOBUFS"]),
    ("getsockopt", &["ENOBUFS", "ENOPROTOOPT"]),
    ("ioctl", &["EINVAL"]),
    ("kill", &["EPERM", "ESRCH"]),
    ("landlock_create_ruleset", &["ENOSYS", "EOPNOTSUPP"]),
    ("listen", &["EADDRINUSE"]),
    ("lseek", &["ESPIPE"]),
    ("newfstatat", &["EACCES", "ENOENT"]),
    ("open", &["EMFILE"]),
    ("openat", &["EMFILE", "EACCES"]),
    ("pipe2", &["EMFILE"]),
    ("poll", &["ENOMEM", "EINTR"]),
    ("prlimit64", &["EPERM"]),
    ("read", &["EIO", "EINTR"]),
    ("readlink", &["ENOENT"]),
    ("recvfrom", &["ECONNRESET", "ENOBUFS", "EINTR"]),
    ("recvmsg", &["ECONNRESET", "ENOBUFS"]),
    ("sched_getaffinity", &["EPERM"]),
    ("seccomp", &["ENOSYS", "EACCES"]),
    ("sendmsg", &["EAGAIN", "EPIPE"]),
    ("sendto", &["EAGAIN", "EPIPE", "ENOBUFS"]),
    ("setsockopt", &["ENOPROTOOPT", "ENOBUFS"]),
    ("shutdown", &["ENOTCONN"]),
    ("socket", &["EMFILE", "ENOBUFS"]),
    ("socketpair", &["EMFILE", "ENFILE"]),
    ("statx", &["EACCES", "ENOENT"]),
    ("unlink", &["EACCES", "ENOENT"]),
    ("wait4", &["EINTR"]),
    ("waitid", &["EINTR"]),
    ("write", &["EPIPE", "EAGAIN"]),
    ("writev", &["EPIPE", "EAGAIN"]),
];

/// Calls that do not fail as we use them; and those of the allocator: who is refused memory aborts, as all of Rust does.
const FIRM: &[&str] = &[
    "brk",
    // An injected failure leaves the file open, as no real one does: close(2).
    "close",
    "clock_gettime",
    "exit_group",
    "futex",
    "getegid",
    "geteuid",
    "getpid",
    "getrandom",
    "gettid",
    "getuid",
    "madvise",
    "mmap",
    "mprotect",
    "mremap",
    "munmap",
    "restart_syscall",
    "rt_sigaction",
    "rt_sigprocmask",
    "rt_sigreturn",
    "sched_yield",
    "sigaltstack",
];

/// strace(1), attached to a process.
struct Strace {
    child: Child,
    // Its end is kept open: it says goodbye.
    _stderr: BufReader<ChildStderr>,
    trace: NamedTempFile,
}

impl Strace {
    fn attach(pid: Pid, expressions: &[String]) -> Self {
        let trace = NamedTempFile::new().unwrap();
        let mut command = program(Path::new("strace"));
        command.args(["-p", &pid.to_string(), "-o"]).arg(trace.path());
        for expression in expressions {
            command.args(["-e", expression]);
        }
        let mut child = command.stderr(std::process::Stdio::piped()).spawn().unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        stderr.read_line(&mut line).unwrap();
        assert!(
            line.contains("attached"),
            "strace: {line}; kernel.yama.ptrace_scope has to be 0, or the user root"
        );
        Self { child, _stderr: stderr, trace }
    }

    /// Lets go of the process, and returns what was traced.
    fn detach(mut self) -> Vec<String> {
        kill(Pid::from_raw(self.child.id().try_into().unwrap()), Signal::SIGTERM).unwrap();
        eventually("strace to let go", || self.child.try_wait().unwrap());
        fs::read_to_string(self.trace.path()).unwrap().lines().map(str::to_owned).collect()
    }
}

/// One of its connections is held all the time.
const POOL: &str = "[pool]\nworkers = 2\nthreads = 8\n[timeouts]\ndrain = \"10m\"\nstart = \"3s\"\n";

/// The pool under test: each change opens an address and closes another one.
struct Subject {
    server: TestServer,
    folder: TempDir,
    turn: usize,
    held: Connection,
    /// What is asked for: "reload" or "upgrade".
    change: &'static str,
}

impl Subject {
    fn new(change: &'static str) -> Self {
        let server = TestServer::configured(POOL);
        let held = server.served();
        Self { server, folder: tempfile::tempdir().unwrap(), turn: 0, held, change }
    }

    /// Changes the configuration, so that the next change has something to do.
    fn turn(&mut self) {
        self.turn += 1;
        let unix = format!("unix:{}", self.folder.path().join("echo.sock").display());
        let second = if self.turn % 2 == 1 { "127.0.0.2:0" } else { &unix };
        self.server.configure(&format!("listen = [\"127.0.0.1:0\", \"{second}\"]\n{POOL}"));
    }

    /// Asks for the change; an answer that does not come fails the test.
    fn ask(&self) -> Output {
        let mut command = Command::new("timeout");
        command.args(["20", env!("CARGO_BIN_EXE_prefork-echo"), self.change, "--config", "/dev/null"]);
        command.args(["--control", &self.server.control()]).output().unwrap()
    }

    /// Which calls the master makes meanwhile, and how often.
    fn calls(&mut self) -> BTreeMap<String, usize> {
        let mut calls = BTreeMap::new();
        for _ in 0..2 {
            self.turn();
            let strace = Strace::attach(self.server.master(), &[]);
            let output = self.ask();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            for line in strace.detach() {
                if let Some((name, _)) = line.split_once('(').filter(|(name, _)| !name.contains(' ')) {
                    *calls.entry(name.to_owned()).or_default() += 1;
                }
            }
        }
        calls.retain(|name, _| !FIRM.contains(&name.as_str()));
        calls
    }

    /// Fails one call; false if the master did not get there. Panics when somebody is the worse for it.
    fn survives(&mut self, call: &str, errno: &str, when: usize) -> bool {
        self.turn();
        let inject = format!("inject={call}:error={errno}:when={when}");
        let (before, shape) = (self.server.master(), self.shape());
        let strace = Strace::attach(before, &[format!("trace={call}"), inject.clone()]);
        let output = self.ask();
        let injected = strace.detach().iter().any(|line| line.contains("(INJECTED)"));
        let (code, stderr) = (output.status.code(), String::from_utf8_lossy(&output.stderr));
        // 69: its request was not even read, or its answer lost.
        assert!(matches!(code, Some(0 | 1 | 69)), "{inject}: {code:?} {stderr}");
        assert!(code == Some(0) || stderr.len() > 20, "{inject}: no cause in {stderr:?}");
        eprintln!("{inject}: {}", if injected { stderr.trim_end() } else { "not reached" });
        assert!(self.server.master() == before || self.change == "upgrade", "{inject}: the master lives");
        if code == Some(1) {
            eventually(&format!("everything to be as before {inject}"), || {
                (self.shape() == shape).then_some(())
            });
        }
        self.assert_all_slots_serve(&inject);
        self.held.exchange(b"still there?").unwrap_or_else(|failure| panic!("{inject}: {failure}"));
        eventually(&format!("a {} after {inject}", self.change), || {
            let is_done = self.ask().status.success();
            if !is_done {
                // The file of a socket could not be removed: it is in the way until its workers have left, and they
                // stay while somebody knocks.
                thread::sleep(Duration::from_millis(300));
            }
            is_done.then_some(())
        });
        self.server.served().finish().unwrap_or_else(|failure| panic!("after {inject}: {failure}"));
        injected
    }

    /// What a change that fails leaves as it was: who is master, the generation, the addresses and the capacity.
    fn shape(&self) -> Value {
        let status = self.server.status();
        let addresses = status["listeners"].as_array().unwrap().iter().map(|listener| &listener["address"]);
        let addresses: Vec<&Value> = addresses.collect();
        let master = &status["master"];
        json!([master["pid"], master["generation"], addresses, status["pool"]["capacity"]])
    }

    /// Each slot of the pool takes a connection: no worker was forgotten.
    fn assert_all_slots_serve(&self, inject: &str) {
        let mut connections: Vec<Connection> = (0..16).map(|_| self.server.connect()).collect();
        for connection in &mut connections {
            connection.exchange(b"hello").unwrap_or_else(|failure| panic!("{inject}: {failure}"));
        }
        for connection in connections {
            connection.finish().unwrap_or_else(|failure| panic!("{inject}: {failure}"));
        }
    }

    /// Nothing was left behind by all of this: one master with two workers.
    fn assert_sound(self) {
        assert_eq!(self.server.status()["pool"]["capacity"], 16);
        self.held.finish().unwrap();
        eventually("two workers", || (children(self.server.master()).len() == 2).then_some(()));
        let output = self.server.ask(&["stop"]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

fn failures_of(call: &str) -> &'static [&'static str] {
    let known = FAILURES.iter().find(|(name, _)| *name == call);
    known.unwrap_or_else(|| panic!("the master calls {call} now: say in FAILURES or FIRM how it fails")).1
}

fn fail_each(change: &'static str, when_max: usize, errnos_max: usize) {
    let mut subject = Subject::new(change);
    for (call, count) in subject.calls() {
        for errno in failures_of(&call).iter().take(errnos_max) {
            for when in 1..=count.min(when_max) {
                if !subject.survives(&call, errno, when) {
                    break;
                }
            }
        }
    }
    subject.assert_sound();
}

#[test]
fn a_reload_survives_the_failure_of_each_system_call() {
    // The first few times it is called.
    fail_each("reload", 2, usize::MAX);
}

#[test]
fn an_upgrade_survives_the_failure_of_each_system_call() {
    fail_each("upgrade", 2, 1);
}

#[test]
#[ignore = "the long form: every call that is made"]
fn a_reload_survives_each_failure_of_each_system_call() {
    fail_each("reload", usize::MAX, usize::MAX);
}

#[test]
#[ignore = "the long form: every call that is made"]
fn an_upgrade_survives_each_failure_of_each_system_call() {
    fail_each("upgrade", usize::MAX, usize::MAX);
}
