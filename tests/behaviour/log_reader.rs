//! A log whose reader does not read: it costs lines and nothing else, whatever standard error is.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Child, Command};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use nix::pty::openpty;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use prefork_client::{Connection, Options};
use serde_json::Value;

use crate::support::{PATIENCE, children, eventually, server_command};

/// No connection takes as long, though the log may hold one up for half a second.
const PROMPT: Duration = Duration::from_secs(10);

/// A server whose standard error is this one.
struct Server {
    child: Child,
    control: String,
    address: String,
}

impl Server {
    fn start(name: &str, stderr: OwnedFd) -> Self {
        let control = format!("@log-reader-{name}-{}", std::process::id());
        let mut command = server_command();
        command.args([
            "--config",
            "/dev/null",
            "--listen",
            "127.0.0.1:0",
            "--workers",
            "2",
            "--threads",
            "4",
        ]);
        command.args(["--log-access", "--log-format", "json", "--control", &control]);
        let child = command.stderr(stderr).spawn().unwrap();
        let server = Self { child, control, address: String::new() };
        eventually("it to be ready", || server.ask("health").status.success().then_some(()));
        let address = server.status()["listeners"][0]["address"].as_str().unwrap().to_owned();
        server.at(address)
    }

    fn at(mut self, address: String) -> Self {
        self.address = address;
        self
    }

    fn ask(&self, question: &str) -> std::process::Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_prefork-echo"));
        command.args(question.split(' ')).args(["--config", "/dev/null", "--control", &self.control]);
        command.output().unwrap()
    }

    fn status(&self) -> Value {
        serde_json::from_slice(&self.ask("status --json").stdout).unwrap()
    }

    fn lost(&self) -> u64 {
        self.status()["totals"]["log_lines_lost"].as_u64().unwrap()
    }

    /// Opens a connection, and returns when it was served.
    fn visit(&self) {
        let began = Instant::now();
        let options = Options { echo_timeout: PATIENCE, ..Options::default() };
        let mut connection = Connection::open(&self.address.parse().unwrap(), &options).unwrap();
        connection.exchange(b"hello").unwrap();
        assert!(began.elapsed() < PROMPT, "it took {:?}", began.elapsed());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let master = Pid::from_raw(self.child.id().try_into().unwrap());
        let all = children(master);
        let _ = self.child.kill();
        let _ = self.child.wait();
        for pid in all {
            let _ = kill(pid, Signal::SIGKILL);
        }
    }
}

/// Serves while nobody reads, until lines are lost; then reads, and finds out how many were.
fn serve_unread(name: &str, stderr: OwnedFd, mut reader: impl Read + Send + 'static) {
    let server = Server::start(name, stderr);
    eventually("lines that are lost", || {
        // The pipe takes some hundreds first, and on a busy machine each look takes its time.
        (0..20).for_each(|_| server.visit());
        (server.lost() > 100).then_some(())
    });
    // Room for a part of a line, again and again, is no room.
    for _ in 0..30 {
        assert!(reader.read(&mut [0; 100]).unwrap() > 0);
        server.visit();
        server.visit();
    }
    let began = Instant::now();
    for question in ["reload", "scale +1", "health"] {
        assert!(server.ask(question).status.success(), "{question}");
    }
    assert!(began.elapsed() < PROMPT, "the master goes on too: {:?}", began.elapsed());
    // The workers of the next generation lose lines too.
    for _ in 0..100 {
        server.visit();
    }
    assert!(server.status()["pool"]["busy"].as_u64().unwrap() < 3);

    let text = Arc::new(Mutex::new(String::new()));
    let taken = Arc::clone(&text);
    thread::spawn(move || {
        let mut bytes = [0; 4096];
        while let Ok(length @ 1..) = reader.read(&mut bytes) {
            taken.lock().unwrap().push_str(&String::from_utf8_lossy(&bytes[..length]));
        }
    });
    eventually("the log to say what it has lost", || {
        server.visit();
        text.lock().unwrap().contains(" of the log were lost: nobody read it").then_some(())
    });
    // Once somebody reads, and as fast as it goes here.
    eventually("lines of which none is lost", || {
        let lost = server.lost();
        (0..20).for_each(|_| server.visit());
        (server.lost() == lost).then_some(())
    });
}

#[test]
fn a_terminal_that_stands_still_stops_nobody() {
    let terminal = openpty(None, None).unwrap();
    serve_unread("terminal", terminal.slave, File::from(terminal.master));
}

#[test]
fn a_pipe_that_nobody_reads_stops_nobody() {
    let (reader, writer) = io::pipe().unwrap();
    let shell = writer.try_clone().unwrap();
    serve_unread("pipe", writer.into(), reader);
    // What the shell has is as it was.
    let flags = nix::fcntl::fcntl(&shell, nix::fcntl::FcntlArg::F_GETFL).unwrap();
    assert_eq!(flags & nix::libc::O_NONBLOCK, 0);
}

#[test]
fn a_socket_that_nobody_reads_stops_nobody() {
    let (reader, writer) = UnixStream::pair().unwrap();
    serve_unread("socket", writer.into(), reader);
}

#[test]
fn a_slow_reader_does_not_set_the_pace() {
    let (mut reader, writer) = io::pipe().unwrap();
    let server = Server::start("slow", writer.into());
    thread::spawn(move || {
        let mut bytes = [0; 4096];
        while reader.read(&mut bytes).is_ok_and(|length| length > 0) {
            // This is the reader's slowness itself: some thirty lines a second.
            thread::sleep(Duration::from_millis(400));
        }
    });
    // Were each of them waited for, none would be lost: the reader comes before a line gives up.
    eventually("lines that the reader has no time for", || {
        // On a busy machine one visit for each look would be no faster than the reader.
        (0..20).for_each(|_| server.visit());
        (server.lost() > 100).then_some(())
    });
}
