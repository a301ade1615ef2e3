//! What becomes of pairs of customers who may be one person.

use super::candidate::Candidate;
use crate::domain::invalid::{Invalid, Problem};

/// See the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MatchPolicy {
    /// From which score on pairs are merged; `None`: none is.
    pub(crate) merge_from: Option<i32>,
    /// From which score on people are asked.
    pub(crate) review_from: i32,
    /// Most pairs that it may merge when it comes into force.
    pub(crate) most_merges: i32,
}

/// What a policy does with a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    Merge,
    /// Somebody has to decide.
    Review,
    /// It is too unlikely to ask anybody.
    Leave,
}

/// How many pairs a policy would merge, and about how many it would ask.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) merges: i64,
    pub(crate) reviews: i64,
}

/// A policy would merge more than it allows itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the policy would merge {merges} pairs at once, and allows itself {most}")]
pub(crate) struct TooBroad {
    pub(crate) merges: i64,
    pub(crate) most: i32,
}

impl MatchPolicy {
    /// The policy that Patron begins with: it merges nothing.
    pub(crate) fn initial() -> Self {
        Self {
            merge_from: None,
            review_from: 600,
            most_merges: 1000,
        }
    }

    /// Refuses a policy that would merge what it would not even ask about.
    pub(crate) fn check(self) -> Result<Self, Invalid> {
        if self.merge_from.is_some_and(|from| from < self.review_from) {
            let problem = Problem::BelowReview;
            return Err(Invalid::new("merge_from_permille", problem));
        }
        Ok(self)
    }

    /// What it does with a pair.
    pub(crate) fn decide(&self, candidate: &Candidate) -> Decision {
        let score = candidate.score_permille;
        let is_sure = self.merge_from.is_some_and(|from| score >= from);
        if is_sure && candidate.refusal.is_empty() {
            Decision::Merge
        } else if score >= self.review_from {
            Decision::Review
        } else {
            Decision::Leave
        }
    }

    /// Refuses it when it would merge more than it allows itself.
    pub(crate) fn check_breadth(&self, totals: Totals) -> Result<(), TooBroad> {
        let (merges, most) = (totals.merges, self.most_merges);
        if merges > i64::from(most) {
            return Err(TooBroad { merges, most });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use uuid::Uuid;

    use super::*;
    use crate::domain::identity::candidate::{Pair, State};
    use crate::domain::ids::CustomerId;

    fn pair(score_permille: i32, refusal: &str) -> Candidate {
        let ids = [1, 2].map(|id| CustomerId(Uuid::from_u128(id)));
        Candidate {
            pair: Pair::of(ids[0], ids[1]),
            versions: (1, 1),
            score_permille,
            evidence: Vec::new(),
            refusal: refusal.to_owned(),
            state: State::Open,
            find_time: Timestamp::UNIX_EPOCH,
        }
    }

    fn merging(merge_from: i32) -> MatchPolicy {
        MatchPolicy {
            merge_from: Some(merge_from),
            ..MatchPolicy::initial()
        }
    }

    #[test]
    fn a_pair_is_merged_from_a_score_on_and_asked_about_between() {
        for (policy, score, refusal, decision) in [
            (merging(900), 900, "", Decision::Merge),
            (merging(900), 899, "", Decision::Review),
            (merging(900), 600, "", Decision::Review),
            (merging(900), 599, "", Decision::Leave),
            (merging(900), 1000, "SECOND_VALUE", Decision::Review),
            (MatchPolicy::initial(), 1000, "", Decision::Review),
        ] {
            assert_eq!(policy.decide(&pair(score, refusal)), decision, "{score}");
        }
    }

    #[test]
    fn a_policy_that_asks_about_less_than_it_merges_or_merges_too_much_is_refused() {
        assert_eq!(
            merging(599).check(),
            Err(Invalid::new("merge_from_permille", Problem::BelowReview))
        );
        assert!(merging(600).check().is_ok());
        let totals = |merges| Totals { merges, reviews: 0 };
        assert_eq!(merging(900).check_breadth(totals(1000)), Ok(()));
        let refused = TooBroad {
            merges: 1001,
            most: 1000,
        };
        assert_eq!(merging(900).check_breadth(totals(1001)), Err(refused));
    }
}
