use super::ConditionError;
use crate::domain::program::RuleId;

/// Why something can't be rated. It is kept and rated again, never lost: points that are wrong would
/// be worse than points that come later.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RatingError {
    /// A condition could not be evaluated.
    #[error("the rule {rule_id} can't be evaluated: {cause}")]
    Condition {
        /// The rule.
        rule_id: RuleId,
        /// Why not.
        cause: ConditionError,
    },
    /// An award does not fit 64 bits.
    #[error("the award of the rule {rule_id} exceeds what the ledger can count")]
    Overflow {
        /// The rule.
        rule_id: RuleId,
    },
}
