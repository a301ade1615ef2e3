use access::Reach;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{StoreError, named};
use crate::domain::{
    Case, CaseId, CustomerId, Kind, Opening, Priority, Progress, Resolution, State,
};

/// Which cases to list. What is `None` does not narrow.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Filter<'a> {
    /// All ids of a person.
    pub(crate) customers: Option<&'a [Uuid]>,
    pub(crate) state: Option<State>,
    pub(crate) kind: Option<Kind>,
    /// Of customers of these regions and brands, as far as that was heard. Not together with `customers`.
    pub(crate) within: Option<&'a Reach>,
}

/// The sort key of a case in lists: the latest opened first, the id among equals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Place(pub(crate) Timestamp, pub(crate) Uuid);

impl Place {
    /// Comes before every case.
    const START: Self = Self(Timestamp::MAX, Uuid::max());

    /// Where this case stands.
    pub(crate) fn of(case: &Case) -> Self {
        Self(case.progress.opened_at, case.id.0)
    }
}

struct Row {
    customer_id: Uuid,
    case_id: Uuid,
    kind: String,
    priority: String,
    channel: String,
    subject: String,
    description: String,
    order_id: String,
    origin: String,
    state: String,
    opened_at: jiff_sqlx::Timestamp,
    first_responded_at: Option<jiff_sqlx::Timestamp>,
    resolved_at: Option<jiff_sqlx::Timestamp>,
    resolution: Option<String>,
    closed_at: Option<jiff_sqlx::Timestamp>,
    reopen_count: i32,
    version: i64,
}

/// A checked query for whole rows; the tail says which.
macro_rules! select {
    ($tail:literal, $($argument:expr),+ $(,)?) => {
        sqlx::query_as!(
            Row,
            "SELECT customer_id, case_id, kind, priority, channel, subject, description, order_id,
                    origin, state, opened_at, first_responded_at, resolved_at, resolution,
                    closed_at, reopen_count, version
             FROM cases "
                + $tail,
            $($argument),+
        )
    };
}

/// The case, if there is one of this id.
pub(crate) async fn find(
    connection: &mut PgConnection,
    id: CaseId,
) -> Result<Option<Case>, StoreError> {
    let row = select!("WHERE case_id = $1", id.0)
        .fetch_optional(connection)
        .await?;
    row.map(Case::try_from).transpose()
}

/// As [`find`], and nobody else changes it until the transaction ends.
pub(crate) async fn lock(
    connection: &mut PgConnection,
    id: CaseId,
) -> Result<Option<Case>, StoreError> {
    let row = select!("WHERE case_id = $1 FOR UPDATE", id.0)
        .fetch_optional(connection)
        .await?;
    row.map(Case::try_from).transpose()
}

/// Up to `limit` cases that stand after the place, the latest opened first.
pub(crate) async fn list(
    connection: &mut PgConnection,
    filter: Filter<'_>,
    after: Option<Place>,
    limit: i64,
) -> Result<Vec<Case>, StoreError> {
    if let Some(reach) = filter.within {
        return list_within(connection, (filter, reach), after, limit).await;
    }
    let Place(opened_at, case_id) = after.unwrap_or(Place::START);
    let rows = select!(
        "WHERE ($1::uuid[] IS NULL OR customer_id = ANY ($1))
           AND ($2::text IS NULL OR state = $2)
           AND ($3::text IS NULL OR kind = $3)
           AND (opened_at, case_id) < ($4, $5)
         ORDER BY opened_at DESC, case_id DESC
         LIMIT $6",
        filter.customers as Option<&[Uuid]>,
        filter.state.map(State::name) as Option<&str>,
        filter.kind.map(Kind::name) as Option<&str>,
        opened_at.to_sqlx() as jiff_sqlx::Timestamp,
        case_id,
        limit,
    );
    read(rows.fetch_all(connection).await?)
}

