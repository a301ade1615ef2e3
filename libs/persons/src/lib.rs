//! Which customer ids are one person's, as the profile service announces it.
//!
//! Customers turn out to be one person, or two after all. What a service keeps of a customer stays under
//! the id at which it came in; what it reads of a person it reads for all ids ([`ids_of`]). So a merge
//! moves nothing, and undoing it leaves what would be without it.
//!
//! Also, whose processing is restricted ([`restricted_among`]): of them a service stores what it is told, and does
//! nothing else with it.
//!
//! And where they are ([`place_told`], table `person_places`): a list that names nobody is cut by it for callers who may
//! see some regions or brands alone. It lags behind the feed by moments, so whoever is listed is asked about besides
//! ([`chassis::Confined`]).
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

mod places;
mod reach;
mod restricted;
mod store;
mod told;

use sqlx::migrate::Migrator;

pub use places::{Placed, place, place_told};
pub use reach::within;
pub use restricted::{
    Restriction, restrict, restrict_told, restricted_among, restriction, until_restrictions,
};
pub use store::{ids_of, learn, profiles_of};
pub use told::{Told, told};

/// The tables of ids: versions 200 to 299, 500 and 501 of a service's migrations.
pub static MIGRATIONS: Migrator = sqlx::migrate!();
