//! Corrections by hand: when a second person has to decide, and who may.

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::ledger::{Points, WalletId};
use super::program::AdjustmentPolicy;

/// A correction of a member's points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Correction {
    /// The correction.
    pub adjustment_id: Uuid,
    /// Whose points.
    pub customer_id: Uuid,
    /// The point currency.
    pub wallet_id: WalletId,
    /// Points to be credited; or, below 0, to be taken away.
    pub points: Points,
    /// Why, as a code.
    pub reason_code: String,
    /// Why, in words.
    pub reason: String,
    /// What it is about.
    pub reference: String,
    /// Who asked for it.
    pub created_by: String,
    /// When.
    pub created_at: Timestamp,
    /// Until when somebody else has to decide; `None`: nobody has to.
    pub decide_until: Option<Timestamp>,
    /// Where it stands.
    pub state: CorrectionState,
    /// Who decided, when, and why so.
    pub decision: Option<Deciding>,
    /// The operation in the ledger.
    pub operation_id: Option<Uuid>,
}

/// A decision about a correction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deciding {
    /// Who; empty: nobody, in time.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// Why so.
    pub reason: String,
}

/// Where a correction stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CorrectionState {
    /// Waits for a second person.
    Pending,
    /// Was made.
    Applied,
    /// Was turned down.
    Rejected,
    /// Nobody decided in time.
    Lapsed,
}

/// Why a correction is not made, or not decided on. Nothing has changed then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CorrectionRefusal {
    /// It corrects nothing.
    #[error("a correction of no points corrects nothing")]
    Nothing,
    /// It moves more than one correction may.
    #[error("one correction moves at most {maximum} points")]
    TooLarge {
        /// The most.
        maximum: Points,
    },
    /// It was decided before, or its time is over.
    #[error("the correction is {state:?}")]
    Decided {
        /// Where it stands.
        state: CorrectionState,
    },
    /// Who asked for it can't decide that it is made.
    #[error("who asked for a correction can't approve it")]
    FourEyes,
}

/// Until when somebody else has to decide about so many points; `None`: nobody has to.
pub fn decide_until(
    points: Points,
    policy: &AdjustmentPolicy,
    now: Timestamp,
) -> Result<Option<Timestamp>, CorrectionRefusal> {
    let size = points.get().unsigned_abs();
    let is_above = |limit: Points| i128::from(size) > i128::from(limit.get());
    if size == 0 {
        return Err(CorrectionRefusal::Nothing);
    }
    if is_above(policy.maximum) {
        let maximum = policy.maximum;
        return Err(CorrectionRefusal::TooLarge { maximum });
    }
    if i128::from(size) < i128::from(policy.approval_from.get()) {
        return Ok(None);
    }
    let term = SignedDuration::from_hours(i64::from(policy.decision_hours));
    Ok(Some(now.saturating_add(term).unwrap_or(Timestamp::MAX)))
}

impl Correction {
    /// Where it stands now: one whose time is over has lapsed, whether or not a job has come by.
    pub fn state_at(&self, now: Timestamp) -> CorrectionState {
        let is_late = self.decide_until.is_some_and(|until| until <= now);
        match self.state {
            CorrectionState::Pending if is_late => CorrectionState::Lapsed,
            state => state,
        }
    }

    /// Whether somebody may decide that it is made.
    pub fn check_approval(&self, by: &str, now: Timestamp) -> Result<(), CorrectionRefusal> {
        self.check_pending(now)?;
        if by == self.created_by {
            return Err(CorrectionRefusal::FourEyes);
        }
        Ok(())
    }

    /// Whether it waits for a decision.
    pub fn check_pending(&self, now: Timestamp) -> Result<(), CorrectionRefusal> {
        match self.state_at(now) {
            CorrectionState::Pending => Ok(()),
            state => Err(CorrectionRefusal::Decided { state }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-03-08T10:00:00Z".parse().unwrap()
    }

    #[test]
    fn from_the_limit_on_up_or_down_somebody_else_decides() {
        let policy = AdjustmentPolicy {
            approval_from: Points::new(100),
            maximum: Points::new(1_000),
            decision_hours: 72,
        };
        let until = |points| decide_until(Points::new(points), &policy, now());
        let in_three_days = "2026-03-11T10:00:00Z".parse().unwrap();
        let too_large = CorrectionRefusal::TooLarge {
            maximum: Points::new(1_000),
        };
        for (points, expected) in [
            (99, Ok(None)),
            (-99, Ok(None)),
            (100, Ok(Some(in_three_days))),
            (-1_000, Ok(Some(in_three_days))),
            (1_001, Err(too_large)),
            (i64::MIN, Err(too_large)),
            (0, Err(CorrectionRefusal::Nothing)),
        ] {
            assert_eq!(until(points), expected, "{points}");
        }
        let always = AdjustmentPolicy {
            approval_from: Points::ZERO,
            ..policy
        };
        assert_eq!(
            decide_until(Points::new(1), &always, now()),
            Ok(Some(in_three_days))
        );
    }

    #[test]
    fn who_asked_does_not_approve_and_nobody_does_too_late_or_twice() {
        let mut correction = Correction {
            adjustment_id: Uuid::nil(),
            customer_id: Uuid::nil(),
            wallet_id: WalletId::POINTS,
            points: Points::new(500),
            reason_code: "goodwill".to_owned(),
            reason: "a parcel came late".to_owned(),
            reference: "case-1".to_owned(),
            created_by: "ann".to_owned(),
            created_at: now(),
            decide_until: Some("2026-03-11T10:00:00Z".parse().unwrap()),
            state: CorrectionState::Pending,
            decision: None,
            operation_id: None,
        };
        assert_eq!(correction.check_approval("bob", now()), Ok(()));
        assert_eq!(
            correction.check_approval("ann", now()),
            Err(CorrectionRefusal::FourEyes)
        );
        let late = "2026-03-11T10:00:00Z".parse().unwrap();
        let state = CorrectionState::Lapsed;
        assert_eq!(
            correction.check_approval("bob", late),
            Err(CorrectionRefusal::Decided { state })
        );
        correction.state = CorrectionState::Applied;
        let state = CorrectionState::Applied;
        assert_eq!(
            correction.check_approval("bob", now()),
            Err(CorrectionRefusal::Decided { state })
        );
    }
}
