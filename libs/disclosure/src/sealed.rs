//! Rows with a sealed column, opened.

use seal::{Column, Kept, Keyring, Wrapped};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::{NotOpened, Opener};

/// The key of the customer of a row with a `customer_id`: what such a table is told with besides
/// ([`Kind::besides`](crate::Kind)). [`key_beside`] takes it away again.
pub const KEY_OF_CUSTOMER: &str = "coalesce((
    SELECT jsonb_build_object('master_id', k.master_id, 'wrapped', k.wrapped) FROM subject_keys AS k
    WHERE k.customer_id = t.customer_id AND k.wrapped IS NOT NULL), '{}')";

/// A table with a sealed column, whose documents have the names of columns.
#[derive(Clone, Copy, Debug)]
pub struct SealedTable {
    /// What is sealed.
    pub column: Column,
    /// The column that says which row it is.
    pub row: &'static str,
    /// The column that says which version of it.
    pub version: &'static str,
}

/// Opens rows of tables with a `customer_id` that stay when the customer is erased.
#[derive(Debug)]
pub struct SealedTables {
    /// What they were sealed with.
    pub keyring: Keyring,
    /// The tables.
    pub tables: &'static [SealedTable],
}

impl Opener for SealedTables {
    fn open(&self, table: &str, row: &mut Map<String, Value>) -> Result<(), NotOpened> {
        let tables = self.tables.iter();
        for sealed in tables.filter(|it| it.column.table == table) {
            let opened = self.opened(sealed, row).ok_or_else(|| NotOpened {
                table: table.to_owned(),
            })?;
            row.extend(opened);
        }
        Ok(())
    }
}

impl SealedTables {
    /// What is sealed in a row, by column; `None`: it does not open.
    fn opened(
        &self,
        table: &SealedTable,
        row: &mut Map<String, Value>,
    ) -> Option<Map<String, Value>> {
        let key = key_beside(row);
        let kept = Kept {
            bytes: bytes(row.remove(table.column.column)),
            // Erased, and on its way out.
            is_erased: key.is_none(),
            key,
        };
        let customer_id = id(row, "customer_id")?;
        let place = (id(row, table.row)?, row.get(table.version)?.as_i64()?);
        let opened = kept.open(&self.keyring, table.column, customer_id, place);
        opened.ok().map(Option::unwrap_or_default)
    }
}

/// The key beside a row, taken from it; `None`: the customer has none.
pub fn key_beside(row: &mut Map<String, Value>) -> Option<Wrapped> {
    let (master, wrapped) = (row.remove("master_id")?, row.remove("wrapped"));
    Some(Wrapped {
        master_id: master.as_str()?.to_owned(),
        bytes: bytes(wrapped)?,
    })
}

/// The id in a column of a row.
pub fn id(row: &Map<String, Value>, column: &str) -> Option<Uuid> {
    Uuid::try_parse(row.get(column)?.as_str()?).ok()
}

/// Bytes that stand as hexadecimal digits behind `\x`.
pub fn bytes(value: Option<Value>) -> Option<Vec<u8>> {
    let value = value?;
    let digits = value.as_str()?.strip_prefix("\\x")?.as_bytes();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    digits.chunks(2).map(byte).collect()
}
