//! What a piece of work belongs to: which role, which trace, which deadline, whose wish.
//!
//! It is ambient (task-local), because traces and deadlines must reach outgoing calls and log lines
//! from code that neither knows nor cares. Decisions never depend on it: what they need is an
//! argument.

use std::sync::Arc;

use contract::exposure::{self, Exposure};
use futures_util::future::Either;
use tokio::task::futures::TaskLocalFuture;
use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument as _;

use crate::Deadline;
use crate::trace::TraceContext;

#[derive(Clone, Debug)]
pub(crate) struct Scope {
    /// The role that does the work, as logs name it.
    pub(crate) service: Arc<str>,
    pub(crate) trace: TraceContext,
    pub(crate) deadline: Option<Deadline>,
    /// The subject at the beginning of the chain of calls.
    pub(crate) originator: Option<Arc<str>>,
}

tokio::task_local! {
    static SCOPE: Scope;
}

impl Scope {
    /// Work that nobody asked for: jobs, event consumers.
    pub(crate) fn background(service: &str) -> Self {
        Self {
            service: Arc::from(service),
            trace: TraceContext::root(),
            deadline: None,
            originator: None,
        }
    }

    /// Runs a future within this scope.
    pub(crate) fn around<F: Future>(self, future: F) -> TaskLocalFuture<Self, F> {
        SCOPE.scope(self, future)
    }

    /// Runs a function within this scope, for code that is polled instead of awaited.
    pub(crate) fn around_sync<T>(&self, function: impl FnOnce() -> T) -> T {
        SCOPE.sync_scope(self.clone(), function)
    }
}

/// The scope that this code runs in, if any.
pub(crate) fn current() -> Option<Scope> {
    SCOPE.try_with(Clone::clone).ok()
}

/// Looks at the scope that this code runs in, if any.
pub(crate) fn with_current<T>(look: impl FnOnce(&Scope) -> T) -> Option<T> {
    SCOPE.try_with(look).ok()
}

/// Begins work that belongs to the call that this code runs in, as a task of its own: in its trace, with its deadline, on
/// behalf of its caller and as that one is exposed. It is broken off when the handle is dropped.
pub fn spawn<F>(future: F) -> AbortOnDropHandle<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    let future = exposure::within(Exposure::current(), future);
    let future = change(std::convert::identity, future).in_current_span();
    AbortOnDropHandle::new(tokio::spawn(future))
}

/// Runs a future with a deadline, in the scope that this code runs in.
pub(crate) fn with_deadline<F: Future>(
    deadline: Deadline,
    future: F,
) -> impl Future<Output = F::Output> {
    let within = move |scope| Scope {
        deadline: Some(deadline),
        ..scope
    };
    change(within, future)
}

/// Runs a future on behalf of a subject, in the scope that this code runs in.
pub(crate) fn with_originator<F: Future>(
    originator: Arc<str>,
    future: F,
) -> impl Future<Output = F::Output> {
    let within = move |scope| Scope {
        originator: Some(originator),
        ..scope
    };
    change(within, future)
}

/// Not an `async fn`, which would hold the future twice: as its argument, and again to await it.
fn change<F: Future>(
    within: impl FnOnce(Scope) -> Scope,
    future: F,
) -> impl Future<Output = F::Output> {
    match current() {
        Some(scope) => Either::Left(within(scope).around(future)),
        None => Either::Right(future),
    }
}

#[cfg(test)]
mod tests {
    use contract::exposure::{Class, Seen};

    use super::*;

    #[tokio::test]
    async fn a_task_of_a_call_knows_its_trace_its_deadline_its_originator_and_what_its_caller_sees()
    {
        let deadline = Deadline::after(std::time::Duration::from_mins(1));
        let masked = Exposure::ALL.with(Class::Contact, Seen::Masked);
        let look = || (current(), Exposure::current());
        let called = async { (look(), spawn(async move { look() }).await.unwrap()) };
        let scope = Scope {
            deadline: Some(deadline),
            originator: Some("user:ann".into()),
            ..Scope::background("test")
        };
        let (call, task) = exposure::within(masked, scope.around(called)).await;
        assert_eq!(format!("{task:?}"), format!("{call:?}"));
        assert_eq!(task.0.unwrap().originator.as_deref(), Some("user:ann"));
        assert_eq!(task.1, masked);
    }

    #[tokio::test]
    async fn work_ends_with_its_handle() {
        let (sender, ended) = tokio::sync::oneshot::channel::<()>();
        drop(spawn(async move {
            std::future::pending::<()>().await;
            drop(sender);
        }));
        ended.await.unwrap_err();
    }
}
