use chassis::Refusal;
use contract::patron::loyalty::v1::ErrorReason;
use tonic::Code;

use crate::app::AppError;
use crate::app::runs::RunError;
use crate::store::runs::Kind;

impl From<RunError> for Refusal {
    #[track_caller]
    fn from(error: RunError) -> Self {
        let message = error.to_string();
        let refuse = |code, reason: ErrorReason| Self::new(code, reason, message);
        match error {
            RunError::NotFound { kind } => refuse(Code::NotFound, not_found(kind)),
            RunError::TooMany { most } => refuse(Code::ResourceExhausted, ErrorReason::TooManyRuns)
                .metadata("limit", most.to_string()),
            RunError::Period => refuse(Code::InvalidArgument, ErrorReason::TimeOutOfRange).field(
                "liability_report.period_end_time",
                "must not be before the start",
            ),
            RunError::Wallet { wallet_id } => {
                refuse(Code::NotFound, ErrorReason::WalletNotFound).metadata("wallet_id", wallet_id)
            }
            RunError::Store(error) => AppError::from(error).into(),
            RunError::App(error) => (*error).into(),
            // Told by the status of the work, never by a call.
            RunError::TooManyCohorts { .. }
            | RunError::TakenOver
            | RunError::Unreadable(_)
            | RunError::Ledger(_) => Self::internal(error),
        }
    }
}

fn not_found(kind: Kind) -> ErrorReason {
    match kind {
        Kind::LiabilityReport => ErrorReason::LiabilityReportNotFound,
        Kind::Simulation => ErrorReason::SimulationNotFound,
    }
}
