use std::path::PathBuf;

use access::{
    ApiKeys, IssuerKind, KeyExchange, KeySetError, PolicyError, PolicyFile, Roles, ServiceIdentity,
    SignError, Signer, Subjects, SubjectsError, TrustedKey,
};
use http::Uri;
use serde::{Deserialize, Serialize};

use super::StepUpConfig;
use crate::issuers::CertificatesError;

/// The issuer name in the services' own tokens.
const SERVICE_ISSUER: &str = "patron-services";
/// The issuer name in the tokens that the gateway gives to callers with an API key. It signs with the
/// services' key, which every role has; the name says that its subjects are machines and no services.
const MACHINE_ISSUER: &str = "patron-api-keys";

/// `[access]`; each setting is described in [`super::DEFAULTS`].
#[expect(
    missing_docs,
    reason = "described beside their defaults, which are the documentation"
)]
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AccessConfig {
    pub audience: String,
    pub issuers: Vec<IssuerConfig>,
    pub service_key_file: Option<PathBuf>,
    pub issuers_ca_file: Option<PathBuf>,
    pub policies: Option<PathBuf>,
    pub step_up: StepUpConfig,
}

/// One trusted issuer, with its keys as a JWK set in a file, in place, or where it publishes them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct IssuerConfig {
    /// The `iss` claim of its tokens.
    pub issuer: String,
    /// A file with its JWK set.
    pub jwks_file: Option<PathBuf>,
    /// The JWK set itself, or the address (`https://…`) where the issuer publishes it.
    #[serde(alias = "jwks_url")]
    pub jwks: Option<String>,
    /// Whom it speaks for.
    #[serde(default)]
    pub role: IssuerRole,
    /// Stands before the subjects of its tokens, where there is more than one issuer of people.
    pub subject_prefix: Option<String>,
}

/// Whom an issuer speaks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum IssuerRole {
    /// People and other systems.
    #[default]
    People,
    /// Patron's own services.
    Services,
}

