//! Asking a master at its control socket.

use std::io::{self, BufRead, BufReader, Read as _, Write as _};
use std::time::{Duration, Instant};

use socket2::{Domain, Socket, Type};

use super::listener::{credentials, is_welcome, socket_address};
use super::{Outcome, Progress, Refusal, Request};
use crate::config::Control;
use crate::error::Error;

/// The longest answer that [`ask`] reads: a pool of 65,536 busy slots takes about 15 MB.
const ANSWER_BYTES_MAX: usize = 256 << 20;

/// How long a request may take to be sent.
const PATIENCE: Duration = Duration::from_secs(10);

/// Asks the master at an address, which changes nothing, and returns its answer: a JSON document. It may take so long.
pub(crate) fn ask(address: &Control, request: Request, patience: Duration) -> Result<String, Error> {
    let failed = |cause: String| Error::NoMaster { address: address.to_string(), cause };
    let answer = match exchange(address, request, patience) {
        // It ended before it came to this one. In an upgrade its successor listens there.
        Err(error) if error.kind() == io::ErrorKind::ConnectionReset => exchange(address, request, patience),
        answer => answer,
    };
    let answer = answer.map_err(|error| failed(describe(&error, patience)))?;
    if answer.is_empty() {
        return Err(failed(
            "it closed without an answer; it may have too many clients, so ask again".to_owned(),
        ));
    }
    let refusal: Refusal = serde_json::from_str(&answer)
        .map_err(|error| failed(format!("its answer of {} bytes is no JSON: {error}", answer.len())))?;
    match refusal.error {
        Some(cause) => Err(Error::Refused { address: address.to_string(), cause }),
        None => Ok(answer),
    }
}

/// Asks for a change and waits for its outcome, as long as it takes. `hear` gets what the master says meanwhile.
pub(crate) fn ask_for_change(
    address: &Control,
    request: Request,
    hear: impl FnMut(&str),
) -> Result<Outcome, Error> {
    let broken = |error: io::Error| Error::NoMaster {
        address: address.to_string(),
        cause: describe(&error, PATIENCE),
    };
    hear_outcome(BufReader::new(send(address, request, PATIENCE).map_err(broken)?), address, hear)
}

/// Reads what the master says to the end, of which the last is the outcome.
pub(super) fn hear_outcome(
    said: impl BufRead,
    address: &Control,
    mut hear: impl FnMut(&str),
) -> Result<Outcome, Error> {
    let failed = |cause: String| Error::NoMaster { address: address.to_string(), cause };
    let broken = |error: &io::Error| failed(describe(error, PATIENCE));
    let mut answer = String::new();
    for line in said.lines() {
        let line = match line {
            // It closed with something of ours unread, after it had answered.
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset && !answer.is_empty() => break,
            line => line.map_err(|error| broken(&error))?,
        };
        match serde_json::from_str::<Progress>(&line) {
            Ok(word) => hear(&word.progress),
            Err(_) => answer = line,
        }
    }
    if answer.is_empty() {
        return Err(failed("it ended, or closed, before it had an answer: look at its log".to_owned()));
    }
    match serde_json::from_str::<Refusal>(&answer) {
        Ok(Refusal { error: Some(cause) }) => Err(Error::Refused { address: address.to_string(), cause }),
        _ => {
            serde_json::from_str(&answer).map_err(|error| failed(format!("it answered {answer:?}: {error}")))
        }
    }
}

fn exchange(address: &Control, request: Request, patience: Duration) -> io::Result<String> {
    let deadline = Instant::now() + patience;
    let answer = read_until(&send(address, request, patience)?, deadline)?;
    String::from_utf8(answer).map_err(io::Error::other)
}

/// Connects and asks.
fn send(address: &Control, request: Request, patience: Duration) -> io::Result<Socket> {
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.set_write_timeout(Some(patience))?;
    socket.connect(&socket_address(address)?)?;
    // An abstract name is anybody's who is first.
    if !is_welcome(&socket) {
        let user = credentials(&socket).map_or("unknown".to_owned(), |other| other.uid().to_string());
        let why =
            format!("a process of the user with uid {user} listens there: ask as that user, if you trust it");
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, why));
    }
    // A master that refuses may have answered and closed already: what it said is there to be read. One that has only
    // gone has said nothing, and then there is nothing to read either.
    let _ = (&socket).write_all(format!("{request}\n").as_bytes());
    Ok(socket)
}

/// Reads to the end.
fn read_until(mut socket: &Socket, deadline: Instant) -> io::Result<Vec<u8>> {
    let mut answer = Vec::new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        socket.set_read_timeout(Some(left))?;
        match socket.read(&mut buffer) {
            Ok(0) => return Ok(answer),
            Ok(length) => answer.extend(&buffer[..length]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => (),
            // It closed with something of ours unread, after it had answered.
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset && !answer.is_empty() => {
                return Ok(answer);
            }
            Err(error) => return Err(error),
        }
        if answer.len() > ANSWER_BYTES_MAX {
            return Err(io::Error::other(format!("its answer is longer than {ANSWER_BYTES_MAX} bytes")));
        }
    }
}

fn describe(error: &io::Error, patience: Duration) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused | io::ErrorKind::NotFound => {
            "nobody listens there; is it running? If it has another address, its log names it (control=…): give that \
             with --control"
                .to_owned()
        }
        io::ErrorKind::WouldBlock => format!("it did not answer within {patience:?}"),
        _ => error.to_string(),
    }
}
