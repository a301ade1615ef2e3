//! `AccountManagerService`.

use chassis::paging::{PageTokens, Scope, page_size};
use chassis::{Refusal, caller};
use contract::patron::profile::v1 as proto;
use proto::account_manager_service_server::AccountManagerService;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::deadline;
use super::lists::{Asked, DEFAULT_SIZE, MOST_SIZE, answer};
use crate::app::App;
use crate::app::accounts::{HandOver, HandedOver, Wish};
use crate::domain::accounts::{Change, Manager, ManagerId};
use crate::wire;

const MANAGERS: &str = "patron.profile.v1.AccountManagerService/ListAccountManagers";
const HAND_OVER: &str = "patron.profile.v1.AccountManagerService/HandOverAccounts";
const ASSIGNMENTS: &str = "patron.profile.v1.AccountManagerService/ListAccountAssignments";

/// The server of `AccountManagerService`.
#[derive(Clone, Debug)]
pub(crate) struct Accounts {
    pub(crate) app: App,
    pub(crate) pages: PageTokens,
}

#[tonic::async_trait]
impl AccountManagerService for Accounts {
    async fn put_account_manager(
        &self,
        request: Request<proto::PutAccountManagerRequest>,
    ) -> Result<Response<proto::AccountManager>, Status> {
        let deadline = deadline(&request);
        let caller = caller(&request)?.id().to_owned();
        let request = request.into_inner();
        let sent = request.account_manager.clone().unwrap_or_default();
        let manager = wire::accounts::decode(sent);
        let manager = manager.map_err(|it| Refusal::from(it.within("account_manager")))?;
        self.app
            .put_account_manager(&caller, deadline, &request, manager)
            .await
    }

    async fn list_account_managers(
        &self,
        request: Request<proto::ListAccountManagersRequest>,
    ) -> Result<Response<proto::ListAccountManagersResponse>, Status> {
        let deadline = deadline(&request);
        let request = request.get_ref();
        let scope = Scope {
            method: MANAGERS,
            filters: &[],
        };
        let after: Option<String> = self.pages.decode(scope, &request.page_token)?;
        let size = page_size(request.page_size, DEFAULT_SIZE, MOST_SIZE);
        let after = after.unwrap_or_default();
        let page = self.app.account_managers(deadline, &after, size).await?;
        let place = |manager: &Manager| manager.id.0.clone();
        let (account_managers, next_page_token) =
            answer(&self.pages, scope, page, place, wire::accounts::manager)?;
        Ok(Response::new(proto::ListAccountManagersResponse {
            account_managers,
            next_page_token,
        }))
    }

    async fn assign_account_manager(
        &self,
        request: Request<proto::AssignAccountManagerRequest>,
    ) -> Result<Response<proto::AccountAssignment>, Status> {
        let deadline = deadline(&request);
        let actor = caller(&request)?.id().to_owned();
        let request = request.into_inner();
        wire::text("reason", &request.reason).map_err(Refusal::from)?;
        wire::text("manager_id", &request.manager_id).map_err(Refusal::from)?;
        let customer = wire::customer_id("customer_id", &request.customer_id);
        let wish = Wish {
            customer: customer.map_err(Refusal::from)?,
            manager: wire::accounts::named(request.manager_id.clone()),
            level: wire::accounts::level(request.level()),
            reason: request.reason.clone(),
            actor,
        };
        self.app
            .assign_account_manager(deadline, &request, wish)
            .await
    }

    async fn get_account_assignment(
        &self,
        request: Request<proto::GetAccountAssignmentRequest>,
    ) -> Result<Response<proto::AccountAssignment>, Status> {
        let deadline = deadline(&request);
        let customer = wire::customer_id("customer_id", &request.get_ref().customer_id);
        let customer = customer.map_err(Refusal::from)?;
        let assignment = self.app.account_assignment(deadline, customer).await?;
        Ok(Response::new(assignment))
    }

    async fn list_account_assignments(
        &self,
        request: Request<proto::ListAccountAssignmentsRequest>,
    ) -> Result<Response<proto::ListAccountAssignmentsResponse>, Status> {
        let deadline = deadline(&request);
        let request = request.get_ref();
        let asked = Asked {
            method: ASSIGNMENTS,
            customer_id: &request.customer_id,
            page_size: request.page_size,
            page_token: &request.page_token,
        };
        let page = asked.by_id(&self.pages)?;
        let place = (page.customer, page.last.unwrap_or(Uuid::max()));
        let page = self
            .app
            .account_assignments(deadline, place, page.size)
            .await?;
        let place = |change: &Change| change.id;
        let (assignments, next_page_token) =
            asked.answer(&self.pages, page, place, wire::accounts::change)?;
        Ok(Response::new(proto::ListAccountAssignmentsResponse {
            assignments,
            next_page_token,
        }))
    }

    async fn hand_over_accounts(
        &self,
        request: Request<proto::HandOverAccountsRequest>,
    ) -> Result<Response<proto::HandOverAccountsResponse>, Status> {
        let deadline = deadline(&request);
        let actor = caller(&request)?.id().to_owned();
        let request = request.into_inner();
        wire::text("reason", &request.reason).map_err(Refusal::from)?;
        wire::text("to_manager_id", &request.to_manager_id).map_err(Refusal::from)?;
        // Of another hand-over, the place would be another's.
        let scope = Scope {
            method: HAND_OVER,
            filters: &[&request.manager_id, &request.to_manager_id],
        };
        let after: Option<Uuid> = self.pages.decode(scope, &request.page_token)?;
        let wish = HandOver {
            from: ManagerId(request.manager_id.clone()),
            to: wire::accounts::named(request.to_manager_id.clone()),
            after: after.unwrap_or_default(),
            reason: request.reason.clone(),
            actor,
        };
        let encode = |done: HandedOver| {
            let token = done.last.map(|last| self.pages.encode(scope, &last));
            let next_page_token = token.transpose()?.unwrap_or_default();
            Ok(wire::accounts::handed_over(&done, next_page_token))
        };
        let app = &self.app;
        app.hand_over_accounts(deadline, &request, wish, encode)
            .await
    }
}
