use chassis::Refusal;
use contract::patron::loyalty::v1::ErrorReason;
use contract::patron::r#type::v1::ErrorReason as Common;
use tonic::Code;

use crate::app::membership::MembershipError;
use crate::domain::ledger::{MergeError, State, WalletId};

impl From<MembershipError> for Refusal {
    #[track_caller]
    fn from(error: MembershipError) -> Self {
        let message = error.to_string();
        let failed = |reason| Self::new(Code::FailedPrecondition, reason, message.clone());
        let missing = |reason| Self::new(Code::NotFound, reason, message.clone());
        let merge = |cause: &str| failed(ErrorReason::MergeRefused).metadata("cause", cause);
        let unmerge = |cause: &str| failed(ErrorReason::UnmergeRefused).metadata("cause", cause);
        match error {
            MembershipError::AlreadyEnrolled { program_id } => Self::new(
                Code::AlreadyExists,
                ErrorReason::MemberAlreadyEnrolled,
                message.clone(),
            )
            .metadata("program_id", program_id),
            MembershipError::Step(error) => {
                failed(ErrorReason::MemberStateConflict).metadata("state", name(error.state))
            }
            MembershipError::OpenHolds { held } => {
                failed(ErrorReason::MemberHasOpenHolds).metadata("held", held.to_string())
            }
            MembershipError::HasPoints { points } => {
                failed(ErrorReason::MemberHasPoints).metadata("points", points.to_string())
            }
            MembershipError::InHousehold => merge("HOUSEHOLD"),
            MembershipError::MergeOfOne => merge("SELF"),
            MembershipError::OtherProgram => merge("OTHER_PROGRAM"),
            MembershipError::CardNotFound => missing(ErrorReason::CardNotFound),
            MembershipError::CardNumber(_) => {
                let invalid = "the request breaks the contract";
                Self::new(Code::InvalidArgument, Common::InvalidArgument, invalid)
                    .field("card_number", message.clone())
            }
            MembershipError::MergeNotFound => missing(ErrorReason::MergeNotFound),
            MembershipError::AlreadyUndone => unmerge("UNDONE"),
            MembershipError::MergedOn { into } => {
                unmerge("MERGED_ON").metadata("merged_into", into.to_string())
            }
            MembershipError::UnmergeInHousehold => unmerge("HOUSEHOLD"),
            MembershipError::Wallet { wallet_id, source } => wallet(wallet_id, source, &message),
            MembershipError::NoCardNumber => Self::internal(error),
        }
    }
}

#[track_caller]
fn wallet(wallet_id: WalletId, error: MergeError, message: &str) -> Refusal {
    let failed = |reason| {
        let refusal = Refusal::new(Code::FailedPrecondition, reason, message);
        refusal.metadata("wallet_id", wallet_id.to_string())
    };
    match error {
        MergeError::Held { held } => {
            failed(ErrorReason::MemberHasOpenHolds).metadata("held", held.to_string())
        }
        MergeError::Spent { due, left } => failed(ErrorReason::UnmergeRefused)
            .metadata("cause", "SPENT")
            .metadata("due", due.to_string())
            .metadata("left", left.to_string()),
        MergeError::Repaid { brought, owed } => failed(ErrorReason::UnmergeRefused)
            .metadata("cause", "DEBT")
            .metadata("debt", brought.to_string())
            .metadata("owed", owed.to_string()),
        MergeError::Ledger(error) => crate::api::refusals::ledger(error),
        MergeError::OtherCurrency { .. } => Refusal::internal(error),
    }
}

fn name(state: State) -> &'static str {
    match state {
        State::Active => "ACTIVE",
        State::Suspended => "SUSPENDED",
        State::Closed => "CLOSED",
    }
}
