use ::contract::patron::audit::v1::audit_entry::Kind;
use ::contract::patron::audit::v1::{
    AuditEntry, ListAuditEntriesRequest, ListAuditEntriesResponse,
};
use ::contract::time;
use chassis::Refusal;
use chassis::paging::{Scope, page_size};
use jiff::Timestamp;
use uuid::Uuid;

use super::{Inner, invalid, refuse};
use crate::chain::{Entry, Kept};
use crate::store::{self, Filter, Place};

const METHOD: &str = "patron.audit.v1.AuditService/ListAuditEntries";
const DEFAULT_PAGE: u16 = 50;
const LARGEST_PAGE: u16 = 500;
/// Batches that are read at once.
const READ: u16 = 64;
/// Batches that are read for a page. One in which a caller and a customer are found may hold no call of the one
/// about the other; a page is short rather than late.
const MOST_READ: u16 = 1_024;

/// A place as tokens hold it: microseconds, chain, number.
type Cursor = (i64, Uuid, i64);

/// A page of the record, newest first.
pub(super) async fn page(
    server: &Inner,
    request: &ListAuditEntriesRequest,
) -> Result<ListAuditEntriesResponse, Refusal> {
    let (since, until) = (
        bound("since", request.since.as_ref(), Timestamp::UNIX_EPOCH)?,
        bound("until", request.until.as_ref(), Timestamp::MAX)?,
    );
    let scope = Scope {
        method: METHOD,
        filters: &[
            &request.customer_id,
            &request.actor,
            &since.to_string(),
            &until.to_string(),
        ],
    };
    let after: Option<Cursor> = server.tokens.decode(scope, &request.page_token)?;
    let filter = Filter {
        customer_id: customer(&request.customer_id)?,
        actor: Some(request.actor.clone()).filter(|actor| !actor.is_empty()),
        since,
    };
    let size = page_size(request.page_size, DEFAULT_PAGE, LARGEST_PAGE).into();
    let before = after.map_or(Ok(first(until)), place)?;
    let page = found(server, &filter, before, size).await?;
    let token = page.next.map(|next| {
        let cursor: Cursor = (
            next.recorded_at.as_microsecond(),
            next.chain_id,
            next.sequence,
        );
        server.tokens.encode(scope, &cursor)
    });
    Ok(ListAuditEntriesResponse {
        entries: page.entries.into_iter().map(told).collect(),
        next_page_token: token.transpose()?.unwrap_or_default(),
    })
}

/// Entries with their places, and where the next page begins.
struct Page {
    entries: Vec<(Place, Entry)>,
    next: Option<Place>,
}

/// The newest entries before a place, from as few batches as it takes.
async fn found(
    server: &Inner,
    filter: &Filter,
    mut before: Place,
    size: usize,
) -> Result<Page, Refusal> {
    let mut entries = Vec::new();
    for _ in 0..MOST_READ / READ {
        let batches = store::list((&server.db, &server.keyring), filter, before, READ.into()).await;
        let batches = batches.map_err(refuse)?;
        let is_last = batches.len() < READ.into();
        for kept in batches {
            let begins = begin(&kept);
            entries.extend(matching(&kept, filter, before));
            before = begins;
            if entries.len() > size {
                entries.truncate(size);
                let next = entries.last().map(|(place, _)| *place);
                return Ok(Page { entries, next });
            }
        }
        if is_last {
            return Ok(Page {
                entries,
                next: None,
            });
        }
    }
    let next = Some(before);
    Ok(Page { entries, next })
}

/// The place of the first entry of a batch.
fn begin(kept: &Kept) -> Place {
    Place {
        recorded_at: kept.batch.recorded_at,
        chain_id: kept.batch.chain_id,
        sequence: kept.batch.first,
    }
}

/// The entries of a batch that are asked for and stand before a place, newest first.
fn matching(kept: &Kept, filter: &Filter, before: Place) -> Vec<(Place, Entry)> {
    let Some(entries) = kept.entries() else {
        tracing::error!(
            audit.chain = %kept.batch.chain_id,
            audit.sequence = kept.batch.first,
            "entries of the record are not as they were written, and can't be listed"
        );
        return Vec::new();
    };
    let placed = entries.into_iter().rev().map(|(sequence, entry)| {
        let begin = begin(kept);
        (Place { sequence, ..begin }, entry)
    });
    let asked = placed.filter(|(place, entry)| *place < before && is_asked_for(entry, filter));
    asked.collect()
}

fn is_asked_for(entry: &Entry, filter: &Filter) -> bool {
    let is_whose = |id| entry.customer_ids.contains(&id);
    let is_by = |actor: &String| {
        [&entry.actor, &entry.on_behalf_of]
            .iter()
            .any(|it| ***it == **actor)
    };
    filter.customer_id.is_none_or(is_whose) && filter.actor.as_ref().is_none_or(is_by)
}

/// Before all of that instant.
fn first(until: Timestamp) -> Place {
    Place {
        recorded_at: until,
        chain_id: Uuid::nil(),
        sequence: 0,
    }
}

fn place((micros, chain_id, sequence): Cursor) -> Result<Place, Refusal> {
    let recorded_at = Timestamp::from_microsecond(micros).map_err(Refusal::internal)?;
    Ok(Place {
        recorded_at,
        chain_id,
        sequence,
    })
}

fn bound(
    field: &str,
    time: Option<&prost_types::Timestamp>,
    absent: Timestamp,
) -> Result<Timestamp, Refusal> {
    match time {
        None => Ok(absent),
        Some(time) => {
            let time = time::instant(time).filter(|time| *time >= Timestamp::UNIX_EPOCH);
            time.ok_or_else(|| invalid(field, "must be a time after 1970"))
        }
    }
}

fn customer(text: &str) -> Result<Option<Uuid>, Refusal> {
    if text.is_empty() {
        return Ok(None);
    }
    let id = Uuid::try_parse(text).map_err(|_| invalid("customer_id", "must be a UUID"))?;
    Ok(Some(id))
}

fn told((place, entry): (Place, Entry)) -> AuditEntry {
    let texts = |list: Vec<std::sync::Arc<str>>| list.iter().map(ToString::to_string).collect();
    let kind = match entry.kind {
        1 => Kind::Read,
        2 => Kind::Write,
        _ => Kind::Unspecified,
    };
    AuditEntry {
        chain_id: place.chain_id.to_string(),
        sequence: place.sequence,
        call_time: Some(time::timestamp(entry.called_at)),
        record_time: Some(time::timestamp(place.recorded_at)),
        actor: entry.actor.to_string(),
        on_behalf_of: entry.on_behalf_of.to_string(),
        method: entry.method.to_string(),
        kind: kind.into(),
        customer_ids: entry.customer_ids.iter().map(Uuid::to_string).collect(),
        resources: entry.resources,
        read_fields: texts(entry.read_fields),
        written_fields: texts(entry.written_fields),
        purpose: entry.purpose.to_string(),
        code: entry.code,
        trace_id: entry.trace_id,
        partial: entry.partial,
    }
}
