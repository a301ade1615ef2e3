use std::mem::take;

use access::Reach;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use seal::{DataKey, Kept, Keyring};
use sqlx::PgConnection;
use uuid::Uuid;

use super::sealed::{CASE, Said};
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

/// A row with its customer's key. What was written before it was sealed stands in the columns of its own.
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
    said: Option<Vec<u8>>,
    master_id: Option<String>,
    wrapped: Option<Vec<u8>>,
    is_erased: Option<bool>,
}

/// A checked query for whole rows; the tail says which.
macro_rules! select {
    ($tail:literal, $($argument:expr),+ $(,)?) => {
        sqlx::query_as!(
            Row,
            r#"SELECT customer_id, case_id, kind, priority, channel, subject, description, order_id,
                      origin, state, opened_at, first_responded_at, resolved_at, resolution,
                      closed_at, reopen_count, version, said, k.master_id AS "master_id?",
                      k.wrapped AS "wrapped?", k.erased_at IS NOT NULL AS "is_erased?"
               FROM cases
               LEFT JOIN (SELECT customer_id, master_id, wrapped, erased_at FROM subject_keys) AS k
                   USING (customer_id) "#
                + $tail,
            $($argument),+
        )
    };
}

/// The case, if there is one of this id.
pub(crate) async fn find(
    connection: &mut PgConnection,
    keyring: &Keyring,
    id: CaseId,
) -> Result<Option<Case>, StoreError> {
    let row = select!("WHERE case_id = $1", id.0)
        .fetch_optional(connection)
        .await?;
    row.map(|row| row.read(keyring)).transpose()
}

/// As [`find`], and nobody else changes it until the transaction ends.
pub(crate) async fn lock(
    connection: &mut PgConnection,
    keyring: &Keyring,
    id: CaseId,
) -> Result<Option<Case>, StoreError> {
    let row = select!("WHERE case_id = $1 FOR UPDATE OF cases", id.0)
        .fetch_optional(&mut *connection)
        .await?;
    match row.map(|row| row.read(keyring)).transpose() {
        // Whoever held the lock before may have sealed what was in clear under a new key, which only a statement of its
        // own sees.
        Err(StoreError::Unreadable(_)) => find(connection, keyring, id).await,
        read => read,
    }
}

/// Of these cases those that nobody else works on; nobody does until the transaction ends.
pub(crate) async fn lock_free(
    connection: &mut PgConnection,
    keyring: &Keyring,
    ids: &[Uuid],
) -> Result<Vec<Case>, StoreError> {
    let rows = select!(
        "WHERE case_id = ANY ($1) ORDER BY case_id FOR UPDATE OF cases SKIP LOCKED",
        ids,
    );
    read(rows.fetch_all(connection).await?, keyring)
}

/// Up to `limit` cases that stand after the place, the latest opened first.
pub(crate) async fn list(
    connection: &mut PgConnection,
    keyring: &Keyring,
    filter: Filter<'_>,
    after: Option<Place>,
    limit: i64,
) -> Result<Vec<Case>, StoreError> {
    if let Some(reach) = filter.within {
        return list_within(connection, keyring, (filter, reach), after, limit).await;
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
    read(rows.fetch_all(connection).await?, keyring)
}

/// The same of the customers of some regions and brands. A statement of its own: most callers may see everybody, and
/// need not pay for the join.
async fn list_within(
    connection: &mut PgConnection,
    keyring: &Keyring,
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
    read(rows.fetch_all(connection).await?, keyring)
}

fn read(rows: Vec<Row>, keyring: &Keyring) -> Result<Vec<Case>, StoreError> {
    rows.into_iter().map(|row| row.read(keyring)).collect()
}

/// Adds a case; `false` when the customer has one of the same origin already.
pub(crate) async fn insert(
    connection: &mut PgConnection,
    key: Option<&DataKey>,
    case: &Case,
) -> Result<bool, StoreError> {
    let Case {
        id,
        opening,
        progress,
    } = case;
    let inserted = sqlx::query!(
        "INSERT INTO cases (customer_id, case_id, kind, priority, channel, subject, description,
                            order_id, origin, state, opened_at, reopen_count, version, said)
         VALUES ($1, $2, $3, $4, $5, '', '', '', $6, $7, $8, $9, $10, $11)
         ON CONFLICT (customer_id, origin) WHERE origin <> '' DO NOTHING",
        opening.customer.0,
        id.0,
        opening.kind.name(),
        opening.priority.name(),
        opening.channel,
        opening.origin,
        progress.state.name(),
        progress.opened_at.to_sqlx() as jiff_sqlx::Timestamp,
        progress.reopen_count,
        progress.version,
        sealed(key, case)?,
    );
    Ok(inserted.execute(connection).await?.rows_affected() == 1)
}

