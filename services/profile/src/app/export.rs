//! Customers in bulk.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use chassis::{Deadline, Refusal};
use seal::Keyring;
use sqlx::PgConnection;
use uuid::Uuid;

use super::App;
use super::browse::{Page, with_one_more};
use crate::domain::attribute::definition::Attribute;
use crate::domain::attribute::standing::{self, Change};
use crate::domain::customer::Customer;
use crate::domain::ids::CustomerId;
use crate::store::{StoreError, attributes, customers};

/// A customer as it is given out.
#[derive(Clone, Debug)]
pub(crate) struct Exported {
    pub(crate) customer: Customer,
    /// What is kept of its attributes, under whichever of its ids.
    pub(crate) kept: Vec<Change>,
    /// What all attributes of the page are defined as.
    pub(crate) known: Arc<[Attribute]>,
}

/// Rows that are read together: what is held in memory of an export.
const PAGE: u16 = 500;
/// Time for a page: a stream may have none of its own.
const TIME: Duration = Duration::from_secs(30);

impl App {
    /// The next customers after one, in the order of their ids, of one region or of all; at most `limit`.
    pub(crate) async fn customers_after(
        &self,
        region_code: Option<&str>,
        after: CustomerId,
        limit: i64,
    ) -> Result<Page<Exported>, Refusal> {
        let size = u16::try_from(limit).unwrap_or(PAGE).min(PAGE);
        let mut tx = self.begin(Deadline::after(TIME)).await?;
        let found = customers::after(
            &mut tx,
            &self.keyring,
            region_code,
            after,
            with_one_more(size),
        )
        .await?;
        let Page { items, has_more } = Page::cut(found, size);
        let items = with_attributes(&mut tx, &self.keyring, items).await?;
        Ok(Page { items, has_more })
    }
}

async fn with_attributes(
    connection: &mut PgConnection,
    keyring: &Keyring,
    people: Vec<Customer>,
) -> Result<Vec<Exported>, StoreError> {
    let homes: Vec<Uuid> = people.iter().flat_map(|it| it.homes().ids()).collect();
    let changes = attributes::kept(connection, keyring, &homes).await?;
    let mut keys: Vec<&str> = changes.iter().map(|it| it.key.0.as_str()).collect();
    keys.sort_unstable();
    keys.dedup();
    let known: Arc<[Attribute]> = attributes::named(connection, &keys).await?.into();
    let mut kept: HashMap<Uuid, Vec<Change>> = HashMap::new();
    for change in changes {
        kept.entry(change.by.0).or_default().push(change);
    }
    let exported = people.into_iter().map(|customer| {
        let homes = customer.homes();
        let ids = homes.ids().into_iter();
        let said = ids.filter_map(|home| kept.remove(&home)).flatten();
        Exported {
            kept: standing::latest(said, |id| homes.has(id)),
            known: Arc::clone(&known),
            customer,
        }
    });
    Ok(exported.collect())
}
