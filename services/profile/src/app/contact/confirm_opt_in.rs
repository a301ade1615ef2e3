//! Confirming a pending consent.

use chassis::{Deadline, Refusal};
use contract::patron::profile::v1 as proto;
use sqlx::{Postgres, Transaction};

use super::{ContactError, announce};
use crate::app::App;
use crate::domain::contact::opt_in::{NotPending, confirm};
use crate::domain::contact::topic::StatementId;
use crate::domain::ids::CustomerId;
use crate::store::contact;
use crate::store::contact::statements::{self, Recorded};
use crate::wire::contact::consents::preference;

impl App {
    /// Confirms the request of a token. The token is a key of its own: confirming again changes
    /// nothing, and answers what is allowed now.
    pub(crate) async fn confirm_opt_in(
        &self,
        caller: &str,
        deadline: Deadline,
        token: &str,
        evidence: String,
    ) -> Result<proto::Preference, Refusal> {
        let (home, request) = self.secrets.read(token)?;
        let mut tx = self.begin(deadline).await?;
        let confirmed = self
            .confirm(&mut tx, (home, request), caller, evidence)
            .await?;
        tx.commit()
            .await
            .map_err(|error| crate::refusals::database(error.into()))?;
        self.outbox.committed();
        Ok(confirmed)
    }

    async fn confirm(
        &self,
        tx: &mut Transaction<'static, Postgres>,
        (home, request): (CustomerId, StatementId),
        caller: &str,
        evidence: String,
    ) -> Result<proto::Preference, ContactError> {
        let person = contact::lock_person(tx, home).await?;
        let person = person.ok_or(ContactError::CustomerNotFound)?;
        let now = self.now();
        let ids = &person.ids;
        let about = statements::about_request(tx, ids, home, request).await?;
        let asked = about.statements.iter().find(|it| it.id == request);
        let topic = asked.ok_or(NotPending::Unknown)?.topic.clone();
        let id = StatementId(self.clock.new_id());
        let confirmed = confirm(&about, request, id, now)?;
        let is_new = confirmed.is_some();
        if let Some(statement) = confirmed {
            let recorded = Recorded {
                statement,
                evidence,
                recorded_by: caller.to_owned(),
                record_time: now,
            };
            let proved = (!recorded.evidence.is_empty()).then_some(home);
            let keys = self.keys(tx, proved).await?;
            statements::insert(tx, &keys, &recorded).await?;
        }
        let said = statements::newest(tx, ids, Some(&topic)).await?;
        let preference = preference(&topic, said.standing(&topic, now));
        if is_new {
            let event = announce::consent_changed(home, preference.clone());
            self.outbox.append_all(tx, &[event]).await?;
        }
        Ok(preference)
    }
}
