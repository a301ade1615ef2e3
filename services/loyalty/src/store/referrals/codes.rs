//! The codes that members give to others.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use crate::domain::coupons::Code;
use crate::store::StoreError;

/// The code of a member.
pub(crate) async fn of_member(
    db: impl PgExecutor<'_>,
    customer_id: Uuid,
) -> Result<Option<String>, StoreError> {
    let code = sqlx::query_scalar!(
        "SELECT code FROM referral_codes WHERE customer_id = $1",
        customer_id,
    );
    Ok(code.fetch_optional(db).await?)
}

/// Whose code it is.
pub(crate) async fn owner(
    db: impl PgExecutor<'_>,
    code: &Code,
) -> Result<Option<Uuid>, StoreError> {
    let owner = sqlx::query_scalar!(
        "SELECT customer_id FROM referral_codes WHERE code = $1",
        code.as_str(),
    );
    Ok(owner.fetch_optional(db).await?)
}

/// Gives a member a code; does nothing when it has one, or when somebody else has this one.
pub(crate) async fn insert(
    db: &mut PgConnection,
    customer_id: Uuid,
    code: &Code,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query!(
        r#"
        INSERT INTO referral_codes (customer_id, code, created_at) VALUES ($1, $2, $3)
        ON CONFLICT DO NOTHING
        "#,
        customer_id,
        code.as_str(),
        now.to_sqlx() as _,
    )
    .execute(db)
    .await?;
    Ok(())
}
