//! `HealthService`.

use chassis::{Refusal, caller};
use contract::patron::profile::v1 as proto;
use proto::health_service_server::HealthService;
use tonic::{Request, Response, Status};

use super::deadline;
use crate::app::App;
use crate::wire;

/// The server of `HealthService`.
#[derive(Clone, Debug)]
pub(crate) struct Healths {
    pub(crate) app: App,
}

#[tonic::async_trait]
impl HealthService for Healths {
    async fn get_health_policy(
        &self,
        request: Request<proto::GetHealthPolicyRequest>,
    ) -> Result<Response<proto::HealthPolicy>, Status> {
        let policy = self.app.health_policy(deadline(&request)).await?;
        Ok(Response::new(policy))
    }

    async fn update_health_policy(
        &self,
        request: Request<proto::UpdateHealthPolicyRequest>,
    ) -> Result<Response<proto::HealthPolicy>, Status> {
        let deadline = deadline(&request);
        let caller = caller(&request)?.id().to_owned();
        let request = request.into_inner();
        let sent = request.policy.clone().unwrap_or_default();
        let policy = wire::health::decode(&sent);
        let policy = policy.map_err(|invalid| Refusal::from(invalid.within("policy")))?;
        self.app
            .update_health_policy(&caller, deadline, &request, &policy)
            .await
    }

    async fn get_customer_health(
        &self,
        request: Request<proto::GetCustomerHealthRequest>,
    ) -> Result<Response<proto::CustomerHealth>, Status> {
        let deadline = deadline(&request);
        let id = wire::customer_id("customer_id", &request.get_ref().customer_id);
        let id = id.map_err(Refusal::from)?;
        Ok(Response::new(self.app.customer_health(deadline, id).await?))
    }
}
