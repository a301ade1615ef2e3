use std::fmt;
use std::time::Duration;

use http::StatusCode;
use serde::Deserialize;

/// Why a call to the API did not succeed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ClientError {
    /// The address can't be called.
    #[error("{url:?} is no address of the form http://host:port")]
    Url {
        /// The address.
        url: String,
    },
    /// The token has characters that no token has.
    #[error("the token holds characters that can't be sent")]
    Token,
    /// The request can't be written.
    #[error("the request can't be made")]
    Request(#[source] http::Error),
    /// There is no connection, or it broke.
    #[error("the server can't be reached")]
    Connection(#[source] hyper_util::client::legacy::Error),
    /// The connection broke within the answer, or the answer is too large.
    #[error("the answer could not be read to its end")]
    Body(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// No answer came in time.
    #[error("no answer within {seconds} s")]
    Timeout {
        /// How long was waited.
        seconds: u64,
    },
    /// The answer is not what the contract says.
    #[error("the answer can't be understood")]
    Answer(#[source] serde_json::Error),
    /// The answer leaves out what was asked about.
    #[error("the answer has not as many results as the request has items")]
    Incomplete,
    /// The server has refused the call.
    #[error("{status}: {error}")]
    Refused {
        /// The HTTP status.
        status: StatusCode,
        /// After which time a retry may succeed.
        retry_after: Option<Duration>,
        /// What it says.
        error: ApiError,
    },
}

impl ClientError {
    /// True when the same call may succeed later.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::Connection(_) | Self::Body(_) | Self::Timeout { .. } => true,
            Self::Refused { status, .. } => matches!(
                *status,
                StatusCode::TOO_MANY_REQUESTS
                    | StatusCode::BAD_GATEWAY
                    | StatusCode::SERVICE_UNAVAILABLE
                    | StatusCode::GATEWAY_TIMEOUT
            ),
            Self::Url { .. }
            | Self::Token
            | Self::Request(_)
            | Self::Answer(_)
            | Self::Incomplete => false,
        }
    }

    /// True when the request itself is at fault: it breaks the contract or is too large.
    pub(crate) fn is_bad_request(&self) -> bool {
        let Self::Refused { status, .. } = self else {
            return false;
        };
        matches!(
            *status,
            StatusCode::BAD_REQUEST | StatusCode::PAYLOAD_TOO_LARGE
        )
    }

    /// After which time the server asks to try again.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}

/// A `google.rpc.Status` in JSON.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(crate) struct ApiError {
    /// For the developer.
    pub(crate) message: String,
    details: Vec<Detail>,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Detail {
    /// Of an `ErrorInfo`.
    reason: String,
    /// Of a `BadRequest`.
    field_violations: Vec<FieldViolation>,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
struct FieldViolation {
    field: String,
    description: String,
}

impl ApiError {
    /// The reason of its `ErrorInfo`; empty when it has none.
    pub(crate) fn reason(&self) -> &str {
        let reasons = self.details.iter().map(|detail| detail.reason.as_str());
        reasons
            .into_iter()
            .find(|reason| !reason.is_empty())
            .unwrap_or_default()
    }
}

impl ApiError {
    /// The path of each wrong field, and what is wrong with it.
    pub(crate) fn violations(&self) -> impl Iterator<Item = (&str, &str)> {
        let violations = self.details.iter().flat_map(|it| &it.field_violations);
        violations.map(|it| (it.field.as_str(), it.description.as_str()))
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let message = if self.message.is_empty() {
            "no reason given"
        } else {
            &self.message
        };
        formatter.write_str(message)?;
        if !self.reason().is_empty() {
            write!(formatter, " ({})", self.reason())?;
        }
        for FieldViolation { field, description } in self
            .details
            .iter()
            .flat_map(|detail| &detail.field_violations)
        {
            write!(formatter, "; {field}: {description}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_tells_its_reason_and_the_fields() {
        let error: ApiError = serde_json::from_str(
            r#"{"code": 3, "message": "broken", "details": [
                {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "INVALID_ARGUMENT"},
                {"@type": "type.googleapis.com/google.rpc.BadRequest",
                 "fieldViolations": [{"field": "items[0]", "description": "is empty"}]}]}"#,
        )
        .unwrap();
        assert_eq!(error.reason(), "INVALID_ARGUMENT");
        assert_eq!(
            error.to_string(),
            "broken (INVALID_ARGUMENT); items[0]: is empty"
        );
        assert_eq!(ApiError::default().to_string(), "no reason given");
    }
}
