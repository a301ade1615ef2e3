//! A row of `interactions`.

use std::collections::BTreeMap;

use sqlx::types::Json;
use uuid::Uuid;

use crate::domain::ids::CustomerId;
use crate::domain::interaction::{Interaction, InteractionKey, Kind, RecordedInteraction};
use crate::store::{CorruptRow, StoreError};

pub(super) struct InteractionRow {
    pub(super) customer_id: Uuid,
    pub(super) occur_time: jiff_sqlx::Timestamp,
    pub(super) entry_id: Uuid,
    pub(super) source: String,
    pub(super) interaction_id: String,
    pub(super) kind: String,
    pub(super) channel: String,
    pub(super) store_id: String,
    pub(super) reference: String,
    pub(super) subject: String,
    pub(super) duration_seconds: i64,
    pub(super) properties: Json<BTreeMap<String, String>>,
    pub(super) record_time: jiff_sqlx::Timestamp,
}

impl InteractionRow {
    pub(super) fn into_domain(self) -> Result<RecordedInteraction, StoreError> {
        let kind = Kind::named(&self.kind).ok_or(CorruptRow {
            table: "interactions",
            column: "kind",
        })?;
        let interaction = Interaction {
            key: InteractionKey {
                source: self.source,
                id: self.interaction_id,
            },
            kind,
            channel: self.channel,
            time: self.occur_time.to_jiff(),
            store_id: self.store_id,
            reference: self.reference,
            subject: self.subject,
            duration_seconds: self.duration_seconds,
            properties: self.properties.0,
        };
        Ok(RecordedInteraction {
            interaction,
            customer: CustomerId(self.customer_id),
            entry_id: self.entry_id,
            record_time: self.record_time.to_jiff(),
        })
    }
}
