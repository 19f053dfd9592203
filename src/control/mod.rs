//! The master's control socket: commands of this user, or of root, asked in a line and answered in JSON.
//!
//! The master serves it from its loop, so nothing here waits, and everything has a limit: a client that is slow, silent or
//! hostile costs the loop nothing and is dropped. [`ask`] is the other side.

mod client;

use std::collections::VecDeque;
use std::fmt;
use std::io::{self, Read as _};
use std::os::fd::AsFd;
use std::rc::Rc;
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags};
use nix::sys::socket::{UnixCredentials, getsockopt, sockopt::PeerCredentials};
use nix::unistd::geteuid;
use serde::{Deserialize, Serialize};
use socket2::{Domain, SockAddr, Socket, Type};

pub(crate) use client::ask;

use crate::config::Control;
use crate::error::Error;
use crate::unix_socket::{self, SocketFile};

/// The longest request. All of ours are shorter by far.
const REQUEST_BYTES_MAX: usize = 256;
/// The most clients at a time. Another one takes the place of the oldest.
const CLIENTS_MAX: usize = 32;
/// How long nobody is accepted after an accept for which the system lacked something.
const PAUSE: Duration = Duration::from_millis(500);
/// How long a client may take in all, from its connection to its last byte.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a client may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Request {
    /// The pool at this moment.
    Status,
    /// The same without the connections that are served, which may be many.
    Queue,
    /// Whether it is ready.
    Health,
}

impl Request {
    const ALL: [Self; 3] = [Self::Status, Self::Queue, Self::Health];

    fn word(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Queue => "queue",
            Self::Health => "health",
        }
    }

    fn parse(line: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|request| request.word() == line)
    }
}

/// The answer to [`Request::Health`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Health {
    pub(crate) ready: bool,
    /// Why it is not.
    pub(crate) reason: Option<String>,
}

/// Which client asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ticket(u64);

/// The socket, with whoever is connected to it.
pub(crate) struct ControlSocket {
    socket: Socket,
    address: Control,
    /// The file, which goes with the process that made it.
    file: Option<SocketFile>,
    owner: u32,
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
    /// Opens it. An address that somebody has is refused, with who it is.
    pub(crate) fn open(address: &Control) -> Result<Self, Error> {
        let refused = |error: io::Error| {
            let taken = error.kind() == io::ErrorKind::AddrInUse;
            let cause = match owner(address).filter(|_| taken) {
                Some((pid, user)) => format!(
                    "the master with pid {pid}, of the user with uid {user}, has it; stop that, or choose another with --control"
                ),
                None => format!("{error}; choose another with --control"),
            };
            Error::Listen { address: format!("the control socket {address}"), cause }
        };
        let socket = bind(address).map_err(refused)?;
        let file = match address {
            Control::Path(path) => Some(SocketFile::of(path).map_err(refused)?),
            Control::Abstract(_) | Control::Auto => None,
        };
        let owner = std::process::id();
        Ok(Self {
            socket,
            address: address.clone(),
            file,
            owner,
            clients: VecDeque::new(),
            tickets: 0,
            accept_not_before: None,
        })
    }

    /// What to wait for.
    pub(crate) fn files(&self) -> impl Iterator<Item = PollFd<'_>> {
        let clients = self.clients.iter().filter_map(|client| {
            let flags = match client.stage {
                Stage::Asking(_) => PollFlags::POLLIN,
                Stage::Waiting => return None,
                Stage::Answering { .. } => PollFlags::POLLOUT,
            };
            Some(PollFd::new(client.socket.as_fd(), flags))
        });
        let is_open = self.accept_not_before.is_none();
        let door = is_open.then(|| PollFd::new(self.socket.as_fd(), PollFlags::POLLIN));
        door.into_iter().chain(clients)
    }

    /// When a client's time is up, or clients are accepted again.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        self.clients.iter().map(|client| client.deadline).chain(self.accept_not_before).min()
    }

    /// Goes on with every client as far as it goes without waiting, and returns the requests that are complete.
    pub(crate) fn take_requests(&mut self, now: Instant) -> Vec<(Ticket, Request)> {
        self.accept(now);
        let mut requests = Vec::new();
        self.clients.retain_mut(|client| {
            let goes_on = client.deadline > now && client.advance().unwrap_or(false);
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
        client.stage = Stage::Answering { answer, sent: 0 };
        if !client.advance().unwrap_or(false) {
            self.clients.remove(at);
        }
    }

    fn accept(&mut self, now: Instant) {
        if self.accept_not_before.is_some_and(|at| at > now) {
            return;
        }
        self.accept_not_before = None;
        // As many as may stay: whoever comes after them has to wait for the next turn of the loop.
        for _ in 0..CLIENTS_MAX {
            match self.socket.accept() {
                Ok((socket, _)) => self.admit(socket, now),
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
            let _ = socket.send_with_flags(&failure("you are another user"), nix::libc::MSG_NOSIGNAL);
            return;
        }
        if self.clients.len() == CLIENTS_MAX {
            self.clients.pop_front();
        }
        self.tickets += 1;
        let (ticket, deadline) = (Ticket(self.tickets), now + PATIENCE);
        self.clients.push_back(Client { ticket, socket, deadline, stage: Stage::Asking(Vec::new()) });
    }
}

impl fmt::Display for ControlSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address.fmt(f)
    }
}

