//! What holds for whatever comes over the control socket, in either direction.

use std::io::Read as _;
use std::str;
use std::time::Instant;

use socket2::{Domain, Socket, Type};

use super::client::hear_outcome;
use super::{
    Client, Outcome, PATIENCE, Progress, REQUEST_BYTES_MAX, Refusal, Request, Stage, Ticket, failure, written,
};
use crate::config::Control;
use crate::error::Error;

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

/// What a master says of a change is heard to the outcome, which is no word on the way. An outcome that is said again, or a
/// refusal in these words, is heard as it was meant.
pub(crate) fn outcome(said: &[u8]) {
    let Ok(text) = str::from_utf8(said) else { return };
    match hear(&failure(text)) {
        (Err(Error::Refused { cause, .. }), words) if words.is_empty() => assert_eq!(cause, text),
        heard => panic!("{heard:?} is no refusal"),
    }
    let (Ok(outcome), words) = hear(said) else { return };
    let is_word = |line: &&str| serde_json::from_str::<Progress>(line).is_ok();
    assert_eq!(words.len(), text.lines().filter(is_word).count());
    let last = text.lines().rfind(|line| !is_word(line)).expect("something was the outcome");
    assert_eq!(hear(last.as_bytes()).0.expect("it was one"), outcome);

    let again = [written(&Progress { progress: outcome.text.clone() }), written(&outcome)].join(&b'\n');
    let (again, words) = hear(&again);
    let again = again.expect("we wrote it");
    assert_eq!(words, [&*outcome.text]);
    assert_eq!((again.ok, &again.text, again.generation), (outcome.ok, &outcome.text, outcome.generation));
    // A number is read to its last digit but one.
    assert!((again.took_seconds - outcome.took_seconds).abs() <= outcome.took_seconds.abs() * 1e-15);
}

/// What is heard in the end, and what before.
fn hear(said: &[u8]) -> (Result<Outcome, Error>, Vec<String>) {
    let mut words = Vec::new();
    let heard = hear_outcome(said, &Control::Auto, |word| words.push(word.to_owned()));
    (heard, words)
}
