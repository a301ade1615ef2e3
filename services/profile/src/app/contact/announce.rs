//! What the other services are told.

use contract::patron::profile::v1 as proto;
use events::NewEvent;

use crate::domain::ids::CustomerId;

/// A customer has decided anew.
pub(super) fn consent_changed(customer: CustomerId, preference: proto::Preference) -> NewEvent {
    let payload = proto::ConsentChanged {
        customer_id: customer.0.to_string(),
        preference: Some(preference),
    };
    NewEvent::about(customer.0, Some(customer.0), &payload)
}

/// A message is being sent.
pub(super) fn contact_confirmed(customer: CustomerId, contact: proto::Contact) -> NewEvent {
    let contact = Some(contact);
    NewEvent::about(
        customer.0,
        Some(customer.0),
        &proto::ContactConfirmed { contact },
    )
}
