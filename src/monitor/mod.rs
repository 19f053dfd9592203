//! The monitor: a process of its own that shows the pool to browsers, scrapers and probes, and changes nothing.

mod host;
mod http;
mod live;
mod metrics;
mod sampler;

#[cfg(test)]
mod fixture;
