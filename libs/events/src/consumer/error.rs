use postgres::DatabaseError;
use tonic::Status;

use super::{HandlerError, MalformedEvent};

/// Why a consumer has to begin anew from its stored cursors. Nothing is lost by that, and nothing
/// happens twice.
#[derive(Debug, thiserror::Error)]
pub(super) enum Interrupted {
    #[error("the consumer's database can't do it now")]
    Database(#[from] DatabaseError),
    #[error("another replica has taken over a shard, or it was sent back")]
    LeaseLost,
    #[error("the feed broke off: {} {}", .0.code(), .0.message())]
    Feed(Box<Status>),
    #[error("the feed has ended")]
    Ended,
    #[error("the feed has been silent for {seconds} s")]
    Silent { seconds: u64 },
    #[error(transparent)]
    Malformed(#[from] MalformedEvent),
    #[error("{held} events wait for their predecessors")]
    TooManyHeld { held: usize },
    #[error("an event can't be applied now: {0}")]
    Transient(HandlerError),
    #[error("the service is stopping")]
    Stopping,
}

impl From<sqlx::Error> for Interrupted {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

impl From<Status> for Interrupted {
    fn from(status: Status) -> Self {
        Self::Feed(Box::new(status))
    }
}
