//! What holds for whatever comes over the control socket, in either direction.

use std::io::Read as _;
use std::time::Instant;

use socket2::{Domain, Socket, Type};

use super::client::hear_outcome;
use super::{Client, PATIENCE, REQUEST_BYTES_MAX, Refusal, Request, Stage, Ticket};
use crate::config::Control;
use crate::printable::{self, steers};

/// The longest that is sent: a few times what is taken.
const SENT_BYTES_MAX: usize = 4 * REQUEST_BYTES_MAX;

/// A request says the same whether it comes as a whole or in pieces of this length.
pub(crate) fn request(bytes: &[u8], piece: usize) {
    let bytes = &bytes[..bytes.len().min(SENT_BYTES_MAX)];
    let heard = heard(bytes, SENT_BYTES_MAX);
    assert_eq!(heard, self::heard(bytes, piece.max(1)), "in pieces of {piece}");
    if let Heard::Request(request) = heard {
        assert_eq!(Request::parse(&request.to_string()), Ok(request));
    }
}

#[derive(Debug, PartialEq)]
enum Heard {
    Request(Request),
    Refused,
    /// More has to come.
    Nothing,
}

fn heard(bytes: &[u8], piece: usize) -> Heard {
    let (socket, mut other) = Socket::pair(Domain::UNIX, Type::STREAM, None).expect("there are sockets");
    socket.set_nonblocking(true).expect("it is a socket");
    let stage = Stage::Asking(Vec::new());
    let mut client = Client { ticket: Ticket(1), socket, deadline: Instant::now() + PATIENCE, stage };
    for piece in bytes.chunks(piece) {
        other.send(piece).expect("it fits into the socket's buffer");
        // A look more than there are pieces of what one look takes.
        for _ in 0..=piece.len() / REQUEST_BYTES_MAX {
            client.advance().expect("the other end is open");
            if let Some(request) = client.take_request() {
                return Heard::Request(request);
            }
            if let Stage::Answering { .. } = client.stage {
                assert_eq!(client.advance().ok(), Some(false), "it is told at once");
                drop(client);
                let mut answer = Vec::new();
                // It may end with something of ours unread.
                let _ = other.read_to_end(&mut answer);
                let refusal: Refusal = serde_json::from_slice(&answer).expect("it is told in JSON");
                assert!(refusal.error.is_some());
                return Heard::Refused;
            }
        }
    }
    Heard::Nothing
}

/// What a master says of a change is an outcome or an error, and steers no terminal.
pub(crate) fn outcome(said: &[u8]) {
    let shown = |words: &str| {
        let words = printable::lines(words);
        assert!(!words.contains(|char| steers(char) && !"\n\t".contains(char)), "{words:?}");
    };
    match hear_outcome(said, &Control::Auto, shown) {
        Ok(outcome) => shown(&outcome.text),
        Err(error) => shown(&error.to_string()),
    }
}
