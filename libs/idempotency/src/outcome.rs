use chassis::Refusal;
use contract::patron::r#type::v1::ErrorReason;
use prost::{Message, Name};
use tonic::metadata::MetadataValue;
use tonic::{Code, Response, Status};

use crate::Key;
use crate::error::CorruptRecord;
use crate::fingerprint::Fingerprint;
use crate::keeping::{FIELD_DIGESTS, Keeping, REPLY, Secret};
use crate::store::Record;

/// The metadata key that marks an answer as a repetition of an earlier one; its value is `true`.
pub const REPLAYED: &str = "patron-replayed";

/// Whether the same request would be refused again whenever it is repeated, as far as its caller
/// is to blame. Anything else (defects, outages, races, overload) may pass, and nothing is stored.
pub(crate) fn is_final(refusal: &Refusal) -> bool {
    match refusal.code() {
        Code::InvalidArgument
        | Code::NotFound
        | Code::AlreadyExists
        | Code::PermissionDenied
        | Code::FailedPrecondition
        | Code::OutOfRange
        | Code::Unimplemented => true,
        Code::Ok
        | Code::Cancelled
        | Code::Unknown
        | Code::DeadlineExceeded
        | Code::ResourceExhausted
        | Code::Aborted
        | Code::Internal
        | Code::Unavailable
        | Code::DataLoss
        | Code::Unauthenticated => false,
    }
}

/// A record as it would be, had it been kept in clear.
pub(crate) fn opened(
    mut record: Record,
    key: &Key,
    request: &Fingerprint,
    keeping: &Keeping,
) -> Result<Record, Refusal> {
    let Some(sealed_by) = record.sealed_by.take() else {
        return Ok(record);
    };
    let secret = keeping.secret(&sealed_by).ok_or_else(unreadable)?;
    open(&secret, key, request, record).map_err(Refusal::internal)
}

fn open(
    secret: &Secret<'_>,
    key: &Key,
    request: &Fingerprint,
    record: Record,
) -> Result<Record, CorruptRecord> {
    // Told as the digest that is compared in clear; one that differs says no more than that.
    let request_digest = if record.request_digest == secret.digest(key, request) {
        request.request.to_vec()
    } else {
        Vec::new()
    };
    let reply = record.reply.as_deref();
    let reply = reply.map(|reply| secret.open(key, REPLY, reply));
    Ok(Record {
        sealed_by: None,
        request_digest,
        field_digests: secret.open(key, FIELD_DIGESTS, &record.field_digests)?,
        reply: reply.transpose()?,
        refusal: record.refusal,
    })
}

/// What a stored record answers to a request with the same key.
pub(crate) fn replay<Q: Name, R: Message + Default>(
    record: &Record,
    request: &Fingerprint,
) -> Result<Response<R>, Status> {
    if record.sealed_by.is_some() {
        return Err(unreadable().into());
    }
    if record.request_digest != request.request {
        return Err(conflict(&request.first_difference::<Q>(&record.field_digests)).into());
    }
    stored::<R>(record).unwrap_or_else(|corrupt| Err(Refusal::internal(corrupt).into()))
}

fn stored<R: Message + Default>(
    record: &Record,
) -> Result<Result<Response<R>, Status>, CorruptRecord> {
    let replayed = MetadataValue::from_static("true");
    match (&record.reply, &record.refusal) {
        (Some(reply), _) => {
            let mut response = Response::new(R::decode(reply.as_slice())?);
            response.metadata_mut().insert(REPLAYED, replayed);
            Ok(Ok(response))
        }
        (None, Some(refusal)) => {
            let mut status = Status::from(Refusal::from_stored(refusal)?);
            status.metadata_mut().insert(REPLAYED, replayed);
            Ok(Err(status))
        }
        (None, None) => Err(CorruptRecord::NoOutcome),
    }
}

/// Not even whether it is the same request can be told.
fn unreadable() -> Refusal {
    let message =
        "this request_id was used before; the key is gone under which its answer was kept";
    Refusal::new(
        Code::FailedPrecondition,
        ErrorReason::AnswerUnreadable,
        message,
    )
}

fn conflict(field: &str) -> Refusal {
    Refusal::new(
        Code::AlreadyExists,
        ErrorReason::RequestIdConflict,
        "this request_id was used before, with another request",
    )
    .metadata("field", field)
    .field(
        field,
        "differs from the request that used this request_id before",
    )
}
