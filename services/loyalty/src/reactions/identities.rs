//! Customers who turn out to be one person, or two.

use contract::patron::profile::v1::{ProfilesMerged, ProfilesUnmerged};
use events::{HandlerError, Incoming};
use uuid::Uuid;

use crate::app::membership::Regrouped;
use crate::wire;

/// What an event says about who is who.
pub(super) fn regrouped(event: &Incoming) -> Result<Option<Regrouped>, HandlerError> {
    if let Some(merged) = event.payload::<ProfilesMerged>()? {
        let homes = group(&merged.customer_id, &merged.merged_customer_ids)?;
        return Ok(Some(Regrouped {
            homes: homes.into_iter().collect(),
            revision: merged.revision,
        }));
    }
    let Some(unmerged) = event.payload::<ProfilesUnmerged>()? else {
        return Ok(None);
    };
    let mut homes = group(&unmerged.customer_id, &unmerged.merged_customer_ids)?;
    let parted = &unmerged.parted_customer_id;
    homes.extend(group(parted, &unmerged.parted_merged_customer_ids)?);
    Ok(Some(Regrouped {
        homes: homes.into_iter().collect(),
        revision: unmerged.revision,
    }))
}

/// All ids of a person, each with the one that they lead to.
fn group(profile: &str, others: &[String]) -> Result<Vec<(Uuid, Uuid)>, HandlerError> {
    let to = wire::customer(profile)?;
    let ids = others.iter().map(String::as_str).chain([profile]);
    let homes = ids.map(|id| Ok((wire::customer(id)?, to)));
    homes.collect()
}
