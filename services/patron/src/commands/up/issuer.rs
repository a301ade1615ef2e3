//! Keys and tokens for a developer's machine.

use access::{DevelopmentIssuer, DevelopmentKeyError, development_key};
use chassis::Clock;
use chassis::config::{IssuerConfig, IssuerRole};
use jiff::SignedDuration;
use seal::{KeyringError, development_keyring};

use super::folder::DataFolder;
use crate::config::Config;

/// Long enough for a working day; each start makes a new one.
const TOKEN_LIFE: SignedDuration = SignedDuration::from_hours(24);

/// Tells its people from those of issuers that are configured besides.
const SUBJECT_PREFIX: &str = "development:";

const KEY_FILE: &str = "dev-key.pem";
const REPORT_KEY_FILE: &str = "report-key.pem";
const KEYRING_FILE: &str = "keyring.toml";

/// Makes this Patron trust the folder's own key, also for its services among themselves unless the
/// configuration names another, and sign its reports with another one of the folder; answers a token
/// of the operator.
pub(crate) fn trust(
    config: &mut Config,
    folder: &DataFolder,
    clock: &Clock,
) -> Result<String, DevelopmentKeyError> {
    let key = folder.file(KEY_FILE);
    let issuer = DevelopmentIssuer::open(&key, &config.access.audience)?;
    let of_people = |issuer: &IssuerConfig| issuer.role == IssuerRole::People;
    let is_one_of_several = config.access.issuers.iter().any(of_people);
    config.access.issuers.push(IssuerConfig {
        issuer: issuer.issuer().to_owned(),
        jwks_file: None,
        jwks: Some(issuer.jwks()?),
        role: IssuerRole::People,
        subject_prefix: is_one_of_several.then(|| SUBJECT_PREFIX.to_owned()),
    });
    config.access.service_key_file.get_or_insert(key);
    // The token is made at the start, and is to open what it opened then until it ends.
    let life_s = u32::try_from(TOKEN_LIFE.as_secs()).ok();
    config.access.step_up.max_age_s = config.access.step_up.max_age_s.or(life_s);
    let report_key = folder.file(REPORT_KEY_FILE);
    development_key(&report_key)?;
    config.report_key_or(report_key);
    Ok(issuer
        .operator_token(clock.now(), TOKEN_LIFE)?
        .expose()
        .to_owned())
}

/// Uses the folder's own keyring, which is made when there is none, unless the configuration names another.
pub(crate) fn keep_secrets(config: &mut Config, folder: &DataFolder) -> Result<(), KeyringError> {
    if config.keyring_file().is_none() {
        let file = folder.file(KEYRING_FILE);
        development_keyring(&file)?;
        config.keyring_or(file);
    }
    Ok(())
}
