//! Tickets of draws.

use jiff_sqlx::ToSqlx as _;
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use super::rows::{DrawRow, digest};
use crate::domain::draws::{Digest, DrawRules, Outcome, Tally, Ticket, holder};
use crate::store::StoreError;

/// A ticket with whose it is and where it stands in the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    /// Whose.
    pub(crate) customer_id: Uuid,
    /// The ticket.
    pub(crate) ticket: Ticket,
    /// Whether it was for nothing.
    pub(crate) is_free: bool,
    /// The chain after it.
    pub(crate) chain: Digest,
    /// Of a draw at the end that has been drawn: the place of the prize that it won.
    pub(crate) drawn: Option<usize>,
}

struct TicketRow {
    number: i64,
    customer_id: Uuid,
    client_seed: String,
    entered_at: jiff_sqlx::Timestamp,
    is_free: bool,
    won_before: Vec<i64>,
    spent_before: i64,
    outcome: i64,
    chain: Vec<u8>,
    drawn: Option<i16>,
}

impl TicketRow {
    fn held(self, rules: &DrawRules) -> Result<Held, StoreError> {
        let number = self.outcome;
        let outcome = Outcome::of_code(number).ok_or(StoreError::Unknown {
            what: "outcome of a ticket",
            number: i16::try_from(number).unwrap_or(i16::MAX),
        })?;
        Ok(Held {
            customer_id: self.customer_id,
            is_free: self.is_free,
            chain: digest(&self.chain)?,
            drawn: self.drawn.and_then(|place| usize::try_from(place).ok()),
            ticket: Ticket {
                number: self.number,
                holder: holder(rules, self.customer_id),
                client_seed: self.client_seed,
                entered_at: self.entered_at.to_jiff(),
                before: Tally {
                    won: self.won_before,
                    spent_points: self.spent_before,
                },
                outcome,
            },
        })
    }
}

macro_rules! tickets {
    ($rest:literal $(, $argument:expr)*) => {
        sqlx::query_as!(
            TicketRow,
            r#"
            SELECT t.number, t.customer_id, t.client_seed, t.entered_at, t.is_free, t.won_before,
                t.spent_before, t.outcome, t.chain, w.prize AS "drawn?"
            FROM draw_tickets t
            LEFT JOIN draw_winners w ON w.program_id = t.program_id AND w.draw_id = t.draw_id
                AND w.number = t.number
            WHERE t.program_id = $1 AND t.draw_id = $2
            "# + $rest
            $(, $argument)*
        )
    };
}

/// Writes a ticket, with the hash that stands for it. The draw must be locked.
pub(crate) async fn insert(
    db: &mut PgConnection,
    draw: &DrawRow,
    held: &Held,
    leaf: &Digest,
) -> Result<(), StoreError> {
    let ticket = &held.ticket;
    sqlx::query!(
        r#"
        INSERT INTO draw_tickets (program_id, draw_id, number, customer_id, client_seed, entered_at,
            is_free, won_before, spent_before, outcome, leaf, chain)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        "#,
        draw.program_id,
        draw.draw_id,
        ticket.number,
        held.customer_id,
        ticket.client_seed,
        ticket.entered_at.to_sqlx() as _,
        held.is_free,
        &ticket.before.won,
        ticket.before.spent_points,
        ticket.outcome.code(),
        &leaf.0,
        &held.chain.0,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// One ticket.
pub(crate) async fn find(
    db: impl PgExecutor<'_>,
    rules: &DrawRules,
    number: i64,
) -> Result<Option<Held>, StoreError> {
    let row = tickets!("AND t.number = $3", rules.program_id, rules.draw_id, number);
    let row = row.fetch_optional(db).await?;
    row.map(|row| row.held(rules)).transpose()
}

/// A page of tickets by number: of all members, or of one.
pub(crate) async fn page(
    db: impl PgExecutor<'_>,
    rules: &DrawRules,
    customer_id: Option<Uuid>,
    after: i64,
    limit: i64,
) -> Result<Vec<Held>, StoreError> {
    let rows = tickets!(
        "AND t.number > $3 AND ($4::uuid IS NULL OR t.customer_id = $4)
        ORDER BY t.number
        LIMIT $5",
        rules.program_id,
        rules.draw_id,
        after,
        customer_id,
        limit
    );
    let rows = rows.fetch_all(db).await?;
    rows.into_iter().map(|row| row.held(rules)).collect()
}

/// The hashes of tickets from a number on, in the order of the numbers.
pub(crate) async fn leaves(
    db: impl PgExecutor<'_>,
    draw: &DrawRow,
    from: i64,
    limit: i64,
) -> Result<Vec<Digest>, StoreError> {
    let leaves = sqlx::query_scalar!(
        r#"
        SELECT leaf FROM draw_tickets
        WHERE program_id = $1 AND draw_id = $2 AND number >= $3
        ORDER BY number
        LIMIT $4
        "#,
        draw.program_id,
        draw.draw_id,
        from,
        limit,
    )
    .fetch_all(db)
    .await?;
    leaves.iter().map(|leaf| digest(leaf)).collect()
}

/// How many tickets a member has used in a draw.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Used {
    /// For nothing.
    pub(crate) free: i64,
    /// Of those that it was given.
    pub(crate) given: i64,
}

/// The tickets that a member has used.
pub(crate) async fn used(
    db: impl PgExecutor<'_>,
    customer_id: Uuid,
    program_id: &str,
    draw_id: &str,
) -> Result<Used, StoreError> {
    let used = sqlx::query_as!(
        Used,
        r#"
        SELECT count(*) FILTER (WHERE is_free) AS "free!",
            count(*) FILTER (WHERE NOT is_free) AS "given!"
        FROM draw_tickets
        WHERE customer_id = $1 AND program_id = $2 AND draw_id = $3
        "#,
        customer_id,
        program_id,
        draw_id,
    );
    Ok(used.fetch_one(db).await?)
}

/// How many tickets a member was given for a draw: those that stand, and what was kept of those
/// that were taken back.
pub(crate) async fn given(
    db: impl PgExecutor<'_>,
    customer_id: Uuid,
    draw_id: &str,
) -> Result<i64, StoreError> {
    let given = sqlx::query_scalar!(
        r#"
        SELECT coalesce(sum(CASE WHEN revoked_at IS NULL THEN quantity ELSE kept END), 0)::bigint
            AS "given!"
        FROM grants
        WHERE customer_id = $1 AND kind = 5 AND subject = $2
        "#,
        customer_id,
        draw_id,
    );
    Ok(given.fetch_one(db).await?)
}

/// Members of any program that were given tickets for a draw of this name, by their ids in ascending
/// order.
pub(crate) async fn holders(
    db: impl PgExecutor<'_>,
    draw: &DrawRow,
    after: Uuid,
    limit: i64,
) -> Result<Vec<Uuid>, StoreError> {
    let holders = sqlx::query_scalar!(
        r#"
        SELECT DISTINCT customer_id FROM grants
        WHERE kind = 5 AND subject = $1 AND customer_id > $2
        ORDER BY customer_id
        LIMIT $3
        "#,
        draw.draw_id,
        after,
        limit,
    );
    Ok(holders.fetch_all(db).await?)
}
