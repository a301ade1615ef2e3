//! The services' databases: those that the configuration names, the others on a PostgreSQL of our
//! own.

use anyhow::Context as _;
use postgres::embedded::EmbeddedOptions;
use postgres::migrations::MigrationError;
use postgres::{Database, DatabaseUrl, Embedded};
use sqlx::postgres::PgConnectOptions;
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
}

impl Databases {
    /// Starts what is needed, makes what is missing, and migrates all of it.
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
        if let Some(server) = &server {
            urls.extend(embedded(own, server).await?);
        }
        urls.sort_by_key(|(service, _)| *service);
        Ok(Self { urls, server })
    }

    /// Where the databases are (without secrets), each service's URL, and the server of our own.
    pub(super) fn into_parts(self) -> (String, Vec<(Service, DatabaseUrl)>, Option<Embedded>) {
        let named = self
            .urls
            .iter()
            .map(|(service, url)| format!("{}={url}", service.name()));
        let named: Vec<String> = named.collect();
        (named.join(" "), self.urls, self.server)
    }
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

/// Databases that the configuration names are migrated when they need it, by the role it names.
async fn external(config: &Config) -> anyhow::Result<Vec<(Service, DatabaseUrl)>> {
    let mut urls = Vec::new();
    for service in Service::ALL {
        let Some(url) = config.database_url(service) else {
            continue;
        };
        let name = service.name();
        if needs_migration(service, config, url)
            .await
            .with_context(|| format!("checking {name}"))?
        {
            let role: PgConnectOptions = url.expose().parse()?;
            let migrated = database::migrate(service, url, role.get_username()).await;
            migrated.with_context(|| format!("migrating {name}"))?;
        }
        urls.push((service, url.clone()));
    }
    Ok(urls)
}

async fn needs_migration(
    service: Service,
    config: &Config,
    url: &DatabaseUrl,
) -> anyhow::Result<bool> {
    let db = Database::connect(&config.database(service, url.clone())).await?;
    match service.migrations().check(&db).await {
        Ok(_) => Ok(false),
        Err(MigrationError::Pending { .. }) => Ok(true),
        Err(error) => Err(error.into()),
    }
}
