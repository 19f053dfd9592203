//! A server that is measured.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

/// A server in a process of its own, which is ended with this value.
pub(crate) struct Server {
    pub(crate) child: Child,
    pub(crate) address: SocketAddr,
}

impl Server {
    /// A pool of this size, with what other flags say.
    pub(crate) fn prefork(workers: usize, threads: usize, flags: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_prefork-echo"));
        command.args(["--config", "/dev/null", "--listen", "127.0.0.1:0"]).args(flags);
        command.args(["--workers", &workers.to_string(), "--threads", &threads.to_string()]);
        Self::start(command)
    }

    /// Starts one that prints "listening on ADDRESS" when it is ready.
    fn start(mut command: Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().expect("the server starts");
        let mut line = String::new();
        let mut log = BufReader::new(child.stderr.take().expect("it is piped"));
        log.read_line(&mut line).expect("the server speaks");
        // What else it says is read, as in life, and costs the server what it costs.
        std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
        let address = line.split("listening on ").nth(1).and_then(|rest| rest.split_whitespace().next());
        Self { child, address: address.and_then(|text| text.parse().ok()).expect("it names its address") }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        let _ = self.child.wait();
    }
}
