//! Whether customers are within a caller's reach, for services that keep neither regions nor account managers of
//! their own.

use chassis::client::Connection;
use chassis::{Named, Refusal};
use contract::patron::profile::v1::account_manager_service_client::AccountManagerServiceClient;
use contract::patron::profile::v1::customer_service_client::CustomerServiceClient;
use contract::patron::profile::v1::{GetAccountAssignmentRequest, GetCustomerRequest};
use contract::patron::r#type::v1::ErrorReason;
use tonic::Code;

/// Most customers that are asked about for one call.
const MAX_ASKED: usize = 50;

/// Refuses a call that names a customer beyond reach, as the profile service at the other end of the connection
/// knows them: with its own words for one that there is not. For [`chassis::Service::records`].
pub fn within(
    connection: Connection,
) -> impl Fn(Named) -> futures_util::future::BoxFuture<'static, Result<(), Refusal>> + Send + Sync {
    let profile = Profile {
        customers: CustomerServiceClient::new(connection.clone()),
        managers: AccountManagerServiceClient::new(connection),
    };
    move |named| Box::pin(profile.clone().admit(named))
}

#[derive(Clone)]
struct Profile {
    customers: CustomerServiceClient<Connection>,
    managers: AccountManagerServiceClient<Connection>,
}

impl Profile {
    async fn admit(mut self, named: Named) -> Result<(), Refusal> {
        if named.customers.len() > MAX_ASKED {
            return Err(too_many());
        }
        for customer_id in named.customers {
            let request = GetCustomerRequest {
                customer_id: customer_id.clone(),
            };
            let found = self.customers.get_customer(request).await;
            let customer = found.map_err(|status| Refusal::from_status(&status))?;
            let customer = customer.into_inner();
            let mut manager = None;
            if named.reach.manager().is_some() {
                manager = Some(self.manager_of(customer_id).await?);
            }
            let (region, brand) = (&customer.region_code, &customer.brand);
            if !named.reach.covers_of(region, brand, manager.as_deref()) {
                return Err(not_found());
            }
        }
        Ok(())
    }

    /// Who looks after a customer; asked only for callers to whom it matters.
    async fn manager_of(&mut self, customer_id: String) -> Result<String, Refusal> {
        let request = GetAccountAssignmentRequest { customer_id };
        let found = self.managers.get_account_assignment(request).await;
        let assignment = found.map_err(|status| Refusal::from_status(&status))?;
        Ok(assignment.into_inner().manager_id)
    }
}

fn not_found() -> Refusal {
    let reason = contract::patron::profile::v1::ErrorReason::CustomerNotFound;
    Refusal::new(Code::NotFound, reason, "there is no such customer")
}

fn too_many() -> Refusal {
    let message =
        "the caller may see some customers alone, and the request names too many to ask about";
    let (code, reason) = (Code::PermissionDenied, ErrorReason::PermissionDenied);
    Refusal::new(code, reason, message).metadata("limited_by", "records")
}
