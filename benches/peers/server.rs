//! A server of any kind that runs, and is gone with this value.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::ops::Range;
use std::process::Stdio;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use crate::peer::{Peer, Setup};
use crate::process_group::ProcessGroup;

/// How long it may take to serve its first connection.
const START_MAX: Duration = Duration::from_secs(10);
/// How often that is tried, while nobody listens: nothing tells when a server has come up.
const KNOCK_EVERY: Duration = Duration::from_micros(200);
/// The ports that are used, in turn.
const PORTS: Range<u16> = 20_000..32_000;

pub(crate) struct Server {
    pub(crate) processes: ProcessGroup,
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
        let mut processes =
            ProcessGroup::start(&mut command).map_err(|error| format!("it does not start: {error}"))?;
        let (said, listening) = mpsc::channel();
        let log = BufReader::new(processes.stderr.take().expect("it is piped"));
        // All that it says is read, as in life. Some never stop: their lines end with them.
        thread::spawn(move || {
            for line in log.lines().map_while(Result::ok) {
                if line.contains("listening on ") {
                    let _ = said.send(Instant::now());
                }
            }
        });
        let mut server = Self { processes, address, served_after: Duration::ZERO, started, listening };
        while let Err(error) = first_exchange(address) {
            if started.elapsed() > START_MAX
                || server.processes.wait(KNOCK_EVERY) != Err(RecvTimeoutError::Timeout)
            {
                return Err(format!("it serves nobody: {error}"));
            }
        }
        server.served_after = started.elapsed();
        Ok(server)
    }

    /// How long it took until it said that it listens.
    pub(crate) fn listening_after(&self) -> Option<Duration> {
        self.listening.recv_timeout(START_MAX).ok().map(|moment| moment - self.started)
    }
}

/// A port that nobody has, each time another one; a listener that closes leaves nothing behind.
///
/// Not one of those that the kernel gives to clients: who knocks where nobody listens yet may get that port itself, and is
/// connected to itself.
fn free_address() -> io::Result<SocketAddr> {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    loop {
        let port = PORTS.start + NEXT.fetch_add(1, Ordering::Relaxed) % (PORTS.end - PORTS.start);
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        match TcpListener::bind(address) {
            Ok(_) => return Ok(address),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {}
            Err(error) => return Err(error),
        }
    }
}

fn first_exchange(address: SocketAddr) -> io::Result<()> {
    let mut stream = TcpStream::connect_timeout(&address, START_MAX)?;
    stream.set_read_timeout(Some(START_MAX))?;
    stream.write_all(b"ready")?;
    let mut echo = [0; 5];
    stream.read_exact(&mut echo)?;
    if &echo == b"READY" { Ok(()) } else { Err(io::Error::other("it answers something else")) }
}
