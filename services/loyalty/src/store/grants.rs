//! What members were given, and why.

use jiff_sqlx::ToSqlx as _;
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use super::StoreError;
use super::numbers::Numbered;
use crate::domain::Points;
use crate::domain::grants::{CauseKind, Given, GrantCause, quantity_of};
use crate::domain::program::{BadgeId, BenefitId, DrawId, Grant, TemplateId, WalletId};

/// Kinds of grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GrantKind {
    /// Points.
    Points,
    /// A coupon.
    Coupon,
    /// One use more of a benefit.
    BenefitUse,
    /// A badge.
    Badge,
    /// Tickets for a draw.
    Tickets,
}

impl Numbered for GrantKind {
    const WHAT: &'static str = "kind of grant";
    const ALL: &'static [Self] = &[
        Self::Points,
        Self::Coupon,
        Self::BenefitUse,
        Self::Badge,
        Self::Tickets,
    ];
}

impl Numbered for CauseKind {
    const WHAT: &'static str = "kind of cause";
    const ALL: &'static [Self] = &[
        Self::Package,
        Self::Challenge,
        Self::Referral,
        Self::Draw,
        Self::RewardOrder,
        Self::Hand,
    ];
}

/// A grant as it is stored.
struct GrantRow {
    customer_id: Uuid,
    grant_id: Uuid,
    cause_kind: i16,
    cause_id: String,
    position: i16,
    kind: i16,
    subject: String,
    quantity: i64,
    result_id: Option<Uuid>,
    given_at: jiff_sqlx::Timestamp,
    revoked_at: Option<jiff_sqlx::Timestamp>,
    kept: i64,
}

impl TryFrom<GrantRow> for Given {
    type Error = StoreError;

    fn try_from(row: GrantRow) -> Result<Self, StoreError> {
        Ok(Self {
            grant: grant(GrantKind::named(row.kind)?, &row.subject, row.quantity)?,
            grant_id: row.grant_id,
            customer_id: row.customer_id,
            cause: GrantCause::new(CauseKind::named(row.cause_kind)?, row.cause_id),
            position: row.position,
            result_id: row.result_id,
            given_at: row.given_at.to_jiff(),
            revoked_at: row.revoked_at.map(jiff_sqlx::Timestamp::to_jiff),
            kept: row.kept,
        })
    }
}

fn grant(kind: GrantKind, subject: &str, quantity: i64) -> Result<Grant, StoreError> {
    Ok(match kind {
        GrantKind::Points => Grant::Points {
            wallet_id: WalletId::parse(subject)?,
            points: Points::new(quantity),
        },
        GrantKind::Coupon => Grant::Coupon(TemplateId::new(subject)),
        GrantKind::BenefitUse => Grant::BenefitUse(BenefitId::new(subject)),
        GrantKind::Badge => Grant::Badge(BadgeId::new(subject)),
        GrantKind::Tickets => Grant::Tickets {
            draw_id: DrawId::new(subject),
            count: u32::try_from(quantity).unwrap_or(u32::MAX),
        },
    })
}

/// Kind and subject of a grant.
fn columns(grant: &Grant) -> (GrantKind, String) {
    match grant {
        Grant::Points { wallet_id, .. } => (GrantKind::Points, wallet_id.to_string()),
        Grant::Coupon(template_id) => (GrantKind::Coupon, template_id.to_string()),
        Grant::BenefitUse(benefit_id) => (GrantKind::BenefitUse, benefit_id.to_string()),
        Grant::Badge(badge_id) => (GrantKind::Badge, badge_id.to_string()),
        Grant::Tickets { draw_id, .. } => (GrantKind::Tickets, draw_id.to_string()),
    }
}

