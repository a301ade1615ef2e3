use std::any::Any;
use std::error::Error;
use std::fmt;

use async_trait::async_trait;
use postgres::DatabaseError;
use sqlx::PgTransaction;

use super::Incoming;

/// What a service does when an event of another service arrives.
///
/// It works in the consumer's transaction, in which the cursor moves too: so its writes, and the
/// events that it announces itself, come to be exactly once. It may be called again for an event
/// whose transaction was rolled back, so it must have no effect outside of the transaction.
#[async_trait]
pub trait Handler: Send + Sync + 'static {
    /// Applies one event. Events of types that it does not know are none of its business: `Ok`.
    ///
    /// # Errors
    /// An error rolls the transaction back. The event is tried again, and parked with all later
    /// events of its customer when it goes on failing.
    async fn handle(
        &self,
        tx: &mut PgTransaction<'_>,
        event: &Incoming,
    ) -> Result<(), HandlerError>;

    /// Applies several events, in this order. To be overridden where many can be written at once.
    /// Their number is such that it takes about
    /// [`batch_time`](super::ConsumerConfig::batch_time). Whoever overrides it says of each own
    /// event by which one it was caused: [`NewEvent::in_trace`](crate::NewEvent::in_trace).
    ///
    /// # Errors
    /// After an error the transaction is rolled back, and each event is handled in a transaction of
    /// its own.
    async fn handle_all(
        &self,
        tx: &mut PgTransaction<'_>,
        events: &[&Incoming],
    ) -> Result<(), HandlerError> {
        for event in events {
            event.traced(self.handle(tx, event)).await?;
        }
        Ok(())
    }
}

/// Why an event could not be applied: any error, with its causes.
#[derive(Debug)]
pub struct HandlerError {
    cause: Box<dyn Error + Send + Sync>,
    is_transient: bool,
}

/// The handler has panicked.
#[derive(Debug, thiserror::Error)]
#[error("the handler panicked")]
struct Panicked;

impl HandlerError {
    /// An error that has nothing to do with the event and will pass: the event is tried again
    /// until it succeeds, and never parked. Outages, deadlocks and serialization failures of the
    /// database are recognised without it.
    pub fn transient(cause: impl Error + Send + Sync + 'static) -> Self {
        Self {
            cause: Box::new(cause),
            is_transient: true,
        }
    }

    pub(crate) fn panicked(_: &Box<dyn Any + Send>) -> Self {
        Self {
            cause: Box::new(Panicked),
            is_transient: false,
        }
    }

    /// True when trying again is a matter of time, not of the event.
    pub(super) fn is_transient(&self) -> bool {
        self.is_transient
    }
}

impl<E: Error + Send + Sync + 'static> From<E> for HandlerError {
    fn from(cause: E) -> Self {
        let is_transient = causes(&cause).any(is_transient);
        Self {
            cause: Box::new(cause),
            is_transient,
        }
    }
}

impl fmt::Display for HandlerError {
    /// The error and its causes on one line.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (depth, cause) in causes(self.cause.as_ref()).enumerate() {
            let separator = if depth == 0 { "" } else { ": " };
            write!(formatter, "{separator}{cause}")?;
        }
        Ok(())
    }
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error: &&'a (dyn Error + 'static)| {
        error.source()
    })
}

fn is_transient(error: &(dyn Error + 'static)) -> bool {
    let of_database =
        |error: &DatabaseError| error.is_unavailable() || error.is_serialization_or_deadlock();
    if let Some(error) = error.downcast_ref::<DatabaseError>() {
        return of_database(error);
    }
    // `sqlx::Error` can't be cloned; its kinds are those that `DatabaseError` looks at.
    match error.downcast_ref::<sqlx::Error>() {
        Some(
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed,
        ) => true,
        Some(sqlx::Error::Database(server)) => server.code().is_some_and(|c| passes(&c)),
        _ => false,
    }
}

/// SQLSTATE classes and codes of what passes: lost connections, full or stopping servers,
/// serialization failures and deadlocks. Not 57014, a statement that took too long: it may do so
/// each time.
fn passes(sql_state: &str) -> bool {
    let classes = ["08", "53", "57P", "40001", "40P01", "25006"];
    classes.iter().any(|class| sql_state.starts_with(class))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("the order can't be recorded")]
    struct Wrapped(#[source] sqlx::Error);

    #[test]
    fn an_outage_below_other_errors_is_recognised_and_a_fault_of_the_event_is_not() {
        let outage = HandlerError::from(Wrapped(sqlx::Error::PoolTimedOut));
        assert!(outage.is_transient());
        let fault = HandlerError::from(Wrapped(sqlx::Error::RowNotFound));
        assert!(!fault.is_transient());
        assert!(passes("40P01") && passes("57P01") && !passes("57014") && !passes("23505"));
    }

    #[test]
    fn an_error_tells_its_causes() {
        let error = HandlerError::from(Wrapped(sqlx::Error::RowNotFound)).to_string();
        assert!(
            error.starts_with("the order can't be recorded: no rows returned"),
            "{error}"
        );
    }
}
