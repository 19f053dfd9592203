//! What the oracle decides, apart from how it looks: pure, and tested on its own.

pub(crate) mod books;
pub(crate) mod curve;
pub(crate) mod growth;
pub(crate) mod ledger;
pub(crate) mod losses;
pub(crate) mod metrics;
pub(crate) mod order;
pub(crate) mod picture;
