//! The program that is there when nobody has made one.

use chassis::Clock;
use contract::patron::loyalty::v1 as contract;
use jiff::Timestamp;
use prost::Message as _;
use sqlx::PgConnection;

use super::DEFAULT_PROGRAM;
use crate::app::AppError;
use crate::store;
use crate::store::program::{Deed, Scheduling, Version};

/// As who the program is made.
const MAKER: &str = "patron";

/// Writes the default program unless there is one. Of several who do so at once, one does, and the
/// others wait until it is there.
pub(super) async fn seed(
    db: &mut PgConnection,
    clock: &Clock,
    document: &contract::ProgramDocument,
) -> Result<(), AppError> {
    let made = Deed {
        at: store::kept(clock.now()),
        by: MAKER.to_owned(),
    };
    let scheduling = Scheduling {
        active_from: since(),
        scheduled: made.clone(),
        reason: "the default program".to_owned(),
        reverted: None,
        cancellation: None,
    };
    let version = Version {
        program_id: DEFAULT_PROGRAM.to_owned(),
        number: 1,
        document: document.encode_to_vec(),
        description: "As it comes with Patron".to_owned(),
        edits: 1,
        created: made.clone(),
        updated: made,
        scheduling: None,
    };
    store::program::seed(db, clock.new_id(), &version, &scheduling).await?;
    Ok(())
}

/// Early enough for orders of the past that are imported: 2000-01-01T00:00:00Z.
fn since() -> Timestamp {
    Timestamp::from_second(946_684_800).unwrap_or(Timestamp::UNIX_EPOCH)
}
