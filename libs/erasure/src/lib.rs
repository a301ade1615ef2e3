//! What every service does when a person is erased.
//!
//! 1. **Close the door** ([`begin`]): the ids of the person get tombstones, in the transaction in which the
//!    service hears of the erasure. From then on [`Guarded`] passes over events about them, and what a
//!    caller asks for them is refused by [`admit`].
//! 2. **Wait** until whoever had looked before that is done: transactions that are older than a ceiling.
//!    Both the guard and `admit` look after their transaction has written something, so it has an id by
//!    then, and one below the ceiling has ended once the horizon has passed it.
//! 3. **Remove** in one transaction what the service keeps of the person ([`PersonalData`]), what it has
//!    announced about it and what it has parked.
//! 4. **Look through** the answers that are kept under request ids, some thousand rows at a time: what is
//!    kept of a request knows no customer, and may be years old.
//! 5. **Tell** what was removed, store by store (`PersonErased`).
//!
//! Each step is a transaction of its own and is taken up by whichever replica comes, so it may be killed
//! anywhere. A removal that fails is tried again for ever, after others.

mod admit;
mod eraser;
mod guard;
mod removed;
mod store;

use sqlx::migrate::Migrator;

pub use admit::{admit, erased};
pub use eraser::{EraseError, Eraser, PersonalData, Report};
pub use guard::Guarded;
pub use removed::{Outcome, Removed};
pub use store::{Asked, begin, erase_person};

/// What is to be erased, and how far it came: versions 310 to 319 of a service's migrations, after those of
/// `seal`, `events` and `idempotency`.
pub static MIGRATIONS: Migrator = sqlx::migrate!();
