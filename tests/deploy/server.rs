//! The real server with the configuration that is deployed, at free ports of this machine.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ExitStatus, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use crate::world::{folder, prefork_echo};

/// How long anything may take before a test fails.
const PATIENCE: Duration = Duration::from_secs(20);

/// Ends with its value, workers and all.
pub(crate) struct Server {
    child: Child,
    control: String,
    address: String,
    monitor: String,
}

impl Server {
    /// Starts it, and waits until it listens.
    pub(crate) fn start(flags: &[&str]) -> Self {
        // The name in the configuration is for a network of its own.
        static NUMBER: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let control = format!("@prefork-echo-deploy-{}-{number}", std::process::id());
        let mut command = prefork_echo(&folder().join("config.toml"));
        command.args(["--control", &control, "--listen", "127.0.0.1:0", "--monitor-listen", "127.0.0.1:0"]);
        let mut child = command.args(flags).stderr(Stdio::piped()).spawn().unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
        let listening = log.find_map(|line| {
            let line: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("not JSON: {line}"));
            Some(line["message"].as_str()?.strip_prefix("listening on ")?.to_owned())
        });
        let listening = listening.expect("it listens");
        // Whoever does not read its log is in its way.
        thread::spawn(move || log.count());
        let (address, _) = listening.split_once(' ').unwrap();
        let (_, monitor) = listening.split_once("http://").unwrap();
        Self {
            child,
            control,
            address: address.to_owned(),
            monitor: monitor.trim_end_matches('/').to_owned(),
        }
    }

    /// What the monitor answers.
    pub(crate) fn get(&self, path: &str) -> (u16, String) {
        let mut stream = connect(&self.monitor);
        write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let code = head.split(' ').nth(1).unwrap().parse().unwrap();
        (code, body.to_owned())
    }

    /// Runs a command of a probe, as the kubelet does within the container.
    pub(crate) fn exec(&self, command: &[&str]) -> Output {
        let (program, arguments) = command.split_first().unwrap();
        assert_eq!(*program, "/usr/local/bin/prefork-echo", "where the image has it");
        let mut command = prefork_echo(&folder().join("config.toml"));
        command.args(["--control", &self.control]).args(arguments).output().unwrap()
    }

    /// A client.
    pub(crate) fn connect(&self) -> TcpStream {
        connect(&self.address)
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill(self.pid(), signal).unwrap();
    }

    /// Waits for its end.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_raw(self.child.id().try_into().unwrap())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Its workers see that it is gone, and leave when their connections do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn connect(address: &str) -> TcpStream {
    let stream = TcpStream::connect_timeout(&address.parse().unwrap(), PATIENCE).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// Sends, and waits for the echo.
#[track_caller]
pub(crate) fn served(stream: &mut TcpStream) {
    stream.write_all(b"hello").unwrap();
    let mut echo = [0; 5];
    stream.read_exact(&mut echo).unwrap();
    assert_eq!(&echo, b"HELLO");
}

/// Waits until it is so.
#[track_caller]
pub(crate) fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "in vain waited for {what}");
        // Between two looks at something that cannot wake us.
        thread::sleep(Duration::from_millis(3));
    }
}
