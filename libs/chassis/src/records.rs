//! Callers who may see some customers alone: what a role does to keep them to these.

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

/// Something that a request names by its id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Resource {
    /// The field that names it, for example `case_id`.
    pub field: String,
    /// The id.
    pub id: String,
}

/// Whose such a thing is.
#[derive(Clone, Debug)]
pub struct Owner {
    /// The customer.
    pub customer: String,
    /// What a caller is told who may not see the customer: as if there were no such thing.
    pub missing: Refusal,
}

/// How a role keeps callers to the customers that they may see.
#[derive(Clone, Default)]
pub(crate) struct Guard {
    admit: Option<Arc<Admit>>,
    owners: Option<Arc<Owners>>,
}

type Admit = dyn Fn(Named) -> BoxFuture<'static, Result<(), Refusal>> + Send + Sync;
type Owners =
    dyn Fn(Vec<Resource>) -> BoxFuture<'static, Result<Vec<Owner>, Refusal>> + Send + Sync;

impl Guard {
    pub(crate) fn admitting<F>(&mut self, admit: impl Fn(Named) -> F + Send + Sync + 'static)
    where
        F: Future<Output = Result<(), Refusal>> + Send + 'static,
    {
        self.admit = Some(Arc::new(move |named| admit(named).boxed()));
    }

    pub(crate) fn owning<F>(&mut self, owners: impl Fn(Vec<Resource>) -> F + Send + Sync + 'static)
    where
        F: Future<Output = Result<Vec<Owner>, Refusal>> + Send + 'static,
    {
        self.owners = Some(Arc::new(move |resources| owners(resources).boxed()));
    }

    /// Refuses what names a customer beyond reach. `None`: the role can't tell, or nothing is named.
    pub(crate) async fn admit(
        &self,
        named: Named,
        resources: Vec<Resource>,
    ) -> Option<Result<(), Refusal>> {
        let admit = self.admit.as_ref()?;
        let owners = match &self.owners {
            Some(owners) if !resources.is_empty() => match owners(resources).await {
                Ok(owners) => owners,
                Err(refusal) => return Some(Err(refusal)),
            },
            _ => Vec::new(),
        };
        if named.customers.is_empty() && owners.is_empty() {
            return None;
        }
        for Owner { customer, missing } in owners {
            let customers = vec![customer];
            let asked = Named {
                customers,
                ..named.clone()
            };
            if let Err(refusal) = admit(asked).await {
                let is_missing = refusal.code() == tonic::Code::NotFound;
                return Some(Err(if is_missing { missing } else { refusal }));
            }
        }
        if named.customers.is_empty() {
            return Some(Ok(()));
        }
        Some(admit(named).await)
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut written = formatter.debug_struct("Guard");
        written.field("admits", &self.admit.is_some());
        written.field("owners", &self.owners.is_some()).finish()
    }
}

/// Whom the caller of a request may see; everybody, for a call that has not come through the stack.
pub fn reach<T>(request: &tonic::Request<T>) -> Arc<Reach> {
    let reach = request.extensions().get::<Arc<Reach>>();
    reach.cloned().unwrap_or_default()
}

/// Hands it to the handler.
pub(crate) fn tell(extensions: &mut Extensions, reach: &Arc<Reach>) {
    extensions.insert(Arc::clone(reach));
}
