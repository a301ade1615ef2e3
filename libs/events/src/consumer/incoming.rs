use contract::patron::events::v1 as wire;
use contract::time;
use jiff::Timestamp;
use prost::{Message, Name};
use uuid::Uuid;

use crate::Position;

/// An event as a consumer receives it.
#[derive(Debug, Clone, PartialEq)]
pub struct Incoming {
    wire: wire::Event,
    event_id: Uuid,
    subject_id: Uuid,
    customer_id: Option<Uuid>,
    shard: u8,
    position: Position,
    occur_time: Timestamp,
}

/// An event whose envelope can't be used: the feed breaks the contract.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{field}` of event `{event_id}` can't be used")]
pub struct MalformedEvent {
    /// The event's id, as it came.
    pub event_id: String,
    /// Which of its fields.
    pub field: &'static str,
}

/// An event's payload that is no message of the event's type.
#[derive(Debug, thiserror::Error)]
#[error("the payload is no {event_type}")]
pub struct MalformedPayload {
    event_type: String,
    source: prost::DecodeError,
}

impl Incoming {
    /// Takes an event from a feed.
    pub fn new(wire: wire::Event) -> Result<Self, MalformedEvent> {
        let broken = |field| MalformedEvent {
            event_id: wire.event_id.clone(),
            field,
        };
        let id = |text: &str, field| Uuid::try_parse(text).map_err(|_| broken(field));
        let occur_time = wire.occur_time.as_ref().and_then(time::instant);
        Ok(Self {
            event_id: id(&wire.event_id, "event_id")?,
            subject_id: id(&wire.subject_id, "subject_id")?,
            customer_id: match wire.customer_id.as_str() {
                "" => None,
                text => Some(id(text, "customer_id")?),
            },
            shard: u8::try_from(wire.shard).map_err(|_| broken("shard"))?,
            position: wire.position.ok_or_else(|| broken("position"))?.into(),
            occur_time: occur_time.ok_or_else(|| broken("occur_time"))?,
            wire,
        })
    }

    /// The payload, or `None` when the event is of another type.
    pub fn payload<P: Message + Name + Default>(&self) -> Result<Option<P>, MalformedPayload> {
        if self.wire.r#type != P::full_name() {
            return Ok(None);
        }
        let payload = P::decode(self.wire.data.clone());
        payload.map(Some).map_err(|source| {
            let event_type = self.wire.r#type.clone();
            MalformedPayload { event_type, source }
        })
    }

    /// Full name of the payload's message, for example `patron.profile.v1.OrderRecorded`.
    pub fn event_type(&self) -> &str {
        &self.wire.r#type
    }

    /// Unique among all events of all services.
    pub fn event_id(&self) -> Uuid {
        self.event_id
    }

    /// The service that announced it.
    pub fn source(&self) -> &str {
        &self.wire.source
    }

    /// What it is about.
    pub fn subject_id(&self) -> Uuid {
        self.subject_id
    }

    /// Which event of its subject it is: 1, 2, 3 ….
    pub fn subject_version(&self) -> u64 {
        self.wire.subject_version
    }

    /// The customer whom it concerns, if any.
    pub fn customer_id(&self) -> Option<Uuid> {
        self.customer_id
    }

    /// When it happened, by the clock of the service that announced it.
    pub fn occur_time(&self) -> Timestamp {
        self.occur_time
    }

    /// Version of the payload's meaning.
    pub fn schema_version(&self) -> u32 {
        self.wire.schema_version
    }

    /// Where it stands in the feed.
    pub fn position(&self) -> Position {
        self.position
    }

    /// The shard that it belongs to, 0 to 63.
    pub fn shard(&self) -> u8 {
        self.shard
    }

    /// Whose order it belongs to when it has to wait: the customer, else the subject.
    pub fn parking_key(&self) -> Uuid {
        self.customer_id.unwrap_or(self.subject_id)
    }

    /// The trace of the request that caused it, as the header `traceparent`; may be empty.
    pub fn traceparent(&self) -> &str {
        &self.wire.traceparent
    }

    /// The event as it came.
    pub fn wire(&self) -> &wire::Event {
        &self.wire
    }

    /// Runs a future within the trace of the request that caused this event.
    pub async fn traced<F: Future>(&self, future: F) -> F::Output {
        chassis::telemetry::with_traceparent(Some(&self.wire.traceparent), future).await
    }
}
