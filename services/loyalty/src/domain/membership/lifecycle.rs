use crate::domain::ledger::State;

/// A step in the life of a membership.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Spending stops.
    Suspend,
    /// Spending goes on.
    Reactivate,
    /// It ends.
    Close,
}

/// What happened to a membership. The numbers are those of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// Joined by hand.
    Enrolled,
    /// May not spend.
    Suspended,
    /// May spend again.
    Reactivated,
    /// Ended.
    Closed,
    /// Got another card.
    CardReissued,
    /// Went into another membership.
    Merged,
    /// Took another membership in.
    TookIn,
    /// Came out of the other membership again.
    Unmerged,
    /// Gave the other membership back.
    GaveBack,
}

/// A step that can't be taken from where the membership is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a membership that is {state:?} can't do that")]
pub struct StepError {
    /// Its state.
    pub state: State,
}

impl Step {
    /// The state after it.
    pub fn from(self, state: State) -> Result<State, StepError> {
        match (self, state) {
            (Self::Suspend, State::Active) => Ok(State::Suspended),
            (Self::Reactivate, State::Suspended) => Ok(State::Active),
            (Self::Close, State::Active | State::Suspended) => Ok(State::Closed),
            (Self::Suspend | Self::Reactivate | Self::Close, _) => Err(StepError { state }),
        }
    }

    /// What it is recorded as.
    pub fn kind(self) -> ChangeKind {
        match self {
            Self::Suspend => ChangeKind::Suspended,
            Self::Reactivate => ChangeKind::Reactivated,
            Self::Close => ChangeKind::Closed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ended_membership_takes_no_step_and_the_others_only_those_that_lead_on() {
        let all = [Step::Suspend, Step::Reactivate, Step::Close];
        let after = |state| all.map(|step: Step| step.from(state).ok());
        let (active, suspended, closed) = (State::Active, State::Suspended, State::Closed);
        assert_eq!(after(active), [Some(suspended), None, Some(closed)]);
        assert_eq!(after(suspended), [None, Some(active), Some(closed)]);
        assert_eq!(after(closed), [None, None, None]);
    }
}
