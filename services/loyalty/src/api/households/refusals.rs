use chassis::Refusal;
use contract::patron::loyalty::v1::ErrorReason;
use tonic::Code;

use crate::app::households::HouseholdsError;
use crate::domain::households::HouseholdRefusal;
use crate::domain::ledger::HouseholdError;

impl From<HouseholdsError> for Refusal {
    #[track_caller]
    fn from(error: HouseholdsError) -> Self {
        let message = error.to_string();
        let failed = |reason| Self::new(Code::FailedPrecondition, reason, message.clone());
        let missing = |reason| Self::new(Code::NotFound, reason, message.clone());
        let refused = |cause: &str| failed(ErrorReason::HouseholdRefused).metadata("cause", cause);
        match error {
            HouseholdsError::NotFound => missing(ErrorReason::HouseholdNotFound),
            HouseholdsError::NotOffered => refused("NOT_OFFERED"),
            HouseholdsError::InAnother | HouseholdsError::Refused(HouseholdRefusal::AlreadyIn) => {
                refused("IN_A_HOUSEHOLD")
            }
            HouseholdsError::OtherProgram => refused("OTHER_PROGRAM"),
            HouseholdsError::NotActive => failed(ErrorReason::MemberNotActive),
            HouseholdsError::Held => refused("HELD"),
            HouseholdsError::PoolInDebt { owed }
            | HouseholdsError::Ledger(HouseholdError::InDebt { owed }) => {
                refused("IN_DEBT").metadata("owed", owed.to_string())
            }
            HouseholdsError::Refused(HouseholdRefusal::Dissolved) => refused("DISSOLVED"),
            HouseholdsError::Refused(HouseholdRefusal::NotIn) => refused("NOT_IN_IT"),
            HouseholdsError::Refused(HouseholdRefusal::Full { maximum }) => {
                failed(ErrorReason::HouseholdFull).metadata("maximum", maximum.to_string())
            }
            HouseholdsError::Refused(HouseholdRefusal::NotInvited) => {
                missing(ErrorReason::InvitationNotFound)
            }
            HouseholdsError::Ledger(HouseholdError::Ledger(error)) => {
                crate::api::refusals::ledger(error)
            }
            HouseholdsError::Ledger(HouseholdError::OtherCurrency { .. }) => Self::internal(error),
        }
    }
}
