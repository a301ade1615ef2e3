use jiff::Timestamp;
use uuid::Uuid;

/// Values one after the other in a form that can be read in one way only: numbers have a fixed
/// width, highest byte first; texts have their length before them; what may be absent has a byte
/// that tells.
pub(super) struct Canonical<'a>(pub(super) &'a mut Vec<u8>);

impl Canonical<'_> {
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

    pub(super) fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.0
            .extend_from_slice(&(bytes.len() as u64).to_be_bytes());
        self.0.extend_from_slice(bytes);
        self
    }

    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        self.bytes(text.as_bytes())
    }

    pub(super) fn optional<T>(
        &mut self,
        value: Option<T>,
        write: impl FnOnce(&mut Self, T) -> &mut Self,
    ) -> &mut Self {
        self.0.push(u8::from(value.is_some()));
        match value {
            Some(value) => write(self, value),
            None => self,
        }
    }
}
