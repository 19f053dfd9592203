//! A relay between clients and server that takes its time.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// The most that is passed on at once: what comes in pieces is passed on in pieces.
const PIECE_BYTES: usize = 4096;

/// A relay. It ends when it is dropped, after those whom it connects.
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
        let accept = move || {
            let mut pairs = Vec::new();
            for client in listener.incoming().flatten() {
                if stopped.load(Ordering::SeqCst) {
                    break;
                }
                pairs.push(thread::spawn(move || connect(&client, to, delay)));
            }
            for pair in pairs {
                drop(pair.join());
            }
        };
        Ok(Self { port, stop, thread: Some(thread::spawn(accept)) })
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

fn connect(client: &TcpStream, to: u16, delay: Duration) {
    let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, to)) else { return };
    thread::scope(|scope| {
        scope.spawn(|| pass_on(client, &server, delay));
        pass_on(&server, client, delay);
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
