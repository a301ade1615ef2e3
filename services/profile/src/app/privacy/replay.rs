//! A database was restored from before an erasure: the person is erased once more.

use std::collections::BTreeSet;

use chassis::{Deadline, Refusal};
use contract::patron::profile::v1 as proto;
use idempotency::{Claim, Key};
use seal::Fingerprint;
use sqlx::PgTransaction;
use tonic::{Response, Status};
use uuid::Uuid;

use super::request::refuse_held;
use crate::app::App;
use crate::domain::ids::CustomerId;
use crate::domain::privacy::erasure::Erasure;
use crate::store::customers;
use crate::store::privacy::{erasures, suppressions};
use crate::wire;

const METHOD: &str = "patron.profile.v1.PrivacyService/ReplayErasure";

/// An erasure as it was once read.
#[derive(Clone, Debug)]
pub(crate) struct Certificate {
    pub(crate) erasure: Erasure,
    pub(crate) suppressions: Vec<Fingerprint>,
}

impl App {
    /// Asks all services anew, once per `request_id`.
    pub(crate) async fn replay_erasure(
        &self,
        caller: &str,
        deadline: Deadline,
        request: &proto::ReplayErasureRequest,
        certificate: Certificate,
    ) -> Result<Response<proto::Erasure>, Status> {
        let key = Key::new(caller, METHOD, &request.request_id)?;
        match self.claim(deadline, key, request).await? {
            Claim::Replayed(answer) => answer,
            Claim::Fresh(mut claimed) => {
                let outcome = self.erase_again(claimed.transaction(), certificate).await;
                let outcome = outcome.map(|erasure| wire::privacy::erasure(&erasure, &[]));
                let answer = claimed.finish(outcome).await?;
                self.outbox.committed();
                Ok(answer)
            }
        }
    }

    async fn erase_again(
        &self,
        db: &mut PgTransaction<'_>,
        certificate: Certificate,
    ) -> Result<Erasure, Refusal> {
        let Certificate {
            erasure: told,
            suppressions: prints,
        } = certificate;
        let known = erasures::lock(db, told.id).await?;
        let mut erasure = known.unwrap_or_else(|| told.clone());
        let ids: Vec<Uuid> = told.customers.iter().map(|it| it.0).collect();
        // Whom a backup has brought back may have been joined to others since.
        let people = customers::lock(db, &self.keyring, &ids).await?;
        let homes = people.iter().flat_map(|it| it.homes().ids());
        let mut all: BTreeSet<Uuid> = erasure.customers.iter().map(|it| it.0).collect();
        all.extend(homes.chain(ids));
        let all: Vec<Uuid> = all.into_iter().collect();
        refuse_held(db, &all).await?;
        erasure.customers = all.into_iter().map(CustomerId).collect();
        erasure.replay(told.round, self.now());
        suppressions::insert(db, erasure.id, &prints, erasure.requested_at).await?;
        self.suppress_all(db, &erasure, &people).await?;
        self.ask(db, &erasure).await?;
        Ok(erasure)
    }
}
