//! What a file joined is parted when the file is taken back.

use std::collections::BTreeSet;

use sqlx::PgTransaction;
use uuid::Uuid;

use super::error::BatchError;
use super::people;
use crate::app::App;
use crate::app::identity::unmerge::Unmerge;
use crate::domain::identity::source::SourceId;
use crate::domain::ids::CustomerId;
use crate::domain::imports::Import;
use crate::store::{customers, links, sources};

/// Somebody whom only the file spoke of, and whom it had taken for somebody else.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parted {
    pub(super) newcomer: CustomerId,
    pub(super) from: CustomerId,
}

impl App {
    /// Takes back the links of an import to ids under which only these sources speak and nothing else is kept. One by one,
    /// as a person would: how many there are in a batch is bounded.
    pub(super) async fn part_joined(
        &self,
        db: &mut PgTransaction<'_>,
        import: &Import,
        said: &[(CustomerId, SourceId)],
    ) -> Result<Vec<Parted>, BatchError> {
        let homes: BTreeSet<Uuid> = said.iter().map(|(home, _)| home.0).collect();
        let homes: Vec<_> = homes.into_iter().collect();
        // All at once and in order, so that two at work don't wait for each other.
        people::lock(db, &self.keyring, &homes).await?;
        let joining = links::of_import(db, &self.keyring, import.id, &homes).await?;
        if joining.is_empty() {
            return Ok(Vec::new());
        }
        let newcomers: Vec<Uuid> = joining.iter().map(|link| link.ends.1.0).collect();
        let spoken_of = sources::homes_of_others(db, said, &newcomers).await?;
        let unused = customers::unused(db, &newcomers).await?;
        let mut parted = Vec::new();
        for link in joining {
            let (from, newcomer) = link.ends;
            if spoken_of.contains(&newcomer) || !unused.contains(&newcomer) {
                continue;
            }
            // Gone at once, so nobody is told of a customer.
            customers::announce(db, &[newcomer.0]).await?;
            let unmerge = Unmerge {
                customer: newcomer,
                link: link.id,
                actor: import.created_by.clone(),
                reason: format!("import {} is taken back", import.id.0),
            };
            let parting = self.unmerge(db, unmerge).await;
            parting.map_err(BatchError::Parting)?;
            parted.push(Parted { newcomer, from });
        }
        Ok(parted)
    }
}
