use std::collections::HashMap;
use std::mem::take;

use access::Reach;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use seal::{DataKey, Kept, Keyring};
use sqlx::PgConnection;
use uuid::Uuid;

use super::sealed::{self, About, INVITATION};
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

/// A row with its customer's key. What was asked about before it was sealed stands in `trigger_reference`.
struct Row {
    customer_id: Uuid,
    invitation_id: Uuid,
    questionnaire_id: String,
    questionnaire_version: i32,
    trigger_type: String,
    trigger_reference: String,
    trigger_occasion: i32,
    triggered_at: jiff_sqlx::Timestamp,
    state: String,
    created_at: jiff_sqlx::Timestamp,
    completed_at: Option<jiff_sqlx::Timestamp>,
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
            r#"SELECT customer_id, invitation_id, questionnaire_id, questionnaire_version,
                      trigger_type, trigger_reference, trigger_occasion, triggered_at, state,
                      created_at, completed_at, said, k.master_id AS "master_id?",
                      k.wrapped AS "wrapped?", k.erased_at IS NOT NULL AS "is_erased?"
               FROM invitations
               LEFT JOIN (SELECT customer_id, master_id, wrapped, erased_at FROM subject_keys) AS k
                   USING (customer_id) "#
                + $tail,
            $($argument),+
        )
    };
}

/// The invitation, if there is one of this id.
pub(crate) async fn find(
    connection: &mut PgConnection,
    keyring: &Keyring,
    id: InvitationId,
) -> Result<Option<Invitation>, StoreError> {
    let row = select!("WHERE invitation_id = $1", id.0)
        .fetch_optional(connection)
        .await?;
    row.map(|row| row.read(keyring)).transpose()
}

/// As [`find`], and nobody else answers it until the transaction ends.
pub(crate) async fn lock(
    connection: &mut PgConnection,
    keyring: &Keyring,
    id: InvitationId,
) -> Result<Option<Invitation>, StoreError> {
    let row = select!("WHERE invitation_id = $1 FOR UPDATE OF invitations", id.0)
        .fetch_optional(&mut *connection)
        .await?;
    match row.map(|row| row.read(keyring)).transpose() {
        // Whoever has waited until it was sealed sees it as it is now, and the key beside it as it was: there was none.
        Err(StoreError::Unreadable(_)) => find(connection, keyring, id).await,
        invitation => invitation,
    }
}

