//! What the oracle of the torture suite decides, tested on its own.

#[path = "../mod.rs"]
mod verdict;

mod books;
mod curve;
mod growth;
mod losses;
mod order;
