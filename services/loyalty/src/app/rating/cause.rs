use jiff::Timestamp;

/// Why something is rated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// It has become known.
    New,
    /// Something of it was given back.
    Returned {
        /// The return.
        return_id: String,
        /// When.
        at: Timestamp,
        /// What was paid back so far, and what was paid.
        refund: (i64, i64),
    },
    /// It could not be rated before.
    Retried,
    /// Something before it has changed.
    Other {
        /// The order, return or act.
        reference: String,
    },
}

impl Cause {
    /// What made the change, in the words of the statement.
    pub(super) fn reference<'a>(&'a self, own: &'a str) -> &'a str {
        match self {
            Self::New | Self::Retried => own,
            Self::Returned { return_id, .. } => return_id,
            Self::Other { reference } => reference,
        }
    }
}
