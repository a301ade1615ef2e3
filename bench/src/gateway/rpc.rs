//! Calls as gRPC.

use contract::patron::loyalty::v1::GetSaleRequest;
use contract::patron::loyalty::v1::sale_service_client::SaleServiceClient;
use futures_util::future::BoxFuture;
use tonic::transport::Channel;
use tonic::{Request, Status};

use super::front::Front;

/// A call of a caller.
pub(super) trait Call:
    Fn(Channel, (u32, u32)) -> BoxFuture<'static, Result<(), Status>> + Clone + Send + 'static
{
}

impl<F> Call for F where
    F: Fn(Channel, (u32, u32)) -> BoxFuture<'static, Result<(), Status>> + Clone + Send + 'static
{
}

impl Front {
    /// Reads a purchase: about 300 bytes, 1 kB as JSON. The bare server takes the same call, and makes nothing of
    /// the token.
    pub(super) fn reader(&self) -> impl Call + use<> {
        let bearers = self.bearers.clone();
        move |channel, (caller, number)| {
            let mut request = Request::new(GetSaleRequest {
                customer_id: uuid::Uuid::nil().to_string(),
                order_id: format!("order-{number}"),
            });
            let bearer = bearers.get(caller as usize % bearers.len());
            if let Some(bearer) = bearer {
                let metadata = request.metadata_mut();
                metadata.insert("authorization", bearer.clone());
            }
            Box::pin(async move {
                let mut client = SaleServiceClient::new(channel);
                client.get_sale(request).await.map(drop)
            })
        }
    }
}
