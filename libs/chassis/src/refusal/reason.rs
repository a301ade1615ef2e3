use contract::patron::r#type::v1::ErrorReason as Common;
use tonic::Code;

/// A reason that the contract declares: a value of an enum `ErrorReason` in one of its packages.
pub trait ErrorReason: Copy {
    /// The value's name in the contract, for example `ERROR_REASON_ORDER_NOT_FOUND`.
    fn name(self) -> &'static str;
}

macro_rules! error_reasons {
    ($($reasons:path),* $(,)?) => {$(
        impl ErrorReason for $reasons {
            fn name(self) -> &'static str {
                self.as_str_name()
            }
        }
    )*};
}

error_reasons!(
    Common,
    contract::patron::complaints::v1::ErrorReason,
    contract::patron::loyalty::v1::ErrorReason,
    contract::patron::profile::v1::ErrorReason,
    contract::patron::recommendation::v1::ErrorReason,
    contract::patron::survey::v1::ErrorReason,
);

/// The name as it stands in `ErrorInfo`.
pub(super) fn short(name: &'static str) -> &'static str {
    name.strip_prefix("ERROR_REASON_").unwrap_or(name)
}

/// The reason for a status that carries none: one that tonic made itself, or a foreign server.
pub(super) fn of_code(code: Code) -> Common {
    match code {
        Code::Cancelled => Common::Cancelled,
        Code::InvalidArgument => Common::InvalidArgument,
        Code::DeadlineExceeded => Common::DeadlineExceeded,
        Code::PermissionDenied => Common::PermissionDenied,
        // tonic answers OUT_OF_RANGE for messages beyond the size limit.
        Code::OutOfRange => Common::TooLarge,
        Code::ResourceExhausted => Common::Overloaded,
        Code::FailedPrecondition => Common::FailedPrecondition,
        Code::Unimplemented => Common::MethodNotFound,
        Code::Unavailable => Common::Unavailable,
        Code::Unauthenticated => Common::Unauthenticated,
        Code::Ok
        | Code::Unknown
        | Code::NotFound
        | Code::AlreadyExists
        | Code::Aborted
        | Code::Internal
        | Code::DataLoss => Common::Internal,
    }
}
