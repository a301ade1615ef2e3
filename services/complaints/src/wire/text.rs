use chassis::Refusal;
use contract::patron::r#type::v1::ErrorReason;
use tonic::Code;
use uuid::Uuid;

/// Text that goes into the database, which knows every character but NUL.
pub(crate) fn stored(field: &str, text: String) -> Result<String, Refusal> {
    if text.contains('\0') {
        return Err(invalid(field, "must not contain the character NUL"));
    }
    Ok(text)
}

/// What stands where words were that an erasure has emptied: the contract has no subject and no message
/// without any.
const ERASED: &str = "(erased)";

/// Words that are never empty, unless an erasure has made them so.
pub(super) fn or_erased(text: &str) -> String {
    if text.is_empty() { ERASED } else { text }.to_owned()
}

/// An id that the contract has already checked to be a UUID.
pub(crate) fn identifier(field: &str, text: &str) -> Result<Uuid, Refusal> {
    Uuid::try_parse(text).map_err(|_| invalid(field, "must be a UUID"))
}

/// A field that breaks the contract in a way that its rules cannot say.
pub(super) fn invalid(field: &str, description: &str) -> Refusal {
    Refusal::new(
        Code::InvalidArgument,
        ErrorReason::InvalidArgument,
        "the request can't be used",
    )
    .field(field, description)
}
