use contract::patron::loyalty::v1 as contract;
use events::NewEvent;
use idempotency::Claim;
use sqlx::PgTransaction;
use tonic::{Response, Status};
use uuid::Uuid;

use super::BenefitsError;
use crate::app::books::{Books, Need};
use crate::app::{AppError, Call, Loyalty};
use crate::store::benefits::{self, UseRow};
use crate::store::stocks::{self, StockId, StockKind};
use crate::wire;

const METHOD: &str = "patron.loyalty.v1.BenefitService/ReturnBenefitUse";

/// Takes a use back, once for each request: it counts no longer.
pub(crate) async fn take_back(
    loyalty: &Loyalty,
    call: &Call,
    request: contract::ReturnBenefitUseRequest,
    of: (Uuid, Uuid),
) -> Result<Response<contract::BenefitUse>, Status> {
    let key = (METHOD, request.request_id.as_str());
    let mut claimed = match loyalty.claim(call, key, &request).await? {
        Claim::Replayed(answer) => return answer,
        Claim::Fresh(claimed) => claimed,
    };
    let outcome = carry_out(loyalty, claimed.transaction(), call, of).await;
    loyalty.finish(claimed, outcome).await
}

async fn carry_out(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    call: &Call,
    (customer_id, benefit_use_id): (Uuid, Uuid),
) -> Result<contract::BenefitUse, AppError> {
    let mut books = Books::open(loyalty, tx, &[Need::of(customer_id)]).await?;
    books.holder(customer_id)?;
    let found = benefits::find(&mut **tx, customer_id, benefit_use_id).await?;
    let mut row = found.ok_or(BenefitsError::UseNotFound { benefit_use_id })?;
    if row.returned_at.is_some() {
        return Err(BenefitsError::Returned.into());
    }
    let now = books.now();
    if row.counts_stock {
        give_back(tx, &row).await?;
    }
    benefits::take_back(
        &mut **tx,
        (customer_id, benefit_use_id),
        (&call.caller, now),
    )
    .await?;
    row.returned_at = Some(now);
    let event = wire::benefits::returned_event(customer_id, &row);
    books.announce(NewEvent::about(customer_id, Some(customer_id), &event));
    books.write(tx).await?;
    Ok(wire::benefits::used(customer_id, &row))
}

/// To the stock of the program by which it was used, whatever that says by now.
async fn give_back(tx: &mut PgTransaction<'_>, row: &UseRow) -> Result<(), AppError> {
    let id = StockId {
        program_id: &row.program_id,
        kind: StockKind::Benefit,
        item_id: &row.benefit_id,
    };
    let stock = stocks::lock(tx, id).await?.of(None).give_back(1);
    Ok(stocks::write(tx, id, stock).await?)
}
