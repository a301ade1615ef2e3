//! A `BEGIN` that is seen through to its end, also when nobody waits for it any more.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::{Postgres, SqlStr, Transaction};
use tokio::runtime::Handle;
use tokio::time::timeout;

use crate::distrust::Distrust;

/// Longest wait for the end of a `BEGIN` that was given up. The server may have gone without a word, and
/// the connection holds a place of the pool.
const END: Duration = Duration::from_secs(5);

type Begun = Result<Transaction<'static, Postgres>, sqlx::Error>;

/// A `BEGIN` on its way.
///
/// sqlx 0.9.0 knows of a transaction only when the server has answered. Whoever stops waiting before
/// that, because a client hung up or a deadline passed, would give a connection back to the pool that
/// is amid a transaction: the next statement on it would say that it was done, and be rolled back
/// later (sqlx issue 4393). So a `BEGIN` that was given up ends in the background; dropping what comes of it
/// rolls it back. One that does not end is given up for good, and its connection must not be used again.
pub(crate) struct Begin {
    under_way: Option<Pin<Box<dyn Future<Output = Begun> + Send>>>,
    distrust: Distrust,
}

impl Begin {
    pub(crate) fn new(
        connection: PoolConnection<Postgres>,
        statement: SqlStr,
        distrust: &Distrust,
    ) -> Self {
        Self {
            under_way: Some(Transaction::begin(connection, Some(statement))),
            distrust: distrust.clone(),
        }
    }
}

impl Future for Begin {
    type Output = Begun;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Begun> {
        let Some(begin) = &mut self.under_way else {
            // It has ended, and is asked once more.
            return Poll::Pending;
        };
        let begun = begin.as_mut().poll(context);
        if begun.is_ready() {
            self.under_way = None;
        }
        begun
    }
}

impl Drop for Begin {
    fn drop(&mut self) {
        let unfinished = self.under_way.take().zip(Handle::try_current().ok());
        if let Some((mut begin, runtime)) = unfinished {
            let distrust = self.distrust.clone();
            runtime.spawn(async move {
                if timeout(END, begin.as_mut()).await.is_err() {
                    // Before its connection goes back.
                    distrust.begin();
                }
            });
        }
    }
}
