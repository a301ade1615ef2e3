//! Callers who may see alone the customers whom they look after.

use std::collections::HashMap;

use access::Reach;
use chassis::{Deadline, Refusal};
use seal::Keyring;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::app::App;
use crate::app::browse::{Page, with_one_more};
use crate::domain::customer::Customer;
use crate::domain::ids::CustomerId;
use crate::store::StoreError;
use crate::store::accounts::own::{self, Own};
use crate::store::customers;

/// Of these customers, who are within reach.
pub(crate) async fn filter(
    db: &mut PgConnection,
    reach: &Reach,
    mut people: Vec<Customer>,
) -> Result<Vec<Customer>, StoreError> {
    let mut theirs = Vec::new();
    if let Some(manager) = reach.manager() {
        let ids: Vec<Uuid> = people.iter().map(|it| it.id.0).collect();
        theirs = own::among(db, &ids, manager).await?;
    }
    people.retain(|it| {
        let manager = reach.manager().filter(|_| theirs.contains(&it.id.0));
        let details = &it.details;
        reach.covers_of(&details.region_code, &details.brand, manager)
    });
    Ok(people)
}

impl App {
    /// Own customers that were created before `before`, the newest first.
    pub(super) async fn own_customers(
        &self,
        deadline: Deadline,
        whose: Own<'_>,
        before: Option<CustomerId>,
        size: u16,
    ) -> Result<Page<Customer>, Refusal> {
        let mut tx = self.snapshot(deadline).await?;
        let ids = own::list(&mut tx, whose, before, with_one_more(size)).await?;
        let Page { items, has_more } = Page::cut(ids, size);
        let items = read(&mut tx, &self.keyring, &items).await?;
        Ok(Page { items, has_more })
    }
}

/// Reads people in the order of these ids. Whoever was joined to somebody else meanwhile is left out: it may be
/// somebody whom another looks after.
async fn read(
    db: &mut PgConnection,
    keyring: &Keyring,
    ids: &[Uuid],
) -> Result<Vec<Customer>, StoreError> {
    let found = customers::many(db, keyring, ids).await?.into_iter();
    let mut found: HashMap<Uuid, Customer> = found.map(|it| (it.id.0, it)).collect();
    Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
}
