//! What people write, and what they are asked about, as it is kept: sealed under the key of the customer.

use std::collections::HashMap;

use jiff::Timestamp;
use seal::store::provide_all;
use seal::{Column, DataKey, Keyring};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use uuid::Uuid;

use super::StoreError;
use crate::domain::{CustomerId, InvitationId, Occasion};

/// What an invitation is about, for its occasion.
pub(crate) const INVITATION: Column = Column {
    table: "invitations",
    column: "said",
};

/// What was written, for the number of the answer.
pub(crate) const ANSWER: Column = Column {
    table: "answers",
    column: "said",
};

/// By which it is found that the same was asked before.
const ASKED_ABOUT: Column = Column {
    table: "invitations",
    column: "asked_about",
};

/// What is sealed of an invitation, by the name of the column in which rows of before have it.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct About {
    pub(super) trigger_reference: String,
}

/// What is sealed of an answer, likewise.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Written {
    pub(super) written: String,
}

/// What an invitation is about, sealed for it.
pub(super) fn about(
    key: &DataKey,
    InvitationId(id): InvitationId,
    Occasion(occasion): Occasion,
    reference: &str,
) -> Result<Vec<u8>, StoreError> {
    let about = About {
        trigger_reference: reference.to_owned(),
    };
    Ok(key.seal_document(INVITATION, (id, occasion.into()), &about)?)
}

/// A digest of what an invitation is about.
pub(super) fn asked_about(key: &DataKey, reference: &str) -> Vec<u8> {
    key.digest(ASKED_ABOUT, reference).to_vec()
}

/// What was written in an answer to an invitation, sealed for the number of the answer.
pub(super) fn written(
    key: &DataKey,
    InvitationId(id): InvitationId,
    ordinal: i64,
    words: &str,
) -> Result<Vec<u8>, StoreError> {
    let written = Written {
        written: words.to_owned(),
    };
    Ok(key.seal_document(ANSWER, (id, ordinal), &written)?)
}

/// The key of a customer, made when there is none yet. Refuses people who were erased.
pub(crate) async fn key(
    connection: &mut PgConnection,
    keyring: &Keyring,
    CustomerId(id): CustomerId,
    now: Timestamp,
) -> Result<DataKey, StoreError> {
    let mut keys = provide_all(connection, keyring, &[id], now).await?;
    keys.remove(&id).ok_or(StoreError::Erased)
}

/// Of these keys that of a customer, who has one unless erased.
pub(super) fn of(
    keys: &HashMap<Uuid, DataKey>,
    CustomerId(id): CustomerId,
) -> Result<&DataKey, StoreError> {
    keys.get(&id).ok_or(StoreError::Erased)
}
