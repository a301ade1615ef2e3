//! The front door: REST, gRPC and gRPC-Web on one port, from the descriptors alone.
//!
//! The gateway holds no list of methods. What it exposes, and how, follows from a descriptor pool:
//!
//! | option in the contract | what the gateway does |
//! |---|---|
//! | `google.api.http` | a REST route, see `rest` |
//! | `(patron.access.v1.service).role` | which upstream serves it; without the option: not exposed |
//! | `(patron.access.v1.method)` | `anonymous`: no token; `internal`: not exposed; `idempotent`: may be retried |
//! | comments, `buf.validate` | the OpenAPI document, see [`openapi`], and the page `/docs` that shows it |
//!
//! A call enters at [`Gateway`], which tells what it speaks. gRPC is passed through as bytes;
//! gRPC-Web becomes gRPC first; everything else is REST: path, query and JSON body become the
//! request message, the answer becomes JSON, an error `google.rpc.Status` as JSON.
//!
//! Callers prove who they are by a bearer token. The services check it again, and the permission;
//! the gateway only turns away those without one. Machines may prove it by an API key, which the gateway
//! exchanges for a short token of its own.

mod api_keys;
pub mod config;
mod docs;
mod edge;
mod error;
mod gateway;
mod grpc;
mod gzip;
mod json;
pub mod openapi;
mod problem;
mod rest;
mod retry;
mod serve;
mod surface;
mod upstream;
mod violation;

pub use api_keys::{ApiKeyFile, ApiKeysError};
pub use chassis::Running;
pub use config::GatewayConfig;
pub use edge::CorsError;
pub use error::GatewayError;
pub use gateway::Gateway;
pub use rest::{FieldPathError, TemplateError, TemplateFault};
pub use retry::RetryPolicyError;
pub use serve::{serve, serve_gateway};
pub use surface::SurfaceError;
