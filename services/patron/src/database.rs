//! Making and migrating databases.

use postgres::embedded::Address;
use postgres::migrations::{MigrationError, SchemaState};
use postgres::{DatabaseError, DatabaseUrl, Provision, provision};
use sqlx::Connection as _;
use sqlx::postgres::PgConnection;

use crate::roles::Service;

/// The database that every PostgreSQL server has.
const ADMIN_DATABASE: &str = "postgres";

/// Why a database can't be brought to this release.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MigrateError {
    /// The database can't be reached.
    #[error("the database can't be reached")]
    Connect(#[source] sqlx::Error),
    /// It, or its roles, can't be made.
    #[error("the database {database} can't be made")]
    Provision {
        database: String,
        source: DatabaseError,
    },
    /// A migration failed.
    #[error(transparent)]
    Migration(#[from] MigrationError),
}

/// Applies what is missing, as the role that the URL names; grants `app_role` its rights.
pub(crate) async fn migrate(
    service: Service,
    url: &DatabaseUrl,
    app_role: &str,
) -> Result<SchemaState, MigrateError> {
    let connection = PgConnection::connect(url.expose()).await;
    let mut connection = connection.map_err(MigrateError::Connect)?;
    let state = service.migrations().run(&mut connection, app_role).await;
    // What matters is done; a connection that does not end well changes nothing.
    let _ = connection.close().await;
    Ok(state?)
}

/// Makes a service's database on the embedded server if it is not there, and migrates it. Answers
/// the URL for the application role.
pub(crate) async fn prepare(
    service: Service,
    server: &Address,
) -> Result<DatabaseUrl, MigrateError> {
    let names = service.database_names();
    let admin = server.url(ADMIN_DATABASE, postgres::embedded::SUPERUSER);
    let admin = PgConnection::connect(admin.expose()).await;
    let mut admin = admin.map_err(MigrateError::Connect)?;
    let plan = Provision {
        database: &names.database,
        owner: &names.owner,
        app: &names.app,
    };
    let made = provision(&mut admin, &plan).await;
    let _ = admin.close().await;
    made.map_err(|source| MigrateError::Provision {
        database: names.database.clone(),
        source,
    })?;
    let owner = server.url(&names.database, &names.owner);
    migrate(service, &owner, &names.app).await?;
    Ok(server.url(&names.database, &names.app))
}
