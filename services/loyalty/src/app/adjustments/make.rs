//! Making a correction.

use contract::operation_details::Details;
use contract::patron::loyalty::v1 as contract;
use events::NewEvent;
use uuid::Uuid;

use super::AdjustmentsError;
use crate::app::AppError;
use crate::app::books::{Books, Posted};
use crate::app::grants::points::terms;
use crate::domain::adjustments::{Correction, CorrectionState};
use crate::domain::ledger::{
    Adjusted, Adjustment, Cause, Change, Kind, Points, State, adjust as decide,
};
use crate::wire;

/// Makes a correction: posts it, notes it and announces it. The books hold what it takes.
pub(super) fn make(books: &mut Books, correction: &mut Correction) -> Result<(), AppError> {
    let customer_id = correction.customer_id;
    let adjusted = adjusted(books, correction)?;
    correction.state = CorrectionState::Applied;
    correction.operation_id = Some(adjusted.operation_id);
    let event = wire::adjustments::adjusted(correction, &adjusted);
    let details = contract::OperationDetails {
        program_version: books.holder(customer_id)?.program.version,
        details: Some(Details::Adjustment(details(correction))),
    };
    let posted = Posted::new(customer_id, adjusted.posting).about(correction.adjustment_id);
    books.post(posted.explained(Kind::Adjust, details))?;
    books.announce(NewEvent::about(customer_id, Some(customer_id), &event));
    Ok(())
}

/// Nothing is corrected of a membership that has ended, and nobody is asked to decide on it.
pub(super) fn check_open(books: &Books, customer_id: Uuid) -> Result<(), AppError> {
    let person = books.person(customer_id)?;
    if books.member(person)?.state == State::Closed {
        return Err(AdjustmentsError::Closed.into());
    }
    Ok(())
}

fn adjusted(books: &Books, correction: &Correction) -> Result<Adjusted, AppError> {
    let (customer_id, wallet_id) = (correction.customer_id, correction.wallet_id);
    check_open(books, customer_id)?;
    let wallet = books.wallet(customer_id, Some(wallet_id))?;
    let policies = books.policies(customer_id, wallet_id)?;
    let change = match correction.points {
        points if points < Points::ZERO => Change::Debit(points.negated()?),
        points => {
            let program = &books.holder(customer_id)?.program;
            let terms = terms(program, wallet_id, points.get(), books.now());
            Change::Credit(points, terms)
        }
    };
    let adjustment = Adjustment {
        change,
        cause: Cause {
            reference: &correction.reference,
            effective_at: correction.created_at,
        },
    };
    let adjusted = books.decide(|occasion| decide(wallet, adjustment, &policies, occasion));
    Ok(adjusted.map_err(AdjustmentsError::from)?)
}

fn details(correction: &Correction) -> contract::AdjustmentDetails {
    let needed_somebody = correction.decide_until.is_some();
    let decided_by = correction.decision.as_ref().map(|decision| &decision.by);
    let approved_by = decided_by.filter(|_| needed_somebody).cloned();
    contract::AdjustmentDetails {
        adjustment_id: correction.adjustment_id.to_string(),
        reason_code: correction.reason_code.clone(),
        created_by: correction.created_by.clone(),
        approved_by: approved_by.unwrap_or_default(),
    }
}
