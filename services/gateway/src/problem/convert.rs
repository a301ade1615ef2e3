//! The gateway's own errors as refusals: the one place where they meet the wire.

use access::ApiKeyError;
use chassis::Refusal;
use contract::patron::r#type::v1::ErrorReason;
use tonic::Code;

use super::Problem;
use crate::edge::{BodyReadError, DeadlineError, NoRoom, RateLimited, TokenProblem};
use crate::gzip::UnpackError;
use crate::json::JsonError;
use crate::rest::{BodyError, LineError, PathError, RequestError, UnwritableAnswer};
use crate::upstream::UpstreamError;
use crate::violation::InvalidRequest;

fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::new(Code::InvalidArgument, ErrorReason::InvalidArgument, message)
}

impl From<InvalidRequest> for Refusal {
    fn from(error: InvalidRequest) -> Self {
        let refusal = invalid(error.to_string());
        error
            .violations
            .into_iter()
            .fold(refusal, |refusal, violation| {
                refusal.field(violation.field, violation.description)
            })
    }
}

impl From<JsonError> for Refusal {
    fn from(error: JsonError) -> Self {
        match error {
            JsonError::Fields(fields) => fields.into(),
            JsonError::Syntax { line, column, .. } => invalid(error.to_string())
                .metadata("line", line.to_string())
                .metadata("column", column.to_string()),
        }
    }
}

impl From<RequestError> for Problem {
    fn from(error: RequestError) -> Self {
        match error {
            RequestError::Fields(fields) => Refusal::from(fields).into(),
            RequestError::Body(BodyError::Json(json)) => Refusal::from(json).into(),
            RequestError::Body(body @ BodyError::Unexpected) => invalid(body.to_string()).into(),
            RequestError::Body(
                body @ (BodyError::MediaType { .. } | BodyError::Encoded { .. }),
            ) => {
                let is_coding = matches!(body, BodyError::Encoded { .. });
                Self::unsupported(invalid(body.to_string()), is_coding)
            }
        }
    }
}

impl From<PathError> for Problem {
    fn from(error: PathError) -> Self {
        invalid(error.to_string()).into()
    }
}

impl From<DeadlineError> for Refusal {
    fn from(error: DeadlineError) -> Self {
        match error {
            DeadlineError::Malformed(_) => invalid(error.to_string()),
            DeadlineError::Elapsed => Self::new(
                Code::DeadlineExceeded,
                ErrorReason::DeadlineExceeded,
                error.to_string(),
            ),
        }
    }
}

impl From<TokenProblem> for Refusal {
    fn from(error: TokenProblem) -> Self {
        let unauthenticated = |reason| Self::new(Code::Unauthenticated, reason, error.to_string());
        match &error {
            TokenProblem::Missing => chassis::no_token(&error.to_string()),
            TokenProblem::Refused(refused) => chassis::token_refused(refused),
            TokenProblem::Inner => unauthenticated(ErrorReason::Unauthenticated),
            TokenProblem::Key(ApiKeyError::Unknown) => unauthenticated(ErrorReason::ApiKeyUnknown),
            TokenProblem::Key(ApiKeyError::Expired { at }) => {
                unauthenticated(ErrorReason::ApiKeyExpired).metadata("expired_at", at.to_string())
            }
            TokenProblem::Key(ApiKeyError::Revoked { at }) => {
                unauthenticated(ErrorReason::ApiKeyRevoked).metadata("revoked_at", at.to_string())
            }
            TokenProblem::NoToken(_) => Self::internal(error),
        }
    }
}

impl From<RateLimited> for Refusal {
    fn from(error: RateLimited) -> Self {
        let (code, reason) = (Code::ResourceExhausted, ErrorReason::RateLimited);
        Self::new(code, reason, error.to_string())
            .metadata("burst", error.burst.to_string())
            .retry_after(error.retry_after)
    }
}

impl From<NoRoom> for Refusal {
    fn from(error: NoRoom) -> Self {
        let exhausted = |reason| Self::new(Code::ResourceExhausted, reason, error.to_string());
        let refusal = match error {
            NoRoom::ForCaller { limit } => {
                exhausted(ErrorReason::TooManyCalls).metadata("limit", limit.to_string())
            }
            NoRoom::ForPriority { .. } => exhausted(ErrorReason::Overloaded),
        };
        refusal.retry_after(error.retry_after())
    }
}

impl From<BodyReadError> for Refusal {
    fn from(error: BodyReadError) -> Self {
        match error {
            BodyReadError::TooLarge { limit_bytes } => Self::new(
                Code::ResourceExhausted,
                ErrorReason::TooLarge,
                error.to_string(),
            )
            .metadata("limit_bytes", limit_bytes.to_string()),
            BodyReadError::Broken => invalid(error.to_string()),
            BodyReadError::Silent { .. } => Self::new(
                Code::DeadlineExceeded,
                ErrorReason::DeadlineExceeded,
                error.to_string(),
            ),
        }
    }
}

impl From<UnpackError> for Refusal {
    fn from(error: UnpackError) -> Self {
        let message = error.to_string();
        match error {
            UnpackError::Broken => invalid(message),
            UnpackError::TooLarge { limit_bytes } => {
                Self::new(Code::ResourceExhausted, ErrorReason::TooLarge, message)
                    .metadata("limit_bytes", limit_bytes.to_string())
            }
        }
    }
}

impl From<LineError> for Refusal {
    fn from(error: LineError) -> Self {
        let message = error.to_string();
        match error {
            LineError::TooLong {
                number,
                limit_bytes,
            } => Self::new(Code::ResourceExhausted, ErrorReason::TooLarge, message)
                .metadata("limit_bytes", limit_bytes.to_string())
                .metadata("line", number.to_string()),
            LineError::Broken { number } => invalid(message).metadata("line", number.to_string()),
            LineError::Silent { number, .. } => Self::new(
                Code::DeadlineExceeded,
                ErrorReason::DeadlineExceeded,
                message,
            )
            .metadata("line", number.to_string()),
        }
    }
}

impl From<UpstreamError> for Refusal {
    fn from(error: UpstreamError) -> Self {
        match error {
            UpstreamError::Unnamed { .. } | UpstreamError::Unknown { .. } => Self::new(
                Code::InvalidArgument,
                ErrorReason::ServiceUnknown,
                error.to_string(),
            ),
            UpstreamError::NotConfigured { ref role } | UpstreamError::Unreachable { ref role } => {
                Self::new(
                    Code::Unavailable,
                    ErrorReason::Unavailable,
                    error.to_string(),
                )
                .metadata("service", &**role)
                .retry_after(crate::upstream::RETRY_AFTER)
            }
        }
    }
}

impl From<UnwritableAnswer> for Problem {
    fn from(error: UnwritableAnswer) -> Self {
        Refusal::internal(error).into()
    }
}

macro_rules! through_refusal {
    ($($error:ty),*) => {$(
        impl From<$error> for Problem {
            fn from(error: $error) -> Self {
                Refusal::from(error).into()
            }
        }
    )*};
}

through_refusal!(
    BodyReadError,
    DeadlineError,
    TokenProblem,
    UnpackError,
    UpstreamError
);
