//! Pairs of customers who may be one person.

pub(crate) mod candidates;
mod row;

#[cfg(test)]
mod tests;
