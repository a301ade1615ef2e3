//! Customers by how their names begin.

use seal::Keyring;
use sqlx::PgConnection;
use uuid::Uuid;

use super::people;
use crate::domain::customer::Customer;
use crate::domain::search::Prefix;
use crate::store::StoreError;
use crate::store::sealed::of_name;

/// The most customers who are put in order: fingerprints have none, so all of them are opened for it.
const MOST_ORDERED: i64 = 100;
/// The most who are looked at where only some of those whose names begin so are meant.
const MOST_SEEN: i64 = 500;

/// Among whom is searched: those of these regions and brands, and whom this manager looks after; `None` for any.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Among<'a> {
    pub(crate) regions: Option<&'a [String]>,
    pub(crate) brands: Option<&'a [String]>,
    pub(crate) manager: Option<&'a str>,
}

impl Among<'_> {
    fn is_everybody(&self) -> bool {
        self.regions.is_none() && self.brands.is_none() && self.manager.is_none()
    }
}

/// Who was found.
#[derive(Debug)]
pub(crate) struct Found {
    /// In the order of what begins so.
    pub(crate) customers: Vec<Customer>,
    /// Whether more names begin so than were looked at.
    pub(crate) is_crowded: bool,
}

/// The same by their ids, before they are opened.
struct Seen {
    ids: Vec<Uuid>,
    is_crowded: bool,
}

/// Whom to open of those whose names begin so, of whom at most so many are looked at.
macro_rules! seen {
    ($named:tt $(, $given:expr)* $(,)?) => {
        sqlx::query_as!(
            Seen,
            "WITH seen AS MATERIALIZED (" + $named + r#" LIMIT $4::bigint + 1)
             SELECT ARRAY(SELECT customer_id FROM seen
                          WHERE ($2::text[] IS NULL OR region_code = ANY ($2))
                            AND ($3::text[] IS NULL OR brand = ANY ($3))
                          LIMIT (SELECT CASE WHEN count(*) > $4 THEN $5::bigint END FROM seen)
                    ) AS "ids!",
                    (SELECT count(*) > $4 FROM seen) AS "is_crowded!""#,
            $($given),*
        )
    };
}

/// The first `limit` whose names begin so, in the order of what begins so. Where more than [`MOST_ORDERED`] begin so, the
/// first of all can't be told without opening all of them: some are looked at, no more than are asked for, and the others
/// are found by more letters.
pub(crate) async fn search(
    connection: &mut PgConnection,
    keyring: &Keyring,
    prefix: &Prefix,
    among: Among<'_>,
    limit: usize,
) -> Result<Found, StoreError> {
    // Of what has more letters than fingerprints are made of, those that are opened may be others.
    let opened = if prefix.is_indexed() {
        i64::try_from(limit).unwrap_or(MOST_SEEN)
    } else {
        MOST_SEEN
    };
    let most = if prefix.is_indexed() && among.is_everybody() {
        MOST_ORDERED
    } else {
        MOST_SEEN
    };
    take_some(connection).await?;
    let keys = of_name(keyring, prefix.indexed());
    let Seen { ids, is_crowded } = seen(connection, &keys, among, (most, opened)).await?;
    let opened = people(connection, keyring, &ids).await?.into_iter();
    // What was asked for may have more letters than fingerprints are made of.
    let found = opened.filter_map(|it| Some((prefix.found_in(&it.details)?, it)));
    let mut found: Vec<_> = found.collect();
    found.sort_unstable_by(|(one, it), (other, that)| (one, it.id).cmp(&(other, that.id)));
    let found = found.into_iter().map(|(_, customer)| customer);
    Ok(Found {
        customers: found.take(limit).collect(),
        is_crowded,
    })
}

/// Lets this transaction read of a long list of the index some thousand entries, by chance, and not all: the letter with
/// which every tenth name begins has as many entries as a tenth of all customers. Of lists that are shorter all are read.
async fn take_some(connection: &mut PgConnection) -> Result<(), StoreError> {
    sqlx::raw_sql("SET LOCAL gin_fuzzy_search_limit = 2000")
        .execute(connection)
        .await?;
    Ok(())
}

async fn seen(
    connection: &mut PgConnection,
    keys: &[i64],
    among: Among<'_>,
    (most, opened): (i64, i64),
) -> Result<Seen, StoreError> {
    let Among {
        regions,
        brands,
        manager,
    } = among;
    let seen = match manager {
        None => {
            seen!(
                "SELECT customer_id, region_code, brand FROM customers WHERE search_keys && $1",
                keys,
                regions as _,
                brands as _,
                most,
                opened,
            )
            .fetch_one(connection)
            .await?
        }
        // From the assignments, each person once; by no index of names, since of all customers very many may begin so.
        Some(manager) => {
            seen!(
                "SELECT known.customer_id, known.region_code, known.brand
                 FROM account_assignments AS assigned
                 JOIN customers AS home USING (customer_id)
                 CROSS JOIN LATERAL (
                     SELECT customer_id, region_code, brand, search_keys FROM customers
                     WHERE customers.customer_id = home.profile_id OFFSET 0
                 ) AS known
                 WHERE assigned.manager_id = $6 AND assigned.counts AND known.search_keys && $1",
                keys,
                regions as _,
                brands as _,
                most,
                opened,
                manager,
            )
            .fetch_one(connection)
            .await?
        }
    };
    Ok(seen)
}
