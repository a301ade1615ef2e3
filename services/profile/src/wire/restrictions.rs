//! Restrictions of processing.

use contract::patron::profile::v1 as proto;
use proto::restriction::Ground as WireGround;

use super::time;
use crate::domain::invalid::{Invalid, Problem};
use crate::domain::privacy::restriction::{Ground, Restriction};

/// Why somebody is to be restricted.
pub(crate) fn ground(field: &str, sent: WireGround) -> Result<Ground, Invalid> {
    let number = i16::try_from(i32::from(sent)).ok();
    let ground = number.and_then(Ground::numbered);
    ground.ok_or_else(|| Invalid::new(field, Problem::Missing))
}

/// A restriction.
pub(crate) fn encode(restriction: Restriction) -> proto::Restriction {
    let (lift_time, lifter, lift_reason) = match restriction.lifted {
        Some(lifted) => (Some(time::encode(lifted.at)), lifted.by, lifted.reason),
        None => (None, String::new(), String::new()),
    };
    proto::Restriction {
        restriction_id: restriction.id.0.to_string(),
        customer_id: restriction.customer.0.to_string(),
        ground: restriction.ground.number().into(),
        creator: restriction.created_by,
        create_time: Some(time::encode(restriction.created_at)),
        lift_time,
        lifter,
        lift_reason,
    }
}