/// Why tokens cannot be checked or made with these settings.
#[derive(Debug, thiserror::Error)]
pub enum AccessConfigError {
    /// A key file cannot be read.
    #[error("the key file {path} can't be read")]
    Unreadable {
        /// Where it should be.
        path: PathBuf,
        /// What the file system says.
        source: std::io::Error,
    },
    /// An issuer has no keys, or has them twice.
    #[error("the issuer {issuer} must have either jwks_file or jwks")]
    Keys {
        /// The issuer.
        issuer: String,
    },
    /// The address of an issuer's keys is none, or one where others could put theirs in.
    #[error(
        "the keys of the issuer {issuer} can't be fetched from {url}: it takes https, or http from this machine"
    )]
    Address {
        /// The issuer.
        issuer: String,
        /// The address.
        url: String,
    },
    /// What certifies the servers of issuers can't be used.
    #[error("the certificates for fetching keys of issuers can't be used")]
    Certificates(#[from] CertificatesError),
    /// An issuer's keys cannot be used.
    #[error(transparent)]
    KeySet(#[from] KeySetError),
    /// Issuers could name each other's people.
    #[error(transparent)]
    Subjects(#[from] SubjectsError),
    /// The policies cannot be used.
    #[error(transparent)]
    Policies(#[from] PolicyError),
    /// The services' key cannot be used.
    #[error("the services' own key can't be used")]
    ServiceKey(#[from] SignError),
}

impl AccessConfig {
    /// Who may do what: by the policies in the folder that is configured, else by those that are compiled in.
    pub fn roles(&self) -> Result<Roles, AccessConfigError> {
        Ok(match &self.policies {
            None => Roles::default(),
            Some(folder) => Roles::read(&PolicyFile::in_folder(folder)?)?,
        })
    }

    /// How people of all issuers are told apart.
    pub(crate) fn subjects(&self) -> Result<Subjects, AccessConfigError> {
        let people = self.issuers.iter();
        let people = people.filter(|issuer| issuer.role == IssuerRole::People);
        let prefixes =
            people.map(|issuer| (issuer.issuer.as_str(), issuer.subject_prefix.as_deref()));
        Ok(Subjects::new(prefixes)?)
    }

    /// The issuers' keys, as their files are now; those that are published elsewhere aside.
    pub(crate) fn issuer_keys(&self) -> Result<Vec<TrustedKey>, AccessConfigError> {
        let mut keys = Vec::new();
        for issuer in &self.issuers {
            keys.extend(issuer.keys()?);
        }
        Ok(keys)
    }

    /// The issuers whose keys are to be fetched: name, whom it speaks for, and where.
    pub(crate) fn published(&self) -> Result<Vec<(String, IssuerKind, Uri)>, AccessConfigError> {
        let mut published = Vec::new();
        for issuer in &self.issuers {
            if let Source::Published(url) = issuer.source()? {
                published.push((issuer.issuer.clone(), issuer.kind(), url));
            }
        }
        Ok(published)
    }

    /// The public half of the services' own key, for services and for machines; none without a service key.
    pub(crate) fn service_keys(&self) -> Result<Vec<TrustedKey>, AccessConfigError> {
        let Some(signer) = self.service_signer(SERVICE_ISSUER)? else {
            return Ok(Vec::new());
        };
        let jwks = signer.jwks()?;
        let mut keys = TrustedKey::from_jwks(SERVICE_ISSUER, IssuerKind::Services, &jwks)?;
        let machines = TrustedKey::from_jwks(MACHINE_ISSUER, IssuerKind::Machines, &jwks)?;
        keys.extend(machines);
        Ok(keys)
    }

    /// What exchanges these API keys for tokens that every role believes; `None` without a service key.
    pub fn key_exchange(&self, keys: ApiKeys) -> Result<Option<KeyExchange>, AccessConfigError> {
        let signer = self.service_signer(MACHINE_ISSUER)?;
        Ok(signer.map(|signer| KeyExchange::new(signer, keys)))
    }

    /// What stands in the files of issuers' keys.
    pub(crate) fn key_texts(&self) -> Result<Vec<String>, AccessConfigError> {
        let files = self.issuers.iter().filter_map(|it| it.jwks_file.as_ref());
        files.map(read).collect()
    }

    /// How a role proves to the others who it is; `None` without a service key.
    pub fn identity(&self, role: &str) -> Result<Option<ServiceIdentity>, AccessConfigError> {
        Ok(self
            .service_signer(SERVICE_ISSUER)?
            .map(|signer| ServiceIdentity::new(signer, role)))
    }

    fn service_signer(&self, issuer: &str) -> Result<Option<Signer>, AccessConfigError> {
        let Some(path) = &self.service_key_file else {
            return Ok(None);
        };
        let pem = read(path)?;
        Ok(Some(Signer::from_pem(issuer, self.audience.clone(), &pem)?))
    }
}

/// Where an issuer's keys are.
enum Source<'c> {
    File(&'c PathBuf),
    Here(&'c str),
    Published(Uri),
}

impl IssuerConfig {
    fn source(&self) -> Result<Source<'_>, AccessConfigError> {
        match (&self.jwks_file, &self.jwks) {
            (Some(path), None) => Ok(Source::File(path)),
            // A JWK set is a JSON object, so it never looks like an address.
            (None, Some(url)) if url.starts_with("http") => fetchable(url)
                .map(Source::Published)
                .ok_or_else(|| AccessConfigError::Address {
                    issuer: self.issuer.clone(),
                    url: url.clone(),
                }),
            (None, Some(jwks)) => Ok(Source::Here(jwks)),
            _ => Err(AccessConfigError::Keys {
                issuer: self.issuer.clone(),
            }),
        }
    }

    fn keys(&self) -> Result<Vec<TrustedKey>, AccessConfigError> {
        let keys = |jwks: &str| TrustedKey::from_jwks(&self.issuer, self.kind(), jwks);
        Ok(match self.source()? {
            Source::File(path) => keys(&read(path)?)?,
            Source::Here(jwks) => keys(jwks)?,
            Source::Published(_) => Vec::new(),
        })
    }

    fn kind(&self) -> IssuerKind {
        match self.role {
            IssuerRole::People => IssuerKind::People,
            IssuerRole::Services => IssuerKind::Services,
        }
    }
}

/// An address that keys may be fetched from. Without TLS, whoever is on the way could put in keys of
/// their own and be anybody, so that is only for what runs on the same machine.
fn fetchable(url: &str) -> Option<Uri> {
    let url: Uri = url.parse().ok()?;
    let host = url.host()?;
    let is_near = matches!(host, "127.0.0.1" | "[::1]" | "localhost");
    match url.scheme_str() {
        Some("https") => Some(url),
        Some("http") if is_near => Some(url),
        _ => None,
    }
}

fn read(path: &PathBuf) -> Result<String, AccessConfigError> {
    std::fs::read_to_string(path).map_err(|source| AccessConfigError::Unreadable {
        path: path.clone(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn an_issuer_without_keys_is_refused_by_name() {
        let mut config = Config::defaults().unwrap().access;
        let issuer = "https://issuer.example".to_owned();
        config.issuers = vec![IssuerConfig {
            issuer,
            jwks_file: None,
            jwks: None,
            role: IssuerRole::People,
            subject_prefix: None,
        }];
        let error = config.issuer_keys().unwrap_err();
        assert_eq!(
            error.to_string(),
            "the issuer https://issuer.example must have either jwks_file or jwks"
        );
    }

    #[test]
    fn keys_are_fetched_by_https_or_from_this_machine_alone() {
        let mut config = Config::defaults().unwrap().access;
        let mut published = |url: &str| {
            config.issuers = vec![IssuerConfig {
                issuer: "i".to_owned(),
                jwks_file: None,
                jwks: Some(url.to_owned()),
                role: IssuerRole::People,
                subject_prefix: None,
            }];
            config.published().map(|issuers| issuers.len())
        };
        for url in [
            "https://id.example.com/keys",
            "http://127.0.0.1:80/k",
            "http://[::1]/k",
        ] {
            assert_eq!(published(url).unwrap(), 1, "{url}");
        }
        assert_eq!(published("{\"keys\":[]}").unwrap(), 0);
        for url in [
            "http://id.example.com/keys",
            "http://localhost.evil.example/k",
            "https://",
            "httpx",
        ] {
            assert!(
                matches!(published(url), Err(AccessConfigError::Address { .. })),
                "{url}"
            );
        }
    }
}
