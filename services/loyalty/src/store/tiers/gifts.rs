use std::collections::HashMap;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use sqlx::PgExecutor;
use uuid::Uuid;

use crate::domain::program::{LadderId, TierId};
use crate::domain::tiers::Gift;
use crate::store::StoreError;

/// A tier that was given, with all that is known of it.
#[derive(Clone, Debug)]
pub(crate) struct GiftRow {
    pub(crate) ladder_id: LadderId,
    pub(crate) gift: Gift,
    pub(crate) reason: String,
    pub(crate) given_by: String,
    pub(crate) given_at: Timestamp,
    pub(crate) withdrawal: Option<Withdrawal>,
}

/// How it was ended ahead of its time. The day stands in the gift.
#[derive(Clone, Debug)]
pub(crate) struct Withdrawal {
    pub(crate) reason: String,
    pub(crate) withdrawn_by: String,
    pub(crate) withdrawn_at: Timestamp,
}

/// Writes a new gift.
pub(crate) async fn insert(
    db: impl PgExecutor<'_>,
    customer_id: Uuid,
    row: &GiftRow,
) -> Result<(), StoreError> {
    sqlx::query!(
        r#"
        INSERT INTO tier_gifts (customer_id, gift_id, ladder_id, tier_id, from_day, until_day,
            reason, given_by, given_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        "#,
        customer_id,
        row.gift.gift_id,
        row.ladder_id.as_str(),
        row.gift.tier_id.as_str(),
        row.gift.from.to_sqlx() as _,
        row.gift.until.map(ToSqlx::to_sqlx) as _,
        row.reason,
        row.given_by,
        row.given_at.to_sqlx() as _,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Writes that a gift was withdrawn.
pub(crate) async fn withdraw(
    db: impl PgExecutor<'_>,
    customer_id: Uuid,
    gift_id: Uuid,
    on: Date,
    withdrawal: &Withdrawal,
) -> Result<(), StoreError> {
    sqlx::query!(
        r#"
        INSERT INTO tier_gift_withdrawals (customer_id, gift_id, withdrawn_on, reason,
            withdrawn_by, withdrawn_at)
        VALUES ($1, $2, $3, $4, $5, $6)
        "#,
        customer_id,
        gift_id,
        on.to_sqlx() as _,
        withdrawal.reason,
        withdrawal.withdrawn_by,
        withdrawal.withdrawn_at.to_sqlx() as _,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The columns of a gift, and which ones.
macro_rules! gifts {
    ($which:literal, $($value:expr),*) => {
        sqlx::query_as!(
            Row,
            r#"
            SELECT g.customer_id AS "customer_id!", g.gift_id AS "gift_id!",
                g.ladder_id AS "ladder_id!", g.tier_id AS "tier_id!", g.from_day AS "from_day!",
                g.until_day AS "until_day?", g.reason AS "reason!", g.given_by AS "given_by!",
                g.given_at AS "given_at!", w.withdrawn_on AS "withdrawn_on?",
                w.reason AS "withdraw_reason?", w.withdrawn_by AS "withdrawn_by?",
                w.withdrawn_at AS "withdrawn_at?"
            FROM tier_gifts g
            LEFT JOIN tier_gift_withdrawals w USING (customer_id, gift_id)
            "# + $which,
            $($value),*
        )
    };
}

struct Row {
    customer_id: Uuid,
    gift_id: Uuid,
    ladder_id: String,
    tier_id: String,
    from_day: jiff_sqlx::Date,
    until_day: Option<jiff_sqlx::Date>,
    reason: String,
    given_by: String,
    given_at: jiff_sqlx::Timestamp,
    withdrawn_on: Option<jiff_sqlx::Date>,
    withdraw_reason: Option<String>,
    withdrawn_by: Option<String>,
    withdrawn_at: Option<jiff_sqlx::Timestamp>,
}

impl From<Row> for GiftRow {
    fn from(row: Row) -> Self {
        let withdrawal = row.withdrawn_at.map(|at| Withdrawal {
            reason: row.withdraw_reason.unwrap_or_default(),
            withdrawn_by: row.withdrawn_by.unwrap_or_default(),
            withdrawn_at: at.to_jiff(),
        });
        Self {
            ladder_id: LadderId::new(&row.ladder_id),
            gift: Gift {
                gift_id: row.gift_id,
                tier_id: TierId::new(&row.tier_id),
                from: row.from_day.to_jiff(),
                until: row.until_day.map(jiff_sqlx::Date::to_jiff),
                withdrawn_on: row.withdrawn_on.map(jiff_sqlx::Date::to_jiff),
            },
            reason: row.reason,
            given_by: row.given_by,
            given_at: row.given_at.to_jiff(),
            withdrawal,
        }
    }
}

/// The gifts of members, by member and ladder.
pub(crate) async fn of_members(
    db: impl PgExecutor<'_>,
    customer_ids: &[Uuid],
) -> Result<HashMap<(Uuid, LadderId), Vec<Gift>>, StoreError> {
    let rows = gifts!("WHERE g.customer_id = ANY ($1)", customer_ids);
    let mut gifts: HashMap<_, Vec<Gift>> = HashMap::new();
    for row in rows.fetch_all(db).await? {
        let customer_id = row.customer_id;
        let row = GiftRow::from(row);
        gifts
            .entry((customer_id, row.ladder_id))
            .or_default()
            .push(row.gift);
    }
    Ok(gifts)
}

/// One gift of a member.
pub(crate) async fn find(
    db: impl PgExecutor<'_>,
    customer_id: Uuid,
    gift_id: Uuid,
) -> Result<Option<GiftRow>, StoreError> {
    let rows = gifts!(
        "WHERE g.customer_id = $1 AND g.gift_id = $2",
        customer_id,
        gift_id
    );
    Ok(rows.fetch_optional(db).await?.map(GiftRow::from))
}

/// A page of a member's gifts, the latest first.
pub(crate) async fn page(
    db: impl PgExecutor<'_>,
    customer_id: Uuid,
    before: Option<Uuid>,
    limit: i64,
) -> Result<Vec<GiftRow>, StoreError> {
    let rows = gifts!(
        "WHERE g.customer_id = $1 AND ($2::uuid IS NULL OR g.gift_id < $2) ORDER BY g.gift_id DESC LIMIT $3",
        customer_id,
        before,
        limit
    );
    Ok(rows
        .fetch_all(db)
        .await?
        .into_iter()
        .map(GiftRow::from)
        .collect())
}
