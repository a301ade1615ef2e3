//! What was written, and asked about, before it was sealed.

use std::collections::HashMap;

use seal::DataKey;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{StoreError, sealed};
use crate::domain::{CustomerId, InvitationId, Occasion};

/// An invitation of which something stands in clear.
pub(crate) struct InClear {
    pub(crate) customer: CustomerId,
    pub(crate) id: InvitationId,
    /// What it is about; `None`: that is sealed.
    about: Option<String>,
    occasion: Occasion,
}

/// The first invitations after one of which something stands in clear.
pub(crate) async fn next(
    connection: &mut PgConnection,
    after: Uuid,
    limit: i64,
) -> Result<Vec<Uuid>, StoreError> {
    let ids = sqlx::query_scalar!(
        r#"SELECT invitation_id AS "invitation_id!" FROM (
               (SELECT invitation_id FROM invitations
                WHERE said IS NULL AND trigger_reference <> invitation_id::text AND invitation_id > $1
                ORDER BY invitation_id LIMIT $2)
               UNION
               (SELECT DISTINCT invitation_id FROM answers
                WHERE said IS NULL AND written <> '' AND invitation_id > $1
                ORDER BY invitation_id LIMIT $2)
           ) AS in_clear
           ORDER BY 1 LIMIT $2"#,
        after,
        limit,
    );
    Ok(ids.fetch_all(connection).await?)
}

/// Of these invitations those that nobody else works on; nobody does until the transaction ends.
pub(crate) async fn lock_free(
    connection: &mut PgConnection,
    ids: &[Uuid],
) -> Result<Vec<InClear>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT customer_id, invitation_id, trigger_occasion,
                  CASE WHEN said IS NULL AND trigger_reference <> invitation_id::text
                       THEN trigger_reference END AS about
           FROM invitations WHERE invitation_id = ANY ($1)
           ORDER BY invitation_id FOR UPDATE SKIP LOCKED"#,
        ids,
    );
    let rows = rows.fetch_all(connection).await?.into_iter();
    let in_clear = rows.map(|row| InClear {
        customer: CustomerId(row.customer_id),
        id: InvitationId(row.invitation_id),
        about: row.about,
        occasion: Occasion(row.trigger_occasion),
    });
    Ok(in_clear.collect())
}

/// Seals what these invitations are about; answers of how many. The caller holds their locks.
///
/// A replica of the release before may have asked again about what is sealed, which it can't see. Such an invitation
/// gets no digest: the first one has it.
pub(crate) async fn seal_invitations(
    connection: &mut PgConnection,
    keys: &HashMap<Uuid, DataKey>,
    invitations: &[InClear],
) -> Result<u64, StoreError> {
    let (mut customers, mut ids) = (Vec::new(), Vec::new());
    let (mut documents, mut digests) = (Vec::new(), Vec::new());
    for invitation in invitations {
        let Some(about) = &invitation.about else {
            continue;
        };
        let key = sealed::of(keys, invitation.customer)?;
        let document = sealed::about(key, invitation.id, invitation.occasion, about)?;
        customers.push(invitation.customer.0);
        ids.push(invitation.id.0);
        documents.push(document);
        digests.push(sealed::asked_about(key, about));
    }
    let sealed = sqlx::query!(
        "UPDATE invitations AS its
         SET trigger_reference = its.invitation_id::text, said = given.document,
             asked_about = CASE WHEN NOT EXISTS (
                 SELECT FROM invitations AS known
                 WHERE known.customer_id = its.customer_id
                   AND known.questionnaire_id = its.questionnaire_id
                   AND known.trigger_type = its.trigger_type
                   AND known.asked_about = given.digest
                   AND known.trigger_occasion = its.trigger_occasion) THEN given.digest END
         FROM unnest($1::uuid[], $2::uuid[], $3::bytea[], $4::bytea[])
             AS given (customer_id, invitation_id, document, digest)
         WHERE its.customer_id = given.customer_id AND its.invitation_id = given.invitation_id",
        &customers,
        &ids,
        &documents,
        &digests,
    );
    Ok(sealed.execute(connection).await?.rows_affected())
}

/// Seals the answers to these invitations that stand in clear; answers how many. The caller holds the locks of the
/// invitations.
pub(crate) async fn seal_answers(
    connection: &mut PgConnection,
    keys: &HashMap<Uuid, DataKey>,
    invitations: &[InClear],
) -> Result<u64, StoreError> {
    let ids: Vec<Uuid> = invitations.iter().map(|it| it.id.0).collect();
    let rows = sqlx::query!(
        r#"SELECT customer_id, invitation_id, ordinal, written AS "written!" FROM answers
           WHERE said IS NULL AND written <> '' AND invitation_id = ANY ($1)"#,
        &ids,
    );
    let (mut customers, mut ids) = (Vec::new(), Vec::new());
    let (mut ordinals, mut documents) = (Vec::new(), Vec::new());
    for row in rows.fetch_all(&mut *connection).await? {
        let key = sealed::of(keys, CustomerId(row.customer_id))?;
        let id = InvitationId(row.invitation_id);
        documents.push(sealed::written(key, id, row.ordinal.into(), &row.written)?);
        customers.push(row.customer_id);
        ids.push(row.invitation_id);
        ordinals.push(row.ordinal);
    }
    let sealed = sqlx::query_scalar!(
        r#"SELECT seal_answers($1, $2, $3, $4) AS "sealed!""#,
        &customers,
        &ids,
        &ordinals,
        &documents,
    );
    Ok(sealed.fetch_one(connection).await?.unsigned_abs())
}
