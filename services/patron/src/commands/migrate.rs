//! `patron migrate`.

use std::path::Path;

use anyhow::Context as _;
use chassis::telemetry;

use super::serve::no_database;
use crate::cli::{Migrate, Target};
use crate::config::{Config, Preset};
use crate::database;
use crate::output::say;
use crate::roles::Service;

/// Applies what is missing, as the owner that the service's database URL names.
pub(crate) async fn run(arguments: Migrate, file: Option<&Path>) -> anyhow::Result<()> {
    let config = Config::load(file, Preset::Service)?;
    let telemetry = telemetry::init(&config.telemetry, "migrate")?;
    anyhow::ensure!(
        arguments.application_role.is_none() || arguments.service != Target::All,
        "--application-role is for one service; each has a role of its own"
    );
    for service in services(arguments.service) {
        let url = config
            .database_url(service)
            .ok_or_else(|| no_database(service))?;
        let role = arguments.application_role.clone();
        let role = role.unwrap_or_else(|| service.database_names().app);
        let state = database::migrate(service, url, &role)
            .await
            .with_context(|| format!("migrating {}", service.name()))?;
        say(format!(
            "{}: {} migrations applied",
            service.name(),
            state.applied.len()
        ));
    }
    telemetry.flush().await;
    Ok(())
}

fn services(target: Target) -> Vec<Service> {
    match target {
        Target::All => Service::ALL.to_vec(),
        Target::Profile => vec![Service::Profile],
        Target::Loyalty => vec![Service::Loyalty],
        Target::Complaints => vec![Service::Complaints],
        Target::Survey => vec![Service::Survey],
        Target::Recommendation => vec![Service::Recommendation],
    }
}
