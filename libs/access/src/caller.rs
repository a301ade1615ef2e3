use std::fmt;

use crate::{Proof, Scope};

/// A bearer token as it was received, kept so that it can be sent on. Never printed.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Bearer(String);

impl Bearer {
    /// Takes a token, without the word `Bearer`.
    pub fn new(token: impl Into<String>) -> Self {
        Self(token.into())
    }

    /// The token itself, for an `authorization` header and nothing else.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Bearer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Bearer([redacted])")
    }
}

/// Who is calling, as proven by a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// `user:<sub>` for people and systems with tokens of an issuer (with the issuer's prefix before the
    /// `sub`, if it has one), `machine:<name>` for systems with
    /// an API key, `service:<role>` for Patron's own services.
    pub subject: String,
    /// What the issuer says that the caller is: names in the table of [`crate::Roles`].
    pub roles: Vec<String>,
    /// The regions that the caller is confined to; empty: not confined.
    pub regions: Vec<String>,
    /// The brands that the caller is confined to; empty: not confined.
    pub brands: Vec<String>,
    /// How, and how lately, the caller has proven who it is.
    pub proof: Proof,
    /// What the caller's roles may be used for: patterns over permissions, as those of roles. `None`:
    /// all that the roles grant.
    pub scopes: Option<Vec<Scope>>,
    /// On whose behalf a service calls: the subject that began the chain. Only ever set for
    /// services, since anybody else could make it up.
    pub origin: Option<String>,
    /// The token that proved it.
    pub token: Bearer,
}

impl Caller {
    /// One of Patron's services acting by itself, without a call from outside: reactions to
    /// events, jobs, and use cases called within the process.
    pub fn service(role: &str) -> Self {
        Self {
            subject: format!("{SERVICE_PREFIX}{role}"),
            roles: vec![SERVICE_ROLE.to_owned()],
            regions: Vec::new(),
            brands: Vec::new(),
            proof: Proof::default(),
            scopes: None,
            origin: None,
            token: Bearer::default(),
        }
    }

    /// What identifies the caller where calls are told apart, for example for idempotency keys:
    /// the subject. Not the origin: a job that repeats a call of its service must find the first.
    pub fn id(&self) -> &str {
        &self.subject
    }

    /// The id that the caller has as an account manager: what its token has as `sub`, behind the prefix of its
    /// issuer. Machines and services are none.
    pub fn manager_id(&self) -> Option<&str> {
        let id = self.subject.strip_prefix(USER_PREFIX);
        id.filter(|id| !id.is_empty())
    }

    /// On whose behalf this happens: the origin of a service's call, else the caller itself.
    pub fn originator(&self) -> &str {
        self.origin.as_deref().unwrap_or(&self.subject)
    }

    /// True for Patron's own services.
    pub fn is_service(&self) -> bool {
        self.kind() == CallerKind::Service
    }

    /// What the caller is: all that may be told of it where its subject may not.
    pub fn kind(&self) -> CallerKind {
        if self.subject.starts_with(SERVICE_PREFIX) {
            CallerKind::Service
        } else if self.subject.starts_with(MACHINE_PREFIX) {
            CallerKind::Machine
        } else {
            CallerKind::User
        }
    }
}

/// What a caller is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CallerKind {
    /// A person, or a system with a token of an issuer.
    User,
    /// A system with an API key.
    Machine,
    /// One of Patron's services.
    Service,
}

impl CallerKind {
    /// Its name in logs.
    pub fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Machine => "machine",
            Self::Service => "service",
        }
    }
}

/// Begins the subject of every service. Only issuers of [`crate::IssuerKind::Services`] can make
/// such subjects.
pub(crate) const SERVICE_PREFIX: &str = "service:";
/// Begins the subject of every system with an API key.
pub(crate) const MACHINE_PREFIX: &str = "machine:";
/// Begins the subject of everybody else.
pub(crate) const USER_PREFIX: &str = "user:";
/// The role that every service has, and nobody else can be given.
pub(crate) const SERVICE_ROLE: &str = "service";
