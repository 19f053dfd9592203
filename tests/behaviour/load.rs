//! Clients without end: many short connections, each of them verified to its last byte, and long conversations.

use std::fmt;
use std::io::Read as _;
use std::net::Shutdown;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use prefork_client::{Address, Connection, Failure, Options, Tally};
use socket2::SockRef;

use crate::random::Random;
use crate::support::{PATIENCE, eventually};

/// The longest message of a short connection, and in how many pieces it is sent.
const MESSAGE_BYTES_MAX: usize = 8192;
const PIECES_MAX: usize = 3;
/// One connection in so many is slow to send, and one in so many goes on for a while.
const LATE_ONCE_IN: usize = 32;
const TALKATIVE_ONCE_IN: usize = 64;
const TALKATIVE_MESSAGES: usize = 10;
/// How many of those that failed are described.
const EXAMPLES_MAX: usize = 5;

/// What became of all connections.
#[derive(Debug, Clone, Default)]
pub(crate) struct Outcomes {
    pub(crate) tally: Tally,
    examples: Vec<String>,
}

impl Outcomes {
    /// Fails if a single one was not served to its last byte, or if fewer than these were.
    #[track_caller]
    pub(crate) fn assert_nobody_lost(&self, at_least: u64) {
        assert!(self.tally.failed() == 0, "{self}");
        assert!(self.tally.ok() >= at_least, "{self}, but {at_least} were to be");
    }

    fn note(&mut self, outcome: Result<(), (&str, Failure)>) {
        let Err((stage, failure)) = outcome else { return self.tally.record_ok() };
        self.tally.record_failure(failure.kind());
        if self.examples.len() < EXAMPLES_MAX {
            self.examples.push(format!("{stage}: {failure} ({failure:?})"));
        }
    }

    fn add(&mut self, other: Self) {
        self.tally.merge(&other.tally);
        self.examples.extend(other.examples);
        self.examples.truncate(EXAMPLES_MAX);
    }
}

impl fmt::Display for Outcomes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.tally)?;
        self.examples.iter().try_for_each(|example| write!(f, "\n  {example}"))
    }
}

/// Threads that make one connection after the other, until they are told to stop.
pub(crate) struct Load {
    stop: Arc<AtomicBool>,
    ended: Arc<AtomicU64>,
    clients: Vec<JoinHandle<Outcomes>>,
}

impl Load {
    /// Starts so many clients, which go to these addresses in turn.
    pub(crate) fn start(addresses: &[&str], clients: usize, seed: u64) -> Self {
        let (stop, ended): (Arc<AtomicBool>, Arc<AtomicU64>) = <_>::default();
        let addresses: Vec<Address> =
            addresses.iter().map(|address| address.parse().expect("an address")).collect();
        let start = |index: usize| {
            let (stop, ended) = (Arc::clone(&stop), Arc::clone(&ended));
            let mut random = Random::new(seed.wrapping_add(index as u64));
            let addresses = addresses.clone();
            thread::spawn(move || {
                let mut outcomes = Outcomes::default();
                for address in addresses.iter().cycle().skip(index) {
                    if stop.load(Relaxed) {
                        break;
                    }
                    outcomes.note(connection(address, &mut random));
                    ended.fetch_add(1, Relaxed);
                }
                outcomes
            })
        };
        let clients = (0..clients).map(start).collect();
        Self { stop, ended, clients }
    }

    /// How many connections have ended so far, well or not.
    pub(crate) fn ended(&self) -> u64 {
        self.ended.load(Relaxed)
    }

    /// Waits until so many more have ended.
    #[track_caller]
    pub(crate) fn wait_for(&self, more: u64) {
        let goal = self.ended() + more;
        eventually("the load to go on", || (self.ended() >= goal).then_some(()));
    }

    /// Lets every client finish its connection, and says what became of all.
    pub(crate) fn stop(self) -> Outcomes {
        self.stop.store(true, Relaxed);
        let mut all = Outcomes::default();
        for client in self.clients {
            all.add(client.join().expect("a client does not fail"));
        }
        all
    }
}

