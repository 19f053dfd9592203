//! What one client does with its connection, and how it judges what comes back.

use std::cell::Cell;
use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use prefork_client::{Address, Connection, Failure, Options, Transform};
use rand::RngExt;
use rand::rngs::StdRng;

use super::Server;
use crate::verdict::losses::{End, Outcome};

/// How long anything may take a client: what is done to the server takes some seconds, and so do lost packets.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A conversation goes on for so long at most, and others are silent for so long at a time.
const CONVERSATION_MAX: Duration = Duration::from_secs(6);
const SHORT_PAUSE: Duration = Duration::from_millis(20);
/// So long a stuck client reads nothing.
const STUCK: Duration = Duration::from_millis(1500);
/// The most that it sends meanwhile: more than fits into all buffers on the way.
const STUCK_BYTES: usize = 16 << 20;

/// What a client does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Script {
    /// Some messages without a pause.
    Fast,
    /// One message, in small pieces with pauses.
    Slow,
    /// Sends and does not read for a while.
    Stuck,
    /// Leaves by a reset, with bytes on their way.
    Reset,
    /// Half-closes first and reads then.
    HalfOpen,
    /// Megabytes.
    Huge,
    /// Says nothing.
    Empty,
    /// Many messages before it reads.
    Pipelining,
    /// Messages of one byte.
    OneByte,
    /// Talks for as long as it may.
    Conversation,
}

impl Script {
    /// With their weights.
    const ALL: [(Self, u32); 10] = [
        (Self::Fast, 6),
        (Self::Slow, 2),
        (Self::Stuck, 1),
        (Self::Reset, 2),
        (Self::HalfOpen, 2),
        (Self::Huge, 1),
        (Self::Empty, 2),
        (Self::Pipelining, 2),
        (Self::OneByte, 2),
        (Self::Conversation, 3),
    ];

    /// By chance.
    pub(crate) fn choose(random: &mut StdRng) -> Self {
        let sum: u32 = Self::ALL.iter().map(|(_, weight)| weight).sum();
        let mut left = random.random_range(0..sum);
        let chosen = Self::ALL.iter().find(|(_, weight)| {
            let is_it = left < *weight;
            left = left.saturating_sub(*weight);
            is_it
        });
        chosen.expect("it is below their sum").0
    }

    fn name(self) -> &'static str {
        match self {
            Self::Fast => "fast",
            Self::Slow => "slow",
            Self::Stuck => "stuck",
            Self::Reset => "reset",
            Self::HalfOpen => "half-open",
            Self::Huge => "huge",
            Self::Empty => "empty",
            Self::Pipelining => "pipelining",
            Self::OneByte => "one-byte",
            Self::Conversation => "conversation",
        }
    }
}

/// How many connections the suite has opened, or tried to, since that was asked before. There are no others.
pub(crate) fn take_opened() -> u64 {
    OPENED.swap(0, Ordering::Relaxed)
}

static OPENED: AtomicU64 = AtomicU64::new(0);

/// Opens a connection that may be silent for so long.
pub(crate) fn open(server: Server, patience: Duration) -> Result<Connection, Failure> {
    OPENED.fetch_add(1, Ordering::Relaxed);
    let address: Address = format!("127.0.0.1:{}", server.port).parse().expect("an address");
    let options = Options {
        connect_timeout: patience,
        echo_timeout: patience,
        transform: server.transform,
        ..Options::default()
    };
    Connection::open(&address, &options)
}

/// A client at work.
pub(crate) struct Play<'a> {
    pub(crate) server: Server,
    /// The start of the run.
    pub(crate) began: Instant,
    /// Whether it is asked to come to an end.
    pub(crate) hurry: &'a dyn Fn() -> bool,
}

/// How far a play has come.
struct Progress {
    /// When it last began to ask for something.
    asked: Cell<Duration>,
    /// How many bytes have come back.
    echoed: Cell<u64>,
}

impl Progress {
    fn note_echoed(&self, bytes: usize) {
        self.echoed.set(self.echoed.get() + bytes as u64);
    }
}

