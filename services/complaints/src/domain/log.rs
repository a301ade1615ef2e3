use jiff::Timestamp;
use uuid::Uuid;

use super::names::named;
use super::{Action, State};

/// One thing that happened in a case. Entries never change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// UUIDv7; also the id of the message, when the entry is one.
    pub(crate) id: Uuid,
    /// 1, 2, 3 … within the case: the order in which things happened.
    pub(crate) sequence: i64,
    pub(crate) at: Timestamp,
    /// The subject of who did it.
    pub(crate) actor: String,
    /// The state after it. Recorded, so that a later change of the rules does not rewrite history.
    pub(crate) state: State,
    pub(crate) change: Change,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Change {
    /// The case was opened, by this when no person did it.
    Opened { origin: String },
    /// Something was said.
    Message(Message),
    /// It was resolved, in this way.
    Resolved { resolution: String },
    /// It was closed.
    Closed,
    /// It was opened again, for this reason.
    Reopened { reason: String },
}

/// What was said, and who speaks to whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) kind: MessageKind,
    pub(crate) body: String,
}

named! {
    /// Who speaks to whom.
    MessageKind {
        /// A person of the company to the customer.
        Reply = "reply",
        /// The customer to the company.
        Customer = "customer",
        /// Colleagues among themselves.
        Note = "note",
        /// A machine to the customer.
        Automatic = "automatic",
    }
}

impl Change {
    /// What somebody wrote; empty when nobody wrote anything.
    pub(crate) fn words(&self) -> &str {
        match self {
            Self::Opened { .. } | Self::Closed => "",
            Self::Message(message) => &message.body,
            Self::Resolved { resolution } => resolution,
            Self::Reopened { reason } => reason,
        }
    }

    /// The action that brings the change about; `None` for the opening, which has no case to act
    /// on.
    pub(crate) fn action(&self) -> Option<Action> {
        Some(match self {
            Self::Opened { .. } => return None,
            Self::Message(message) => message.kind.action(),
            Self::Resolved { .. } => Action::Resolve,
            Self::Closed => Action::Close,
            Self::Reopened { .. } => Action::Reopen,
        })
    }
}

impl MessageKind {
    /// The action that adds such a message.
    fn action(self) -> Action {
        match self {
            Self::Reply => Action::Reply,
            Self::Customer => Action::TakeMessage,
            Self::Note => Action::Note,
            Self::Automatic => Action::Notify,
        }
    }
}
