//! A preforking TCP server in the Nginx style: a master binds and forks workers, each worker accepts for itself and
//! serves every connection on a thread. When all slots are taken, clients wait in the kernel's accept queue, in order.
//!
//! The binary `prefork-echo` is this library with [`Echo`] as its service. To run a service of your own in the same
//! pool, with the same configuration, signals and commands, write a [`Handler`] and give it to [`main`]:
//! `examples/own_handler.rs` does so.
//!
//! # Layout
//!
//! From the top down; a room knows nothing of those above it. ARCHITECTURE.md has the drawing.
//!
//! | layer | rooms |
//! |---|---|
//! | 6 | `cli` |
//! | 5 | `master`, `face` |
//! | 4 | `worker`, `monitor`, `control` |
//! | 3 | `process_table`, `accept_turn`, `door`, `admission`, `buffer`, `connection`, `pretence`, `parting`, `patience`, `snapshot`, `saturation`, `silence`, `sizer` |
//! | 2 | `listener`, `activation`, `queue`, `channel`, `signals`, `handler`, `handover`, `config`, `limits`, `death`, `ending`, `logging`, `notify`, `unix_socket`, `pid_file`, `title`, `wear`, `refusal`, `proxy_header`, `confinement`, `scoreboard`, `histogram` |
//! | 1 | `sys`, `cgroup`, `error`, `printable` |

#[cfg(not(target_os = "linux"))]
compile_error!(
    "prefork-echo runs on Linux alone: it reads the accept queue through TCP_INFO and waits with EPOLLEXCLUSIVE"
);

mod cli;
mod control;
mod face;
mod master;
mod monitor;
mod worker;

mod accept_turn;
mod admission;
mod buffer;
mod connection;
mod door;
mod pace;
mod parting;
mod patience;
mod pretence;
mod process_table;
mod saturation;
mod silence;
mod sizer;
mod snapshot;

mod activation;
mod channel;
mod config;
mod confinement;
mod death;
mod ending;
mod handler;
mod handover;
mod histogram;
mod limits;
mod listener;
mod logging;
mod notify;
mod pid_file;
mod proxy_header;
mod queue;
mod refusal;
mod scoreboard;
mod signals;
mod title;
mod unix_socket;
mod wear;

mod cgroup;
mod error;
mod printable;
#[expect(unsafe_code, reason = "the one room where the kernel is called directly")]
mod sys;

#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;

pub use config::{Config, Transform};
pub use handler::{Echo, Handler, Reply};

use std::process::ExitCode;

/// Runs the whole program around a service: reads arguments, environment and configuration, and serves.
///
/// `handler` is called by commands that serve: before anything is forked, and again at each reload, for the configuration
/// of the next generation of workers. It runs in the master, which forks, so it must start no thread, and what it opens
/// should be close-on-exec. If the master is root, it has only the capabilities that a master needs. What is returned is the
/// exit code of the process, in the master as well as in each worker; return it from `main`.
#[must_use]
pub fn main<H: Handler>(handler: impl Fn(&Config) -> H + 'static) -> ExitCode {
    cli::main(handler)
}

/// The command line of [`main`], from which man pages and shell completions are made.
#[must_use]
pub fn command() -> clap::Command {
    cli::command()
}
