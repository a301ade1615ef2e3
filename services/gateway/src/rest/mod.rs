//! REST/JSON: every route follows from a `google.api.http` annotation of the contract.
//!
//! A call is read into the request message of its method, sent upstream as gRPC, and its answer
//! written as JSON; a stream of requests is read line by line. [`call::serve`] is that way from top to bottom.

mod body;
mod call;
mod chunks;
mod codec;
mod field_path;
mod lines;
mod path;
mod query;
mod request;
mod respond;
mod router;
mod scalar;
mod stream;
mod template;
#[cfg(test)]
mod tests;
mod upload;

pub(crate) use body::{BodyError, is_http_body};
pub(crate) use call::serve;
pub(crate) use field_path::FieldPath;
pub use field_path::FieldPathError;
pub(crate) use lines::LineError;
pub(crate) use path::PathError;
pub(crate) use request::RequestError;
pub(crate) use respond::UnwritableAnswer;
pub(crate) use router::{HttpMethod, Router};
pub(crate) use template::{Segment, Template, Variable};
pub use template::{TemplateError, TemplateFault};
