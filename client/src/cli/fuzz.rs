//! What holds for every argument.

pub(crate) use super::plan::fuzz::question as plan;
pub(crate) use super::values::fuzz::text as value;