impl Play<'_> {
    /// Plays a script to its end, whatever that is.
    pub(crate) fn run(&self, script: Script, random: &mut StdRng) -> Outcome {
        let began = self.began.elapsed();
        let progress = Progress { asked: Cell::new(began), echoed: Cell::new(0) };
        let (port, result) = match open(self.server, PATIENCE) {
            Ok(connection) => {
                let port = connection.local_port().unwrap_or_default();
                (port, self.follow(script, connection, random, &progress))
            }
            Err(failure) => (0, Err(failure)),
        };
        let (end, why) = match result {
            Ok(()) => (End::Right, String::new()),
            Err(failure) => (end_of(&failure), failure.to_string()),
        };
        let (asked, ended) = (progress.asked.get(), self.began.elapsed());
        let echoed = if end == End::Right { progress.echoed.get() } else { 0 };
        Outcome { script: script.name(), port, began, asked, ended, end, echoed, why }
    }

    fn follow(
        &self,
        script: Script,
        mut connection: Connection,
        random: &mut StdRng,
        progress: &Progress,
    ) -> Result<(), Failure> {
        let length = random.random_range(1..2048);
        let message = text(random, length);
        let exchange = |connection: &mut Connection, message: &[u8]| {
            progress.asked.set(self.began.elapsed());
            connection.exchange(message)?;
            progress.note_echoed(message.len());
            Ok(())
        };
        match script {
            Script::Fast => {
                for _ in 0..random.random_range(1..6) {
                    exchange(&mut connection, &message)?;
                }
                connection.finish()
            }
            Script::Slow => self.trickle(connection, &message[..message.len().min(40)], exchange),
            Script::Stuck => self.be_stuck(connection, &message, progress),
            Script::Reset => reset(connection, &message, random.random(), self.server.transform),
            Script::HalfOpen => half_open(connection, &message, self.server.transform, progress),
            Script::Huge => {
                let length = random.random_range(1 << 20..4 << 20);
                exchange(&mut connection, &text(random, length))?;
                connection.finish()
            }
            Script::Empty if random.random() => connection.finish(),
            Script::Empty => Ok(()),
            Script::Pipelining => pipeline(connection, &message[..message.len().min(500)], progress),
            Script::OneByte => {
                for byte in message.chunks(1).take(50) {
                    exchange(&mut connection, byte)?;
                }
                connection.finish()
            }
            Script::Conversation => self.converse(connection, &message, exchange),
        }
    }

    fn trickle(
        &self,
        mut connection: Connection,
        message: &[u8],
        mut exchange: impl FnMut(&mut Connection, &[u8]) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        for piece in message.chunks(3) {
            if !(self.hurry)() {
                // What makes it slow.
                connection.keep(2 * SHORT_PAUSE)?;
            }
            exchange(&mut connection, piece)?;
        }
        connection.finish()
    }

    fn converse(
        &self,
        mut connection: Connection,
        message: &[u8],
        mut exchange: impl FnMut(&mut Connection, &[u8]) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let began = Instant::now();
        while began.elapsed() < CONVERSATION_MAX && !(self.hurry)() {
            exchange(&mut connection, &message[..message.len().min(64)])?;
            connection.keep(SHORT_PAUSE)?;
        }
        connection.finish()
    }

    /// Sends until nothing more is taken, waits, and then wants all of it back.
    fn be_stuck(&self, connection: Connection, message: &[u8], progress: &Progress) -> Result<(), Failure> {
        let transform = self.server.transform;
        let socket = connection.into_socket();
        socket.set_write_timeout(Some(SHORT_PAUSE)).map_err(Failure::Io)?;
        let (began, mut sent) = (Instant::now(), 0);
        while began.elapsed() < STUCK && !(self.hurry)() {
            let next = &message[sent % message.len()..];
            match (&socket).write(next) {
                Ok(length) if sent < STUCK_BYTES => sent += length,
                Ok(length) => {
                    sent += length;
                    thread::sleep(SHORT_PAUSE);
                }
                // With a limit of time the kernel does not go on by itself after a signal, signal(7): that one of our children has ended.
                Err(error)
                    if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {}
                Err(error) => return Err(broken(error)),
            }
        }
        socket.shutdown(Shutdown::Write).map_err(broken)?;
        let due = message.iter().cycle().take(sent).map(|byte| transform.apply(*byte));
        read_to_end(&socket, due)?;
        progress.note_echoed(sent);
        Ok(())
    }
}

