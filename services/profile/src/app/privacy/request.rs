//! A person is to be erased.

use std::collections::BTreeSet;

use chassis::{Deadline, Refusal};
use contract::patron::profile::v1 as proto;
use idempotency::{Claim, Key};
use sqlx::{PgConnection, PgTransaction};
use tonic::{Response, Status};
use uuid::Uuid;

use crate::app::App;
use crate::domain::customer::Customer;
use crate::domain::identity::kinds::{Kind, kind_of};
use crate::domain::ids::CustomerId;
use crate::domain::privacy::erasure::{Erasure, ErasureId, Ground};
use crate::store::privacy::{holds, suppressions};
use crate::store::{customers, identifiers, source_keys};
use crate::{refusals, wire};

const METHOD: &str = "patron.profile.v1.PrivacyService/RequestErasure";

/// Who is to be erased, why, and who says so.
#[derive(Clone, Debug)]
pub(crate) struct Wish {
    pub(crate) customer: CustomerId,
    pub(crate) ground: Ground,
    pub(crate) requested_by: String,
}

impl App {
    /// Begins to erase a person, once per `request_id`.
    pub(crate) async fn request_erasure(
        &self,
        deadline: Deadline,
        request: &proto::RequestErasureRequest,
        wish: Wish,
    ) -> Result<Response<proto::Erasure>, Status> {
        let key = Key::new(&wish.requested_by, METHOD, &request.request_id)?;
        match self.claim(deadline, key, request).await? {
            Claim::Replayed(answer) => answer,
            Claim::Fresh(mut claimed) => {
                let outcome = self.begin_erasure(claimed.transaction(), wish).await;
                let outcome = outcome.map(|erasure| wire::privacy::erasure(&erasure, &[]));
                let answer = claimed.finish(outcome).await?;
                self.outbox.committed();
                Ok(answer)
            }
        }
    }

    async fn begin_erasure(
        &self,
        db: &mut PgTransaction<'_>,
        wish: Wish,
    ) -> Result<Erasure, Refusal> {
        erasure::admit(db, wish.customer.0)
            .await
            .map_err(refusals::database)??;
        let locked = customers::lock_all(db, &self.keyring, &[wish.customer]).await?;
        let person = locked.and_then(|mut locked| locked.pop());
        let person = person.ok_or_else(refusals::customer_not_found)?;
        let homes = person.homes().ids();
        refuse_held(db, &homes).await?;
        let now = self.now();
        let erasure = Erasure {
            id: ErasureId(self.clock.new_id()),
            customers: homes.iter().copied().map(CustomerId).collect(),
            ground: wish.ground,
            requested_by: wish.requested_by,
            requested_at: now,
            round: 1,
            counts_from: 1,
            asked_at: now,
            completed_at: None,
            reports: Vec::new(),
        };
        self.suppress_all(db, &erasure, &[person]).await?;
        self.ask(db, &erasure).await?;
        Ok(erasure)
    }

    /// Keeps fingerprints of all that channels know these people by.
    pub(super) async fn suppress_all(
        &self,
        db: &mut PgTransaction<'_>,
        erasure: &Erasure,
        people: &[Customer],
    ) -> Result<(), Refusal> {
        let ids: Vec<Uuid> = erasure.customers.iter().map(|it| it.0).collect();
        let owned = identifiers::of(db, &ids).await?;
        let known = people.iter().flat_map(|it| &it.details.identifiers);
        // One that people share, a device for example, does not tell who somebody is.
        let known = known.filter(|it| kind_of(&it.key) != Kind::Shared);
        let known: Vec<_> = known.map(|it| it.key.clone()).collect();
        // What another person has as well goes on being theirs.
        let others = identifiers::of_others(db, &self.keyring, &known, &ids).await?;
        let known = known.iter().filter(|key| !others.contains(*key));
        let known = known.filter_map(|key| self.print_of(key));
        let records = source_keys::of(db, &ids).await?;
        let prints: BTreeSet<_> = owned.into_iter().chain(known).chain(records).collect();
        let prints: Vec<_> = prints.into_iter().collect();
        suppressions::insert(db, erasure.id, &prints, erasure.requested_at).await?;
        Ok(())
    }
}

/// Refuses while a legal hold is on one of these.
pub(super) async fn refuse_held(db: &mut PgConnection, homes: &[Uuid]) -> Result<(), Refusal> {
    match holds::standing(db, homes).await? {
        Some(hold) => Err(refusals::legal_hold(hold)),
        None => Ok(()),
    }
}
