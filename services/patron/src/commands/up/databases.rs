//! The services' databases: those that the configuration names, the others on a PostgreSQL of our
//! own.

use anyhow::Context as _;
use postgres::embedded::{EmbeddedOptions, SUPERUSER};
use postgres::{Database, DatabaseUrl, Embedded};
use sqlx::Connection as _;
use sqlx::postgres::PgConnection;
use tokio::task::JoinSet;

use super::folder::DataFolder;
use crate::config::Config;
use crate::database;
use crate::output::say;
use crate::roles::Service;

/// Migrated databases.
pub(super) struct Databases {
    urls: Vec<(Service, DatabaseUrl)>,
    server: Option<Embedded>,
    /// Tells the embedded cluster from one that was made anew in the same folder; empty without one.
    cluster: String,
}

impl Databases {
    /// Starts what is needed, makes and migrates what is our own, and checks what is not.
    pub(super) async fn open(config: &Config, folder: &DataFolder) -> anyhow::Result<Self> {
        let own = Service::ALL
            .into_iter()
            .filter(|service| config.database_url(*service).is_none());
        let own: Vec<Service> = own.collect();
        let server = if own.is_empty() {
            None
        } else {
            Some(start(folder).await?)
        };
        say("preparing the databases");
        let mut urls = external(config).await?;
        let mut cluster = String::new();
        if let Some(server) = &server {
            urls.extend(embedded(own, server).await?);
            cluster = identity(server)
                .await
                .context("asking PostgreSQL who it is")?;
        }
        urls.sort_by_key(|(service, _)| *service);
        Ok(Self {
            urls,
            server,
            cluster,
        })
    }

    /// Where the databases are (without secrets), each service's URL, and the server of our own.
    pub(super) fn into_parts(self) -> (String, Vec<(Service, DatabaseUrl)>, Option<Embedded>) {
        let named = self
            .urls
            .iter()
            .map(|(service, url)| format!("{}={url}", service.name()));
        let named: Vec<String> = named.chain([self.cluster]).collect();
        (named.join(" "), self.urls, self.server)
    }
}

/// What `initdb` drew for this cluster.
async fn identity(server: &Embedded) -> Result<String, sqlx::Error> {
    let url = server.address().url("postgres", SUPERUSER);
    let mut admin = PgConnection::connect(url.expose()).await?;
    let query = "SELECT system_identifier::text FROM pg_control_system()";
    let identity = sqlx::query_scalar(query).fetch_one(&mut admin).await;
    // It was only asked; how the connection ends changes nothing.
    let _ = admin.close().await;
    identity
}

async fn start(folder: &DataFolder) -> anyhow::Result<Embedded> {
    let root = folder.file("postgres");
    say(format!("starting PostgreSQL in {}", root.display()));
    Ok(Embedded::start(&EmbeddedOptions::new(root)).await?)
}

async fn embedded(
    services: Vec<Service>,
    server: &Embedded,
) -> anyhow::Result<Vec<(Service, DatabaseUrl)>> {
    let mut preparing = JoinSet::new();
    for service in services {
        let address = server.address().clone();
        preparing.spawn(async move {
            let url = database::prepare(service, &address).await;
            url.map(|url| (service, url))
                .with_context(|| format!("preparing {}", service.name()))
        });
    }
    let mut urls = Vec::new();
    while let Some(prepared) = preparing.join_next().await {
        urls.push(prepared??);
    }
    Ok(urls)
}

/// Databases that the configuration names belong to somebody: they are used, never changed. Their
/// URLs name the application's role, which may not migrate.
async fn external(config: &Config) -> anyhow::Result<Vec<(Service, DatabaseUrl)>> {
    let mut urls = Vec::new();
    for service in Service::ALL {
        let Some(url) = config.database_url(service) else {
            continue;
        };
        let name = service.name();
        let db = Database::connect(&config.database(service, url.clone()))
            .await
            .with_context(|| format!("the database of {name} can't be reached"))?;
        let checked = service.migrations().check(&db).await;
        checked.with_context(|| format!("run `patron migrate {name}` as the database's owner"))?;
        urls.push((service, url.clone()));
    }
    Ok(urls)
}
