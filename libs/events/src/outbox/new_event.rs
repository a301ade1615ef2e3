use jiff::Timestamp;
use prost::{Message, Name};
use uuid::Uuid;

/// An event that is about to be announced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    pub(super) subject_id: Uuid,
    pub(super) customer_id: Option<Uuid>,
    pub(super) event_type: String,
    pub(super) payload: Vec<u8>,
    pub(super) schema_version: i32,
    pub(super) occur_time: Option<Timestamp>,
    pub(super) traceparent: Option<String>,
}

impl NewEvent {
    /// What happened to a subject (a customer, a case, an invitation), and which customer it
    /// concerns: give the id again when the subject is the customer. The type is the full name of
    /// the payload's message.
    pub fn about<P: Message + Name>(
        subject_id: Uuid,
        customer_id: Option<Uuid>,
        payload: &P,
    ) -> Self {
        Self {
            subject_id,
            customer_id,
            event_type: P::full_name(),
            payload: payload.encode_to_vec(),
            schema_version: 1,
            occur_time: None,
            traceparent: None,
        }
    }

    /// Says when it happened; otherwise that is when it is announced, by the outbox's clock.
    #[must_use]
    pub fn occurred_at(mut self, time: Timestamp) -> Self {
        self.occur_time = Some(time);
        self
    }

    /// Says to which trace it belongs, as the header `traceparent`; otherwise, and when that is
    /// empty, to the one in which it is announced. For events that are announced together but were
    /// caused by several others.
    #[must_use]
    pub fn in_trace(mut self, traceparent: &str) -> Self {
        self.traceparent = Some(traceparent.to_owned()).filter(|text| !text.is_empty());
        self
    }

    /// Says that the payload has a later meaning than version 1.
    #[must_use]
    pub fn schema_version(mut self, version: u16) -> Self {
        self.schema_version = i32::from(version);
        self
    }
}
