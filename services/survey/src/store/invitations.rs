use std::collections::HashMap;

use access::Reach;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{StoreError, named};
use crate::domain::{Asked, CustomerId, Invitation, InvitationId, State, Trigger};

/// Which invitations to list. What is `None` does not narrow.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Filter<'a> {
    /// All ids of a person.
    pub(crate) customers: Option<&'a [Uuid]>,
    pub(crate) questionnaire_id: Option<&'a str>,
    pub(crate) state: Option<State>,
    /// Of customers of these regions and brands, as far as that was heard. Not together with `customers`.
    pub(crate) within: Option<&'a Reach>,
}

/// The sort key of an invitation in lists: the latest first, the id among equals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Place(pub(crate) Timestamp, pub(crate) Uuid);

impl Place {
    /// Comes before every invitation.
    const START: Self = Self(Timestamp::MAX, Uuid::max());

    /// Where this invitation stands.
    pub(crate) fn of(invitation: &Invitation) -> Self {
        Self(invitation.created_at, invitation.id.0)
    }
}

struct Row {
    customer_id: Uuid,
    invitation_id: Uuid,
    questionnaire_id: String,
    questionnaire_version: i32,
    trigger_type: String,
    trigger_reference: String,
    triggered_at: jiff_sqlx::Timestamp,
    state: String,
    created_at: jiff_sqlx::Timestamp,
    completed_at: Option<jiff_sqlx::Timestamp>,
}

/// A checked query for whole rows; the tail says which.
macro_rules! select {
    ($tail:literal, $($argument:expr),+ $(,)?) => {
        sqlx::query_as!(
            Row,
            "SELECT customer_id, invitation_id, questionnaire_id, questionnaire_version,
                    trigger_type, trigger_reference, triggered_at, state, created_at, completed_at
             FROM invitations "
                + $tail,
            $($argument),+
        )
    };
}

/// The invitation, if there is one of this id.
pub(crate) async fn find(
    connection: &mut PgConnection,
    id: InvitationId,
) -> Result<Option<Invitation>, StoreError> {
    let row = select!("WHERE invitation_id = $1", id.0)
        .fetch_optional(connection)
        .await?;
    row.map(Invitation::try_from).transpose()
}

/// As [`find`], and nobody else answers it until the transaction ends.
pub(crate) async fn lock(
    connection: &mut PgConnection,
    id: InvitationId,
) -> Result<Option<Invitation>, StoreError> {
    let row = select!("WHERE invitation_id = $1 FOR UPDATE", id.0).fetch_optional(connection);
    row.await?.map(Invitation::try_from).transpose()
}

