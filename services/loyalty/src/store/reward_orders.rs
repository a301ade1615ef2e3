//! What members have ordered for points.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use super::StoreError;
use super::numbers::Numbered;
use crate::domain::rewards::{Price, RewardOrder, RewardOrderState, Subject};
use crate::domain::{Currency, Points};

impl Numbered for Subject {
    const WHAT: &'static str = "kind of reward";
    const ALL: &'static [Self] = &[
        Self::Goods,
        Self::CashDeduction,
        Self::Service,
        Self::DrawTicket,
        Self::Coupon,
    ];
}

impl Numbered for RewardOrderState {
    const WHAT: &'static str = "state of an order";
    const ALL: &'static [Self] = &[
        Self::Held,
        Self::Completed,
        Self::Canceled,
        Self::Lapsed,
        Self::PartlyReturned,
        Self::Returned,
    ];
}

/// An order as it is stored.
struct OrderRow {
    customer_id: Uuid,
    reward_order_id: Uuid,
    program_id: String,
    program_version: i64,
    reward_id: String,
    display_name: String,
    kind: i16,
    quantity: i64,
    wallet: String,
    points: i64,
    cash_currency: Option<String>,
    cash_minor: i64,
    deduction_currency: Option<String>,
    deduction_minor: i64,
    counts_stock: bool,
    reference: String,
    state: i16,
    quote_id: Option<Uuid>,
    redemption_id: Option<Uuid>,
    hold_id: Option<Uuid>,
    hold_expires_at: Option<jiff_sqlx::Timestamp>,
    returned_quantity: i64,
    returned_minor: i64,
    restored_points: i64,
    created_at: jiff_sqlx::Timestamp,
    updated_at: jiff_sqlx::Timestamp,
}

impl TryFrom<OrderRow> for RewardOrder {
    type Error = StoreError;

    fn try_from(row: OrderRow) -> Result<Self, StoreError> {
        let currency = |code: Option<String>| code.as_deref().map(Currency::parse).transpose();
        Ok(Self {
            reward_order_id: row.reward_order_id,
            customer_id: row.customer_id,
            program_id: row.program_id,
            program_version: row.program_version,
            reward_id: row.reward_id,
            display_name: row.display_name,
            kind: Subject::named(row.kind)?,
            price: Price {
                quantity: row.quantity,
                points: row.points,
                cash_minor: row.cash_minor,
                deduction_minor: row.deduction_minor,
            },
            wallet: row.wallet,
            cash_currency: currency(row.cash_currency)?,
            deduction_currency: currency(row.deduction_currency)?,
            counts_stock: row.counts_stock,
            reference: row.reference,
            state: RewardOrderState::named(row.state)?,
            quote_id: row.quote_id,
            redemption_id: row.redemption_id,
            hold_id: row.hold_id,
            hold_expires_at: row.hold_expires_at.map(jiff_sqlx::Timestamp::to_jiff),
            returned_quantity: row.returned_quantity,
            returned_minor: row.returned_minor,
            restored: Points::new(row.restored_points),
            created_at: row.created_at.to_jiff(),
            updated_at: row.updated_at.to_jiff(),
        })
    }
}

/// The reads of orders: the columns, and which.
macro_rules! orders {
    ($which:literal, $($value:expr),*) => {
        sqlx::query_as!(
            OrderRow,
            r#"
            SELECT customer_id, reward_order_id, program_id, program_version, reward_id,
                display_name, kind, quantity, wallet, points, cash_currency, cash_minor,
                deduction_currency, deduction_minor, counts_stock, reference, state, quote_id,
                redemption_id, hold_id, hold_expires_at, returned_quantity, returned_minor,
                restored_points, created_at, updated_at
            FROM reward_orders
            "# + $which,
            $($value),*
        )
    };
}

