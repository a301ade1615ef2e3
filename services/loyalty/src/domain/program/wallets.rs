//! Point currencies: how points are counted, when they lapse, how deep a member may owe.

use calendar::{RoundUp, Span, Zone};
use jiff::Timestamp;

use super::{ActivityType, DebtPolicy, WalletId};
use crate::domain::ledger::{Policies, Repayment, SpendingLimits};
use crate::domain::{Money, Points};

/// A point currency and its rules. All amounts are in minor units of the currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WalletPolicy {
    /// The currency.
    pub wallet_id: WalletId,
    /// Its name.
    pub display_name: String,
    /// Decimals, 0 to 4.
    pub decimals: u8,
    /// How fractions are rounded.
    pub rounding: PointRounding,
    /// What is rounded.
    pub rounding_scope: RoundingScope,
    /// When points lapse; `None`: never.
    pub expiry: Option<ExpiryPolicy>,
    /// What earned points wait for; `None`: they can be used at once.
    pub pending: Option<PendingPolicy>,
    /// What happens when more is taken back than is there.
    pub debt: DebtPolicy,
    /// How points may be spent.
    pub redemption: RedemptionPolicy,
    /// What points are worth to the company; `None`: not valued.
    pub value: Option<PointValue>,
}

/// How fractions of points are rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PointRounding {
    /// Down.
    Floor,
    /// To the nearest; half goes up.
    HalfUp,
    /// To the nearest; half goes to the even neighbour.
    HalfEven,
}

/// What is rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoundingScope {
    /// Each rule's award for the basket as a whole; lines get shares by largest remainder.
    Basket,
    /// Each line by itself.
    Line,
}

/// When points lapse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpiryPolicy {
    /// So long from the day of earning …
    pub span: Span,
    /// … moved to the end of this unit.
    pub round_up: RoundUp,
    /// Whether earning or spending gives points that are not yet lapsed the term anew.
    pub extended_by_activity: bool,
    /// Days before the end at which members are reminded; the longest first.
    pub reminder_days: Vec<u16>,
}

/// What earned points wait for: whichever comes first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingPolicy {
    /// So many days after the purchase; `None`: for the act alone.
    pub days: Option<u16>,
    /// An act of this type that names the purchase; `None`: for the days alone.
    pub activity_type: Option<ActivityType>,
}

/// How points may be spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RedemptionPolicy {
    /// The fewest at once; 1 or more.
    pub minimum: Points,
    /// Only multiples of this; 1 or more.
    pub step: Points,
    /// The most at once; `None`: no limit.
    pub maximum: Option<Points>,
    /// Seconds for which points stay reserved where the caller does not say.
    pub hold_seconds: u32,
    /// Whether confirming more than is held takes the rest from the available points.
    pub allow_confirm_above_hold: bool,
    /// Days for which points that lapsed while they were held can be used after the release.
    pub mercy_days: u16,
    /// Days for which restored points can be used at least; 0: only to their original end.
    pub restore_days: u16,
}

/// What points are worth to the company.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PointValue {
    /// So much money …
    pub money: Money,
    /// … for so many points; 1 or more.
    pub points: Points,
}

impl WalletPolicy {
    /// The rules of the ledger as they are at an instant.
    pub fn policies(&self, now: Timestamp, zone: &Zone) -> Policies {
        let redemption = &self.redemption;
        let end_after =
            |days: u16| (days > 0).then(|| zone.end_of(Span::days(days).after(zone.date_of(now))));
        Policies {
            spending: SpendingLimits {
                minimum: redemption.minimum,
                step: redemption.step,
                maximum: redemption.maximum,
            },
            debt: self.debt,
            repayment: Repayment::default(),
            confirms_above_hold: redemption.allow_confirm_above_hold,
            mercy_until: end_after(redemption.mercy_days),
            restored_until: end_after(redemption.restore_days),
            // Who spends, and what of a pool, is no matter of the currency.
            ..Policies::default()
        }
    }
}

impl PointValue {
    /// What so many points are worth, in minor units, rounded down; `None` beyond what can be counted.
    pub fn of(&self, points: i64) -> Option<i64> {
        let worth = i128::from(self.money.minor) * i128::from(points);
        i64::try_from(worth.checked_div_euclid(i128::from(self.points.get()))?).ok()
    }
}

impl ExpiryPolicy {
    /// The instant from which what was earned at another one can't be used any more: the end of its
    /// last day, in the program's zone.
    pub fn expires_at(&self, earned_at: Timestamp, zone: &Zone) -> Timestamp {
        let last_day = self.span.after(zone.date_of(earned_at));
        zone.end_of(self.round_up.apply(last_day))
    }
}

impl Default for RedemptionPolicy {
    /// Any amount from one minor unit; reserved for a quarter of an hour.
    fn default() -> Self {
        Self {
            minimum: Points::new(1),
            step: Points::new(1),
            maximum: None,
            hold_seconds: Self::DEFAULT_HOLD_SECONDS,
            allow_confirm_above_hold: false,
            mercy_days: 0,
            restore_days: 0,
        }
    }
}

impl RedemptionPolicy {
    /// What `hold_seconds` of 0 means.
    pub const DEFAULT_HOLD_SECONDS: u32 = 900;
}
