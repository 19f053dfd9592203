//! One conversation with the server: what is typed, or what comes through a pipe.

use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use socket2::Socket;

#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz;
mod keyboard;
mod line;
mod prompt;

use keyboard::Keyboard;
use line::{Exchange, Update};
use prompt::Prompt;

use crate::{Address, Connection, Error, Failure, Options, interrupt, terminal};

/// The most that is copied at once.
const COPIED_MAX: usize = 64 * 1024;

/// Holds a conversation with whoever sits at the terminal; whether every answer came and was right, but for
/// what was given up.
///
/// Reads lines, sends each, and shows the answer, which is as long as what was sent, and the time that it took. A
/// connection that is lost is made again with the next line; `again` says how. Ends with the input.
pub fn prompt(connection: Connection, address: Address, again: Options) -> Result<bool, Error> {
    let output = io::stdout().lock();
    let colour = terminal::wants_colour(&output);
    let (exchange, updates) = Exchange::new(address, again);
    let tell = exchange.teller();
    interrupt::on_every_interrupt(move || {
        // Nobody waits where this does not fit.
        let _ = tell.try_send(Update::Interrupted);
    })
    .map_err(Error::local("cannot listen for signals"))?;
    Prompt::new(exchange, updates, connection, output, colour)?.run(Keyboard::open()?)
}

/// Sends the input and then half-closes, while it copies what comes back to the output until the server closes.
///
/// Fails if the server closes before all input was sent, or sends back less than it got. What comes back is not
/// compared with anything.
pub fn pipe(
    connection: Connection,
    input: impl Read + Send + 'static,
    mut output: impl Write,
) -> Result<(), Error> {
    let socket = patient(connection)?;
    let sent = spawn_sender(Arc::clone(&socket), input)?;
    let mut received = 0;
    let mut buffer = vec![0; COPIED_MAX];
    loop {
        let length = read(&socket, &mut buffer).map_err(|failure| Error::Broken { failure, received })?;
        if length == 0 {
            break;
        }
        received += length as u64;
        output
            .write_all(&buffer[..length])
            .and_then(|()| output.flush())
            .map_err(Error::local("cannot write to standard output"))?;
    }
    // The sender tells before it half-closes. If it has not told, the server cannot have closed for that reason; and
    // it may be waiting for input that never comes.
    match sent.try_recv() {
        Ok(Ok(sent)) if received < sent => Err(Error::Short { received, sent }),
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(Error::local("cannot read standard input")(error)),
        Err(_) => Err(Error::ClosedEarly { received }),
    }
}

/// Starts the thread that sends the input and half-closes; it tells how many bytes these were.
///
/// It tells nothing where the server does not take them: the reader of the socket learns why.
fn spawn_sender(
    socket: Arc<Socket>,
    input: impl Read + Send + 'static,
) -> Result<Receiver<io::Result<u64>>, Error> {
    let (tell, sent) = mpsc::sync_channel(1);
    let copy_all = move || {
        if let Some(outcome) = send_all(&socket, input) {
            let _ = tell.send(outcome);
            let _ = socket.shutdown(Shutdown::Write);
        }
    };
    let spawned = thread::Builder::new().name("sender".to_owned()).spawn(copy_all);
    spawned.map_err(Error::local("cannot start a thread"))?;
    Ok(sent)
}

/// Sends all input: how many bytes it was, or why it could not be read; `None` if the server does not take it.
fn send_all(mut socket: &Socket, mut input: impl Read) -> Option<io::Result<u64>> {
    let mut buffer = vec![0; COPIED_MAX];
    let mut sent = 0;
    loop {
        match input.read(&mut buffer) {
            Ok(0) => return Some(Ok(sent)),
            Ok(length) => {
                socket.write_all(&buffer[..length]).ok()?;
                sent += length as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Some(Err(error)),
        }
    }
}

/// The socket of the connection, which now waits for ever: somebody may think before typing, or stand in the queue.
fn patient(connection: Connection) -> Result<Arc<Socket>, Error> {
    let socket = connection.into_socket();
    socket
        .set_read_timeout(None)
        .and_then(|()| socket.set_write_timeout(None))
        .map_err(Error::local("cannot prepare the socket"))?;
    Ok(Arc::new(socket))
}

/// Reads some bytes from the server; none at its end.
fn read(mut socket: &Socket, buffer: &mut [u8]) -> Result<usize, Failure> {
    loop {
        match socket.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Failure::of_transfer(error, Duration::ZERO, 0, 0)),
            Ok(length) => return Ok(length),
        }
    }
}