/// Up to `limit` invitations that stand after the place, the latest first.
pub(crate) async fn list(
    connection: &mut PgConnection,
    keyring: &Keyring,
    filter: Filter<'_>,
    after: Option<Place>,
    limit: i64,
) -> Result<Vec<Invitation>, StoreError> {
    if let Some(reach) = filter.within {
        return list_within(connection, keyring, (filter, reach), after, limit).await;
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
    read(rows.fetch_all(connection).await?, keyring)
}

fn read(rows: Vec<Row>, keyring: &Keyring) -> Result<Vec<Invitation>, StoreError> {
    rows.into_iter().map(|row| row.read(keyring)).collect()
}

/// Adds open invitations to the latest versions of their questionnaires and gives these versions by
/// the ids of the invitations. Those whose occasion has made an invitation already, also one of
/// these, are left out: they are found by the digest of what they are about, or, if they are of before it was sealed, by
/// that itself. A questionnaire that does not exist is an error of the database: the version can't be null.
pub(crate) async fn insert(
    connection: &mut PgConnection,
    keys: &HashMap<Uuid, DataKey>,
    invitations: &[(InvitationId, &Asked)],
    created_at: Timestamp,
) -> Result<HashMap<Uuid, i32>, StoreError> {
    let columns = Columns::of(keys, invitations)?;
    let inserted = sqlx::query!(
        "INSERT INTO invitations (customer_id, invitation_id, questionnaire_id,
                                  questionnaire_version, trigger_type, trigger_reference,
                                  trigger_occasion, triggered_at, state, created_at, said,
                                  asked_about)
         SELECT customer_id, invitation_id, questionnaire_id,
                (SELECT max(version) FROM questionnaires AS known
                 WHERE known.questionnaire_id = asked.questionnaire_id),
                trigger_type, invitation_id::text, trigger_occasion, triggered_at, 'open', $10, said,
                asked_about
         FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::integer[],
                     $7::timestamptz[], $8::bytea[], $9::bytea[])
              WITH ORDINALITY AS asked (customer_id, invitation_id, questionnaire_id,
                  trigger_type, trigger_reference, trigger_occasion, triggered_at, said,
                  asked_about, ordinal)
         WHERE NOT EXISTS (
             SELECT FROM invitations AS before
             WHERE before.customer_id = asked.customer_id
               AND before.questionnaire_id = asked.questionnaire_id
               AND before.trigger_type = asked.trigger_type
               AND before.trigger_reference = asked.trigger_reference
               AND before.trigger_occasion = asked.trigger_occasion)
         ORDER BY ordinal
         ON CONFLICT (customer_id, questionnaire_id, trigger_type, asked_about, trigger_occasion)
             WHERE asked_about IS NOT NULL DO NOTHING
         RETURNING invitation_id, questionnaire_version",
        &columns.customers,
        &columns.ids,
        &columns.questionnaires as &[&str],
        &columns.types as &[&str],
        &columns.references as &[&str],
        &columns.occasions,
        &columns.triggered_at as &[jiff_sqlx::Timestamp],
        &columns.said,
        &columns.asked_about,
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
    said: Vec<Vec<u8>>,
    asked_about: Vec<Vec<u8>>,
}

impl<'a> Columns<'a> {
    fn of(
        keys: &HashMap<Uuid, DataKey>,
        invitations: &[(InvitationId, &'a Asked)],
    ) -> Result<Self, StoreError> {
        let mut columns = Self::default();
        for (id, asked) in invitations {
            let reference = &asked.trigger.reference;
            let key = sealed::of(keys, asked.customer)?;
            let said = sealed::about(key, *id, asked.occasion, reference)?;
            columns.said.push(said);
            columns
                .asked_about
                .push(sealed::asked_about(key, reference));
            columns.customers.push(asked.customer.0);
            columns.ids.push(id.0);
            columns.questionnaires.push(asked.questionnaire_id);
            columns.types.push(&asked.trigger.event_type);
            columns.references.push(reference);
            columns.occasions.push(asked.occasion.0);
            columns
                .triggered_at
                .push(asked.trigger.occurred_at.to_sqlx());
        }
        Ok(columns)
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

impl Row {
    fn read(mut self, keyring: &Keyring) -> Result<Invitation, StoreError> {
        let reference = self.reference(keyring)?;
        Ok(Invitation {
            id: InvitationId(self.invitation_id),
            customer: CustomerId(self.customer_id),
            questionnaire_id: self.questionnaire_id,
            questionnaire_version: self.questionnaire_version,
            trigger: Trigger {
                event_type: self.trigger_type,
                reference,
                occurred_at: self.triggered_at.to_jiff(),
            },
            state: named("invitations.state", self.state, State::from_name)?,
            created_at: self.created_at.to_jiff(),
            completed_at: self.completed_at.map(jiff_sqlx::Timestamp::to_jiff),
        })
    }

    fn reference(&mut self, keyring: &Keyring) -> Result<String, StoreError> {
        let key = (self.master_id.take(), self.wrapped.take());
        let kept = Kept::new(self.said.take(), key, self.is_erased);
        let place = (self.invitation_id, self.trigger_occasion.into());
        let about: Option<About> = kept.open(keyring, INVITATION, self.customer_id, place)?;
        let reference = about.map(|about| about.trigger_reference);
        Ok(reference.unwrap_or_else(|| take(&mut self.trigger_reference)))
    }
}
