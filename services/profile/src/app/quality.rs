//! How good what is known of customers is.

use access::Reach;
use chassis::{Deadline, Refusal};
use contract::patron::profile::v1 as proto;
use idempotency::{Claim, Key};
use jiff::Timestamp;
use sqlx::PgTransaction;
use tonic::{Response, Status};

use super::App;
use super::browse::{Page, with_one_more};
use super::identity::{Person, trust};
use super::reach::lists;
use crate::domain::customer::Customer;
use crate::domain::field::Field;
use crate::domain::ids::CustomerId;
use crate::domain::quality::summary::Summary;
use crate::domain::quality::{AsOf, Quality, assess};
use crate::store::customers::quality::{self, Place, Queue};
use crate::store::{accounts, customers, sources};
use crate::{refusals, wire};

const CONFIRM: &str = "patron.profile.v1.QualityService/ConfirmCustomerData";

/// How many customers tell of all: at most 2.2 of a hundred beside the truth.
const SAMPLE: u16 = 2000;

impl App {
    /// As of when records are looked at.
    fn as_of(&self) -> AsOf {
        let now = self.now();
        let stale_before = now.checked_sub(self.stale_after);
        AsOf {
            now,
            stale_before: stale_before.unwrap_or(Timestamp::MIN),
        }
    }

    /// Scores a customer.
    pub(crate) async fn quality(
        &self,
        deadline: Deadline,
        id: CustomerId,
    ) -> Result<(Customer, Quality), Refusal> {
        let mut tx = self.snapshot(deadline).await?;
        let customer = customers::get(&mut tx, &self.keyring, id).await?;
        let customer = customer.ok_or_else(refusals::customer_not_found)?;
        let quality = assess(&customer, self.as_of());
        Ok((customer, quality))
    }

    /// Takes down that these fields of a customer are still so, once per `request_id`.
    pub(crate) async fn confirm_data(
        &self,
        caller: &str,
        deadline: Deadline,
        request: &proto::ConfirmCustomerDataRequest,
        (id, fields): (CustomerId, Vec<Field>),
    ) -> Result<Response<proto::DataQuality>, Status> {
        let key = Key::new(caller, CONFIRM, &request.request_id)?;
        match self.claim(deadline, key, request).await? {
            Claim::Replayed(answer) => answer,
            Claim::Fresh(mut claimed) => {
                let outcome = self
                    .confirm_points(claimed.transaction(), id, &fields)
                    .await;
                claimed.finish(outcome).await
            }
        }
    }

    async fn confirm_points(
        &self,
        db: &mut PgTransaction<'_>,
        id: CustomerId,
        fields: &[Field],
    ) -> Result<proto::DataQuality, Refusal> {
        let Person {
            mut customer,
            mut profile,
        } = Person::lock(db, &self.keyring, id).await?;
        let confirmed = profile.confirm(fields, self.now(), &trust());
        if !confirmed.is_empty() {
            let homes = confirmed.iter().map(|source| source.home);
            let keys = self.keys(db, homes.chain([customer.id])).await?;
            sources::put(db, &keys, &confirmed).await?;
            // No value differs, only where it comes from: nobody has to be told.
            customer.settle(profile.golden(&trust()), self.now());
            customers::update(db, &keys, [&customer]).await?;
        }
        let quality = assess(&customer, self.as_of());
        Ok(wire::quality::encode(&customer, quality))
    }

    /// Customers within reach whose data were last confirmed too long ago, the oldest first.
    pub(crate) async fn stale_customers(
        &self,
        deadline: Deadline,
        reach: &Reach,
        after: Option<Place>,
        size: u16,
    ) -> Result<Page<(CustomerId, Timestamp)>, Refusal> {
        let (regions, brands) = lists(reach);
        let queue = Queue {
            before: self.as_of().stale_before,
            after,
            regions,
            brands,
        };
        let mut tx = self.snapshot(deadline).await?;
        let limit = with_one_more(size);
        let found = match reach.manager() {
            Some(manager) => accounts::own::stale(&mut tx, manager, queue, limit).await?,
            None => quality::stale(&mut tx, queue, limit).await?,
        };
        Ok(Page::cut(found, size))
    }

    /// What holds for all customers, from a sample.
    pub(crate) async fn quality_summary(&self, deadline: Deadline) -> Result<Summary, Refusal> {
        let [.., a, b, c, d] = *self.clock.new_id().as_bytes();
        let mut tx = self.snapshot(deadline).await?;
        let (people, drawn) =
            quality::drawn(&mut tx, &self.keyring, [a, b, c, d], with_one_more(SAMPLE)).await?;
        let is_whole = drawn <= usize::from(SAMPLE);
        let as_of = self.as_of();
        let sample: Vec<_> = people.iter().map(|it| assess(it, as_of)).collect();
        Ok(Summary::of(&sample, is_whole))
    }
}
