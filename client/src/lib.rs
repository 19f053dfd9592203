//! The client of prefork-echo: opens several connections and shows which of them are served and which wait.
//!
//! Everything rests on the [`Connection`], which sends, reads the echo at the same time and compares every byte;
//! what can go wrong on it is a [`Failure`]. [`watch`] gives each of many connections a lane and turns what happens
//! on it into [events](watch::Event); [`talk`] is one conversation with the server, typed or piped; [`map`] sends every
//! line of its input through one of several connections; [`bench`](mod@bench) measures how much the server serves and how
//! fast. [`pool`] is what it tells of itself, [`queueing`] what theory says of how long its clients wait, [`statistics`] how
//! sure a mean is that was measured.
//!
//! ```no_run
//! use prefork_client::{Connection, Options};
//!
//! let address = "127.0.0.1:8080".parse().expect("this is an address");
//! let mut connection = Connection::open(&address, &Options::default())?;
//! let exchange = connection.exchange(b"hello")?;
//! println!("HELLO came back after {:?}", exchange.first_byte);
//! connection.finish()?;
//! # Ok::<(), prefork_client::Failure>(())
//! ```

#[cfg(not(target_os = "linux"))]
compile_error!("prefork-client runs on Linux only, as prefork-echo does");

pub mod bench;
mod cli;
mod error;
pub mod map;
mod plan;
pub mod pool;
mod prediction;
pub mod queueing;
pub mod statistics;
pub mod talk;
pub mod watch;

mod address;
mod connection;
mod echo;
mod failure;
mod human;
mod interrupt;
mod open_files;
mod output;
mod printable;
mod tally;
mod target;
mod terminal;

#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;

pub use address::{Address, InvalidAddress};
pub use cli::{command, main};
pub use connection::{Connection, Exchange, Options};
pub use echo::Transform;
pub use error::Error;
pub use failure::{Failure, Kind};
pub use tally::Tally;
pub use target::Target;
