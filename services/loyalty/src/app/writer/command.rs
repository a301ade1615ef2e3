use chassis::{Deadline, Refusal};
use events::NewEvent;
use prost::{Message, Name};
use uuid::Uuid;

use crate::app::books::{Books, Need, Posted};
use crate::app::{AppError, Loyalty};
use crate::store::ledger::holds::HoldRow;

/// A call that moves points of one holder.
pub(crate) trait Command: Send + Sync + 'static {
    /// What the client sent.
    type Request: Name;
    /// What it is answered.
    type Reply: Message + Default + 'static;

    /// Whose points.
    fn holder_id(&self) -> Uuid;

    /// What has to be known for the decision.
    fn need(&self) -> Need;

    /// Decides, on books that hold what was needed. It may be asked again, on other books, when a
    /// transaction has to be repeated.
    fn decide(&self, books: &Books) -> Result<Decision<Self::Reply>, AppError>;
}

/// What was decided: all of it happens, or nothing.
#[derive(Debug)]
pub(crate) struct Decision<R> {
    /// What the caller is answered.
    pub(crate) reply: R,
    /// What moves.
    pub(crate) posted: Vec<Posted>,
    /// Holds that are made or changed.
    pub(crate) holds: Vec<HoldRow>,
    /// What is announced.
    pub(crate) events: Vec<NewEvent>,
}

impl<R> Decision<R> {
    /// Notes it in the books, and hands the answer back. The events belong to this trace.
    pub(crate) fn enter(self, books: &mut Books, trace: &str) -> Result<R, AppError> {
        for posted in self.posted {
            books.post(posted)?;
        }
        for hold in self.holds {
            books.keep_hold(hold)?;
        }
        for event in self.events {
            books.announce(event.in_trace(trace));
        }
        Ok(self.reply)
    }
}

/// Tells what a command would do, and does nothing. It claims no key: there is no effect to have
/// once, and the same `request_id` can still be used for the real thing.
pub(crate) async fn try_out<C: Command>(
    loyalty: &Loyalty,
    command: &C,
    deadline: Deadline,
) -> Result<C::Reply, Refusal> {
    let tried = async {
        let mut tx = loyalty.db.begin_with_deadline(deadline.remaining()).await?;
        let books = Books::open(loyalty, &mut tx, &[command.need()]).await?;
        let decided = command.decide(&books);
        tx.rollback().await?;
        decided
    };
    let decision: Result<_, AppError> = tried.await;
    Ok(decision?.reply)
}
