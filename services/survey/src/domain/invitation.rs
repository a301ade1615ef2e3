use jiff::Timestamp;
use uuid::Uuid;

/// A customer, by the id that the profile service gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CustomerId(pub(crate) Uuid);

/// An invitation, by its UUIDv7.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct InvitationId(pub(crate) Uuid);

/// A customer is asked to answer a questionnaire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Invitation {
    pub(crate) id: InvitationId,
    pub(crate) customer: CustomerId,
    pub(crate) questionnaire_id: String,
    /// The version at the time of asking; answers are checked against it.
    pub(crate) questionnaire_version: i32,
    pub(crate) trigger: Trigger,
    pub(crate) state: State,
    pub(crate) created_at: Timestamp,
    pub(crate) completed_at: Option<Timestamp>,
}

/// What made an invitation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Trigger {
    /// Full name of the event.
    pub(crate) event_type: String,
    /// What the event was about: an order id, a case id.
    pub(crate) reference: String,
    pub(crate) occurred_at: Timestamp,
}

/// Tells apart several occasions of one reference, each of which is worth an invitation: for a case
/// the number of its resolution; 1 where there can only be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Occasion(pub(crate) i32);

impl Occasion {
    /// The only one that there can be.
    pub(crate) const ONLY: Self = Self(1);
}

/// Somebody is to be asked something, because of something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) customer: CustomerId,
    /// The questionnaire; its latest version is used.
    pub(crate) questionnaire_id: &'static str,
    pub(crate) trigger: Trigger,
    pub(crate) occasion: Occasion,
}

impl Asked {
    /// The invitation that comes of it.
    pub(crate) fn invitation(self, id: InvitationId, version: i32, at: Timestamp) -> Invitation {
        Invitation {
            id,
            customer: self.customer,
            questionnaire_id: self.questionnaire_id.to_owned(),
            questionnaire_version: version,
            trigger: self.trigger,
            state: State::Open,
            created_at: at,
            completed_at: None,
        }
    }
}

/// Whether an invitation was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// Waits for an answer.
    Open,
    /// Answered.
    Completed,
    /// Withdrawn.
    Revoked,
    /// Its time has passed.
    Expired,
}

impl State {
    /// Every state.
    pub(crate) const ALL: [Self; 4] = [Self::Open, Self::Completed, Self::Revoked, Self::Expired];

    /// The name under which it is stored. Never changes.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Completed => "completed",
            Self::Revoked => "revoked",
            Self::Expired => "expired",
        }
    }

    /// The state that is stored under this name.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// The invitation can't be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotOpen {
    /// It has an answer; there is only ever one.
    #[error("the invitation has been answered")]
    Completed,
    /// It is not meant to be answered any more.
    #[error("the invitation is {}", .state.name())]
    Over { state: State },
}

impl Invitation {
    /// The invitation as answered at this time, if it may be.
    pub(crate) fn complete(&self, at: Timestamp) -> Result<Self, NotOpen> {
        match self.state {
            State::Open => Ok(Self {
                state: State::Completed,
                completed_at: Some(at),
                ..self.clone()
            }),
            State::Completed => Err(NotOpen::Completed),
            state @ (State::Revoked | State::Expired) => Err(NotOpen::Over { state }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn invitation(state: State) -> Invitation {
        let trigger = Trigger {
            event_type: String::new(),
            reference: String::new(),
            occurred_at: Timestamp::UNIX_EPOCH,
        };
        let (customer, occasion) = (CustomerId(Uuid::nil()), Occasion::ONLY);
        let asked = Asked {
            customer,
            questionnaire_id: "nps-order",
            trigger,
            occasion,
        };
        let invitation = asked.invitation(InvitationId(Uuid::nil()), 1, Timestamp::UNIX_EPOCH);
        Invitation {
            state,
            ..invitation
        }
    }

    #[test]
    fn only_an_open_invitation_can_be_answered() {
        let answered = |state| invitation(state).complete(Timestamp::MAX);
        assert_eq!(
            answered(State::Open).map(|i| i.completed_at),
            Ok(Some(Timestamp::MAX))
        );
        assert_eq!(answered(State::Completed), Err(NotOpen::Completed));
        for state in [State::Revoked, State::Expired] {
            assert_eq!(answered(state), Err(NotOpen::Over { state }));
        }
    }
}
