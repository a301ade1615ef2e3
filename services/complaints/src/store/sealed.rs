//! What people write, as it is kept: sealed under the key of the customer at whose id the case stands.

use jiff::Timestamp;
use seal::store::provide_all;
use seal::{Column, DataKey, Keyring};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;

use super::StoreError;
use crate::domain::{Case, CustomerId};

/// What is said in a case, for the version of its row.
pub(crate) const CASE: Column = Column {
    table: "cases",
    column: "said",
};

/// What is said in an entry of the log, for its sequence number.
pub(crate) const ENTRY: Column = Column {
    table: "case_log",
    column: "said",
};

/// What is sealed of a case, by the names of the columns in which rows of before have it.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Said {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) subject: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) description: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) order_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) resolution: Option<String>,
}

impl Said {
    pub(super) fn of(case: &Case) -> Self {
        let resolution = case.progress.resolution.as_ref();
        Self {
            subject: case.opening.subject.clone(),
            description: case.opening.description.clone(),
            order_id: case.opening.order_id.clone(),
            resolution: resolution.map(|it| it.text.clone()),
        }
    }
}

/// What is sealed of an entry of the log, likewise.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct SaidInEntry {
    pub(super) content: String,
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
