//! What can go wrong between a service and its database, and of which kind it is.

use sqlx::error::DatabaseError as ServerError;

/// An error from the database or on the way to it.
///
/// The kinds below are what callers decide by: answer "try again", answer "too late", try again
/// themselves, or answer that it exists already. Anything else is a defect.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DatabaseError {
    /// The configuration cannot work.
    #[error("database setting `{setting}` {reason}")]
    Setting {
        /// Name of the field of [`DatabaseConfig`](crate::DatabaseConfig).
        setting: &'static str,
        /// What is wrong with it, as the end of a sentence.
        reason: &'static str,
    },
    /// No time was left when the transaction was to begin; the database was not asked.
    #[error("the deadline passed before the database was asked")]
    DeadlinePassed,
    /// The server took longer than any of its limits allows: it has gone, and nobody says so. What was
    /// asked may have been done.
    #[error("the database does not answer")]
    Silent,
    /// Whatever the driver or the server reports.
    #[error(transparent)]
    Sql(#[from] sqlx::Error),
}

/// SQLSTATE codes, see appendix A of the PostgreSQL manual.
mod code {
    pub(super) const UNIQUE_VIOLATION: &str = "23505";
    pub(super) const READ_ONLY_TRANSACTION: &str = "25006";
    pub(super) const IDLE_IN_TRANSACTION_TIMEOUT: &str = "25P03";
    pub(super) const SERIALIZATION_FAILURE: &str = "40001";
    pub(super) const DEADLOCK_DETECTED: &str = "40P01";
    pub(super) const LOCK_NOT_AVAILABLE: &str = "55P03";
    pub(super) const QUERY_CANCELED: &str = "57014";
    pub(super) const IDLE_SESSION_TIMEOUT: &str = "57P05";
    /// Classes: connection exception, insufficient resources, operator intervention.
    pub(super) const UNAVAILABLE_CLASSES: [&str; 3] = ["08", "53", "57"];
}

impl DatabaseError {
    /// The database could not be reached, is starting, stopping, full, or a standby; or the pool
    /// had no connection to give in time. A later attempt may succeed.
    pub fn is_unavailable(&self) -> bool {
        let Self::Sql(error) = self else {
            return matches!(self, Self::Silent);
        };
        match error {
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::BeginFailed => true,
            sqlx::Error::Database(server) => server.code().is_some_and(|c| is_unavailable(&c)),
            _ => false,
        }
    }

    /// A time limit was reached: of the statement, of waiting for a lock, of an idle transaction,
    /// or the request's own.
    pub fn is_timeout(&self) -> bool {
        matches!(self, Self::DeadlinePassed)
            || self.has_code(&[
                code::QUERY_CANCELED,
                code::LOCK_NOT_AVAILABLE,
                code::IDLE_IN_TRANSACTION_TIMEOUT,
            ])
    }

    /// A lock was not had within the time-out for locks: somebody else keeps it.
    pub fn is_locked_out(&self) -> bool {
        self.has_code(&[code::LOCK_NOT_AVAILABLE])
    }

    /// Another transaction was in the way; the same transaction may succeed if run again.
    pub fn is_serialization_or_deadlock(&self) -> bool {
        self.has_code(&[code::SERIALIZATION_FAILURE, code::DEADLOCK_DETECTED])
    }

    /// A row with the same key exists already, by the named constraint or unique index.
    pub fn is_unique_violation(&self, constraint: &str) -> bool {
        self.has_code(&[code::UNIQUE_VIOLATION]) && self.constraint() == Some(constraint)
    }

    /// Name of the constraint that was violated, when it was one.
    pub fn constraint(&self) -> Option<&str> {
        self.server().and_then(ServerError::constraint)
    }

    /// The server's five-character SQLSTATE, when the error came from the server.
    pub fn sql_state(&self) -> Option<String> {
        Some(self.server()?.code()?.into_owned())
    }

    fn server(&self) -> Option<&dyn ServerError> {
        match self {
            Self::Sql(sqlx::Error::Database(server)) => Some(server.as_ref()),
            _ => None,
        }
    }

    fn has_code(&self, codes: &[&str]) -> bool {
        let code = self.server().and_then(ServerError::code);
        code.is_some_and(|code| codes.contains(&code.as_ref()))
    }
}

fn is_unavailable(sql_state: &str) -> bool {
    // After a failover the old primary's address may lead to a standby, which refuses to write.
    sql_state == code::READ_ONLY_TRANSACTION
        // Class 57 holds both "shutting down" and "cancelled by statement_timeout".
        || (sql_state != code::QUERY_CANCELED
            && sql_state != code::IDLE_SESSION_TIMEOUT
            && code::UNAVAILABLE_CLASSES.iter().any(|class| sql_state.starts_with(class)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_goes_away_is_unavailable_but_a_cancelled_statement_is_not() {
        assert!(is_unavailable("57P01"), "admin_shutdown");
        assert!(is_unavailable("57P03"), "cannot_connect_now");
        assert!(is_unavailable("53300"), "too_many_connections");
        assert!(!is_unavailable("57014"), "query_canceled");
        assert!(!is_unavailable("23505"), "unique_violation");
    }

    #[test]
    fn an_exhausted_pool_is_unavailable_and_a_passed_deadline_is_a_timeout() {
        assert!(DatabaseError::Sql(sqlx::Error::PoolTimedOut).is_unavailable());
        assert!(DatabaseError::DeadlinePassed.is_timeout());
        assert!(!DatabaseError::DeadlinePassed.is_unavailable());
    }
}
