//! config.toml, environment and flags → [`Config`], valid by construction.

mod address;
mod control;
mod diagnostic;
mod file;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz;
mod keys;
mod prefixes;
mod security;
mod settings;
mod size;
mod values;
mod workers;

use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;
use std::time::Duration;

pub(crate) use address::{Address, Place, UNIX_PATH_BYTES_MAX};
pub(crate) use control::Control;
pub(crate) use keys::{KEYS, Key};
pub(crate) use prefixes::Prefixes;
pub(crate) use security::{Group, Sandbox, Security, User};
pub(crate) use settings::{FILE, Origin, Refusal, Settings, Sources, default_document};
pub(crate) use workers::Workers;

/// The most workers of a pool.
pub(crate) const WORKERS_MAX: usize = 1024;
/// The most connection slots of a pool.
pub(crate) const SLOTS_MAX: usize = 65_536;
/// The longest pretended work of one message, asleep or computing.
pub(crate) const WORK_MAX: Duration = Duration::from_secs(3600);

/// The configuration of a pool. What it holds has been checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    pub(crate) listen: Vec<Address>,
    pub(crate) backlog: NonZeroU32,
    pub(crate) transform: Transform,
    pub(crate) control: Control,
    /// The file for the master's pid, if there is one.
    pub(crate) pid_file: Option<PathBuf>,
    /// The proxies whose connections begin with a header that tells the peer.
    pub(crate) proxy_from: Prefixes,
    pub(crate) workers: Workers,
    /// How long peers may wait before a pool with a range of workers grows.
    pub(crate) grow_after: Duration,
    pub(crate) threads: NonZeroUsize,
    pub(crate) work: Work,
    pub(crate) timeouts: Timeouts,
    pub(crate) limits: Limits,
    pub(crate) security: Security,
    /// Where the monitor listens, if there is one.
    pub(crate) monitor: Option<Address>,
    pub(crate) log: Log,
    /// The log's file; `None` is standard error.
    pub(crate) log_file: Option<PathBuf>,
}

/// What the built-in service does to the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transform {
    /// ASCII letters become upper case; everything else stays.
    Uppercase,
    /// The bytes come back as they are: the echo of RFC 862.
    None,
}

/// Work that is pretended for each message, to make the service time known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Work {
    /// Time asleep, or its mean.
    pub(crate) sleep: Duration,
    /// CPU time, or its mean.
    pub(crate) cpu: Duration,
    pub(crate) distribution: Distribution,
}

impl Work {
    /// Whether there is none.
    pub(crate) fn is_none(&self) -> bool {
        self.sleep.is_zero() && self.cpu.is_zero()
    }
}

/// How pretended work differs from message to message.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Distribution {
    /// It does not.
    #[default]
    Fixed,
    /// It is exponentially distributed, drawn anew for each message.
    Exponential,
}

/// How long something may take; `None` is without end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Timeouts {
    /// Between two messages of a peer.
    pub(crate) idle: Option<Duration>,
    /// For a peer to take any of a waiting reply.
    pub(crate) write: Option<Duration>,
    /// For the connections of a worker that leaves.
    pub(crate) drain: Option<Duration>,
    /// Between two messages of a peer, in a worker that leaves; `None` is as otherwise.
    pub(crate) drain_idle: Option<Duration>,
    /// For a worker to get ready.
    pub(crate) start: Option<Duration>,
    /// Between a stop and its drain, for those who have not heard yet that the pool is no longer ready.
    pub(crate) grace: Option<Duration>,
    /// For a worker that is asked for a sign of life.
    pub(crate) stuck: Option<Duration>,
    /// For the first byte of a peer; `None` is as between two messages.
    pub(crate) first_byte: Option<Duration>,
    /// For a connection as a whole.
    pub(crate) lifetime: Option<Duration>,
    /// Between two messages of a peer, while others wait for its slot; `None` is as otherwise.
    pub(crate) idle_saturated: Option<Duration>,
}

/// What a pool does whose workers die too often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CrashLoop {
    /// It says that it is not ready, and goes on trying.
    Stay,
    /// It serves who is there, and ends with a failure: whoever supervises it is to decide.
    Exit,
}

/// What somebody gets who has waited too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// A reset.
    Reset,
    /// The line "busy", and the end.
    Busy,
}

