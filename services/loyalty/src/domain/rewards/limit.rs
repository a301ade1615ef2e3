use crate::domain::program::Limit;

/// How many a member may still have, when so many were had in the present period; `None`: without a
/// limit.
pub fn left_of_limit(limit: Option<Limit>, had: i64) -> Option<i64> {
    limit.map(|limit| i64::from(limit.times).saturating_sub(had).max(0))
}