/// What this cause gave the member: what stands, and of each place what was taken back last. The
/// member must be locked by this transaction.
pub(crate) async fn of_cause(
    db: &mut PgConnection,
    customer_id: Uuid,
    cause: &GrantCause,
) -> Result<Vec<Given>, StoreError> {
    let rows = sqlx::query_as!(
        GrantRow,
        r#"
        SELECT DISTINCT ON (position) customer_id, grant_id, cause_kind, cause_id, position, kind,
            subject, quantity, result_id, given_at, revoked_at, kept
        FROM grants
        WHERE customer_id = $1 AND cause_kind = $2 AND cause_id = $3
        ORDER BY position, revoked_at DESC NULLS FIRST, grant_id DESC
        "#,
        customer_id,
        cause.kind.number(),
        cause.id,
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(Given::try_from).collect()
}

/// Writes what a member was given.
pub(crate) async fn insert(db: &mut PgConnection, given: &[Given]) -> Result<(), StoreError> {
    let (kinds, subjects): (Vec<_>, Vec<_>) =
        given.iter().map(|given| columns(&given.grant)).unzip();
    let kinds: Vec<_> = kinds.into_iter().map(Numbered::number).collect();
    let each = |column: fn(&Given) -> i16| given.iter().map(column).collect::<Vec<_>>();
    let quantities: Vec<_> = given
        .iter()
        .map(|given| quantity_of(&given.grant))
        .collect();
    let results: Vec<_> = given.iter().map(|given| given.result_id).collect();
    let given_at: Vec<_> = given.iter().map(|given| given.given_at.to_sqlx()).collect();
    sqlx::query!(
        r#"
        INSERT INTO grants (customer_id, grant_id, cause_kind, cause_id, position, kind, subject,
            quantity, result_id, given_at)
        SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::smallint[], $4::text[], $5::smallint[],
            $6::smallint[], $7::text[], $8::bigint[], $9::uuid[], $10::timestamptz[])
        "#,
        &given
            .iter()
            .map(|given| given.customer_id)
            .collect::<Vec<_>>(),
        &given.iter().map(|given| given.grant_id).collect::<Vec<_>>(),
        &each(|given| given.cause.kind.number()),
        &given
            .iter()
            .map(|given| given.cause.id.as_str())
            .collect::<Vec<_>>() as _,
        &each(|given| given.position),
        &kinds,
        &subjects,
        &quantities,
        &results as _,
        &given_at as _,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Writes that something was taken back, but for what was kept.
pub(crate) async fn revoke(db: &mut PgConnection, revoked: &[Given]) -> Result<(), StoreError> {
    let ids: Vec<_> = revoked.iter().map(|given| given.grant_id).collect();
    let customers: Vec<_> = revoked.iter().map(|given| given.customer_id).collect();
    let kept: Vec<_> = revoked.iter().map(|given| given.kept).collect();
    let at: Vec<_> = revoked
        .iter()
        .map(|given| given.revoked_at.unwrap_or(given.given_at).to_sqlx())
        .collect();
    sqlx::query!(
        r#"
        UPDATE grants g SET revoked_at = r.revoked_at, kept = r.kept
        FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::bigint[])
            AS r (customer_id, grant_id, revoked_at, kept)
        WHERE g.customer_id = r.customer_id AND g.grant_id = r.grant_id
        "#,
        &customers,
        &ids,
        &at as _,
        &kept,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// How much of something a member holds by grants that stand: extra uses of a benefit, tickets of a
/// draw, a badge.
pub(crate) async fn standing(
    db: impl PgExecutor<'_>,
    customer_id: Uuid,
    kind: GrantKind,
    subject: &str,
) -> Result<i64, StoreError> {
    let held = sqlx::query_scalar!(
        r#"
        SELECT coalesce(sum(quantity), 0)::bigint AS "held!" FROM grants
        WHERE customer_id = $1 AND kind = $2 AND subject = $3 AND revoked_at IS NULL
        "#,
        customer_id,
        kind.number(),
        subject,
    )
    .fetch_one(db)
    .await?;
    Ok(held)
}

/// The grants of a member that stand and are of this kind, in the order in which they were given.
pub(crate) async fn standing_of_kind(
    db: impl PgExecutor<'_>,
    customer_id: Uuid,
    kind: GrantKind,
) -> Result<Vec<Given>, StoreError> {
    let rows = sqlx::query_as!(
        GrantRow,
        r#"
        SELECT customer_id, grant_id, cause_kind, cause_id, position, kind, subject, quantity,
            result_id, given_at, revoked_at, kept
        FROM grants
        WHERE customer_id = $1 AND kind = $2 AND revoked_at IS NULL
        ORDER BY grant_id
        "#,
        customer_id,
        kind.number(),
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(Given::try_from).collect()
}

/// A page of what a member was given, the latest first, each with the code where it is a coupon.
pub(crate) async fn page(
    db: impl PgExecutor<'_>,
    customer_id: Uuid,
    before: Option<Uuid>,
    limit: i64,
) -> Result<Vec<(Given, Option<String>)>, StoreError> {
    let rows = sqlx::query!(
        r#"
        SELECT g.grant_id, g.cause_kind, g.cause_id, g.position, g.kind, g.subject, g.quantity,
            g.result_id, g.given_at, g.revoked_at, g.kept, c.code AS "code?"
        FROM grants g
        LEFT JOIN coupons c ON g.kind = 2 AND c.coupon_id = g.result_id
        WHERE g.customer_id = $1 AND ($2::uuid IS NULL OR g.grant_id < $2)
        ORDER BY g.grant_id DESC
        LIMIT $3
        "#,
        customer_id,
        before,
        limit,
    )
    .fetch_all(db)
    .await?;
    let grants = rows.into_iter().map(|row| {
        let given = Given::try_from(GrantRow {
            customer_id,
            grant_id: row.grant_id,
            cause_kind: row.cause_kind,
            cause_id: row.cause_id,
            position: row.position,
            kind: row.kind,
            subject: row.subject,
            quantity: row.quantity,
            result_id: row.result_id,
            given_at: row.given_at,
            revoked_at: row.revoked_at,
            kept: row.kept,
        })?;
        Ok((given, row.code))
    });
    grants.collect()
}

/// The grants of a cause of kind reward order, by id: for showing an order.
pub(crate) async fn ids_of_cause(
    db: impl PgExecutor<'_>,
    customer_id: Uuid,
    cause_kind: CauseKind,
    cause_ids: &[String],
) -> Result<Vec<(String, Uuid)>, StoreError> {
    let rows = sqlx::query!(
        r#"
        SELECT cause_id, grant_id FROM grants
        WHERE customer_id = $1 AND cause_kind = $2 AND cause_id = ANY ($3) AND revoked_at IS NULL
        ORDER BY position
        "#,
        customer_id,
        cause_kind.number(),
        cause_ids,
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.cause_id, row.grant_id))
        .collect())
}
