use jiff::Timestamp;
use uuid::Uuid;

use super::Verdict;

/// Somebody who was brought by somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Referral {
    /// The referral.
    pub referral_id: Uuid,
    /// The member who came.
    pub referee_id: Uuid,
    /// The member who brought.
    pub referrer_id: Uuid,
    /// The program, in which version the code was named.
    pub program_id: String,
    /// That version: its policy holds for the referral, whatever comes after it.
    pub program_version: i64,
    /// The code.
    pub code: String,
    /// When it was named.
    pub claimed_at: Timestamp,
    /// Purchases before this instant count.
    pub until: Timestamp,
    /// The purchase that counts, and when it was bought.
    pub order: Option<(String, Timestamp)>,
    /// Why it does not count after all.
    pub refused: Option<Refusal>,
    /// What the one who brought has.
    pub referrer: ReferrerReward,
    /// Whether a purchase that counted was returned since.
    pub was_reversed: bool,
    /// How many of the things that were given could not be taken back.
    pub kept: i32,
}

/// Why a referral does not count after all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The member had bought before the code was named.
    BoughtBefore,
    /// Both memberships are one person's.
    SamePerson,
}

/// What the one who brought has of it. Its reward is given apart from that of the one who came, by
/// a transaction that locks the one who brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReferrerReward {
    /// Nothing, and nothing is due.
    None,
    /// Its reward.
    Given,
    /// Nothing: it has had as many as the period allows.
    LimitReached,
    /// Nothing: its membership has ended.
    NotActive,
}

/// What has become of a referral.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// The first purchase is awaited.
    Claimed,
    /// It has come; the one who brought has no reward, or not yet.
    Qualified,
    /// Both have their reward.
    Rewarded,
    /// The purchase was returned.
    Reversed,
    /// It does not count.
    Refused,
    /// No purchase came in time.
    Lapsed,
}

/// Why it is in that state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The member had bought before the code was named.
    BoughtBefore,
    /// Both memberships are one person's.
    SamePerson,
    /// The one who brought has had as many rewards as the period allows.
    LimitReached,
    /// The membership of the one who brought has ended.
    ReferrerNotActive,
    /// The purchase was returned.
    PurchaseReturned,
    /// It was, and something could not be taken back.
    RewardKept,
}

impl Referral {
    /// What has become of it by `now`.
    pub fn state(&self, now: Timestamp) -> State {
        match (self.refused, &self.order) {
            (Some(_), _) => State::Refused,
            (None, Some(_)) if self.referrer == ReferrerReward::Given => State::Rewarded,
            (None, Some(_)) => State::Qualified,
            (None, None) if self.was_reversed => State::Reversed,
            (None, None) if now >= self.until => State::Lapsed,
            (None, None) => State::Claimed,
        }
    }

    /// Why it is in that state; most states need no reason.
    pub fn reason(&self, now: Timestamp) -> Option<Reason> {
        match self.state(now) {
            State::Refused => self.refused.map(|refusal| match refusal {
                Refusal::BoughtBefore => Reason::BoughtBefore,
                Refusal::SamePerson => Reason::SamePerson,
            }),
            State::Qualified => match self.referrer {
                ReferrerReward::LimitReached => Some(Reason::LimitReached),
                ReferrerReward::NotActive => Some(Reason::ReferrerNotActive),
                ReferrerReward::None | ReferrerReward::Given => None,
            },
            State::Reversed if self.kept > 0 => Some(Reason::RewardKept),
            State::Reversed => Some(Reason::PurchaseReturned),
            State::Claimed | State::Rewarded | State::Lapsed => None,
        }
    }

    /// The referral as a new verdict makes it. That both are one person is no matter of purchases,
    /// and stays.
    #[must_use]
    pub fn after(&self, verdict: &Verdict) -> Self {
        let mut after = self.clone();
        if self.refused == Some(Refusal::SamePerson) {
            return after;
        }
        after.refused =
            matches!(verdict, Verdict::BoughtBefore { .. }).then_some(Refusal::BoughtBefore);
        after.order = match verdict {
            Verdict::Qualified {
                order_id,
                ordered_at,
            } => Some((order_id.clone(), *ordered_at)),
            Verdict::Awaiting | Verdict::BoughtBefore { .. } => None,
        };
        after.was_reversed = after.order.is_none() && (self.was_reversed || self.order.is_some());
        after
    }

    /// Whether the rewards stand by it.
    pub fn is_qualified(&self) -> bool {
        self.order.is_some() && self.refused.is_none()
    }
}