fn open(address: &Address) -> Result<Connection, Failure> {
    let options = Options { connect_timeout: PATIENCE, echo_timeout: PATIENCE, ..Options::default() };
    Connection::open(address, &options)
}

/// One connection from its beginning to its end, with the stage at which it failed.
fn connection(address: &Address, random: &mut Random) -> Result<(), (&'static str, Failure)> {
    let at = |stage| move |failure| (stage, failure);
    let mut connection = open(address).map_err(at("connect"))?;
    if random.once_in(LATE_ONCE_IN) {
        // A client that takes its time, whom the server has before it has a byte.
        thread::sleep(Duration::from_millis(random.below(20) as u64));
    }
    if random.once_in(TALKATIVE_ONCE_IN) {
        for _ in 0..TALKATIVE_MESSAGES {
            let length = 1 + random.below(200);
            connection.exchange(&random.bytes(length)).map_err(at("exchange"))?;
            // The connection is to outlive a reload.
            thread::sleep(Duration::from_millis(random.below(10) as u64));
        }
        return connection.finish().map_err(at("finish"));
    }
    let length = 1 + random.below(MESSAGE_BYTES_MAX);
    let message = random.bytes(length);
    let pieces = 1 + random.below(PIECES_MAX);
    for piece in message.chunks(message.len().div_ceil(pieces)) {
        connection.send(piece).map_err(at("send"))?;
    }
    if random.once_in(2) {
        connection.receive(&message).map_err(at("receive"))?;
        // Half of these are closed without a half-close.
        return if random.once_in(2) { Ok(()) } else { connection.finish().map_err(at("finish")) };
    }
    SockRef::from(&connection).shutdown(Shutdown::Write).map_err(Failure::Io).map_err(at("half-close"))?;
    connection.receive(&message).map_err(at("receive after the half-close"))?;
    match connection.into_socket().read(&mut [0]) {
        Ok(0) => Ok(()),
        Ok(_) => Err(("end", Failure::Extra { count: 1 })),
        Err(error) if error.raw_os_error() == Some(nix::libc::ECONNRESET) => Err(("end", Failure::Reset)),
        Err(error) => Err(("end", Failure::Io(error))),
    }
}

/// Connections that stay: each exchanges a message every few milliseconds until the end.
pub(crate) struct Conversations {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Result<u64, String>>,
    /// Their ends on this side, by which the status names them.
    pub(crate) ports: Vec<u16>,
}

/// The pause between two messages on a conversation.
const CONVERSATION_PAUSE: Duration = Duration::from_millis(3);

impl Conversations {
    /// Opens so many, each of which is served when this returns.
    pub(crate) fn start(address: &str, count: usize) -> Self {
        let address: Address = address.parse().expect("an address");
        let converse = |_| {
            let mut connection = open(&address).expect("the server's kernel accepts");
            connection.exchange(b"hello").expect("a slot is free");
            connection
        };
        let connections: Vec<Connection> = (0..count).map(converse).collect();
        let ports = connections.iter().map(|connection| connection.local_port().expect("a port")).collect();
        let stop = Arc::new(AtomicBool::new(false));
        let until = Arc::clone(&stop);
        Self { stop, thread: thread::spawn(move || go_on(connections, &until)), ports }
    }

    /// Ends all in good order; the number of messages that each has exchanged, or what broke one.
    pub(crate) fn stop(self) -> Result<u64, String> {
        self.stop.store(true, Relaxed);
        self.thread.join().expect("it does not fail")
    }
}

fn go_on(mut connections: Vec<Connection>, stop: &AtomicBool) -> Result<u64, String> {
    let mut rounds = 0;
    let described = |round: u64| move |failure: Failure| format!("broken at round {round}: {failure:?}");
    while !stop.load(Relaxed) {
        for (index, connection) in connections.iter_mut().enumerate() {
            let message = format!("message {rounds} of conversation {index}");
            connection.exchange(message.as_bytes()).map_err(described(rounds))?;
        }
        rounds += 1;
        // Conversations are slow.
        thread::sleep(CONVERSATION_PAUSE);
    }
    connections.into_iter().try_for_each(Connection::finish).map_err(described(rounds))?;
    Ok(rounds)
}
