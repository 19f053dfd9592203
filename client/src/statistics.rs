//! How sure a mean is that was measured: its confidence interval, also for observations that depend on each other.

mod batch_means;
mod student;

pub use batch_means::{BatchMeans, Interval};
pub(crate) use student::{Confidence, quantile};
