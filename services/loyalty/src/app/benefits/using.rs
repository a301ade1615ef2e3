use contract::patron::loyalty::v1 as contract;
use events::NewEvent;
use idempotency::Claim;
use sqlx::PgTransaction;
use tonic::{Response, Status};
use uuid::Uuid;

use super::BenefitsError;
use crate::app::books::{Books, Need};
use crate::app::{AppError, Call, Loyalty, tiers};
use crate::domain::benefits::{Entitlement, Obstacle, Situation, UseKind, entitlement};
use crate::domain::ledger::State;
use crate::domain::program::{Benefit, BenefitKind, Program};
use crate::domain::stock::Stock;
use crate::store::benefits::{self, UseRow};
use crate::store::grants::{self, GrantKind};
use crate::store::stocks::{self, StockId, StockKind};
use crate::wire;

const METHOD: &str = "patron.loyalty.v1.BenefitService/UseBenefit";

/// A benefit to be used.
#[derive(Clone, Debug)]
pub(crate) struct Using {
    pub(crate) customer_id: Uuid,
    pub(crate) benefit_id: String,
    pub(crate) reference: String,
}

/// Uses a benefit once for each request.
pub(crate) async fn use_once(
    loyalty: &Loyalty,
    call: &Call,
    request: contract::UseBenefitRequest,
    using: Using,
) -> Result<Response<contract::BenefitUse>, Status> {
    let key = (METHOD, request.request_id.as_str());
    let mut claimed = match loyalty.claim(call, key, &request).await? {
        Claim::Replayed(answer) => return answer,
        Claim::Fresh(claimed) => claimed,
    };
    let outcome = carry_out(loyalty, claimed.transaction(), call, &using).await;
    loyalty.finish(claimed, outcome).await
}

async fn carry_out(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    call: &Call,
    using: &Using,
) -> Result<contract::BenefitUse, AppError> {
    let customer_id = using.customer_id;
    let mut books = Books::open(loyalty, tx, &[Need::of(customer_id)]).await?;
    let program = std::sync::Arc::clone(&books.holder(customer_id)?.program);
    let benefit = program.document.benefit(&using.benefit_id);
    let benefit = benefit.ok_or_else(|| BenefitsError::NotFound {
        benefit_id: using.benefit_id.clone(),
    })?;
    let (entitlement, stock) = look(tx, &books, &program, benefit, customer_id).await?;
    let kind = check(&entitlement, benefit, &program, &books)?;
    if benefit.stock.is_some() {
        let stock = stock.take(1).map_err(|_| BenefitsError::StockUsedUp)?;
        stocks::write(tx, stock_id(&program, benefit), stock).await?;
    }
    let row = new_use(&books, &program, benefit, kind, (using, call));
    benefits::insert(tx, customer_id, &row).await?;
    let event = wire::benefits::used_event(customer_id, &row);
    books.announce(NewEvent::about(customer_id, Some(customer_id), &event));
    books.write(tx).await?;
    Ok(wire::benefits::used(customer_id, &row))
}

/// What the member may make of it, and its stock; that is locked, if there is one.
async fn look(
    tx: &mut PgTransaction<'_>,
    books: &Books,
    program: &Program,
    benefit: &Benefit,
    customer_id: Uuid,
) -> Result<(Entitlement, Stock), AppError> {
    let id = benefit.benefit_id.as_str();
    let today = program.document.zone.date_of(books.now());
    let stock = match benefit.stock {
        Some(_) => stocks::lock(tx, stock_id(program, benefit))
            .await?
            .of(benefit.stock),
        None => Stock::default(),
    };
    let period = benefit.period(today).to_string();
    let mut counts = benefits::counts(&mut **tx, customer_id, &[(id, period)]).await?;
    let counts = counts.pop().map(|(_, counts)| counts).unwrap_or_default();
    let extra_given = grants::standing(&mut **tx, customer_id, GrantKind::BenefitUse, id).await?;
    let standing = tiers::standing(tx, customer_id).await?;
    let situation = Situation {
        today,
        tiers: &standing,
        is_active: books.holder(customer_id)?.state == State::Active,
        used: counts.of_quota,
        extra_given,
        extra_used: counts.of_extra,
        stock,
    };
    Ok((entitlement(benefit, &situation), stock))
}

pub(super) fn stock_id<'a>(program: &'a Program, benefit: &'a Benefit) -> StockId<'a> {
    StockId {
        program_id: program.program_id.as_str(),
        kind: StockKind::Benefit,
        item_id: benefit.benefit_id.as_str(),
    }
}

/// What the use is taken from, unless something is in its way.
fn check(
    entitlement: &Entitlement,
    benefit: &Benefit,
    program: &Program,
    books: &Books,
) -> Result<UseKind, BenefitsError> {
    match entitlement.obstacles.first() {
        Some(Obstacle::Quota) => Err(BenefitsError::QuotaUsedUp {
            period: benefit
                .period(program.document.zone.date_of(books.now()))
                .to_string(),
            quota: benefit.quota.map_or(0, |limit| limit.times),
        }),
        Some(Obstacle::Tier) => Err(BenefitsError::NotEntitled),
        Some(Obstacle::Stock) => Err(BenefitsError::StockUsedUp),
        Some(Obstacle::Membership) => Err(BenefitsError::NotActive),
        None => entitlement.next_use.ok_or(BenefitsError::NotEntitled),
    }
}

fn new_use(
    books: &Books,
    program: &Program,
    benefit: &Benefit,
    kind: UseKind,
    (using, call): (&Using, &Call),
) -> UseRow {
    let today = program.document.zone.date_of(books.now());
    UseRow {
        benefit_use_id: books.new_id(),
        benefit_id: benefit.benefit_id.to_string(),
        period: benefit.period(today).to_string(),
        is_extra: kind == UseKind::Extra,
        counts_stock: benefit.stock.is_some(),
        basis_points: match benefit.kind {
            BenefitKind::Discount { basis_points } => i32::from(basis_points),
            _ => 0,
        },
        reference: using.reference.clone(),
        program_id: program.program_id.to_string(),
        program_version: program.version,
        used_by: call.caller.clone(),
        used_at: books.now(),
        returned_at: None,
    }
}
