//! A prompt: a line goes out, its answer comes back.

use std::io::{self, BufRead, Write};
use std::net::Shutdown;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::thread;
use std::time::{Duration, Instant};

use socket2::Socket;

use super::{COPIED_MAX, read};
use crate::terminal::{DIM, RESET};
use crate::{Error, Failure, human};

/// An answer that takes longer than this deserves an explanation.
const PATIENCE: Duration = Duration::from_secs(1);

/// So many updates may be under way; whoever has more to tell waits.
const UPDATES_MAX: usize = 16;

/// What the two threads that wait, for the user and for the server, tell the one that shows.
enum Update {
    Line(Vec<u8>),
    InputEnded(io::Result<()>),
    Answer(Vec<u8>),
    ServerClosed(Option<Failure>),
}

/// The conversation, as the user sees it.
pub(super) struct Prompt<W> {
    socket: Arc<Socket>,
    output: W,
    colour: bool,
    question: Option<Question>,
    received: u64,
    explained: bool,
    half_closed: bool,
}

/// A line whose answer has not come as a whole.
struct Question {
    asked: Instant,
    /// The bytes of the answer that are to come.
    owed: usize,
}

impl<W: Write> Prompt<W> {
    pub(super) fn new(socket: Arc<Socket>, output: W, colour: bool) -> Self {
        Self { socket, output, colour, question: None, received: 0, explained: false, half_closed: false }
    }

    /// Shows the prompt and whatever happens, until the input and then the server end.
    pub(super) fn run(mut self, input: impl BufRead + Send + 'static) -> Result<(), Error> {
        let updates = spawn_readers(&self.socket, input).map_err(Error::local("cannot start a thread"))?;
        let unwritable = Error::local("cannot write to the terminal");
        self.show("> ").map_err(&unwritable)?;
        loop {
            match self.next(&updates) {
                Some(Update::Line(line)) => self.ask(&line),
                Some(Update::Answer(bytes)) => self.take(&bytes).map_err(&unwritable)?,
                Some(Update::InputEnded(outcome)) => {
                    outcome.map_err(Error::local("cannot read standard input"))?;
                    self.half_close().map_err(&unwritable)?;
                }
                Some(Update::ServerClosed(failure)) => return self.end(failure),
                None => self.explain().map_err(&unwritable)?,
            }
        }
    }

    /// The next update, or `None` when it is time to explain why there is none.
    fn next(&self, updates: &Receiver<Update>) -> Option<Update> {
        let due = match &self.question {
            Some(question) if !self.explained => question.asked + PATIENCE,
            _ => return Some(updates.recv().expect("the reader of the socket tells before it ends")),
        };
        match updates.recv_timeout(due.saturating_duration_since(Instant::now())) {
            Ok(update) => Some(update),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => {
                unreachable!("the reader of the socket tells before it ends")
            }
        }
    }

    /// Sends a line. One that is typed before the last answer came belongs to the same question.
    fn ask(&mut self, line: &[u8]) {
        let question = self.question.get_or_insert_with(|| Question { asked: Instant::now(), owed: 0 });
        question.owed += line.len();
        // Where this fails, the reader of the socket learns in what way the server is gone, and tells.
        let _ = (&*self.socket).write_all(line);
    }

    /// Shows what came, and when it is complete how long it took.
    fn take(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.received += bytes.len() as u64;
        // Nobody who is served needs an explanation any more; a slow service is not a queue.
        self.explained = true;
        let Some(question) = &mut self.question else {
            return self.show_bytes(bytes);
        };
        question.owed = question.owed.saturating_sub(bytes.len());
        if question.owed > 0 {
            return self.show_bytes(bytes);
        }
        let time = human::time(question.asked.elapsed());
        self.question = None;
        self.show_bytes(bytes.strip_suffix(b"\n").unwrap_or(bytes))?;
        self.show_dimmed(&format!("  {time}"))?;
        self.show(if self.half_closed { "\n" } else { "\n> " })
    }

    /// Says why there is no answer yet.
    fn explain(&mut self) -> io::Result<()> {
        self.explained = true;
        self.show_dimmed("waiting: connected, but no answer yet (all slots busy, or a slow service)")?;
        self.show("\n")
    }

    /// Tells the server that nothing more comes. It closes when it has answered all.
    fn half_close(&mut self) -> io::Result<()> {
        self.half_closed = true;
        // This fails where the server is gone, which its reader tells.
        let _ = self.socket.shutdown(Shutdown::Write);
        if self.question.is_none() { self.show("\n") } else { Ok(()) }
    }

    /// Whether the conversation was complete when the server ended it.
    fn end(mut self, failure: Option<Failure>) -> Result<(), Error> {
        let received = self.received;
        if failure.is_none() && self.half_closed && self.question.is_none() {
            return Ok(());
        }
        // The message comes on a line of its own, not behind the prompt.
        self.show("\n").map_err(Error::local("cannot write to the terminal"))?;
        match failure {
            Some(failure) => Err(Error::Broken { failure, received }),
            None => Err(Error::ClosedEarly { received }),
        }
    }

    fn show_dimmed(&mut self, text: &str) -> io::Result<()> {
        if self.colour { self.show(&format!("{DIM}{text}{RESET}")) } else { self.show(text) }
    }

    fn show(&mut self, text: &str) -> io::Result<()> {
        self.show_bytes(text.as_bytes())
    }

    fn show_bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.output.write_all(bytes)?;
        self.output.flush()
    }
}

/// Starts the threads that wait for the user and for the server. Each ends when nobody listens to it any more.
fn spawn_readers(socket: &Arc<Socket>, input: impl BufRead + Send + 'static) -> io::Result<Receiver<Update>> {
    let (tell, updates) = mpsc::sync_channel(UPDATES_MAX);
    let tell_input = tell.clone();
    thread::Builder::new().name("input".to_owned()).spawn(move || read_lines(input, &tell_input))?;
    let socket = Arc::clone(socket);
    thread::Builder::new().name("answers".to_owned()).spawn(move || read_answers(&socket, &tell))?;
    Ok(updates)
}

fn read_lines(mut input: impl BufRead, tell: &SyncSender<Update>) {
    loop {
        let mut line = Vec::new();
        let update = match input.read_until(b'\n', &mut line) {
            Ok(0) => Update::InputEnded(Ok(())),
            Ok(_) => Update::Line(line),
            Err(error) => Update::InputEnded(Err(error)),
        };
        let ended = matches!(update, Update::InputEnded(_));
        if tell.send(update).is_err() || ended {
            return;
        }
    }
}

fn read_answers(socket: &Socket, tell: &SyncSender<Update>) {
    let mut buffer = vec![0; COPIED_MAX];
    loop {
        let update = match read(socket, &mut buffer) {
            Ok(0) => Update::ServerClosed(None),
            Ok(length) => Update::Answer(buffer[..length].to_vec()),
            Err(failure) => Update::ServerClosed(Some(failure)),
        };
        let ended = matches!(update, Update::ServerClosed(_));
        if tell.send(update).is_err() || ended {
            return;
        }
    }
}
