use chassis::{Deadline, Refusal, telemetry};
use idempotency::batch::{Kept, Outcome, Request};
use tokio::sync::oneshot;
use tonic::{Response, Status};

use super::Command;
use crate::app::AppError;
use crate::app::books::{Books, Need};

/// A call that waits for its answer.
pub(super) struct Job<C: Command> {
    request: Request,
    command: C,
    deadline: Deadline,
    trace: String,
    decided: Option<Result<C::Reply, Refusal>>,
    answer: oneshot::Sender<Result<Response<C::Reply>, Status>>,
}

impl<C: Command> Job<C> {
    pub(super) fn new(
        request: Request,
        command: C,
        deadline: Deadline,
        answer: oneshot::Sender<Result<Response<C::Reply>, Status>>,
    ) -> Self {
        Self {
            request,
            command,
            deadline,
            trace: telemetry::current_traceparent().unwrap_or_default(),
            decided: None,
            answer,
        }
    }
}

/// A job of any command, as a writer sees it.
pub(super) trait Pending: Send + Sync {
    fn request(&self) -> &Request;

    fn need(&self) -> Need;

    /// Whether nobody waits for it any more.
    fn is_late(&self) -> bool;

    /// Decides it over the books as they stand. Tells the outcome that is to be kept, if any; an
    /// error when the books are spoilt, and with them the whole batch.
    fn decide(&mut self, books: &mut Books) -> Result<Option<Outcome>, AppError>;

    /// Answers what was decided, once that is committed.
    fn settle(self: Box<Self>);

    /// Answers what was kept of an earlier request with the same key.
    fn replay(self: Box<Self>, kept: &Kept);

    /// Answers that nothing was done.
    fn refuse(self: Box<Self>, refusal: Refusal);
}

impl<C: Command> Pending for Job<C> {
    fn request(&self) -> &Request {
        &self.request
    }

    fn need(&self) -> Need {
        self.command.need()
    }

    fn is_late(&self) -> bool {
        self.deadline.has_passed() || self.answer.is_closed()
    }

    fn decide(&mut self, books: &mut Books) -> Result<Option<Outcome>, AppError> {
        let decided = match self.command.decide(books) {
            Ok(decision) => Ok(decision.enter(books, &self.trace)?),
            Err(error) => Err(Refusal::from(error)),
        };
        let outcome = Outcome::of(&decided);
        self.decided = Some(decided);
        Ok(outcome)
    }

    fn settle(self: Box<Self>) {
        let decided = self.decided.unwrap_or_else(|| Err(super::broken_off()));
        // Whoever does not wait any more can ask again.
        let _ = self
            .answer
            .send(decided.map(Response::new).map_err(Status::from));
    }

    fn replay(self: Box<Self>, kept: &Kept) {
        let answer = kept.answer::<C::Request, C::Reply>(&self.request);
        let _ = self.answer.send(answer);
    }

    fn refuse(self: Box<Self>, refusal: Refusal) {
        let _ = self.answer.send(Err(refusal.into()));
    }
}
