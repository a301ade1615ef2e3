//! A request that is repeated has one effect and one answer.
//!
//! Clients repeat calls: after a time-out, after a crash, by a double click. A request carries a
//! `request_id`; its key is (caller, method, `request_id`). The key is claimed first, in the
//! transaction that does the work, and the whole outcome is stored in it, refusals too: a retry
//! never turns a refusal into a success.
//!
//! ```no_run
//! # use contract::patron::loyalty::v1::{CreateRedemptionRequest, Redemption};
//! # async fn redeem(
//! #     tx: &mut sqlx::Transaction<'static, sqlx::Postgres>,
//! # ) -> Result<Redemption, chassis::Refusal> { unimplemented!() }
//! # async fn handler(
//! #     db: &postgres::Database,
//! #     deadline: chassis::Deadline,
//! #     request: CreateRedemptionRequest,
//! #     now: jiff::Timestamp,
//! # ) -> Result<tonic::Response<Redemption>, tonic::Status> {
//! use idempotency::{Claim, Keeping, Key};
//!
//! const METHOD: &str = "patron.loyalty.v1.MemberService/CreateRedemption";
//! let key = Key::new("user:anna", METHOD, &request.request_id)?;
//! match idempotency::claim(db, &Keeping::Clear, deadline, key, &request, now).await? {
//!     Claim::Replayed(answer) => answer,
//!     Claim::Fresh(mut claimed) => {
//!         let outcome = redeem(claimed.transaction()).await;
//!         claimed.finish(outcome).await
//!     }
//! }
//! # }
//! ```
//!
//! A service that seals what it knows seals its answers, too ([`Keeping::Sealed`]): an answer may be a whole
//! customer. The ids that it names stand beside it, so that an erasure finds it without opening any.
//!
//! What a claim costs beside the work: `BEGIN`, one insert, one update, `COMMIT`. Where many requests
//! share a transaction, [`batch`] costs them one insert together.

mod asked;
pub mod batch;
mod claim;
mod claimed;
mod error;
mod fingerprint;
mod keeping;
mod key;
mod named;
mod outcome;
mod refused;
mod store;
mod wire;

use sqlx::migrate::Migrator;

pub use claim::{Claim, claim};
pub use claimed::Claimed;
pub use keeping::Keeping;
pub use key::Key;
pub use outcome::REPLAYED;
pub use refused::{Refused, refused};

/// The table of keys: versions 100 to 199 of a service's migrations.
pub static MIGRATIONS: Migrator = sqlx::migrate!();
