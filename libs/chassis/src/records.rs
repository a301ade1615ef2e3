//! Callers who may see some customers alone: what a role does to keep them to these.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use access::Reach;
use futures_util::future::BoxFuture;
use futures_util::{FutureExt as _, StreamExt as _, TryStreamExt as _, stream};
use http::Extensions;
use tonic::Code;

use crate::{Deadline, Refusal};

/// How many customers of a page are asked about at once.
const ASKED_AT_ONCE: usize = 8;

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
                let is_missing = refusal.code() == Code::NotFound;
                return Some(Err(if is_missing { missing } else { refusal }));
            }
        }
        if named.customers.is_empty() {
            return Some(Ok(()));
        }
        Some(admit(named).await)
    }

    /// For whom a list is to be cut. `None`: the role can't tell whose customers are whose, or it depends on who looks
    /// after them, which no role but profile's keeps.
    pub(crate) fn confined(
        &self,
        reach: Arc<Reach>,
        deadline: Option<Deadline>,
    ) -> Option<Confined> {
        let admit = Arc::clone(self.admit.as_ref()?);
        let is_by_place = reach.manager().is_none();
        is_by_place.then_some(Confined {
            reach,
            deadline,
            admit,
        })
    }
}

/// For whom a list is to be cut that names no customer: somebody who may see those of some regions or brands alone.
///
/// The statement lists what is of customers who were there when the role last heard of it ([`Confined::reach`]); who
/// has left since is then left out of the page ([`Confined::within`]).
#[derive(Clone)]
pub struct Confined {
    reach: Arc<Reach>,
    deadline: Option<Deadline>,
    admit: Arc<Admit>,
}

impl Confined {
    /// Most rows of a page: for each it may have to be asked where the customer is.
    pub const PAGE: u16 = 50;

    /// The regions and brands; who must look after the customer does not matter.
    pub fn reach(&self) -> &Reach {
        &self.reach
    }

    /// Those of the rows whose customer is within reach now.
    ///
    /// # Errors
    /// When that could not be found out.
    pub async fn within<T>(
        &self,
        mut rows: Vec<T>,
        customer: impl Fn(&T) -> String,
    ) -> Result<Vec<T>, Refusal> {
        let named: BTreeSet<String> = rows.iter().map(&customer).collect();
        let asked = named.into_iter().map(|customer| self.admits(customer));
        let asked = stream::iter(asked).buffer_unordered(ASKED_AT_ONCE);
        let admitted: Vec<Option<String>> = asked.try_collect().await?;
        let admitted: BTreeSet<String> = admitted.into_iter().flatten().collect();
        rows.retain(|row| admitted.contains(&customer(row)));
        Ok(rows)
    }

    /// The customer, if within reach.
    async fn admits(&self, customer: String) -> Result<Option<String>, Refusal> {
        let named = Named {
            customers: vec![customer.clone()],
            reach: Arc::clone(&self.reach),
            deadline: self.deadline,
        };
        match (self.admit)(named).await {
            Ok(()) => Ok(Some(customer)),
            Err(refusal) if refusal.code() == Code::NotFound => Ok(None),
            Err(refusal) => Err(refusal),
        }
    }
}

impl fmt::Debug for Confined {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut written = formatter.debug_struct("Confined");
        written.field("reach", &self.reach).finish_non_exhaustive()
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

/// For whom a list of things of all customers is to be cut; `None` for a caller who may see everybody, and where the
/// request names a customer.
pub fn confined<T>(request: &tonic::Request<T>) -> Option<Confined> {
    request.extensions().get::<Confined>().cloned()
}

/// Hands it to the handler.
pub(crate) fn tell(extensions: &mut Extensions, reach: &Arc<Reach>) {
    extensions.insert(Arc::clone(reach));
}

#[cfg(test)]
mod tests {
    use contract::patron::r#type::v1::ErrorReason;
    use tokio::sync::mpsc;

    use super::*;

    fn refused(code: Code) -> Refusal {
        Refusal::new(code, ErrorReason::Unavailable, "refused")
    }

    /// Answers customers by these codes, and says who was asked about.
    fn confined(answer: fn(&str) -> Code) -> (Confined, mpsc::UnboundedReceiver<String>) {
        let (asks, asked) = mpsc::unbounded_channel();
        let mut guard = Guard::default();
        guard.admitting(move |named| {
            let code = answer(&named.customers[0]);
            asks.send(named.customers.concat()).unwrap();
            async move {
                match code {
                    Code::Ok => Ok(()),
                    code => Err(refused(code)),
                }
            }
        });
        let confined = guard.confined(Arc::new(Reach::ALL), None);
        (confined.unwrap(), asked)
    }

    #[tokio::test]
    async fn rows_of_who_is_not_within_reach_are_left_out_and_each_customer_is_asked_about_once() {
        let answer = |customer: &str| {
            if customer == "b" {
                Code::NotFound
            } else {
                Code::Ok
            }
        };
        let (confined, mut asked) = confined(answer);
        let rows = vec![("a", 1), ("b", 2), ("a", 3), ("b", 4), ("c", 5)];
        let customer = |(customer, _): &(&str, i32)| (*customer).to_owned();
        let within = confined.within(rows, customer).await.unwrap();
        assert_eq!(within, [("a", 1), ("a", 3), ("c", 5)]);
        drop(confined);
        let mut all = Vec::new();
        asked.recv_many(&mut all, 9).await;
        all.sort_unstable();
        assert_eq!(all, ["a", "b", "c"]);
    }

    #[tokio::test]
    async fn nothing_is_listed_while_nobody_can_say_who_is_within_reach() {
        let (confined, _asked) = confined(|_| Code::Unavailable);
        let listed = confined.within(vec!["a"], |it| (*it).to_owned()).await;
        assert_eq!(listed.unwrap_err().code(), Code::Unavailable);
    }

    #[test]
    fn a_role_that_can_not_tell_cuts_no_list() {
        let reach = Arc::new(Reach::ALL);
        assert!(Guard::default().confined(reach, None).is_none());
    }
}
