use chassis::Refusal;
use contract::patron::loyalty::v1::ErrorReason;
use tonic::Code;

use crate::app::draws::DrawsError;

impl From<DrawsError> for Refusal {
    #[track_caller]
    fn from(error: DrawsError) -> Self {
        let message = error.to_string();
        let failed = |reason| Self::new(Code::FailedPrecondition, reason, message.clone());
        let not_found = |reason| Self::new(Code::NotFound, reason, message.clone());
        match &error {
            DrawsError::NotFound { .. } => not_found(ErrorReason::DrawNotFound),
            DrawsError::TicketNotFound => not_found(ErrorReason::DrawTicketNotFound),
            DrawsError::NotRunning { starts_at, ends_at } => failed(ErrorReason::DrawNotRunning)
                .metadata("start_time", starts_at.to_string())
                .metadata("end_time", ends_at.to_string()),
            DrawsError::NotActive => failed(ErrorReason::MemberNotActive),
            DrawsError::NotEligible => failed(ErrorReason::DrawNotEligible),
            DrawsError::NoTicket => failed(ErrorReason::DrawNoTicket),
            DrawsError::TicketLimit { limit } => {
                failed(ErrorReason::DrawTicketLimit).metadata("limit", limit.to_string())
            }
            DrawsError::SeedLost { .. } => failed(ErrorReason::DrawSeedLost),
            DrawsError::Rules(_) => Self::internal(error),
        }
    }
}
