use std::collections::HashSet;

use async_trait::async_trait;
use seal::store::{dead_among, provide_all};
use seal::{Backlog, BacklogError};
use sqlx::PgConnection;
use uuid::Uuid;

use super::App;
use crate::store::in_clear::{self, InClear};

/// Invitations and answers of before they were sealed.
#[async_trait]
impl Backlog for App {
    async fn next(
        &self,
        db: &mut PgConnection,
        after: Uuid,
        limit: i64,
    ) -> Result<Vec<Uuid>, BacklogError> {
        Ok(in_clear::next(db, after, limit).await?)
    }

    async fn seal(&self, db: &mut PgConnection, ids: &[Uuid]) -> Result<u64, BacklogError> {
        let mut invitations = in_clear::lock_free(db, ids).await?;
        let customers = customers(&invitations);
        let dead: HashSet<Uuid> = dead_among(&mut *db, &customers).await?;
        invitations.retain(|it| !dead.contains(&it.customer.0));
        let customers = self::customers(&invitations);
        let keys = provide_all(db, &self.keyring, &customers, self.now()).await?;
        let asked = in_clear::seal_invitations(db, &keys, &invitations).await?;
        let answered = in_clear::seal_answers(db, &keys, &invitations).await?;
        Ok(asked.saturating_add(answered))
    }
}

fn customers(invitations: &[InClear]) -> Vec<Uuid> {
    invitations.iter().map(|it| it.customer.0).collect()
}
