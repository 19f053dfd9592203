//! The master's control socket: commands of this user, or of root, asked in a line and answered in JSON.
//!
//! The master serves it from its loop, so nothing here waits, and everything has a limit: a client that is slow, silent or
//! hostile costs the loop nothing and is dropped. [`ask`] is the other side.

mod client;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz;
mod listener;
mod request;

use std::collections::VecDeque;
use std::io::{self, Read as _};
use std::net::Shutdown;
use std::os::fd::AsFd;
use std::rc::Rc;
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use serde::{Deserialize, Serialize};
use socket2::Socket;

pub(crate) use client::{ask, ask_for_change};
pub(crate) use listener::ControlListener;
pub(crate) use request::{Change, Health, Outcome, Question, Request, Size};

use listener::is_welcome;

/// The longest request. All of ours are shorter by far.
const REQUEST_BYTES_MAX: usize = 256;
/// The most clients at a time. Another one takes the place of the oldest.
const CLIENTS_MAX: usize = 32;
/// How long nobody is accepted after an accept for which the system lacked something.
const PAUSE: Duration = Duration::from_millis(500);
/// How long a client may take in all, from its connection to its last byte.
const PATIENCE: Duration = Duration::from_secs(5);

/// Which client asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ticket(u64);

/// The socket, with whoever is connected to it.
pub(crate) struct ControlSocket {
    /// `None` while another master has it.
    listener: Option<ControlListener>,
    clients: VecDeque<Client>,
    tickets: u64,
    /// Until then nobody is accepted: the system lacked what it takes.
    accept_not_before: Option<Instant>,
}

struct Client {
    ticket: Ticket,
    socket: Socket,
    deadline: Instant,
    stage: Stage,
}

enum Stage {
    /// Its request is coming in.
    Asking(Vec<u8>),
    /// The master has its request.
    Waiting,
    /// So much of its answer is sent.
    Answering { answer: Rc<[u8]>, sent: usize },
}

impl ControlSocket {
    /// Serves whoever comes there.
    pub(crate) fn new(listener: Option<ControlListener>) -> Self {
        Self { listener, clients: VecDeque::new(), tickets: 0, accept_not_before: None }
    }

    /// The listener, if this master has it.
    pub(crate) fn listener(&self) -> Option<&ControlListener> {
        self.listener.as_ref()
    }

    /// Listens there from now on. Whoever has asked already gets an answer.
    pub(crate) fn move_to(&mut self, listener: ControlListener) {
        self.listener = Some(listener);
    }

    /// Listens no more; the file is left to another master, if that has taken it over. Whoever has asked already gets an
    /// answer.
    pub(crate) fn leave(&mut self, to_another: bool) {
        if let Some(mut listener) = self.listener.take().filter(|_| to_another) {
            listener.disown();
        }
    }

