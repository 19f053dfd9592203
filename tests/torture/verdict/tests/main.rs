//! What the oracle of the torture suite decides, tested on its own, and what else can be without a world.

#[path = "../../relay.rs"]
mod relay;
#[path = "../mod.rs"]
mod verdict;

mod books;
mod bugs;
mod curve;
mod growth;
mod ledger;
mod losses;
mod metrics;
mod order;
mod relayed;
