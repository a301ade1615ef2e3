//! Policies as files: Cedar, checked against the contract before anybody is let in by them.

mod check;
mod file;
mod reach;
mod schema;
mod standing;

use cedar_policy::{Authorizer, Entities, PolicySet, Schema};

use crate::MethodRules;

pub use file::PolicyFile;
pub use reach::Reach;

pub(crate) use standing::{Grant, Profile, Standing};

/// Why policies can't be used. Each says where.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// The folder or a file in it can't be read.
    #[error("the policies in {path} can't be read")]
    Unreadable {
        /// The folder or file.
        path: std::path::PathBuf,
        /// What the file system says.
        source: std::io::Error,
    },
    /// There is no policy, so nobody could do anything.
    #[error("there is no policy in {path}: it takes files that end in .cedar")]
    None {
        /// The folder.
        path: std::path::PathBuf,
    },
    /// A file does not parse, or says what the contract knows nothing of.
    #[error("{file}:{line}: {message}")]
    Unusable {
        /// Its name.
        file: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong there.
        message: String,
    },
    /// The schema that is made of the contract is none: a permission's name can't be written down.
    #[error("no schema of policies can be made of the contract: {0}")]
    Schema(String),
}

/// Policies that hold for this contract, and all that deciding by them takes.
pub(crate) struct Policies {
    authorizer: Authorizer,
    set: PolicySet,
    /// The permissions and what they belong to: `profile.customers.read` to `profile.*.read`.
    actions: Entities,
    /// Values that the policies name: of regions and brands no others can be told apart by them.
    named: Vec<String>,
    roles: Vec<String>,
}

impl Policies {
    /// Reads the policies, and refuses what the contract knows nothing of.
    pub(crate) fn read(files: &[PolicyFile], rules: &MethodRules) -> Result<Self, PolicyError> {
        let text = schema::of(rules);
        let unmade = |error: &dyn std::fmt::Display| PolicyError::Schema(error.to_string());
        let (schema, _) = Schema::from_cedarschema_str(&text).map_err(|error| unmade(&error))?;
        let actions = schema.action_entities().map_err(|error| unmade(&error))?;
        let checked = check::all(files, schema)?;
        Ok(Self {
            authorizer: Authorizer::new(),
            set: checked.set,
            actions,
            named: checked.named,
            roles: checked.roles,
        })
    }

    /// The roles that they name.
    pub(crate) fn roles(&self) -> &[String] {
        &self.roles
    }
}
