//! Rows of people, opened for those who ask what is held of them.

use disclosure::{NotOpened, Opener, bytes, id, key_beside};
use seal::Keyring;
use serde_json::{Map, Value};

use super::attributes::open_value;
use super::customers::open_personal;
use super::remarks::{self, Remarks, Table};
use super::sealed::{Sealed, Unreadable};
use super::sources::open_said;

/// The key of the customer at whose id a row of `sources` stands, told beside it as [`disclosure::KEY_OF_CUSTOMER`] is.
pub(crate) const KEY_OF_HOME: &str = "coalesce((
    SELECT jsonb_build_object('master_id', k.master_id, 'wrapped', k.wrapped) FROM subject_keys AS k
    WHERE k.customer_id = t.home AND k.wrapped IS NOT NULL), '{}')";

/// The same of a row of `links`.
pub(crate) const KEY_OF_OLDER: &str = "coalesce((
    SELECT jsonb_build_object('master_id', k.master_id, 'wrapped', k.wrapped) FROM subject_keys AS k
    WHERE k.customer_id = t.older AND k.wrapped IS NOT NULL), '{}')";

/// Opens rows for access files.
#[derive(Debug)]
pub(crate) struct Opened(pub(crate) Keyring);

impl Opener for Opened {
    fn open(&self, table: &str, row: &mut Map<String, Value>) -> Result<(), NotOpened> {
        let opened = match table {
            "customers" => self.customer(row),
            "sources" => self.source(row),
            "customer_attributes" | "attribute_changes" => self.attribute(row),
            _ => match remarks::table(table) {
                Some(known) => self.remarks(known, row),
                None => Ok(Some(Map::new())),
            },
        };
        let opened = opened.ok().flatten().ok_or_else(|| NotOpened {
            table: table.to_owned(),
        })?;
        row.extend(opened);
        Ok(())
    }
}

impl Opened {
    fn customer(
        &self,
        row: &mut Map<String, Value>,
    ) -> Result<Option<Map<String, Value>>, Unreadable> {
        let key = key_beside(row);
        let place = (
            id(row, "customer_id"),
            row.get("version").and_then(Value::as_i64),
        );
        let personal = bytes(row.remove("personal"));
        let (Some(key), Some(personal)) = (key, personal) else {
            // Erased, and on its way out.
            return Ok(Some(Map::new()));
        };
        let (Some(customer_id), Some(version)) = place else {
            return Ok(None);
        };
        if personal.is_empty() {
            // The id leads to another, whose row has it all.
            return Ok(Some(Map::new()));
        }
        let sealed = Sealed {
            customer_id,
            key,
            bytes: &personal,
        };
        open_personal(&self.0, &sealed, version).map(Some)
    }

    fn attribute(
        &self,
        row: &mut Map<String, Value>,
    ) -> Result<Option<Map<String, Value>>, Unreadable> {
        let key = key_beside(row);
        let place = (id(row, "customer_id"), id(row, "change_id"));
        let (Some(key), Some(value)) = (key, bytes(row.remove("value"))) else {
            // It was cleared.
            return Ok(Some(Map::new()));
        };
        let (Some(customer_id), Some(change_id)) = place else {
            return Ok(None);
        };
        let sealed = Sealed {
            customer_id,
            key,
            bytes: &value,
        };
        let value = open_value(&self.0, &sealed, change_id)?;
        let told = ("value".to_owned(), Value::String(value));
        Ok(Some(Map::from_iter([told])))
    }

    fn remarks(
        &self,
        table: &Table,
        row: &mut Map<String, Value>,
    ) -> Result<Option<Map<String, Value>>, Unreadable> {
        let key = key_beside(row);
        let mut told = Map::new();
        for column in table.columns {
            let text = row.get(column.column).and_then(Value::as_str);
            let text = text.unwrap_or_default().to_owned();
            let sealed = bytes(row.remove(&format!("sealed_{}", column.column)));
            let (Some(key), Some(sealed)) = (&key, sealed) else {
                // Nothing was said, or it is on its way out.
                continue;
            };
            let place = (id(row, table.customer), id(row, table.row));
            let (Some(customer_id), Some(row)) = place else {
                return Ok(None);
            };
            let remarks = Remarks {
                keyring: &self.0,
                customer_id,
                key: Some(key.clone()),
                row,
            };
            let words = remarks.read(*column, text, Some(&sealed))?;
            told.insert(column.column.to_owned(), Value::String(words));
        }
        Ok(Some(told))
    }

    fn source(
        &self,
        row: &mut Map<String, Value>,
    ) -> Result<Option<Map<String, Value>>, Unreadable> {
        let key = key_beside(row);
        let place = (id(row, "home"), id(row, "source_id"));
        let said = bytes(row.remove("said"));
        let (Some(key), Some(said)) = (key, said) else {
            return Ok(Some(Map::new()));
        };
        let (Some(customer_id), Some(source_id)) = place else {
            return Ok(None);
        };
        let sealed = Sealed {
            customer_id,
            key,
            bytes: &said,
        };
        open_said(&self.0, &sealed, source_id).map(Some)
    }
}
