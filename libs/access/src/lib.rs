//! Who may call what: tokens, callers, roles and the permissions that the contract declares.
//!
//! Everything here is a pure function of what it is handed: keys and times come from outside, so
//! every decision can be tested and repeated. The one exception is [`DevelopmentIssuer`], which
//! keeps a key file.
//!
//! | question | answered by |
//! |---|---|
//! | Who is calling? | [`Verifier`] turns a bearer token into a [`Caller`] |
//! | What does the method ask for? | [`MethodRules`], read from the contract's options |
//! | May this caller? | [`Roles::authorise`] |
//! | How does a service prove who it is? | [`ServiceIdentity`], on top of [`Signer`] |

mod cache;
mod caller;
mod development;
mod identity;
mod keys;
mod notary;
mod roles;
mod rules;
mod signer;
mod token;
mod verifier;

pub use caller::{Bearer, Caller};
pub use development::{DevelopmentIssuer, DevelopmentKeyError, development_key};
pub use identity::ServiceIdentity;
pub use keys::{IssuerKind, KeySetError, TrustedKey};
pub use notary::{Notary, StatementError, read_statement};
pub use roles::{Decision, Roles};
pub use rules::{Method, MethodRules, RulesError, UndeclaredMethod};
pub use signer::{Claims, SignError, Signer};
pub use token::TokenError;
pub use verifier::Verifier;
