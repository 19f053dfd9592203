//! A server that is measured.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::process_group::ProcessGroup;

/// How long it may take until it listens.
const START_MAX: Duration = Duration::from_secs(30);

/// A server in processes of its own, which are ended with this value.
pub(crate) struct Server {
    pub(crate) processes: ProcessGroup,
    pub(crate) address: SocketAddr,
}

impl Server {
    /// A pool of this size, with what other flags say.
    pub(crate) fn prefork(workers: usize, threads: usize, flags: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_prefork-echo"));
        command.args(["--config", "/dev/null", "--listen", "127.0.0.1:0"]).args(flags);
        command.args(["--workers", &workers.to_string(), "--threads", &threads.to_string()]);
        Self::start(command.stderr(Stdio::piped()))
    }

    /// Starts one that prints "listening on ADDRESS" when it is ready.
    fn start(command: &mut Command) -> Self {
        let mut processes = ProcessGroup::start(command).expect("the server starts");
        let log = BufReader::new(processes.stderr.take().expect("it is piped"));
        let (told, address) = mpsc::channel();
        // What else it says is read, as in life, and costs the server what it costs.
        thread::spawn(move || {
            for line in log.lines().map_while(Result::ok) {
                let rest = line.split("listening on ").nth(1).and_then(|rest| rest.split_whitespace().next());
                if let Some(address) = rest.and_then(|text| text.parse().ok()) {
                    // Only the first is asked for.
                    let _ = told.send(address);
                }
            }
        });
        Self { processes, address: address.recv_timeout(START_MAX).expect("it says where it listens") }
    }
}
