use std::collections::HashSet;

use async_trait::async_trait;
use seal::store::dead_among;
use seal::{Backlog, BacklogError};
use sqlx::PgConnection;
use uuid::Uuid;

use super::App;
use crate::domain::Case;
use crate::store::{self, StoreError};

/// Cases of before what is said in them was sealed.
#[async_trait]
impl Backlog for App {
    async fn next(
        &self,
        db: &mut PgConnection,
        after: Uuid,
        limit: i64,
    ) -> Result<Vec<Uuid>, BacklogError> {
        Ok(store::in_clear::next(db, after, limit).await?)
    }

    async fn seal(&self, db: &mut PgConnection, ids: &[Uuid]) -> Result<u64, BacklogError> {
        let cases = store::cases::lock_free(db, &self.keyring, ids).await?;
        let cases = alive(db, cases).await?;
        let keys = store::in_clear::keys(db, &self.keyring, &cases, self.now()).await?;
        let mut rows = store::in_clear::seal_entries(db, &keys, &cases).await?;
        for case in &cases {
            store::cases::update(db, keys.get(&case.opening.customer.0), case).await?;
            rows = rows.saturating_add(1);
        }
        Ok(rows)
    }
}

/// Cases of people who are not erased.
async fn alive(db: &mut PgConnection, mut cases: Vec<Case>) -> Result<Vec<Case>, StoreError> {
    let customers: Vec<Uuid> = cases.iter().map(|case| case.opening.customer.0).collect();
    let dead: HashSet<Uuid> = dead_among(db, &customers).await?;
    cases.retain(|case| !dead.contains(&case.opening.customer.0));
    Ok(cases)
}
