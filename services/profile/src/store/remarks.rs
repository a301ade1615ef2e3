//! What is written about people in words: reasons, proofs, references.
//!
//! It is sealed under the key of the customer at whose id the row stands, for its place. Beside each text is its sealed
//! form (`sealed_reason` beside `reason`), and the text is empty. A text that is there was written by a release before, and
//! is what holds until it is sealed.

use seal::{Keyring, Wrapped};
use sqlx::PgConnection;
use uuid::Uuid;

use super::sealed::{Column, SealError, Sealed, Unreadable};
use super::{Keys, StoreError};

/// Of what is sealed.
const FORM: i64 = 1;

/// A table with remarks, and the columns that tell at which place of it a row is.
pub(super) struct Table {
    pub(super) columns: &'static [Column],
    /// The customer under whose key they are.
    pub(super) customer: &'static str,
    pub(super) row: &'static str,
}

pub(super) const LINK: Column = column("links", "reason");
pub(super) const UNDONE_LINK: Column = column("links", "undone_reason");
pub(super) const CANDIDATE: Column = column("match_candidates", "reason");
pub(super) const TAG: Column = column("tag_changes", "reason");
pub(super) const HOLD: Column = column("legal_holds", "reason");
pub(super) const RELEASED_HOLD: Column = column("legal_holds", "release_reason");
pub(super) const LIFTED_RESTRICTION: Column = column("restrictions", "lift_reason");
pub(super) const ASSIGNMENT: Column = column("account_assignments", "reason");
pub(super) const ASSIGNMENT_CHANGE: Column = column("account_assignment_changes", "reason");
pub(super) const EVIDENCE: Column = column("consent_statements", "evidence");
pub(super) const REFERENCE: Column = column("contacts", "reference");

/// Where remarks stand.
pub(super) const TABLES: &[Table] = &[
    Table {
        columns: &[LINK, UNDONE_LINK],
        customer: "older",
        row: "link_id",
    },
    Table {
        columns: &[CANDIDATE],
        customer: "older",
        row: "newer",
    },
    of_customer(&[TAG], "change_id"),
    of_customer(&[HOLD, RELEASED_HOLD], "legal_hold_id"),
    of_customer(&[LIFTED_RESTRICTION], "restriction_id"),
    of_customer(&[ASSIGNMENT], "customer_id"),
    of_customer(&[ASSIGNMENT_CHANGE], "change_id"),
    of_customer(&[EVIDENCE], "statement_id"),
    of_customer(&[REFERENCE], "contact_id"),
];

const fn of_customer(columns: &'static [Column], row: &'static str) -> Table {
    Table {
        columns,
        customer: "customer_id",
        row,
    }
}

const fn column(table: &'static str, column: &'static str) -> Column {
    Column { table, column }
}

/// What is known of a table, when it has remarks.
pub(super) fn table(name: &str) -> Option<&'static Table> {
    let is_it = |table: &&Table| table.columns.iter().any(|it| it.table == name);
    TABLES.iter().find(is_it)
}

/// All columns that hold remarks.
pub(crate) fn columns() -> impl Iterator<Item = Column> {
    TABLES.iter().flat_map(|table| table.columns).copied()
}

impl Keys {
    /// A remark as it is kept in a row of a customer; `None`: there is none.
    pub(super) fn remark(
        &self,
        customer_id: Uuid,
        column: Column,
        row: Uuid,
        words: &str,
    ) -> Result<Option<Vec<u8>>, SealError> {
        let words = Some(words).filter(|words| !words.is_empty());
        let seal = |words| self.seal(customer_id, column, (row, FORM), &words);
        words.map(seal).transpose()
    }
}

/// The remarks of a row.
pub(super) struct Remarks<'a> {
    pub(super) keyring: &'a Keyring,
    /// Under whose key they are, and the key as it is kept; `None`: it was destroyed.
    pub(super) customer_id: Uuid,
    pub(super) key: Option<Wrapped>,
    pub(super) row: Uuid,
}

impl Remarks<'_> {
    /// What stands in a column, of which both forms were read.
    pub(super) fn read(
        &self,
        column: Column,
        text: String,
        sealed: Option<&[u8]>,
    ) -> Result<String, Unreadable> {
        let sealed = sealed.filter(|_| text.is_empty());
        let (Some(bytes), Some(key)) = (sealed, self.key.clone()) else {
            return Ok(text);
        };
        let sealed = Sealed {
            customer_id: self.customer_id,
            key,
            bytes,
        };
        sealed.open(self.keyring, column, (self.row, FORM))
    }
}

/// A remark that a release before has written.
#[derive(Clone, Debug)]
pub(crate) struct InClear {
    pub(crate) customer_id: Uuid,
    pub(crate) row: Uuid,
    pub(crate) words: String,
}

/// The first `limit` of a column behind a customer and row. Those of people who were erased are on their way out.
pub(crate) async fn in_clear(
    connection: &mut PgConnection,
    of: Column,
    (customer, row): (Uuid, Uuid),
    limit: i64,
) -> Result<Vec<InClear>, StoreError> {
    let found = sqlx::query_as!(
        InClear,
        r#"SELECT customer_id AS "customer_id!", row_id AS "row!", words AS "words!"
           FROM remarks_in_clear AS told
           WHERE of_table = $1 AND of_column = $2 AND (customer_id, row_id) > ($3, $4)
             AND NOT EXISTS (SELECT FROM subject_keys AS k
                             WHERE k.customer_id = told.customer_id AND k.erased_at IS NOT NULL)
           ORDER BY customer_id, row_id LIMIT $5"#,
        of.table,
        of.column,
        customer,
        row,
        limit,
    );
    Ok(found.fetch_all(connection).await?)
}

/// Puts sealed forms in the place of remarks of a column; those that read otherwise meanwhile stay as they are.
pub(crate) async fn seal(
    connection: &mut PgConnection,
    keys: &Keys,
    of: Column,
    found: &[InClear],
) -> Result<(), StoreError> {
    let seal = |it: &InClear| keys.remark(it.customer_id, of, it.row, &it.words);
    let sealed: Vec<Option<Vec<u8>>> = found.iter().map(seal).collect::<Result<_, _>>()?;
    let customers: Vec<Uuid> = found.iter().map(|it| it.customer_id).collect();
    let rows: Vec<Uuid> = found.iter().map(|it| it.row).collect();
    sqlx::query!(
        "SELECT seal_remarks($1, $2, $3, $4, $5, $6)",
        of.table,
        of.column,
        &customers,
        &rows,
        &super::texts(found, |it| &it.words) as &[&str],
        &sealed as &[Option<Vec<u8>>],
    )
    .fetch_one(connection)
    .await?;
    Ok(())
}
