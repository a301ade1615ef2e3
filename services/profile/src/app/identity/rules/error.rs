use crate::domain::identity::candidate::State;
use crate::domain::identity::match_policy::TooBroad;
use crate::store::StoreError;

/// Why it was not done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RuleError {
    #[error(transparent)]
    TooBroad(#[from] TooBroad),
    #[error("the match policy was changed since its etag was read")]
    PolicyChanged,
    #[error("no such pair waits for a decision")]
    NotFound,
    #[error("the pair was decided on")]
    AlreadyDecided { state: State },
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The stored policy is none.
    #[error("version {version} of the match policy can't be read")]
    PolicyUnreadable {
        version: i64,
        #[source]
        source: prost::DecodeError,
    },
}
