use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::{DataKey, Keyring, NoRandomness, Place, Wrapped};

/// A column in which documents stand sealed, each in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its table.
    pub table: &'static str,
    /// Its name.
    pub column: &'static str,
}

/// A sealed value as it was read, with the key of its customer as that is kept.
#[derive(Debug)]
pub struct Sealed<'a> {
    /// At whose id the row stands.
    pub customer_id: Uuid,
    /// The key of that customer.
    pub key: Wrapped,
    /// What is in the column.
    pub bytes: &'a [u8],
}

/// A sealed value that can't be read: it was changed, or put where it was not written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("what is sealed in {column} of {table} for the customer {customer_id} does not open there")]
pub struct Unreadable {
    /// The table.
    pub table: &'static str,
    /// The column.
    pub column: &'static str,
    /// At whose id the row stands.
    pub customer_id: Uuid,
}

/// A value could not be sealed.
#[derive(Debug, thiserror::Error)]
pub enum NotSealed {
    /// The system gives no random bytes.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// A defect: it has no form in JSON.
    #[error("a value can't be written as a document")]
    Document(#[from] serde_json::Error),
}

impl DataKey {
    /// Seals a value for a row and its version, as [`Place`] tells them.
    ///
    /// # Errors
    /// When the system gives no random bytes, or the value can't be written in JSON.
    pub fn seal_document<T: Serialize>(
        &self,
        column: Column,
        (row, version): (Uuid, i64),
        value: &T,
    ) -> Result<Vec<u8>, NotSealed> {
        let document = serde_json::to_vec(value)?;
        Ok(self.seal(column.place(row, version), &document)?)
    }

    /// By which it is found that a customer has a value in a column already, without opening any: equal values of one
    /// customer and column have equal digests. Without the key nobody can tell which value it is, nor whether two
    /// customers have the same.
    #[must_use]
    pub fn digest(&self, column: Column, value: &str) -> [u8; 32] {
        self.sign(column.table, column.column, value.as_bytes())
    }
}

impl Sealed<'_> {
    /// What was sealed for this row.
    ///
    /// # Errors
    /// When it does not open, or is not what it is read as.
    pub fn open<T: DeserializeOwned>(
        &self,
        keyring: &Keyring,
        column: Column,
        (row, version): (Uuid, i64),
    ) -> Result<T, Unreadable> {
        let key = DataKey::unwrap(keyring, self.customer_id, &self.key).ok();
        let document = key.and_then(|key| key.open(column.place(row, version), self.bytes).ok());
        let value = document.and_then(|document| serde_json::from_slice(&document).ok());
        value.ok_or(column.unreadable(self.customer_id))
    }
}

impl Column {
    /// That what stands here does not open.
    #[must_use]
    pub fn unreadable(self, customer_id: Uuid) -> Unreadable {
        Unreadable {
            table: self.table,
            column: self.column,
            customer_id,
        }
    }

    fn place(self, row: Uuid, version: i64) -> Place<'static> {
        Place {
            table: self.table,
            column: self.column,
            row,
            version,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORDER: Column = Column {
        table: "t",
        column: "order",
    };

    #[test]
    fn digests_are_equal_for_a_value_of_a_customer_and_a_column_alone() {
        let keyring = Keyring::parse(&Keyring::generate("one").unwrap()).unwrap();
        let id = Uuid::from_u128(1);
        let key = DataKey::new(id).unwrap();
        let digest = key.digest(ORDER, "A-17");
        let kept = key.wrap(&keyring).unwrap();
        let again = DataKey::unwrap(&keyring, id, &kept).unwrap();
        assert_eq!(again.digest(ORDER, "A-17"), digest);
        let column = Column {
            column: "case",
            ..ORDER
        };
        let table = Column {
            table: "u",
            ..ORDER
        };
        let others = DataKey::new(id).unwrap();
        for other in [
            key.digest(ORDER, "A-18"),
            key.digest(column, "A-17"),
            key.digest(table, "A-17"),
            others.digest(ORDER, "A-17"),
        ] {
            assert_ne!(other, digest);
        }
    }
}
