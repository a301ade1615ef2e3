use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::{Column, Keyring, Sealed, Unreadable, Wrapped};

/// What is sealed in a row that stays when its customer is erased, and its customer's row of `subject_keys`, which
/// every statement that reads such a row joins to it (`LEFT JOIN`, so that the row is read without it, too).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// What is in the column; `None`: nothing is sealed in this row.
    pub bytes: Option<Vec<u8>>,
    /// The key; `None`: there is none (any more).
    pub key: Option<Wrapped>,
    /// Whether the key was destroyed by an erasure.
    pub is_erased: bool,
}

impl Kept {
    /// Of the columns of `subject_keys` as they were joined.
    #[must_use]
    pub fn new(
        bytes: Option<Vec<u8>>,
        (master_id, wrapped): (Option<String>, Option<Vec<u8>>),
        is_erased: Option<bool>,
    ) -> Self {
        let key = master_id.zip(wrapped);
        Self {
            bytes,
            key: key.map(|(master_id, bytes)| Wrapped { master_id, bytes }),
            is_erased: is_erased.unwrap_or_default(),
        }
    }

    /// What was sealed for this row of a customer. `None`: nothing is, or the customer was erased.
    ///
    /// # Errors
    /// When it does not open: also when the customer has no key and was not erased.
    pub fn open<T: DeserializeOwned>(
        &self,
        keyring: &Keyring,
        column: Column,
        customer_id: Uuid,
        place: (Uuid, i64),
    ) -> Result<Option<T>, Unreadable> {
        match (&self.bytes, &self.key) {
            (None, _) => Ok(None),
            (Some(_), None) if self.is_erased => Ok(None),
            (Some(_), None) => Err(column.unreadable(customer_id)),
            (Some(bytes), Some(key)) => {
                let key = key.clone();
                let sealed = Sealed {
                    customer_id,
                    key,
                    bytes,
                };
                sealed.open(keyring, column, place).map(Some)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DataKey;

    const TEXT: Column = Column {
        table: "t",
        column: "said",
    };

    #[test]
    fn without_a_key_only_an_erasure_explains_that_nothing_opens() {
        let keyring = Keyring::parse(&Keyring::generate("one").unwrap()).unwrap();
        let (id, place) = (Uuid::from_u128(1), (Uuid::from_u128(2), 3));
        let key = DataKey::new(id).unwrap();
        let bytes = Some(key.seal_document(TEXT, place, &"words").unwrap());
        let Wrapped {
            master_id,
            bytes: wrapped,
        } = key.wrap(&keyring).unwrap();
        let live = Kept::new(bytes.clone(), (Some(master_id), Some(wrapped)), Some(false));
        let read = |kept: &Kept, place| kept.open::<String>(&keyring, TEXT, id, place);
        assert_eq!(read(&live, place), Ok(Some("words".to_owned())));
        assert_eq!(read(&live, (place.0, 4)), Err(TEXT.unreadable(id)));
        let erased = Kept::new(bytes.clone(), (None, None), Some(true));
        assert_eq!(read(&erased, place), Ok(None));
        let lost = Kept::new(bytes, (None, None), None);
        assert_eq!(read(&lost, place), Err(TEXT.unreadable(id)));
        assert_eq!(read(&Kept::default(), place), Ok(None));
    }
}
