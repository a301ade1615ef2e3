//! The one error that crosses an API edge.

mod reason;
mod wire;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::error::Error;
use std::panic::Location;
use std::time::Duration;

use bytes::Bytes;
use contract::patron::r#type::v1::ErrorReason as Common;
use tonic::{Code, Status};

pub use reason::ErrorReason;
pub use wire::CorruptRefusal;

use reason::short;

/// Why a call was not carried out, in the form in which callers see it: `google.rpc.Status` with
/// exactly one `ErrorInfo`, `BadRequest` for fields, `RetryInfo` where a retry helps.
///
/// Services map their own named errors to it at their edge. It can be stored whole, so that a
/// repeated call gets the same bytes.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{:?} {}: {}", .0.code, .0.reason, .0.message)]
pub struct Refusal(Box<Parts>);

#[derive(Clone, Debug, PartialEq)]
struct Parts {
    code: Code,
    reason: Cow<'static, str>,
    message: String,
    metadata: BTreeMap<String, String>,
    fields: Vec<(String, String)>,
    retry_after: Option<Duration>,
    /// Details of other kinds, kept when a refusal is passed on from another service.
    others: Vec<prost_types::Any>,
}

impl Refusal {
    /// Refuses for a reason that the contract declares. The message is for the developer who calls:
    /// no personal data, no internal causes.
    pub fn new(code: Code, reason: impl ErrorReason, message: impl Into<String>) -> Self {
        Self::with_reason(code, Cow::Borrowed(short(reason.name())), message.into())
    }

    fn with_reason(code: Code, reason: Cow<'static, str>, message: String) -> Self {
        Self(Box::new(Parts {
            code,
            reason,
            message,
            metadata: BTreeMap::new(),
            fields: Vec::new(),
            retry_after: None,
            others: Vec::new(),
        }))
    }

    /// A defect or an outage behind the API. The cause goes to the log, together with the place
    /// that calls this; the caller learns nothing of it.
    #[track_caller]
    pub fn internal(cause: impl Error) -> Self {
        let place = Location::caller();
        tracing::error!(
            error = %Chain(&cause),
            code.file.path = place.file(),
            code.line.number = place.line(),
            "internal error"
        );
        Self::new(Code::Internal, Common::Internal, "internal error")
    }

    /// Adds a key and value to the `ErrorInfo`, for programs to read.
    #[must_use]
    pub fn metadata(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.0.metadata.insert(key.into(), value.into());
        self
    }

    /// Adds a field, by its path in the request, and what is wrong with it.
    #[must_use]
    pub fn field(mut self, path: impl Into<String>, description: impl Into<String>) -> Self {
        self.0.fields.push((path.into(), description.into()));
        self
    }

    /// Says that the same call may succeed after this time.
    #[must_use]
    pub fn retry_after(mut self, delay: Duration) -> Self {
        self.0.retry_after = Some(delay);
        self
    }

    /// The gRPC code.
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// The reason, without `ERROR_REASON_`.
    pub fn reason(&self) -> &str {
        &self.0.reason
    }

    /// A value of the metadata of the `ErrorInfo`.
    pub fn value(&self, key: &str) -> Option<&str> {
        self.0.metadata.get(key).map(String::as_str)
    }

    /// True when this is the reason, whichever service gave it.
    pub fn is(&self, reason: impl ErrorReason) -> bool {
        self.0.reason == short(reason.name())
    }

    /// The message for the caller's developer.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The keys and values of the `ErrorInfo`.
    pub fn info(&self) -> &BTreeMap<String, String> {
        &self.0.metadata
    }

    /// After which time a retry may succeed.
    pub fn retry_delay(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// The whole refusal as bytes: an encoded `google.rpc.Status`, the same each time.
    pub fn to_stored(&self) -> Bytes {
        wire::encode(&self.0)
    }

    /// The refusal that [`Refusal::to_stored`] wrote.
    pub fn from_stored(stored: &[u8]) -> Result<Self, CorruptRefusal> {
        wire::decode(stored).map(|parts| Self(Box::new(parts)))
    }

    /// What another service, or tonic itself, has answered. A status without an `ErrorInfo` of its
    /// own is given the reason that its code stands for.
    pub fn from_status(status: &Status) -> Self {
        let decoded = Self::from_stored(status.details()).ok();
        let mut refusal = decoded
            .filter(|refusal| !refusal.0.reason.is_empty())
            .unwrap_or_else(|| {
                Self::new(status.code(), reason::of_code(status.code()), String::new())
            });
        refusal.0.code = status.code();
        status.message().clone_into(&mut refusal.0.message);
        refusal
    }
}

impl From<Refusal> for Status {
    fn from(refusal: Refusal) -> Self {
        let details = wire::encode(&refusal.0);
        Status::with_details(refusal.0.code, refusal.0.message, details)
    }
}

/// An error and its causes on one line.
struct Chain<'a>(&'a dyn Error);

impl std::fmt::Display for Chain<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(formatter, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
