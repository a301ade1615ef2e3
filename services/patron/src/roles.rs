//! The services that the binary can run. A new one is added here, and in the configuration.

use access::{Notary, SignError};
use chassis::Context;
use chassis::client::{Connection, Connector, ConnectorError};
use chassis::paging::PageTokens;
use disclosure::Disclosers;
use events::{Feeds, UnknownFeed};
use postgres::{Database, Migrations};
use profile::Peers;
use retention::Removers;
use seal::{Keyring, KeyringError};
use sha2::{Digest as _, Sha256};

use crate::config::Config;

/// A role with a database of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Service {
    Profile,
    Loyalty,
    Complaints,
    Survey,
    Recommendation,
}

/// Why a service can't be built.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BuildError {
    /// The services' own key is missing.
    #[error(
        "access.service_key_file is not set: services prove to each other by it who they are. Make \
         one with `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256`"
    )]
    NoServiceKey,
    /// The services' own key can't be read.
    #[error("the key file {path} can't be read")]
    ServiceKey {
        path: std::path::PathBuf,
        source: std::io::Error,
    },
    /// The key that signs loyalty's reports can't be read.
    #[error("the key file {path} of loyalty.report_key_file can't be read")]
    ReportKey {
        path: std::path::PathBuf,
        source: std::io::Error,
    },
    /// The keyring is missing.
    #[error(
        "sealing.keyring_file is not set: without it nobody can be erased for good. Make one with \
         `patron access new-keyring`, and keep it apart from the backups of the databases"
    )]
    NoKeyring,
    /// It is none.
    #[error("sealing.keyring_file can't be used")]
    Keyring(#[from] KeyringError),
    /// It is none.
    #[error("loyalty.report_key_file can't be used")]
    Notary(#[from] SignError),
    /// The settings for calls to others can't be used.
    #[error(transparent)]
    Connector(#[from] ConnectorError),
    /// A feed that the service follows has no address.
    #[error(transparent)]
    Feed(#[from] UnknownFeed),
}

impl Service {
    /// All of them.
    pub(crate) const ALL: [Self; 5] = [
        Self::Profile,
        Self::Loyalty,
        Self::Complaints,
        Self::Survey,
        Self::Recommendation,
    ];

    /// The role's name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Profile => profile::NAME,
            Self::Loyalty => loyalty::NAME,
            Self::Complaints => complaints::NAME,
            Self::Survey => survey::NAME,
            Self::Recommendation => recommendation::NAME,
        }
    }

    /// What its database consists of.
    pub(crate) fn migrations(self) -> Migrations {
        match self {
            Self::Profile => profile::migrations(),
            Self::Loyalty => loyalty::migrations(),
            Self::Complaints => complaints::migrations(),
            Self::Survey => survey::migrations(),
            Self::Recommendation => recommendation::migrations(),
        }
    }

    /// Names of its database and its two roles where Patron makes them itself.
    pub(crate) fn database_names(self) -> DatabaseNames {
        let database = format!("patron_{}", self.name());
        DatabaseNames {
            owner: format!("{database}_owner"),
            app: format!("{database}_app"),
            database,
        }
    }

    /// The service on its database.
    pub(crate) fn build(
        self,
        db: Database,
        config: &Config,
        context: &Context,
    ) -> Result<chassis::Service, BuildError> {
        let connector = Connector::new(self.name(), context.clock.clone(), &config.of_role())?;
        let feeds = Self::feeds(config, &connector)?;
        let keyring = keyring(config)?;
        let service = match self {
            Self::Profile => {
                let peers = Peers {
                    disclosers: Disclosers::over(Self::connections(config, &connector)?),
                    removers: Removers::over(Self::connections(config, &connector)?),
                    balances: Some(profile::balances(
                        connector.connect(config.peers.loyalty())?,
                    )),
                };
                let settings = config.of_profile(keyring);
                profile::service(db, &feeds, peers, context, settings)?
            }
            Self::Loyalty => {
                let profiles = connector.connect(config.peers.profile())?;
                let settings = config.of_loyalty(keyring, notary(config)?);
                loyalty::service(db, &feeds, loyalty::profiles(profiles), context, settings)?
            }
            Self::Complaints => complaints::service(db, &feeds, keyring, context)?,
            Self::Survey => survey::service(db, &feeds, keyring, context)?,
            Self::Recommendation => recommendation::service(db, &feeds, &keyring, context)?,
        };
        // Regions are profile's: it tells of its customers itself, and the others ask it.
        Ok(match self {
            Self::Profile => service,
            _ => service.records(persons::within(connector.connect(config.peers.profile())?)),
        })
    }

    /// The feeds of all services, each of which it may follow.
    fn feeds(config: &Config, connector: &Connector) -> Result<Feeds, BuildError> {
        Ok(Feeds::over(Self::connections(config, connector)?))
    }

    /// Connections to all services, by their names.
    fn connections(
        config: &Config,
        connector: &Connector,
    ) -> Result<Vec<(&'static str, Connection)>, ConnectorError> {
        let connect =
            |(service, address): (Self, &str)| Ok((service.name(), connector.connect(address)?));
        config.peers.all().into_iter().map(connect).collect()
    }
}

/// The secrets under which personal data is sealed and found.
fn keyring(config: &Config) -> Result<Keyring, BuildError> {
    let path = config.keyring_file().ok_or(BuildError::NoKeyring)?;
    Ok(Keyring::read(path)?)
}

/// Who signs loyalty's reports.
fn notary(config: &Config) -> Result<Option<Notary>, BuildError> {
    let Some(path) = config.report_key_file() else {
        return Ok(None);
    };
    let pem = std::fs::read_to_string(path).map_err(|source| BuildError::ReportKey {
        path: path.to_owned(),
        source,
    })?;
    Ok(Some(Notary::from_pem(&pem)?))
}

/// Names on a PostgreSQL server.
#[derive(Clone, Debug)]
pub(crate) struct DatabaseNames {
    pub(crate) database: String,
    pub(crate) owner: String,
    pub(crate) app: String,
}

/// What every service is handed. The secret of the page tokens is derived from the services' key,
/// which all replicas share.
pub(crate) fn context(config: &Config, clock: chassis::Clock) -> Result<Context, BuildError> {
    let path = config
        .access
        .service_key_file
        .as_ref()
        .ok_or(BuildError::NoServiceKey)?;
    let key = std::fs::read(path).map_err(|source| BuildError::ServiceKey {
        path: path.clone(),
        source,
    })?;
    let secret = Sha256::new()
        .chain_update(b"patron page tokens\0")
        .chain_update(key)
        .finalize();
    Ok(Context {
        clock,
        pages: PageTokens::new(&secret),
    })
}
