//! Who may call what: tokens, callers, roles and the permissions that the contract declares.
//!
//! Everything here is a pure function of what it is handed: keys and times come from outside, so
//! every decision can be tested and repeated. The one exception is [`DevelopmentIssuer`], which
//! keeps a key file.
//!
//! | question | answered by |
//! |---|---|
//! | Who is calling? | [`Verifier`] turns a bearer token into a [`Caller`] |
//! | Whom does an issuer mean, where there are several? | [`Subjects`] |
//! | What does the method ask for? | [`MethodRules`], read from the contract's options |
//! | May this caller, and about whom? | [`Roles::authorise`], by the files in `policies/` |
//! | How much of personal data does it see? | [`Roles::exposure`] |
//! | Has it proven enough for a sensitive act? | [`StepUp`] |
//! | Who is calling with an API key? | [`ApiKeys`]; [`KeyExchange`] makes a short token of it |
//! | How does a service prove who it is? | [`ServiceIdentity`], on top of [`Signer`] |

mod api_keys;
mod cache;
mod caller;
mod development;
mod identity;
mod keys;
mod notary;
mod policies;
mod roles;
mod rules;
mod scope;
mod signer;
mod step_up;
mod subjects;
mod token;
mod verifier;

pub use api_keys::{
    ApiKey, ApiKeyError, ApiKeyFileError, ApiKeys, EntryFault, ExchangeError, KeyExchange,
    NewApiKey,
};
pub use caller::{Bearer, Caller, CallerKind};
pub use development::{DevelopmentIssuer, DevelopmentKeyError, development_key};
pub use identity::ServiceIdentity;
pub use keys::{IssuerKind, KeySetError, TrustedKey};
pub use notary::{Notary, StatementError, read_statement};
pub use policies::{PolicyError, PolicyFile, Reach};
pub use roles::{Decision, Roles};
pub use rules::{Method, MethodRules, Priority, Records, RulesError, UndeclaredMethod};
pub use scope::{Scope, ScopeError};
pub use signer::{Claims, SignError, Signer};
pub use step_up::{Proof, StepUp};
pub use subjects::{Subjects, SubjectsError};
pub use token::TokenError;
pub use verifier::Verifier;
