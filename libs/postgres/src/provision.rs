//! Making a service's database and its two roles on a cluster.

use sqlx::error::DatabaseError as ServerError;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection as _};

use crate::DatabaseError;
use crate::sql::{identifier, literal};

/// A database, the role that owns it and migrates it, and the role that the service runs as.
#[derive(Clone, Copy, Debug)]
pub struct Provision<'a> {
    /// Name of the database.
    pub database: &'a str,
    /// Role that owns the database and everything in it.
    pub owner: &'a str,
    /// Role of the running service; gets its rights from
    /// [`Migrations::run`](crate::Migrations::run).
    pub app: &'a str,
}

/// Makes what is missing of `plan`; what exists is left as it is. `admin` may create databases and
/// roles. Passwords are not set here: a deployment brings its own way to authenticate.
pub async fn provision(
    admin: &mut PgConnection,
    plan: &Provision<'_>,
) -> Result<(), DatabaseError> {
    ensure_role(admin, plan.owner).await?;
    ensure_role(admin, plan.app).await?;
    become_member(admin, plan.owner).await?;
    ensure_database(admin, plan).await?;
    restrict(admin, plan).await
}

async fn ensure_role(admin: &mut PgConnection, role: &str) -> Result<(), DatabaseError> {
    let exists: bool =
        sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)")
            .bind(role)
            .fetch_one(&mut *admin)
            .await?;
    if exists {
        return Ok(());
    }
    let create = format!("CREATE ROLE {} LOGIN", identifier(role));
    // Roles belong to the whole cluster: another service may be making the same one right now.
    match sqlx::raw_sql(AssertSqlSafe(create)).execute(admin).await {
        Err(error) if !is_duplicate(&error) => Err(error.into()),
        _ => Ok(()),
    }
}

/// Only a member of a role may create a database for it, except a superuser. That it made the role
/// itself is not enough from PostgreSQL 16 on; to be granted it twice does no harm.
async fn become_member(admin: &mut PgConnection, owner: &str) -> Result<(), DatabaseError> {
    let may_already: bool = sqlx::query_scalar(
        "SELECT rolsuper OR rolname = $1 FROM pg_roles WHERE rolname = current_user",
    )
    .bind(owner)
    .fetch_one(&mut *admin)
    .await?;
    if !may_already {
        let grant = format!("GRANT {} TO CURRENT_USER", identifier(owner));
        sqlx::raw_sql(AssertSqlSafe(grant)).execute(admin).await?;
    }
    Ok(())
}

async fn ensure_database(
    admin: &mut PgConnection,
    plan: &Provision<'_>,
) -> Result<(), DatabaseError> {
    let exists: bool =
        sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)")
            .bind(plan.database)
            .fetch_one(&mut *admin)
            .await?;
    if exists {
        return Ok(());
    }
    // Locale C: rows sort by bytes everywhere, whatever the machine's libraries; people's order is
    // the application's matter.
    let create = format!(
        "CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'",
        identifier(plan.database),
        identifier(plan.owner)
    );
    match sqlx::raw_sql(AssertSqlSafe(create)).execute(admin).await {
        Err(error) if !is_duplicate(&error) => Err(error.into()),
        _ => Ok(()),
    }
}

/// Nobody but the two roles may enter, and a session of the application that forgets its limits
/// still has some: one writer left open holds back the event feeds of the whole cluster.
async fn restrict(admin: &mut PgConnection, plan: &Provision<'_>) -> Result<(), DatabaseError> {
    let (database, app) = (identifier(plan.database), identifier(plan.app));
    let statements = format!(
        "REVOKE ALL ON DATABASE {database} FROM PUBLIC;
         GRANT CONNECT ON DATABASE {database} TO {app};
         ALTER ROLE {app} IN DATABASE {database} SET statement_timeout = {statement};
         ALTER ROLE {app} IN DATABASE {database} SET idle_in_transaction_session_timeout = {idle};
         ALTER ROLE {app} IN DATABASE {database} SET lock_timeout = {lock};",
        statement = literal("30s"),
        idle = literal("10s"),
        lock = literal("10s"),
    );
    let mut transaction = admin.begin().await?;
    sqlx::raw_sql(AssertSqlSafe(statements))
        .execute(&mut *transaction)
        .await?;
    Ok(transaction.commit().await?)
}

/// `duplicate_object`, `duplicate_database`, or the unique index behind either of them.
fn is_duplicate(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(ServerError::code);
    code.is_some_and(|code| ["42710", "42P04", "23505"].contains(&code.as_ref()))
}
