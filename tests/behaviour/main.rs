//! What the server does, seen from outside: the real binary, real sockets, real signals. A file is a behaviour.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod browser;
mod crash_loop;
mod drain;
mod drain_idle;
mod echo;
mod events;
mod fault_injection;
mod grace;
mod handover;
mod held;
mod hostile;
mod load;
mod lossless;
mod many_reloads;
mod monitor;
mod netcat;
mod notify;
mod own_handler;
mod page;
mod pid_file;
mod random;
mod recycling;
mod reload;
mod respawn;
mod rest;
mod saturation;
mod scale;
mod scenarios;
mod sizing;
mod startup;
mod status;
mod stuck;
mod support;
mod terminal;
mod upgrade;