    /// What to wait for.
    pub(crate) fn files(&self) -> impl Iterator<Item = PollFd<'_>> {
        let clients = self.clients.iter().map(|client| {
            let flags = match client.stage {
                Stage::Asking(_) => PollFlags::POLLIN,
                // Only its end is of interest, of which poll tells unasked.
                Stage::Waiting => PollFlags::empty(),
                Stage::Answering { .. } => PollFlags::POLLOUT,
            };
            PollFd::new(client.socket.as_fd(), flags)
        });
        let door = self.listener.as_ref().filter(|_| self.accept_not_before.is_none());
        let door = door.map(|listener| PollFd::new(listener.as_fd(), PollFlags::POLLIN));
        door.into_iter().chain(clients)
    }

    /// When a client's time is up, or clients are accepted again.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        let deadlines = self.clients.iter().filter_map(Client::deadline);
        deadlines.chain(self.accept_not_before).min()
    }

    /// Goes on with every client as far as it goes without waiting, and returns the requests that are complete.
    pub(crate) fn take_requests(&mut self, now: Instant) -> Vec<(Ticket, Request)> {
        self.accept(now);
        let mut requests = Vec::new();
        self.clients.retain_mut(|client| {
            let has_time = client.deadline().is_none_or(|deadline| deadline > now);
            let goes_on = has_time && client.advance().unwrap_or(false);
            if let Some(request) = client.take_request() {
                requests.push((client.ticket, request));
            }
            goes_on
        });
        requests
    }

    /// Answers a request. Whoever has gone meanwhile gets nothing.
    pub(crate) fn answer(&mut self, ticket: Ticket, answer: Rc<[u8]>) {
        let Some(at) = self.clients.iter().position(|client| client.ticket == ticket) else { return };
        let client = &mut self.clients[at];
        client.deadline = Instant::now() + PATIENCE;
        client.stage = Stage::Answering { answer, sent: 0 };
        if !client.advance().unwrap_or(false) {
            self.clients.remove(at);
        }
    }

    /// Says something to whoever waits for an answer, and keeps the connection open. A word that cannot be sent at once
    /// is not sent.
    pub(crate) fn tell(&self, ticket: Ticket, word: &impl Serialize) {
        if let Some(client) = self.clients.iter().find(|client| client.ticket == ticket) {
            let line = [written(word), b"\n".to_vec()].concat();
            let _ = client.socket.send_with_flags(&line, nix::libc::MSG_NOSIGNAL);
        }
    }

    fn accept(&mut self, now: Instant) {
        if self.accept_not_before.is_some_and(|at| at > now) {
            return;
        }
        self.accept_not_before = None;
        // As many as may stay: whoever comes after them has to wait for the next turn of the loop.
        for _ in 0..CLIENTS_MAX {
            let Some(listener) = &self.listener else { return };
            match listener.accept() {
                Ok(socket) => self.admit(socket, now),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) => {
                    // Most likely no file is left. Whoever waits stays in the queue, and would wake the loop at once.
                    tracing::debug!("cannot accept at the control socket: {error}");
                    self.accept_not_before = Some(now + PAUSE);
                    return;
                }
            }
        }
    }

    fn admit(&mut self, socket: Socket, now: Instant) {
        if socket.set_nonblocking(true).is_err() {
            return;
        }
        if !is_welcome(&socket) {
            // If this fails, the client hears nothing, as it would without it.
            let _ = socket.send_with_flags(&refusal("you are another user"), nix::libc::MSG_NOSIGNAL);
            return;
        }
        if self.clients.len() == CLIENTS_MAX {
            // Whoever waits for an outcome has asked already, and costs nothing.
            let Some(oldest) = self.clients.iter().position(|client| client.deadline().is_some()) else {
                let _ =
                    socket.send_with_flags(&refusal("too many wait for an answer"), nix::libc::MSG_NOSIGNAL);
                return;
            };
            self.clients.remove(oldest);
        }
        self.tickets += 1;
        let (ticket, deadline) = (Ticket(self.tickets), now + PATIENCE);
        self.clients.push_back(Client { ticket, socket, deadline, stage: Stage::Asking(Vec::new()) });
    }
}

impl Client {
    /// When its time is up: not while it waits for the master.
    fn deadline(&self) -> Option<Instant> {
        (!matches!(self.stage, Stage::Waiting)).then_some(self.deadline)
    }

    /// Reads or writes what goes without waiting; false when there is nothing left to do.
    fn advance(&mut self) -> io::Result<bool> {
        match &mut self.stage {
            Stage::Asking(request) => {
                let mut buffer = [0; REQUEST_BYTES_MAX];
                match unless_it_would_block((&self.socket).read(&mut buffer))? {
                    Some(0) => return Ok(false),
                    Some(length) => request.extend(&buffer[..length]),
                    None => (),
                }
                Ok(true)
            }
            Stage::Waiting => Ok(!self.has_hung_up()),
            Stage::Answering { answer, sent } => {
                while *sent < answer.len() {
                    match unless_it_would_block(
                        self.socket.send_with_flags(&answer[*sent..], nix::libc::MSG_NOSIGNAL),
                    )? {
                        Some(length) => *sent += length,
                        None => return Ok(true),
                    }
                }
                // To close it would not be the end of the answer yet, as long as a worker that was just forked has it too.
                self.socket.shutdown(Shutdown::Write)?;
                Ok(false)
            }
        }
    }

    /// Whether nobody is left to hear the answer. Who has only sent its last byte is.
    fn has_hung_up(&self) -> bool {
        let mut files = [PollFd::new(self.socket.as_fd(), PollFlags::empty())];
        poll(&mut files, PollTimeout::ZERO).is_ok_and(|count| count > 0)
    }

    /// The request, once it is complete. One that is none gets its answer at once.
    fn take_request(&mut self) -> Option<Request> {
        let Stage::Asking(bytes) = &self.stage else { return None };
        // However it comes in: what is too long as a whole is too long in pieces.
        let Some(end) = bytes.iter().take(REQUEST_BYTES_MAX).position(|byte| *byte == b'\n') else {
            if bytes.len() >= REQUEST_BYTES_MAX {
                self.refuse("a request is a short line");
            }
            return None;
        };
        let line = String::from_utf8_lossy(&bytes[..end]).into_owned();
        match Request::parse(line.trim_end()) {
            Ok(request) => {
                self.stage = Stage::Waiting;
                Some(request)
            }
            Err(why) => {
                self.refuse(&why);
                None
            }
        }
    }

