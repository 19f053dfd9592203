//! The peer that is this program itself: what a tokio tutorial writes, with the same transform.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Semaphore;

/// How many may wait to be accepted: as many as with the others.
const BACKLOG: u32 = 4096;

/// Serves at this port, `slots` connections at once (0: any number), pretends to work before each answer, and reads so much at once.
pub(crate) fn run(port: u16, slots: usize, pause: Duration, buffer: usize) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("tokio starts");
    // The thread that blocks here is none of the runtime's workers: what it ran itself would pay for a hand-over each time.
    runtime
        .block_on(async { tokio::spawn(accept(port, slots, pause, buffer)).await })
        .expect("it has no end");
}

async fn accept(port: u16, slots: usize, pause: Duration, buffer: usize) {
    let listener = listen(port).expect("the port is free");
    let gate = (slots > 0).then(|| Arc::new(Semaphore::new(slots)));
    loop {
        let permit = match &gate {
            Some(gate) => Some(Arc::clone(gate).acquire_owned().await.expect("nobody closes it")),
            None => None,
        };
        let Ok((stream, _)) = listener.accept().await else { continue };
        tokio::spawn(async move {
            serve(stream, pause, buffer).await;
            drop(permit);
        });
    }
}

/// `TcpListener::bind` would let 1,024 wait: of 5,000 that come at once, some would come again seconds later.
fn listen(port: u16) -> io::Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    // Who is accepted inherits it.
    socket.set_nodelay(true)?;
    socket.bind(SocketAddr::from(([127, 0, 0, 1], port)))?;
    socket.listen(BACKLOG)
}

async fn serve(mut stream: TcpStream, pause: Duration, buffer: usize) {
    let mut buffer = vec![0; buffer];
    while let Ok(length @ 1..) = stream.read(&mut buffer).await {
        buffer[..length].make_ascii_uppercase();
        if !pause.is_zero() {
            tokio::time::sleep(pause).await;
        }
        if stream.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
}
