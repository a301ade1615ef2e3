//! What is refused because somebody was erased.

use std::collections::HashSet;

use chassis::{Deadline, Refusal};
use contract::patron::profile::v1 as proto;
use idempotency::{Claim, Key};
use seal::Fingerprint;
use sqlx::PgConnection;
use tonic::{Response, Status};

use crate::app::App;
use crate::domain::identifier::IdentifierKey;
use crate::refusals;
use crate::store::StoreError;
use crate::store::privacy::suppressions;
use crate::store::sealed::{of_identifier, of_record};

const METHOD: &str = "patron.profile.v1.PrivacyService/LiftSuppression";

impl App {
    /// The fingerprint by which an identifier is refused.
    pub(super) fn print_of(&self, key: &IdentifierKey) -> Option<Fingerprint> {
        of_identifier(&self.keyring, key).into_iter().next()
    }

    /// Which of these identifiers are of people who were erased.
    pub(crate) async fn suppressed(
        &self,
        db: &mut PgConnection,
        keys: &[IdentifierKey],
    ) -> Result<HashSet<IdentifierKey>, StoreError> {
        if keys.is_empty() {
            return Ok(HashSet::new());
        }
        let mut prints = Vec::new();
        for key in keys {
            let of_key = of_identifier(&self.keyring, key).into_iter();
            prints.extend(of_key.map(|print| (print, key)));
        }
        let asked: Vec<_> = prints.iter().map(|(print, _)| print.clone()).collect();
        let found = suppressions::among(db, &asked).await?;
        let hits = prints.iter().filter(|(print, _)| found.contains(print));
        Ok(hits.map(|(_, key)| (*key).clone()).collect())
    }

    /// Refuses identifiers of people who were erased.
    pub(crate) async fn refuse_suppressed<'a>(
        &self,
        db: &mut PgConnection,
        keys: impl Iterator<Item = &'a IdentifierKey>,
    ) -> Result<(), Refusal> {
        let keys: Vec<_> = keys.cloned().collect();
        let suppressed = self.suppressed(db, &keys).await?;
        match keys.iter().find(|key| suppressed.contains(key)) {
            Some(key) => Err(refusals::identifier_suppressed(&key.kind)),
            None => Ok(()),
        }
    }

    /// Which of a channel's records are of people who were erased.
    pub(crate) async fn suppressed_records(
        &self,
        db: &mut PgConnection,
        channel: &str,
        keys: &[&str],
    ) -> Result<HashSet<String>, StoreError> {
        let prints = keys.iter().flat_map(|key| {
            let of_key = of_record(&self.keyring, channel, key).into_iter();
            of_key.map(|print| (print, (*key).to_owned()))
        });
        let prints: Vec<_> = prints.collect();
        let asked: Vec<_> = prints.iter().map(|(print, _)| print.clone()).collect();
        let found = suppressions::among(db, &asked).await?;
        let hits = prints
            .into_iter()
            .filter(|(print, _)| found.contains(print));
        Ok(hits.map(|(_, key)| key).collect())
    }

    /// Refuses a channel's record of a person who was erased.
    pub(crate) async fn refuse_record(
        &self,
        db: &mut PgConnection,
        (channel, key): (&str, &str),
    ) -> Result<(), Refusal> {
        let prints = of_record(&self.keyring, channel, key);
        if suppressions::among(db, &prints).await?.is_empty() {
            Ok(())
        } else {
            Err(refusals::identifier_suppressed("source_key"))
        }
    }

    /// Lets an identifier be used again, once per `request_id`.
    pub(crate) async fn lift_suppression(
        &self,
        caller: &str,
        deadline: Deadline,
        request: &proto::LiftSuppressionRequest,
        key: IdentifierKey,
    ) -> Result<Response<proto::LiftSuppressionResponse>, Status> {
        let claim = Key::new(caller, METHOD, &request.request_id)?;
        match self.claim(deadline, claim, request).await? {
            Claim::Replayed(answer) => answer,
            Claim::Fresh(mut claimed) => {
                let prints = of_identifier(&self.keyring, &key);
                let lifted = suppressions::delete(claimed.transaction(), &prints).await;
                let outcome =
                    lifted.map(|was_suppressed| proto::LiftSuppressionResponse { was_suppressed });
                claimed.finish(outcome.map_err(Refusal::from)).await
            }
        }
    }
}
