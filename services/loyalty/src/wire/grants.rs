//! What members were given.

use ::contract::time::timestamp;
use contract::grant::Grant as Kind;
use contract::grant_cause::Kind as WireCause;
use contract::operation_details::Details;
use contract::patron::loyalty::v1 as contract;

use crate::domain::grants::{CauseKind, Given, GrantCause};
use crate::domain::ledger::{ClawedBack, Earned, Points, WalletId};
use crate::domain::program::Grant;

/// A grant, as programs write it.
pub(crate) fn grant(grant: &Grant) -> contract::Grant {
    let kind = match grant {
        Grant::Points { wallet_id, points } => Kind::Points(contract::PointGrant {
            wallet_id: wallet_id.to_string(),
            points: points.get(),
        }),
        Grant::Coupon(template_id) => Kind::CouponTemplateId(template_id.to_string()),
        Grant::BenefitUse(benefit_id) => Kind::BenefitId(benefit_id.to_string()),
        Grant::Badge(badge_id) => Kind::BadgeId(badge_id.to_string()),
        Grant::Tickets { draw_id, count } => Kind::Tickets(contract::TicketGrant {
            draw_id: draw_id.to_string(),
            count: i32::try_from(*count).unwrap_or(i32::MAX),
        }),
    };
    contract::Grant { grant: Some(kind) }
}

/// Why something was given.
pub(crate) fn cause(cause: &GrantCause) -> contract::GrantCause {
    let kind = match cause.kind {
        CauseKind::Package => WireCause::Package,
        CauseKind::Challenge => WireCause::Challenge,
        CauseKind::Referral => WireCause::Referral,
        CauseKind::Draw => WireCause::Draw,
        CauseKind::RewardOrder => WireCause::RewardOrder,
        CauseKind::Hand => WireCause::Hand,
    };
    contract::GrantCause {
        kind: kind.into(),
        cause_id: cause.id.clone(),
    }
}

/// Something that was given, with the code where it is a coupon.
pub(crate) fn given((given, code): (Given, Option<String>)) -> contract::GivenGrant {
    contract::GivenGrant {
        grant_id: given.grant_id.to_string(),
        customer_id: given.customer_id.to_string(),
        grant: Some(grant(&given.grant)),
        cause: Some(cause(&given.cause)),
        result_id: result_id(&given),
        coupon_code: code.unwrap_or_default(),
        give_time: Some(timestamp(given.given_at)),
        revoke_time: given.revoked_at.map(timestamp),
        kept: given.kept,
    }
}

/// A member was given something.
pub(crate) fn given_event(given: &Given) -> contract::GrantGiven {
    contract::GrantGiven {
        customer_id: given.customer_id.to_string(),
        grant_id: given.grant_id.to_string(),
        grant: Some(grant(&given.grant)),
        cause: Some(cause(&given.cause)),
        result_id: result_id(given),
    }
}

/// Something was taken back.
pub(crate) fn revoked_event(given: &Given) -> contract::GrantRevoked {
    contract::GrantRevoked {
        customer_id: given.customer_id.to_string(),
        grant_id: given.grant_id.to_string(),
        grant: Some(grant(&given.grant)),
        cause: Some(cause(&given.cause)),
        kept: given.kept,
    }
}

/// Points were given.
pub(crate) fn points_given(
    given: &Given,
    wallet_id: WalletId,
    points: i64,
    earned: &Earned,
) -> contract::PointsEarned {
    contract::PointsEarned {
        customer_id: given.customer_id.to_string(),
        operation_id: earned.operation_id.to_string(),
        amount: points,
        debt_repaid: earned.debt_repaid.get(),
        reference: reference(given),
        available_after: earned.posting.figures().balances.available.get(),
        wallet_id: wallet_id.to_string(),
    }
}

/// Points that had been given were taken back.
pub(crate) fn points_taken_back(
    given: &Given,
    points: Points,
    taken: &ClawedBack,
) -> contract::PointsClawedBack {
    let operation_id = taken.operation_id.map(|id| id.to_string());
    contract::PointsClawedBack {
        customer_id: given.customer_id.to_string(),
        operation_id: operation_id.unwrap_or_default(),
        amount: points.get().saturating_sub(taken.not_taken.get()),
        debt_added: taken.debt_added.get(),
        reference: reference(given),
        available_after: taken.posting.figures().balances.available.get(),
        ..Default::default()
    }
}

/// What explains an operation that gives points.
pub(crate) fn grant_details(program_version: i64, given: &Given) -> contract::OperationDetails {
    let grant = contract::GrantDetails {
        grant_id: given.grant_id.to_string(),
        cause_kind: given.cause.kind.name().to_owned(),
        cause_id: given.cause.id.clone(),
    };
    contract::OperationDetails {
        program_version,
        details: Some(Details::Grant(grant)),
    }
}

/// What explains an operation that takes them back.
pub(crate) fn claw_back_details(
    program_version: i64,
    points: Points,
    taken: &ClawedBack,
) -> contract::OperationDetails {
    let claw_back = contract::ClawBackDetails {
        cause: contract::claw_back_details::Cause::GrantRevoked.into(),
        points_before: points.get(),
        from_own_lots: taken.from_own.get(),
        from_other_lots: taken.from_others.get(),
        to_debt: taken.debt_added.get(),
        not_taken: taken.not_taken.get(),
        ..Default::default()
    };
    contract::OperationDetails {
        program_version,
        details: Some(Details::ClawBack(claw_back)),
    }
}

/// What the ledger calls the cause.
pub(crate) fn reference(given: &Given) -> String {
    format!("{}/{}", given.cause.kind.name(), given.cause.id)
}

fn result_id(given: &Given) -> String {
    given.result_id.map(|id| id.to_string()).unwrap_or_default()
}
