use ::contract::time::timestamp;
use contract::end_of_day::{Step as WireStep, StepCount};
use contract::patron::loyalty::v1 as contract;
use jiff::Timestamp;
use uuid::Uuid;

use super::date;
use crate::domain::end_of_day::Step;
use crate::domain::ledger::{Activated, Expired, Points, Released, WalletId};
use crate::store::end_of_day::EndOfDay;
use crate::store::ledger::holds::HoldRow;

/// Points that will lapse.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Expiring {
    pub(crate) wallet_id: WalletId,
    pub(crate) points: Points,
    pub(crate) end: Timestamp,
    pub(crate) days_ahead: u16,
}

/// Pending points have become usable.
pub(crate) fn activated(holder_id: Uuid, activated: &Activated) -> contract::PointsActivated {
    contract::PointsActivated {
        customer_id: holder_id.to_string(),
        operation_id: activated.operation_id.to_string(),
        wallet_id: activated.posting.wallet_id().to_string(),
        amount: activated.points.get(),
        debt_repaid: activated.debt_repaid.get(),
        available_after: activated.posting.figures().balances.available.get(),
    }
}

/// Points have lapsed.
pub(crate) fn expired(holder_id: Uuid, expired: &Expired) -> contract::PointsExpired {
    contract::PointsExpired {
        customer_id: holder_id.to_string(),
        operation_id: expired.operation_id.to_string(),
        wallet_id: expired.posting.wallet_id().to_string(),
        amount: expired.points.get(),
        available_after: expired.posting.figures().balances.available.get(),
    }
}

/// The time of a hold is over.
pub(crate) fn timed_out(row: &HoldRow, released: &Released) -> contract::HoldTimedOut {
    contract::HoldTimedOut {
        customer_id: row.customer_id.to_string(),
        hold_id: row.hold.hold_id.to_string(),
        wallet_id: row.wallet_id.to_string(),
        amount: released.points.get(),
        lapsed: released.lapsed.get(),
        reference: row.reference.clone(),
        available_after: released.posting.figures().balances.available.get(),
    }
}

/// Points will lapse.
pub(crate) fn expiring(holder_id: Uuid, expiring: &Expiring) -> contract::PointsExpiring {
    contract::PointsExpiring {
        customer_id: holder_id.to_string(),
        wallet_id: expiring.wallet_id.to_string(),
        amount: expiring.points.get(),
        expire_time: Some(timestamp(expiring.end)),
        days_ahead: i32::from(expiring.days_ahead),
    }
}

/// The end of a day.
pub(crate) fn day(program_id: &str, day: &EndOfDay) -> contract::EndOfDay {
    let steps = day.steps.iter().map(|(of, due, open)| StepCount {
        step: step(*of).into(),
        due: *due,
        open: *open,
    });
    contract::EndOfDay {
        program_id: program_id.to_owned(),
        date: Some(date(day.day)),
        start_time: Some(timestamp(day.begun_at)),
        finish_time: day.finished_at.map(timestamp),
        steps: steps.collect(),
    }
}

fn step(step: Step) -> WireStep {
    match step {
        Step::Activate => WireStep::Activate,
        Step::TimeOut => WireStep::TimeOut,
        Step::Expire => WireStep::Expire,
        Step::Tiers => WireStep::Tiers,
        Step::Packages => WireStep::Packages,
        Step::Remind => WireStep::Remind,
    }
}
