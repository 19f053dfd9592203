//! What a person sees of the pool: a text for one look, and a live picture.
//!
//! Both are made of the same [tables]: a table knows which of its columns may go when there is little room.

mod bar;
pub(crate) mod events;
#[cfg(test)]
mod example;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz;
mod human;
mod line;
mod style;
mod table;
mod tables;
pub(crate) mod text;
pub(crate) mod top;

pub(crate) use style::{Limits, Style};
