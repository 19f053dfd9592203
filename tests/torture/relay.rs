//! A relay between clients and server that takes its time.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// The most that is passed on at once: what comes in pieces is passed on in pieces.
const PIECE_BYTES: usize = 4096;
/// How long the server may take to be connected to.
const CONNECTS_WITHIN: Duration = Duration::from_secs(10);

/// A relay. It ends when it is dropped, and ends whom it still connects.
#[derive(Debug)]
pub(crate) struct Relay {
    pub(crate) port: u16,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Relay {
    /// Relays to this port, and keeps each piece back for so long.
    pub(crate) fn start(to: u16, delay: Duration) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let (port, stop) = (listener.local_addr()?.port(), Arc::new(AtomicBool::new(false)));
        let stopped = Arc::clone(&stop);
        let thread = thread::spawn(move || connect_all(&listener, to, delay, &stopped));
        Ok(Self { port, stop, thread: Some(thread) })
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // It wakes the thread that accepts.
        drop(TcpStream::connect(SocketAddr::from((Ipv4Addr::LOCALHOST, self.port))));
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

/// Connects all clients, until it is to stop.
fn connect_all(listener: &TcpListener, to: u16, delay: Duration, stop: &AtomicBool) {
    let mut pairs: Vec<Weak<[TcpStream; 2]>> = Vec::new();
    thread::scope(|scope| {
        for client in listener.incoming().flatten() {
            if stop.load(Ordering::SeqCst) {
                break;
            }
            let server = SocketAddr::from((Ipv4Addr::LOCALHOST, to));
            let Ok(server) = TcpStream::connect_timeout(&server, CONNECTS_WITHIN) else { continue };
            let pair = Arc::new([client, server]);
            pairs.push(Arc::downgrade(&pair));
            for (from, to) in [(0, 1), (1, 0)] {
                let pair = Arc::clone(&pair);
                scope.spawn(move || pass_on(&pair[from], &pair[to], delay));
            }
        }
        // A server that never ends a connection would be waited for without end.
        for pair in pairs.iter().filter_map(Weak::upgrade) {
            for socket in &*pair {
                let _ = socket.shutdown(Shutdown::Both);
            }
        }
    });
}

/// Until the end of the one, which becomes that of the other.
fn pass_on(mut from: &TcpStream, mut to: &TcpStream, delay: Duration) {
    let mut piece = [0; PIECE_BYTES];
    while let Ok(length @ 1..) = from.read(&mut piece) {
        // It is what a relay is there for.
        thread::sleep(delay);
        if to.write_all(&piece[..length]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}
