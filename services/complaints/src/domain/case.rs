use uuid::Uuid;

use super::Progress;
use super::names::named;

/// A case, by its UUIDv7.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CaseId(pub(crate) Uuid);

/// A customer, by the id that the profile service gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CustomerId(pub(crate) Uuid);

/// A case: how it was opened, which never changes, and how far it has come, which follows from its
/// log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Case {
    pub(crate) id: CaseId,
    pub(crate) opening: Opening,
    pub(crate) progress: Progress,
}

impl Case {
    /// Whether nothing is said in it: an erasure has emptied it.
    pub(crate) fn is_wordless(&self) -> bool {
        let Opening {
            subject,
            description,
            order_id,
            ..
        } = &self.opening;
        let resolution = self.progress.resolution.as_ref();
        let resolution = resolution.map_or("", |it| &it.text);
        [subject, description, order_id, resolution]
            .into_iter()
            .all(str::is_empty)
    }
}

/// What a case was opened with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Opening {
    pub(crate) customer: CustomerId,
    pub(crate) kind: Kind,
    pub(crate) priority: Priority,
    /// Where it came in, for example `phone`.
    pub(crate) channel: String,
    pub(crate) subject: String,
    /// Empty when only the subject was given.
    pub(crate) description: String,
    /// Empty when it is about no order.
    pub(crate) order_id: String,
    /// What opened it when no person did; a customer has at most one case of an origin. Empty when
    /// a person opened it.
    pub(crate) origin: String,
}

named! {
    /// What a case is.
    Kind {
        /// Something went wrong.
        Complaint = "complaint",
        /// Something could be better.
        Suggestion = "suggestion",
        /// A question.
        Enquiry = "enquiry",
        /// The company calls back.
        FollowUp = "follow_up",
    }
}

named! {
    /// How urgent a case is.
    Priority {
        /// Can wait.
        Low = "low",
        /// As usual.
        Normal = "normal",
        /// Before the others.
        High = "high",
        /// Now.
        Urgent = "urgent",
    }
}

named! {
    /// Where a case stands, after ISO 10002.
    State {
        /// Taken in.
        Received = "received",
        /// The customer knows that it was taken in.
        Acknowledged = "acknowledged",
        /// Severity and impact are known.
        Assessed = "assessed",
        /// Somebody works on it.
        Investigating = "investigating",
        /// The customer has an answer.
        Responded = "responded",
        /// Done, unless the customer disagrees.
        Resolved = "resolved",
        /// Over.
        Closed = "closed",
        /// Open again.
        Reopened = "reopened",
        /// With somebody outside: an ombudsman, a court.
        EscalatedOutside = "escalated_outside",
    }
}

impl State {
    /// The states in which the company still owes the customer something.
    pub(crate) const OPEN: &[Self] = &[
        Self::Received,
        Self::Acknowledged,
        Self::Assessed,
        Self::Investigating,
        Self::Responded,
        Self::Reopened,
        Self::EscalatedOutside,
    ];
}
