//! A prompt: a line goes out, its answer comes back. The conversation survives the server.

use std::io::{self, Write};
use std::mem;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use super::keyboard::{Keyboard, Typed};
use super::line::{Exchange, Line, News, Update};
use crate::echo::Echo;
use crate::terminal::{DIM, RESET};
use crate::{Connection, Error, Failure, human, printable};

/// An answer or a connection that takes longer than this deserves an explanation.
const PATIENCE: Duration = Duration::from_secs(1);

/// The conversation, as the user sees it.
pub(super) struct Prompt<W> {
    exchange: Exchange,
    updates: Receiver<Update>,
    line: State,
    output: W,
    colour: bool,
    all_well: bool,
}

/// Whether there is somebody to talk to.
enum State {
    Open(Line),
    /// Why there is no line, where the user has not been told yet.
    Gone(Option<Failure>),
}

/// Why a line got no answer.
enum Trouble {
    /// The user did not want to wait for it.
    Abandoned,
    /// The connection was lost.
    Lost(Failure),
    /// There is no connection.
    NotConnected(Failure),
    /// Something on this side, after which one cannot go on.
    Local(Error),
}

/// What happens next.
enum Next {
    News(News),
    Interrupted,
    /// Nothing yet, and it is time to say why.
    Late,
}

impl<W: Write> Prompt<W> {
    /// Starts the conversation on a connection.
    pub(super) fn new(
        exchange: Exchange,
        updates: Receiver<Update>,
        connection: Connection,
        output: W,
        colour: bool,
    ) -> Result<Self, Error> {
        let line = State::Open(exchange.pick_up(connection)?);
        Ok(Self { exchange, updates, line, output, colour, all_well: true })
    }

    /// Asks what is typed until the user has enough; whether every answer came and was right, but for what
    /// was given up.
    pub(super) fn run(mut self, mut keyboard: Keyboard) -> Result<bool, Error> {
        loop {
            match keyboard.line()? {
                Typed::Line(line) => self.say(&line)?,
                Typed::Nothing => {}
                Typed::NotText => self.remark("this is not UTF-8; such bytes can come through a pipe")?,
                Typed::End => return Ok(self.all_well),
            }
        }
    }

    /// Sends a line and shows its answer. A line that is lost with its connection is sent once more.
    fn say(&mut self, line: &str) -> Result<(), Error> {
        let message = [line.as_bytes(), b"\n"].concat();
        self.catch_up();
        let mut outcome = self.try_to_say(&message);
        if let Err(Trouble::Lost(failure)) = outcome {
            self.line = State::Gone(Some(failure));
            outcome = self.try_to_say(&message);
        }
        let Err(trouble) = outcome else {
            return Ok(());
        };
        self.line = State::Gone(None);
        self.all_well &= matches!(trouble, Trouble::Abandoned);
        match trouble {
            Trouble::Abandoned => self.remark("no longer waiting; the next line gets a new connection"),
            Trouble::Lost(failure) => self.remark(&format!("no answer: {failure}")),
            Trouble::NotConnected(failure) => {
                let error = self.exchange.no_connection(failure);
                self.remark(&error.to_string())
            }
            Trouble::Local(error) => Err(error),
        }
    }

    fn try_to_say(&mut self, message: &[u8]) -> Result<(), Trouble> {
        if let State::Gone(reason) = &mut self.line {
            let reason = reason.take();
            self.connect_again(reason)?;
        }
        if let State::Open(line) = &self.line {
            line.send(message);
        }
        self.listen(message)
    }

    /// Takes note of what happened while the user was typing.
    fn catch_up(&mut self) {
        while let Ok(update) = self.updates.try_recv() {
            // Of a line that is gone, what comes is the end of what the user knows.
            let is_open = matches!(self.line, State::Open(_));
            match update {
                Update::Line(number, News::Closed(failure)) if is_open && self.exchange.is_latest(number) => {
                    self.line = State::Gone(Some(failure));
                }
                Update::Line(number, News::Bytes(bytes)) if is_open && self.exchange.is_latest(number) => {
                    self.line = State::Gone(Some(Failure::Extra { count: bytes.len() as u64 }));
                }
                // Ctrl-C where there was nothing to wait for, or what a former line said.
                Update::Interrupted | Update::Line(..) => {}
            }
        }
    }

