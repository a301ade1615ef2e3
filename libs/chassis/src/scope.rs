//! What a piece of work belongs to: which role, which trace, which deadline, whose wish.
//!
//! It is ambient (task-local), because traces and deadlines must reach outgoing calls and log lines
//! from code that neither knows nor cares. Decisions never depend on it: what they need is an
//! argument.

use std::sync::Arc;

use futures_util::future::Either;
use tokio::task::futures::TaskLocalFuture;

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