/// Stores how far the case has come, and seals what is said in it for the version that it has come to. The caller
/// holds its lock.
pub(crate) async fn update(
    connection: &mut PgConnection,
    key: Option<&DataKey>,
    case: &Case,
) -> Result<(), StoreError> {
    let Case {
        id,
        opening,
        progress,
    } = case;
    let resolution = progress.resolution.as_ref();
    sqlx::query!(
        "UPDATE cases
         SET state = $3, first_responded_at = $4, resolved_at = $5,
             resolution = CASE WHEN $5::timestamptz IS NOT NULL THEN '' END,
             closed_at = $6, reopen_count = $7, version = $8, said = $9,
             subject = '', description = '', order_id = ''
         WHERE customer_id = $1 AND case_id = $2",
        opening.customer.0,
        id.0,
        progress.state.name(),
        progress.first_responded_at.map(ToSqlx::to_sqlx) as Option<jiff_sqlx::Timestamp>,
        resolution.map(|resolution| resolution.at.to_sqlx()) as Option<jiff_sqlx::Timestamp>,
        progress.closed_at.map(ToSqlx::to_sqlx) as Option<jiff_sqlx::Timestamp>,
        progress.reopen_count,
        progress.version,
        sealed(key, case)?,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// What is said in a case; without a key, nothing is.
fn sealed(key: Option<&DataKey>, case: &Case) -> Result<Option<Vec<u8>>, StoreError> {
    let seal = |key: &DataKey| {
        let place = (case.id.0, case.progress.version);
        key.seal_document(CASE, place, &Said::of(case))
    };
    Ok(key.map(seal).transpose()?)
}

impl Row {
    fn read(mut self, keyring: &Keyring) -> Result<Case, StoreError> {
        let said = self.said(keyring)?;
        let opening = Opening {
            customer: CustomerId(self.customer_id),
            kind: named("cases.kind", self.kind, Kind::from_name)?,
            priority: named("cases.priority", self.priority, Priority::from_name)?,
            channel: self.channel,
            subject: said.subject,
            description: said.description,
            order_id: said.order_id,
            origin: self.origin,
        };
        let resolution = self.resolved_at.zip(said.resolution);
        let progress = Progress {
            state: named("cases.state", self.state, State::from_name)?,
            opened_at: self.opened_at.to_jiff(),
            first_responded_at: self.first_responded_at.map(jiff_sqlx::Timestamp::to_jiff),
            resolution: resolution.map(|(at, text)| Resolution {
                at: at.to_jiff(),
                text,
            }),
            closed_at: self.closed_at.map(jiff_sqlx::Timestamp::to_jiff),
            reopen_count: self.reopen_count,
            version: self.version,
        };
        Ok(Case {
            id: CaseId(self.case_id),
            opening,
            progress,
        })
    }

    fn said(&mut self, keyring: &Keyring) -> Result<Said, StoreError> {
        let key = (self.master_id.take(), self.wrapped.take());
        let kept = Kept::new(self.said.take(), key, self.is_erased);
        let place = (self.case_id, self.version);
        let said = kept.open(keyring, CASE, self.customer_id, place)?;
        Ok(said.unwrap_or_else(|| Said {
            subject: take(&mut self.subject),
            description: take(&mut self.description),
            order_id: take(&mut self.order_id),
            resolution: self.resolution.take(),
        }))
    }
}
