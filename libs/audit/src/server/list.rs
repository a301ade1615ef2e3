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
use crate::store::{self, Filter, Place, Row};

const METHOD: &str = "patron.audit.v1.AuditService/ListAuditEntries";
const DEFAULT_PAGE: u16 = 50;
const LARGEST_PAGE: u16 = 500;

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
    let size = page_size(request.page_size, DEFAULT_PAGE, LARGEST_PAGE);
    let filter = Filter {
        customer_id: customer(&request.customer_id)?,
        actor: Some(request.actor.clone()).filter(|actor| !actor.is_empty()),
        since,
        before: after.map_or(Ok(first(until)), place)?,
        // One more than asked for tells whether there is another page.
        limit: i64::from(size) + 1,
    };
    let mut rows = store::list(&server.db, &filter).await.map_err(refuse)?;
    let has_more = rows.len() > usize::from(size);
    rows.truncate(usize::from(size));
    let entries: Vec<_> = rows.into_iter().map(told).collect();
    let next_page_token = match entries.last() {
        Some((cursor, _)) if has_more => server.tokens.encode(scope, cursor)?,
        _ => String::new(),
    };
    Ok(ListAuditEntriesResponse {
        entries: entries.into_iter().map(|(_, entry)| entry).collect(),
        next_page_token,
    })
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

fn told(row: Row) -> (Cursor, AuditEntry) {
    let (chain_id, sequence) = (row.chain_id, row.sequence);
    let entry = row.into_entry();
    let cursor = (entry.recorded_at.as_microsecond(), chain_id, sequence);
    let kind = match entry.kind {
        1 => Kind::Read,
        2 => Kind::Write,
        _ => Kind::Unspecified,
    };
    let told = AuditEntry {
        chain_id: chain_id.to_string(),
        sequence,
        call_time: Some(time::timestamp(entry.called_at)),
        record_time: Some(time::timestamp(entry.recorded_at)),
        actor: entry.actor,
        on_behalf_of: entry.on_behalf_of,
        method: entry.method,
        kind: kind.into(),
        customer_ids: entry.customer_ids.iter().map(Uuid::to_string).collect(),
        resources: entry.resources,
        read_fields: entry.read_fields,
        written_fields: entry.written_fields,
        purpose: entry.purpose,
        code: i32::from(entry.code),
        trace_id: entry.trace_id,
        partial: entry.partial,
    };
    (cursor, told)
}
