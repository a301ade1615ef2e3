use jiff::Timestamp;
use uuid::Uuid;

use super::{Hash, sha256};

/// Values one after the other in a form that can be read in one way only: numbers have a fixed width,
/// highest byte first; texts and lists have their length before them.
pub(super) struct Canonical(Vec<u8>);

impl Canonical {
    /// A form that begins with these bytes.
    pub(super) fn after(bytes: &[u8]) -> Self {
        let mut form = Vec::with_capacity(512);
        form.extend_from_slice(bytes);
        Self(form)
    }

    pub(super) fn id(&mut self, id: Uuid) -> &mut Self {
        self.0.extend_from_slice(id.as_bytes());
        self
    }

    pub(super) fn number(&mut self, number: i64) -> &mut Self {
        self.0.extend_from_slice(&number.to_be_bytes());
        self
    }

    pub(super) fn small(&mut self, number: i16) -> &mut Self {
        self.0.extend_from_slice(&number.to_be_bytes());
        self
    }

    /// In microseconds, which is what the database keeps.
    pub(super) fn time(&mut self, time: Timestamp) -> &mut Self {
        self.number(time.as_microsecond())
    }

    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        self.length(text.len());
        self.0.extend_from_slice(text.as_bytes());
        self
    }

    pub(super) fn list<T>(
        &mut self,
        items: &[T],
        write: impl for<'a> Fn(&'a mut Self, &T) -> &'a mut Self,
    ) -> &mut Self {
        self.length(items.len());
        for item in items {
            write(self, item);
        }
        self
    }

    pub(super) fn digest(&self) -> Hash {
        sha256(&self.0)
    }

    fn length(&mut self, length: usize) {
        self.0.extend_from_slice(&(length as u64).to_be_bytes());
    }
}
