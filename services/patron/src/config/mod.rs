//! The one configuration of all roles.

mod show;

use std::path::{Path, PathBuf};

use access::Notary;
use chassis::config::{
    AccessConfig, ClientConfig, ConfigError, ServerConfig, TelemetryConfig, TlsConfig, environment,
    load,
};
use gateway::GatewayConfig;
use gateway::config::GatewaySection;
use loyalty::CardPrefix;
use postgres::{DatabaseConfig, DatabaseUrl};
use profile::PhoneCountry;
use seal::Keyring;
use serde::{Deserialize, Serialize};

use crate::roles::Service;

pub(crate) use show::show;

/// What the binary adds to the defaults of the chassis.
const OWN_DEFAULTS: &str = include_str!("defaults.toml");

/// All settings; each is described in [`defaults`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Config {
    pub(crate) server: ServerConfig,
    pub(crate) access: AccessConfig,
    pub(crate) client: ClientConfig,
    pub(crate) tls: TlsConfig,
    pub(crate) telemetry: TelemetryConfig,
    pub(crate) peers: Peers,
    gateway: GatewayLimits,
    sealing: Sealing,
    database: DatabaseLimits,
    profile: ProfileSection,
    loyalty: LoyaltySection,
    complaints: ServiceSection,
    survey: ServiceSection,
    recommendation: ServiceSection,
}

