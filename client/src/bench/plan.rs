//! What a run does.

use std::num::NonZeroUsize;
use std::time::Duration;

use super::arrivals::{Arrivals, Rate, Spread};
use crate::pool::Source;
use crate::queueing::ServiceTimes;
use crate::{Address, Transform};

/// What to measure, and how.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Where the server listens.
    pub address: Address,
    /// When requests are sent.
    pub load: Load,
    /// The most connections that are open at a time.
    pub connections: NonZeroUsize,
    /// Whether every request has a connection of its own.
    pub reconnect: bool,
    /// What is sent.
    pub content: Content,
    /// What the server does to it.
    pub transform: Transform,
    /// For how long requests are sent and counted.
    pub duration: Duration,
    /// After how many requests it ends earlier.
    pub requests: Option<u64>,
    /// For how long requests are sent before that and not counted.
    pub warm_up: Duration,
    /// How long a connection may take to stand.
    pub connect_timeout: Duration,
    /// How long a connection may be silent while an echo is due.
    pub timeout: Duration,
    /// What queueing theory is to predict, if anything.
    pub predict: Option<Predict>,
    /// For how long a server that is not up yet is tried again, before it all begins.
    pub retry: Duration,
}

/// When requests are sent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Load {
    /// The next one when the one before is finished, on every connection.
    Closed,
    /// At fixed times, whatever the server does.
    Open {
        /// How many.
        rate: Rate,
        /// How they are spread.
        spread: Spread,
        /// Of the random numbers.
        seed: u64,
    },
}

impl Load {
    /// The intended times, twice, where there are any.
    pub(super) fn arrivals(self) -> Option<[Arrivals; 2]> {
        match self {
            Self::Closed => None,
            Self::Open { rate, spread, seed } => Some([(); 2].map(|()| Arrivals::new(rate, spread, seed))),
        }
    }
}

/// What is known for a prediction, and who can tell the rest.
#[derive(Debug, Clone)]
pub struct Predict {
    /// How many connections the server serves at once; `None`: as it says itself.
    pub slots: Option<u32>,
    /// How the times differ for which it holds its slots; `None`: as they turn out.
    pub times: Option<ServiceTimes>,
    /// Where it is asked.
    pub source: Source,
}

/// What is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// So many random letters and digits, others in each message.
    Random(usize),
    /// Always the same text.
    Text(String),
}
