//! What the other services are told.

use contract::patron::profile::v1::{
    CustomerCreated, CustomerUpdated, OrderRecorded, ReturnRecorded,
};
use events::NewEvent;
use prost_types::FieldMask;

use crate::domain::book::Announcement;
use crate::domain::customer::Customer;
use crate::domain::field::Field;
use crate::domain::ids::CustomerId;
use crate::wire::{orders, returns};

/// A customer is known from now on.
pub(crate) fn created(customer: &Customer) -> NewEvent {
    let details = &customer.details;
    let payload = CustomerCreated {
        customer_id: customer.id.0.to_string(),
        region_code: details.region_code.clone(),
        brand: details.brand.clone(),
        time_zone: details.time_zone.clone(),
    };
    about(customer.id, &payload)
}

/// A customer's record has changed.
pub(crate) fn updated(customer: CustomerId, changed: &[Field]) -> NewEvent {
    let paths = changed
        .iter()
        .map(|field| field.path().to_owned())
        .collect();
    let payload = CustomerUpdated {
        customer_id: customer.0.to_string(),
        changed_fields: Some(FieldMask { paths }),
    };
    about(customer, &payload)
}

/// A customer has bought or given back.
pub(crate) fn activity(announcement: Announcement) -> NewEvent {
    match announcement {
        Announcement::OrderRecorded(order) => about(
            order.customer,
            &OrderRecorded {
                order: Some(orders::encode(order)),
            },
        ),
        Announcement::ReturnRecorded(announced) => {
            let (applied, order) = *announced;
            let customer = applied.customer;
            let payload = ReturnRecorded {
                r#return: Some(returns::encode(applied)),
                order: Some(orders::encode(order)),
            };
            about(customer, &payload)
        }
    }
}

fn about<P: prost::Message + prost::Name>(customer: CustomerId, payload: &P) -> NewEvent {
    NewEvent::about(customer.0, Some(customer.0), payload)
}