impl Drop for ControlSocket {
    fn drop(&mut self) {
        // A child drops it too, but the file is the master's.
        if let Some(file) = self.file.as_ref().filter(|_| self.owner == std::process::id()) {
            // It fails when it is gone, which is as good.
            let _ = file.remove();
        }
    }
}

impl Client {
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
            Stage::Waiting => Ok(true),
            Stage::Answering { answer, sent } => {
                while *sent < answer.len() {
                    match unless_it_would_block(
                        self.socket.send_with_flags(&answer[*sent..], nix::libc::MSG_NOSIGNAL),
                    )? {
                        Some(length) => *sent += length,
                        None => return Ok(true),
                    }
                }
                Ok(false)
            }
        }
    }

    /// The request, once it is complete. One that is none gets its answer at once.
    fn take_request(&mut self) -> Option<Request> {
        let Stage::Asking(bytes) = &self.stage else { return None };
        let Some(end) = bytes.iter().position(|byte| *byte == b'\n') else {
            if bytes.len() >= REQUEST_BYTES_MAX {
                self.refuse("a request is a short line");
            }
            return None;
        };
        let line = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let request = Request::parse(line.trim_end());
        if request.is_some() {
            self.stage = Stage::Waiting;
        } else {
            let known = Request::ALL.map(Request::word).join(", ");
            self.refuse(&format!("unknown request {line:?}: this master knows {known}"));
        }
        request
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

fn bind(address: &Control) -> io::Result<Socket> {
    let backlog = i32::try_from(CLIENTS_MAX).unwrap_or(i32::MAX);
    let socket = match address {
        // The owner alone may use it.
        Control::Path(path) => unix_socket::listen(path, Some(0o600), backlog)?,
        Control::Abstract(_) | Control::Auto => {
            let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
            socket.bind(&socket_address(address)?)?;
            socket.listen(backlog)?;
            socket
        }
    };
    socket.set_nonblocking(true)?;
    Ok(socket)
}

fn socket_address(address: &Control) -> io::Result<SockAddr> {
    match address {
        Control::Path(path) => SockAddr::unix(path),
        // A name that begins with NUL is an abstract one, unix(7).
        Control::Abstract(name) => SockAddr::unix(format!("\0{name}")),
        Control::Auto => Err(io::ErrorKind::InvalidInput.into()),
    }
}

/// Whether the process at the other end belongs to root or to this user: at the time of its connect or listen.
fn is_welcome(socket: &Socket) -> bool {
    credentials(socket).is_some_and(|other| may_ask(other.uid(), geteuid().as_raw()))
}

fn may_ask(user: u32, own: u32) -> bool {
    user == 0 || user == own
}

fn credentials(socket: &Socket) -> Option<UnixCredentials> {
    getsockopt(socket, PeerCredentials).ok()
}

/// Who listens at an address: pid and user.
fn owner(address: &Control) -> Option<(i32, u32)> {
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None).ok()?;
    socket.set_nonblocking(true).ok()?;
    socket.connect(&socket_address(address).ok()?).ok()?;
    // One in another pid namespace has no pid here.
    credentials(&socket).filter(|other| other.pid() > 0).map(|other| (other.pid(), other.uid()))
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
    use std::io::Write as _;
    use std::thread;

    use super::*;

    fn open(name: &str) -> (Control, ControlSocket) {
        let address = Control::Abstract(format!("prefork-test-{name}-{}", std::process::id()));
        let socket = ControlSocket::open(&address).unwrap();
        (address, socket)
    }

    #[test]
    fn root_and_the_same_user_may_ask() {
        assert!(may_ask(0, 1000) && may_ask(1000, 1000));
        assert!(!may_ask(1001, 1000) && !may_ask(1000, 0));
    }

    #[test]
    fn a_request_is_answered() {
        let (address, mut control) = open("answered");
        let client = thread::spawn(move || ask(&address, Request::Status, PATIENCE).unwrap());
        let answer = vec![b' '; 5 << 20];
        while !client.is_finished() {
            for (ticket, request) in control.take_requests(Instant::now()) {
                assert_eq!(request, Request::Status);
                control.answer(ticket, [b"{}".as_slice(), &answer].concat().into());
            }
        }
        assert_eq!(client.join().unwrap().len(), answer.len() + 2);
        assert!(control.clients.is_empty());
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
