//! What the server does, seen from outside: the real binary, real sockets, real signals. A file is a behaviour.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod browser;
mod drain;
mod drain_idle;
mod echo;
mod events;
mod held;
mod hostile;
mod monitor;
mod netcat;
mod own_handler;
mod page;
mod respawn;
mod saturation;
mod startup;
mod status;
mod support;
