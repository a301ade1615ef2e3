use std::collections::BTreeMap;

use contract::patron::profile::v1::{ProfilesMerged, ProfilesUnmerged};
use events::{HandlerError, Incoming};
use uuid::Uuid;

/// What the profile service says about who is who.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Whom each of these ids leads to.
    pub profiles: BTreeMap<Uuid, Uuid>,
    /// Of two statements about an id the one with the greater revision holds, in whatever order they
    /// arrive.
    pub revision: i64,
}

/// An id in an event that is none: a defect of its sender.
#[derive(Debug, thiserror::Error)]
#[error("{text:?} is no customer id")]
struct NoId {
    text: String,
}

/// What an event says about who is who; `None` for events of other types.
///
/// # Errors
/// When it can't be read.
pub fn told(event: &Incoming) -> Result<Option<Told>, HandlerError> {
    if let Some(merged) = event.payload::<ProfilesMerged>()? {
        let ids = person(&merged.customer_id, &merged.merged_customer_ids)?;
        return Ok(Some(Told {
            profiles: ids.into_iter().collect(),
            revision: merged.revision,
        }));
    }
    let Some(unmerged) = event.payload::<ProfilesUnmerged>()? else {
        return Ok(None);
    };
    let mut ids = person(&unmerged.customer_id, &unmerged.merged_customer_ids)?;
    let parted = &unmerged.parted_customer_id;
    ids.extend(person(parted, &unmerged.parted_merged_customer_ids)?);
    Ok(Some(Told {
        profiles: ids.into_iter().collect(),
        revision: unmerged.revision,
    }))
}

/// All ids of a person, each with the one that they lead to.
fn person(profile: &str, others: &[String]) -> Result<Vec<(Uuid, Uuid)>, HandlerError> {
    let to = id(profile)?;
    let ids = others.iter().map(String::as_str).chain([profile]);
    ids.map(|text| Ok((id(text)?, to))).collect()
}

fn id(text: &str) -> Result<Uuid, NoId> {
    let text = || NoId {
        text: text.to_owned(),
    };
    text().text.parse().map_err(|_| text())
}
