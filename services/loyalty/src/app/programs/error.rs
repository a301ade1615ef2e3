use crate::domain::program::{TurnError, VersionState};
use crate::wire::program::Problems;

/// Why something was not done with a program. Nothing has changed then.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProgramsError {
    /// There is no such program, or none of its versions was ever scheduled.
    #[error("there is no program {program_id}")]
    NotFound {
        /// What was asked for.
        program_id: String,
    },
    /// The program has no such version.
    #[error("program {program_id} has no version {version}")]
    VersionNotFound {
        /// The program.
        program_id: String,
        /// What was asked for.
        version: i64,
    },
    /// There is a program of that id.
    #[error("there is a program {program_id} already")]
    AlreadyExists {
        /// The id.
        program_id: String,
    },
    /// The version never changes any more.
    #[error("version {version} is no draft any more, so it never changes; draft another one")]
    NotDraft {
        /// The version.
        version: i64,
        /// Where it stands.
        state: VersionState,
    },
    /// The version does not wait for its activation.
    #[error("version {version} does not wait for its activation")]
    NotScheduled {
        /// The version.
        version: i64,
        /// Where it stands.
        state: VersionState,
    },
    /// Somebody has changed the draft.
    #[error("the draft has changed since its etag was read")]
    EtagMismatch,
    /// The instant of the activation.
    #[error(transparent)]
    Turn(#[from] TurnError),
    /// The document is not sound.
    #[error("{problems}")]
    Invalid {
        /// All that is wrong with it, by its path in the request.
        problems: Problems,
    },
    /// The document is too large.
    #[error("the document has {bytes} bytes; at most {limit} are kept")]
    TooLarge {
        /// Its encoded size.
        bytes: usize,
        /// The bound.
        limit: usize,
        /// Where it stands in the request.
        path: &'static str,
    },
    /// There are as many as there may be.
    #[error("there are {limit} {what} already; no more are kept")]
    Limit {
        /// Of what.
        what: &'static str,
        /// The bound.
        limit: i64,
    },
    /// What is to be changed is none of what can be.
    #[error("{path:?} can't be changed; these can: document, description")]
    Mask {
        /// The path.
        path: String,
    },
    /// A stored document can't be decoded.
    #[error("the document of version {version} of {program_id} can't be decoded")]
    Corrupt {
        /// The program.
        program_id: String,
        /// The version.
        version: i64,
        /// Why.
        source: prost::DecodeError,
    },
    /// A stored document, sound when it was scheduled, is not by the rules of this release.
    #[error("version {version} of {program_id} can't be used: {problems}")]
    Unusable {
        /// The program.
        program_id: String,
        /// The version.
        version: i64,
        /// What is wrong with it.
        problems: Problems,
    },
}
