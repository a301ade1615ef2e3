//! Contacts, and the places that are reserved for them.

mod row;

use calendar::Zone;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use seal::Keyring;
use sqlx::PgConnection;
use uuid::Uuid;

use super::uuids;
use crate::domain::contact::caps::Cap;
use crate::domain::contact::ledger::{Contact, Held};
use crate::domain::contact::topic::ContactId;
use crate::domain::ids::CustomerId;
use crate::store::remarks::REFERENCE;
use crate::store::{Keys, StoreError, texts};
use row::{ContactRow, HeldRow, number_of, stored_name};

/// Most reservations of one person that wait to be confirmed.
pub(crate) const MOST_RESERVED: usize = 1_000;

/// Reads what may count for any of these caps: all reservations that wait (one more than there may
/// be), and for each cap the latest messages up to its limit; older ones can't change a decision.
pub(crate) async fn counted(
    connection: &mut PgConnection,
    ids: &[CustomerId],
    caps: &[&Cap],
    zone: &Zone,
    now: Timestamp,
) -> Result<Vec<Held>, StoreError> {
    let most = i64::try_from(MOST_RESERVED)
        .unwrap_or(i64::MAX)
        .saturating_add(1);
    let rows = sqlx::query_as!(
        HeldRow,
        r#"SELECT contact_id, purpose, channel, priority, state, reserve_time AS "reserve_time: _",
               expire_time AS "expire_time: _",
               end_time AS "end_time: _"
           FROM contacts WHERE customer_id = ANY($1) AND state = 'reserved' AND expire_time > $2
           LIMIT $3"#,
        &uuids(ids),
        now.to_sqlx(),
        most,
    )
    .fetch_all(&mut *connection)
    .await?;
    let mut counted: Vec<Held> = rows
        .into_iter()
        .map(HeldRow::into_domain)
        .collect::<Result<_, _>>()?;
    for cap in caps {
        for sent in sent(connection, ids, cap, cap.since(zone, now)).await? {
            if !counted.iter().any(|known| known.id == sent.id) {
                counted.push(sent);
            }
        }
    }
    Ok(counted)
}

/// The latest messages that count for a cap, as many as its limit.
async fn sent(
    connection: &mut PgConnection,
    ids: &[CustomerId],
    cap: &Cap,
    since: Timestamp,
) -> Result<Vec<Held>, StoreError> {
    let rows = sqlx::query_as!(
        HeldRow,
        r#"SELECT contact_id, purpose, channel, priority, state, reserve_time AS "reserve_time: _",
               expire_time AS "expire_time: _",
               end_time AS "end_time: _"
           FROM contacts
           WHERE customer_id = ANY($1) AND state = 'confirmed' AND end_time >= $2
               AND (purpose = ANY($3) OR cardinality($3::text[]) = 0)
               AND (channel = ANY($4) OR cardinality($4::text[]) = 0)
           ORDER BY end_time DESC LIMIT $5"#,
        &uuids(ids),
        since.to_sqlx(),
        &texts(&cap.purposes, |it| it.0.as_str()) as &[&str],
        &texts(&cap.channels, |it| it.0.as_str()) as &[&str],
        i64::try_from(cap.limit).unwrap_or(i64::MAX),
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(HeldRow::into_domain).collect()
}

/// Reads one of these people's.
pub(crate) async fn get(
    connection: &mut PgConnection,
    keyring: &Keyring,
    ids: &[CustomerId],
    id: ContactId,
) -> Result<Option<Contact>, StoreError> {
    let row = sqlx::query_as!(
        ContactRow,
        r#"SELECT customer_id, contact_id, purpose, channel, priority, reference, sealed_reference, state,
               reserve_time AS "reserve_time: _", expire_time AS "expire_time: _",
               end_time AS "end_time: _", k.master_id AS "master_id!", k.wrapped AS "wrapped!"
           FROM contacts
           JOIN (SELECT customer_id, master_id, wrapped FROM subject_keys
                 WHERE wrapped IS NOT NULL) AS k USING (customer_id)
           WHERE customer_id = ANY($1) AND contact_id = $2"#,
        &uuids(ids),
        id.0,
    )
    .fetch_optional(connection)
    .await?;
    row.map(|row| row.into_contact(keyring)).transpose()
}

/// The contacts of these people before `before`, the latest reserved first.
pub(crate) async fn list(
    connection: &mut PgConnection,
    keyring: &Keyring,
    ids: &[CustomerId],
    before: Uuid,
    limit: i64,
) -> Result<Vec<Contact>, StoreError> {
    let rows = sqlx::query_as!(
        ContactRow,
        r#"SELECT customer_id, contact_id, purpose, channel, priority, reference, sealed_reference, state,
               reserve_time AS "reserve_time: _", expire_time AS "expire_time: _",
               end_time AS "end_time: _", k.master_id AS "master_id!", k.wrapped AS "wrapped!"
           FROM contacts
           JOIN (SELECT customer_id, master_id, wrapped FROM subject_keys
                 WHERE wrapped IS NOT NULL) AS k USING (customer_id)
           WHERE customer_id = ANY($1) AND contact_id < $2
           ORDER BY contact_id DESC LIMIT $3"#,
        &uuids(ids),
        before,
        limit,
    )
    .fetch_all(connection)
    .await?;
    let contacts = rows.into_iter().map(|row| row.into_contact(keyring));
    contacts.collect()
}

/// Reserves a place.
pub(crate) async fn insert(
    connection: &mut PgConnection,
    keys: &Keys,
    contact: &Contact,
) -> Result<(), StoreError> {
    let (customer, id) = (contact.customer.0, contact.id.0);
    sqlx::query!(
        "INSERT INTO contacts (customer_id, contact_id, purpose, channel, priority, reference,
                               sealed_reference, state, reserve_time, expire_time, end_time)
         VALUES ($1, $2, $3, $4, $5, '', $6, $7, $8, $9, $10)",
        customer,
        id,
        contact.topic.purpose.0,
        contact.topic.channel.0,
        number_of(contact.priority),
        keys.remark(customer, REFERENCE, id, &contact.reference)?,
        stored_name(contact.stored),
        contact.reserve_time.to_sqlx(),
        contact.expire_time.to_sqlx(),
        contact.end_time.map(ToSqlx::to_sqlx) as _,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Writes what became of a reservation.
pub(crate) async fn end(
    connection: &mut PgConnection,
    contact: &Contact,
) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE contacts SET state = $3, end_time = $4 WHERE customer_id = $1 AND contact_id = $2",
        contact.customer.0,
        contact.id.0,
        stored_name(contact.stored),
        contact.end_time.map(ToSqlx::to_sqlx) as _,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Lets reservations give way.
pub(crate) async fn displace(
    connection: &mut PgConnection,
    ids: &[CustomerId],
    displaced: &[ContactId],
    now: Timestamp,
) -> Result<(), StoreError> {
    let displaced: Vec<Uuid> = displaced.iter().map(|id| id.0).collect();
    // The clocks of two replicas may differ.
    sqlx::query!(
        "UPDATE contacts SET state = 'displaced', end_time = greatest($3, reserve_time)
         WHERE customer_id = ANY($1) AND contact_id = ANY($2)",
        &uuids(ids),
        &displaced,
        now.to_sqlx(),
    )
    .execute(connection)
    .await?;
    Ok(())
}
