use std::collections::HashMap;
use std::sync::Arc;

use calendar::{Bucket, LAST_DAY};
use jiff::Timestamp;
use jiff::civil::Date;
use sqlx::PgConnection;
use uuid::Uuid;

use super::BenefitsError;
use crate::app::read::Page;
use crate::app::{AppError, Loyalty, tiers};
use crate::domain::benefits::{Entitlement, Situation, entitlement};
use crate::domain::ledger::State;
use crate::domain::program::{Benefit, Program};
use crate::store::benefits::{self, Counts, UseRow};
use crate::store::grants::{self, GrantKind};
use crate::store::ledger::holders;
use crate::store::stocks::{self, StockKind};

/// What a member may make of a benefit.
pub(crate) struct Entitled {
    pub(crate) benefit: Benefit,
    pub(crate) entitlement: Entitlement,
    /// The first day on which the quota begins anew.
    pub(crate) renews_on: Option<Date>,
}

/// A member with its program, now.
struct Member {
    customer_id: Uuid,
    state: State,
    program: Arc<Program>,
    now: Timestamp,
}

/// What a member may make of one benefit.
pub(crate) async fn entitled(
    loyalty: &Loyalty,
    customer_id: Uuid,
    benefit_id: &str,
) -> Result<Entitled, AppError> {
    let mut db = loyalty.snapshot().await?;
    let member = member(loyalty, &mut db, customer_id).await?;
    let benefit = member.program.document.benefit(benefit_id);
    let not_found = || BenefitsError::NotFound {
        benefit_id: benefit_id.to_owned(),
    };
    let benefit = benefit.ok_or_else(not_found)?.clone();
    let mut one = all(&mut db, &member, &[benefit]).await?;
    Ok(one.pop().ok_or_else(not_found)?)
}

/// What a member may make of all benefits, in the order of the program.
pub(crate) async fn entitlements(
    loyalty: &Loyalty,
    customer_id: Uuid,
) -> Result<Vec<Entitled>, AppError> {
    let mut db = loyalty.snapshot().await?;
    let member = member(loyalty, &mut db, customer_id).await?;
    all(&mut db, &member, &member.program.document.benefits).await
}

async fn member(
    loyalty: &Loyalty,
    db: &mut PgConnection,
    customer_id: Uuid,
) -> Result<Member, AppError> {
    let holder = holders::find(&mut *db, customer_id).await?;
    let holder = holder.ok_or(AppError::MemberNotFound)?;
    let now = loyalty.now();
    let program = loyalty.programs.at(db, &holder.program_id, now).await?;
    Ok(Member {
        customer_id,
        state: holder.state,
        program,
        now,
    })
}

async fn all(
    db: &mut PgConnection,
    member: &Member,
    wanted: &[Benefit],
) -> Result<Vec<Entitled>, AppError> {
    let today = member.program.document.zone.date_of(member.now);
    let standing = tiers::standing(&mut *db, member.customer_id).await?;
    let program_id = member.program.program_id.as_str();
    let ids: Vec<&str> = wanted
        .iter()
        .map(|benefit| benefit.benefit_id.as_str())
        .collect();
    let periods = wanted
        .iter()
        .map(|benefit| benefit.period(today).to_string());
    let counted: Vec<_> = ids.iter().copied().zip(periods).collect();
    let counts: HashMap<_, _> = benefits::counts(&mut *db, member.customer_id, &counted)
        .await?
        .into_iter()
        .collect();
    let stocks = stocks::read(&mut *db, program_id, StockKind::Benefit, &ids).await?;
    let stocks: HashMap<_, _> = stocks.into_iter().collect();
    let kind = GrantKind::BenefitUse;
    let given = grants::standing_of_kind(db, member.customer_id, kind).await?;
    let extra = |benefit: &Benefit| {
        let of_it = given
            .iter()
            .filter(|given| is_use_of(&given.grant, benefit));
        i64::try_from(of_it.count()).unwrap_or(i64::MAX)
    };
    let entitled = wanted.iter().map(|benefit| {
        let id = benefit.benefit_id.as_str();
        let Counts { of_quota, of_extra } = counts.get(id).copied().unwrap_or_default();
        let stock = stocks.get(id).copied().unwrap_or_default();
        let situation = Situation {
            today,
            tiers: &standing,
            is_active: member.state == State::Active,
            used: of_quota,
            extra_given: extra(benefit),
            extra_used: of_extra,
            stock: stock.of(benefit.stock),
        };
        Entitled {
            entitlement: entitlement(benefit, &situation),
            renews_on: renews_on(benefit.period(today)),
            benefit: benefit.clone(),
        }
    });
    Ok(entitled.collect())
}

fn is_use_of(grant: &crate::domain::program::Grant, benefit: &Benefit) -> bool {
    *grant == crate::domain::program::Grant::BenefitUse(benefit.benefit_id.clone())
}

fn renews_on(period: Bucket) -> Option<Date> {
    let last = period.days().last;
    (last < LAST_DAY).then(|| last.tomorrow().ok()).flatten()
}

/// A page of a member's uses.
pub(crate) async fn uses(
    loyalty: &Loyalty,
    customer_id: Uuid,
    before: Option<Uuid>,
    size: u16,
) -> Result<Page<UseRow>, AppError> {
    let mut db = loyalty.snapshot().await?;
    let rows = benefits::page(&mut *db, customer_id, before, i64::from(size) + 1).await?;
    if rows.is_empty() && before.is_none() && !holders::is_member(&mut *db, customer_id).await? {
        return Err(AppError::MemberNotFound);
    }
    Ok(Page::cut(rows, size))
}
