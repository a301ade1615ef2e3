//! The code of a member.

use uuid::Uuid;

use super::ReferralsError;
use crate::app::{AppError, Loyalty};
use crate::domain::referrals::code_of;
use crate::store::referrals::codes;

/// Codes that are tried. That somebody else has one happens once in 10¹⁰ members.
const ATTEMPTS: u8 = 8;

/// The code of a member, made when it is first asked for.
pub(crate) async fn get(loyalty: &Loyalty, customer_id: Uuid) -> Result<String, AppError> {
    let mut db = loyalty.db.pool().acquire().await?;
    if let Some(code) = codes::of_member(&mut *db, customer_id).await? {
        return Ok(code);
    }
    loyalty.require_member(customer_id).await?;
    for attempt in 0..ATTEMPTS {
        let Some(code) = code_of(loyalty.secret.expose(), customer_id, attempt) else {
            continue;
        };
        codes::insert(&mut db, customer_id, &code, loyalty.now()).await?;
        if let Some(code) = codes::of_member(&mut *db, customer_id).await? {
            return Ok(code);
        }
    }
    Err(ReferralsError::NoCode.into())
}
