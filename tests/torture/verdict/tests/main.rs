//! What the oracle of the torture suite decides, tested on its own.

#[path = "../mod.rs"]
mod verdict;

mod books;
mod bugs;
mod curve;
mod growth;
mod ledger;
mod losses;
mod order;
