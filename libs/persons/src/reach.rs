//! Whether customers are within a caller's reach, for services that keep no regions of their own.

use access::Reach;
use chassis::client::Connection;
use chassis::{Named, Refusal};
use contract::patron::profile::v1::GetCustomerRequest;
use contract::patron::profile::v1::customer_service_client::CustomerServiceClient;
use contract::patron::r#type::v1::ErrorReason;
use tonic::Code;

/// Most customers that are asked about for one call.
const MAX_ASKED: usize = 50;

/// Refuses a call that names a customer beyond reach, as the profile service at the other end of the connection
/// knows them: with its own words for one that there is not. For [`chassis::Service::records`].
pub fn within(
    connection: Connection,
) -> impl Fn(Named) -> futures_util::future::BoxFuture<'static, Result<(), Refusal>> + Send + Sync {
    let profile = CustomerServiceClient::new(connection);
    move |named| Box::pin(ask(profile.clone(), named))
}

async fn ask(mut profile: CustomerServiceClient<Connection>, named: Named) -> Result<(), Refusal> {
    if named.customers.len() > MAX_ASKED {
        return Err(too_many());
    }
    for customer_id in named.customers {
        let request = GetCustomerRequest { customer_id };
        let found = profile.get_customer(request).await;
        let customer = found.map_err(|status| Refusal::from_status(&status))?;
        let customer = customer.into_inner();
        check(&named.reach, &customer.region_code, &customer.brand)?;
    }
    Ok(())
}

fn check(reach: &Reach, region: &str, brand: &str) -> Result<(), Refusal> {
    if reach.covers(region, brand) {
        return Ok(());
    }
    let reason = contract::patron::profile::v1::ErrorReason::CustomerNotFound;
    Err(Refusal::new(
        Code::NotFound,
        reason,
        "there is no such customer",
    ))
}

fn too_many() -> Refusal {
    let message =
        "the caller may see some customers alone, and the request names too many to ask about";
    let (code, reason) = (Code::PermissionDenied, ErrorReason::PermissionDenied);
    Refusal::new(code, reason, message).metadata("limited_by", "records")
}
