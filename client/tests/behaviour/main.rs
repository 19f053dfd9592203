//! What the client does, tried against small servers that behave well or badly.

#![expect(clippy::unwrap_used, reason = "what supports a test fails as a test does")]

mod bench;
mod connection;
mod live;
mod map;
mod plan;
mod prompt;
mod support;
mod talk;
mod watch;
