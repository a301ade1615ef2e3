//! Pairs of customers who may be one person, and the policy on them.

pub(crate) mod candidates;
pub(crate) mod policies;
mod row;

#[cfg(test)]
mod tests;
