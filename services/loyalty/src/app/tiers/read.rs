use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Date;
use sqlx::PgConnection;
use uuid::Uuid;

use super::question::Question;
use super::{Histories, History, TiersError};
use crate::app::read::Page;
use crate::app::{AppError, Loyalty};
use crate::domain::program::{LadderId, TierId, TierLadder};
use crate::domain::tiers::{Progress, Standing, progress as look};
use crate::store::ledger::holders;
use crate::store::tiers::changes::{self, ChangeRow};
use crate::store::tiers::gifts::{self, GiftRow};
use crate::store::tiers::standings::standings;

/// How far a member is on a ladder of its program.
pub(crate) struct Ahead {
    pub(crate) ladder_id: LadderId,
    pub(crate) standing: Standing,
    pub(crate) progress: Progress,
    pub(crate) history: Arc<History>,
}

impl Ahead {
    /// The ladder, as the program has it now.
    pub(crate) fn ladder(&self) -> Option<&TierLadder> {
        self.history
            .present
            .document
            .ladder(self.ladder_id.as_str())
    }
}

/// The tiers that a member stands on, ladder by ladder.
pub(crate) async fn standing(
    db: &mut PgConnection,
    customer_id: Uuid,
) -> Result<BTreeMap<LadderId, TierId>, AppError> {
    let mut standings = standings(db, &[customer_id]).await?;
    Ok(standings.remove(&customer_id).unwrap_or_default())
}

/// How far a member is on one ladder.
pub(crate) async fn progress_on(
    loyalty: &Loyalty,
    customer_id: Uuid,
    ladder_id: &str,
) -> Result<Ahead, AppError> {
    let mut db = loyalty.snapshot().await?;
    let (joined_on, history) = member(loyalty, &mut db, customer_id).await?;
    let not_found = || TiersError::LadderNotFound {
        ladder_id: ladder_id.to_owned(),
    };
    let ladder = history
        .present
        .document
        .ladder(ladder_id)
        .ok_or_else(not_found)?;
    let ladder_id = ladder.ladder_id.clone();
    let found = ahead(
        loyalty,
        &mut db,
        (customer_id, joined_on, history),
        ladder_id,
    )
    .await?;
    Ok(found.ok_or_else(not_found)?)
}

/// How far a member is on all ladders, in the order of the program.
pub(crate) async fn progress(loyalty: &Loyalty, customer_id: Uuid) -> Result<Vec<Ahead>, AppError> {
    let mut db = loyalty.snapshot().await?;
    let (joined_on, history) = member(loyalty, &mut db, customer_id).await?;
    let mut all = Vec::new();
    let ladders = history.present.document.tier_ladders.iter();
    for ladder_id in ladders.map(|ladder| ladder.ladder_id.clone()) {
        let member = (customer_id, joined_on, Arc::clone(&history));
        all.extend(ahead(loyalty, &mut db, member, ladder_id).await?);
    }
    Ok(all)
}

async fn member(
    loyalty: &Loyalty,
    db: &mut PgConnection,
    customer_id: Uuid,
) -> Result<(Date, Arc<History>), AppError> {
    let holder = holders::find(&mut *db, customer_id).await?;
    let holder = holder.ok_or(AppError::MemberNotFound)?;
    let mut histories = Histories::default();
    let history = histories
        .of(loyalty, db, &holder.program_id, loyalty.now())
        .await?;
    Ok((history.zone().date_of(holder.enrolled_at), history))
}

async fn ahead(
    loyalty: &Loyalty,
    db: &mut PgConnection,
    (customer_id, joined_on, history): (Uuid, Date, Arc<History>),
    ladder_id: LadderId,
) -> Result<Option<Ahead>, AppError> {
    let member = (customer_id, joined_on, Arc::clone(&history));
    let question = Question::to_read(loyalty, &mut *db, member, &ladder_id).await?;
    let question = [question];
    let mut additions = Question::additions(db, &question).await?;
    let [question] = question;
    let of_member = additions.remove(&customer_id).unwrap_or_default();
    let record = question.record.as_ref();
    let standing = record.map_or_else(|| Standing::none(joined_on), |record| record.shown.clone());
    let progress = question.with_case(&of_member, |case| look(&standing, case));
    Ok(progress.map(|progress| Ahead {
        ladder_id,
        standing,
        progress,
        history,
    }))
}

/// A page of what has changed of a member's standings.
pub(crate) async fn changes(
    loyalty: &Loyalty,
    customer_id: Uuid,
    before: Option<Uuid>,
    size: u16,
) -> Result<Page<ChangeRow>, AppError> {
    let mut db = loyalty.snapshot().await?;
    let rows = changes::page(&mut *db, customer_id, before, i64::from(size) + 1).await?;
    if rows.is_empty() && before.is_none() {
        check_member(&mut db, customer_id).await?;
    }
    Ok(Page::cut(rows, size))
}

/// A page of the tiers that a member was given.
pub(crate) async fn gifts(
    loyalty: &Loyalty,
    customer_id: Uuid,
    before: Option<Uuid>,
    size: u16,
) -> Result<Page<GiftRow>, AppError> {
    let mut db = loyalty.snapshot().await?;
    let rows = gifts::page(&mut *db, customer_id, before, i64::from(size) + 1).await?;
    if rows.is_empty() && before.is_none() {
        check_member(&mut db, customer_id).await?;
    }
    Ok(Page::cut(rows, size))
}

/// A member with an empty list is told from somebody who is no member.
async fn check_member(db: &mut PgConnection, customer_id: Uuid) -> Result<(), AppError> {
    if holders::is_member(db, customer_id).await? {
        return Ok(());
    }
    Err(AppError::MemberNotFound)
}