/// Sends and goes by a reset: right at once, or after the first bytes of the answer.
fn reset(
    mut connection: Connection,
    message: &[u8],
    waits: bool,
    transform: Transform,
) -> Result<(), Failure> {
    connection.send(message)?;
    let socket = connection.into_socket();
    if waits {
        let mut first = [0; 16];
        let length = loop {
            match (&socket).read(&mut first) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read.map_err(broken)?,
            }
        };
        let pairs = first[..length].iter().zip(message).zip(0..);
        for ((got, sent), offset) in pairs {
            let (expected, got) = (transform.apply(*sent), *got);
            if got != expected {
                return Err(Failure::Wrong { offset, expected, got });
            }
        }
        if length == 0 {
            return Err(Failure::Short { got: 0, expected: message.len() as u64 });
        }
    }
    socket.set_linger(Some(Duration::ZERO)).map_err(Failure::Io)
}

fn half_open(
    mut connection: Connection,
    message: &[u8],
    transform: Transform,
    progress: &Progress,
) -> Result<(), Failure> {
    connection.send(message)?;
    let socket = connection.into_socket();
    socket.shutdown(Shutdown::Write).map_err(broken)?;
    read_to_end(&socket, message.iter().map(|byte| transform.apply(*byte)))?;
    progress.note_echoed(message.len());
    Ok(())
}

fn pipeline(mut connection: Connection, message: &[u8], progress: &Progress) -> Result<(), Failure> {
    // All of it fits into the buffers of the kernel.
    const MESSAGES: usize = 20;
    for _ in 0..MESSAGES {
        connection.send(message)?;
    }
    connection.receive(&message.repeat(MESSAGES))?;
    progress.note_echoed(MESSAGES * message.len());
    connection.finish()
}

/// Reads to the end, and compares.
fn read_to_end(mut socket: impl Read, mut due: impl Iterator<Item = u8>) -> Result<(), Failure> {
    let (mut offset, mut buffer) = (0_u64, vec![0; 64 * 1024]);
    loop {
        let length = match socket.read(&mut buffer) {
            Ok(0) => break,
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(broken(error)),
        };
        for got in &buffer[..length] {
            match due.next() {
                Some(expected) if expected == *got => offset += 1,
                Some(expected) => return Err(Failure::Wrong { offset, expected, got: *got }),
                None => return Err(Failure::Extra { count: 1 }),
            }
        }
    }
    match due.count() as u64 {
        0 => Ok(()),
        lacking => Err(Failure::Short { got: offset, expected: offset + lacking }),
    }
}

fn broken(error: io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe | io::ErrorKind::NotConnected => {
            Failure::Reset
        }
        io::ErrorKind::WouldBlock => Failure::Timeout { silence: PATIENCE, got: 0, expected: 0 },
        _ => Failure::Io(error),
    }
}

fn end_of(failure: &Failure) -> End {
    match failure {
        Failure::Reset | Failure::Short { .. } | Failure::Closed | Failure::Busy => End::Lost,
        Failure::Refused => End::Refused,
        Failure::Timeout { .. } | Failure::ConnectTimeout(_) => End::Late,
        Failure::Wrong { .. } | Failure::Extra { .. } => End::Wrong,
        Failure::Unresolved { .. } | Failure::Unreachable(_) | Failure::Io(_) => End::Failed,
    }
}

/// So many letters and other bytes.
fn text(random: &mut StdRng, length: usize) -> Vec<u8> {
    let block: Vec<u8> = (0..length.min(4093)).map(|_| random.random()).collect();
    block.into_iter().cycle().take(length).collect()
}
