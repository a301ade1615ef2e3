//! Why a contract cannot be exposed.

use access::{RulesError, UndeclaredMethod};
use thiserror::Error;

use crate::rest::{FieldPathError, TemplateError};

/// A contract that the gateway refuses to start with.
#[derive(Debug, Error)]
pub enum SurfaceError {
    /// The access options cannot be read.
    #[error(transparent)]
    Rules(#[from] RulesError),
    /// A method of an exposed service does not say who may call it.
    #[error(transparent)]
    Undeclared(#[from] UndeclaredMethod),
    /// The descriptors of error details do not go together with the contract.
    #[error("error details cannot be added to the contract's descriptors")]
    Descriptors(#[from] prost_reflect::DescriptorError),
    /// The compiled-in descriptors of error details cannot be read.
    #[error("the descriptors of error details cannot be read")]
    ErrorDetails(#[from] prost::DecodeError),
    /// A method's name is no path.
    #[error("`{path}` is no path")]
    Path {
        /// The path.
        path: String,
    },
    /// A path template breaks the grammar.
    #[error("{method}")]
    Template {
        /// The method that has it.
        method: String,
        /// What is wrong.
        source: TemplateError,
    },
    /// A path variable names no field.
    #[error("{method}: path variable `{variable}`")]
    Variable {
        /// The method.
        method: String,
        /// The variable.
        variable: String,
        /// What is wrong.
        source: FieldPathError,
    },
    /// A path variable names a list, a map or a message with fields, which no path can hold.
    #[error("{method}: path variable `{variable}` is not one value")]
    NoSingleValue {
        /// The method.
        method: String,
        /// The variable.
        variable: String,
    },
    /// `body` or `response_body` names no field.
    #[error("{method}: there is no field `{field}` for the body")]
    BodyField {
        /// The method.
        method: String,
        /// The field.
        field: String,
    },
    /// An additional binding has additional bindings itself; `google/api/http.proto` allows one level.
    #[error("{method}: an additional binding has additional bindings")]
    NestedBindings {
        /// The method.
        method: String,
    },
    /// The HTTP method of a `custom` rule is no HTTP method.
    #[error("{method}: `{kind}` is no HTTP method")]
    HttpMethod {
        /// The method.
        method: String,
        /// What stands there.
        kind: String,
    },
    /// A stream of requests comes as the lines of a body; few clients of HTTP read an answer before
    /// their body has ended, so not both ways at once.
    #[error("{method} takes a stream of requests: a REST binding needs a body and one answer")]
    ClientStreaming {
        /// The method.
        method: String,
    },
    /// A service that every role serves, but whose REST request cannot say which.
    #[error("{method} is served by every role, so its request needs a string field `service`")]
    NoServiceField {
        /// The method.
        method: String,
    },
    /// Two bindings match the same calls.
    #[error("`{template}` is bound to {first} and to {second}")]
    Conflict {
        /// The template of the second.
        template: String,
        /// The method that has it already.
        first: String,
        /// The method that wants it, too.
        second: String,
    },
}
