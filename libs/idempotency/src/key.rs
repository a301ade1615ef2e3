use chassis::Refusal;
use contract::patron::r#type::v1::ErrorReason;
use sha2::{Digest as _, Sha256};
use tonic::Code;
use uuid::Uuid;

/// What makes two requests the same one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    // First, as in the table: keys are put in order before they are written, so that two batches
    // never wait for each other.
    pub(crate) request_id: Uuid,
    pub(crate) caller: String,
    pub(crate) method: &'static str,
}

impl Key {
    /// The key of a request. `caller` is the caller's id, `method` the full name of the method
    /// (`patron.loyalty.v1.MemberService/CreateRedemption`), `request_id` what the client chose.
    ///
    /// # Errors
    /// INVALID_ARGUMENT when `request_id` is no UUID; the contract's own check comes before this. And when it is
    /// the nil UUID, which nobody has chosen: all clients that forget to would share it.
    pub fn new(caller: &str, method: &'static str, request_id: &str) -> Result<Self, Refusal> {
        let request_id = Uuid::try_parse(request_id).map_err(|_| wrong("must be a UUID"))?;
        if request_id.is_nil() {
            return Err(wrong("must be a UUID that was made for this request"));
        }
        Ok(Self {
            caller: caller.to_owned(),
            method,
            request_id,
        })
    }

    /// Makes digests of equal values differ from key to key.
    pub(crate) fn salt(&self) -> [u8; 32] {
        let mut digest = Sha256::new();
        for part in [self.caller.as_bytes(), self.method.as_bytes()] {
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part);
        }
        digest.update(self.request_id.as_bytes());
        digest.finalize().into()
    }
}

fn wrong(what: &'static str) -> Refusal {
    Refusal::new(
        Code::InvalidArgument,
        ErrorReason::InvalidArgument,
        "the request breaks the contract",
    )
    .field("request_id", what)
}
