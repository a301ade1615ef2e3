//! Callers who may see some customers alone.

use std::fmt;
use std::sync::Arc;

use access::Reach;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use http::Extensions;

use crate::{Deadline, Refusal};

/// What a role is asked about the customers that a request names, before its handler sees it.
#[derive(Clone, Debug)]
pub struct Named {
    /// The ids, as the request names them. Each is one, or none at all.
    pub customers: Vec<String>,
    /// Whom the caller may see.
    pub reach: Arc<Reach>,
    /// Until when the answer is of use.
    pub deadline: Option<Deadline>,
}

/// Refuses what names a customer whom the caller may not see, in the words for one that there is not.
#[derive(Clone)]
pub(crate) struct Guard(Arc<Admit>);

type Admit = dyn Fn(Named) -> BoxFuture<'static, Result<(), Refusal>> + Send + Sync;

impl Guard {
    pub(crate) fn new<F>(admit: impl Fn(Named) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(), Refusal>> + Send + 'static,
    {
        Self(Arc::new(move |named| admit(named).boxed()))
    }

    pub(crate) async fn admit(&self, named: Named) -> Result<(), Refusal> {
        (self.0)(named).await
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Guard")
    }
}

/// Whom the caller of a request may see; everybody, for a call that has not come through the stack.
pub fn reach<T>(request: &tonic::Request<T>) -> Arc<Reach> {
    of(request.extensions())
}

fn of(extensions: &Extensions) -> Arc<Reach> {
    extensions.get::<Arc<Reach>>().cloned().unwrap_or_default()
}

/// Hands it to the handler.
pub(crate) fn tell(extensions: &mut Extensions, reach: &Arc<Reach>) {
    extensions.insert(Arc::clone(reach));
}
