use jiff::Timestamp;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use crate::domain::tiers::{Change, ChangeReason};
use crate::store::StoreError;
use crate::store::numbers::Numbered;

impl Numbered for ChangeReason {
    const WHAT: &'static str = "reason of a change of tier";
    const ALL: &'static [Self] = &[
        Self::Reached,
        Self::Kept,
        Self::NotKept,
        Self::Given,
        Self::GiftEnded,
        Self::Revised,
    ];
}

/// A change to be written.
#[derive(Clone, Debug)]
pub(crate) struct NewChange {
    pub(crate) customer_id: Uuid,
    pub(crate) change_id: Uuid,
    pub(crate) ladder_id: String,
    pub(crate) change: Change,
    /// What it was caused by.
    pub(crate) reference: String,
}

/// A change as it is recorded.
#[derive(Clone, Debug)]
pub(crate) struct ChangeRow {
    pub(crate) change_id: Uuid,
    pub(crate) ladder_id: String,
    pub(crate) from_tier_id: Option<String>,
    pub(crate) to_tier_id: Option<String>,
    pub(crate) reason: ChangeReason,
    pub(crate) effective_on: Date,
    pub(crate) until: Option<Date>,
    pub(crate) gift_id: Option<Uuid>,
    pub(crate) metric: i64,
    pub(crate) window_first: Option<Date>,
    pub(crate) window_last: Option<Date>,
    pub(crate) program_version: i64,
    pub(crate) reference: String,
    pub(crate) recorded_at: Timestamp,
}

impl NewChange {
    /// The change as it will be read.
    pub(crate) fn row(&self, now: Timestamp) -> ChangeRow {
        let Change { from, to, .. } = &self.change;
        ChangeRow {
            change_id: self.change_id,
            ladder_id: self.ladder_id.clone(),
            from_tier_id: from.tier_id().map(ToString::to_string),
            to_tier_id: to.tier_id().map(ToString::to_string),
            reason: self.change.reason,
            effective_on: self.change.effective_on,
            until: to.place.until,
            gift_id: to.gift_id,
            metric: self.change.metric,
            window_first: self.change.window.map(|window| window.first),
            window_last: self.change.window.map(|window| window.last),
            program_version: self.change.version,
            reference: self.reference.clone(),
            recorded_at: now,
        }
    }
}

/// Writes changes.
pub(crate) async fn insert(
    db: &mut PgConnection,
    changes: &[NewChange],
    now: Timestamp,
) -> Result<(), StoreError> {
    let rows: Vec<ChangeRow> = changes.iter().map(|change| change.row(now)).collect();
    let dates = |date: fn(&ChangeRow) -> Option<Date>| -> Vec<Option<jiff_sqlx::Date>> {
        rows.iter()
            .map(|row| date(row).map(ToSqlx::to_sqlx))
            .collect()
    };
    let texts = |text: fn(&ChangeRow) -> Option<&str>| -> Vec<Option<&str>> {
        rows.iter().map(text).collect()
    };
    sqlx::query!(
        r#"
        INSERT INTO tier_changes (customer_id, change_id, ladder_id, from_tier_id, to_tier_id,
            reason, effective_day, until_day, gift_id, metric, window_first, window_last,
            program_version, reference, recorded_at)
        SELECT *, $15 FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[],
            $6::smallint[], $7::date[], $8::date[], $9::uuid[], $10::bigint[], $11::date[],
            $12::date[], $13::bigint[], $14::text[])
        "#,
        &changes
            .iter()
            .map(|change| change.customer_id)
            .collect::<Vec<_>>(),
        &rows.iter().map(|row| row.change_id).collect::<Vec<_>>(),
        &texts(|row| Some(&row.ladder_id)) as _,
        &texts(|row| row.from_tier_id.as_deref()) as _,
        &texts(|row| row.to_tier_id.as_deref()) as _,
        &rows
            .iter()
            .map(|row| row.reason.number())
            .collect::<Vec<_>>(),
        &dates(|row| Some(row.effective_on)) as _,
        &dates(|row| row.until) as _,
        &rows.iter().map(|row| row.gift_id).collect::<Vec<_>>() as _,
        &rows.iter().map(|row| row.metric).collect::<Vec<_>>(),
        &dates(|row| row.window_first) as _,
        &dates(|row| row.window_last) as _,
        &rows
            .iter()
            .map(|row| row.program_version)
            .collect::<Vec<_>>(),
        &texts(|row| Some(&row.reference)) as _,
        now.to_sqlx() as _,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// A page of a member's changes, the latest first.
pub(crate) async fn page(
    db: impl PgExecutor<'_>,
    customer_id: Uuid,
    before: Option<Uuid>,
    limit: i64,
) -> Result<Vec<ChangeRow>, StoreError> {
    let rows = sqlx::query!(
        r#"
        SELECT change_id, ladder_id, from_tier_id, to_tier_id, reason, effective_day, until_day,
            gift_id, metric, window_first, window_last, program_version, reference, recorded_at
        FROM tier_changes
        WHERE customer_id = $1 AND ($2::uuid IS NULL OR change_id < $2)
        ORDER BY change_id DESC
        LIMIT $3
        "#,
        customer_id,
        before,
        limit,
    )
    .fetch_all(db)
    .await?;
    let changes = rows.into_iter().map(|row| {
        Ok(ChangeRow {
            change_id: row.change_id,
            ladder_id: row.ladder_id,
            from_tier_id: row.from_tier_id,
            to_tier_id: row.to_tier_id,
            reason: ChangeReason::named(row.reason)?,
            effective_on: row.effective_day.to_jiff(),
            until: row.until_day.map(jiff_sqlx::Date::to_jiff),
            gift_id: row.gift_id,
            metric: row.metric,
            window_first: row.window_first.map(jiff_sqlx::Date::to_jiff),
            window_last: row.window_last.map(jiff_sqlx::Date::to_jiff),
            program_version: row.program_version,
            reference: row.reference,
            recorded_at: row.recorded_at.to_jiff(),
        })
    });
    changes.collect()
}
