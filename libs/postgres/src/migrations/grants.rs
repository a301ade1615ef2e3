//! What the application role may do with each thing that the migrations made.

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection as _};

use super::{MigrationError, history};
use crate::sql::identifier;

/// Changes with the rights below, so that test databases made by older rules are made anew.
pub(super) const REVISION: &str = "1";

/// A relation of the schema, as far as rights depend on it.
struct Relation {
    /// Quoted, and qualified if need be.
    name: String,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Table,
    AppendOnly,
    Partition,
    View,
    Sequence,
}

impl Relation {
    /// A partition is reached through its parent, with the parent's rights: a right of its own
    /// would be a way around them.
    fn rights(&self) -> Option<&'static str> {
        if self.name == history::TABLE {
            return Some("SELECT");
        }
        match self.kind {
            Kind::Table => Some("SELECT, INSERT, UPDATE, DELETE"),
            Kind::AppendOnly => Some("SELECT, INSERT"),
            Kind::Partition => None,
            Kind::View => Some("SELECT"),
            Kind::Sequence => Some("USAGE"),
        }
    }

    /// Takes away first: a table may have become append-only since the last run.
    fn statements(&self, role: &str) -> String {
        let object = if self.kind == Kind::Sequence {
            "SEQUENCE "
        } else {
            ""
        };
        let on = format!("ON {object}{}", self.name);
        let revoke = format!("REVOKE ALL {on} FROM {role};\n");
        match self.rights() {
            Some(rights) => format!("{revoke}GRANT {rights} {on} TO {role};\n"),
            None => revoke,
        }
    }
}

/// Grants `app_role` its rights on everything in the schema, in one transaction. The owner itself
/// keeps its own: without the right to change an append-only table it could not run the next
/// migration of that table's rows.
pub(super) async fn grant(owner: &mut PgConnection, app_role: &str) -> Result<(), MigrationError> {
    let is_owner: Option<bool> =
        sqlx::query_scalar("SELECT rolname = current_user FROM pg_roles WHERE rolname = $1")
            .bind(app_role)
            .fetch_optional(&mut *owner)
            .await?;
    match is_owner {
        Some(true) => return Ok(()),
        Some(false) => {}
        None => {
            return Err(MigrationError::NoSuchRole {
                role: app_role.to_owned(),
            });
        }
    }
    let role = identifier(app_role);
    let mut transaction = owner.begin().await?;
    let schema: String = sqlx::query_scalar("SELECT quote_ident(current_schema())")
        .fetch_one(&mut *transaction)
        .await?;
    let mut statements = format!(
        "GRANT USAGE ON SCHEMA {schema} TO {role};
         GRANT EXECUTE ON ALL ROUTINES IN SCHEMA {schema} TO {role};\n"
    );
    for relation in relations(&mut transaction).await? {
        statements.push_str(&relation.statements(&role));
    }
    sqlx::raw_sql(AssertSqlSafe(statements))
        .execute(&mut *transaction)
        .await?;
    Ok(transaction.commit().await?)
}

async fn relations(connection: &mut PgConnection) -> Result<Vec<Relation>, sqlx::Error> {
    // regclass prints the name quoted as it must be written.
    let rows: Vec<(String, String, bool, bool)> = sqlx::query_as(
        "SELECT oid::regclass::text, relkind::text, relispartition,
                COALESCE(obj_description(oid, 'pg_class') LIKE 'append-only%', false)
         FROM pg_class
         WHERE relnamespace = current_schema()::regnamespace
           AND relkind IN ('r', 'p', 'v', 'm', 'S')
         ORDER BY oid",
    )
    .fetch_all(connection)
    .await?;
    let relation = |(name, kind, partition, append_only): (_, String, _, _)| Relation {
        name,
        kind: kind_of(&kind, partition, append_only),
    };
    Ok(rows.into_iter().map(relation).collect())
}

fn kind_of(relkind: &str, partition: bool, append_only: bool) -> Kind {
    match relkind {
        "S" => Kind::Sequence,
        "v" | "m" => Kind::View,
        _ if partition => Kind::Partition,
        _ if append_only => Kind::AppendOnly,
        _ => Kind::Table,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partition_of_an_append_only_table_offers_no_way_around_it() {
        let relation = Relation {
            name: "outbox_1".to_owned(),
            kind: kind_of("r", true, false),
        };
        assert_eq!(
            relation.statements("app"),
            "REVOKE ALL ON outbox_1 FROM app;\n"
        );
    }

    #[test]
    fn an_append_only_table_loses_update_and_delete_before_it_gets_its_rights() {
        let relation = Relation {
            name: "ledger".to_owned(),
            kind: kind_of("p", false, true),
        };
        assert_eq!(
            relation.statements("app"),
            "REVOKE ALL ON ledger FROM app;\nGRANT SELECT, INSERT ON ledger TO app;\n"
        );
    }
}
