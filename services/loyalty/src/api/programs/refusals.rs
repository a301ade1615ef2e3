use chassis::Refusal;
use contract::patron::loyalty::v1::ErrorReason;
use contract::patron::r#type::v1::ErrorReason as Common;
use tonic::Code;

use crate::app::ProgramsError;
use crate::domain::program::{TurnError, VersionState};
use crate::wire::program::Problems;

/// Why something is not done with a program, as its caller sees it.
#[track_caller]
pub(crate) fn refused(error: ProgramsError) -> Refusal {
    let message = error.to_string();
    let refuse = |code, reason: ErrorReason| Refusal::new(code, reason, message.clone());
    match error {
        ProgramsError::NotFound { .. } => refuse(Code::NotFound, ErrorReason::ProgramNotFound),
        ProgramsError::VersionNotFound { .. } => {
            refuse(Code::NotFound, ErrorReason::ProgramVersionNotFound)
        }
        ProgramsError::AlreadyExists { .. } => {
            refuse(Code::AlreadyExists, ErrorReason::ProgramAlreadyExists)
        }
        ProgramsError::NotDraft { state, .. } => refuse(
            Code::FailedPrecondition,
            ErrorReason::ProgramVersionNotDraft,
        )
        .metadata("state", name(state)),
        ProgramsError::NotScheduled { state, .. } => refuse(
            Code::FailedPrecondition,
            ErrorReason::ProgramVersionNotScheduled,
        )
        .metadata("state", name(state)),
        ProgramsError::EtagMismatch => Refusal::new(Code::Aborted, Common::EtagMismatch, message),
        ProgramsError::Turn(TurnError::InPast { .. }) => {
            refuse(Code::InvalidArgument, ErrorReason::ProgramActivationInPast)
                .field("active_time", "must not be in the past")
        }
        ProgramsError::Turn(TurnError::Taken { version, .. }) => refuse(
            Code::FailedPrecondition,
            ErrorReason::ProgramActivationTaken,
        )
        .metadata("version", version.to_string()),
        ProgramsError::Invalid { problems } => invalid(&problems),
        ProgramsError::TooLarge { path, .. } => {
            let told = message.clone();
            refuse(Code::InvalidArgument, ErrorReason::ProgramInvalid).field(path, told)
        }
        ProgramsError::Limit { limit, .. } => {
            refuse(Code::FailedPrecondition, ErrorReason::ProgramLimit)
                .metadata("limit", limit.to_string())
        }
        ProgramsError::Mask { .. } => {
            let told = message.clone();
            Refusal::new(Code::InvalidArgument, Common::InvalidArgument, message)
                .field("update_mask", told)
        }
        error @ (ProgramsError::Corrupt { .. } | ProgramsError::Unusable { .. }) => {
            Refusal::internal(error)
        }
    }
}

/// One violation for each problem.
fn invalid(problems: &Problems) -> Refusal {
    let count = problems.iter().count() + problems.omitted();
    let message = format!("the program document is not sound; problems: {count}");
    let refusal = Refusal::new(Code::InvalidArgument, ErrorReason::ProgramInvalid, message);
    let refusal = refusal.metadata("problems", count.to_string());
    problems.iter().fold(refusal, |refusal, problem| {
        refusal.field(problem.path.as_str(), problem.fault.to_string())
    })
}

fn name(state: VersionState) -> &'static str {
    match state {
        VersionState::Draft => "DRAFT",
        VersionState::Scheduled => "SCHEDULED",
        VersionState::Active => "ACTIVE",
        VersionState::Superseded => "SUPERSEDED",
        VersionState::Cancelled => "CANCELLED",
    }
}
