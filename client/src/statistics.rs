//! How sure a mean is that was measured: its 95 % confidence interval, for observations that depend on each other.

mod batch_means;
mod student;

pub(crate) use batch_means::BatchMeans;