/// The same of the customers of some regions and brands. A statement of its own: most callers may see everybody, and
/// need not pay for the join.
async fn list_within(
    connection: &mut PgConnection,
    (filter, reach): (Filter<'_>, &Reach),
    after: Option<Place>,
    limit: i64,
) -> Result<Vec<Case>, StoreError> {
    let Place(opened_at, case_id) = after.unwrap_or(Place::START);
    let rows = select!(
        "JOIN person_places USING (customer_id)
         WHERE ($1::text[] IS NULL OR region_code = ANY ($1))
           AND ($2::text[] IS NULL OR brand = ANY ($2))
           AND ($3::text IS NULL OR state = $3)
           AND ($4::text IS NULL OR kind = $4)
           AND (opened_at, case_id) < ($5, $6)
         ORDER BY opened_at DESC, case_id DESC
         LIMIT $7",
        reach.regions() as Option<&[String]>,
        reach.brands() as Option<&[String]>,
        filter.state.map(State::name) as Option<&str>,
        filter.kind.map(Kind::name) as Option<&str>,
        opened_at.to_sqlx() as jiff_sqlx::Timestamp,
        case_id,
        limit,
    );
    read(rows.fetch_all(connection).await?)
}

fn read(rows: Vec<Row>) -> Result<Vec<Case>, StoreError> {
    rows.into_iter().map(Case::try_from).collect()
}

/// Adds a case; `false` when the customer has one of the same origin already.
pub(crate) async fn insert(connection: &mut PgConnection, case: &Case) -> Result<bool, StoreError> {
    let Case {
        id,
        opening,
        progress,
    } = case;
    let inserted = sqlx::query!(
        "INSERT INTO cases (customer_id, case_id, kind, priority, channel, subject, description,
                            order_id, origin, state, opened_at, reopen_count, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
         ON CONFLICT (customer_id, origin) WHERE origin <> '' DO NOTHING",
        opening.customer.0,
        id.0,
        opening.kind.name(),
        opening.priority.name(),
        opening.channel,
        opening.subject,
        opening.description,
        opening.order_id,
        opening.origin,
        progress.state.name(),
        progress.opened_at.to_sqlx() as jiff_sqlx::Timestamp,
        progress.reopen_count,
        progress.version,
    );
    Ok(inserted.execute(connection).await?.rows_affected() == 1)
}

/// Stores how far the case has come. The caller holds its lock.
pub(crate) async fn update(connection: &mut PgConnection, case: &Case) -> Result<(), StoreError> {
    let Case {
        id,
        opening,
        progress,
    } = case;
    let resolution = progress.resolution.as_ref();
    sqlx::query!(
        "UPDATE cases
         SET state = $3, first_responded_at = $4, resolved_at = $5, resolution = $6,
             closed_at = $7, reopen_count = $8, version = $9
         WHERE customer_id = $1 AND case_id = $2",
        opening.customer.0,
        id.0,
        progress.state.name(),
        progress.first_responded_at.map(ToSqlx::to_sqlx) as Option<jiff_sqlx::Timestamp>,
        resolution.map(|resolution| resolution.at.to_sqlx()) as Option<jiff_sqlx::Timestamp>,
        resolution.map(|resolution| resolution.text.as_str()) as Option<&str>,
        progress.closed_at.map(ToSqlx::to_sqlx) as Option<jiff_sqlx::Timestamp>,
        progress.reopen_count,
        progress.version,
    )
    .execute(connection)
    .await?;
    Ok(())
}

impl TryFrom<Row> for Case {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let opening = Opening {
            customer: CustomerId(row.customer_id),
            kind: named("cases.kind", row.kind, Kind::from_name)?,
            priority: named("cases.priority", row.priority, Priority::from_name)?,
            channel: row.channel,
            subject: row.subject,
            description: row.description,
            order_id: row.order_id,
            origin: row.origin,
        };
        let resolution = row.resolved_at.zip(row.resolution);
        let progress = Progress {
            state: named("cases.state", row.state, State::from_name)?,
            opened_at: row.opened_at.to_jiff(),
            first_responded_at: row.first_responded_at.map(jiff_sqlx::Timestamp::to_jiff),
            resolution: resolution.map(|(at, text)| Resolution {
                at: at.to_jiff(),
                text,
            }),
            closed_at: row.closed_at.map(jiff_sqlx::Timestamp::to_jiff),
            reopen_count: row.reopen_count,
            version: row.version,
        };
        Ok(Self {
            id: CaseId(row.case_id),
            opening,
            progress,
        })
    }
}
