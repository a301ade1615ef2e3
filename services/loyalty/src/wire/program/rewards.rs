use ::contract::checks::At;
use contract::patron::loyalty::v1 as contract;
use contract::reward::Kind;

use super::reader::Perhaps;
use super::values::{limit, or, times};
use super::{Fault, Reader};
use crate::domain::program::{Grant, Presale, Reward, RewardId, RewardKind, TimeWindow};
use crate::domain::{Money, Points};

/// All of a basket.
const WHOLE: u16 = 10_000;

impl<'d> Reader<'d> {
    pub(super) fn reward(&mut self, at: &At<'_>, reward: &'d contract::Reward) -> Option<Reward> {
        let cash = self.optional_money(at, "cash", reward.cash.as_ref(), 1);
        let kind = self.reward_kind(at, reward, cash.flatten());
        let wallet_id = self.wallet_id(&at.field("wallet_id"), &reward.wallet_id);
        let (start, end) = (reward.start_time.as_ref(), reward.end_time.as_ref());
        let window = self.window(at, start, end);
        let gates = self.gates(at, "gates", &reward.gates);
        let presale = self.presale(at, reward, window);
        Some(Reward {
            reward_id: RewardId::new(&reward.reward_id),
            display_name: reward.display_name.clone(),
            kind: kind?,
            wallet_id: wallet_id?,
            points: Points::new(reward.points),
            cash: cash?,
            stock: limit(reward.stock),
            per_member_limit: times(reward.per_member_limit, reward.per_member_period()),
            window: window?,
            gates: gates?,
            presale: presale?,
        })
    }

    fn reward_kind(
        &mut self,
        at: &At<'_>,
        reward: &'d contract::Reward,
        cash: Option<Money>,
    ) -> Option<RewardKind> {
        let kind = reward.kind();
        if kind != Kind::CashDeduction {
            let stray = "KIND_CASH_DEDUCTION";
            self.only_with(reward.deduction.is_some(), at, "deduction", stray);
            let has_limit = reward.deduction_limit_basis_points != 0;
            self.only_with(has_limit, at, "deduction_limit_basis_points", stray);
        }
        let hands_out = matches!(kind, Kind::DrawTicket | Kind::Coupon);
        let is_stray = reward.grant.is_some() && !hands_out;
        self.only_with(is_stray, at, "grant", "KIND_COUPON and KIND_DRAW_TICKET");
        match kind {
            Kind::Unspecified => self.missing(at, "kind"),
            Kind::Goods => Some(RewardKind::Goods),
            Kind::Service => Some(RewardKind::Service),
            Kind::CashDeduction => self.cash_deduction(at, reward, cash),
            Kind::DrawTicket => match self.handed_out(at, reward)? {
                Grant::Tickets { draw_id, count } => {
                    Some(RewardKind::DrawTicket { draw_id, count })
                }
                _ => self.wrong_grant(at, "tickets"),
            },
            Kind::Coupon => match self.handed_out(at, reward)? {
                Grant::Coupon(template) => Some(RewardKind::Coupon(template)),
                _ => self.wrong_grant(at, "coupon_template_id"),
            },
        }
    }

    fn cash_deduction(
        &mut self,
        at: &At<'_>,
        reward: &'d contract::Reward,
        cash: Option<Money>,
    ) -> Option<RewardKind> {
        let Some(deduction) = reward.deduction.as_ref() else {
            return self.missing(at, "deduction");
        };
        let at = &at.field("deduction");
        let deduction = self.money(at, deduction, 1)?;
        self.same_currency(at, Some(deduction), ("cash", cash));
        Some(RewardKind::CashDeduction {
            deduction,
            limit_basis_points: or(reward.deduction_limit_basis_points, WHOLE),
        })
    }

    fn handed_out(&mut self, at: &At<'_>, reward: &'d contract::Reward) -> Option<Grant> {
        match reward.grant.as_ref() {
            Some(grant) => self.grant(&at.field("grant"), grant),
            None => self.missing(at, "grant"),
        }
    }

    fn wrong_grant(&mut self, at: &At<'_>, wanted: &'static str) -> Option<RewardKind> {
        self.problems
            .add(&at.field("grant"), Fault::WrongGrant(wanted));
        None
    }

    fn presale(
        &mut self,
        at: &At<'_>,
        reward: &'d contract::Reward,
        window: Option<TimeWindow>,
    ) -> Option<Perhaps<Presale>> {
        const FIELD: &str = "presale_start_time";
        let gates = self.gates(at, "presale_gates", &reward.presale_gates);
        let start = self.instant(at, FIELD, reward.presale_start_time.as_ref())?;
        let Some(start) = start else {
            let has_gates = !reward.presale_gates.is_empty();
            self.only_with(has_gates, at, "presale_gates", FIELD);
            return Some(None);
        };
        if reward.presale_gates.is_empty() {
            return self.missing(at, "presale_gates");
        }
        // A sale that is not sound has been told of.
        if window?.start.is_none_or(|sale| sale <= start) {
            self.problems.add(&at.field(FIELD), Fault::PresaleNotBefore);
            return None;
        }
        let gates = gates?;
        Some(Some(Presale { start, gates }))
    }
}