/// `[peers]`: the address of each service.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Peers {
    profile: String,
    loyalty: String,
    complaints: String,
    survey: String,
    recommendation: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct GatewayLimits {
    max_body_bytes: usize,
    max_answer_bytes: usize,
    gzip_from_bytes: usize,
    api_keys_file: Option<PathBuf>,
    rate_limits: gateway::config::RateLimits,
    concurrency: gateway::config::Concurrency,
    cors: gateway::config::Cors,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Sealing {
    keyring_file: PathBuf,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct DatabaseLimits {
    max_connections: u32,
    min_connections: u32,
    acquire_timeout_ms: u64,
    statement_timeout_ms: u64,
    lock_timeout_ms: u64,
    idle_in_transaction_timeout_ms: u64,
    max_lifetime_s: u64,
    idle_timeout_s: u64,
    tcp_keepalive_s: u64,
    tcp_user_timeout_ms: u64,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct ServiceSection {
    database_url: DatabaseUrl,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct ProfileSection {
    database_url: DatabaseUrl,
    phone_country: PhoneCountry,
    stale_after_days: u16,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct LoyaltySection {
    database_url: DatabaseUrl,
    writer_shards: u8,
    verify_daily: bool,
    card_prefix: CardPrefix,
    report_key_file: PathBuf,
}

/// What a process is started for, by which some of the defaults differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Preset {
    /// One service.
    Service,
    /// The gateway: it has a port of its own.
    Gateway,
    /// Everything, on a developer's machine: quiet, and quick to stop.
    Up,
}

/// Where the defaults of a preset differ from the document: what stands there, and what instead.
const DIFFERENCES: &[(Preset, &str, &str)] = &[
    (
        Preset::Gateway,
        "listen = \"0.0.0.0:50051\"",
        "listen = \"0.0.0.0:8080\"",
    ),
    (
        Preset::Up,
        "log = \"info,access_log=warn\"",
        "log = \"error\"",
    ),
    (
        Preset::Up,
        "drain_bound_ms = 25000",
        "drain_bound_ms = 5000",
    ),
];

/// The defaults as a commented TOML document.
pub(crate) fn defaults(preset: Preset) -> String {
    let document = format!("{}{OWN_DEFAULTS}", chassis::config::DEFAULTS);
    let differences = DIFFERENCES.iter().filter(|(of, _, _)| *of == preset);
    differences.fold(document, |document, (_, common, own)| {
        document.replacen(common, own, 1)
    })
}

impl Config {
    /// The defaults, over them the file, over both the environment.
    pub(crate) fn load(file: Option<&Path>, preset: Preset) -> Result<Self, Box<ConfigError>> {
        load(&defaults(preset), file, environment()).map_err(Box::new)
    }

    /// What the chassis needs of it.
    pub(crate) fn of_role(&self) -> chassis::config::Config {
        chassis::config::Config {
            server: self.server.clone(),
            access: self.access.clone(),
            client: self.client.clone(),
            tls: self.tls.clone(),
            telemetry: self.telemetry.clone(),
        }
    }

    /// What the gateway needs of it.
    pub(crate) fn of_gateway(&self) -> GatewayConfig {
        GatewayConfig {
            server: self.server.clone(),
            access: self.access.clone(),
            client: self.client.clone(),
            tls: self.tls.clone(),
            telemetry: self.telemetry.clone(),
            gateway: GatewaySection {
                max_body_bytes: self.gateway.max_body_bytes,
                max_answer_bytes: self.gateway.max_answer_bytes,
                gzip_from_bytes: self.gateway.gzip_from_bytes,
                api_keys_file: self.gateway.api_keys_file.clone(),
                rate_limits: self.gateway.rate_limits.clone(),
                concurrency: self.gateway.concurrency,
                cors: self.gateway.cors.clone(),
                upstreams: self
                    .peers
                    .all()
                    .map(|(service, address)| (service.name().to_owned(), address.to_owned()))
                    .into(),
            },
        }
    }

    /// Where a service's database is; `None` when nobody says.
    pub(crate) fn database_url(&self, service: Service) -> Option<&DatabaseUrl> {
        let url = match service {
            Service::Profile => &self.profile.database_url,
            Service::Loyalty => &self.loyalty.database_url,
            Service::Complaints => &self.complaints.database_url,
            Service::Survey => &self.survey.database_url,
            Service::Recommendation => &self.recommendation.database_url,
        };
        Some(url).filter(|url| !url.is_empty())
    }

    /// How profile works, with this keyring.
    pub(crate) fn of_profile(&self, keyring: Keyring) -> profile::Settings {
        profile::Settings {
            keyring,
            phone_country: self.profile.phone_country.clone(),
            stale_after_days: self.profile.stale_after_days,
        }
    }

    /// How loyalty works, with this keyring, and this key to sign reports.
    pub(crate) fn of_loyalty(&self, keyring: Keyring, notary: Option<Notary>) -> loyalty::Settings {
        loyalty::Settings {
            writer_shards: self.loyalty.writer_shards,
            verify_daily: self.loyalty.verify_daily,
            card_prefix: self.loyalty.card_prefix.clone(),
            notary,
            ..loyalty::Settings::under(keyring)
        }
    }

    /// The file with the key that signs loyalty's reports; `None` where nobody signs them.
    pub(crate) fn report_key_file(&self) -> Option<&Path> {
        Some(self.loyalty.report_key_file.as_path()).filter(|file| !file.as_os_str().is_empty())
    }

    /// Signs loyalty's reports with the key in this file, unless another is configured.
    pub(crate) fn report_key_or(&mut self, file: PathBuf) {
        if self.report_key_file().is_none() {
            self.loyalty.report_key_file = file;
        }
    }

    /// The file with the secrets under which personal data is sealed and found; `None` when nobody says.
    pub(crate) fn keyring_file(&self) -> Option<&Path> {
        Some(self.sealing.keyring_file.as_path()).filter(|file| !file.as_os_str().is_empty())
    }

    /// Uses the keyring in this file, unless another is configured.
    pub(crate) fn keyring_or(&mut self, file: PathBuf) {
        if self.keyring_file().is_none() {
            self.sealing.keyring_file = file;
        }
    }

    /// How a service uses the database at `url`.
    pub(crate) fn database(&self, service: Service, url: DatabaseUrl) -> DatabaseConfig {
        let limits = self.database.clone();
        DatabaseConfig {
            url,
            application_name: format!("patron-{}", service.name()),
            max_connections: limits.max_connections,
            min_connections: limits.min_connections,
            acquire_timeout_ms: limits.acquire_timeout_ms,
            statement_timeout_ms: limits.statement_timeout_ms,
            lock_timeout_ms: limits.lock_timeout_ms,
            idle_in_transaction_timeout_ms: limits.idle_in_transaction_timeout_ms,
            max_lifetime_s: limits.max_lifetime_s,
            idle_timeout_s: limits.idle_timeout_s,
            tcp_keepalive_s: limits.tcp_keepalive_s,
            tcp_user_timeout_ms: limits.tcp_user_timeout_ms,
        }
    }
}

impl Peers {
    /// The address of `profile`.
    pub(crate) fn profile(&self) -> &str {
        &self.profile
    }

    pub(crate) fn loyalty(&self) -> &str {
        &self.loyalty
    }

    /// Each service with its address.
    pub(crate) fn all(&self) -> [(Service, &str); 5] {
        Service::ALL.map(|service| {
            let address = match service {
                Service::Profile => &self.profile,
                Service::Loyalty => &self.loyalty,
                Service::Complaints => &self.complaints,
                Service::Survey => &self.survey,
                Service::Recommendation => &self.recommendation,
            };
            (service, address.as_str())
        })
    }

    /// Sets the address of a service.
    pub(crate) fn set(&mut self, service: Service, address: String) {
        let slot = match service {
            Service::Profile => &mut self.profile,
            Service::Loyalty => &mut self.loyalty,
            Service::Complaints => &mut self.complaints,
            Service::Survey => &mut self.survey,
            Service::Recommendation => &mut self.recommendation,
        };
        *slot = address;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loaded(preset: Preset, environment: &[(&str, &str)]) -> Result<Config, Box<ConfigError>> {
        let environment = environment
            .iter()
            .map(|(name, value)| ((*name).into(), (*value).into()));
        load(&defaults(preset), None, environment).map_err(Box::new)
    }

    #[test]
    fn the_documented_defaults_are_complete_and_each_role_has_its_port() {
        let service = loaded(Preset::Service, &[]).unwrap();
        let gateway = loaded(Preset::Gateway, &[]).unwrap();
        assert_eq!(service.server.listen.port(), 50051);
        assert_eq!(gateway.server.listen.port(), 8080);
        let up = loaded(Preset::Up, &[]).unwrap();
        assert_eq!(
            (up.telemetry.log.as_str(), up.server.drain_bound_ms),
            ("error", 5000)
        );
        assert_eq!(gateway.of_gateway().gateway.upstreams.len(), 5);
        assert_eq!(service.database_url(Service::Profile), None);
        let database = service.database(Service::Profile, DatabaseUrl::new("postgres:///p"));
        assert!(database.validate().is_ok());
    }

    #[test]
    fn the_environment_sets_any_key_and_an_unknown_one_is_named() {
        let url = ("PATRON__LOYALTY__DATABASE_URL", "postgres://u:secret@h/db");
        let config = loaded(Preset::Service, &[url]).unwrap();
        assert_eq!(
            config.database_url(Service::Loyalty).unwrap().expose(),
            url.1
        );
        let error = loaded(Preset::Service, &[("PATRON__LOYALTY__DATABASE", "x")]).unwrap_err();
        assert!(error.to_string().contains("loyalty.database"), "{error}");
    }

    #[test]
    fn what_is_shown_can_be_read_back_and_holds_no_secret() {
        let url = ("PATRON__LOYALTY__DATABASE_URL", "postgres://u:hunter2@h/db");
        let config = loaded(Preset::Service, &[url]).unwrap();
        let shown = show(&config).unwrap();
        assert!(
            !shown.contains("hunter2") && shown.contains("postgres://u:***@h/db"),
            "{shown}"
        );
        let read: Config = load(&shown, None, []).unwrap();
        assert_eq!(show(&read).unwrap(), shown);
    }
}