    fn refuse(&mut self, why: &str) {
        self.stage = Stage::Answering { answer: failure(why).into(), sent: 0 };
    }
}

/// An answer with an `error` says why there is none.
#[derive(Debug, Serialize, Deserialize)]
struct Refusal {
    error: Option<String>,
}

/// What is said while the answer takes its time.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Progress {
    pub(crate) progress: String,
}

/// An answer of the master.
pub(crate) fn written(answer: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(answer)
        .unwrap_or_else(|error| failure(&format!("the answer cannot be written: {error}")))
}

/// The answer that says why there is none.
pub(crate) fn failure(why: &str) -> Vec<u8> {
    let refusal = Refusal { error: Some(why.to_owned()) };
    serde_json::to_vec(&refusal).expect("a text can be written")
}

/// The same for one who is sent away: a line, which is read although the connection ends.
fn refusal(why: &str) -> Vec<u8> {
    [failure(why), b"\n".to_vec()].concat()
}

/// The result of a call, `None` when it has to be repeated later.
fn unless_it_would_block<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use crate::config::Control;
    use std::io::Write as _;
    use std::thread;

    use socket2::{Domain, Type};

    use super::listener::socket_address;
    use super::*;

    fn open(name: &str) -> (Control, ControlSocket) {
        let address = Control::Abstract(format!("prefork-test-{name}-{}", std::process::id()));
        let socket = ControlSocket::new(Some(ControlListener::open(&address).unwrap()));
        (address, socket)
    }

    #[test]
    fn a_request_is_answered() {
        let (address, mut control) = open("answered");
        let client = thread::spawn(move || ask(&address, Request::Ask(Question::Status), PATIENCE).unwrap());
        let answer = vec![b' '; 5 << 20];
        while !client.is_finished() {
            for (ticket, request) in control.take_requests(Instant::now()) {
                assert_eq!(request, Request::Ask(Question::Status));
                control.answer(ticket, [b"{}".as_slice(), &answer].concat().into());
            }
        }
        assert_eq!(client.join().unwrap().len(), answer.len() + 2);
        assert!(control.clients.is_empty());
    }

    #[test]
    fn an_answer_ends_although_a_child_that_was_just_forked_has_the_socket_still() {
        let (address, mut control) = open("forked");
        let client = thread::spawn(move || ask(&address, Request::Ask(Question::Status), PATIENCE).unwrap());
        let mut of_child = None;
        while !client.is_finished() {
            for (ticket, _) in control.take_requests(Instant::now()) {
                of_child = Some(control.clients[0].socket.try_clone().unwrap());
                control.answer(ticket, b"{}".as_slice().into());
            }
        }
        assert_eq!(client.join().unwrap(), "{}");
        assert!(of_child.is_some());
    }

    #[test]
    fn a_request_that_is_too_long_is_refused_however_it_comes() {
        let request = format!("status{}\n", " ".repeat(REQUEST_BYTES_MAX));
        for first in [1, REQUEST_BYTES_MAX - 1, REQUEST_BYTES_MAX] {
            let (socket, other) = Socket::pair(Domain::UNIX, Type::STREAM, None).unwrap();
            let (ticket, deadline) = (Ticket(1), Instant::now() + PATIENCE);
            let mut client = Client { ticket, socket, deadline, stage: Stage::Asking(Vec::new()) };
            for piece in [&request.as_bytes()[..first], &request.as_bytes()[first..]] {
                other.send(piece).unwrap();
                assert!(client.advance().unwrap() || matches!(client.stage, Stage::Answering { .. }));
                assert_eq!(client.take_request(), None);
            }
            assert!(matches!(client.stage, Stage::Answering { .. }), "{first}");
        }
    }

    #[test]
    fn nobody_stays_beyond_its_time_and_the_newest_finds_room() {
        let (address, mut control) = open("room");
        let now = Instant::now();
        let connect = || {
            let socket = Socket::new(Domain::UNIX, Type::STREAM, None).unwrap();
            socket.connect(&socket_address(&address).unwrap()).unwrap();
            socket
        };
        let mut silent = Vec::new();
        for _ in 0..CLIENTS_MAX + 8 {
            silent.push(connect());
            assert_eq!(control.take_requests(now), []);
        }
        assert_eq!(control.clients.len(), CLIENTS_MAX);
        (&connect()).write_all(b"health\n").unwrap();
        assert_eq!(control.take_requests(now).len(), 1);
        assert_eq!(control.next_deadline(), Some(now + PATIENCE));
        assert_eq!(control.take_requests(now + PATIENCE), []);
        assert!(control.clients.is_empty());
    }
}
