//! A `BEGIN` that is seen through to its end, also when nobody waits for it any more.

use std::pin::Pin;
use std::task::{Context, Poll};

use sqlx::pool::PoolConnection;
use sqlx::{Postgres, SqlStr, Transaction};
use tokio::runtime::Handle;

type Begun = Result<Transaction<'static, Postgres>, sqlx::Error>;

/// A `BEGIN` on its way.
///
/// sqlx 0.9.0 knows of a transaction only when the server has answered. Whoever stops waiting before
/// that, because a client hung up or a deadline passed, would give a connection back to the pool that
/// is amid a transaction: the next statement on it would say that it was done, and be rolled back
/// later (sqlx issue 4393). So a `BEGIN` that was given up ends in the background; dropping what comes of it
/// rolls it back.
pub(crate) struct Begin(Option<Pin<Box<dyn Future<Output = Begun> + Send>>>);

impl Begin {
    pub(crate) fn new(connection: PoolConnection<Postgres>, statement: SqlStr) -> Self {
        Self(Some(Transaction::begin(connection, Some(statement))))
    }
}

impl Future for Begin {
    type Output = Begun;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Begun> {
        let Some(begin) = &mut self.0 else {
            // It has ended, and is asked once more.
            return Poll::Pending;
        };
        let begun = begin.as_mut().poll(context);
        if begun.is_ready() {
            self.0 = None;
        }
        begun
    }
}

impl Drop for Begin {
    fn drop(&mut self) {
        let unfinished = self.0.take().zip(Handle::try_current().ok());
        if let Some((begin, runtime)) = unfinished {
            runtime.spawn(begin);
        }
    }
}
