//! A row of `sources`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use uuid::Uuid;

use crate::domain::field::Field;
use crate::domain::identifier::IdentifierKey;
use crate::domain::identity::source::{Source, SourceId};
use crate::domain::ids::{CustomerId, ImportId};
use crate::store::details::DetailsRow;
use crate::store::{CorruptRow, StoreError};

pub(super) struct SourceRow {
    pub(super) home: Uuid,
    pub(super) source_id: Uuid,
    pub(super) channel: String,
    pub(super) source_key: String,
    pub(super) import_id: Option<Uuid>,
    pub(super) details: Json<DetailsRow>,
    pub(super) observed: Json<BTreeMap<String, Timestamp>>,
    pub(super) confirmed: Json<BTreeMap<String, Timestamp>>,
    pub(super) withdrawn: Json<Vec<WithdrawnRow>>,
    pub(super) record_time: jiff_sqlx::Timestamp,
}

#[derive(Serialize, Deserialize)]
pub(super) struct WithdrawnRow {
    source: Uuid,
    kind: String,
    value: String,
    since: Timestamp,
}

impl SourceRow {
    pub(super) fn into_domain(self) -> Result<Source, StoreError> {
        let withdrawn = self.withdrawn.0.into_iter();
        Ok(Source {
            id: SourceId(self.source_id),
            home: CustomerId(self.home),
            channel: self.channel,
            key: self.source_key,
            import: self.import_id.map(ImportId),
            details: self.details.0.into_domain()?,
            observed: times_of(self.observed.0, "observed")?,
            confirmed: times_of(self.confirmed.0, "confirmed")?,
            withdrawn: withdrawn.map(WithdrawnRow::into_domain).collect(),
            record_time: self.record_time.to_jiff(),
        })
    }
}

fn times_of(
    times: BTreeMap<String, Timestamp>,
    column: &'static str,
) -> Result<BTreeMap<Field, Timestamp>, CorruptRow> {
    let times = times.into_iter().map(|(path, at)| {
        let table = "sources";
        let field = Field::named(&path).ok_or(CorruptRow { table, column });
        field.map(|field| (field, at))
    });
    times.collect()
}

/// Instants of fields, by their paths.
pub(super) fn by_path(times: &BTreeMap<Field, Timestamp>) -> BTreeMap<&'static str, Timestamp> {
    let times = times.iter();
    times.map(|(field, at)| (field.path(), *at)).collect()
}

impl WithdrawnRow {
    pub(super) fn all_of(source: &Source) -> Vec<Self> {
        let row = |((of, key), since): (&(SourceId, IdentifierKey), &Timestamp)| Self {
            source: of.0,
            kind: key.kind.clone(),
            value: key.value.clone(),
            since: *since,
        };
        source.withdrawn.iter().map(row).collect()
    }

    fn into_domain(self) -> ((SourceId, IdentifierKey), Timestamp) {
        let Self {
            source,
            kind,
            value,
            since,
        } = self;
        ((SourceId(source), IdentifierKey { kind, value }), since)
    }
}