/// Writes a new order. False: its quote was used by another one.
pub(crate) async fn insert(db: &mut PgConnection, order: &RewardOrder) -> Result<bool, StoreError> {
    let currency = |currency: Option<Currency>| currency.map(|currency| currency.to_string());
    let written = sqlx::query!(
        r#"
        INSERT INTO reward_orders (customer_id, reward_order_id, program_id, program_version,
            reward_id, display_name, kind, quantity, wallet, points, cash_currency, cash_minor,
            deduction_currency, deduction_minor, counts_stock, reference, state, quote_id,
            redemption_id, hold_id, hold_expires_at, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19,
            $20, $21, $22, $22)
        ON CONFLICT (customer_id, quote_id) WHERE quote_id IS NOT NULL DO NOTHING
        "#,
        order.customer_id,
        order.reward_order_id,
        order.program_id,
        order.program_version,
        order.reward_id,
        order.display_name,
        order.kind.number(),
        order.price.quantity,
        order.wallet,
        order.price.points,
        currency(order.cash_currency),
        order.price.cash_minor,
        currency(order.deduction_currency),
        order.price.deduction_minor,
        order.counts_stock,
        order.reference,
        order.state.number(),
        order.quote_id,
        order.redemption_id,
        order.hold_id,
        order.hold_expires_at.map(jiff_sqlx::ToSqlx::to_sqlx) as _,
        order.created_at.to_sqlx(),
    )
    .execute(db)
    .await?;
    Ok(written.rows_affected() == 1)
}

/// Writes what has become of an order. Its member must be locked by this transaction.
pub(crate) async fn update(db: &mut PgConnection, order: &RewardOrder) -> Result<(), StoreError> {
    sqlx::query!(
        r#"
        UPDATE reward_orders SET state = $3, redemption_id = $4, returned_quantity = $5,
            returned_minor = $6, restored_points = $7, updated_at = $8
        WHERE customer_id = $1 AND reward_order_id = $2
        "#,
        order.customer_id,
        order.reward_order_id,
        order.state.number(),
        order.redemption_id,
        order.returned_quantity,
        order.returned_minor,
        order.restored.get(),
        order.updated_at.to_sqlx(),
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Reads an order.
pub(crate) async fn find(
    db: impl PgExecutor<'_>,
    customer_id: Uuid,
    reward_order_id: Uuid,
) -> Result<Option<RewardOrder>, StoreError> {
    let row = orders!(
        "WHERE customer_id = $1 AND reward_order_id = $2",
        customer_id,
        reward_order_id
    );
    row.fetch_optional(db)
        .await?
        .map(RewardOrder::try_from)
        .transpose()
}

/// A page of a member's orders, the latest first.
pub(crate) async fn page(
    db: impl PgExecutor<'_>,
    customer_id: Uuid,
    before: Option<Uuid>,
    limit: i64,
) -> Result<Vec<RewardOrder>, StoreError> {
    let rows = orders!(
        "WHERE customer_id = $1 AND ($2::uuid IS NULL OR reward_order_id < $2)
            ORDER BY reward_order_id DESC LIMIT $3",
        customer_id,
        before,
        limit
    );
    let rows = rows.fetch_all(db).await?;
    rows.into_iter().map(RewardOrder::try_from).collect()
}

/// How many of each of these rewards a member has had since the instant that stands beside it, less
/// what came back.
pub(crate) async fn had_since(
    db: impl PgExecutor<'_>,
    customer_id: Uuid,
    since: &[(&str, Timestamp)],
) -> Result<Vec<(String, i64)>, StoreError> {
    let rewards: Vec<_> = since.iter().map(|(reward_id, _)| *reward_id).collect();
    let instants: Vec<_> = since.iter().map(|(_, since)| since.to_sqlx()).collect();
    let rows = sqlx::query!(
        r#"
        SELECT o.reward_id, sum(o.quantity - o.returned_quantity)::bigint AS "had!"
        FROM unnest($2::text[], $3::timestamptz[]) AS s (reward_id, since)
        JOIN reward_orders o ON o.customer_id = $1 AND o.reward_id = s.reward_id
            AND o.created_at >= s.since AND o.state NOT IN (3, 4)
        GROUP BY o.reward_id
        "#,
        customer_id,
        &rewards as _,
        &instants as _,
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.reward_id, row.had))
        .collect())
}

/// The first orders whose time was over by then: whose, and which.
pub(crate) async fn overdue(
    db: impl PgExecutor<'_>,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<(Uuid, Uuid)>, StoreError> {
    let rows = sqlx::query!(
        r#"
        SELECT customer_id, reward_order_id FROM reward_orders
        WHERE state = 1 AND hold_expires_at <= $1
        ORDER BY hold_expires_at, customer_id, reward_order_id
        LIMIT $2
        "#,
        now.to_sqlx(),
        limit,
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.customer_id, row.reward_order_id))
        .collect())
}
