use ::contract::time::timestamp;
use chassis::Refusal;
use contract::benefit::Kind as WireKind;
use contract::entitlement::Obstacle as WireObstacle;
use contract::patron::loyalty::v1 as contract;
use uuid::Uuid;

use super::date;
use super::rewards::{gate, period};
use crate::app::benefits::{Entitled, Using};
use crate::domain::benefits::Obstacle;
use crate::domain::program::{Benefit, BenefitKind};
use crate::store::benefits::UseRow;

/// A benefit to be used, as a request asks for it.
pub(crate) fn using(request: &contract::UseBenefitRequest) -> Result<Using, Refusal> {
    Ok(Using {
        customer_id: super::id(&request.customer_id, "customer_id")?,
        benefit_id: request.benefit_id.clone(),
        reference: request.reference.clone(),
    })
}

/// What a member may make of a benefit.
pub(crate) fn entitlement(entitled: &Entitled) -> contract::Entitlement {
    let Entitled {
        benefit,
        entitlement,
        renews_on,
    } = entitled;
    contract::Entitlement {
        benefit: Some(self::benefit(benefit)),
        entitled: entitlement.obstacles.is_empty(),
        obstacles: entitlement
            .obstacles
            .iter()
            .map(|one| obstacle(*one).into())
            .collect(),
        uses_left: entitlement.uses_left,
        extra_uses_left: entitlement.extra_left,
        quota_renew_date: renews_on.map(date),
        stock_left: entitlement.stock_left,
    }
}

/// A benefit, as the program has it.
fn benefit(benefit: &Benefit) -> contract::Benefit {
    contract::Benefit {
        benefit_id: benefit.benefit_id.to_string(),
        display_name: benefit.display_name.clone(),
        kind: kind(benefit.kind).into(),
        gates: benefit.gates.iter().map(gate).collect(),
        discount_basis_points: match benefit.kind {
            BenefitKind::Discount { basis_points } => i32::from(basis_points),
            _ => 0,
        },
        quota: benefit
            .quota
            .map_or(0, |limit| i32::try_from(limit.times).unwrap_or(i32::MAX)),
        quota_period: benefit
            .quota
            .map_or_else(i32::default, |limit| period(limit.period).into()),
        stock: benefit
            .stock
            .map_or(0, |stock| i64::try_from(stock).unwrap_or(i64::MAX)),
    }
}

fn kind(kind: BenefitKind) -> WireKind {
    match kind {
        BenefitKind::Discount { .. } => WireKind::Discount,
        BenefitKind::FreeDelivery => WireKind::FreeDelivery,
        BenefitKind::PriorityService => WireKind::PriorityService,
        BenefitKind::Adviser => WireKind::Adviser,
        BenefitKind::EarlyPurchase => WireKind::EarlyPurchase,
        BenefitKind::Gift => WireKind::Gift,
    }
}

fn obstacle(obstacle: Obstacle) -> WireObstacle {
    match obstacle {
        Obstacle::Tier => WireObstacle::Tier,
        Obstacle::Quota => WireObstacle::Quota,
        Obstacle::Stock => WireObstacle::Stock,
        Obstacle::Membership => WireObstacle::Membership,
    }
}

/// A use of a benefit.
pub(crate) fn used(customer_id: Uuid, row: &UseRow) -> contract::BenefitUse {
    contract::BenefitUse {
        benefit_use_id: row.benefit_use_id.to_string(),
        customer_id: customer_id.to_string(),
        benefit_id: row.benefit_id.clone(),
        reference: row.reference.clone(),
        period: row.period.clone(),
        extra: row.is_extra,
        discount_basis_points: row.basis_points,
        program_version: row.program_version,
        create_time: Some(timestamp(row.used_at)),
        return_time: row.returned_at.map(timestamp),
    }
}

/// A member has used a benefit.
pub(crate) fn used_event(customer_id: Uuid, row: &UseRow) -> contract::BenefitUsed {
    contract::BenefitUsed {
        customer_id: customer_id.to_string(),
        benefit_use_id: row.benefit_use_id.to_string(),
        benefit_id: row.benefit_id.clone(),
        reference: row.reference.clone(),
    }
}

/// The use of a benefit was taken back.
pub(crate) fn returned_event(customer_id: Uuid, row: &UseRow) -> contract::BenefitUseReturned {
    contract::BenefitUseReturned {
        customer_id: customer_id.to_string(),
        benefit_use_id: row.benefit_use_id.to_string(),
        benefit_id: row.benefit_id.clone(),
    }
}
