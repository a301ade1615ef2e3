use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use p256::elliptic_curve::rand_core::OsRng;
use p256::pkcs8::{EncodePrivateKey as _, LineEnding};

use crate::{Bearer, Claims, Proof, SignError, Signer};

/// The issuer name in development tokens.
const ISSUER: &str = "patron-development";

/// How its bearers are said to have been authenticated: OpenID's name for proof of a key.
const ACR: &str = "phr";

/// Why the development key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DevelopmentKeyError {
    /// The key file cannot be read or written.
    #[error("the key file {path}")]
    File {
        /// Where it is.
        path: PathBuf,
        /// What the file system says.
        source: io::Error,
    },
    /// A new key could not be written as PEM.
    #[error("a new key could not be encoded")]
    Encode(#[source] p256::pkcs8::Error),
    /// The file holds something else, or signing failed.
    #[error(transparent)]
    Sign(#[from] SignError),
}

/// Stands in for an OIDC issuer on a developer's machine: keeps a key of its own and gives out
/// operator tokens.
pub struct DevelopmentIssuer {
    signer: Signer,
    pem: String,
}

impl DevelopmentIssuer {
    /// Opens the key file, making it (readable by its owner alone) when there is none.
    pub fn open(path: &Path, audience: &str) -> Result<Self, DevelopmentKeyError> {
        let pem = development_key(path)?;
        Ok(Self {
            signer: Signer::from_pem(ISSUER, audience, &pem)?,
            pem,
        })
    }

    /// The `iss` claim of its tokens.
    pub fn issuer(&self) -> &str {
        self.signer.issuer()
    }

    /// The JWK set, as JSON text, that verifies its tokens.
    pub fn jwks(&self) -> Result<String, SignError> {
        self.signer.jwks()
    }

    /// The private key as PEM text, so that the services of the same process can use it for their
    /// own identity.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// A token for the operator of this machine, with every permission.
    pub fn operator_token(&self, now: Timestamp, ttl: SignedDuration) -> Result<Bearer, SignError> {
        self.token("operator", &["operator"], now, ttl)
    }

    /// A token that says this.
    pub fn sign(
        &self,
        claims: &Claims,
        now: Timestamp,
        ttl: SignedDuration,
    ) -> Result<Bearer, SignError> {
        self.signer.sign(claims, now, ttl)
    }

    /// A token for anybody, with these roles.
    pub fn token(
        &self,
        subject: &str,
        roles: &[&str],
        now: Timestamp,
        ttl: SignedDuration,
    ) -> Result<Bearer, SignError> {
        let claims = Claims {
            subject: subject.to_owned(),
            roles: roles.iter().map(|&role| role.to_owned()).collect(),
            // Whoever holds the key file is at the machine, so nothing more is to be proven.
            proof: Proof {
                acr: Some(ACR.to_owned()),
                authenticated: Some(now),
            },
            ..Claims::default()
        };
        self.signer.sign(&claims, now, ttl)
    }
}

/// The P-256 private key in this file (PEM, PKCS #8), which is made, readable by its owner alone, when
/// there is none.
pub fn development_key(path: &Path) -> Result<String, DevelopmentKeyError> {
    let file_error = |source| DevelopmentKeyError::File {
        path: path.to_owned(),
        source,
    };
    match std::fs::read_to_string(path) {
        Ok(pem) => Ok(pem),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let pem = new_key()?;
            write_private(path, &pem).map_err(file_error)?;
            Ok(pem)
        }
        Err(error) => Err(file_error(error)),
    }
}

fn new_key() -> Result<String, DevelopmentKeyError> {
    let key = p256::SecretKey::random(&mut OsRng);
    let pem = key
        .to_pkcs8_pem(LineEnding::LF)
        .map_err(DevelopmentKeyError::Encode)?;
    Ok(pem.as_str().to_owned())
}

/// Never readable by others, not even for a moment; never over a file that is there already.
fn write_private(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut file: File = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}
