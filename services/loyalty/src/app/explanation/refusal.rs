use idempotency::{Refused, refused};
use prost_reflect::{MethodDescriptor, ServiceDescriptor};
use uuid::Uuid;

use super::ExplainError;
use crate::app::Loyalty;

/// Where the reasons of errors stand in the contract: the service's own, then those of all.
const REASONS: [&str; 2] = [
    "patron.loyalty.v1.ErrorReason",
    "patron.type.v1.ErrorReason",
];
const PACKAGE: &str = "patron.loyalty.v1";

/// A refusal, and what its reason means.
#[derive(Debug)]
pub(crate) struct ExplainedRefusal {
    /// As it was answered.
    pub(crate) refused: Refused,
    /// What the contract says of its reason.
    pub(crate) meaning: String,
}

/// Finds out why the request of a caller was refused. Where the same id was used for calls of
/// several methods, the first refusal is told.
pub(crate) async fn explain_refusal(
    loyalty: &Loyalty,
    caller: &str,
    request_id: Uuid,
) -> Result<ExplainedRefusal, ExplainError> {
    let kept = refused(&loyalty.db, caller, &methods(), request_id).await?;
    let refused = kept
        .into_iter()
        .next()
        .ok_or(ExplainError::RefusalNotFound)?;
    let meaning = meaning(refused.refusal.reason());
    Ok(ExplainedRefusal { refused, meaning })
}

/// The methods of this service that take a `request_id`.
fn methods() -> Vec<String> {
    let services = contract::pool().services();
    let own = services.filter(|service| service.package_name() == PACKAGE);
    own.flat_map(|service: ServiceDescriptor| {
        let methods = service.methods().collect::<Vec<MethodDescriptor>>();
        methods.into_iter().filter_map(move |method| {
            method.input().get_field_by_name("request_id")?;
            Some(format!("{}/{}", service.full_name(), method.name()))
        })
    })
    .collect()
}

fn meaning(reason: &str) -> String {
    let value = format!("ERROR_REASON_{reason}");
    let told = REASONS
        .iter()
        .find_map(|reasons| contract::comments::of_value(reasons, &value));
    told.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_method_that_takes_a_request_id_is_asked_and_every_reason_has_a_meaning() {
        let methods = methods();
        assert!(methods.contains(&"patron.loyalty.v1.MemberService/CreateRedemption".to_owned()));
        assert!(!methods.contains(&"patron.loyalty.v1.MemberService/GetMember".to_owned()));
        assert!(meaning("INSUFFICIENT_POINTS").starts_with("Fewer points are available"));
        assert!(!meaning("INVALID_ARGUMENT").is_empty());
    }
}