/// How much of something there may be; `None` is without a limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Earlier generations that still finish their connections.
    pub(crate) generations: NonZeroUsize,
    /// Respawns within the interval, beyond which the pool is degraded, and what it does then.
    pub(crate) respawns: Option<NonZeroUsize>,
    pub(crate) respawn_interval: Duration,
    pub(crate) crash_loop: CrashLoop,
    /// How many connections a worker accepts before it is replaced.
    pub(crate) connections_per_worker: Option<u64>,
    /// How long it lives.
    pub(crate) worker_age: Option<Duration>,
    /// Bytes of memory that it has.
    pub(crate) worker_memory: Option<u64>,
    /// Connections that a peer has in slots at once.
    pub(crate) per_peer: Option<u64>,
    /// How many bits of an address make a peer.
    pub(crate) per_peer_ipv4: u8,
    pub(crate) per_peer_ipv6: u8,
    /// How long somebody may have waited in the queue, and what who has waited longer gets.
    pub(crate) queue_wait: Option<Duration>,
    pub(crate) queue_wait_answer: Refused,
    /// Bytes per second of a peer that is waited for, and how long it may be slower.
    pub(crate) min_rate: Option<u64>,
    pub(crate) min_rate_after: Duration,
    /// Who may connect, or everybody if it is empty, except those who may not.
    pub(crate) allow: Prefixes,
    pub(crate) deny: Prefixes,
}

/// What is logged, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Log {
    pub(crate) level: tracing::Level,
    pub(crate) format: LogFormat,
    /// Whether each connection gets a line when it closes.
    pub(crate) access: bool,
    /// One of so many connections does.
    pub(crate) access_sample: NonZeroUsize,
}

/// How a line of the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogFormat {
    Text,
    Json,
}

impl Default for Config {
    /// The built-in configuration, meant for real use.
    fn default() -> Self {
        let seconds = |count| Some(Duration::from_secs(count));
        let loopback = Address::parse("127.0.0.1:8080").expect("a literal address needs no resolver");
        Self {
            listen: vec![loopback],
            backlog: NonZeroU32::new(511).expect("511 is not zero"),
            transform: Transform::Uppercase,
            control: Control::Auto,
            pid_file: None,
            proxy_from: Prefixes::default(),
            workers: Workers::Auto,
            grow_after: Duration::from_millis(500),
            threads: NonZeroUsize::new(256).expect("256 is not zero"),
            work: Work::default(),
            timeouts: Timeouts {
                idle: seconds(300),
                write: seconds(30),
                drain: seconds(30),
                drain_idle: None,
                start: seconds(10),
                grace: None,
                stuck: seconds(30),
                first_byte: None,
                lifetime: None,
                idle_saturated: None,
            },
            limits: Limits::default(),
            security: Security::default(),
            monitor: None,
            log: Log {
                level: tracing::Level::INFO,
                format: LogFormat::Text,
                access: false,
                access_sample: NonZeroUsize::MIN,
            },
            log_file: None,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            generations: NonZeroUsize::new(8).expect("8 is not zero"),
            respawns: NonZeroUsize::new(16),
            respawn_interval: Duration::from_secs(60),
            crash_loop: CrashLoop::Stay,
            connections_per_worker: None,
            worker_age: None,
            worker_memory: None,
            per_peer: None,
            per_peer_ipv4: 32,
            // Whoever has one address of IPv6 has 2^64.
            per_peer_ipv6: 64,
            queue_wait: None,
            queue_wait_answer: Refused::Reset,
            min_rate: None,
            min_rate_after: Duration::from_secs(10),
            allow: Prefixes::default(),
            deny: Prefixes::default(),
        }
    }
}

impl Config {
    /// What the built-in service does to the bytes.
    #[must_use]
    pub fn transform(&self) -> Transform {
        self.transform
    }

    /// The number of workers that a pool starts with.
    pub(crate) fn worker_count(&self) -> usize {
        self.worker_range().0
    }

    /// How many workers a pool begins with that has so many already: a pool that sizes itself keeps what it has found right.
    pub(crate) fn first_size(&self, present: Option<usize>) -> usize {
        match (self.workers, present) {
            (Workers::Range { min, max }, Some(present)) => present.clamp(min.get(), max.get()),
            _ => self.worker_count(),
        }
    }

    /// The least and the most workers, which are the same unless the pool sizes itself.
    pub(crate) fn worker_range(&self) -> (usize, usize) {
        self.workers.range()
    }
}

#[cfg(test)]
mod tests;
