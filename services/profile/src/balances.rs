//! What people have in points: loyalty knows.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chassis::client::Connection;
use contract::patron::loyalty::v1::member_service_client::MemberServiceClient;
use contract::patron::loyalty::v1::{Balance, GetMemberRequest};
use tonic::{Code, Request, Status};
use uuid::Uuid;

/// Who knows what people have in points.
#[async_trait]
pub trait Balances: fmt::Debug + Send + Sync + 'static {
    /// What a customer has in each point currency, answered within a time. Of who is no member: nothing.
    async fn of(&self, customer_id: Uuid, within: Duration) -> Result<Vec<Balance>, Status>;
}

/// Loyalty, over gRPC.
struct Remote(MemberServiceClient<Connection>);

impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Remote")
    }
}

/// What loyalty tells over a connection to it.
pub fn balances(connection: Connection) -> Arc<dyn Balances> {
    Arc::new(Remote(MemberServiceClient::new(connection)))
}

#[async_trait]
impl Balances for Remote {
    async fn of(&self, customer_id: Uuid, within: Duration) -> Result<Vec<Balance>, Status> {
        let mut request = Request::new(GetMemberRequest {
            customer_id: customer_id.to_string(),
        });
        request.set_timeout(within);
        match self.0.clone().get_member(request).await {
            Ok(member) => Ok(member.into_inner().balances),
            Err(status) if status.code() == Code::NotFound => Ok(Vec::new()),
            Err(status) => Err(status),
        }
    }
}
