//! What was one person's is two people's.

use chassis::{Deadline, Refusal};
use contract::patron::profile::v1 as proto;
use idempotency::{Claim, Key};
use sqlx::PgTransaction;
use tonic::{Response, Status};

use super::{Person, trust};
use crate::app::contact::regrouped;
use crate::app::{App, announce};
use crate::domain::customer::{Customer, Past};
use crate::domain::identity::link::{Link, LinkId, Undone};
use crate::domain::identity::place::Places;
use crate::domain::identity::profile::Profile;
use crate::domain::ids::CustomerId;
use crate::store::segments::evaluations;
use crate::store::{Keys, accounts, customers, links, traits};
use crate::{refusals, wire};

const METHOD: &str = "patron.profile.v1.IdentityService/UnmergeCustomers";

/// Which link is taken back, by whom and why.
#[derive(Clone, Debug)]
pub(crate) struct Unmerge {
    pub(crate) customer: CustomerId,
    pub(crate) link: LinkId,
    pub(crate) actor: String,
    pub(crate) reason: String,
}

/// What is left: who keeps the id, and who is a customer again.
#[derive(Clone, Debug)]
pub(crate) struct Left {
    pub(crate) link: Link,
    pub(crate) stays: Customer,
    pub(crate) parted: Option<Customer>,
}

impl App {
    /// Takes a link back, once per `request_id`.
    pub(crate) async fn unmerge_customers(
        &self,
        deadline: Deadline,
        request: &proto::UnmergeCustomersRequest,
        unmerge: Unmerge,
    ) -> Result<Response<proto::UnmergeCustomersResponse>, Status> {
        let key = Key::new(&unmerge.actor, METHOD, &request.request_id)?;
        match self.claim(deadline, key, request).await? {
            Claim::Replayed(answer) => answer,
            Claim::Fresh(mut claimed) => {
                let outcome = self.unmerge(claimed.transaction(), unmerge).await;
                let answer = claimed.finish(outcome.map(encode)).await?;
                self.outbox.committed();
                Ok(answer)
            }
        }
    }

    /// Takes a link back.
    pub(crate) async fn unmerge(
        &self,
        db: &mut PgTransaction<'_>,
        unmerge: Unmerge,
    ) -> Result<Left, Refusal> {
        let person = Person::lock(db, &self.keyring, unmerge.customer).await?;
        let links = &person.profile.links;
        let link = links.iter().find(|link| link.id == unmerge.link).cloned();
        let mut link = link.ok_or_else(refusals::link_not_found)?;
        let undone = Undone {
            at: self.now(),
            actor: unmerge.actor,
            reason: unmerge.reason,
        };
        let (stays, parted) = person.profile.unmerge(link.id)?;
        let written = parted.iter().flat_map(|parted| [stays.id, parted.id]);
        let keys = self.keys(db, written.chain([link.ends.0])).await?;
        links::undo(db, &keys, &link, &undone).await?;
        link.undone = Some(undone);
        let Some(parted) = parted else {
            // Other links still hold the two together.
            let stays = person.customer;
            let parted = None;
            return Ok(Left {
                link,
                stays,
                parted,
            });
        };
        let (stays, parted) = self
            .part(db, &keys, person.customer, (stays, parted), link.id)
            .await?;
        let parted = Some(parted);
        Ok(Left {
            link,
            stays,
            parted,
        })
    }

    /// Makes two people of one, with the keys of both.
    async fn part(
        &self,
        db: &mut PgTransaction<'_>,
        keys: &Keys,
        mut stays: Customer,
        (near, far): (Profile, Profile),
        link: LinkId,
    ) -> Result<(Customer, Customer), Refusal> {
        let parted = customers::absorbed(db, &self.keyring, far.id).await?;
        let mut parted = parted.ok_or_else(refusals::customer_not_found)?;
        let past = Past::of([&stays, &parted]);
        let joint = stays.homes();
        let places = Places::of([&stays]);
        let now = self.now();
        let left = stays.regroup(&near, near.golden(&trust()), past, now);
        let got = parted.regroup(&far, far.golden(&trust()), past, now);
        // Now nobody records anything who still takes the two for one.
        traits::lock(db, &[stays.id.0]).await?;
        let homes = [stays.homes(), parted.homes()];
        customers::absorb(db, &homes).await?;
        customers::update(db, keys, [&stays, &parted]).await?;
        traits::regroup(db, &homes).await?;
        accounts::regroup(db, &joint.ids()).await?;
        evaluations::mark(db, &[stays.id, parted.id], now).await?;
        let mut events = vec![announce::unmerged(&stays, &parted, link)];
        for (customer, changed) in [(&stays, left), (&parted, got)] {
            if !changed.is_empty() {
                events.push(announce::updated(customer.id, &changed));
            }
            events.extend(announce::placed(customer, places.left(customer)));
            let spoken = (&joint, &customer.homes());
            events.extend(regrouped::changes(db, customer.id, spoken, now).await?);
        }
        // Whoever was recognised when coming in is a customer from now on, and then only.
        if !customers::announce(db, &[parted.id.0]).await?.is_empty() {
            events.push(announce::created(&parted));
        }
        let appended = self.outbox.append_all(db, &events).await;
        appended.map_err(refusals::outbox)?;
        Ok((stays, parted))
    }
}

fn encode(left: Left) -> proto::UnmergeCustomersResponse {
    proto::UnmergeCustomersResponse {
        link: Some(wire::identities::link(left.link)),
        customer: Some(wire::customers::encode(left.stays)),
        parted_customer: left.parted.map(wire::customers::encode),
    }
}
