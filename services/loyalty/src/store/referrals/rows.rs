use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use crate::domain::referrals::{Referral, ReferrerReward, Refusal};
use crate::store::StoreError;
use crate::store::numbers::Numbered;

impl Numbered for Refusal {
    const WHAT: &'static str = "reason to refuse a referral";
    const ALL: &'static [Self] = &[Self::BoughtBefore, Self::SamePerson];
}

impl Numbered for ReferrerReward {
    const WHAT: &'static str = "reward of a referrer";
    const ALL: &'static [Self] = &[Self::None, Self::Given, Self::LimitReached, Self::NotActive];
}

pub(super) struct ReferralRow {
    pub(super) customer_id: Uuid,
    pub(super) referral_id: Uuid,
    pub(super) referrer_id: Uuid,
    pub(super) program_id: String,
    pub(super) program_version: i64,
    pub(super) code: String,
    pub(super) claimed_at: jiff_sqlx::Timestamp,
    pub(super) until: jiff_sqlx::Timestamp,
    pub(super) order_id: Option<String>,
    pub(super) ordered_at: Option<jiff_sqlx::Timestamp>,
    pub(super) refused: Option<i16>,
    pub(super) referrer: i16,
    pub(super) was_reversed: bool,
    pub(super) kept: i32,
}

impl TryFrom<ReferralRow> for Referral {
    type Error = StoreError;

    fn try_from(row: ReferralRow) -> Result<Self, StoreError> {
        let ordered_at = row.ordered_at.map(jiff_sqlx::Timestamp::to_jiff);
        Ok(Self {
            referral_id: row.referral_id,
            referee_id: row.customer_id,
            referrer_id: row.referrer_id,
            program_id: row.program_id,
            program_version: row.program_version,
            code: row.code,
            claimed_at: row.claimed_at.to_jiff(),
            until: row.until.to_jiff(),
            order: row.order_id.zip(ordered_at),
            refused: row.refused.map(Refusal::named).transpose()?,
            referrer: ReferrerReward::named(row.referrer)?,
            was_reversed: row.was_reversed,
            kept: row.kept,
        })
    }
}

/// Writes a new referral; `false` when the member was brought before.
pub(crate) async fn insert(db: &mut PgConnection, referral: &Referral) -> Result<bool, StoreError> {
    let inserted = sqlx::query!(
        r#"
        INSERT INTO referrals (customer_id, referral_id, referrer_id, program_id, program_version,
            code, claimed_at, until)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (customer_id) DO NOTHING
        "#,
        referral.referee_id,
        referral.referral_id,
        referral.referrer_id,
        referral.program_id,
        referral.program_version,
        referral.code,
        referral.claimed_at.to_sqlx() as _,
        referral.until.to_sqlx() as _,
    )
    .execute(db)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// Locks and reads the referrals of those who came, by their ids in ascending order. The members
/// must be locked.
pub(crate) async fn of_referees(
    db: &mut PgConnection,
    customer_ids: &[Uuid],
) -> Result<Vec<Referral>, StoreError> {
    let rows = sqlx::query_as!(
        ReferralRow,
        r#"
        SELECT customer_id, referral_id, referrer_id, program_id, program_version, code,
            claimed_at, until, order_id, ordered_at, refused, referrer, was_reversed, kept
        FROM referrals
        WHERE customer_id = ANY ($1)
        ORDER BY customer_id
        FOR UPDATE
        "#,
        customer_ids,
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(Referral::try_from).collect()
}

/// A referral of one of its two members.
pub(crate) async fn find(
    db: impl PgExecutor<'_>,
    customer_id: Uuid,
    referral_id: Uuid,
) -> Result<Option<Referral>, StoreError> {
    let row = sqlx::query_as!(
        ReferralRow,
        r#"
        SELECT customer_id, referral_id, referrer_id, program_id, program_version, code,
            claimed_at, until, order_id, ordered_at, refused, referrer, was_reversed, kept
        FROM referrals
        WHERE referral_id = $2 AND (customer_id = $1 OR referrer_id = $1)
        "#,
        customer_id,
        referral_id,
    )
    .fetch_optional(db)
    .await?;
    row.map(Referral::try_from).transpose()
}

/// A page of a member's referrals on either side, the latest first.
pub(crate) async fn page(
    db: impl PgExecutor<'_>,
    customer_id: Uuid,
    before: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Referral>, StoreError> {
    let rows = sqlx::query_as!(
        ReferralRow,
        r#"
        SELECT customer_id, referral_id, referrer_id, program_id, program_version, code,
            claimed_at, until, order_id, ordered_at, refused, referrer, was_reversed, kept
        FROM referrals
        WHERE (customer_id = $1 OR referrer_id = $1) AND ($2::uuid IS NULL OR referral_id < $2)
        ORDER BY referral_id DESC
        LIMIT $3
        "#,
        customer_id,
        before,
        limit,
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(Referral::try_from).collect()
}

/// Writes what has become of a referral. `due_since` says that the reward of the one who brought is
/// to be looked at again.
pub(crate) async fn change(
    db: &mut PgConnection,
    referral: &Referral,
    due_since: Option<Timestamp>,
) -> Result<(), StoreError> {
    let (order_id, ordered_at) = referral.order.clone().unzip();
    sqlx::query!(
        r#"
        UPDATE referrals SET order_id = $2, ordered_at = $3, refused = $4, referrer = $5,
            was_reversed = $6, kept = $7, due_since = $8
        WHERE customer_id = $1
        "#,
        referral.referee_id,
        order_id,
        ordered_at.map(jiff_sqlx::ToSqlx::to_sqlx) as _,
        referral.refused.map(Numbered::number),
        referral.referrer.number(),
        referral.was_reversed,
        referral.kept,
        due_since.map(jiff_sqlx::ToSqlx::to_sqlx) as _,
    )
    .execute(db)
    .await?;
    Ok(())
}
