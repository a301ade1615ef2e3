use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use serde::Deserialize;

use super::key::{self, ApiKey, KeyDigest};
use super::registry::{ApiKeys, Entry, Owner};
use crate::{Roles, Scope};

/// Most keys in a file.
const MAX_KEYS: usize = 10_000;
/// Longest name of a machine.
const MAX_NAME_LENGTH: usize = 64;

/// Why a file of API keys can't be used.
#[derive(Debug, thiserror::Error)]
pub enum ApiKeyFileError {
    /// It is not TOML, or not of this form.
    #[error("the API keys are not as expected")]
    Syntax(#[from] toml::de::Error),
    /// One key is described in a way that can't be.
    #[error("the API key {id}: {fault}")]
    Entry {
        /// Which.
        id: String,
        /// What is wrong.
        fault: EntryFault,
    },
    /// There are more than anybody can look after.
    #[error("there are {count} API keys, more than {MAX_KEYS}")]
    TooMany {
        /// How many.
        count: usize,
    },
}

/// What is wrong with the description of a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntryFault {
    /// The id was not made by `patron access new-key`.
    #[error("an id has 12 hexadecimal digits")]
    Id,
    /// The digest is none.
    #[error("`sha256` takes the 64 hexadecimal digits of the key's digest")]
    Digest,
    /// The name can't be part of a subject.
    #[error(
        "`name` takes 1 to 64 of a-z, 0-9, `-`, `.` and `_`, and begins with a letter or digit"
    )]
    Name,
    /// The region is none that can be written down everywhere.
    #[error("a region takes letters, digits, `-`, `.` and `_`")]
    Region,
    /// There is no such role, or no caller from outside may have it.
    #[error("there is no role {role} for callers from outside")]
    Role {
        /// The role.
        role: String,
    },
    /// A key without roles or scopes could do nothing.
    #[error("`{list}` is empty, so the key could do nothing")]
    Empty {
        /// Which list.
        list: &'static str,
    },
    /// A scope is none.
    #[error(transparent)]
    Scope(#[from] crate::ScopeError),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default)]
    keys: BTreeMap<String, Written>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: String,
    sha256: String,
    roles: Vec<String>,
    scopes: Vec<String>,
    #[serde(default)]
    regions: Vec<String>,
    /// Required: a key that never ends is never changed.
    expires_at: Timestamp,
    revoked_at: Option<Timestamp>,
}

impl ApiKeys {
    /// Reads a file of keys. One that can't be used is named, and none is believed then: a file that was
    /// half understood would let in whom nobody meant to.
    pub fn from_toml(text: &str, roles: &Roles) -> Result<Self, ApiKeyFileError> {
        let document: Document = toml::from_str(text)?;
        let count = document.keys.len();
        if count > MAX_KEYS {
            return Err(ApiKeyFileError::TooMany { count });
        }
        let read = |(id, written): (String, Written)| match written.read(&id, roles) {
            Ok(entry) => Ok((id, entry)),
            Err(fault) => Err(ApiKeyFileError::Entry { id, fault }),
        };
        let entries: Result<HashMap<_, _>, _> = document.keys.into_iter().map(read).collect();
        Ok(Self::new(entries?))
    }
}

impl Written {
    fn read(self, id: &str, roles: &Roles) -> Result<Entry, EntryFault> {
        if !key::is_id(id) {
            return Err(EntryFault::Id);
        }
        check(&self.name, &self.roles, &self.regions, roles)?;
        let scopes: Result<Vec<_>, _> = self.scopes.iter().map(|it| Scope::parse(it)).collect();
        let scopes = scopes?;
        if scopes.is_empty() {
            return Err(EntryFault::Empty { list: "scopes" });
        }
        Ok(Entry {
            digest: KeyDigest::parse(&self.sha256).ok_or(EntryFault::Digest)?,
            owner: Owner::new(&self.name, self.roles, self.regions, scopes),
            expires_at: self.expires_at,
            revoked_at: self.revoked_at,
        })
    }
}

fn check(
    name: &str,
    given: &[String],
    regions: &[String],
    roles: &Roles,
) -> Result<(), EntryFault> {
    if !is_name(name) {
        return Err(EntryFault::Name);
    }
    if !regions.iter().all(|region| is_region(region)) {
        return Err(EntryFault::Region);
    }
    if given.is_empty() {
        return Err(EntryFault::Empty { list: "roles" });
    }
    match given.iter().find(|role| !roles.can_be_given(role)) {
        Some(role) => Err(EntryFault::Role { role: role.clone() }),
        None => Ok(()),
    }
}

fn is_name(text: &str) -> bool {
    let alphanumeric = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let fits = |byte: u8| alphanumeric(byte) || b"-._".contains(&byte);
    let first = text.bytes().next();
    first.is_some_and(alphanumeric) && text.len() <= MAX_NAME_LENGTH && text.bytes().all(fits)
}

fn is_region(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    !text.is_empty() && text.len() <= MAX_NAME_LENGTH && text.bytes().all(fits)
}

/// What a new key is to be for.
#[derive(Clone, Debug)]
pub struct NewApiKey {
    /// Whose it is: callers with keys of one name are one and the same machine.
    pub name: String,
    /// Its roles.
    pub roles: Vec<String>,
    /// What the roles may be used for.
    pub scopes: Vec<Scope>,
    /// The regions that it is confined to; empty: not confined.
    pub regions: Vec<String>,
    /// Until when it is believed.
    pub expires_at: Timestamp,
}

impl NewApiKey {
    /// The entry of the file for this key.
    pub fn entry(&self, key: &ApiKey, roles: &Roles) -> Result<String, EntryFault> {
        check(&self.name, &self.roles, &self.regions, roles)?;
        if self.scopes.is_empty() {
            return Err(EntryFault::Empty { list: "scopes" });
        }
        let scopes: Vec<String> = self.scopes.iter().map(Scope::to_string).collect();
        let lines = [
            ("name", format!("{:?}", self.name)),
            ("sha256", format!("{:?}", key.digest().to_hex())),
            ("roles", format!("{:?}", self.roles)),
            ("scopes", format!("{scopes:?}")),
            ("regions", format!("{:?}", self.regions)),
            ("expires_at", format!("{:?}", self.expires_at.to_string())),
        ];
        let lines = lines.map(|(name, value)| format!("{name} = {value}\n"));
        Ok(format!("[keys.\"{}\"]\n{}", key.id(), lines.concat()))
    }
}
