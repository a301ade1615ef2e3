//! Which customer ids are one person's, as the profile service announces it.
//!
//! Customers turn out to be one person, or two after all. What a service keeps of a customer stays under
//! the id at which it came in; what it reads of a person it reads for all ids ([`ids_of`]). So a merge
//! moves nothing, and undoing it leaves what would be without it.
//!
//! Also, whose processing is restricted ([`restricted_among`]): of them a service stores what it is told, and does
//! nothing else with it.
//!
//! ```no_run
//! # async fn example(tx: &mut sqlx::PgConnection, event: &events::Incoming, customer_id: uuid::Uuid)
//! # -> Result<(), events::HandlerError> {
//! // Where the feed of the profile service is followed:
//! if let Some(told) = persons::told(event)? {
//!     persons::learn(tx, &told).await?;
//! }
//! // Where something is read by customer:
//! let ids = persons::ids_of(tx, customer_id).await?;
//! # Ok(())
//! # }
//! ```

mod reach;
mod restricted;
mod store;
mod told;

use sqlx::migrate::Migrator;

pub use reach::within;
pub use restricted::{
    Restriction, restrict, restrict_told, restricted_among, restriction, until_restrictions,
};
pub use store::{ids_of, learn, profiles_of};
pub use told::{Told, told};

/// The tables of ids: versions 200 to 299 and 500 of a service's migrations.
pub static MIGRATIONS: Migrator = sqlx::migrate!();
