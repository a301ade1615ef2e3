//! `PrivacyService`.

use chassis::paging::{PageTokens, Scope, page_size};
use chassis::{Refusal, caller};
use contract::patron::profile::v1 as proto;
use proto::privacy_service_server::PrivacyService;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::deadline;
use super::lists::{Asked, DEFAULT_SIZE, MOST_SIZE, answer};
use crate::app::App;
use crate::app::privacy::request::Wish;
use crate::domain::identifier::IdentifierKey;
use crate::domain::ids::CustomerId;
use crate::domain::invalid::{Invalid, Problem};
use crate::domain::privacy::erasure::{Erasure, ErasureId};
use crate::domain::privacy::hold::{LegalHold, LegalHoldId};
use crate::wire;

const ERASURES: &str = "patron.profile.v1.PrivacyService/ListErasures";
const HOLDS: &str = "patron.profile.v1.PrivacyService/ListLegalHolds";

/// The server of `PrivacyService`.
#[derive(Clone, Debug)]
pub(crate) struct Privacy {
    pub(crate) app: App,
    pub(crate) pages: PageTokens,
}

#[tonic::async_trait]
impl PrivacyService for Privacy {
    async fn request_erasure(
        &self,
        request: Request<proto::RequestErasureRequest>,
    ) -> Result<Response<proto::Erasure>, Status> {
        let deadline = deadline(&request);
        let requested_by = caller(&request)?.id().to_owned();
        let request = request.into_inner();
        let wish = Wish {
            customer: customer_id(&request.customer_id)?,
            ground: wire::privacy::ground("ground", request.ground()).map_err(Refusal::from)?,
            requested_by,
        };
        self.app.request_erasure(deadline, &request, wish).await
    }

    async fn get_erasure(
        &self,
        request: Request<proto::GetErasureRequest>,
    ) -> Result<Response<proto::Erasure>, Status> {
        let deadline = deadline(&request);
        let id = id("erasure_id", &request.get_ref().erasure_id)?;
        let (erasure, prints) = self.app.erasure(deadline, ErasureId(id)).await?;
        Ok(Response::new(wire::privacy::erasure(&erasure, &prints)))
    }

    async fn list_erasures(
        &self,
        request: Request<proto::ListErasuresRequest>,
    ) -> Result<Response<proto::ListErasuresResponse>, Status> {
        let deadline = deadline(&request);
        let request = request.get_ref();
        let filter = request.pending_only.to_string();
        let scope = Scope {
            method: ERASURES,
            filters: &[&filter],
        };
        let before = self.pages.decode::<Uuid>(scope, &request.page_token)?;
        let before = ErasureId(before.unwrap_or(Uuid::max()));
        let size = page_size(request.page_size, DEFAULT_SIZE, MOST_SIZE);
        let pending_only = request.pending_only;
        let page = self
            .app
            .erasures(deadline, pending_only, before, size)
            .await?;
        let place = |erasure: &Erasure| erasure.id.0;
        let encode = |erasure: Erasure| wire::privacy::erasure(&erasure, &[]);
        let (erasures, next_page_token) = answer(&self.pages, scope, page, place, encode)?;
        Ok(Response::new(proto::ListErasuresResponse {
            erasures,
            next_page_token,
        }))
    }

    async fn replay_erasure(
        &self,
        request: Request<proto::ReplayErasureRequest>,
    ) -> Result<Response<proto::Erasure>, Status> {
        let deadline = deadline(&request);
        let caller = caller(&request)?.id().to_owned();
        let request = request.into_inner();
        let certificate = wire::privacy::certificate(request.erasure.clone().unwrap_or_default());
        let certificate = certificate.map_err(|it| Refusal::from(it.within("erasure")))?;
        self.app
            .replay_erasure(&caller, deadline, &request, certificate)
            .await
    }

    async fn lift_suppression(
        &self,
        request: Request<proto::LiftSuppressionRequest>,
    ) -> Result<Response<proto::LiftSuppressionResponse>, Status> {
        let deadline = deadline(&request);
        let caller = caller(&request)?.id().to_owned();
        let request = request.into_inner();
        wire::text("value", &request.value).map_err(Refusal::from)?;
        let (kind, value) = (request.kind.clone(), request.value.clone());
        let key = IdentifierKey::stated(kind, value, self.app.country);
        self.app
            .lift_suppression(&caller, deadline, &request, key)
            .await
    }

    async fn create_legal_hold(
        &self,
        request: Request<proto::CreateLegalHoldRequest>,
    ) -> Result<Response<proto::LegalHold>, Status> {
        let deadline = deadline(&request);
        let caller = caller(&request)?.id().to_owned();
        let request = request.into_inner();
        let customer = customer_id(&request.customer_id)?;
        wire::text("reason", &request.reason).map_err(Refusal::from)?;
        self.app
            .create_legal_hold(&caller, deadline, &request, customer)
            .await
    }

    async fn release_legal_hold(
        &self,
        request: Request<proto::ReleaseLegalHoldRequest>,
    ) -> Result<Response<proto::LegalHold>, Status> {
        let deadline = deadline(&request);
        let caller = caller(&request)?.id().to_owned();
        let request = request.into_inner();
        let customer = customer_id(&request.customer_id)?;
        let hold = LegalHoldId(id("legal_hold_id", &request.legal_hold_id)?);
        wire::text("reason", &request.reason).map_err(Refusal::from)?;
        self.app
            .release_legal_hold(&caller, deadline, &request, (customer, hold))
            .await
    }

    async fn list_legal_holds(
        &self,
        request: Request<proto::ListLegalHoldsRequest>,
    ) -> Result<Response<proto::ListLegalHoldsResponse>, Status> {
        let deadline = deadline(&request);
        let request = request.get_ref();
        let asked = Asked {
            method: HOLDS,
            customer_id: &request.customer_id,
            page_size: request.page_size,
            page_token: &request.page_token,
        };
        let page = asked.by_id(&self.pages)?;
        let place = (page.customer, LegalHoldId(page.last.unwrap_or(Uuid::max())));
        let page = self.app.legal_holds(deadline, place, page.size).await?;
        let place = |hold: &LegalHold| hold.id.0;
        let (legal_holds, next_page_token) =
            asked.answer(&self.pages, page, place, wire::privacy::legal_hold)?;
        Ok(Response::new(proto::ListLegalHoldsResponse {
            legal_holds,
            next_page_token,
        }))
    }
}

fn customer_id(text: &str) -> Result<CustomerId, Refusal> {
    Ok(wire::customer_id("customer_id", text)?)
}

fn id(field: &str, text: &str) -> Result<Uuid, Refusal> {
    let id = Uuid::try_parse(text).map_err(|_| Invalid::new(field, Problem::Missing));
    Ok(id?)
}
