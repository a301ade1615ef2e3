//! What the contract says of methods and fields, made ready at the start: pure.

mod found;
mod plan;
mod scan;
#[cfg(test)]
mod tests;

pub(crate) use found::Found;
pub(crate) use plan::{MethodPlan, Plans};
pub(crate) use scan::Direction;
