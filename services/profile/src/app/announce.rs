//! What the other services are told.

use std::collections::BTreeSet;

use contract::patron::profile::v1::{
    AccountManagerAssigned, CustomerAttributesChanged, CustomerCreated, CustomerHealthChanged,
    CustomerPlaced, CustomerRemoved, CustomerUpdated, LifecycleStageChanged, OrderRecorded,
    ProcessingRestricted, ProcessingUnrestricted, ProfilesMerged, ProfilesUnmerged, ReturnRecorded,
    SegmentEntered, SegmentLeft, TagAdded, TagRemoved, ValueTierChanged,
};
use events::NewEvent;
use prost_types::FieldMask;
use uuid::Uuid;

use crate::domain::accounts::Change as AccountChange;
use crate::domain::book::Announcement;
use crate::domain::customer::Customer;
use crate::domain::field::Field;
use crate::domain::health::Band;
use crate::domain::identity::link::LinkId;
use crate::domain::identity::place::{homes, is_place};
use crate::domain::ids::{CustomerId, ImportId};
use crate::domain::rating::{Stage, Tier};
use crate::domain::segment::definition::SegmentId;
use crate::domain::tag::{Change, Kind};
use crate::wire::{accounts, health, orders, ratings, returns, time};

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

/// A customer's record has changed, and where each of its ids is if these fields say so.
pub(crate) fn settled(customer: &Customer, changed: &[Field]) -> Vec<NewEvent> {
    if changed.is_empty() {
        return Vec::new();
    }
    let mut events = vec![updated(customer.id, changed)];
    if is_place(changed) {
        events.extend(placed(customer, homes(customer)));
    }
    events
}

/// These ids are where the person is to whom they lead.
pub(crate) fn placed(
    person: &Customer,
    ids: impl IntoIterator<Item = CustomerId>,
) -> impl Iterator<Item = NewEvent> {
    let details = &person.details;
    ids.into_iter().map(move |id| {
        let payload = CustomerPlaced {
            customer_id: id.0.to_string(),
            region_code: details.region_code.clone(),
            brand: details.brand.clone(),
            revision: person.version,
        };
        about(id, &payload)
    })
}

/// A customer whom only an import spoke of is gone with it.
pub(crate) fn removed(customer: CustomerId, import: ImportId) -> NewEvent {
    let payload = CustomerRemoved {
        customer_id: customer.0.to_string(),
        import_id: import.0.to_string(),
    };
    about(customer, &payload)
}

/// Two customers are one person's.
pub(crate) fn merged(survivor: &Customer, merged: CustomerId, link: LinkId) -> NewEvent {
    let payload = ProfilesMerged {
        customer_id: survivor.id.0.to_string(),
        merged_customer_ids: texts(&survivor.absorbed),
        merged_customer_id: merged.0.to_string(),
        link_id: link.0.to_string(),
        revision: survivor.revision,
    };
    about(survivor.id, &payload)
}

/// What was one person's is two people's.
pub(crate) fn unmerged(stays: &Customer, parted: &Customer, link: LinkId) -> NewEvent {
    let payload = ProfilesUnmerged {
        customer_id: stays.id.0.to_string(),
        merged_customer_ids: texts(&stays.absorbed),
        parted_customer_id: parted.id.0.to_string(),
        parted_merged_customer_ids: texts(&parted.absorbed),
        link_id: link.0.to_string(),
        revision: stays.revision,
    };
    about(stays.id, &payload)
}

/// Somebody else looks after a customer, or the customer matters more or less.
pub(crate) fn account_manager(change: &AccountChange) -> NewEvent {
    let assignment = &change.assignment;
    let previous = change.previous.clone();
    let payload = AccountManagerAssigned {
        customer_id: assignment.home.0.to_string(),
        manager_id: assignment.manager.0.clone(),
        previous_manager_id: previous.map(|it| it.0).unwrap_or_default(),
        level: accounts::encode_level(assignment.level).into(),
    };
    about(assignment.home, &payload)
}

/// A tag was put on or taken off.
pub(crate) fn tag(change: &Change) -> NewEvent {
    let (home, tag) = (change.home, change.tag.clone());
    let customer_id = home.0.to_string();
    let source = change.source.clone();
    match change.kind {
        Kind::Added { until } => {
            let expire_time = until.map(time::encode);
            let payload = TagAdded {
                customer_id,
                tag,
                source,
                expire_time,
            };
            about(home, &payload)
        }
        Kind::Removed => {
            let payload = TagRemoved {
                by_customer_id: change.by.0.to_string(),
                customer_id,
                tag,
                source,
            };
            about(home, &payload)
        }
    }
}

/// Attributes were set or cleared under an id.
pub(crate) fn attributes(home: CustomerId, attribute_ids: Vec<String>) -> NewEvent {
    let customer_id = home.0.to_string();
    about(
        home,
        &CustomerAttributesChanged {
            customer_id,
            attribute_ids,
        },
    )
}

/// A customer belongs to a segment from now on.
pub(crate) fn entered(customer: CustomerId, segment: &SegmentId) -> NewEvent {
    let payload = SegmentEntered {
        customer_id: customer.0.to_string(),
        segment_id: segment.0.clone(),
    };
    about(customer, &payload)
}

/// A customer belongs to a segment no longer.
pub(crate) fn left(customer: CustomerId, segment: &SegmentId) -> NewEvent {
    let payload = SegmentLeft {
        customer_id: customer.0.to_string(),
        segment_id: segment.0.clone(),
    };
    about(customer, &payload)
}

/// A customer stands elsewhere.
pub(crate) fn stage_changed(customer: CustomerId, from: Option<Stage>, to: Stage) -> NewEvent {
    let payload = LifecycleStageChanged {
        customer_id: customer.0.to_string(),
        from_stage: ratings::stage(from).into(),
        to_stage: ratings::stage(Some(to)).into(),
    };
    about(customer, &payload)
}

/// A customer is of another value.
pub(crate) fn tier_changed(customer: CustomerId, from: Option<Tier>, to: Tier) -> NewEvent {
    let payload = ValueTierChanged {
        customer_id: customer.0.to_string(),
        from_tier: ratings::tier(from).into(),
        to_tier: ratings::tier(Some(to)).into(),
    };
    about(customer, &payload)
}

/// Things stand better or worse with a customer.
pub(crate) fn health_changed(
    customer: CustomerId,
    from: Option<Band>,
    to: Option<Band>,
) -> NewEvent {
    let payload = CustomerHealthChanged {
        customer_id: customer.0.to_string(),
        from_band: health::band(from).into(),
        to_band: health::band(to).into(),
    };
    about(customer, &payload)
}

fn texts(ids: &BTreeSet<CustomerId>) -> Vec<String> {
    ids.iter().map(|id| id.0.to_string()).collect()
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

/// What is held under an id is to be stored only; and all ids of the person.
pub(crate) fn restricted(customer: CustomerId, ids: &[Uuid]) -> NewEvent {
    let payload = ProcessingRestricted {
        customer_id: customer.0.to_string(),
        customer_ids: ids.iter().map(Uuid::to_string).collect(),
    };
    about(customer, &payload)
}

/// It is not any more.
pub(crate) fn unrestricted(customer: CustomerId, ids: &[Uuid]) -> NewEvent {
    let payload = ProcessingUnrestricted {
        customer_id: customer.0.to_string(),
        customer_ids: ids.iter().map(Uuid::to_string).collect(),
    };
    about(customer, &payload)
}

fn about<P: prost::Message + prost::Name>(customer: CustomerId, payload: &P) -> NewEvent {
    NewEvent::about(customer.0, Some(customer.0), payload)
}
