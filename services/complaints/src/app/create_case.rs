use chassis::Refusal;
use contract::patron::complaints::v1::{Case as WireCase, CreateCaseRequest};
use idempotency::{Claim, Key};
use sqlx::PgTransaction;
use tonic::{Response, Status};

use super::advance::announcement;
use super::{App, Call, CaseError};
use crate::domain::{Case, CaseId, Opening, Progress};
use crate::{store, wire};

const METHOD: &str = "patron.complaints.v1.CaseService/CreateCase";

impl App {
    /// Opens a case for the caller.
    pub(crate) async fn create_case(
        &self,
        call: &Call,
        request: CreateCaseRequest,
    ) -> Result<Response<WireCase>, Status> {
        let key = Key::new(&call.caller, METHOD, &request.request_id)?;
        match self.claim(call, key, &request).await? {
            Claim::Replayed(answer) => answer,
            Claim::Fresh(mut claimed) => {
                let outcome = self.create(claimed.transaction(), call, request).await;
                let answer = claimed.finish(outcome).await?;
                self.outbox.committed();
                Ok(answer)
            }
        }
    }

    async fn create(
        &self,
        tx: &mut PgTransaction<'_>,
        call: &Call,
        request: CreateCaseRequest,
    ) -> Result<WireCase, Refusal> {
        let opening = wire::cases::opening(request.case.unwrap_or_default())?;
        let case = self.open(tx, opening, &call.caller).await?;
        // Only openings with an origin can meet another, and callers cannot name one.
        case.map(|case| wire::cases::case(&case))
            .ok_or_else(|| CaseError::OriginTaken.into())
    }

    /// Opens a case and announces it; `None` when its origin has opened one already. Refused for a person who was erased:
    /// there is no key to seal with.
    pub(super) async fn open(
        &self,
        tx: &mut PgTransaction<'_>,
        opening: Opening,
        actor: &str,
    ) -> Result<Option<Case>, CaseError> {
        let (entry, progress) = Progress::open(opening.origin.clone(), self.stamp(actor));
        let case = Case {
            id: CaseId(self.clock.new_id()),
            opening,
            progress,
        };
        let key = self.key(tx, &case, &entry).await?;
        if !store::cases::insert(tx, key.as_ref(), &case).await? {
            return Ok(None);
        }
        let of = (case.opening.customer, case.id);
        store::log::append(tx, key.as_ref(), of, &entry).await?;
        self.outbox
            .append(tx, announcement(&case, &entry, false))
            .await?;
        Ok(Some(case))
    }
}