    /// Connects, and says so; also why, if the user does not know.
    fn connect_again(&mut self, reason: Option<Failure>) -> Result<(), Trouble> {
        let mut reason = match reason {
            // At a prompt nobody has to close before the other.
            Some(Failure::Closed) => "the server closed the connection; ".to_owned(),
            Some(reason) => format!("{reason}; "),
            None => String::new(),
        };
        self.exchange.dial().map_err(Error::local("cannot start a thread"))?;
        let mut due = Some(Instant::now() + PATIENCE);
        loop {
            match self.next(due) {
                Next::News(News::Opened(Ok(connection))) => {
                    self.line = State::Open(self.exchange.pick_up(connection)?);
                    return Ok(self.remark(&format!("{reason}connected again"))?);
                }
                Next::News(News::Opened(Err(failure))) => return Err(Trouble::NotConnected(failure)),
                // There is no line that could say something.
                Next::News(News::Bytes(_) | News::Closed(_)) => {}
                Next::Interrupted => return Err(Trouble::Abandoned),
                Next::Late => {
                    self.remark(&format!("{}connecting again (Ctrl-C gives up)", mem::take(&mut reason)))?;
                    due = None;
                }
            }
        }
    }

    /// Waits for the whole answer to a message and shows it, with the time that it took.
    fn listen(&mut self, message: &[u8]) -> Result<(), Trouble> {
        let asked = Instant::now();
        let mut answer = Vec::new();
        let mut due = Some(asked + PATIENCE);
        while answer.len() < message.len() {
            match self.next(due) {
                Next::News(News::Bytes(bytes)) => {
                    answer.extend(bytes);
                    // Whoever is served needs no explanation; a slow service is not a queue.
                    due = None;
                }
                Next::News(News::Closed(Failure::Closed)) => {
                    let (got, expected) = (answer.len() as u64, message.len() as u64);
                    return Err(Trouble::Lost(Failure::Short { got, expected }));
                }
                Next::News(News::Closed(failure)) => return Err(Trouble::Lost(failure)),
                // Each connection is opened once.
                Next::News(News::Opened(_)) => {}
                Next::Interrupted => return Err(Trouble::Abandoned),
                Next::Late => {
                    self.remark(
                        "waiting: connected, but no answer yet (all slots busy, or a slow service); \
                         Ctrl-C gives up",
                    )?;
                    due = None;
                }
            }
        }
        Ok(self.show(message, &answer, asked.elapsed())?)
    }

    /// Shows an answer, and whether it is the right one.
    fn show(&mut self, message: &[u8], answer: &[u8], time: Duration) -> Result<(), Error> {
        let text = printable::lines(answer.strip_suffix(b"\n").unwrap_or(answer));
        let time = self.dimmed(&human::time(time));
        self.write(&format!("{text}  {time}\n"))?;
        let checked = Echo::of(message, self.exchange.options().transform).take(answer);
        let Err(failure) = checked else {
            return Ok(());
        };
        self.all_well = false;
        self.remark(&format!("this is not the echo: {failure}"))?;
        if matches!(failure, Failure::Extra { .. }) {
            // Nobody knows which answer the next bytes would belong to.
            self.line = State::Gone(None);
        }
        Ok(())
    }

    /// The next thing that matters, or [`Next::Late`] when it is time to say why there is none.
    fn next(&self, due: Option<Instant>) -> Next {
        loop {
            let update = match due {
                None => self.updates.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(due) => self.updates.recv_timeout(due.saturating_duration_since(Instant::now())),
            };
            match update {
                Ok(Update::Interrupted) => return Next::Interrupted,
                Ok(Update::Line(number, news)) if self.exchange.is_latest(number) => return Next::News(news),
                Ok(Update::Line(..)) => {}
                Err(RecvTimeoutError::Timeout) => return Next::Late,
                Err(RecvTimeoutError::Disconnected) => unreachable!("the exchange holds a sender"),
            }
        }
    }

    /// Tells the user something that no server said.
    fn remark(&mut self, text: &str) -> Result<(), Error> {
        let text = self.dimmed(text);
        self.write(&format!("{text}\n"))
    }

    fn dimmed(&self, text: &str) -> String {
        if self.colour { format!("{DIM}{text}{RESET}") } else { text.to_owned() }
    }

    fn write(&mut self, text: &str) -> Result<(), Error> {
        let written: io::Result<()> =
            self.output.write_all(text.as_bytes()).and_then(|()| self.output.flush());
        written.map_err(Error::local("cannot write to standard output"))
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self::Local(error)
    }
}
