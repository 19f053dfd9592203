//! What the benchmarks share: a server in processes of its own, its CPU time, and medians.

mod process_group;
mod processes;
mod server;
mod summary;

pub(crate) use processes::cpu_of;
pub(crate) use server::Server;
pub(crate) use summary::Summary;
