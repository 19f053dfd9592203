//! What the server tells of itself: its capacity, who is served by whom, who waits.
//!
//! It is asked at its control socket or its monitor, each question has a limit, and a server that tells nothing is no
//! error: a client works without, and shows less.

mod control;
mod monitor;
mod source;
mod status;
mod watcher;

pub use source::{Choice, Source};
pub use status::{Connection, Distribution, Listener, Master, Pool, SCHEMA, Seat, Status, Worker, end};
pub use watcher::{Answer, Watcher, ask_once};

#[cfg(test)]
pub(crate) use status::example;
