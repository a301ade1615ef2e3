use postgres::testing::TestDatabase;
use sqlx::AssertSqlSafe;

/// Where a text stands in a database, in whatever case, also as bytes; `table.column` each.
pub async fn places(database: &TestDatabase, text: &str) -> Vec<String> {
    let columns: Vec<(String, String)> = sqlx::query_as(
        "SELECT c.relname::text, a.attname::text FROM pg_class AS c
         JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
         WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' ORDER BY 1, 2",
    )
    .fetch_all(database.owner_pool())
    .await
    .unwrap();
    let bytes: Vec<String> = text.bytes().map(|byte| format!("{byte:02x}")).collect();
    let mut found = Vec::new();
    for (table, column) in columns {
        let look = format!(
            r#"SELECT EXISTS (SELECT FROM "{table}" WHERE strpos(lower("{column}"::text), $1) > 0
                              OR strpos("{column}"::text, $2) > 0)"#
        );
        let holds = sqlx::query_scalar(AssertSqlSafe(look))
            .bind(text.to_lowercase())
            .bind(bytes.concat())
            .fetch_one(database.owner_pool())
            .await
            .unwrap();
        if holds {
            found.push(format!("{table}.{column}"));
        }
    }
    found
}
