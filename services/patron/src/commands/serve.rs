//! `patron serve`: one role, until it is told to stop.

use std::path::Path;

use chassis::{Clock, Drained, shutdown_signal, telemetry};
use postgres::Database;

use crate::cli::Role;
use crate::config::{Config, Preset};
use crate::process;
use crate::roles::{self, Service};

/// Runs a role until SIGTERM or SIGINT, and drains it.
pub(crate) async fn role(role: Role, file: Option<&Path>) -> anyhow::Result<()> {
    let service = of_role(role);
    let preset = if service.is_some() {
        Preset::Service
    } else {
        Preset::Gateway
    };
    let config = Config::load(file, preset)?;
    let name = service.map_or("gateway", Service::name);
    let telemetry = telemetry::init(&config.telemetry, name)?;
    process::allow_connections(config.server.max_connections);
    let drained = match service {
        Some(service) => run(service, &config).await,
        None => run_gateway(&config).await,
    };
    telemetry.flush().await;
    drained.map(|_| ())
}

fn of_role(role: Role) -> Option<Service> {
    match role {
        Role::Gateway => None,
        Role::Profile => Some(Service::Profile),
        Role::Loyalty => Some(Service::Loyalty),
        Role::Complaints => Some(Service::Complaints),
        Role::Survey => Some(Service::Survey),
        Role::Recommendation => Some(Service::Recommendation),
    }
}

async fn run(service: Service, config: &Config) -> anyhow::Result<Drained> {
    let url = config
        .database_url(service)
        .ok_or_else(|| no_database(service))?;
    let context = roles::context(config, Clock::system())?;
    // The database may be down at this moment: then the role is not ready, and comes to be.
    let db = Database::connect_lazy(&config.database(service, url.clone()))?;
    let service = service.build(db, config, &context)?;
    let running = chassis::serve(service, &config.of_role(), shutdown_signal()).await?;
    Ok(running.stopped().await)
}

async fn run_gateway(config: &Config) -> anyhow::Result<Drained> {
    process::use_small_pages();
    let running = gateway::serve(&config.of_gateway(), Clock::system(), shutdown_signal()).await?;
    Ok(running.stopped().await)
}

/// The complaint about a database that nobody named.
pub(crate) fn no_database(service: Service) -> anyhow::Error {
    let name = service.name();
    anyhow::anyhow!(
        "no database is named for {name}: set PATRON__{}__DATABASE_URL",
        name.to_uppercase()
    )
}
