use contract::patron::loyalty::v1::operation_details::Details;
use contract::patron::loyalty::v1::release_details::Cause;
use contract::patron::loyalty::v1::{OperationAuthor, OperationDetails, ReleaseDetails};
use contract::time::instant;
use futures_util::{Stream, TryStreamExt as _};
use prost::Message as _;
use sqlx::PgConnection;
use uuid::Uuid;

use super::Range;
use crate::domain::audit::{HoldNote, OperationRecord};
use crate::domain::ledger::{Kind, Resolution};
use crate::store::StoreError;
use crate::store::numbers::Numbered as _;

/// The operations of holders, by holder and in the order of their ids. Never more of them in memory
/// than the connection buffers.
pub(crate) fn operations(
    db: &mut PgConnection,
    range: Range,
) -> impl Stream<Item = Result<OperationRecord, StoreError>> {
    let rows = sqlx::query!(
        r#"
        SELECT holder_id, operation_id, wallet_id, kind, reference, subject_id, effective_at,
            recorded_at, first_entry, entries, details, hash, reference_hash, details_hash
        FROM operations
        WHERE holder_id > $1 AND holder_id <= $2
        ORDER BY holder_id, operation_id
        "#,
        range.after,
        range.last,
    )
    .fetch(db);
    rows.map_err(StoreError::from).map_ok(|row| {
        let kind = Kind::named(row.kind).ok();
        let note = row
            .subject_id
            .and_then(|_| note(row.holder_id, kind?, &row.details));
        OperationRecord {
            holder_id: row.holder_id,
            operation_id: row.operation_id,
            wallet_id: row.wallet_id,
            kind_number: row.kind,
            kind,
            reference: row.reference,
            subject_id: row.subject_id,
            effective_at: row.effective_at.to_jiff(),
            recorded_at: row.recorded_at.to_jiff(),
            first_entry: row.first_entry,
            entries: row.entries,
            details: row.details,
            hash: row.hash,
            erased_reference: row.reference_hash,
            erased_details: row.details_hash,
            note,
        }
    })
}

/// What the details of an operation say of a hold.
fn note(holder_id: Uuid, kind: Kind, details: &[u8]) -> Option<HoldNote> {
    if !matches!(kind, Kind::Hold | Kind::Release | Kind::Expire) {
        return None;
    }
    match OperationDetails::decode(details).ok()?.details? {
        Details::Hold(placed) => Some(HoldNote::Placed {
            customer_id: author(details).unwrap_or(holder_id),
            expires_at: instant(placed.expire_time.as_ref()?)?,
        }),
        Details::Release(release) => ended(&release),
        _ => None,
    }
}

/// Whose act it was, where that is not the holder itself.
fn author(details: &[u8]) -> Option<Uuid> {
    let author = OperationAuthor::decode(details).ok()?;
    author.customer_id.parse().ok()
}

fn ended(release: &ReleaseDetails) -> Option<HoldNote> {
    let resolution = match release.cause() {
        Cause::Unspecified => return None,
        Cause::Released => Resolution::Released,
        Cause::TimedOut => Resolution::TimedOut,
        Cause::Remainder => Resolution::Confirmed,
    };
    Some(HoldNote::Ended { resolution })
}
