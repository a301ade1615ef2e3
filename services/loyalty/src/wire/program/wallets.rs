use ::contract::checks::At;
use calendar::Span;
use contract::debt_policy::Mode;
use contract::patron::loyalty::v1 as contract;

use super::reader::Perhaps;
use super::values::{or, point_limit, round_up, whole};
use super::{Fault, Reader};
use crate::domain::Points;
use crate::domain::program::{
    ActivityType, DebtPolicy, ExpiryPolicy, PendingPolicy, PointRounding, PointValue,
    RedemptionPolicy, RoundingScope, WalletId, WalletPolicy,
};

/// The most days before the end at which a member is reminded.
const LONGEST_REMINDER_DAYS: i32 = 3650;

impl<'d> Reader<'d> {
    pub(super) fn wallet(
        &mut self,
        at: &At<'_>,
        wallet: &'d contract::WalletPolicy,
    ) -> Option<WalletPolicy> {
        let expiry = self.optional(at, "expiry", wallet.expiry.as_ref(), Self::expiry);
        let debt = wallet.debt.as_ref();
        let debt = debt.map(|debt| self.debt(&at.field("debt"), debt));
        let redemption = wallet.redemption.as_ref();
        let redemption = redemption.map(|policy| self.redemption(&at.field("redemption"), policy));
        let value = self.point_value(at, wallet);
        Some(WalletPolicy {
            wallet_id: WalletId::parse(&wallet.wallet_id).ok()?,
            display_name: wallet.display_name.clone(),
            decimals: whole(wallet.decimals),
            rounding: rounding(wallet.rounding()),
            rounding_scope: rounding_scope(wallet.rounding_scope()),
            expiry: expiry?,
            pending: wallet.pending.as_ref().and_then(pending),
            debt: debt.unwrap_or(DebtPolicy::Unlimited),
            redemption: redemption.unwrap_or_default(),
            value: value?,
        })
    }

    fn expiry(&mut self, at: &At<'_>, expiry: &'d contract::ExpiryPolicy) -> Option<ExpiryPolicy> {
        let reminders = self.list(
            at,
            "reminder_days",
            &expiry.reminder_days,
            |reader, at, days| {
                if !(1..=LONGEST_REMINDER_DAYS).contains(days) {
                    let (least, most, found) = (1, LONGEST_REMINDER_DAYS.into(), i64::from(*days));
                    let fault = Fault::OutOfRange { least, most, found };
                    reader.problems.add(at, fault);
                    return None;
                }
                Some(whole::<u16>(*days))
            },
        );
        let mut reminder_days = reminders?;
        reminder_days.sort_unstable_by(|one, other| other.cmp(one));
        reminder_days.dedup();
        Some(ExpiryPolicy {
            span: Span {
                months: whole(expiry.months),
                days: whole(expiry.days),
            },
            round_up: round_up(expiry.round_up()),
            extended_by_activity: expiry.extended_by_activity,
            reminder_days,
        })
    }

    fn debt(&mut self, at: &At<'_>, debt: &contract::DebtPolicy) -> DebtPolicy {
        let mode = debt.mode();
        self.only_with(
            debt.limit != 0 && mode != Mode::Limit,
            at,
            "limit",
            "MODE_LIMIT",
        );
        match mode {
            Mode::Unspecified | Mode::Unlimited => DebtPolicy::Unlimited,
            Mode::None => DebtPolicy::None,
            Mode::ToZero => DebtPolicy::ToZero,
            Mode::Limit => DebtPolicy::Limit(Points::new(debt.limit)),
        }
    }

    fn redemption(&mut self, at: &At<'_>, policy: &contract::RedemptionPolicy) -> RedemptionPolicy {
        for (other, least) in [("minimum", policy.minimum), ("step", policy.step)] {
            if policy.maximum != 0 && policy.maximum < least {
                let fault = Fault::Below { least, other };
                self.problems.add(&at.field("maximum"), fault);
            }
        }
        RedemptionPolicy {
            minimum: Points::new(or(policy.minimum, 1)),
            step: Points::new(or(policy.step, 1)),
            maximum: point_limit(policy.maximum),
            hold_seconds: or(policy.hold_seconds, RedemptionPolicy::DEFAULT_HOLD_SECONDS),
            allow_confirm_above_hold: policy.allow_confirm_above_hold,
            mercy_days: whole(policy.mercy_days),
            restore_days: whole(policy.restore_days),
        }
    }

    fn point_value(
        &mut self,
        at: &At<'_>,
        wallet: &contract::WalletPolicy,
    ) -> Option<Perhaps<PointValue>> {
        let money = self.optional_money(at, "value", wallet.value.as_ref(), 0)?;
        let Some(money) = money else {
            self.only_with(wallet.value_points != 0, at, "value_points", "value");
            return Some(None);
        };
        Some(point_limit(wallet.value_points).map(|points| PointValue { money, points }))
    }
}

/// One that waits for nothing is none.
fn pending(pending: &contract::PendingPolicy) -> Option<PendingPolicy> {
    let activity_type = &pending.activity_type;
    let activity_type = (!activity_type.is_empty()).then(|| ActivityType::new(activity_type));
    let days = super::values::limit(pending.days);
    (days.is_some() || activity_type.is_some()).then_some(PendingPolicy {
        days,
        activity_type,
    })
}

fn rounding(rounding: contract::PointRounding) -> PointRounding {
    match rounding {
        contract::PointRounding::Unspecified | contract::PointRounding::Floor => {
            PointRounding::Floor
        }
        contract::PointRounding::HalfUp => PointRounding::HalfUp,
        contract::PointRounding::HalfEven => PointRounding::HalfEven,
    }
}

fn rounding_scope(scope: contract::RoundingScope) -> RoundingScope {
    match scope {
        contract::RoundingScope::Unspecified | contract::RoundingScope::Basket => {
            RoundingScope::Basket
        }
        contract::RoundingScope::Line => RoundingScope::Line,
    }
}
