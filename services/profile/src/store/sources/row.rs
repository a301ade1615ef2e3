//! A row of `sources`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use seal::{Keyring, Wrapped};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sqlx::types::Json;
use uuid::Uuid;

use crate::domain::field::Field;
use crate::domain::identifier::IdentifierKey;
use crate::domain::identity::source::{Source, SourceId};
use crate::domain::ids::{CustomerId, ImportId};
use crate::store::details::DetailsRow;
use crate::store::sealed::{Column, Sealed, Unreadable};
use crate::store::{CorruptRow, Keys, StoreError};

pub(super) struct SourceRow {
    pub(super) home: Uuid,
    pub(super) source_id: Uuid,
    pub(super) channel: String,
    pub(super) import_id: Option<Uuid>,
    pub(super) said: Vec<u8>,
    pub(super) observed: Json<BTreeMap<String, Timestamp>>,
    pub(super) confirmed: Json<BTreeMap<String, Timestamp>>,
    pub(super) record_time: jiff_sqlx::Timestamp,
    pub(super) master_id: String,
    pub(super) wrapped: Vec<u8>,
}

const SAID: Column = Column {
    table: "sources",
    column: "said",
};
/// Of what is sealed.
const FORM: i64 = 1;

/// What is sealed of a source.
#[derive(Serialize, Deserialize)]
struct SaidRow {
    key: String,
    details: DetailsRow,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    withdrawn: Vec<WithdrawnRow>,
}

/// What a source says, sealed.
pub(super) fn sealed(source: &Source, keys: &Keys) -> Result<Vec<u8>, StoreError> {
    let said = SaidRow {
        key: source.key.clone(),
        details: DetailsRow::of(&source.details),
        withdrawn: WithdrawnRow::all_of(source),
    };
    Ok(keys.seal(source.home.0, SAID, (source.id.0, FORM), &said)?)
}

#[derive(Serialize, Deserialize)]
struct WithdrawnRow {
    source: Uuid,
    kind: String,
    value: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    unread: bool,
    since: Timestamp,
}

impl SourceRow {
    pub(super) fn into_domain(self, keyring: &Keyring) -> Result<Source, StoreError> {
        let sealed = Sealed {
            customer_id: self.home,
            key: Wrapped {
                master_id: self.master_id,
                bytes: self.wrapped,
            },
            bytes: &self.said,
        };
        let said: SaidRow = sealed.open(keyring, SAID, (self.source_id, FORM))?;
        let corrupt = CorruptRow {
            table: SAID.table,
            column: SAID.column,
        };
        let withdrawn = said.withdrawn.into_iter();
        Ok(Source {
            id: SourceId(self.source_id),
            home: CustomerId(self.home),
            channel: self.channel,
            key: said.key,
            import: self.import_id.map(ImportId),
            details: said.details.into_domain(corrupt)?,
            observed: times_of(self.observed.0, "observed")?,
            confirmed: times_of(self.confirmed.0, "confirmed")?,
            withdrawn: withdrawn.map(WithdrawnRow::into_domain).collect(),
            record_time: self.record_time.to_jiff(),
        })
    }
}

/// What is sealed of a source, as it is told to the person. Of what it says of others nothing.
pub(in crate::store) fn open_said(
    keyring: &Keyring,
    sealed: &Sealed<'_>,
    source_id: Uuid,
) -> Result<Map<String, Value>, Unreadable> {
    let said: SaidRow = sealed.open(keyring, SAID, (source_id, FORM))?;
    Ok(Map::from_iter([
        ("source_key".to_owned(), Value::String(said.key)),
        ("details".to_owned(), Value::Object(said.details.told())),
    ]))
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
    fn all_of(source: &Source) -> Vec<Self> {
        let row = |((of, key), since): (&(SourceId, IdentifierKey), &Timestamp)| Self {
            source: of.0,
            kind: key.kind.clone(),
            value: key.value.clone(),
            unread: !key.is_read(),
            since: *since,
        };
        source.withdrawn.iter().map(row).collect()
    }

    fn into_domain(self) -> ((SourceId, IdentifierKey), Timestamp) {
        let Self {
            source,
            kind,
            value,
            unread,
            since,
        } = self;
        let key = IdentifierKey::kept(kind, value, !unread);
        ((SourceId(source), key), since)
    }
}
