use chassis::Refusal;
use contract::patron::complaints::v1 as wire;
use contract::time::timestamp;
use wire::case_log_entry as change;

use super::kinds::{domain_message_kind, wire_message_kind, wire_state};
use super::text::{invalid, or_erased, stored};
use crate::domain::{CaseId, Change, Entry, Message};

/// What is to be said. What only Patron sets is ignored.
pub(crate) fn new_message(message: wire::CaseMessage) -> Result<Message, Refusal> {
    let kind = domain_message_kind(message.kind())
        .ok_or_else(|| invalid("message.kind", "must be set"))?;
    Ok(Message {
        kind,
        body: stored("message.body", message.body)?,
    })
}

/// The message as callers see it; the entry is the one that added it.
pub(crate) fn message(case: CaseId, entry: &Entry, message: &Message) -> wire::CaseMessage {
    wire::CaseMessage {
        message_id: entry.id.to_string(),
        case_id: case.0.to_string(),
        kind: wire_message_kind(message.kind).into(),
        body: or_erased(&message.body),
        author: entry.actor.clone(),
        create_time: Some(timestamp(entry.at)),
    }
}

/// The entry as callers see it.
pub(crate) fn entry(case: CaseId, entry: &Entry) -> wire::CaseLogEntry {
    wire::CaseLogEntry {
        entry_id: entry.id.to_string(),
        occur_time: Some(timestamp(entry.at)),
        actor: entry.actor.clone(),
        state: wire_state(entry.state).into(),
        change: Some(wire_change(case, entry)),
    }
}

fn wire_change(case: CaseId, entry: &Entry) -> change::Change {
    match &entry.change {
        Change::Opened { origin } => change::Change::Opened(change::Opened {
            origin: origin.clone(),
        }),
        Change::Message(said) => change::Change::Message(message(case, entry, said)),
        Change::Resolved { resolution } => change::Change::Resolved(change::Resolved {
            resolution: resolution.clone(),
        }),
        Change::Closed => change::Change::Closed(change::Closed {}),
        Change::Reopened { reason } => change::Change::Reopened(change::Reopened {
            reason: reason.clone(),
        }),
    }
}
