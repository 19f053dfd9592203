//! A server that runs, and is gone with this value.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use crate::peer::{Peer, Setup};
use crate::process_tree::ProcessTree;

/// How long it may take to serve its first connection.
const START_MAX: Duration = Duration::from_secs(10);
/// How often that is tried, while nobody listens.
const KNOCK_EVERY: Duration = Duration::from_micros(200);
/// How long it may take to end, before it is killed.
const END_MAX: Duration = Duration::from_secs(2);

pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    /// From before it was started to the end of the first exchange.
    pub(crate) served_after: Duration,
    started: Instant,
    /// When it said that it listens, if it says so.
    listening: Receiver<Instant>,
}

impl Server {
    /// Starts one, and waits until it has served a connection.
    pub(crate) fn start(peer: Peer, setup: &Setup) -> Result<Self, String> {
        let address = free_address().map_err(|error| format!("no port is free: {error}"))?;
        let mut command = peer.command(address.port(), setup);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let started = Instant::now();
        let mut child = command.spawn().map_err(|error| format!("it does not start: {error}"))?;
        let (said, listening) = mpsc::channel();
        let log = BufReader::new(child.stderr.take().expect("it is piped"));
        // All that it says is read, as in life. Some never stop: their lines end with them.
        thread::spawn(move || {
            for line in log.lines().map_while(Result::ok) {
                if line.contains("listening on ") {
                    let _ = said.send(Instant::now());
                }
            }
        });
        let mut server = Self { child, address, served_after: Duration::ZERO, started, listening };
        while let Err(error) = first_exchange(address) {
            if started.elapsed() > START_MAX || server.child.try_wait().is_ok_and(|status| status.is_some()) {
                return Err(format!("it serves nobody: {error}"));
            }
            // Nothing tells when a server has come up.
            thread::sleep(KNOCK_EVERY);
        }
        server.served_after = started.elapsed();
        Ok(server)
    }

    /// Its processes.
    pub(crate) fn processes(&self) -> ProcessTree {
        ProcessTree(self.child.id())
    }

    /// How long it took until it said that it listens.
    pub(crate) fn listening_after(&self) -> Option<Duration> {
        self.listening.recv_timeout(END_MAX).ok().map(|moment| moment - self.started)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let pids = self.processes().pids();
        ProcessTree::signal(&[self.child.id()], Signal::SIGTERM);
        let give_up = Instant::now() + END_MAX;
        while self.child.try_wait().is_ok_and(|status| status.is_none()) && Instant::now() < give_up {
            thread::sleep(Duration::from_millis(1));
        }
        // Children of one that just ends may stay. None of these pids is anybody else's: they were ours a moment ago.
        let left: Vec<u32> = pids.into_iter().skip(usize::from(Instant::now() < give_up)).collect();
        ProcessTree::signal(&left, Signal::SIGKILL);
        let _ = self.child.wait();
    }
}

/// A port that nobody has, each time another one; a listener that closes leaves nothing behind.
///
/// Not one of those that the kernel gives to clients: who knocks where nobody listens yet may get that port itself, and is
/// connected to itself.
fn free_address() -> io::Result<SocketAddr> {
    static NEXT: AtomicU16 = AtomicU16::new(20_000);
    loop {
        let address = SocketAddr::from(([127, 0, 0, 1], NEXT.fetch_add(1, Ordering::Relaxed)));
        match TcpListener::bind(address) {
            Ok(_) => return Ok(address),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {}
            Err(error) => return Err(error),
        }
    }
}

fn first_exchange(address: SocketAddr) -> io::Result<()> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(START_MAX))?;
    stream.write_all(b"ready")?;
    let mut echo = [0; 5];
    stream.read_exact(&mut echo)?;
    if &echo == b"READY" { Ok(()) } else { Err(io::Error::other("it answers something else")) }
}
