//! Two customers are one person.

use chassis::{Deadline, Refusal};
use contract::patron::profile::v1 as proto;
use idempotency::{Claim, Key};
use sqlx::PgTransaction;
use tonic::{Response, Status};

use super::{Person, lock, trust};
use crate::app::contact::regrouped;
use crate::app::{App, announce};
use crate::domain::customer::{Customer, Past};
use crate::domain::identity::link::{Link, LinkId, LinkKind, ordered};
use crate::domain::identity::place::Places;
use crate::domain::ids::CustomerId;
use crate::domain::invalid::{Invalid, Problem};
use crate::store::segments::evaluations;
use crate::store::{Keys, accounts, customers, links, traits};
use crate::{refusals, wire};

const METHOD: &str = "patron.profile.v1.IdentityService/MergeCustomers";
/// How sure somebody is who decides by hand, in thousandths.
const CERTAIN: i32 = 1000;

/// Who says that two ids are one person's, and why.
#[derive(Clone, Debug)]
pub(crate) struct Merge {
    pub(crate) ids: (CustomerId, CustomerId),
    pub(crate) actor: String,
    pub(crate) reason: String,
}

/// Two ids that are one person's.
pub(super) struct Merged {
    pub(super) link: Link,
    /// Whom both lead to.
    pub(super) customer: Customer,
    /// Among them that of the link's older end.
    pub(super) keys: Keys,
}

impl App {
    /// Joins two customers, once per `request_id`.
    pub(crate) async fn merge_customers(
        &self,
        deadline: Deadline,
        request: &proto::MergeCustomersRequest,
        merge: Merge,
    ) -> Result<Response<proto::MergeCustomersResponse>, Status> {
        if request.validate_only {
            // Does all of it and takes it back. The id of the link is not told: it will never be.
            let mut tx = self.begin(deadline).await?;
            let (link, customer) = self.merge(&mut tx, merge).await?;
            let mut answer = encode((link, customer));
            if let Some(link) = &mut answer.link {
                link.link_id.clear();
            }
            return Ok(Response::new(answer));
        }
        let key = Key::new(&merge.actor, METHOD, &request.request_id)?;
        match self.claim(deadline, key, request).await? {
            Claim::Replayed(answer) => answer,
            Claim::Fresh(mut claimed) => {
                let outcome = self.merge(claimed.transaction(), merge).await;
                let answer = claimed.finish(outcome.map(encode)).await?;
                self.outbox.committed();
                Ok(answer)
            }
        }
    }

    /// Joins two customers as somebody says; answers what joins them, and the one that both ids lead to.
    pub(crate) async fn merge(
        &self,
        db: &mut PgTransaction<'_>,
        merge: Merge,
    ) -> Result<(Link, Customer), Refusal> {
        let merged = self.merge_by_hand(db, merge).await?;
        Ok((merged.link, merged.customer))
    }

    /// The same, with the keys that it took.
    pub(super) async fn merge_by_hand(
        &self,
        db: &mut PgTransaction<'_>,
        merge: Merge,
    ) -> Result<Merged, Refusal> {
        self.merge_as(db, merge, (LinkKind::ByHand, CERTAIN)).await
    }

    /// The same by a link of some kind, that sure.
    pub(super) async fn merge_as(
        &self,
        db: &mut PgTransaction<'_>,
        merge: Merge,
        (kind, score_permille): (LinkKind, i32),
    ) -> Result<Merged, Refusal> {
        let (one, other) = merge.ids;
        if one == other {
            return Err(Invalid::new("merged_customer_id", Problem::SameCustomer).into());
        }
        let link = Link {
            id: LinkId(self.clock.new_id()),
            ends: ordered(one, other),
            kind,
            score_permille,
            reason: merge.reason,
            actor: merge.actor,
            made_at: self.now(),
            import: None,
            undone: None,
        };
        let locked = lock(db, &self.keyring, &[one, other]).await?;
        let mut people = Vec::with_capacity(2);
        for customer in locked {
            people.push(Person::load(db, &self.keyring, customer).await?);
        }
        let mut people = people.into_iter();
        let (customer, keys) = match (people.next(), people.next()) {
            (Some(one), Some(other)) => self.join(db, one, other, &link).await?,
            (Some(person), None) => (
                strengthen(person, &link)?,
                self.keys(db, [link.ends.0]).await?,
            ),
            (None, _) => return Err(refusals::customer_not_found()),
        };
        links::insert(db, &keys, std::slice::from_ref(&link)).await?;
        Ok(Merged {
            link,
            customer,
            keys,
        })
    }

    /// Makes one of two people, who are locked; answers with whom both are, and the keys with which the link can be written.
    pub(super) async fn join(
        &self,
        db: &mut PgTransaction<'_>,
        one: Person,
        other: Person,
        link: &Link,
    ) -> Result<(Customer, Keys), Refusal> {
        let past = Past::of([&one.customer, &other.customer]);
        let places = Places::of([&one.customer, &other.customer]);
        let merged = one.profile.merge(other.profile, link.clone(), &trust())?;
        let golden = merged.golden(&trust());
        let (mut survivor, gone) = if merged.id == one.customer.id {
            (one.customer, other.customer)
        } else {
            (other.customer, one.customer)
        };
        let before = survivor.homes();
        let changed = survivor.regroup(&merged, golden, past, self.now());
        // Now nobody records anything who still takes the two for strangers.
        traits::lock(db, &[survivor.id.0, gone.id.0]).await?;
        let homes = [survivor.homes()];
        customers::absorb(db, &homes).await?;
        let keys = self.keys(db, [survivor.id, link.ends.0]).await?;
        customers::update(db, &keys, [&survivor]).await?;
        traits::regroup(db, &homes).await?;
        accounts::regroup(db, &survivor.homes().ids()).await?;
        evaluations::mark(db, &[survivor.id, gone.id], self.now()).await?;
        let mut events = vec![announce::merged(&survivor, gone.id, link.id)];
        if !changed.is_empty() {
            events.push(announce::updated(survivor.id, &changed));
        }
        events.extend(announce::placed(&survivor, places.left(&survivor)));
        let spoken = (&before, &survivor.homes());
        events.extend(regrouped::changes(db, survivor.id, spoken, self.now()).await?);
        let appended = self.outbox.append_all(db, &events).await;
        appended.map_err(refusals::outbox)?;
        Ok((survivor, keys))
    }
}

/// Two ids of one person may be joined once more, though not by the same two ends.
fn strengthen(person: Person, link: &Link) -> Result<Customer, Refusal> {
    let same = person.profile.links.iter().find(|it| it.ends == link.ends);
    match same {
        Some(known) => Err(refusals::already_linked(known)),
        None => Ok(person.customer),
    }
}

fn encode((link, customer): (Link, Customer)) -> proto::MergeCustomersResponse {
    proto::MergeCustomersResponse {
        link: Some(wire::identities::link(link)),
        customer: Some(wire::customers::encode(customer)),
    }
}