/// Up to `limit` invitations that stand after the place, the latest first.
pub(crate) async fn list(
    connection: &mut PgConnection,
    filter: Filter<'_>,
    after: Option<Place>,
    limit: i64,
) -> Result<Vec<Invitation>, StoreError> {
    if let Some(reach) = filter.within {
        return list_within(connection, (filter, reach), after, limit).await;
    }
    let Place(created_at, invitation_id) = after.unwrap_or(Place::START);
    let rows = select!(
        "WHERE ($1::uuid[] IS NULL OR customer_id = ANY ($1))
           AND ($2::text IS NULL OR questionnaire_id = $2)
           AND ($3::text IS NULL OR state = $3)
           AND (created_at, invitation_id) < ($4, $5)
         ORDER BY created_at DESC, invitation_id DESC
         LIMIT $6",
        filter.customers as Option<&[Uuid]>,
        filter.questionnaire_id as Option<&str>,
        filter.state.map(State::name) as Option<&str>,
        created_at.to_sqlx() as jiff_sqlx::Timestamp,
        invitation_id,
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
) -> Result<Vec<Invitation>, StoreError> {
    let Place(created_at, invitation_id) = after.unwrap_or(Place::START);
    let rows = select!(
        "JOIN person_places USING (customer_id)
         WHERE ($1::text[] IS NULL OR region_code = ANY ($1))
           AND ($2::text[] IS NULL OR brand = ANY ($2))
           AND ($3::text IS NULL OR questionnaire_id = $3)
           AND ($4::text IS NULL OR state = $4)
           AND (created_at, invitation_id) < ($5, $6)
         ORDER BY created_at DESC, invitation_id DESC
         LIMIT $7",
        reach.regions() as Option<&[String]>,
        reach.brands() as Option<&[String]>,
        filter.questionnaire_id as Option<&str>,
        filter.state.map(State::name) as Option<&str>,
        created_at.to_sqlx() as jiff_sqlx::Timestamp,
        invitation_id,
        limit,
    );
    read(rows.fetch_all(connection).await?)
}

fn read(rows: Vec<Row>) -> Result<Vec<Invitation>, StoreError> {
    rows.into_iter().map(Invitation::try_from).collect()
}

/// Adds open invitations to the latest versions of their questionnaires and gives these versions by
/// the ids of the invitations. Those whose occasion has made an invitation already, also one of
/// these, are left out. A questionnaire that does not exist is an error of the database: the version
/// can't be null.
pub(crate) async fn insert(
    connection: &mut PgConnection,
    invitations: &[(InvitationId, &Asked)],
    created_at: Timestamp,
) -> Result<HashMap<Uuid, i32>, StoreError> {
    let columns = Columns::of(invitations);
    let inserted = sqlx::query!(
        "INSERT INTO invitations (customer_id, invitation_id, questionnaire_id,
                                  questionnaire_version, trigger_type, trigger_reference,
                                  trigger_occasion, triggered_at, state, created_at)
         SELECT customer_id, invitation_id, questionnaire_id,
                (SELECT max(version) FROM questionnaires AS known
                 WHERE known.questionnaire_id = asked.questionnaire_id),
                trigger_type, trigger_reference, trigger_occasion, triggered_at, 'open', $8
         FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::integer[],
                     $7::timestamptz[])
              WITH ORDINALITY AS asked (customer_id, invitation_id, questionnaire_id,
                  trigger_type, trigger_reference, trigger_occasion, triggered_at, ordinal)
         ORDER BY ordinal
         ON CONFLICT (customer_id, questionnaire_id, trigger_type, trigger_reference,
                      trigger_occasion) DO NOTHING
         RETURNING invitation_id, questionnaire_version",
        &columns.customers,
        &columns.ids,
        &columns.questionnaires as &[&str],
        &columns.types as &[&str],
        &columns.references as &[&str],
        &columns.occasions,
        &columns.triggered_at as &[jiff_sqlx::Timestamp],
        created_at.to_sqlx() as jiff_sqlx::Timestamp,
    );
    let inserted = inserted.fetch_all(connection).await?.into_iter();
    Ok(inserted
        .map(|row| (row.invitation_id, row.questionnaire_version))
        .collect())
}

/// New invitations as columns, the way in which one statement takes many rows.
#[derive(Default)]
struct Columns<'a> {
    customers: Vec<Uuid>,
    ids: Vec<Uuid>,
    questionnaires: Vec<&'a str>,
    types: Vec<&'a str>,
    references: Vec<&'a str>,
    occasions: Vec<i32>,
    triggered_at: Vec<jiff_sqlx::Timestamp>,
}

impl<'a> Columns<'a> {
    fn of(invitations: &[(InvitationId, &'a Asked)]) -> Self {
        let mut columns = Self::default();
        for (id, asked) in invitations {
            columns.customers.push(asked.customer.0);
            columns.ids.push(id.0);
            columns.questionnaires.push(asked.questionnaire_id);
            columns.types.push(&asked.trigger.event_type);
            columns.references.push(&asked.trigger.reference);
            columns.occasions.push(asked.occasion.0);
            columns
                .triggered_at
                .push(asked.trigger.occurred_at.to_sqlx());
        }
        columns
    }
}

/// Stores that the invitation was answered. The caller holds its lock.
pub(crate) async fn update(
    connection: &mut PgConnection,
    invitation: &Invitation,
) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE invitations SET state = $3, completed_at = $4
         WHERE customer_id = $1 AND invitation_id = $2",
        invitation.customer.0,
        invitation.id.0,
        invitation.state.name(),
        invitation.completed_at.map(ToSqlx::to_sqlx) as Option<jiff_sqlx::Timestamp>,
    )
    .execute(connection)
    .await?;
    Ok(())
}

impl TryFrom<Row> for Invitation {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: InvitationId(row.invitation_id),
            customer: CustomerId(row.customer_id),
            questionnaire_id: row.questionnaire_id,
            questionnaire_version: row.questionnaire_version,
            trigger: Trigger {
                event_type: row.trigger_type,
                reference: row.trigger_reference,
                occurred_at: row.triggered_at.to_jiff(),
            },
            state: named("invitations.state", row.state, State::from_name)?,
            created_at: row.created_at.to_jiff(),
            completed_at: row.completed_at.map(jiff_sqlx::Timestamp::to_jiff),
        })
    }
}
